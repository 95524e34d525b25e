"""Rows of a givings file become rows for the database: read, checked, sealed or tokenised.

This is the costly part of giving, and it needs no database: `prepare` runs in worker processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from solely.consent import CURES, Asked, read_asked
from solely.errors import ContactError, GivingError
from solely.give.intake import Intake, Taken
from solely.purpose import Compartment, Policy

__all__ = ["Batch", "Prepared", "Rules", "prepare"]

Row = tuple[int, list[str]]  # its number in the file, from 1, and its cells


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row is read by: the policy, the notices' digests by name, the columns, and the time."""

    policy: Policy
    notices: Mapping[str, bytes]
    changed: frozenset[str]
    columns: Sequence[str]
    now: datetime

    def with_columns(self, columns: Sequence[str]) -> Rules:
        return Rules(self.policy, self.notices, self.changed, columns, self.now)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and the pseudonyms their subjects have or would get, by subject and compartment."""

    rows: Sequence[Row]
    pseudonyms: Mapping[tuple[str, Compartment], UUID]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready to be recorded: `staged` is in COPY text format (store/desk.py)."""

    rows: int
    taken: int
    staged: bytes
    refused: Sequence[tuple[int, str]]

    def reasons(self) -> Counter[str]:
        return Counter(reason for _, reason in self.refused)


def prepare(batch: Batch, rules: Rules, intakes: Mapping[Compartment, Intake]) -> Prepared:
    """Read, check and take each row; a row that can't be taken is refused with its reason, the others go on."""
    asked: dict[str, list[tuple[Asked, UUID]]] = {}
    refused: list[tuple[int, str]] = []
    for number, cells in batch.rows:
        try:
            one = _read(cells, rules)
        except (GivingError, ContactError) as error:
            refused.append((number, error.reason))
            continue
        pseudonym = batch.pseudonyms[one.subject, one.purpose.compartment]
        asked.setdefault(one.purpose.name, []).append((one, pseudonym))
    lines = [
        _line(one, pseudonym, taken)
        for group in asked.values()
        for (one, pseudonym), taken in zip(group, _intake(group, intakes).take(group), strict=True)
    ]
    return Prepared(len(batch.rows), len(lines), "".join(lines).encode(), refused)


def _intake(group: Sequence[tuple[Asked, UUID]], intakes: Mapping[Compartment, Intake]) -> Intake:
    return intakes[group[0][0].purpose.compartment]


def _read(cells: list[str], rules: Rules) -> Asked:
    if len(cells) != len(rules.columns):
        raise GivingError("ragged-row", CURES["ragged-row"])
    if "\ufffd" in (text := "".join(cells)) or not text.isprintable():
        raise GivingError("not-text", CURES["not-text"])
    row = dict(zip(rules.columns, cells, strict=True))
    if row["notice"].strip() in rules.changed:
        raise GivingError("notice-changed", CURES["notice-changed"])
    return read_asked(row, rules.policy, rules.notices, rules.now)


def _line(asked: Asked, pseudonym: UUID, taken: Taken) -> str:
    values = (
        asked.subject.replace("\\", "\\\\"),
        asked.purpose.compartment,
        pseudonym.hex,
        taken.giving.hex,
        asked.purpose.name,
        asked.contact.kind,
        f"\\\\x{asked.notice.hex()}",
        asked.given_at.isoformat(),
        _time(asked.expires_at),
        _time(asked.withdrawn_at),
        str(taken.key_number),
        f"\\\\x{taken.held.hex()}",
        "\\N" if taken.wrapped is None else f"\\\\x{taken.wrapped.hex()}",
    )
    return "\t".join(values) + "\n"


def _time(time: datetime | None) -> str:
    return "\\N" if time is None else time.isoformat()
