"""What can go wrong. Whatever it is, nobody is signed in by it."""

from __future__ import annotations

from typing import Any


class TwinlockError(Exception):
    """The factor was not proved. `word` says why in one word, for deciding what to show."""

    word = "failed"


class Refused(TwinlockError):
    """Twinlock said no. Decide by `code` (docs/errors.md); the other members are None where they do not belong to it."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = self.word = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail", ""))
        self.request_id: str | None = problem.get("request_id")
        self.retry_after: int | None = problem.get("retry_after")
        self.attempts_left: int | None = problem.get("attempts_left")
        self.hint: str | None = problem.get("hint")
        self.problem = problem
        super().__init__(f"{status} {self.code}: {self.detail} (request {self.request_id}) {problem.get('errors', '')}")


class Unreachable(TwinlockError):
    """There was no answer, however often it was tried."""

    word = "unreachable"


class BadAnswer(TwinlockError):
    """Something answered, but not as Twinlock does: is the URL right?"""

    word = "unreachable"


class WrongUser(TwinlockError):
    """The result is about somebody else than the one who is signing in."""

    word = "wrong_user"


class NotStarted(TwinlockError):
    """A browser came back that was not sent, or whose sign-in is over."""

    word = "not_started"
