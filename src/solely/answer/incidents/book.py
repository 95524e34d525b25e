"""The book of incidents: versions are added and read back, each held against its entry in the ledger.

A version's entry, with the SHA-256 of its content, is in the ledger before the version counts. A kill between the two
leaves an entry whose version is missing: nothing but the version's stops is in force of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

import psycopg

from solely.answer.incidents.incident import Incident, digest, from_json, to_json
from solely.answer.incidents.state import Event, after
from solely.errors import BadInput, Conflict, NotFound, Outdated, Tampered
from solely.gate import Gate
from solely.store import incidents as store
from solely.store.database import answering
from solely.store.ledger import Concern, Words

__all__ = ["Book", "Change"]

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_OFFICER = re.compile(r"[\w][\w .\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Change:
    """What makes a version: the event, who is behind it, and what is stopped or released by it."""

    event: Event
    officer: str
    stop: Collection[Concern] = ()
    lift: Collection[Concern] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Book:
    """The registry's connection and the gate; `details` reads what one of our entries says.

    `expected` is the version that its caller read, where they change what they read and nothing else.
    """

    connection: psycopg.Connection
    gate: Gate
    details: Callable[[int], Mapping[str, str | int]]
    clock: Callable[[], datetime]
    expected: int | None = None

    def now(self) -> datetime:
        """The time in UTC."""
        return self.clock().astimezone(UTC)

    def newest(self, incident: str) -> Incident:
        """The version that stands. Raises NotFound, and Tampered where it is not what its entry says."""
        with answering():
            row = store.newest(self.connection, incident) if _ID.fullmatch(incident) else None
        if row is None:
            raise NotFound("no such incident", cure="list them with: solely incident list")
        return self._read(row)

    def every(self, after: str = "", most: int | None = None) -> tuple[Incident, ...]:
        """The version of each that stands, in the order of their names, after that one: all, or so many."""
        with answering():
            rows = store.every(self.connection, after, most)
        return tuple(self._read(row) for row in rows)

    def versions(self, incident: str) -> tuple[Incident, ...]:
        """Every version, the first one first."""
        self.newest(incident)
        with answering():
            rows = store.versions(self.connection, incident)
        return tuple(self._read(row) for row in reversed(rows))

    def fresh(self, name: str | None) -> Incident:
        """An incident without a version yet; named by the year and a number where no name is given."""
        now = self.now()
        if name is not None and not _ID.fullmatch(name):
            raise BadInput("not a name for an incident", cure="up to 64 small letters, digits, dots and dashes")
        with answering():
            id_ = name or f"{now.year}-{store.numbered(self.connection, now.year) + 1:03}"
            if store.newest(self.connection, id_):
                raise Conflict("there is an incident of that name", cure="give it another name")
        return Incident(id_, 0, now, "", "open", "open", "", now)

    def before(self, incident: str, event: Event) -> Incident:
        """The version that stands. Raises Conflict where its state allows no such event, Outdated for another one."""
        present = self.newest(incident)
        if self.expected not in {None, present.version}:
            what = "it was changed since it was read"
            raise Outdated(what, where="incident", cure="read it again, then change it")
        after(present.state, event)
        return present

    def add(self, changed: Incident, change: Change) -> Incident:
        """Write the next version: its entry and its stops in one step, then itself. Raises Conflict where it raced."""
        if not _OFFICER.fullmatch(change.officer):
            cure = "up to 64 letters, digits, spaces, dots, dashes"
            raise BadInput("not a name for an officer", where="--officer", cure=cure)
        state = after(changed.state, change.event) if changed.version else changed.state
        version, at = changed.version + 1, self.now()
        made = replace(changed, version=version, at=at, officer=change.officer, event=change.event, state=state)
        content = to_json(made)
        words = _words(made, digest(content), (*change.stop, *change.lift))
        entry = self.gate.contain(words, change.stop, change.lift, made.id)
        with answering():
            store.add(self.connection, store.Row(made.id, version, at, change.officer, content, entry))
        return made

    def _read(self, row: store.Row) -> Incident:
        said = self.details(row.entry)
        expected = (row.incident, row.version, digest(row.content))
        if (said.get("incident"), said.get("version"), said.get("sha256")) != expected:
            what = f"version {row.version} of an incident is not what its ledger entry says"
            raise Tampered(what, where="registry.incidents", cure="restore the database from its backup")
        return from_json(row.content)


def _words(made: Incident, sha256: str, concerned: Collection[Concern]) -> Words:
    details: dict[str, str | int] = {
        "incident": made.id,
        "version": made.version,
        "event": made.event,
        "state": made.state,
        "sha256": sha256,
    }
    details |= {f"{one.what}-{number}": one.name for number, one in enumerate(sorted(concerned), 1)}
    return Words("incident", f"officer {made.officer}", details=MappingProxyType(details))
