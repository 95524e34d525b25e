"""The desk: give one, withdraw, and the record of a batch; a file of givings is give/file.py.

Each act is one transaction of the desk's role: the registry's row, the compartment's row and the ledger
entry become durable together or not at all. The desk reads the registry and adds to compartments; it
can't read any of them back.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import numpy as np
import psycopg

from solely.consent import COLUMNS, CURES, Giving, Notice, check_subject
from solely.errors import BadInput, Conflict, GivingError, NotFound, NoticeError
from solely.give import objection
from solely.give.intake import Intake
from solely.give.rows import Batch, Prepared, Pseudonyms, Row, Rules, prepare
from solely.purpose import KINDS, Compartment, Policy
from solely.store import desk as store
from solely.store import preferences
from solely.store.database import answering
from solely.store.ledger import Pen, Words

__all__ = ["Desk", "Given"]

PRINCIPAL = "desk"
_UNFIT = re.compile("[\x00\ud800-\udfff]")

Ids = np.ndarray[tuple[int, int], np.dtype[np.uint8]]  # shape (n, 16)


@dataclass(frozen=True, slots=True)
class Given:
    """What became of some rows: `given` are new, `known` were recorded before, `ended` ended now.

    `imported` names the import that a file of them was.
    """

    rows: int
    given: int
    known: int
    ended: int
    refused: Mapping[str, int]
    imported: str | None = None

    def __add__(self, other: Given) -> Given:
        return Given(
            self.rows + other.rows,
            self.given + other.given,
            self.known + other.known,
            self.ended + other.ended,
            Counter(self.refused) + Counter(other.refused),
            self.imported or other.imported,
        )


NOTHING = Given(0, 0, 0, 0, MappingProxyType({}))


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    """The desk at work: its connection, each compartment's intake, the ledger's pen."""

    connection: psycopg.Connection
    intakes: Mapping[Compartment, Intake]
    pen: Pen
    policy: Policy

    def rules(self, notices: Iterable[Notice], now: datetime) -> Rules:
        """What rows are read by. Raises NoticeError for a text that is none."""
        known = {notice.name: notice for notice in notices}
        for notice in known.values():
            if _UNFIT.search(notice.text):
                raise NoticeError("a notice that holds what is no text", where=notice.name, cure="save it as UTF-8")
        with answering():
            recorded = store.notices(self.connection)
        changed = frozenset(name for name, one in known.items() if recorded.get(name, one.digest) != one.digest)
        return Rules(self.policy, known, changed, COLUMNS, now)

    def give(self, row: Mapping[str, str], notice: Notice, now: datetime, *, lifts: bool = False) -> Given:
        """Record one giving, or find it recorded. `row` has the columns of `consent.COLUMNS`, and maybe `country`.

        With `lifts` it ends their objection to that purpose: to be said only where that person gave it by an act of
        their own after being told what stood against it, their browser's signal too.
        Raises GivingError with a reason of `consent.CURES`; the refusal is in the ledger.
        """
        if missing := [column for column in COLUMNS if column not in row]:
            raise BadInput(f"columns missing: {', '.join(missing)}", cure=f"give each of {', '.join(COLUMNS)}")
        columns = (*COLUMNS, "country") if "country" in row else COLUMNS
        rules = replace(self.rules((notice,), now).with_columns(columns), lifts=lifts)
        batch = self.batch([(1, [row[column] for column in columns])], rules, {})
        given, prepared = self.enter(batch, rules)
        for _, reason in prepared.refused:
            raise GivingError(reason, CURES[reason])
        return given

    def batch(self, rows: Sequence[Row], rules: Rules, pending: Pseudonyms) -> Batch:
        """Rows with the pseudonym each subject has, is about to get (`pending`), or gets now."""
        place, purpose = rules.columns.index("subject"), rules.columns.index("purpose")
        asked = set()
        for _, cells in rows:
            if len(cells) == len(rules.columns) and (found := self.policy.purposes.get(cells[purpose].strip())):
                asked.add((cells[place].strip(), found.compartment))
        subjects = {subject for subject, _ in asked if subject.isprintable()}
        with answering():
            as_of = preferences.newest(self.connection)  # before they are read: what comes between counts as later
            chosen = preferences.of_each(self.connection, subjects) if as_of >= 0 else {}
            known = store.pseudonyms(self.connection, subjects)
        fresh = self.pen.entropy(16 * len(asked))
        return Batch(
            rows,
            {
                key: known.get(key) or pending.get(key) or fresh[start : start + 16]
                for start, key in zip(range(0, len(fresh), 16), asked, strict=True)
            },
            chosen,
            as_of,
        )

    def record(self, batch: Batch, prepared: Prepared, rules: Rules) -> Given:
        """Record a prepared batch, its notices and its refusals: one transaction, durable on return.

        Raises Conflict where a notice got another text at this moment.
        """
        return self._settled(batch, prepared, rules)[0]

    def enter(self, batch: Batch, rules: Rules) -> tuple[Given, Prepared]:
        """Prepare a batch here and record it; returns what became of it, and as what it was recorded."""
        return self._settled(batch, prepare(batch, rules, self.intakes), rules)

    def _settled(self, batch: Batch, prepared: Prepared, rules: Rules) -> tuple[Given, Prepared]:
        try:
            return self._record(batch, prepared, rules), prepared
        except Conflict:  # at this moment another desk gave for the same new people, or one of them chose otherwise
            again = self.batch(batch.rows, rules, {})
            prepared = prepare(again, rules, self.intakes)
            return self._record(again, prepared, rules), prepared

    def _record(self, batch: Batch, prepared: Prepared, rules: Rules) -> Given:
        with answering(), self.connection.transaction():
            self.pen.hold(self.connection)
            self._settle_choices(batch, prepared, rules)
            sheets = [store.sift(self.connection, sheet) for sheet in prepared.sheets]
            words = _words(sheets, prepared, rules.imported)
            if words:
                first = self.pen.write(self.connection, words, rules.now)
                entries = {(one.type, one.purpose): first + place for place, one in enumerate(words)}
                for fresh in sheets:
                    purpose = fresh.sheet.purpose
                    store.add_notices(self.connection, rules.notices_of(fresh.sheet) if fresh.places else ())
                    giving, ending = (entries.get((type_, purpose), -1) for type_ in ("giving", "withdrawal"))
                    store.record(self.connection, fresh, giving, ending)
                if rules.imported:
                    given_by = [entry for (type_, _), entry in entries.items() if type_ == "giving"]
                    store.note_import(self.connection, rules.imported, given_by)
        given = sum(len(fresh.places) for fresh in sheets)
        taken = sum(fresh.sheet.rows for fresh in sheets)
        ended = sum(len(fresh.ending) for fresh in sheets)
        return Given(prepared.rows, given, taken - given, ended, prepared.reasons(), rules.imported)

    def _settle_choices(self, batch: Batch, prepared: Prepared, rules: Rules) -> None:
        """Nobody in the batch chose anew since it was read, or Conflict; what a giving lifts is lifted with it."""
        if preferences.changed_since(self.connection, batch.as_of).intersection(one for one, _ in batch.pseudonyms):
            raise Conflict("somebody in this batch chose anew at this moment", cure="give again: nothing is doubled")
        if rules.lifts and not prepared.refused:
            ((subject, _),) = batch.pseudonyms
            (purpose,) = (one.purpose for one in prepared.sheets)
            objection.lift(self.connection, self.pen, subject, purpose, rules.now)

    def standing(self, subject: str, purpose: str, now: datetime) -> list[Giving]:
        """The subject's givings for a purpose that stand, oldest first; nothing of what was given."""
        self.policy.purpose(purpose)
        with answering():
            found = store.standing(self.connection, subject, purpose, now) if subject.isprintable() else None
        return sorted(found or [], key=lambda one: (one.given_at, one.id))

    def find(self, subjects: Collection[str], compartment: Compartment) -> dict[str, UUID]:
        """The pseudonyms by which a compartment knows these subjects; nothing of those it does not know."""
        with answering():
            known = store.pseudonyms(self.connection, {subject for subject in subjects if subject.isprintable()})
        return {subject: UUID(bytes=one) for (subject, place), one in known.items() if place == compartment}

    def introduce(self, subject: str, compartment: Compartment) -> UUID:
        """The same, made where there is none: for who gives no contact, and still is to be known there.

        Raises GivingError for an id that is none.
        """
        check_subject(subject)
        with answering():
            return store.introduce(self.connection, subject, compartment, UUID(bytes=self.pen.entropy(16)))

    def withdraw(self, subject: str, purpose: str, kind: str | None, now: datetime) -> int:
        """End the subject's standing givings for a purpose, now; returns how many.

        Effective when it returns, in audiences that stand too. Raises PolicyError for an unknown
        purpose, GivingError for an unknown kind, NotFound for a subject who never gave anything.
        """
        compartment = self.policy.purpose(purpose).compartment
        if kind not in {None, *KINDS}:
            raise GivingError("unknown-kind", CURES["unknown-kind"])
        subject = subject.strip()
        with answering(), self.connection.transaction():
            self.pen.hold(self.connection)
            standing = store.standing(self.connection, subject, purpose, now) if subject.isprintable() else None
            if standing is None:
                raise NotFound("no subject of that id gave anything", cure="use the id the giving was recorded under")
            ending = sorted((one for one in standing if kind in {None, one.kind}), key=lambda one: one.id)
            if ending:
                words = Words("withdrawal", "subject", purpose, _array(b"".join(giving.id.bytes for giving in ending)))
                entry = self.pen.write(self.connection, [words], now)
                store.end(self.connection, ending, compartment, now, entry)
        return len(ending)

    def names(self, subject: str) -> tuple[UUID, ...]:
        """The random names by which the compartments know a subject. Raises NotFound for one whom nobody knows."""
        with answering():
            known = store.pseudonyms(self.connection, [subject]) if subject.isprintable() else {}
        if not known:
            raise NotFound("no subject of that id is known", cure="use the id the giving was recorded under")
        return tuple(UUID(bytes=one) for one in known.values())

    def erase(self, subject: str, erasure: UUID, now: datetime) -> None:
        """Erase a person: their givings end, what opens or meets their contacts is destroyed, and whose it was.

        Effective when it returns. What was done with their contacts can still be counted, and no more be told of
        them. Keep their `names` before: a restore would bring them back.
        """
        with answering(), self.connection.transaction():
            self.pen.hold(self.connection)
            givings = store.all_givings(self.connection, subject)
            ids = _array(b"".join(one.id.bytes for one in givings))
            entry = self.pen.write(self.connection, [Words("erasure", "subject", ids=ids, keep=True)], now)
            ending: dict[Compartment, list[Giving]] = defaultdict(list)
            for one in givings:
                if store.may_end(one, now):
                    ending[self.policy.purpose(one.purpose).compartment].append(one)
            for compartment, some in ending.items():
                store.end(self.connection, some, compartment, now, entry)
            store.erase(self.connection, subject, erasure, now, entry)

    def erase_again(self, erasures: Mapping[UUID, Sequence[UUID]], now: datetime) -> int:
        """Erase whom a restore brought back, or who was not erased to the end, by their names; returns how many."""
        with answering():
            back = {id_: store.subject_known_by(self.connection, names) for id_, names in erasures.items()}
        found = {id_: subject for id_, subject in back.items() if subject is not None}
        for id_, subject in found.items():
            self.erase(subject, id_, now)
        return len(found)


def _words(sheets: Sequence[store.Fresh], prepared: Prepared, imported: str | None) -> list[Words]:
    of = MappingProxyType({"import": imported} if imported else {})
    words = [Words("giving", PRINCIPAL, one.sheet.purpose, _ids(one.givings), of) for one in sheets if one.places]
    words += [
        Words("withdrawal", PRINCIPAL, one.sheet.purpose, _ids(line.giving for line in one.ending))
        for one in sheets
        if one.ending
    ]
    if prepared.refused:
        details: dict[str, str | int] = {"of": "giving", **prepared.reasons()}
        words.append(Words("refusal", PRINCIPAL, details=MappingProxyType(details)))
    return words


def _ids(givings: Iterable[str]) -> Ids:
    return _array(bytes.fromhex("".join(givings)))


def _array(ids: bytes) -> Ids:
    return np.frombuffer(ids, np.uint8).reshape(-1, 16)
