"""Signs schemathesis in: without it every call behind a token or a key would only ever answer 401, and every call about
somebody 404.

Each path of the login API gets a person of its own (signed up through the API, verified through the outbox of the test mode), so that
what one path ends, such as a logout, spoils nothing for the others. Every fifth request stays anonymous. Every request
comes from another address, by way of a trusted proxy: else the limits per address would soon answer for everything.

Each path of `/v1` gets a user of a test world, with one of everything that a call may name, and another one every few
requests, for calls use up what they name. Every fourth request keeps the names that schemathesis made up.
"""

import base64
import datetime
import hashlib
import hmac
import http.cookiejar
import itertools
import json
import os
import struct
import time
import urllib.error
import urllib.parse
import urllib.request

import schemathesis

BASE = os.environ["TWINLOCK_TESTED_URL"]
# The key of an application, and one of another for the calls that change the application itself.
KEY, OTHER_KEY = os.environ["TWINLOCK_TESTED_KEYS"].split()
RETURN_URL = os.environ["TWINLOCK_TESTED_RETURN_URL"]
PASSWORD = "schemathesis tries everything"
AGENT = "schemathesis"
ASKED = {"ip": "203.0.113.7", "user_agent": AGENT, "reason": "login"}
people = {}
users = {}
requests = itertools.count(1)
addresses = itertools.count(1)


def address():
    number = next(addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def call(path, body=None, key=None, method=None):
    headers = {"Content-Type": "application/json"}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["X-Forwarded-For"] = address()
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response) if response.status != 204 else None


def newest_message(to):
    query = urllib.parse.urlencode({"to": to, "channel": "email"})
    deadline = time.monotonic() + 20
    while True:
        messages = call(f"/v1/test/outbox?{query}")["messages"]
        if messages:
            return messages[0]
        if time.monotonic() > deadline:
            raise RuntimeError(f"no mail came to {to}")
        time.sleep(0.05)


def sign_up():
    email = f"person-{len(people)}-{time.time_ns()}@example.com"
    call("/auth/signup/", {"email": email, "password": PASSWORD})
    call("/auth/verify-email/", {"token": newest_message(email)["link"].partition("#token=")[2]})
    return email


def code_of(secret):
    """What an authenticator shows now, by the server's clock."""
    now = call("/v1/test/clock")["now"].replace("Z", "+00:00")
    step = int(datetime.datetime.fromisoformat(now).timestamp()) // 30
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def result_token(user, code):
    """Answers a challenge at the hosted page, as the person's browser does; gives what it brings back."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), Stay)

    def location(url, form=None):
        data = form and urllib.parse.urlencode(form).encode()
        try:
            browser.open(urllib.request.Request(url, data, {"User-Agent": AGENT, "Origin": BASE}), timeout=10)
        except urllib.error.HTTPError as answer:
            return urllib.parse.urljoin(BASE, answer.headers["Location"])
        raise RuntimeError(f"{url} led nowhere")

    asked = call("/v1/challenges", {**ASKED, "user": {"id": user}, "return_url": RETURN_URL}, KEY)
    return location(location(asked["url"]), {"code": code}).partition("tfa=")[2]


def settle(path):
    """A user with all that a call of this path may name."""
    user = f"user-{next(addresses)}"
    factors = f"/v1/users/{user}/factors"
    secret = base64.b32encode(os.urandom(20)).decode()
    codes = call(factors, {"method": "totp", "secret": secret}, KEY)["recovery_codes"]
    names = {"user": user, "code": codes[0], "factor": call(f"/v1/users/{user}", key=KEY)["factors"][0]["id"]}

    def challenge():
        return call("/v1/challenges", {**ASKED, "user": {"id": user}}, KEY)["id"]

    if "/devices" in path or path == "/v1/challenges":
        answer = {"code": code_of(secret), "trust_device": True}
        approved = call(f"/v1/challenges/{challenge()}/verify", answer, KEY)
        names["device_token"] = approved["result"]["device_token"]
        names["device"] = call(f"/v1/users/{user}/devices", key=KEY)["items"][0]["id"]
    if path.endswith("/activate"):
        begun = call(factors, {"method": "totp"}, KEY)
        names["factor"], names["code"] = begun["id"], code_of(begun["secret"])
    if path.endswith("/send") or path.endswith("/factors/{fid}"):
        to = f"{user}@example.com"
        begun = call(factors, {"method": "email", "email": to}, KEY)["id"]
        call(f"{factors}/{begun}/activate", {"code": newest_message(to)["code"]}, KEY)
        names["factor"] = begun
    if path.startswith("/v1/challenges/{id}"):
        names["challenge"] = challenge()
    if path == "/v1/challenges/redeem":
        names["result"] = result_token(user, codes[1])
    if path.startswith("/v1/webhooks"):
        for webhook in call("/v1/webhooks", key=OTHER_KEY)["items"]:
            call(f"/v1/webhooks/{webhook['id']}", key=OTHER_KEY, method="DELETE")
        names["webhook"] = call("/v1/webhooks", {"url": "https://hooks.example.com/"}, OTHER_KEY)["id"]
    return names


def use_names(case):
    """Puts in the place of made-up names such as exist."""
    path = case.path
    turns, names = users.get(path, (0, None))
    if turns % 6 == 0:
        names = settle(path)
    users[path] = (turns + 1, names)
    whose = "challenge" if path.startswith("/v1/challenges/") else "user"
    places = {"id": whose, "fid": "factor", "did": "device", "wid": "webhook"}
    for parameter, kind in places.items():
        if f"{{{parameter}}}" in path:
            case.path_parameters = {**(case.path_parameters or {}), parameter: names[kind]}
    if isinstance(case.query, dict) and "user" in case.query:
        case.query = {**case.query, "user": names["user"]}
    if isinstance(case.body, dict):
        body = dict(case.body)
        if isinstance(body.get("user"), dict):
            body["user"] = {**body["user"], "id": names["user"]}
        fields = {"code": "code", "device_token": "device_token", "factor_id": "factor", "token": "result"}
        for field, kind in fields.items():
            if field in body and kind in names:
                body[field] = names[kind]
        if "factor_id" in body:
            # One of the two, and both of them are what is made up most of the time.
            body.pop("method", None)
        if "return_url" in body:
            body["return_url"] = RETURN_URL
        case.body = body


def path_of(case, context):
    return case.path


@schemathesis.auth(cache_by_key=path_of, refresh_interval=20)
class Caller:
    def get(self, case, context):
        if case.path.startswith("/v1/"):
            of_itself = case.path.startswith(("/v1/application", "/v1/webhooks"))
            return OTHER_KEY if of_itself else KEY
        if case.path not in people:
            people[case.path] = sign_up()
        login = call("/auth/login/", {"email": people[case.path], "password": PASSWORD})
        return login["tokens"]["access"]

    def set(self, case, token, context):
        if next(requests) % 5:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), "X-Forwarded-For": address()}
    if case.path.startswith("/v1/") and next(requests) % 4:
        use_names(case)
