"""Webhooks, verified after Standard Webhooks: by signature and age, before anything is read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOLERANCE = 300


class BadSignature(Exception):
    """Not from Twinlock, or too old, or changed on the way."""


@dataclass(frozen=True)
class Event:
    """`id` is the same whenever the same event comes again."""

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> Event:
    """The event of a call. `secret` is what adding the webhook showed (`whsec_…`), `body` the bytes as they came."""
    sent = {name.lower(): value for name, value in headers.items()}
    try:
        id, stamp, signatures = (sent[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age = (time.time() if now is None else now) - int(stamp)
    except (KeyError, ValueError) as error:
        raise BadSignature(f"no signature: {error}") from None
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    mac = hmac.new(key, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    right = b"v1," + base64.b64encode(mac)
    if not any(hmac.compare_digest(right, signature.encode()) for signature in signatures.split()):
        raise BadSignature("no signature of this secret")
    if abs(age) > TOLERANCE:
        raise BadSignature(f"signed {age:.0f} seconds ago")
    event = json.loads(body)
    return Event(id, event["type"], event["timestamp"], event["data"])
