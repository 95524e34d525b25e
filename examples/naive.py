"""A platform without purposes: one table of contacts, matched on all of it. What Solely is there to replace.

It reads contacts and lists with Solely's own readers, so that purposes are all in which the two differ.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from solely.audiences.lists import read_list
from solely.contact import Contact
from solely.web.story import Kind, Purpose

__all__ = ["Giving", "Platform", "only_security", "subjects"]

PURPOSES: dict[str, Purpose] = {
    "two-factor": "security",
    "account-recovery": "security",
    "login-alert": "security",
    "service-notice": "service",
    "tailored-audiences": "tailored",
    "partner-audiences": "partner",
}


@dataclass(frozen=True, slots=True)
class Giving:
    """Who gave what kind of contact for which purpose. This platform does not look at the last of them."""

    number: int
    subject: str
    kind: Kind
    purpose: Purpose


class Platform:
    """All standing givings of a file, by every digest that an advertiser may hold of them."""

    def __init__(self, given: Path) -> None:
        self.standing: list[Giving] = []
        self.withdrawn = 0
        self._table: dict[bytes, list[Giving]] = defaultdict(list)
        with given.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["withdrawn_at"]:
                    self.withdrawn += 1  # even a naive platform lets go of these
                else:
                    self._take(row)

    def _take(self, row: dict[str, str]) -> None:
        kind: Kind = "email" if row["kind"] == "email" else "phone"
        giving = Giving(len(self.standing), row["subject"], kind, PURPOSES[row["purpose"]])
        self.standing.append(giving)
        for digest in Contact.read(kind, row["value"]).digests():
            self._table[digest[:16]].append(giving)

    def match(self, file: Path) -> set[Giving]:
        """All givings that a customer list meets, whatever they were given for."""
        met: set[Giving] = set()
        for block in read_list(file):
            for digest in map(bytes, block):
                met.update(self._table.get(digest, ()))
        return met


def subjects(givings: Iterable[Giving], purpose: Purpose | None = None) -> set[str]:
    """Whose they are; only those given for `purpose`, where it is named."""
    return {giving.subject for giving in givings if purpose in {None, giving.purpose}}


def only_security(givings: Iterable[Giving]) -> set[str]:
    """Whom nothing but contacts given for security led to."""
    everyone = set(givings)
    return subjects(everyone) - {giving.subject for giving in everyone if giving.purpose != "security"}
