/** The hosted second factor, for any framework with a session. */

import { randomBytes } from "node:crypto";

import type { Approval, Challenge } from "./answers.js";
import type { Asked, Twinlock } from "./client.js";
import { NotStarted } from "./errors.js";

/** What is kept of a sign-in in the browser's session. */
export interface Waiting {
  user: string;
  binding: string;
  carry: Record<string, string>;
}

/** A session, as far as it concerns this. */
export interface Session {
  twinlockWaiting?: Waiting | undefined;
}

/**
 * Between the right password and the signed-in person. Who is expected is kept in the browser's session, never in an address; so
 * a link that somebody else was sent back with signs nobody in.
 */
export class SignIn {
  constructor(readonly client: Twinlock) {}

  /**
   * Ask. With a `url` in the answer, send the browser there and sign nobody in; with a `result`, sign the person in; else `why`
   * says why neither. `carry` comes back from `finish`; `device_token` and `locale` (the browser's Accept-Language) are taken as
   * the browser sent them.
   */
  async begin(session: Session, user: string, asked: Asked & { return_url: string }, carry: Record<string, string> = {}): Promise<Challenge> {
    delete session.twinlockWaiting;
    const binding = randomBytes(32).toString("base64url");
    const token = asked.device_token;
    const challenge = await this.client.challenge(user, {
      ...asked,
      browser_binding: binding,
      device_token: token && token.length <= 512 ? token : undefined,
      locale: asked.locale?.split(/[,;]/)[0]?.trim().slice(0, 35) || undefined,
    });
    if (challenge.url) session.twinlockWaiting = { user, binding, carry };
    return challenge;
  }

  /** The browser is back with `tfa` in its address. Sign in the user of the result, and begin a new session for them. */
  async finish(session: Session, token: string): Promise<{ result: Approval; carry: Record<string, string> }> {
    const waiting = session.twinlockWaiting;
    if (!waiting) throw new NotStarted("no sign-in waits in this browser");
    const result = await this.client.redeem(token, waiting.user, waiting.binding);
    delete session.twinlockWaiting;
    return { result, carry: waiting.carry };
  }
}
