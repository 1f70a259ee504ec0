"""What Twinlock answers, with types. Members that a later version adds are passed over."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from .errors import BadAnswer

T = TypeVar("T")


@dataclass(frozen=True)
class Approval:
    """What was proved, about whom. `acr` is "2" when a factor was proved now."""

    user_id: str
    method: str | None
    amr: tuple[str, ...]
    acr: str
    auth_time: datetime
    recovery_codes_remaining: int
    device_token: str | None = field(default=None, repr=False)
    device_expires_at: datetime | None = None


@dataclass(frozen=True)
class Method:
    """A factor that a challenge can be answered with."""

    id: str
    method: str
    label: str
    destination: str | None


@dataclass(frozen=True)
class Challenge:
    """Decide by `status`: "not_required" (`result` is there), "pending", "enrollment_required" or "locked"."""

    id: str
    status: str
    why: str
    expires_at: datetime
    attempts_left: int = 0
    methods: tuple[Method, ...] = ()
    preferred: str | None = None
    code_sent: bool = False
    delivery: str | None = None
    next_send_at: datetime | None = None
    text: str | None = None
    url: str | None = field(default=None, repr=False)
    result: Approval | None = None


@dataclass(frozen=True)
class CodeSent:
    method: str
    destination: str
    delivery: str
    next_send_at: datetime
    sends_left: int


@dataclass(frozen=True)
class Factor:
    id: str
    method: str
    label: str
    destination: str | None
    preferred: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class AddedFactor:
    """`status` is "pending" until its first code, or "active". What is hidden here is to be shown once and kept nowhere."""

    id: str
    method: str
    status: str
    label: str | None = None
    destination: str | None = None
    expires_at: datetime | None = None
    secret: str | None = field(default=None, repr=False)
    qr_code: str | None = field(default=None, repr=False)
    qr_code_image: str | None = field(default=None, repr=False)
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class User:
    id: str
    email: str | None
    phone: str | None
    name: str | None
    is_enabled: bool
    preferred_method: str | None
    factors: tuple[Factor, ...]
    recovery_codes_remaining: int
    trusted_devices: int
    locked_until: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Device:
    id: str
    name: str
    ip_address: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


_NESTED = {"methods": Method, "factors": Factor, "result": Approval}


def read(kind: type[T], answer: Any) -> T:
    """An answer as its type."""
    try:
        known = [part for part in fields(kind) if part.name in answer]  # type: ignore[arg-type]
        return kind(**{part.name: _value(part.name, str(part.type), answer[part.name]) for part in known})
    except (AttributeError, TypeError, ValueError) as error:
        raise BadAnswer(f"no {kind.__name__}: {error}") from error


def _value(name: str, kind: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(read(_NESTED[name], each) if name in _NESTED else each for each in value)
    if isinstance(value, str) and kind.startswith("datetime"):
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return read(_NESTED[name], value) if name in _NESTED else value
