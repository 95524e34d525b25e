"""Every error a caller may meet, in one tree.

    SolelyError
    ├── BadInput            what was handed over can't be read        400  exit 2
    │   ├── ContactError    one e-mail address or phone number
    │   ├── ListError       a customer list as a whole
    │   ├── GivingError     one giving
    │   ├── NoticeError     the texts people saw
    │   ├── PolicyError     policy.toml
    │   ├── SettingsError   verification.toml, ledger.toml, incidents.toml, solely.toml
    │   ├── TooLarge        more than is taken at once            413  exit 2
    │   ├── TooSlow         a request that did not come in time   408  exit 2
    │   └── WrongType       a body of another content type        415  exit 2
    ├── Refused             understood, and not allowed               403  exit 3
    │   ├── WrongAnswer     an answer to a challenge that isn't right 401  exit 3
    │   ├── Throttled       too many tries: wait until `retry_at`     429  exit 3
    │   ├── ProofNeeded     a fresh proof of a factor comes first     401  exit 3
    │   └── Unauthenticated no key or token that opens anything here  401  exit 3
    ├── NotFound            no such subject, audience or directory    404  exit 4
    ├── Conflict            what stands already says otherwise        409  exit 5
    │   └── Outdated        it was changed since it was read         412  exit 5
    ├── Tampered            stored bytes are not what was written     500  exit 6
    └── Unavailable         a part that is needed does not answer     503  exit 7

Each says what is wrong, where, and the cure. None ever holds a contact or a secret:
the words come from the program, never from what a person typed.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from typing_extensions import override

__all__ = [
    "BadInput",
    "Conflict",
    "ContactError",
    "GivingError",
    "ListError",
    "NotFound",
    "NoticeError",
    "Outdated",
    "PolicyError",
    "ProofNeeded",
    "Refused",
    "SettingsError",
    "SolelyError",
    "Tampered",
    "Throttled",
    "TooLarge",
    "TooSlow",
    "Unauthenticated",
    "Unavailable",
    "WrongAnswer",
    "WrongType",
]


class SolelyError(Exception):
    """The root: has an HTTP status, an exit code, the place and the cure."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.cure = what, where, cure

    @override
    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{place}{self.what}{cure}"


class BadInput(SolelyError):
    """What was handed over can't be read; nothing was changed."""

    status, exit_code = 400, 2


class ContactError(BadInput):
    """A text that is no contact point; `reason` is one of `contact.CURES`."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason, cure=cure)
        self.reason = reason
        self.args = (reason, cure)  # what a copy is made from: these cross from worker processes


class ListError(BadInput):
    """A customer list that can't be read at all."""


class GivingError(BadInput):
    """A giving that can't be taken; `reason` is one of `consent.CURES`."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason, cure=cure)
        self.reason = reason
        self.args = (reason, cure)  # what a copy is made from: these cross from worker processes


class NoticeError(BadInput):
    """A notice whose text is unknown or has changed under its version."""


class PolicyError(BadInput):
    """A policy file that contradicts itself or the design's rules."""


class SettingsError(BadInput):
    """Settings that can't be read, or that the rules do not allow."""


class TooLarge(BadInput):
    """More than is taken at once; what came was thrown away."""

    status = 413


class TooSlow(BadInput):
    """A request that did not come whole in the time there is for it."""

    status = 408


class WrongType(BadInput):
    """A body of a content type that is not taken here."""

    status = 415


class Refused(SolelyError):
    """Understood and not allowed; a refusal of a use is in the ledger."""

    status, exit_code = 403, 3


class WrongAnswer(Refused):
    """An answer that is not right; it has been counted. Nothing in it says how near it was."""

    status = 401


class Throttled(Refused):
    """Too many tries, or none left: nothing was tried now. `retry_at` is when one may be, None where never."""

    status = 429

    def __init__(self, what: str, *, where: str = "", cure: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(what, where=where, cure=cure)
        self.retry_at = retry_at


class ProofNeeded(Refused):
    """What was asked for needs a fresh proof of a factor first."""

    status = 401


class Unauthenticated(Refused):
    """Who calls showed no key or token that opens anything here. Nothing in it says why not."""

    status = 401


class NotFound(SolelyError):
    """No such subject, audience or data directory."""

    status, exit_code = 404, 4


class Conflict(SolelyError):
    """What stands already says otherwise."""

    status, exit_code = 409, 5


class Outdated(Conflict):
    """What was to be changed is no longer what the caller read; nothing was changed."""

    status = 412


class Tampered(SolelyError):
    """Stored bytes are not what was written, or a ciphertext does not open."""

    exit_code = 6


class Unavailable(SolelyError):
    """A part that is needed does not answer; nothing was done."""

    status, exit_code = 503, 7
