/** One call, tried again where that can do no harm: with the same Idempotency-Key it is still one call. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { BadAnswer, type Problem, Refused, Unreachable } from "./errors.js";

export class Transport {
  readonly #url: string;
  readonly #key: string;
  readonly #timeout: number;
  readonly #tries: number;
  readonly #patience: number;

  constructor(options: { url: string; apiKey: string; timeout?: number; tries?: number; patience?: number }) {
    this.#url = options.url.replace(/\/+$/, "");
    this.#key = options.apiKey;
    this.#timeout = options.timeout ?? 5000;
    this.#tries = Math.max(options.tries ?? 3, 1);
    this.#patience = options.patience ?? 2;
  }

  async call<T>(method: string, path: string, body: object = {}): Promise<T> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#key}`, "Content-Type": "application/json" };
    if (method !== "GET") headers["Idempotency-Key"] = randomBytes(18).toString("base64url");
    const request = { method, headers, redirect: "manual" as const, ...(method === "GET" ? {} : { body: JSON.stringify(body) }) };
    for (let turn = 1; ; turn++) {
      // Drawn out at random, so that many callers do not come back at the same moment.
      let wait = 100 * 4 ** (turn - 1) * (0.5 + Math.random());
      try {
        return (await this.#once(path, request)) as T;
      } catch (error) {
        if (error instanceof Refused) {
          const asked = error.problem.retry_after ?? 0;
          const away = error.code === "unavailable";
          const passes = away || (error.status === 429 && error.problem.retry_after !== undefined);
          if (!passes || turn >= this.#tries || asked > this.#patience) throw away ? new Unreachable(error.message) : error;
          wait = Math.max(wait, asked * 1000);
        } else if (!(error instanceof Unreachable) || turn >= this.#tries) {
          throw error;
        }
      }
      await sleep(wait);
    }
  }

  async #once(path: string, request: RequestInit): Promise<unknown> {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(this.#url + path, { ...request, signal: AbortSignal.timeout(this.#timeout) });
      text = await answer.text();
    } catch (error) {
      throw new Unreachable(`${this.#url}${path}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    const kind = (answer.headers.get("content-type") ?? "").split(";")[0]?.trim();
    const message = `${this.#url}${path}: ${answer.status} ${kind}`;
    const json = parsed(text);
    if (answer.ok && (text === "" || json !== undefined)) return json ?? null;
    if (!answer.ok && kind === "application/problem+json" && isProblem(json)) throw new Refused(answer.status, json);
    throw [502, 503, 504].includes(answer.status) ? new Unreachable(message) : new BadAnswer(message);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(json: unknown): json is Problem {
  return typeof json === "object" && json !== null && typeof (json as Problem).code === "string";
}
