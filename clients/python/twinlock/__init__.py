"""A second factor for an app that has its own login."""

from .answers import AddedFactor, Approval, Challenge, CodeSent, Device, Factor, Method, User
from .client import Twinlock
from .errors import BadAnswer, NotStarted, Refused, TwinlockError, Unreachable, WrongUser
from .sign_in import SignIn
from .webhook import BadSignature, Event, verify_webhook

__all__ = ["AddedFactor", "Approval", "BadAnswer", "BadSignature", "Challenge", "CodeSent", "Device", "Event", "Factor"]
__all__ += ["Method", "NotStarted", "Refused", "SignIn", "Twinlock", "TwinlockError", "Unreachable", "User", "WrongUser"]
__all__ += ["verify_webhook"]
