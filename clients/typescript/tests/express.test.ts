/** An Express app with a login of its own. */

import { strict as assert } from "node:assert";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";

import express from "express";
import session from "express-session";

import { SecondFactor } from "../src/express.js";
import { Twinlock } from "../src/index.js";
import { AGENT, answerPage, code, newUser, NOWHERE, RETURN_URL, SECRET, shop, URL_ } from "./support.js";

interface Ours {
  user?: string;
}

const servers: { closeAllConnections(): void; close(): void }[] = [];
after(() => servers.forEach((server) => (server.closeAllConnections(), server.close())));

/** Starts the app; gives where it is. */
async function app(client: Twinlock): Promise<string> {
  const secondFactor = new SecondFactor(client, RETURN_URL);
  const app = express();
  app.use(session({ secret: "for the tests only", resave: false, saveUninitialized: false }));
  app.use(secondFactor.middleware);
  app.post("/log-in", (request, response, next) => {
    secondFactor.ask(request, response, String(request.query["user"]), { then: "/private" }).catch(next);
  });
  app.get("/private", (request, response) => void response.send((request.session as Ours).user ?? "nobody"));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

class Browser {
  readonly cookies = new Map<string, string>();

  constructor(readonly at: string) {}

  async go(path: string, method = "GET"): Promise<{ status: number; location: string; text: string; cookies: string[] }> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(this.at + path, { method, headers: { "User-Agent": AGENT, cookie }, redirect: "manual" });
    const cookies = answer.headers.getSetCookie();
    for (const text of cookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      this.cookies.set(name, value);
    }
    return { status: answer.status, location: answer.headers.get("location") ?? "", text: await answer.text(), cookies };
  }

  logIn(user: string) {
    return this.go(`/log-in?user=${encodeURIComponent(user)}`, "POST");
  }

  /** Follows the way back from the hosted page. */
  comeBack(address: string) {
    return this.go(address.replace("http://127.0.0.1:9", ""));
  }

  async isIn(user: string): Promise<boolean> {
    return (await this.go("/private")).text === user;
  }
}

test("in after the factor and not before", async () => {
  const at = await app(shop());
  const user = newUser();
  const browser = new Browser(at);
  assert.equal((await browser.logIn(user)).location, "/private");
  assert.ok(await browser.isIn(user));
  await shop().addFactor(user, { method: "totp", secret: SECRET });
  const { location } = await browser.logIn(user);
  assert.ok(location.startsWith(URL_), location);
  assert.ok(!(await browser.isIn(user)));
  const before = browser.cookies.get("connect.sid");
  const came = await browser.comeBack(await answerPage(location, await code(), true));
  assert.deepEqual([came.status, came.location], [303, "/private"]);
  assert.ok(await browser.isIn(user));
  assert.notEqual(browser.cookies.get("connect.sid"), before);
  const cookie = came.cookies.find((text) => text.startsWith("twinlock_device=")) ?? "";
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Lax/);
  const later = new Browser(at);
  later.cookies.set("twinlock_device", browser.cookies.get("twinlock_device") ?? "");
  assert.equal((await later.logIn(user)).location, "/private", "the device is trusted");
});

test("a token is of no use elsewhere", async () => {
  const at = await app(shop());
  const user = newUser();
  const { recovery_codes: codes } = await shop().addFactor(user, { method: "totp", secret: SECRET });
  const [browser, stranger] = [new Browser(at), new Browser(at)];
  const back = await answerPage((await browser.logIn(user)).location, codes[0] ?? "");
  assert.equal((await stranger.comeBack(back)).status, 403);
  await stranger.logIn(user);
  assert.equal((await stranger.comeBack(back)).status, 403);
  assert.ok(!(await stranger.isIn(user)));
  assert.equal((await browser.comeBack(back)).status, 303);
  assert.ok(await browser.isIn(user));
  assert.equal((await browser.comeBack(back)).status, 403);
});

test("no answer lets nobody in unless said", async () => {
  for (const whenUnreachable of ["refuse", "allow"] as const) {
    const away = new Twinlock({ url: NOWHERE, apiKey: "k", tries: 1, whenUnreachable, log: () => {} });
    const browser = new Browser(await app(away));
    assert.equal((await browser.logIn("ada")).status, whenUnreachable === "allow" ? 303 : 403);
    assert.equal(await browser.isIn("ada"), whenUnreachable === "allow");
  }
});

test("a word in the address is shown and nothing else", async () => {
  const browser = new Browser(await app(shop()));
  for (const query of ["?tfa_denied=<b>canceled", "?tfa_denied=a&tfa_denied=b", "?tfa[]=x", "?tfa=x", ""]) {
    const answer = await browser.go(`/second-factor${query}`);
    assert.ok(answer.status === 403 && !answer.text.includes("<b>"), answer.text);
  }
});
