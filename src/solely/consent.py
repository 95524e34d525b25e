"""Notices, givings, their ends, and the one rule that says whether a giving stands.

- The unit of permission is the giving, never the value: the same number given twice is two givings.
- A giving names the notice the person saw; it must be a notice of the same purpose.
- `stands` is the one rule. The database asks the same question in SQL (store/advertising.py);
  tests/store/test_advertising.py holds the two against each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import UUID

from solely.contact import COUNTRIES, Contact
from solely.contact import CURES as CONTACT_CURES
from solely.errors import GivingError
from solely.purpose import KINDS, Kind, Policy, Purpose

__all__ = [
    "COLUMNS",
    "CURES",
    "MAX_SUBJECT",
    "Asked",
    "Giving",
    "Notice",
    "Permit",
    "check_subject",
    "read_asked",
    "read_time",
    "stands",
]

COLUMNS = ("subject", "kind", "value", "purpose", "notice", "given_at", "withdrawn_at")
MAX_SUBJECT = 128  # characters of the platform's own id
# fromisoformat takes more: any character for the T, and all that follows a NUL.
_TIME = re.compile(r"[0-9W-]+(?:[Tt ][0-9:.,]+(?:Z|[+-][0-9:.]+)?)?")

CURES = {
    "no-subject": "name the subject by the platform's own id",
    "subject-too-long": f"a subject's id has at most {MAX_SUBJECT} characters",
    "unknown-kind": "the kind is email or phone",
    "unknown-purpose": "use a purpose of policy.toml",
    "kind-not-for-purpose": "this purpose does not take this kind: see policy.toml",
    "unknown-notice": "put the text the person saw at notices/PURPOSE/VERSION.txt",
    "notice-of-another-purpose": "name the notice of this very purpose: what a person was told binds",
    "notice-changed": "this version is known with another text: give the new text a new version",
    "bad-time": "write times as 2024-05-31T12:00:00Z",
    "given-in-the-future": "a giving is recorded after it happened: check the clock",
    "withdrawn-in-the-future": "a withdrawal is recorded once it happened; for an end to come set lifetime-days",
    "withdrawn-before-given": "a giving ends after it began: check both times",
    "objected": "they objected to this: it counts once they themselves lift that",
    "not-text": "save the file as UTF-8, without control characters",
    "ragged-row": "write one value for each column of the header",
    **CONTACT_CURES,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """The exact text, version and language a person saw; `digest` is its SHA-256."""

    purpose: str
    version: str
    text: str
    language: str = "en"

    @property
    def name(self) -> str:
        return f"{self.purpose}/{self.version}"

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Asked:
    """A giving as asked for: read and checked, not yet recorded. `country`: the person's, as far as known."""

    subject: str
    purpose: Purpose
    contact: Contact
    notice: bytes
    given_at: datetime
    withdrawn_at: datetime | None
    country: str | None

    @property
    def expires_at(self) -> datetime | None:
        days = self.purpose.lifetime_days
        return self.given_at + timedelta(days=days) if days else None


@dataclass(frozen=True, slots=True)
class Giving:
    """A recorded giving, as the registry holds it: no contact, only what it is for and until when."""

    id: UUID
    subject: str
    purpose: str
    kind: Kind
    given_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to open one giving's contact for one purpose, written down as a ledger entry before it was issued."""

    purpose: str
    giving: UUID
    sequence: int


def stands(giving: Giving, now: datetime) -> bool:
    """Whether the giving may be used at `now`: begun, not ended, not expired."""
    return (
        giving.given_at <= now
        and (giving.ended_at is None or giving.ended_at > now)
        and (giving.expires_at is None or giving.expires_at > now)
    )


def check_subject(subject: str) -> None:
    """Raise GivingError where a text is no id of a person."""
    if not subject.strip() or subject != subject.strip() or not subject.isprintable():
        _fail("no-subject")
    if len(subject) > MAX_SUBJECT:
        _fail("subject-too-long")


def _fail(reason: str) -> NoReturn:
    raise GivingError(reason, CURES[reason])


def read_time(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is UTC. Raises GivingError `bad-time`."""
    return _utc(text.strip()) or _fail("bad-time")


def _utc(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC the first and the last day may lie outside the calendar
        return None


def read_asked(row: Mapping[str, str], policy: Policy, notices: Mapping[str, bytes], now: datetime) -> Asked:
    """Read one row with the columns of `COLUMNS` (and `country`, for national phones, if it is there).

    `notices` maps PURPOSE/VERSION to the digest of its text. Raises GivingError or ContactError,
    each with a reason of `CURES`.
    """
    subject = row["subject"].strip()
    if not subject:
        _fail("no-subject")
    if len(subject) > MAX_SUBJECT:
        _fail("subject-too-long")
    purpose = policy.purposes.get(row["purpose"].strip()) or _fail("unknown-purpose")
    kind = _kind(row["kind"].strip(), purpose)
    notice = _notice(row["notice"].strip(), purpose, notices)
    given_at, withdrawn_at = _times(row["given_at"], row["withdrawn_at"], now)
    country = row.get("country", "").strip().upper()
    contact = Contact.read(kind, row["value"], country or None)
    known = country if country in COUNTRIES else contact.country()
    return Asked(subject, purpose, contact, notice, given_at, withdrawn_at, known)


def _kind(text: str, purpose: Purpose) -> Kind:
    if text not in KINDS:
        _fail("unknown-kind")
    return text if text in purpose.kinds else _fail("kind-not-for-purpose")


def _notice(name: str, purpose: Purpose, notices: Mapping[str, bytes]) -> bytes:
    if name not in notices:
        _fail("unknown-notice")
    return notices[name] if name.partition("/")[0] == purpose.name else _fail("notice-of-another-purpose")


def _times(given: str, withdrawn: str, now: datetime) -> tuple[datetime, datetime | None]:
    given_at = read_time(given)
    if given_at > now:
        _fail("given-in-the-future")
    if not withdrawn.strip():
        return given_at, None
    withdrawn_at = read_time(withdrawn)
    if withdrawn_at < given_at:
        _fail("withdrawn-before-given")
    if withdrawn_at > now:
        _fail("withdrawn-in-the-future")
    return given_at, withdrawn_at
