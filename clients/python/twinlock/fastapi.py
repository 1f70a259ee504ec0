"""FastAPI and Starlette, with `SessionMiddleware`: ask after the password, and let in whoever proved the factor.

    second_factor = SecondFactor(Twinlock(url, key), "https://shop.example.com/second-factor")
    app.include_router(second_factor.router)

    @app.post("/login")
    def log_in(request: Request, ...):
        ...                                    # your own check of the password
        return second_factor.ask(request, user_id, email=address, then="/")

    @app.get("/")
    def home(user_id: Annotated[str, Depends(second_factor.user)]): ...

The calls block; FastAPI runs a plain `def` in a thread, which is what they need.
"""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from .answers import Approval
from .client import Twinlock
from .errors import NotStarted, TwinlockError
from .sign_in import SignIn

_USER = "twinlock_user"
_COOKIE = "twinlock_device"


class SecondFactor:
    """Derive from it for pages of your own: `refused`. `return_url` is one that your application has at Twinlock."""

    def __init__(self, client: Twinlock, return_url: str) -> None:
        self._sign_in, self._return_url = SignIn(client), return_url
        self.router = APIRouter()
        self.router.add_api_route(urlsplit(return_url).path or "/", self._returned, methods=["GET"], include_in_schema=False)

    def ask(self, request: Request, user: str, *, then: str = "/", **more: Any) -> Response:
        """The answer to a right password. `more` is what the challenge takes: `email`, `name`, `phone`."""
        request.session.pop(_USER, None)
        try:
            challenge = self._sign_in.begin(
                request.session,
                user,
                return_url=self._return_url,
                carry={"then": then},
                device_token=request.cookies.get(_COOKIE),
                locale=request.headers.get("accept-language"),
                user_agent=request.headers.get("user-agent", ""),
                **{"ip": request.client.host if request.client else "", **more},
            )
        except TwinlockError as error:
            return self.refused(error.word)
        if challenge.url:
            return RedirectResponse(challenge.url, 303)
        if challenge.result is None:
            return self.refused(challenge.status)
        return self._signed_in(request, challenge.result, then)

    def user(self, request: Request) -> str:
        """A dependency: who is signed in, else 401."""
        user = request.session.get(_USER)
        if not user:
            raise HTTPException(401, "sign in first")
        return str(user)

    def sign_out(self, request: Request) -> None:
        request.session.clear()

    def refused(self, word: str) -> Response:
        """What the person sees when nobody was signed in. The word may come from an address: show it, decide nothing by it."""
        text = f"<!doctype html><title>Not signed in</title><p>You are not signed in ({html.escape(word)}).</p>"
        return HTMLResponse(text, 403)

    def _returned(self, request: Request, tfa: str = "", tfa_denied: str = NotStarted.word) -> Response:
        if not tfa:
            return self.refused(tfa_denied)
        try:
            result, carry = self._sign_in.finish(request.session, tfa)
        except TwinlockError as error:
            return self.refused(error.word)
        return self._signed_in(request, result, carry["then"])

    def _signed_in(self, request: Request, result: Approval, then: str) -> Response:
        # Nothing of the session before goes on: somebody else may have begun it.
        request.session.clear()
        request.session[_USER] = result.user_id
        response = RedirectResponse(then, 303, headers={"Cache-Control": "no-store"})
        if result.device_token:
            secure = self._return_url.startswith("https://")
            end = result.device_expires_at
            response.set_cookie(
                _COOKIE, result.device_token, expires=end, secure=secure, httponly=True, samesite="lax"
            )
        return response
