"""Rows of a givings file become lines for the database: read, checked, sealed or tokenised.

This is the costly part of giving, and it needs no database: `prepare` runs in worker processes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from solely.consent import CURES, Asked, Notice, read_asked
from solely.errors import ContactError, GivingError
from solely.give.intake import Intake, Taken
from solely.preference import Preference, refuses, standing
from solely.purpose import Compartment, Policy, Purpose
from solely.store.desk import Line, Sheet, escape, sheet

__all__ = ["Batch", "Prepared", "Pseudonyms", "Row", "Rules", "prepare"]

# What is no text: control characters, line ends, halves of characters, and what stands where bytes were no UTF-8.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffd]")

Row = tuple[int, list[str]]  # its number in the file, from 1, and its cells
Pseudonyms = Mapping[tuple[str, Compartment], bytes]  # by subject and compartment; 16 bytes each


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row is read by: the policy, the notices by name, the columns, the time; and the import it is part of."""

    policy: Policy
    notices: Mapping[str, Notice]
    changed: frozenset[str]
    columns: Sequence[str]
    now: datetime
    imported: str | None = None
    lifts: bool = False  # whether the giving is the act by which its person lifts an objection

    def with_columns(self, columns: Sequence[str]) -> Rules:
        return replace(self, columns=columns)

    def notices_of(self, one: Sheet) -> list[Notice]:
        """The notices that givings of a sheet were given under."""
        return [n for n in self.notices.values() if n.purpose == one.purpose and n.digest in one.notices]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, the pseudonyms their subjects have or would get, and what they chose up to the entry `as_of`."""

    rows: Sequence[Row]
    pseudonyms: Pseudonyms
    choices: Mapping[str, Sequence[Preference]] = field(default_factory=dict)
    as_of: int = -1


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready to be recorded: a sheet for each purpose, and the refused rows with their reasons.

    `givings`: by a row's number, the id of the giving that it is (32 hex digits).
    """

    rows: int
    sheets: Sequence[Sheet]
    refused: Sequence[tuple[int, str]]
    givings: Mapping[int, str] = field(default_factory=dict)

    def reasons(self) -> Counter[str]:
        return Counter(reason for _, reason in self.refused)


def prepare(batch: Batch, rules: Rules, intakes: Mapping[Compartment, Intake]) -> Prepared:
    """Read, check and take each row; a row that can't be taken is refused with its reason, the others go on."""
    asked: dict[str, list[tuple[Asked, UUID]]] = {}
    numbers: dict[str, list[int]] = {}
    refused: list[tuple[int, str]] = []
    digests = {name: notice.digest for name, notice in rules.notices.items()}
    for number, cells in batch.rows:
        try:
            one = _read(cells, rules, digests)
            _check_choice(one, batch.choices.get(one.subject, ()), rules)
        except (GivingError, ContactError) as error:
            refused.append((number, error.reason))
            continue
        pseudonym = UUID(bytes=batch.pseudonyms[one.subject, one.purpose.compartment])
        asked.setdefault(one.purpose.name, []).append((one, pseudonym))
        numbers.setdefault(one.purpose.name, []).append(number)
    sheets: list[Sheet] = []
    givings: dict[int, str] = {}
    for name, group in asked.items():
        lines = _lines(rules.policy.purpose(name), group, intakes)
        sheets.append(sheet(rules.policy.purpose(name), frozenset(one.notice for one, _ in group), lines))
        givings.update(zip(numbers[name], (line.giving for line in lines), strict=True))
    return Prepared(len(batch.rows), sheets, refused, givings)


def _read(cells: list[str], rules: Rules, digests: Mapping[str, bytes]) -> Asked:
    if len(cells) != len(rules.columns):
        raise GivingError("ragged-row", CURES["ragged-row"])
    row = dict(zip(rules.columns, cells, strict=True))
    if _UNFIT.search("".join(cells)) or not row["subject"].strip().isprintable():
        raise GivingError("not-text", CURES["not-text"])
    if row["notice"].strip() in rules.changed:
        raise GivingError("notice-changed", CURES["notice-changed"])
    return read_asked(row, rules.policy, digests, rules.now)


def _check_choice(one: Asked, chosen: Sequence[Preference], rules: Rules) -> None:
    """Refuse what its person objected to; one that is over already is only told, and stays so."""
    if not chosen or not one.purpose.marketing or one.withdrawn_at is not None:
        return
    if refuses(standing(chosen, one.purpose.name), one.given_at, lifts=rules.lifts):
        raise GivingError("objected", CURES["objected"])


def _lines(purpose: Purpose, group: Sequence[tuple[Asked, UUID]], intakes: Mapping[Compartment, Intake]) -> list[Line]:
    taken = intakes[purpose.compartment].take(group)
    return [_line(one, pseudonym.hex, held) for (one, pseudonym), held in zip(group, taken, strict=True)]


def _line(asked: Asked, person: str, taken: Taken) -> Line:
    giving, purpose, kind = taken.giving.hex, asked.purpose.name, asked.contact.kind
    given_at, expires_at = asked.given_at.isoformat(), _time(asked.expires_at, r"\N")
    who = f"{person}\t{giving}"
    if taken.wrapped is None:
        held, wrapped = f"{taken.key_number}\t{_bytes(taken.held)}\t{given_at}", ""
    else:
        held, wrapped = f"{kind}\t{taken.key_number}\t{_bytes(taken.held)}", f"{who}\t{_bytes(taken.wrapped)}"
    return Line(
        giving,
        asked.subject,
        person,
        _time(asked.withdrawn_at, ""),
        registry="\t".join(
            (
                *(escape(asked.subject), giving, purpose, kind, _bytes(asked.notice)),
                *(asked.country or r"\N", given_at, expires_at),
            )
        ),
        held=f"{who}\t{purpose}\t{held}\t{expires_at}",
        wrapped=wrapped,
        key_number=taken.key_number,
    )


def _bytes(data: bytes) -> str:
    return rf"\\x{data.hex()}"


def _time(time: datetime | None, none: str) -> str:
    return none if time is None else time.isoformat()
