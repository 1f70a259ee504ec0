/** Webhooks, signed by the published library. */

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Webhook } from "standardwebhooks";

import { BadSignature, verifyWebhook } from "../src/index.js";

const secret = `whsec_${Buffer.from([...Array(32).keys()]).toString("base64")}`;
const body = JSON.stringify({ type: "device.stolen", timestamp: "2026-11-23T08:00:00Z", data: { user_id: "ada" } });
const at = new Date();
const stamp = Math.floor(at.getTime() / 1000);
const signature = new Webhook(secret).sign("msg_1", at, body);
const headers = { "webhook-id": "msg_1", "webhook-timestamp": String(stamp), "webhook-signature": signature };

test("a signed call is read", () => {
  const event = verifyWebhook(secret, headers, Buffer.from(body));
  assert.deepEqual([event.id, event.type, event.data], ["msg_1", "device.stolen", { user_id: "ada" }]);
  verifyWebhook(secret, { ...headers, "webhook-signature": `v1,b3RoZXI= ${signature}` }, body);
});

test("anything else is refused", () => {
  const changed: Parameters<typeof verifyWebhook>[] = [
    [`whsec_${Buffer.alloc(32).toString("base64")}`, headers, body],
    ["whsec_", headers, body],
    [secret, headers, body.replace("ada", "eve")],
    [secret, { ...headers, "webhook-id": "msg_2" }, body],
    [secret, { ...headers, "webhook-timestamp": String(stamp + 1) }, body],
    [secret, { ...headers, "webhook-timestamp": "soon" }, body],
    [secret, { ...headers, "webhook-signature": "v1,ü" }, body],
    [secret, { ...headers, "webhook-signature": "" }, body],
    [secret, {}, body],
    [secret, headers, body, stamp + 301],
    [secret, headers, body, stamp - 301],
  ];
  for (const call of changed) assert.throws(() => verifyWebhook(...call), BadSignature);
});
