"""Django: whoever signs in, by whatever form, is signed in once the second factor is proved, and not before.

    MIDDLEWARE += ["twinlock.django.SecondFactor"]           # behind AuthenticationMiddleware
    TWINLOCK = {"url": "https://2fa.example.com", "api_key": os.environ["TWINLOCK_API_KEY"]}
    urlpatterns += [path("second-factor", returned)]         # the return URL of your application

The middleware takes a session that `login()` made, but no factor was proved for, out of the request and the answer, and sends
the browser to the hosted page. The admin's own form, social logins and sessions of before are covered by it as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user,
    load_backend,
    login,
)
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from .answers import Approval
from .client import Twinlock
from .errors import NotStarted, TwinlockError
from .sign_in import SignIn

_PROVED = "twinlock_proved"
_COOKIE = "twinlock_device"


@cache
def client() -> Twinlock:
    """Twinlock, as `settings.TWINLOCK` says: the arguments of the client."""
    return Twinlock(**settings.TWINLOCK)


class SecondFactor:
    """Derive from it to tell more or other things about people, and name your class in MIDDLEWARE."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _unproved(request):
            return self.ask(request, request.get_full_path())
        response = self.get_response(request)
        if _unproved(request):
            return self.ask(request, response.get("Location") or resolve_url(settings.LOGIN_REDIRECT_URL))
        return response

    def describe(self, user: Any) -> dict[str, str]:
        """Where notices about their second factor go, beside what the user is called."""
        return {"email": user.email} if getattr(user, "email", "") else {}

    def ip(self, request: HttpRequest) -> str:
        """The person's address. Behind a proxy, have your server set REMOTE_ADDR right or override this."""
        return request.META["REMOTE_ADDR"]

    def ask(self, request: HttpRequest, then: str) -> HttpResponseBase:
        user = get_user(request)
        backend = request.session.get(BACKEND_SESSION_KEY, "")
        for name in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, _PROVED):
            request.session.pop(name, None)
        request.user = AnonymousUser()
        if not user.is_authenticated:
            return HttpResponseRedirect(then)
        try:
            challenge = SignIn(client()).begin(
                request.session,
                str(user.pk),
                return_url=request.build_absolute_uri(reverse(returned)),
                carry={"backend": backend, "then": then},
                device_token=request.COOKIES.get(_COOKIE),
                locale=request.headers.get("accept-language"),
                ip=self.ip(request),
                user_agent=request.headers.get("user-agent", ""),
                **self.describe(user),
            )
        except TwinlockError as error:
            return refused(error.word)
        if challenge.url:
            return HttpResponseRedirect(challenge.url)
        if challenge.result is None:
            return refused(challenge.status)
        return _signed_in(request, challenge.result, backend, then)


@require_GET
@never_cache
def returned(request: HttpRequest) -> HttpResponseBase:
    """Where the browser comes back to."""
    token = request.GET.get("tfa")
    if not token:
        return refused(request.GET.get("tfa_denied", NotStarted.word))
    try:
        result, carry = SignIn(client()).finish(request.session, token)
    except TwinlockError as error:
        return refused(error.word)
    return _signed_in(request, result, carry["backend"], carry["then"])


def refused(word: str) -> HttpResponse:
    """What the person sees when nobody was signed in: a page of your own, if `settings.TWINLOCK_REFUSED` leads to one. The
    word may come from an address: it is for showing, and nothing is to be decided by it."""
    page = getattr(settings, "TWINLOCK_REFUSED", None)
    if page:
        return HttpResponseRedirect(f"{resolve_url(page)}?second_factor={word if re.fullmatch('[a-z_]+', word) else 'failed'}")
    again = resolve_url(settings.LOGIN_URL)
    text = "<!doctype html><title>Not signed in</title><p>You are not signed in ({}).</p><p><a href='{}'>Try again</a></p>"
    return HttpResponse(format_html(text, word, again), status=403)


def _unproved(request: HttpRequest) -> bool:
    user = request.session.get(SESSION_KEY)
    return user is not None and request.session.get(_PROVED) != user


def _signed_in(request: HttpRequest, result: Approval, backend: str, then: str) -> HttpResponseBase:
    # The backend says whether they may still sign in: somebody could have been disabled meanwhile.
    user = load_backend(backend).get_user(result.user_id)
    if user is None:
        return refused("failed")
    login(request, user, backend=backend)
    request.session[_PROVED] = request.session[SESSION_KEY]
    response = HttpResponseRedirect(then)
    if result.device_token:
        response.set_cookie(
            _COOKIE,
            result.device_token,
            expires=result.device_expires_at,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response
