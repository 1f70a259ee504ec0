/** The calls of the second-factor API. What each does, takes and refuses is in docs/api.md. */

import type { AddedFactor, Approval, Challenge, CodeSent, Device, Factor, User } from "./answers.js";
import { BadAnswer, Unreachable, WrongUser } from "./errors.js";
import { Transport } from "./transport.js";

/** How to reach Twinlock, and what to do when that fails. */
export interface Options {
  url: string;
  /** A key of your application. */
  apiKey: string;
  /**
   * What a sign-in comes to while there is no answer: "refuse" (unless said) lets nobody in who may have a factor; "allow" goes
   * by the password alone until Twinlock is back, and says so in the log. Whatever is answered, a refusal or a limit, is an
   * answer: it never allows. Nor does an answer that is lost while a code is verified or a token redeemed.
   */
  whenUnreachable?: "refuse" | "allow";
  /** Of one try, in milliseconds: 5000. */
  timeout?: number;
  /** How often a call is tried: 3. */
  tries?: number;
  /** The longest Retry-After that is waited for, in seconds: 2. */
  patience?: number;
  /** Where a sign-in without a second factor is told: console.error. */
  log?: (message: string) => void;
}

/** Who is to prove what, and where they are: `ip` and `user_agent` are the person's. */
export interface Asked {
  ip: string;
  user_agent: string;
  reason?: "login" | "step_up" | "enroll";
  email?: string | undefined;
  phone?: string | undefined;
  name?: string | undefined;
  locale?: string | undefined;
  device_token?: string | undefined;
  max_age?: number | undefined;
  text?: string | undefined;
  return_url?: string | undefined;
  browser_binding?: string | undefined;
}

/** Twinlock, for one application. */
export class Twinlock {
  readonly #call: Transport["call"];
  readonly #allow: boolean;
  readonly #log: (message: string) => void;

  constructor(options: Options) {
    const policy = options.whenUnreachable ?? "refuse";
    if (policy !== "refuse" && policy !== "allow") throw new TypeError('whenUnreachable is "refuse" or "allow"');
    this.#allow = policy === "allow";
    this.#log = options.log ?? ((message) => console.error(message));
    const transport = new Transport(options);
    this.#call = transport.call.bind(transport);
  }

