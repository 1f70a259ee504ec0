"""The hosted second factor, for any framework whose sessions behave like a dict."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from typing import Any

from .answers import Approval, Challenge
from .client import Twinlock
from .errors import NotStarted

_KEY = "twinlock_waiting"


class SignIn:
    """Between the right password and the signed-in person. Who is expected is kept in the browser's session, never in an
    address; so a link that somebody else was sent back with signs nobody in."""

    def __init__(self, client: Twinlock) -> None:
        self.client = client

    def begin(
        self,
        session: MutableMapping[str, Any],
        user: str,
        *,
        return_url: str,
        carry: dict[str, str] | None = None,
        device_token: str | None = None,
        locale: str | None = None,
        **more: Any,
    ) -> Challenge:
        """Ask. With a `url` in the answer, send the browser there and sign nobody in; with a `result`, sign the person in; else
        `why` says why neither. `carry` comes back from `finish`; `device_token` and `locale` (the browser's Accept-Language) are
        taken as the browser sent them."""
        session.pop(_KEY, None)
        binding = secrets.token_urlsafe(32)
        challenge = self.client.challenge(
            user,
            return_url=return_url,
            browser_binding=binding,
            device_token=device_token if device_token and len(device_token) <= 512 else None,
            locale=(locale or "").split(",")[0].split(";")[0].strip()[:35] or None,
            **more,
        )
        if challenge.url:
            session[_KEY] = {"user": user, "binding": binding, "carry": carry or {}}
        return challenge

    def finish(self, session: MutableMapping[str, Any], token: str) -> tuple[Approval, dict[str, str]]:
        """The browser is back with `tfa` in its address. Sign in the user of the result, and begin a new session for them."""
        waiting = session.get(_KEY)
        if not waiting:
            raise NotStarted("no sign-in waits in this browser")
        result = self.client.redeem(token, user=waiting["user"], browser_binding=waiting["binding"])
        del session[_KEY]
        return result, waiting["carry"]
