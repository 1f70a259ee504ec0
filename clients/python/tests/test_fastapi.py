"""A FastAPI app with a login of its own."""

import unittest
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from starlette.middleware.sessions import SessionMiddleware

from tests.support import AGENT, RETURN_URL, SECRET, URL, Browser, code, new_user, shop
from twinlock import Twinlock
from twinlock.fastapi import SecondFactor


def app_with(client: Twinlock) -> FastAPI:
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="for the tests only")
    second_factor = SecondFactor(client, RETURN_URL)
    app.include_router(second_factor.router)

    @app.post("/log-in")
    def log_in(request: Request, user: str):
        return second_factor.ask(request, user, then="/private", email="ada@example.com")

    @app.get("/private")
    def private(user: Annotated[str, Depends(second_factor.user)]):
        return user

    @app.post("/log-out")
    def log_out(request: Request):
        second_factor.sign_out(request)

    return app


class SignsIn(unittest.TestCase):
    def setUp(self) -> None:
        self.user, self.app = new_user(), app_with(shop())
        self.browser = self.new_browser(self.app)

    def new_browser(self, app: FastAPI) -> TestClient:
        return TestClient(app, "http://127.0.0.1:9", headers={"user-agent": AGENT}, follow_redirects=False, client=("203.0.113.7", 1))

    def enroll(self) -> tuple[str, ...]:
        return shop().add_factor(self.user, "totp", secret=SECRET).recovery_codes

    def log_in(self, browser: TestClient, user: str | None = None) -> str:
        answer = browser.post("/log-in", params={"user": user or self.user})
        return answer.headers.get("location", str(answer.status_code))

    def is_in(self, browser: TestClient) -> bool:
        return browser.get("/private").json() == self.user

    def test_in_after_the_factor_and_not_before(self) -> None:
        self.assertEqual(self.log_in(self.browser), "/private")
        self.assertTrue(self.is_in(self.browser))
        self.enroll()
        url = self.log_in(self.browser)
        self.assertTrue(url.startswith(URL), url)
        self.assertEqual(self.browser.get("/private").status_code, 401)
        answer = self.browser.get(Browser().answer(url, code(), remember=True))
        self.assertEqual((answer.status_code, answer.headers["location"]), (303, "/private"))
        self.assertTrue(self.is_in(self.browser))
        cookie = next(text for text in answer.headers.get_list("set-cookie") if text.startswith("twinlock_device="))
        self.assertIn("HttpOnly", cookie)
        self.browser.post("/log-out")
        self.assertFalse(self.is_in(self.browser))
        self.assertEqual(self.log_in(self.browser), "/private", "the device is trusted")

    def test_a_token_is_of_no_use_elsewhere(self) -> None:
        codes = self.enroll()
        back = Browser().answer(self.log_in(self.browser), codes[0])
        stranger = self.new_browser(self.app)
        self.assertEqual(stranger.get(back).status_code, 403)
        self.log_in(stranger)
        self.assertEqual(stranger.get(back).status_code, 403)
        self.assertFalse(self.is_in(stranger))
        self.assertEqual(self.browser.get(back).status_code, 303)
        self.assertEqual(self.browser.get(back).status_code, 403)

    def test_no_answer_lets_nobody_in_unless_said(self) -> None:
        for policy in ("refuse", "allow"):
            away = Twinlock("http://127.0.0.1:9", "k", when_unreachable=policy, tries=1)
            browser = self.new_browser(app_with(away))
            self.assertEqual(self.log_in(browser), {"refuse": "403", "allow": "/private"}[policy])
            self.assertEqual(self.is_in(browser), policy == "allow")

    def test_a_word_in_the_address_is_shown_and_nothing_else(self) -> None:
        answer = self.browser.get("/second-factor", params={"tfa_denied": "<b>canceled"})
        self.assertEqual((answer.status_code, "<b>" in answer.text), (403, False))


if __name__ == "__main__":
    unittest.main()
