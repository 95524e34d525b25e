"""A person's token: a service of the platform mints it for one subject, some acts and some minutes.

- It is kept nowhere: it says itself what it is for, under an HMAC-SHA256. Each use looks its minter's key up, so that
  it ends with that key.
- It goes in a header, never in a URL: what is in a URL is in logs, histories and referrers.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from solely.errors import BadInput, Unauthenticated
from solely.principal.api_key import CODES, UNKNOWN
from solely.principal.rights import Home

__all__ = ["LONGEST", "SKEW", "Said", "is_token", "read_token", "write_token"]

LONGEST = timedelta(minutes=15)
SKEW = timedelta(minutes=1)  # by which the clocks of two machines may differ
_MOST = 2_048  # characters: more than the longest subject and all acts take
_MAX_SUBJECT = 128  # as consent.MAX_SUBJECT, which tests/principal/test_subject_token.py holds it against

Mac = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Said:
    """What a token says: for whom, what for, and from when until when (whole seconds). `key` is its minter's."""

    key: UUID
    subject: str = field(repr=False)
    acts: frozenset[str]
    made: datetime
    expires: datetime
    id: str

    def __post_init__(self) -> None:
        if not self.subject or len(self.subject) > _MAX_SUBJECT or not self.subject.isprintable():
            what = f"a subject's id has 1 to {_MAX_SUBJECT} printable characters"
            raise BadInput(what, where="subject", cure="name the subject by the platform's own id")
        if self.subject != self.subject.strip():
            raise BadInput("a subject's id neither begins nor ends with space", where="subject", cure="strip it")
        if not timedelta(0) < self.expires - self.made <= LONGEST:
            raise BadInput("a token lives a second to 15 minutes", where="seconds", cure="mint another when it is over")

    def stands(self, now: datetime) -> bool:
        """Whether it may be used at `now`; not before it was made either, where a clock was set back."""
        return self.made - SKEW <= now < self.expires


def is_token(presented: str) -> bool:
    """Whether it is a token, rather than a key: by how it begins, and by nothing that is secret."""
    return presented.startswith("solelyt_")


def write_token(home: Home, said: Said, mac: Mac) -> str:
    """The token; `mac` is that compartment's HMAC-SHA256 for tokens."""
    content = {
        "acts": sorted(said.acts),
        "exp": int(said.expires.timestamp()),
        "iat": int(said.made.timestamp()),
        "id": said.id,
        "key": said.key.hex,
        "sub": said.subject,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    body = f"solelyt_{CODES[home]}_{_base64(text.encode())}"
    return f"{body}.{_base64(mac(body.encode()))}"


def read_token(home: Home, presented: str, mac: Mac) -> Said:
    """What a token says, once its MAC is right; whether it stands is for the caller to see. Raises Unauthenticated."""
    body, _, shown = presented.rpartition(".")
    right = len(presented) <= _MOST and presented.isascii() and body.startswith(f"solelyt_{CODES[home]}_")
    # Compared as text, so that there is no second way to write the same bytes.
    if not right or not hmac.compare_digest(_base64(mac(body.encode())), shown):
        raise Unauthenticated(UNKNOWN, where="token", cure="mint another for this person")
    content = json.loads(base64.urlsafe_b64decode(body[len("solelyt_xxx_") :] + "=="))
    return Said(
        UUID(content["key"]),
        content["sub"],
        frozenset(content["acts"]),
        datetime.fromtimestamp(content["iat"], UTC),
        datetime.fromtimestamp(content["exp"], UTC),
        content["id"],
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
