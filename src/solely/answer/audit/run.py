"""The audit itself: two tables in, an answer out. The numbers stand again in `judge`, where the steps are SQL.

1. read the two tables; 2. tell their cells apart, and what each can be met by; 3. let them meet;
4. leave out who had given for it; 5. count. What is done costly is done once, and told while it is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from solely.answer.audit import cells, judge
from solely.answer.audit.engine import Engine
from solely.answer.audit.layout import AUDIENCES, CONTACTS, Layout, Moments
from solely.answer.audit.place import Files, Place
from solely.answer.audit.report import AdvertiserAnswer, AuditReport, Question, Source, TableCount
from solely.answer.audit.rules import chosen
from solely.answer.audit.subjects import write_subjects
from solely.errors import BadInput

__all__ = ["LEGAL", "Tables", "ask", "legal_purposes"]

LEGAL = ("tailored-audiences",)
NAMED = 100_000  # people an answer names itself; more are for a file
_WRONGED = (
    "SELECT w.subject, l.advertiser, l.audience, w.month, w.kind, p.purpose AS given_for"
    " FROM wronged w JOIN labels l ON l.label = w.label JOIN purposes p ON p.why = w.why"
)


@dataclass(frozen=True, slots=True)
class Tables:
    """What is audited, and how it is read. `…_columns`: logical name -> name of the column."""

    contacts: Place
    audiences: Place
    contact_columns: Mapping[str, str] = field(default_factory=dict)
    audience_columns: Mapping[str, str] = field(default_factory=dict)
    moments: Moments = field(default_factory=Moments)


def legal_purposes(options: Collection[str]) -> dict[str, tuple[str, ...]]:
    """`marketing` allows rows without an aim of their own; `partners=partner-audiences,marketing` those of an aim."""
    legal: dict[str, list[str]] = {}
    for option in options:
        aim, named, purposes = option.rpartition("=")
        found = [one.strip() for one in (purposes.split(",") if named else [purposes])]
        if not all(found) or (named and not aim.strip()):
            cure = "name a purpose, or AIM=PURPOSE,PURPOSE"
            raise BadInput("no lawful purpose is named", where="--legal", cure=cure)
        legal.setdefault(aim.strip(), []).extend(found)
    return {"": LEGAL} | {aim: tuple(dict.fromkeys(purposes)) for aim, purposes in legal.items()}


def ask(engine: Engine, tables: Tables, question: Question, subjects: Path | None = None) -> AuditReport:
    """Answer; and write whom it names to `subjects`. Raises BadInput (place, column, cure) and Unavailable."""
    rules = judge.Keys(chosen(question.rules), engine.dialect)
    contacts, audiences = _read(engine, tables, question)
    _match(engine, rules, question)
    if subjects:
        write_subjects(engine.batches(f"{_WRONGED} ORDER BY 2, 1, 3, 4, 5, 6"), subjects)
    return _answer(engine, question, contacts, audiences)


def _read(engine: Engine, tables: Tables, question: Question) -> tuple[TableCount, TableCount]:
    """Steps 1 and 2, up to the keys."""
    given = (
        (CONTACTS, tables.contacts, tables.contact_columns),
        (AUDIENCES, tables.audiences, tables.audience_columns),
    )
    sources = [_source(place) for _, place, _ in given]
    malformed = [engine.load(layout, place, columns, tables.moments) for layout, place, columns in given]
    engine.loaded()
    engine.keep("domains", cells.domains(("contacts", "audiences")), "looking at domains")
    for layout in (CONTACTS, AUDIENCES):
        engine.keep(f"{layout.table}_slow", cells.slow(layout.table), f"reading unusual {layout.table}")
    engine.keep("labels", judge.LABELS, "telling audiences apart")
    engine.keep("purposes", judge.PURPOSES, "telling purposes apart")
    engine.view("contacts", judge.contacts(cells.read("contacts", "who, purpose, given, gone")))
    read = cells.read("audiences", "who, audience, aim, matched")
    engine.view("audiences", judge.audiences(read, _micros(question.start), _micros(question.end)))
    engine.view("audiences_ever", judge.audiences(read, None, None))
    first, second = (
        _count(engine, layout, table, source, lost)
        for layout, table, source, lost in zip(
            (CONTACTS, AUDIENCES), ("contacts", "audiences_ever"), sources, malformed, strict=True
        )
    )
    return first, second


def _match(engine: Engine, keys: judge.Keys, question: Question) -> None:
    """Steps 2 to 4."""
    of_contacts, of_audiences = (_forms(engine, table) for table in ("contacts", "audiences"))
    same = keys.same_points(of_contacts)
    if same:
        engine.keep("same_points", same, "telling contacts apart")
    engine.view("contact_points", keys.points(same))
    engine.view("contact_keys", keys.contacts(of_contacts, of_audiences))
    engine.view("audience_keys", keys.audiences(of_audiences, of_contacts))
    engine.keep("reached", judge.REACHED, "matching")
    aims = {"", *(aim for (aim,) in engine.rows("SELECT DISTINCT aim FROM labels"))}
    engine.view("allowed", judge.allowed(question.legal, aims, engine.dialect))
    engine.keep("lawful", judge.lawful(), "looking for what allowed it")
    engine.keep("wronged", judge.wronged(), "leaving out whom it was given for")


def _forms(engine: Engine, table: str) -> list[str]:
    return [form for (form,) in engine.rows(f"SELECT DISTINCT hashed FROM {table}")]  # noqa: S608 - our own names


def _source(place: Place) -> Source:
    if isinstance(place, Files):
        return Source(place.name, len(place.paths), place.digest())
    return Source(place.name, 0, None)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _count(engine: Engine, layout: Layout, table: str, source: Source, malformed: Mapping[str, int]) -> TableCount:
    unread: Counter[str] = Counter()
    for reason, rows in engine.rows(cells.reasons(layout.table)):
        unread[reason] += rows
    lost = Counter(malformed)
    forms = dict(engine.rows(f"SELECT hashed, count(*) FROM {table} GROUP BY 1 ORDER BY 1"))  # noqa: S608 - our own names
    usable = sum(forms.values())
    return TableCount(
        source=source,
        rows=usable + unread.total() + lost.total(),
        usable=usable,
        unreadable=dict(sorted((unread + lost).items())),
        forms={name or "plain": rows for name, rows in forms.items()},
    )


def _answer(engine: Engine, question: Question, contacts: TableCount, audiences: TableCount) -> AuditReport:
    """Step 5."""
    engine.view("wrongs", _WRONGED)
    in_period = engine.rows("SELECT count(*) FROM audiences")[0][0]
    return AuditReport(
        question=question,
        advertisers=_advertisers(engine),
        affected=engine.rows("SELECT count(DISTINCT subject) FROM wronged")[0][0],
        months=dict(_people(engine, "month")),
        broken=dict(_people(engine, "given_for")),
        kinds=dict(_people(engine, "kind")),
        contacts=contacts,
        audiences=audiences,
        given_for=dict(
            engine.rows(
                "SELECT p.purpose, count(*) FROM contacts c JOIN purposes p ON p.why = c.why GROUP BY 1 ORDER BY 1"
            )
        ),
        outside=audiences.usable - in_period,
    )


def _people(engine: Engine, columns: str) -> Iterator[tuple[Any, ...]]:
    """People, each counted once, by the columns."""
    yield from engine.rows(
        f"SELECT {columns}, count(DISTINCT subject) FROM wrongs GROUP BY {columns} ORDER BY {columns}"  # noqa: S608 - our own names
    )


def _advertisers(engine: Engine) -> dict[str, AdvertiserAnswer]:
    rows = engine.rows(
        "SELECT l.advertiser, coalesce(sum(a.n), 0) FROM labels l LEFT JOIN"
        " (SELECT label, count(*) AS n FROM audiences GROUP BY label) a ON a.label = l.label GROUP BY 1 ORDER BY 1"
    )
    affected = dict(_people(engine, "advertiser"))
    views = {view: _by_advertiser(engine, view) for view in ("month", "audience", "given_for")}
    subjects = _subjects(engine) if sum(affected.values()) <= NAMED else None
    return {
        name: AdvertiserAnswer(
            audience_rows=int(count),
            affected=affected.get(name, 0),
            subjects=None if subjects is None else tuple(subjects.get(name, ())),
            months=views["month"].get(name, {}),
            audiences=views["audience"].get(name, {}),
            given_for=views["given_for"].get(name, {}),
        )
        for name, count in rows
    }


def _by_advertiser(engine: Engine, view: str) -> dict[str, dict[str, int]]:
    groups: dict[str, dict[str, int]] = {}
    for name, value, people in _people(engine, f"advertiser, {view}"):
        groups.setdefault(name, {})[value] = people
    return groups


def _subjects(engine: Engine) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, subject in engine.rows("SELECT DISTINCT advertiser, subject FROM wrongs ORDER BY 1, 2"):
        groups.setdefault(name, []).append(subject)
    return groups
