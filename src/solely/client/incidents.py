"""Incidents, and whom uses affected: an officer's work. Asked of the registry.

What changes an incident takes it as it was read, and raises Outdated where somebody changed it since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import httpx

from solely.client.told import Page, Told
from solely.client.wire import Wire, path

__all__ = ["Counts", "Due", "Incident", "IncidentNamed", "Incidents", "Named", "PersonTold", "Question", "Stop"]

What = Literal["breach", "authority", "people", "late"]
Untold = Literal["failed", "unknown", "unreachable"]


class Question(Told):
    """Uses from `since` to before `until`, by and for these; within a list any of its values, across lists all."""

    since: datetime | None = None
    until: datetime | None = None
    advertisers: tuple[str, ...] | None = None
    audiences: tuple[str, ...] | None = None
    partners: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    notices: tuple[str, ...] | None = None
    imports: tuple[str, ...] | None = None
    software: tuple[str, ...] | None = None
    policies: tuple[str, ...] | None = None
    givings: tuple[UUID, ...] | None = None


class Counts(Told):
    """How many people, and of them by what."""

    people: int
    by_advertiser: Mapping[str, int]
    by_audience: Mapping[str, int]
    by_month: Mapping[str, int]
    by_country: Mapping[str, int]
    by_purpose: Mapping[str, int]


class Named(Told):
    """A person whom an incident affects."""

    subject: str
    country: str


class PersonTold(Told):
    """Whether a person was told of an incident."""

    subject: str
    state: str
    since: datetime
    why: str | None = None


class Stop(Told):
    """What is stopped."""

    what: Literal["advertiser", "audience", "partner", "purpose"]
    name: str


class Due(Told):
    """What a rule asks for, and until when."""

    rule: str
    to: str
    standing: str
    due: datetime | None = None
    met_at: datetime | None = None


class IncidentNamed(Told):
    """An incident of a list."""

    incident: str
    version: int
    state: str
    title: str
    noticed_at: datetime
    people: int | None = None


class Incident(IncidentNamed):
    """An incident as it stands. `tag` says as what it was read; a change sends it back."""

    officer: str
    at: datetime
    records: int | None = None
    stops: tuple[Stop, ...]
    due: tuple[Due, ...]
    why: str
    tag: str = ""


class _Progress(Told):
    states: Mapping[str, int]


class Incidents:
    """What a client does for officers."""

    _wire: Wire

    def affected(self, question: Question) -> Counts:
        """Count whom uses affected."""
        return self._wire.read(
            Counts, self._wire.ask("registry", "POST", path("affected"), _asked(question), slow=True)
        )

    def affected_by(self, incident: str) -> Counts:
        """Count whom an incident affects, by the question it asks."""
        where = path("incidents", incident, "affected")
        return self._wire.read(Counts, self._wire.ask("registry", "GET", where, slow=True))

    def people_of(self, incident: str) -> Iterator[Named]:
        """Name whom an incident affects, once two officers agreed to it (`disclosure`)."""
        return self._wire.pages(Page[Named], "registry", path("incidents", incident, "people"), slow=True)

    def told_of(self, incident: str) -> Iterator[PersonTold]:
        """Name who was told of an incident, and who could not be; it takes two officers too."""
        return self._wire.pages(Page[PersonTold], "registry", path("incidents", incident, "told"))

    def members(self, advertiser: str, audience: str) -> Iterator[str]:
        """Name the members of an audience, once two officers agreed to it."""
        where = path("advertisers", advertiser, "audiences", audience, "members")
        return self._wire.pages(Page[str], "registry", where, slow=True)

    def incidents(self) -> Iterator[IncidentNamed]:
        """The incidents."""
        return self._wire.pages(Page[IncidentNamed], "registry", path("incidents"))

    def incident(self, incident: str) -> Incident:
        """An incident as it stands, and what is due when."""
        return self._incident(self._wire.ask("registry", "GET", path("incidents", incident)))

    def open_incident(self, title: str, *, name: str | None = None, noticed_at: datetime | None = None) -> Incident:
        """Open an incident: the clocks of the rules run from when it was noticed."""
        body = {"title": title, "id": name, "noticed_at": noticed_at and noticed_at.isoformat()}
        return self._incident(self._wire.ask("registry", "POST", path("incidents"), body))

    def describe_incident(self, incident: Incident, **facts: Any) -> Incident:
        """Write down what notices and reports need: the fields of the route, as `title`, `texts`, `began_at`."""
        said = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in facts.items()}
        return self._change(incident, "", said, method="PATCH")

    def narrow_incident(self, incident: Incident, question: Question, *, why: str = "") -> Incident:
        """Say which uses were wrong, and count whom they affect."""
        return self._change(incident, "narrow", {"question": _asked(question), "why": why}, slow=True)

    def count_by_hand(self, incident: Incident, people: int, records: int | None = None, *, why: str = "") -> Incident:
        """Say how many it affects, where no question tells."""
        return self._change(incident, "narrow", {"people": people, "records": records, "why": why})

    def contain(self, incident: Incident, stops: Iterable[Stop], *, why: str = "") -> Incident:
        """Stop an advertiser, an audience, a partner or a purpose, everywhere: effective on return."""
        return self._change(incident, "contain", {"stops": [one.model_dump() for one in stops], "why": why})

    def release(self, incident: Incident, stops: Iterable[Stop], why: str) -> Incident:
        """Lift stops of this incident; what another stopped too stays stopped."""
        return self._change(incident, "release", {"stops": [one.model_dump() for one in stops], "why": why})

    def decide_incident(self, incident: Incident, answers: Mapping[What, bool], why: str) -> Incident:
        """Decide whether it is a breach, and who is told; a later decision stands."""
        return self._change(incident, "decide", {"answers": dict(answers), "why": why})

    def report_incident(
        self, incident: Incident, rule: str, *, reference: str = "", at: datetime | None = None
    ) -> Incident:
        """Note that an authority was told; nothing is sent to them from here."""
        return self._change(incident, "report", {"rule": rule, "reference": reference, "at": at and at.isoformat()})

    def close_incident(self, incident: Incident, why: str) -> Incident:
        """End an incident. Raises Conflict while something is owed."""
        return self._change(incident, "close", {"why": why})

    def notify_people(self, incident: Incident, *, again: Iterable[Untold] = ()) -> Mapping[str, int]:
        """Have the people told, each once; returns how many are in which state. It takes hours: see its progress.

        `again`: those too whom no message reached.
        """
        where, tag = path("incidents", incident.incident, "notify"), {"if-match": incident.tag or "*"}
        said = self._wire.ask("registry", "POST", where, {"again": list(again)}, headers=tag, slow=True)
        return self._wire.read(_Progress, said).states

    def incident_draft(self, incident: str, to: Literal["people", "authority"], language: str | None = None) -> str:
        """The notice to the people or the report to the authority, as an HTML page that names what is missing."""
        where = path("incidents", incident, "drafts", to)
        return self._wire.ask("registry", "GET", where, query={"language": language}, slow=True).text

    def incident_progress(self, incident: str) -> Mapping[str, int]:
        """How far telling the people has come: how many are in which state."""
        said = self._wire.ask("registry", "GET", path("incidents", incident, "progress"))
        return self._wire.read(_Progress, said).states

    def _change(
        self, incident: Incident, act: str, body: Mapping[str, Any], *, method: str = "POST", slow: bool = False
    ) -> Incident:
        where, tag = path("incidents", incident.incident, *([act] if act else [])), {"if-match": incident.tag or "*"}
        return self._incident(self._wire.ask("registry", method, where, body, headers=tag, slow=slow))

    def _incident(self, said: httpx.Response) -> Incident:
        return self._wire.read(Incident, said).model_copy(update={"tag": said.headers.get("etag", "")})


def _asked(question: Question) -> dict[str, Any]:
    return question.model_dump(mode="json", exclude_none=True)
