/** What can go wrong. Whatever it is, nobody is signed in by it. */

/** The factor was not proved. `word` says why in one word, for deciding what to show. */
export class TwinlockError extends Error {
  word = "failed";
}

/** A refusal as it came (docs/errors.md). */
export interface Problem {
  code: string;
  detail?: string;
  request_id?: string;
  retry_after?: number;
  attempts_left?: number;
  hint?: string | null;
  errors?: { pointer: string; detail: string }[];
  [member: string]: unknown;
}

/** Twinlock said no. Decide by `code`. */
export class Refused extends TwinlockError {
  readonly code: string;

  constructor(readonly status: number, readonly problem: Problem) {
    super(`${status} ${problem.code}: ${problem.detail} (request ${problem.request_id}) ${JSON.stringify(problem.errors ?? "")}`);
    this.code = this.word = problem.code;
  }
}

/** There was no answer, however often it was tried. */
export class Unreachable extends TwinlockError {
  override word = "unreachable";
}

/** Something answered, but not as Twinlock does: is the URL right? */
export class BadAnswer extends TwinlockError {
  override word = "unreachable";
}

/** The result is about somebody else than the one who is signing in. */
export class WrongUser extends TwinlockError {
  override word = "wrong_user";
}

/** A browser came back that was not sent, or whose sign-in is over. */
export class NotStarted extends TwinlockError {
  override word = "not_started";
}
