"""An incident: what an officer knows, decided and did, as one value; each change of it is a new version.

- An incident is not yet a breach. Whether it is one, and who is told, are decisions, each with its reason.
- It holds no contact: what it was about is a question (answer/question.py), whose answer is counted here.
- Its form as JSON is canonical (RFC 8785), so that its SHA-256 is that of the facts and not of how they were written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import rfc8785
from pydantic import TypeAdapter, ValidationError

from solely.answer.incidents.state import Event, State
from solely.errors import Tampered
from solely.store.ledger import Concern

__all__ = [
    "DECISIONS",
    "Decision",
    "Extent",
    "Incident",
    "Question",
    "Report",
    "Subject",
    "Texts",
    "digest",
    "from_json",
    "to_json",
]

Question = Mapping[str, Any]  # as answer/question.py writes it
Subject = Literal["breach", "authority", "people", "late"]
DECISIONS: tuple[Subject, ...] = get_args(Subject)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far it reaches, as counted at `at`: people, and the givings (records) of theirs that are concerned."""

    at: datetime
    people: int
    records: int | None = None
    advertisers: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    countries: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Texts:
    """What only a person can write, in one language: GDPR Art. 33(3)(a), (c), (d), and advice to the people."""

    nature: str = ""
    consequences: str = ""
    measures: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and why. `late` is no yes or no: its reason says why somebody is told late (Art. 33(1))."""

    what: Subject
    answer: bool
    reason: str
    at: datetime
    officer: str


@dataclass(frozen=True, slots=True)
class Report:
    """An authority was told: by which rule, when, and under which reference of theirs."""

    rule: str
    at: datetime
    reference: str
    officer: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One version of an incident. `why` is what the officer said of this very change."""

    id: str
    version: int
    at: datetime
    officer: str
    event: Event
    state: State
    title: str
    noticed_at: datetime
    question: Question | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    extent: Extent | None = None
    texts: Mapping[str, Texts] = field(default_factory=dict)
    subject_categories: tuple[str, ...] = ()
    data_categories: tuple[str, ...] = ()
    stops: tuple[Concern, ...] = ()
    decisions: tuple[Decision, ...] = ()
    reports: tuple[Report, ...] = ()
    why: str = ""

    def decided(self, what: Subject) -> Decision | None:
        """The decision that stands: the last one of its kind."""
        return next((one for one in reversed(self.decisions) if one.what == what), None)

    def is_decided(self, what: Subject) -> bool:
        """Whether it was decided, and is yes."""
        decision = self.decided(what)
        return decision is not None and decision.answer

    @property
    def people(self) -> int | None:
        """How many are affected; None where nobody counted yet."""
        return self.extent.people if self.extent else None

    def first_report(self, rule: str) -> Report | None:
        """When that rule's authority was told first: what follows is told in phases (Art. 33(4))."""
        return min((one for one in self.reports if one.rule == rule), key=lambda one: one.at, default=None)


_ADAPTER = TypeAdapter(Incident)


def to_json(incident: Incident) -> str:
    """Its canonical form."""
    return rfc8785.dumps(_ADAPTER.dump_python(incident, mode="json")).decode()


def digest(content: str) -> str:
    """The SHA-256 of a version's content, as its ledger entry has it."""
    return hashlib.sha256(content.encode()).hexdigest()


def from_json(content: str) -> Incident:
    """Read a version. Raises Tampered where it is none."""
    try:
        found = _ADAPTER.validate_json(content)
    except ValidationError:
        found = None
    if found is None:  # raised here, away from an error that holds the content
        raise Tampered("a version of an incident does not read", where="registry.incidents")
    return found
