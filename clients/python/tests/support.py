"""A running Twinlock, an authenticator, and a person with a browser. `cargo xtask test` starts the server and sets TWINLOCK_…"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import itertools
import json
import os
import struct
import threading
from datetime import datetime
from http.cookiejar import CookieJar
from typing import Any, Callable
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener, urlopen

from twinlock import Twinlock

URL = os.environ["TWINLOCK_URL"]
KEY = os.environ["TWINLOCK_API_KEY"]
OTHER_KEY = os.environ["TWINLOCK_OTHER_API_KEY"]
RETURN_URL = "http://127.0.0.1:9/second-factor"
AGENT = "Firefox/140.0"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

_numbers = itertools.count(1)


def shop(**more: Any) -> Twinlock:
    return Twinlock(URL, KEY, **more)


def bank() -> Twinlock:
    return Twinlock(URL, OTHER_KEY)


def new_user() -> str:
    return f"user {os.getpid()}:{next(_numbers)} ü?+@x"


def ask(client: Twinlock, user: str, **more: Any) -> Any:
    return client.challenge(user, ip="203.0.113.7", user_agent=AGENT, **more)


def _clock(body: dict[str, Any] | None) -> float:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{URL}/v1/test/clock", data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        return datetime.fromisoformat(json.load(answer)["now"].replace("Z", "+00:00")).timestamp()


def advance(seconds: int) -> None:
    _clock({"advance_seconds": seconds})


def code(secret: str = SECRET) -> str:
    """A code that nobody has used: the clock goes on until there is a new one."""
    advance(90)
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(_clock(None)) // 30), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sent_code(address: str) -> str:
    """The code in the newest mail to somebody."""
    query = urlencode({"to": address, "channel": "email"})
    with urlopen(f"{URL}/v1/test/outbox?{query}", timeout=10) as answer:
        return next(message["code"] for message in json.load(answer)["messages"] if message["code"])


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Browser:
    """At the hosted pages: cookies of its own, and it says where it was sent."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay)

    def _send(self, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"User-Agent": AGENT, "Origin": URL}
        data = None if form is None else urlencode(form).encode()
        try:
            with self._opener.open(Request(url, data, headers), timeout=20) as answer:
                return answer.status, ""
        except HTTPError as error:
            with error:
                return error.code, error.headers.get("location", "")

    def answer(self, url: str, code: str, remember: bool = False) -> str:
        """Opens the link, types the code; gives the address it is sent back to."""
        status, page = self._send(url)
        assert status == 303, status
        status, back = self._send(URL + page, {"code": code, **({"remember": "on"} if remember else {})})
        assert status == 303, status
        return back


def token_of(back: str) -> str:
    return parse_qs(urlsplit(back).query)["tfa"][0]


class Between:
    """A server of the test's own: it answers as it is told, and writes down what it was asked."""

    def __init__(self, answer: Callable[[int, Any, bytes], tuple[int, dict[str, str], bytes] | None]) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(handler) -> None:
                body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in handler.headers.items()}
                self.asked.append((handler.path, headers))
                answered = answer(len(self.asked), handler, body)
                if answered is None:
                    handler.close_connection = True
                    return
                status, headers, text = answered
                handler.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    handler.send_header(name, value)
                handler.end_headers()
                handler.wfile.write(text)

            do_GET = do_POST = do_DELETE = do_PATCH = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Between:
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()


def handed_on(handler: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """The answer of the real server to the same request."""
    headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
    request = Request(URL + handler.path, body or None, headers, method=handler.command)
    try:
        with urlopen(request, timeout=20) as answer:
            return answer.status, {"Content-Type": "application/json", **dict(answer.headers)}, answer.read()
    except HTTPError as error:
        with error:
            return error.code, {"Content-Type": error.headers["content-type"]}, error.read()


def problem(status: int, code: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
    text = json.dumps({"type": f"/problems/{code}", "status": status, "code": code, "detail": "…", **more})
    return status, {"Content-Type": "application/problem+json"}, text.encode()
