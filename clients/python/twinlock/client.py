"""The calls of the second-factor API. What each does, takes and refuses is in docs/api.md."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any, Iterator, Literal
from urllib.parse import quote

from .answers import AddedFactor, Approval, Challenge, CodeSent, Device, Factor, User, read
from .errors import BadAnswer, Unreachable, WrongUser
from .transport import Transport

log = logging.getLogger("twinlock")


class Twinlock:
    """Twinlock, with a key of your application. One object serves any number of threads.

    `when_unreachable` is what a sign-in comes to while there is no answer: "refuse" lets nobody in who may have a factor;
    "allow" goes by the password alone until Twinlock is back, and says so in the log. Whatever is answered, a refusal or a
    limit, is an answer: it never allows. Nor does an answer that is lost while a code is verified or a token redeemed.

    A call is tried `tries` times, `timeout` seconds each, and waits for a Retry-After of up to `patience` seconds.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        when_unreachable: Literal["refuse", "allow"] = "refuse",
        timeout: float = 5.0,
        tries: int = 3,
        patience: float = 2.0,
    ) -> None:
        if when_unreachable not in ("refuse", "allow"):
            raise ValueError('when_unreachable is "refuse" or "allow"')
        self.when_unreachable = when_unreachable
        self._call = Transport(url, api_key, timeout, tries, patience).call

    # The two calls

    def challenge(
        self,
        user: str,
        *,
        ip: str,
        user_agent: str,
        reason: Literal["login", "step_up", "enroll"] = "login",
        email: str | None = None,
        phone: str | None = None,
        name: str | None = None,
        locale: str | None = None,
        device_token: str | None = None,
        max_age: int | None = None,
        text: str | None = None,
        return_url: str | None = None,
        browser_binding: str | None = None,
    ) -> Challenge:
        """Ask, after the password was right."""
        told = {"id": user, "email": email, "phone": phone, "name": name}
        body = {
            "user": {name: value for name, value in told.items() if value is not None},
            "ip": ip,
            "user_agent": user_agent[:2000],
            "reason": reason,
            "locale": locale,
            "device_token": device_token,
            "max_age": max_age,
            "text": text,
            "return_url": return_url,
            "browser_binding": browser_binding,
        }
        try:
            challenge = read(Challenge, self._call("POST", "/v1/challenges", body))
        except Unreachable as error:
            if self.when_unreachable != "allow" or reason != "login":
                raise
            log.error("signed in without a second factor, as when_unreachable says: %s", error)
            now = datetime.now(timezone.utc)
            alone = Approval(user, None, ("pwd",), "1", now, recovery_codes_remaining=0)
            return Challenge("", "not_required", "unreachable", expires_at=now, result=alone)
        if (challenge.result is not None) != (challenge.status == "not_required"):
            raise BadAnswer(f"{challenge.status} does not go with the result")
        if challenge.result is not None:
            _expected(challenge.result, user)
        return challenge

    def verify(self, challenge: str, code: str, *, user: str, trust_device: bool = False) -> Approval:
        """What the person typed into your own form. `user` is whom the result has to be about."""
        body = {"code": code, "trust_device": trust_device}
        return _approved(self._call("POST", f"/v1/challenges/{_part(challenge)}/verify", body), user, challenge)

    def redeem(self, token: str, *, user: str, browser_binding: str | None = None) -> Approval:
        """What came back from the hosted page. `user` is whom the result has to be about."""
        body = {"token": token, "browser_binding": browser_binding}
        return _approved(self._call("POST", "/v1/challenges/redeem", body), user, None)

    # More about a challenge

    def send(self, challenge: str, *, method: str | None = None, factor: str | None = None) -> CodeSent:
        body = {"method": method, "factor_id": factor}
        return read(CodeSent, self._call("POST", f"/v1/challenges/{_part(challenge)}/send", body))

    def read_challenge(self, challenge: str) -> Challenge:
        return read(Challenge, self._call("GET", f"/v1/challenges/{_part(challenge)}"))

    def cancel(self, challenge: str) -> None:
        self._call("DELETE", f"/v1/challenges/{_part(challenge)}")

    # Users

    def user(self, user: str) -> User:
        return read(User, self._call("GET", _user(user)))

    def add_factor(self, user: str, method: str, **more: str) -> AddedFactor:
        """`more`: `label`; `secret` (of an authenticator they have), `phone_number` or `email`."""
        return read(AddedFactor, self._call("POST", _user(user, "factors"), {"method": method, **more}))

    def activate_factor(self, user: str, factor: str, code: str) -> AddedFactor:
        return read(AddedFactor, self._call("POST", _user(user, "factors", factor, "activate"), {"code": code}))

    def rename_factor(self, user: str, factor: str, label: str) -> Factor:
        return read(Factor, self._call("PATCH", _user(user, "factors", factor), {"label": label}))

    def prefer_factor(self, user: str, factor: str) -> Factor:
        return read(Factor, self._call("PATCH", _user(user, "factors", factor), {"preferred": True}))

    def remove_factor(self, user: str, factor: str) -> None:
        self._call("DELETE", _user(user, "factors", factor))

    def make_recovery_codes(self, user: str) -> tuple[str, ...]:
        """Ten new ones, to be shown once; the old ones are dead."""
        return tuple(self._call("POST", _user(user, "recovery-codes"))["recovery_codes"])

    def devices(self, user: str) -> Iterator[Device]:
        after = ""
        while True:
            part = self._call("GET", _user(user, "devices") + after)
            yield from (read(Device, item) for item in part["items"])
            if not part["next"]:
                return
            after = f"?after={_part(part['next'])}"

    def end_trust(self, user: str, device: str | None = None) -> None:
        """In one device, or in all."""
        self._call("DELETE", _user(user, "devices", *([device] if device else [])))

    def session_link(self, user: str, *, return_url: str) -> str:
        """Where to send the browser of somebody signed in with you, at once: to their own security page, and back."""
        return str(self._call("POST", _user(user, "session-link"), {"return_url": return_url})["url"])

    def event(self, user: str, kind: Literal["password_changed", "account_recovered", "deleted"]) -> None:
        """Tell what happened at your side: trust ends, and who is deleted is deleted here."""
        self._call("POST", _user(user, "events"), {"type": kind})

    def unlock(self, user: str) -> None:
        self._call("POST", _user(user, "unlock"))

    def reset(self, user: str, reason: str) -> None:
        """Take the whole second factor away; the reason goes into the audit log."""
        self._call("POST", _user(user, "reset"), {"reason": reason})


def _part(text: str) -> str:
    # What may stand in a path stays as it is: Twinlock takes no dot beside something encoded, and addresses have dots.
    return quote(text, safe="@:!$&'()*+,=")


def _user(user: str, *more: str) -> str:
    return "/v1/users/" + "/".join(_part(part) for part in (user, *more))


def _approved(answer: Any, user: str, challenge: str | None) -> Approval:
    if not isinstance(answer, dict) or answer.get("status") != "approved":
        raise BadAnswer("a success that is no approval")
    if challenge is not None and answer.get("id") != challenge:
        raise BadAnswer("an approval of another challenge")
    return _expected(read(Approval, answer.get("result")), user)


def _expected(result: Approval, user: str) -> Approval:
    if result.user_id != user:
        raise WrongUser(f"the result is about {result.user_id!r}, not about {user!r}")
    return result
