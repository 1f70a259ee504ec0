"""One call, tried again where that can do no harm: with the same Idempotency-Key it is still one call."""

from __future__ import annotations

import json
import random
import secrets
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .errors import BadAnswer, Refused, Unreachable

_MOST = 4 * 1024 * 1024


class _NoRedirect(HTTPRedirectHandler):
    """Twinlock redirects no call; whatever does is not to get the key."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Transport:
    def __init__(self, url: str, api_key: str, timeout: float, tries: int, patience: float) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError("url begins with https://")
        self._url, self._key = url.rstrip("/"), api_key
        self._timeout, self._tries, self._patience = timeout, max(tries, 1), patience
        self._opener = build_opener(_NoRedirect)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if method != "GET":
            headers["Idempotency-Key"] = secrets.token_urlsafe(24)
        data = json.dumps({name: value for name, value in (body or {}).items() if value is not None}).encode()
        request = Request(self._url + path, None if method == "GET" else data, headers, method=method)
        for turn in range(1, self._tries + 1):
            # Drawn out at random, so that many callers do not come back at the same moment.
            wait = 0.1 * 4 ** (turn - 1) * random.uniform(0.5, 1.5)
            try:
                return self._once(request)
            except Refused as refused:
                asked = refused.retry_after
                passing = refused.code == "unavailable" or refused.status == 429 and asked is not None
                if not passing or turn == self._tries or (asked or 0) > self._patience:
                    if refused.code == "unavailable":
                        raise Unreachable(str(refused)) from refused
                    raise
                wait = max(wait, asked or 0)
            except Unreachable:
                if turn == self._tries:
                    raise
            time.sleep(wait)
        raise Unreachable("not tried")

    def _once(self, request: Request) -> Any:
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                text = answer.read(_MOST)
                return json.loads(text) if text else None
        except HTTPError as error:
            with error:
                raise _refusal(error) from None
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{request.full_url}: {error}") from error
        except ValueError as error:
            raise BadAnswer(f"{request.full_url}: {error}") from error


def _refusal(error: HTTPError) -> Refused | Unreachable | BadAnswer:
    kind = error.headers.get_content_type()
    if kind == "application/problem+json":
        try:
            problem = json.loads(error.read(_MOST))
        except (OSError, HTTPException, ValueError):
            problem = None
        if isinstance(problem, dict):
            return Refused(error.code, problem)
    message = f"{error.url}: {error.code} {kind}"
    return Unreachable(message) if error.code in (502, 503, 504) else BadAnswer(message)
