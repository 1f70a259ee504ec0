"""Signs schemathesis in: without it every call behind a token would only ever answer 401.

Each path gets a person of its own (signed up through the API, verified through the outbox of the test mode), so that
what one path ends, such as a logout, spoils nothing for the others. Every fifth request stays anonymous. Every request
comes from another address, by way of a trusted proxy: else the limits per address would soon answer for everything.
"""

import itertools
import json
import os
import time
import urllib.parse
import urllib.request

import schemathesis

BASE = os.environ["TWINLOCK_TESTED_URL"]
PASSWORD = "schemathesis tries everything"
people = {}
requests = itertools.count(1)
addresses = itertools.count(1)


def address():
    number = next(addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def call(path, body=None):
    headers = {"Content-Type": "application/json"}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["X-Forwarded-For"] = address()
    request = urllib.request.Request(BASE + path, data, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def sign_up():
    email = f"person-{len(people)}-{time.time_ns()}@example.com"
    call("/auth/signup/", {"email": email, "password": PASSWORD})
    query = urllib.parse.urlencode({"to": email, "channel": "email"})
    deadline = time.monotonic() + 20
    while True:
        messages = call(f"/v1/test/outbox?{query}")["messages"]
        if messages:
            token = messages[0]["link"].partition("#token=")[2]
            call("/auth/verify-email/", {"token": token})
            return email
        if time.monotonic() > deadline:
            raise RuntimeError("the verification mail did not come")
        time.sleep(0.1)


def path_of(case, context):
    return case.path


@schemathesis.auth(cache_by_key=path_of, refresh_interval=20)
class Person:
    def get(self, case, context):
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
