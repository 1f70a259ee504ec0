/**
 * Express, with `express-session`: ask after the password, and let in whoever proved the factor.
 *
 *     const secondFactor = new SecondFactor(new Twinlock({ url, apiKey }), "https://shop.example.com/second-factor");
 *     app.use(secondFactor.middleware);                                  // behind the session's
 *     app.post("/log-in", (req, res, next) => {
 *       …                                                                // your own check of the password
 *       secondFactor.ask(req, res, userId, { then: "/", email }).catch(next);
 *     });
 *
 * Who is signed in is `req.session.user`, as before; give `signIn` where your app keeps it elsewhere.
 */

import type { Approval } from "./answers.js";
import type { Asked, Twinlock } from "./client.js";
import { NotStarted, TwinlockError } from "./errors.js";
import { type Session, SignIn } from "./sign-in.js";

/** A session of `express-session`. */
export interface ExpressSession extends Session {
  regenerate(done: (error?: unknown) => void): unknown;
  user?: string;
}

/** As much of Express as is needed, so that nothing is imported for it. */
export interface Request {
  method: string;
  path: string;
  query: Record<string, unknown>;
  headers: Record<string, string | string[] | undefined>;
  ip?: string | undefined;
  session: object;
}

export interface Response {
  redirect(status: number, url: string): unknown;
  status(code: number): Response;
  type(type: string): Response;
  send(body: string): unknown;
  set(name: string, value: string): unknown;
  cookie(name: string, value: string, options: object): unknown;
}

export interface Choices {
  /** Signs somebody in, in a new session. */
  signIn?: (request: Request, user: string) => Promise<void>;
  /** What the person sees when nobody was signed in. The word may come from an address: show it, decide nothing by it. */
  refused?: (response: Response, word: string) => unknown;
}

/** What is told of the user; `ip` where Express does not know it, and `then`, where to go on to. */
export type Told = Pick<Asked, "email" | "phone" | "name" | "text"> & { ip?: string; then?: string };

const COOKIE = "twinlock_device";

export class SecondFactor {
  readonly #signIn: SignIn;
  readonly #returnUrl: URL;
  readonly #choices: Required<Choices>;

  constructor(client: Twinlock, returnUrl: string, choices: Choices = {}) {
    this.#signIn = new SignIn(client);
    this.#returnUrl = new URL(returnUrl);
    this.#choices = { signIn: newSession, refused: saysSo, ...choices };
  }

  /** The answer to a right password. */
  async ask(request: Request, response: Response, user: string, more: Told = {}): Promise<void> {
    const { then = "/", ...told } = more;
    const session = request.session as ExpressSession;
    delete session.user;
    const browser = {
      ip: request.ip ?? "",
      user_agent: header(request, "user-agent") ?? "",
      locale: header(request, "accept-language"),
      device_token: deviceToken(request),
      return_url: this.#returnUrl.href,
    };
    await this.#orRefused(response, async () => {
      const challenge = await this.#signIn.begin(session, user, { ...browser, ...told }, { then });
      if (challenge.url) return void response.redirect(303, challenge.url);
      if (!challenge.result) return void this.#choices.refused(response, challenge.status);
      await this.#signedIn(request, response, challenge.result, then);
    });
  }

  /** Where the browser comes back to. */
  readonly middleware = (request: Request, response: Response, next: (error?: unknown) => void): void => {
    if (request.method !== "GET" || request.path !== this.#returnUrl.pathname) return next();
    response.set("Cache-Control", "no-store");
    this.#returned(request, response).catch(next);
  };

  async #returned(request: Request, response: Response): Promise<void> {
    const { tfa, tfa_denied: denied } = request.query;
    if (typeof tfa !== "string") return void this.#choices.refused(response, typeof denied === "string" ? denied : "not_started");
    await this.#orRefused(response, async () => {
      const { result, carry } = await this.#signIn.finish(request.session as ExpressSession, tfa);
      await this.#signedIn(request, response, result, carry["then"] ?? "/");
    });
  }

  async #orRefused(response: Response, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof TwinlockError)) throw error;
      this.#choices.refused(response, error.word);
    }
  }

  async #signedIn(request: Request, response: Response, result: Approval, then: string): Promise<void> {
    await this.#choices.signIn(request, result.user_id);
    if (result.device_token && result.device_expires_at) {
      const secure = this.#returnUrl.protocol === "https:";
      const expires = new Date(result.device_expires_at);
      response.cookie(COOKIE, result.device_token, { httpOnly: true, sameSite: "lax", secure, expires });
    }
    response.redirect(303, then);
  }
}

/** Nothing of the session before goes on: somebody else may have begun it. */
function newSession(request: Request, user: string): Promise<void> {
  return new Promise((done, failed) => {
    (request.session as ExpressSession).regenerate((error) => {
      if (error) return failed(error);
      (request.session as ExpressSession).user = user;
      done();
    });
  });
}

function saysSo(response: Response, word: string): void {
  const text = word.replace(/[^a-z_]/g, "");
  response.status(403).type("html").send(`<!doctype html><title>Not signed in</title><p>You are not signed in (${text}).</p>`);
}

function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function deviceToken(request: Request): string | undefined {
  const cookies = (header(request, "cookie") ?? "").split(";").map((pair) => pair.trim());
  const ours = cookies.find((pair) => pair.startsWith(`${COOKIE}=`));
  return ours && ours.slice(COOKIE.length + 1);
}
