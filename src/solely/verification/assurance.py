"""What an answer proves: methods by RFC 8176, the assurance level of SP 800-63B-4, and when a recovery has enough.

- A code sent by e-mail is no factor of AAL2 (§3.1.3.1): whatever came before, it adds nothing to the level.
- A passkey reaches AAL2 alone where it verified its user (§3.1.7); any other factor needs a password before it.
- A trusted device proves nothing (§3.2.1).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal

from solely.errors import Tampered
from solely.store.security.challenges import Method
from solely.verification.factor import Kind

__all__ = ["AAL", "Assurance", "assure", "best", "enough", "method_of", "trusted"]

AAL = Literal["none", "aal1", "aal2"]
_ORDER: tuple[AAL, ...] = ("none", "aal1", "aal2")


@dataclass(frozen=True, slots=True)
class Assurance:
    """`amr`: RFC 8176 and its IANA registry. `restricted`: SP 800-63B-4 §3.2.9, rests on the telephone network."""

    amr: tuple[str, ...]
    aal: AAL
    phishing_resistant: bool = False
    restricted: bool = False

    def reaches(self, aal: AAL) -> bool:
        return _ORDER.index(self.aal) >= _ORDER.index(aal)

    @cache  # noqa: B019 - there are some twenty of them in all
    def to_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Assurance:
        """What `to_text` wrote. Raises Tampered for anything else."""
        try:
            content = json.loads(text)
            read = cls(**{**content, "amr": tuple(content["amr"])})
            whole = read._is_whole() and json.dumps(asdict(read), sort_keys=True) == text
        except (ValueError, KeyError, TypeError, RecursionError):
            read, whole = None, False
        if read is None or not whole:
            raise Tampered("not an assurance", where="challenge")
        return read

    def _is_whole(self) -> bool:
        flags, methods = {type(self.phishing_resistant), type(self.restricted)}, {type(one) for one in self.amr}
        return flags == {bool} and methods <= {str} and self.aal in _ORDER


@cache
def assure(
    kind: Kind, *, after_password: bool = False, user_verified: bool = False, backup_eligible: bool = False
) -> Assurance:
    """What a right answer of a factor proves; `after_password`: the platform checked a password just before."""
    password = ("pwd",) if after_password else ()
    if kind == "passkey":
        held = "swk" if backup_eligible else "hwk"  # one that can be copied is not bound to hardware
        multi = user_verified or after_password
        amr = (held, "user", *(("mfa",) if multi else ()), *password)
        return Assurance(tuple(sorted(amr)), "aal2" if multi else "aal1", phishing_resistant=True)
    if kind == "email":
        return Assurance(tuple(sorted(("otp", *password))), "aal1" if after_password else "none")
    sms = ("sms",) if kind == "sms" else ()
    amr = ("otp", *sms, *(("mfa",) if after_password else ()), *password)
    return Assurance(tuple(sorted(amr)), "aal2" if after_password else "aal1", restricted=kind == "sms")


def trusted(*, after_password: bool) -> Assurance:
    """What a trusted device proves: nothing beyond what came before it."""
    return Assurance(("pwd",), "aal1") if after_password else Assurance((), "none")


def best(kinds: Collection[Kind], *, after_password: bool, verifies: bool = False) -> AAL:
    """The highest level a person with these factors can prove by one of them.

    `verifies`: one of their passkeys verifies its user.
    """
    levels = [
        assure(kind, after_password=after_password, user_verified=verifies and kind == "passkey").aal for kind in kinds
    ]
    return max(levels, key=_ORDER.index, default="none")


def method_of(kind: Kind) -> Method:
    """How an answer of a factor counts in a recovery."""
    if kind == "recovery-codes":
        return "saved"
    return "issued" if kind in {"sms", "email"} else "factor"


def enough(methods: Collection[Method], *, after_password: bool) -> bool:
    """Whether a recovery has shown enough for AAL2 (SP 800-63B-4 §4.2.2.2).

    Two recovery codes got by different methods, or one together with a single factor: one that is left, or the
    password.
    """
    codes = {"saved", "issued"} & set(methods)
    return len(codes) == 2 or (len(codes) == 1 and (after_password or "factor" in methods))  # noqa: PLR2004 - both
