"""What is sent and told of incidents over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field
from typing_extensions import override

from solely.answer.incidents import Deadline, Incident, Incidents
from solely.store.ledger import Concern
from solely.web.api.affected import QuestionAsked
from solely.web.api.routes import Body, Said, Time, etag

__all__ = [
    "Addressee",
    "Closing",
    "Containing",
    "Deciding",
    "Description",
    "IncidentId",
    "IncidentNamed",
    "IncidentPage",
    "IncidentShown",
    "Language",
    "Narrowing",
    "NewIncident",
    "ProgressTold",
    "Releasing",
    "Reporting",
    "Telling",
    "concerns",
    "named",
    "shown",
    "tag_of",
]

IncidentId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", examples=["2026-001"])]
Line = Annotated[str, Field(max_length=1_000)]
Text = Annotated[str, Field(max_length=4_000)]
Lines = Annotated[list[Line], Field(max_length=100)]
Why = Annotated[
    str,
    Field(min_length=1, max_length=1_000, description="why, in a sentence", examples=["it was looked at, and is so"]),
]
Count = Annotated[int, Field(ge=0, le=10**10)]
Tongue = Literal["en", "es", "fr", "de", "pt", "ja"]
Addressee = Annotated[Literal["people", "authority"], Path(description="to whom it goes", examples=["authority"])]
Language = Annotated[Tongue | None, Query(description="of the notice to people; else the settings'")]


class NewIncident(Body):
    """In plain words what seems to be wrong, and when it was noticed: now, where that is left out."""

    title: str = Field(min_length=1, max_length=120, examples=["A list met people it should not have"])
    id: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", description="else the year and a number")
    noticed_at: Time | None = None


class Written(Body):
    """What only a person can write, in one language."""

    nature: Text = ""
    consequences: Text = ""
    measures: Text = ""
    advice: Text = ""


_WRITTEN = {
    "nature": "A list met people it should not have.",
    "consequences": "They may have seen advertising.",
    "measures": "We stopped it.",
}


class Description(Body):
    """What notices and reports need. What is left out stays as it is."""

    title: str | None = Field(None, min_length=1, max_length=120)
    noticed_at: Time | None = None
    began_at: Time | None = None
    ended_at: Time | None = None
    subject_categories: Lines | None = None
    data_categories: Lines | None = None
    texts: Written | None = Field(None, examples=[_WRITTEN])
    language: Tongue = "en"
    why: Line = ""


class Narrowing(Body):
    """Which uses were wrong, and it is counted whom they affect; or how many, counted by hand, where none can be asked.

    Without either the present question is counted anew.
    """

    question: QuestionAsked | None = Field(None, examples=[{"advertisers": ["acme"]}])
    people: Count | None = None
    records: Count | None = None
    why: Line = ""


class Stop(Body):
    """An advertiser, an audience (ADVERTISER/AUDIENCE), a partner or a purpose."""

    what: Literal["advertiser", "audience", "partner", "purpose"]
    name: str = Field(min_length=1, max_length=129, examples=["acme"])


class Containing(Body):
    """What is stopped: nothing of it is used once this is answered."""

    stops: list[Stop] = Field(min_length=1, max_length=100)
    why: Line = ""


class Releasing(Body):
    """Which stops of this incident are lifted."""

    stops: list[Stop] = Field(min_length=1, max_length=100)
    why: Why


class Deciding(Body):
    """Is it a breach, is the authority told, are the people; `late`: why somebody is told late."""

    answers: dict[Literal["breach", "authority", "people", "late"], bool] = Field(
        min_length=1, examples=[{"breach": True, "people": True}]
    )
    why: Why


class Reporting(Body):
    """That an authority was told: by which rule, under which reference of theirs, and when (now, if left out)."""

    rule: str = Field(max_length=64, examples=["gdpr-authority"])
    reference: Line = ""
    at: Time | None = None


class Telling(Body):
    """Who is told anew of those whom no message reached; nobody, if it is left out."""

    again: list[Literal["failed", "unknown", "unreachable"]] = Field([], max_length=3)


class Closing(Body):
    """Why it is at its end."""

    why: Why


class Stopped(Said):
    """What is stopped."""

    what: str
    name: str


class Due(Said):
    """How it stands by a rule."""

    rule: str
    source: str
    to: str
    standing: str
    due: datetime | None
    met_at: datetime | None


class Decided(Said):
    """What was decided, by whom and why; the last of a kind stands."""

    what: str
    answer: bool
    why: str
    at: datetime
    officer: str


class IncidentNamed(Said):
    """An incident in a list."""

    incident: str
    version: int
    state: str
    title: str
    noticed_at: datetime
    people: int | None

    @override
    def headers(self) -> Mapping[str, str]:
        """The tag of its version."""
        return {"etag": etag(self.incident, self.version)}


class IncidentShown(IncidentNamed):
    """An incident as it stands. `people` is null where nobody counted yet."""

    officer: str
    at: datetime
    question: dict[str, str | list[str]] | None
    began_at: datetime | None
    ended_at: datetime | None
    records: int | None
    subject_categories: list[str]
    data_categories: list[str]
    texts: dict[str, Written]
    stops: list[Stopped]
    decisions: list[Decided]
    due: list[Due]
    why: str


class IncidentPage(Said):
    """Incidents in the order of their names."""

    items: list[IncidentNamed]
    next: str | None


class ProgressTold(Said):
    """How far telling people has come: how many in each state, and when the next are due."""

    states: dict[str, int]
    next_at: datetime | None


def concerns(stops: Sequence[Stop]) -> list[Concern]:
    """What is to be stopped, or let go."""
    return [Concern(one.what, one.name) for one in stops]


def named(one: Incident) -> dict[str, Any]:
    """An incident as a list has it."""
    return {
        "incident": one.id,
        "version": one.version,
        "state": one.state,
        "title": one.title,
        "noticed_at": one.noticed_at,
        "people": one.people,
    }


def shown(there: Incidents, one: Incident) -> IncidentShown:
    """An incident as it is told, with the tag of its version."""
    return IncidentShown(
        **named(one),
        officer=one.officer,
        at=one.at,
        question=None if one.question is None else dict(one.question),
        began_at=one.began_at,
        ended_at=one.ended_at,
        records=one.extent.records if one.extent else None,
        subject_categories=list(one.subject_categories),
        data_categories=list(one.data_categories),
        texts={
            language: Written(
                nature=text.nature, consequences=text.consequences, measures=text.measures, advice=text.advice
            )
            for language, text in one.texts.items()
        },
        stops=[Stopped(what=stop.what, name=stop.name) for stop in sorted({*one.stops, *there.stopped(one.id)})],
        decisions=[
            Decided(what=made.what, answer=made.answer, why=made.reason, at=made.at, officer=made.officer)
            for made in one.decisions
        ],
        due=[_due(each) for each in there.deadlines(one)],
        why=one.why,
    )


def _due(one: Deadline) -> Due:
    return Due(
        rule=one.rule.name,
        source=one.rule.source,
        to=one.rule.to,
        standing=one.standing,
        due=one.due,
        met_at=one.met_at,
    )


def tag_of(one: Incident) -> str:
    """The entity tag of a version."""
    return etag(one.id, one.version)
