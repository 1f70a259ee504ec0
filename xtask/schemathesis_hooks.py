"""Signs schemathesis in: without it every call behind a token would only ever answer 401.

Each operation gets a person of its own (signed up through the API, verified through the outbox of the test mode), so
that what one operation ends, such as a logout, spoils nothing for the others. Every fifth request stays anonymous.
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
requests_seen = itertools.count(1)


def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json"})
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


def operation(case, context):
    return f"{case.method} {case.path}"


@schemathesis.auth(cache_by_key=operation, refresh_interval=20)
class Person:
    def get(self, case, context):
        key = operation(case, context)
        if key not in people:
            people[key] = sign_up()
        login = call("/auth/login/", {"email": people[key], "password": PASSWORD})
        return login["tokens"]["access"]

    def set(self, case, token, context):
        if next(requests_seen) % 5:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
