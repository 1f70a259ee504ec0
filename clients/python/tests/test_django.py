"""A Django app with a login of its own, and the middleware in front of it."""

import os
import unittest
from unittest import mock

import django
from django.conf import settings

from tests.support import AGENT, SECRET, Browser, KEY, URL, code, shop, token_of
from twinlock import Twinlock

settings.configure(
    SECRET_KEY="for the tests only",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "twinlock.django.SecondFactor",
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    LOGIN_REDIRECT_URL="/home",
    LOGIN_URL="/log-in",
    TWINLOCK={"url": URL, "api_key": KEY},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth import authenticate, get_user_model, login  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import path  # noqa: E402

import twinlock.django as integration  # noqa: E402


def log_in(request):
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is None:
        return HttpResponse("no", status=403)
    login(request, user)
    response = HttpResponse("welcome", status=302, headers={"Location": "/private?from=form"})
    response.set_cookie("remember_me", "yes")
    return response


def private(request):
    return HttpResponse(request.user.username) if request.user.is_authenticated else HttpResponse("who?", status=401)


urlpatterns = [
    path("log-in", log_in),
    path("private", private),
    path("second-factor", integration.returned),
]

call_command("migrate", verbosity=0)


class SignsIn(unittest.TestCase):
    def setUp(self) -> None:
        # Other runs have asked Twinlock about users of the same number.
        number = int.from_bytes(os.urandom(5), "big")
        self.ada = get_user_model().objects.create_user(f"ada{number}", password="right", pk=number)
        self.user = str(number)
        self.browser = self.new_browser()

    def new_browser(self) -> Client:
        return Client(headers={"host": "127.0.0.1:9", "user-agent": AGENT})

    def enroll(self) -> tuple[str, ...]:
        return shop().add_factor(self.user, "totp", secret=SECRET).recovery_codes

    def log_in(self, browser: Client, name: str | None = None):
        return browser.post("/log-in", {"username": name or self.ada.username, "password": "right"})

    def is_in(self, browser: Client) -> bool:
        return browser.get("/private").status_code == 200

    def test_a_password_alone_is_enough_for_who_has_no_factor(self) -> None:
        answer = self.log_in(self.browser)
        self.assertEqual((answer.status_code, answer["location"]), (302, "/private?from=form"))
        self.assertTrue(self.is_in(self.browser))

    def test_who_has_a_factor_is_in_after_it_and_not_before(self) -> None:
        self.enroll()
        self.browser.get("/private")
        answer = self.log_in(self.browser)
        self.assertTrue(answer["location"].startswith(f"{URL}/second-factor/open/"), answer["location"])
        self.assertNotIn("remember_me", answer.cookies)
        self.assertFalse(self.is_in(self.browser))
        before = self.browser.cookies["sessionid"].value
        back = Browser().answer(answer["location"], code(), remember=True)
        self.assertTrue(back.startswith("http://127.0.0.1:9/second-factor?tfa="))
        answer = self.browser.get(back)
        self.assertEqual((answer.status_code, answer["location"]), (302, "/private?from=form"))
        self.assertIn("no-store", answer["cache-control"])
        self.assertTrue(self.is_in(self.browser))
        self.assertNotEqual(self.browser.cookies["sessionid"].value, before)
        cookie = answer.cookies["twinlock_device"]
        self.assertTrue(cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["expires"])

        later = self.new_browser()
        later.cookies["twinlock_device"] = cookie.value
        self.assertEqual(self.log_in(later)["location"], "/private?from=form")
        self.assertTrue(self.is_in(later))
        self.assertNotEqual(later.cookies["twinlock_device"].value, cookie.value)

    def test_a_wrong_password_asks_nothing(self) -> None:
        with mock.patch.object(Twinlock, "challenge", side_effect=AssertionError):
            self.assertEqual(self.browser.post("/log-in", {"username": "ada", "password": "?"}).status_code, 403)

    def test_a_token_is_of_no_use_elsewhere(self) -> None:
        codes = self.enroll()
        back = Browser().answer(self.log_in(self.browser)["location"], codes[0])
        stranger = self.new_browser()
        self.assertEqual(stranger.get(back).status_code, 403)
        self.log_in(stranger)
        self.assertEqual(stranger.get(back).status_code, 403)
        self.assertFalse(self.is_in(stranger))
        # The right browser is not harmed by it, and has it once.
        self.assertEqual(self.browser.get(back).status_code, 302)
        self.assertTrue(self.is_in(self.browser))
        self.browser.post("/log-in", {"username": self.ada.username, "password": "right"})
        self.assertEqual(self.browser.get(back).status_code, 403)

    def test_a_token_about_somebody_else_signs_nobody_in(self) -> None:
        codes = self.enroll()
        number = int.from_bytes(os.urandom(5), "big")
        bob = get_user_model().objects.create_user(f"bob{number}", password="right", pk=number)
        shop().add_factor(str(number), "totp", secret=SECRET)
        back = Browser().answer(self.log_in(self.browser)["location"], codes[0])
        self.log_in(self.browser, bob.username)
        self.assertEqual(self.browser.get(back).status_code, 403)
        self.assertFalse(self.is_in(self.browser))
        # Not even if the binding were the same: who was expected decides.
        with mock.patch("twinlock.sign_in.secrets", mock.Mock(**{"token_urlsafe.return_value": "x" * 32})):
            other = self.new_browser()
            back = Browser().answer(self.log_in(other)["location"], codes[1])
            self.log_in(other, bob.username)
        answer = other.get(back)
        self.assertEqual((answer.status_code, b"wrong_user" in answer.content), (403, True))
        self.assertFalse(self.is_in(other))

    def test_a_session_of_another_door_is_asked_too(self) -> None:
        self.enroll()
        self.browser.force_login(self.ada)
        answer = self.browser.get("/private?page=2")
        self.assertTrue(answer["location"].startswith(URL), answer["location"])
        self.assertEqual(self.browser.get("/private").status_code, 401)

    def test_who_was_disabled_meanwhile_stays_out(self) -> None:
        codes = self.enroll()
        back = Browser().answer(self.log_in(self.browser)["location"], codes[0])
        self.ada.is_active = False
        self.ada.save()
        self.assertEqual(self.browser.get(back).status_code, 403)

    def test_no_answer_lets_nobody_in_unless_said(self) -> None:
        for policy, status in [("refuse", 403), ("allow", 302)]:
            away = Twinlock("http://127.0.0.1:9", "k", when_unreachable=policy, tries=1)
            browser = self.new_browser()
            with mock.patch.object(integration, "client", lambda: away):
                self.assertEqual(self.log_in(browser).status_code, status)
            self.assertEqual(self.is_in(browser), policy == "allow")

    def test_a_word_in_the_address_is_shown_and_nothing_else(self) -> None:
        self.enroll()
        self.log_in(self.browser)
        answer = self.browser.get("/second-factor?tfa_denied=<b>hello")
        self.assertEqual((answer.status_code, b"<b>" in answer.content), (403, False))
        self.assertFalse(self.is_in(self.browser))
        self.assertEqual(self.browser.get("/second-factor").status_code, 403)
        self.assertEqual(self.browser.post("/second-factor").status_code, 405)

    def test_a_page_of_the_apps_own_says_so(self) -> None:
        with override_settings(TWINLOCK_REFUSED="/sorry"):
            for given, told in [("tfa_denied=canceled", "canceled"), ("tfa_denied=%0a//x", "failed"), ("tfa=x", "not_started")]:
                answer = self.browser.get(f"/second-factor?{given}")
                self.assertEqual(answer["location"], f"/sorry?second_factor={told}")


if __name__ == "__main__":
    unittest.main()
