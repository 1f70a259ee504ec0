/** A running Twinlock, an authenticator, and a person with a browser. `cargo xtask test` starts the server and sets TWINLOCK_…. */

import { strict as assert } from "node:assert";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { type Asked, type Challenge, Refused, Twinlock } from "../src/index.js";

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const URL_ = needed("TWINLOCK_URL");
export const KEY = needed("TWINLOCK_API_KEY");
export const RETURN_URL = "http://127.0.0.1:9/second-factor";
export const NOWHERE = "http://127.0.0.1:9";
export const AGENT = "Firefox/140.0";
export const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

export const shop = (): Twinlock => new Twinlock({ url: URL_, apiKey: KEY });
export const bank = (): Twinlock => new Twinlock({ url: URL_, apiKey: needed("TWINLOCK_OTHER_API_KEY") });

let number = 0;
export const newUser = (): string => `user ${process.pid}:${++number} ü?+@x`;

export function ask(client: Twinlock, user: string, more: Partial<Asked> = {}): Promise<Challenge> {
  return client.challenge(user, { ip: "203.0.113.7", user_agent: AGENT, ...more });
}

async function clock(body?: object): Promise<number> {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${URL_}/v1/test/clock`, body ? post : {});
  return Date.parse(((await answer.json()) as { now: string }).now) / 1000;
}

export const advance = (seconds: number): Promise<number> => clock({ advance_seconds: seconds });

/** A code that nobody has used: the clock goes on until there is a new one. */
export async function code(secret = SECRET): Promise<string> {
  await advance(90);
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor((await clock()) / 30)));
  const mac = createHmac("sha1", key).update(step).digest();
  const at = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** At the hosted page: opens the link, types the code; gives the address it is sent back to. */
export async function answerPage(url: string | undefined, typed: string, remember = false): Promise<string> {
  assert.ok(url);
  const headers = { "User-Agent": AGENT, Origin: URL_ };
  const opened = await fetch(url, { headers, redirect: "manual" });
  assert.equal(opened.status, 303);
  const cookie = opened.headers.getSetCookie().map((text) => text.split(";")[0]).join("; ");
  const body = new URLSearchParams({ code: typed, ...(remember ? { remember: "on" } : {}) });
  const page = URL_ + opened.headers.get("location");
  const answered = await fetch(page, { method: "POST", headers: { ...headers, cookie }, body, redirect: "manual" });
  assert.equal(answered.status, 303);
  return answered.headers.get("location") ?? "";
}

export const tokenOf = (back: string): string => new URL(back).searchParams.get("tfa") ?? "";

/** The refusal that a call comes to. */
export async function refused(call: Promise<unknown>): Promise<Refused> {
  const error = await call.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof Refused, String(error));
  return error;
}

export interface Told {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export const problem = (status: number, code: string, more: object = {}): Told => ({
  status,
  headers: { "Content-Type": "application/problem+json" },
  body: JSON.stringify({ type: `/problems/${code}`, status, code, detail: "…", ...more }),
});

export const json = (status: number, body: string): Told => ({ status, headers: { "Content-Type": "application/json" }, body });

/** The answer of the real server to the same request. */
export async function handedOn(request: IncomingMessage, body: string): Promise<Told> {
  const { host, connection, "content-length": length, ...headers } = request.headers as Record<string, string>;
  const options = { method: request.method ?? "GET", headers, ...(body ? { body } : {}) };
  const answer = await fetch(URL_ + request.url, options);
  return { status: answer.status, headers: { "Content-Type": answer.headers.get("content-type") ?? "" }, body: await answer.text() };
}

/** A server of the test's own: it answers as it is told, or not at all, and writes down what it was asked. */
export async function between(
  answer: (turn: number, request: IncomingMessage, body: string) => Told | undefined | Promise<Told | undefined>,
  act: (url: string, asked: IncomingHttpHeaders[]) => Promise<void>,
): Promise<void> {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const turn = asked.push(request.headers);
    const told = await answer(turn, request, body);
    if (!told) return void request.socket.destroy();
    response.writeHead(told.status, told.headers).end(told.body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
