"""People by name, for the officer: who is in an audience, whom an incident affects, who was told of it.

- As soon as there was an officer, for good, it takes two (app/approvals.py): also at the command line, whose operator
  then needs what two officers opened. Until the first one is added the operator alone names people.
- What two opened for an incident is for the question that it asked by then: once it is asked otherwise they agree anew.
- One person, looked at by an officer, takes a break-glass about that person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from uuid import UUID

import numpy as np
from pyroaring import BitMap

from solely.answer.question import Question
from solely.app.affected import Affected
from solely.app.approvals import person_in
from solely.app.parts import Parts
from solely.app.principals import By, Principals, open_principals
from solely.audiences.match import Target
from solely.errors import Conflict, NotFound, Refused
from solely.principal import Principal
from solely.store import principals as store
from solely.store import registry
from solely.store.database import answering
from solely.store.ledger import Words
from solely.store.notified import STATES, Line, State

__all__ = ["Disclosures", "open_disclosures", "require_look"]


@dataclass(frozen=True, slots=True, repr=False)
class Disclosures:
    """For one thread at a time. `principals` are the registry's: it alone knows whose a pseudonym is."""

    parts: Parts
    principals: Principals

    def members(self, by: By, advertiser: str, audience: str) -> list[str]:
        """The subjects of an audience, sorted; in the ledger before it returns.

        Raises Refused where two officers have to agree first, Unavailable where the ledger's witnesses are required
        and too few cosigned it.
        """
        _require(by, "members")
        self.parts.require_witnesses()
        members = self.parts.members(advertiser, audience)
        self._require_two(by, f"{advertiser}/{audience}")
        return self._named(by, advertiser, audience, members)

    def members_from(
        self, by: By, advertiser: str, audience: str, number: int, most: int
    ) -> tuple[list[str], int | None]:
        """So many of them, of those whose member number is that (32 bits) or higher; and where to go on, or None."""
        _require(by, "members")
        self.parts.require_witnesses()
        members = self.parts.members(advertiser, audience)
        self._require_two(by, f"{advertiser}/{audience}")
        some = BitMap(islice(members.iter_equal_or_larger(number), most))
        after = next(members.iter_equal_or_larger(some.max() + 1), None) if some else None
        return self._named(by, advertiser, audience, some) if some else [], after

    def _named(self, by: By, advertiser: str, audience: str, members: BitMap) -> list[str]:
        words = Words(
            "disclosure",
            _title(by),
            ids=np.array(members, np.uint64),
            details=MappingProxyType({"of": "audience members", "advertiser": advertiser, "audience": audience}),
            keep=True,
            concerns=Target(advertiser, audience).concerns,
        )
        self.parts.gate.write_down(words)
        pseudonyms = self.parts.evidence.pseudonyms_of(members)
        return registry.subjects_of(self.parts.registry, "advertising", pseudonyms)

    def affected(self, by: By, question: Question) -> Affected:
        """Whom a question affects: counts. Names too, but only as long as there was never an officer."""
        return self._affected(by, question, self._require_no_officer)

    def affected_by(self, by: By, incident: str, until: datetime | None = None) -> Affected:
        """Whom an incident affects, by the question it asks: counts; and names, where two officers agreed.

        `until`: by uses before then, so that who asks for one page after another asks the same.
        """
        question = self.parts.incidents.question_of(incident)

        def permit() -> None:
            if self.parts.incidents.question_of(incident) != question:
                raise Conflict("the incident asks another question now", where="incident", cure="ask again")
            self._require_agreed(by, incident)

        return self._affected(by, _ending(question, until), permit)

    def told(
        self,
        by: By,
        incident: str,
        states: Collection[State] = STATES,
        *,
        after: str = "",
        most: int | None = None,
    ) -> Iterator[Line]:
        """Who was told of an incident, or was not, and when; see `Incidents.told`."""
        _require(by, "affected")
        self.parts.incidents.show(incident)
        self._require_agreed(by, incident)
        return self.parts.incidents.told(incident, states, by=_title(by), after=after, most=most)

    def require_look(self, by: By, subject: str) -> None:
        """Raise Refused unless a break-glass about that person is open to who looks; see `require_look`.

        At the command line: once there was an officer.
        """
        if isinstance(by, Principal) or self._had_officers():
            require_look(self.parts, self.principals, by, subject)

    # -- rules

    def _affected(self, by: By, question: Question, permit: Callable[[], None]) -> Affected:
        _require(by, "affected")
        self.parts.require_witnesses()
        return Affected(self.parts.sources, question, self.parts.gate.write_down, permit, _title(by))

    def _had_officers(self) -> bool:
        with answering():
            return store.had(self.principals.connection, self.principals.home, "officer")

    def _require_no_officer(self) -> None:
        if self._had_officers():
            cure = "open an incident that asks this, and have two officers agree to its disclosure"
            raise Refused("people are named for an incident alone", where="disclosure", cure=cure)

    def _require_agreed(self, by: By, incident: str) -> None:
        """Since it asks what it asks."""
        versions = self.parts.incidents.versions(incident)
        before = (None, *(one.question for one in versions))
        changed = [one.at for was, one in zip(before, versions, strict=False) if one.question != was]
        self._require_two(by, incident, since=max(changed, default=None))

    def _require_two(self, by: By, scope: str, since: datetime | None = None) -> None:
        if isinstance(by, Principal) or self._had_officers():
            self.principals.approvals.require_two(by, "disclosure", scope=scope, since=since)


def require_look(parts: Parts, there: Principals, by: By, subject: str) -> None:
    """Raise Refused unless a break-glass about that person is open to the officer who looks, in their compartment.

    A service needs nobody's leave, and a person none for their own.
    """
    if isinstance(by, Principal) and by.kind != "officer":
        by.require_subject(subject)
        return
    try:
        person = person_in(parts, there.home, subject.strip())
    except NotFound:
        person = UUID(int=0)  # nobody's: whether there is such a person is not told either
    there.approvals.require_two(by, "break-glass", person=person)


def _ending(question: Question, until: datetime | None) -> Question:
    if until is None or (question.until is not None and question.until <= until):
        return question
    if question.since is not None and question.since >= until:
        raise Conflict("the incident asks of a time to come", where="incident", cure="ask again when it began")
    return replace(question, until=until)


def open_disclosures(parts: Parts) -> Disclosures:
    """With the registry's role. What two officers open is announced when they do, and not again with each use."""
    return Disclosures(parts, open_principals(parts, "registry", lambda _words: None))


def _require(by: By, act: str) -> None:
    if isinstance(by, Principal):
        by.require(act)


def _title(by: By) -> str:
    """Who it is in the ledger; the operator stands in for the officers."""
    return by.title if isinstance(by, Principal) else "officer"
