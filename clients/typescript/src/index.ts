/** A second factor for an app that has its own login. */

export type * from "./answers.js";
export { type Asked, type NewFactor, type Options, Twinlock } from "./client.js";
export { BadAnswer, NotStarted, type Problem, Refused, TwinlockError, Unreachable, WrongUser } from "./errors.js";
export { type Session, SignIn } from "./sign-in.js";
export { BadSignature, type Event, verifyWebhook } from "./webhook.js";
