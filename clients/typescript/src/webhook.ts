/** Webhooks, verified after Standard Webhooks: by signature and age, before anything is read. */

import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE = 300;

/** Not from Twinlock, or too old, or changed on the way. */
export class BadSignature extends Error {}

/** `id` is the same whenever the same event comes again. */
export interface Event {
  id: string;
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

type Headers = Record<string, string | string[] | undefined>;

/** The event of a call. `secret` is what adding the webhook showed (`whsec_…`), `body` the bytes as they came. */
export function verifyWebhook(secret: string, headers: Headers, body: Uint8Array | string, now = Date.now() / 1000): Event {
  const sent = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const [id, stamp, signatures] = ["id", "timestamp", "signature"].map((name) => sent.get(`webhook-${name}`));
  if (typeof id !== "string" || typeof stamp !== "string" || typeof signatures !== "string") throw new BadSignature("no signature");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const right = Buffer.from(`v1,${createHmac("sha256", key).update(`${id}.${stamp}.`).update(body).digest("base64")}`);
  const signed = signatures.split(" ").map((text) => Buffer.from(text));
  if (key.length === 0 || !signed.some((given) => given.length === right.length && timingSafeEqual(given, right))) {
    throw new BadSignature("no signature of this secret");
  }
  if (!(Math.abs(now - Number(stamp)) <= TOLERANCE)) throw new BadSignature("too old");
  return { ...JSON.parse(Buffer.from(body as Uint8Array).toString()), id };
}
