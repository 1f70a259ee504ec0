/** Every call, against a running server. */

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { WrongUser } from "../src/index.js";
import { advance, answerPage, ask, bank, code, newUser, refused, RETURN_URL, SECRET, shop, tokenOf, URL_ } from "./support.js";

const ours = shop();
const enroll = async (user: string): Promise<string[]> => (await ours.addFactor(user, { method: "totp", secret: SECRET })).recovery_codes;

test("nothing is asked of somebody without a factor", async () => {
  const user = newUser();
  const challenge = await ask(ours, user, { email: "ada@example.com", name: "Ada" });
  assert.deepEqual([challenge.status, challenge.why, challenge.url], ["not_required", "no_factor", undefined]);
  assert.deepEqual([challenge.result?.user_id, challenge.result?.acr], [user, "1"]);
});

test("a code in the app's own form", async () => {
  const user = newUser();
  assert.equal((await enroll(user)).length, 10);
  const challenge = await ask(ours, user, { text: "Pay 5 €", reason: "step_up" });
  assert.deepEqual([challenge.status, challenge.result, challenge.text, challenge.preferred], ["pending", undefined, "Pay 5 €", "totp"]);
  const wrong = await refused(ours.verify(challenge.id, "000 000", user));
  assert.deepEqual([wrong.status, wrong.code, wrong.problem.attempts_left], [422, "code_incorrect", 4]);
  const result = await ours.verify(challenge.id, await code(), user);
  assert.deepEqual([result.user_id, result.method, result.acr, result.device_token], [user, "totp", "2", undefined]);
  assert.equal((await refused(ours.verify(challenge.id, await code(), user))).code, "already_completed");
  assert.equal((await ours.readChallenge(challenge.id)).status, "approved");
});

test("a right code of somebody else is refused", async () => {
  const user = newUser();
  await enroll(user);
  const challenge = await ask(ours, user);
  await assert.rejects(ours.verify(challenge.id, await code(), "mallory"), WrongUser);
});

test("the hosted page", async () => {
  const user = newUser();
  const codes = await enroll(user);
  const binding = "x".repeat(32);
  const first = await ask(ours, user, { return_url: RETURN_URL, browser_binding: binding });
  const token = tokenOf(await answerPage(first.url, codes[0] ?? ""));
  assert.equal((await refused(bank().redeem(token, user))).code, "not_found");
  assert.equal((await refused(ours.redeem(token, user, "y".repeat(32)))).code, "not_found");
  const result = await ours.redeem(token, user, binding);
  assert.deepEqual([result.method, result.recovery_codes_remaining], ["recovery_code", 9]);
  assert.equal((await refused(ours.redeem(token, user, binding))).code, "already_completed");
  const second = await ask(ours, user, { return_url: RETURN_URL });
  await assert.rejects(ours.redeem(tokenOf(await answerPage(second.url, codes[1] ?? "")), "mallory"), WrongUser);
});

test("a trusted device", async () => {
  const user = newUser();
  await enroll(user);
  const result = await ours.verify((await ask(ours, user)).id, await code(), user, true);
  const spared = await ask(ours, user, { device_token: result.device_token });
  assert.deepEqual([spared.status, spared.result?.method], ["not_required", "trusted_device"]);
  const token = spared.result?.device_token;
  assert.ok(token && token !== result.device_token, "the token is exchanged with each use");
  const devices = [];
  for await (const device of ours.devices(user)) devices.push(device);
  assert.deepEqual(devices.map((device) => device.name), ["Firefox"]);
  await ours.endTrust(user, devices[0]?.id);
  assert.equal((await ask(ours, user, { device_token: token })).status, "pending");
  const again = await ours.verify((await ask(ours, user)).id, await code(), user, true);
  await ours.event(user, "password_changed");
  assert.equal((await ask(ours, user, { device_token: again.device_token })).status, "pending");
  await ours.endTrust(user);
});

test("factors come and go", async () => {
  const user = newUser();
  const added = await ours.addFactor(user, { method: "totp", label: "Phone" });
  assert.equal(added.status, "pending");
  const active = await ours.activateFactor(user, added.id, await code(added.secret));
  assert.deepEqual([active.status, active.recovery_codes.length], ["active", 10]);
  const second = await ours.addFactor(user, { method: "totp", secret: SECRET });
  assert.equal((await ours.renameFactor(user, second.id, "Old phone")).label, "Old phone");
  assert.equal((await ours.preferFactor(user, second.id)).preferred, true);
  const known = await ours.user(user);
  assert.deepEqual([known.id, known.factors.map((factor) => factor.label)], [user, ["Old phone", "Phone"]]);
  await ours.removeFactor(user, second.id);
  assert.equal((await refused(ours.removeFactor(user, added.id))).code, "last_factor");
  const codes = await ours.makeRecoveryCodes(user);
  assert.ok(codes.length === 10 && !codes.some((each) => active.recovery_codes.includes(each)));
  await ours.reset(user, "lost the phone, seen in person");
  assert.deepEqual((await ours.user(user)).factors, []);
  await ours.event(user, "deleted");
  assert.equal((await refused(ours.user(user))).code, "not_found");
});

test("a code is sent", async () => {
  const user = newUser();
  const email = `ada${process.pid}@example.com`;
  const mailed = async (): Promise<string> => {
    const answer = await fetch(`${URL_}/v1/test/outbox?to=${encodeURIComponent(email)}&channel=email`);
    const { messages } = (await answer.json()) as { messages: { code: string | null }[] };
    return messages.find((message) => message.code)?.code ?? "";
  };
  await ask(ours, user, { email });
  const added = await ours.addFactor(user, { method: "email" });
  assert.equal(added.destination, "a***@e***.com");
  await ours.activateFactor(user, added.id, await mailed());
  await advance(700);
  const challenge = await ask(ours, user);
  assert.deepEqual([challenge.code_sent, challenge.preferred], [true, "email"]);
  assert.equal((await refused(ours.send(challenge.id, { method: "email" }))).code, "send_cooldown");
  await advance(61);
  assert.equal((await ours.send(challenge.id, { method: "email" })).delivery, "queued");
  assert.equal((await ours.verify(challenge.id, await mailed(), user)).method, "email");
  const other = await ask(ours, user);
  await ours.cancel(other.id);
  assert.equal((await ours.readChallenge(other.id)).status, "canceled");
});

test("a locked account is unlocked", async () => {
  const user = newUser();
  await enroll(user);
  for (let turn = 0; turn < 10; turn++) {
    const challenge = await ask(ours, user);
    assert.equal((await refused(ours.verify(challenge.id, "000000", user))).status, 422);
  }
  const locked = await ask(ours, user);
  assert.deepEqual([locked.status, locked.why, locked.result], ["locked", "wrong_codes", undefined]);
  await ours.unlock(user);
  assert.equal((await ask(ours, user)).status, "pending");
});

test("another application sees nobody, and what is wrong is told", async () => {
  const user = newUser();
  await enroll(user);
  assert.equal((await refused(bank().user(user))).code, "not_found");
  const told = await refused(ask(ours, user, { return_url: "https://elsewhere.example.com/" }));
  assert.deepEqual([told.code, told.problem.errors?.[0]?.pointer], ["invalid_request", "/return_url"]);
});

test("a link leads to the security page", async () => {
  const user = newUser();
  await enroll(user);
  assert.match(await ours.sessionLink(user, RETURN_URL), /\/settings\/open\//);
  assert.equal((await refused(bank().sessionLink(user, RETURN_URL))).code, "invalid_request");
});
