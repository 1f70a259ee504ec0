/** What happens when answers are lost, late, or no answers. */

import { strict as assert } from "node:assert";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";

import { BadAnswer, Refused, Twinlock, Unreachable } from "../src/index.js";
import { ask, between, code, handedOn, json, KEY, newUser, NOWHERE, problem, refused, SECRET, shop } from "./support.js";

const keys = (asked: IncomingHttpHeaders[]): number => new Set(asked.map((each) => each["idempotency-key"])).size;

test("a lost answer is asked for again and costs nothing", async () => {
  const user = newUser();
  await shop().addFactor(user, { method: "totp", secret: SECRET });
  const challenge = await ask(shop(), user);
  const typed = await code();
  const loseTheFirst = async (turn: number, ...request: Parameters<typeof handedOn>) => {
    const answer = await handedOn(...request);
    return turn === 1 ? undefined : answer;
  };
  await between(loseTheFirst, async (url, asked) => {
    assert.equal((await new Twinlock({ url, apiKey: KEY }).verify(challenge.id, typed, user)).user_id, user);
    assert.deepEqual([asked.length, keys(asked)], [2, 1]);
  });
});

test("each call has a key of its own", async () => {
  await between((_, ...request) => handedOn(...request), async (url, asked) => {
    const client = new Twinlock({ url, apiKey: KEY });
    await ask(client, newUser());
    await ask(client, newUser());
    assert.deepEqual([asked.length, keys(asked)], [2, 2]);
  });
});

test("a short wait is waited for, a long one is told", async () => {
  const once = (turn: number, ...request: Parameters<typeof handedOn>) =>
    turn === 1 ? problem(429, "too_many_attempts", { retry_after: 1 }) : handedOn(...request);
  await between(once, async (url) => {
    const begun = Date.now();
    assert.equal((await ask(new Twinlock({ url, apiKey: KEY }), newUser())).status, "not_required");
    assert.ok(Date.now() - begun >= 990);
  });
  await between(() => problem(429, "account_locked", { retry_after: 900 }), async (url, asked) => {
    const told = await refused(new Twinlock({ url, apiKey: "k" }).verify("id", "000000", "ada"));
    assert.deepEqual([told.problem.retry_after, asked.length], [900, 1]);
  });
});

test("a refusal is not tried again, and tries end", async () => {
  for (const [status, word] of [[422, "code_incorrect"], [401, "api_key_invalid"], [500, "internal_error"], [503, "delivery_unavailable"]] as const) {
    await between(() => problem(status, word), async (url, asked) => {
      assert.equal((await refused(new Twinlock({ url, apiKey: "k" }).verify("id", "000000", "ada"))).code, word);
      assert.equal(asked.length, 1);
    });
  }
  await between(() => problem(503, "unavailable"), async (url, asked) => {
    await assert.rejects(new Twinlock({ url, apiKey: "k", tries: 2 }).verify("id", "000000", "ada"), Unreachable);
    assert.equal(asked.length, 2);
  });
});

test("the key goes nowhere else", async () => {
  await between(() => json(200, "{}"), async (elsewhere, asked) => {
    await between(() => ({ status: 307, headers: { Location: elsewhere }, body: "" }), async (url) => {
      await assert.rejects(ask(new Twinlock({ url, apiKey: "k" }), "ada"), BadAnswer);
    });
    assert.deepEqual(asked, []);
  });
});

test("a late answer is none", async () => {
  const late = () => new Promise<undefined>((done) => setTimeout(() => done(undefined), 3000));
  await between(late, async (url) => {
    const begun = Date.now();
    await assert.rejects(ask(new Twinlock({ url, apiKey: "k", timeout: 100, tries: 2 }), "ada"), Unreachable);
    assert.ok(Date.now() - begun < 2000);
  });
});

test("nobody gets in while Twinlock is away, unless that was said", async () => {
  await assert.rejects(ask(new Twinlock({ url: NOWHERE, apiKey: "k", tries: 1 }), "ada"), Unreachable);
  assert.throws(() => new Twinlock({ url: NOWHERE, apiKey: "k", whenUnreachable: "open" as "allow" }), TypeError);
  const logged: string[] = [];
  const client = new Twinlock({ url: NOWHERE, apiKey: "k", tries: 1, whenUnreachable: "allow", log: (line) => logged.push(line) });
  const challenge = await ask(client, "ada");
  assert.deepEqual([challenge.status, challenge.why, logged.length], ["not_required", "unreachable", 1]);
  assert.deepEqual([challenge.result?.user_id, challenge.result?.acr, challenge.result?.method], ["ada", "1", null]);
  const proofs = [ask(client, "ada", { reason: "step_up" }), client.verify("id", "000000", "ada"), client.redeem("token", "ada")];
  for (const call of proofs) await assert.rejects(call, Unreachable);
});

test("an answer never allows", async () => {
  const answers = [problem(429, "too_many_attempts", { retry_after: 60 }), problem(401, "api_key_invalid"), problem(500, "internal_error")];
  answers.push(json(200, "no json"), json(200, ""), json(201, '{"status":"not_required","id":"1"}'));
  for (const answer of answers) {
    await between(() => answer, async (url) => {
      const asking = ask(new Twinlock({ url, apiKey: "k", whenUnreachable: "allow" }), "ada");
      await assert.rejects(asking, (error) => error instanceof Refused || error instanceof BadAnswer);
    });
  }
});

test("a success is believed only if it is an approval", async () => {
  for (const body of ["{}", "[]", "null", "", '{"id":"id","status":"pending","result":null}', '{"id":"id","status":"approved"}']) {
    await between(() => json(200, body), async (url) => {
      await assert.rejects(new Twinlock({ url, apiKey: "k" }).verify("id", "000000", "ada"), BadAnswer);
    });
  }
});
