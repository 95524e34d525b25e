"""An error in words for a person, who can do something about it; and what their own words for things are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from solely.errors import (
    ContactError,
    GivingError,
    NotFound,
    ProofNeeded,
    Refused,
    SolelyError,
    Throttled,
    Unavailable,
    WrongAnswer,
)

__all__ = ["FACTORS", "words"]

FACTORS: Mapping[str, str] = MappingProxyType(
    {
        "passkey": "Passkey",
        "totp": "Authenticator app",
        "recovery-codes": "Recovery codes",
        "sms": "Code by SMS",
        "email": "Code by e-mail",
    }
)
_REASONS = MappingProxyType(
    {
        "not-an-email": "That is not an e-mail address. It looks like name@example.com.",
        "not-a-phone": "That is not a phone number. Write it with + and the country code, such as +44 20 7946 0000.",
        "objected": "You, or your browser, objected to this. Tick that you want it nevertheless, if you do.",
        "unknown-notice": "This can't be agreed to here at the moment.",
    }
)
_ANSWERS = MappingProxyType(
    {
        "used": "That code was used already. Wait for the next one.",
        "clock-off": "The clock of your device is off. Set it, then try again.",
    }
)
_KINDS: tuple[tuple[type[SolelyError], str], ...] = (
    (Unavailable, "This can't be done at the moment, and nothing was changed. Try again in a minute."),
    (NotFound, "That is over. Start again."),
    (Refused, "That is not possible."),
)


def words(error: SolelyError) -> str:
    """What went wrong, as a person reads it."""
    match error:
        case GivingError() | ContactError():
            return _REASONS.get(error.reason) or _sentences("This can't be taken", error.cure)
        case WrongAnswer():
            return _ANSWERS.get(error.what) or "That is not right. Check it and try again."
        case Throttled():
            when = f"after {error.retry_at:%H:%M} UTC" if error.retry_at else "later"
            return f"That was too often. Try again {when}."
        case ProofNeeded():
            return _sentences("Show that it is you first", error.cure)
        case _:
            return next((said for kind, said in _KINDS if isinstance(error, kind)), _sentences(error.what, error.cure))


def _sentences(what: str, cure: str) -> str:
    """What is wrong and what helps; of a reason that is one name, such as too-short, what helps."""
    texts = [cure] if cure and " " not in what else [what, cure]
    return " ".join(f"{text[0].upper()}{text[1:]}".rstrip(".") + "." for text in texts if text)