  /** Ask, after the password was right. */
  async challenge(user: string, asked: Asked): Promise<Challenge> {
    const { email, phone, name, ...rest } = asked;
    const body = { ...rest, user: { id: user, email, phone, name }, reason: asked.reason ?? "login" };
    body.user_agent = asked.user_agent.slice(0, 2000);
    let challenge: Challenge;
    try {
      challenge = await this.#call("POST", "/v1/challenges", body);
    } catch (error) {
      if (!(error instanceof Unreachable) || !this.#allow || body.reason !== "login") throw error;
      this.#log(`signed in without a second factor, as whenUnreachable says: ${error.message}`);
      return passwordAlone(user);
    }
    if (typeof challenge?.status !== "string") throw new BadAnswer("no challenge");
    const result = challenge.result;
    if ((result !== undefined) !== (challenge.status === "not_required")) throw new BadAnswer("a result and its status disagree");
    if (result) expected(result, user);
    return challenge;
  }

  /** What the person typed into your own form. `user` is whom the result has to be about. */
  async verify(challenge: string, code: string, user: string, trustDevice = false): Promise<Approval> {
    const body = { code, trust_device: trustDevice };
    return approved(await this.#call("POST", `/v1/challenges/${part(challenge)}/verify`, body), user, challenge);
  }

  /** What came back from the hosted page. `user` is whom the result has to be about. */
  async redeem(token: string, user: string, browserBinding?: string): Promise<Approval> {
    const body = { token, browser_binding: browserBinding };
    return approved(await this.#call("POST", "/v1/challenges/redeem", body), user);
  }

  send(challenge: string, by: { method: string } | { factor_id: string }): Promise<CodeSent> {
    return this.#call("POST", `/v1/challenges/${part(challenge)}/send`, by);
  }

  readChallenge(challenge: string): Promise<Challenge> {
    return this.#call("GET", `/v1/challenges/${part(challenge)}`);
  }

  cancel(challenge: string): Promise<void> {
    return this.#call("DELETE", `/v1/challenges/${part(challenge)}`);
  }

  user(user: string): Promise<User> {
    return this.#call("GET", path(user));
  }

  addFactor(user: string, factor: NewFactor): Promise<AddedFactor> {
    return this.#call("POST", path(user, "factors"), factor);
  }

  activateFactor(user: string, factor: string, code: string): Promise<AddedFactor> {
    return this.#call("POST", path(user, "factors", factor, "activate"), { code });
  }

  renameFactor(user: string, factor: string, label: string): Promise<Factor> {
    return this.#call("PATCH", path(user, "factors", factor), { label });
  }

  preferFactor(user: string, factor: string): Promise<Factor> {
    return this.#call("PATCH", path(user, "factors", factor), { preferred: true });
  }

  removeFactor(user: string, factor: string): Promise<void> {
    return this.#call("DELETE", path(user, "factors", factor));
  }

  /** Ten new ones, to be shown once; the old ones are dead. */
  async makeRecoveryCodes(user: string): Promise<string[]> {
    return (await this.#call<{ recovery_codes: string[] }>("POST", path(user, "recovery-codes"))).recovery_codes;
  }

  async *devices(user: string): AsyncGenerator<Device> {
    for (let after: string | null = ""; after !== null; ) {
      const query: string = after && `?after=${part(after)}`;
      const page: { items: Device[]; next: string | null } = await this.#call("GET", path(user, "devices") + query);
      yield* page.items;
      after = page.next;
    }
  }

  /** In one device, or in all. */
  endTrust(user: string, device?: string): Promise<void> {
    return this.#call("DELETE", device === undefined ? path(user, "devices") : path(user, "devices", device));
  }

  /** Where to send the browser of somebody signed in with you, at once: to their own security page, and back. */
  async sessionLink(user: string, returnUrl: string): Promise<string> {
    return (await this.#call<{ url: string }>("POST", path(user, "session-link"), { return_url: returnUrl })).url;
  }

  /** Tell what happened at your side: trust ends, and who is deleted is deleted here. */
  event(user: string, type: "password_changed" | "account_recovered" | "deleted"): Promise<void> {
    return this.#call("POST", path(user, "events"), { type });
  }

  unlock(user: string): Promise<void> {
    return this.#call("POST", path(user, "unlock"));
  }

  /** Take the whole second factor away; the reason goes into the audit log. */
  reset(user: string, reason: string): Promise<void> {
    return this.#call("POST", path(user, "reset"), { reason });
  }
}

/** `secret` brings an authenticator that the user has already. */
export interface NewFactor {
  method: "totp" | "sms" | "email";
  secret?: string;
  phone_number?: string;
  email?: string;
  label?: string;
}

// What may stand in a path stays as it is: Twinlock takes no dot beside something encoded, and addresses have dots.
function part(text: string): string {
  return encodeURIComponent(text).replace(/%(?:40|3A|24|26|2B|2C|3D)/g, decodeURIComponent);
}

function path(user: string, ...more: string[]): string {
  return ["/v1/users", ...[user, ...more].map(part)].join("/");
}

function passwordAlone(user: string): Challenge {
  const now = new Date().toISOString();
  const result: Approval = { user_id: user, method: null, amr: ["pwd"], acr: "1", auth_time: now, recovery_codes_remaining: 0 };
  const none = { methods: [], preferred: null, code_sent: false, delivery: null, next_send_at: null, attempts_left: 0 };
  return { id: "", status: "not_required", why: "unreachable", ...none, expires_at: now, result };
}

function approved(answer: { id?: string; status?: string; result?: Approval } | null, user: string, challenge?: string): Approval {
  if (answer?.status !== "approved" || !answer.result) throw new BadAnswer("a success that is no approval");
  if (challenge !== undefined && answer.id !== challenge) throw new BadAnswer("an approval of another challenge");
  return expected(answer.result, user);
}

function expected(result: Approval, user: string): Approval {
  if (result.user_id !== user) throw new WrongUser(`the result is about ${result.user_id}, not about ${user}`);
  return result;
}
