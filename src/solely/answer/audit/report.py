"""The answer of an audit as values, and as the object `solely audit --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["AdvertiserAnswer", "AuditReport", "Question", "Source", "TableCount"]

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked. `legal`: aim -> purposes that allow it; '' for rows without one. `end` is outside the period."""

    legal: Mapping[str, tuple[str, ...]]
    start: datetime | None
    end: datetime | None
    rules: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "legal": {aim: list(purposes) for aim, purposes in self.legal.items()},
            "from": self.start.isoformat() if self.start else None,
            "to": self.end.isoformat() if self.end else None,
            "rules": list(self.rules),
        }


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table was read from. `sha256` in hex: of a file, or of the sums of several; None for a database."""

    name: str
    files: int
    sha256: str | None

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "files": self.files, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class TableCount:
    """What became of a table's rows: `rows` in all, those `usable`, and reason -> rows for the others."""

    source: Source
    rows: int
    usable: int
    unreadable: Counts
    forms: Counts  # usable rows by what they hold: plain, sha256, sha1, md5, sha512

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source.as_json(),
            "rows": self.rows,
            "usable": self.usable,
            "unreadable": dict(self.unreadable),
            "forms": dict(self.forms),
        }


@dataclass(frozen=True, slots=True)
class AdvertiserAnswer:
    """One advertiser: its usable rows in the period, and how many people are affected, in all and by each view.

    `subjects` are sorted; None where there are more than were asked for. Months are those of UTC.
    """

    audience_rows: int
    affected: int
    subjects: tuple[str, ...] | None
    months: Counts
    audiences: Counts
    given_for: Counts  # which promise was broken

    def as_json(self) -> dict[str, Any]:
        return {
            "affected": self.affected,
            "audience_rows": self.audience_rows,
            "months": dict(self.months),
            "audiences": dict(self.audiences),
            "given_for": dict(self.given_for),
            "subjects": None if self.subjects is None else list(self.subjects),
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole answer. `affected` counts people once, however many advertisers reached them."""

    question: Question
    advertisers: Mapping[str, AdvertiserAnswer]
    affected: int
    months: Counts
    broken: Counts  # people by what the contact they were reached through had been given for
    kinds: Counts  # the same by kind of contact; '' where a digest stands without one
    contacts: TableCount
    audiences: TableCount
    given_for: Counts  # readable contact rows by purpose: a lawful purpose misspelled shows here
    outside: int  # readable audience rows that are not of the period

    def as_json(self) -> dict[str, Any]:
        """The object `solely audit --json` prints."""
        return {
            "question": self.question.as_json(),
            "advertisers": {name: answer.as_json() for name, answer in self.advertisers.items()},
            "affected": self.affected,
            "months": dict(self.months),
            "broken": dict(self.broken),
            "kinds": dict(self.kinds),
            "contacts": {**self.contacts.as_json(), "given_for": dict(self.given_for)},
            "audiences": {**self.audiences.as_json(), "outside_period": self.outside},
        }
