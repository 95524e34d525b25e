"""Incidents, for the officer: opened, described, narrowed, contained, decided, closed. Of the registry.

- Each change makes a version. What is read has its version's ETag; a change that sends it back as `If-Match` is made to
  that version, or not at all.
- Titles and texts are the officer's own, and hold no contact.
- Telling the people takes hours: it is asked for here, and done by a process that serves (app/notices.py).
"""

from __future__ import annotations

from collections.abc import Callable

from solely.answer.document import as_html
from solely.answer.incidents import Facts, Incident, Incidents, Subject, Texts
from solely.principal import Home
from solely.store.notified import Progress
from solely.web.api.answer import Answer
from solely.web.api.incident_words import (
    Addressee,
    Closing,
    Containing,
    Deciding,
    Description,
    IncidentId,
    IncidentNamed,
    IncidentPage,
    IncidentShown,
    Language,
    Narrowing,
    NewIncident,
    ProgressTold,
    Releasing,
    Reporting,
    Telling,
    concerns,
    named,
    shown,
    tag_of,
)
from solely.web.api.pages import Cursor, Limit, after, cut
from solely.web.api.routes import Call, Route

__all__ = ["ROUTES"]

_HTML = "text/html; charset=utf-8"
_STYLED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


# -- what stands


def every(call: Call, cursor: Cursor = None, limit: Limit = 100) -> IncidentPage:
    """List incidents."""
    page, more = cut(call.parts.incidents.list(after(cursor), limit + 1), limit, lambda one: one.id)
    return IncidentPage(items=[IncidentNamed(**named(one)) for one in page], next=more)


def show(call: Call, incident: IncidentId) -> IncidentShown:
    """Show an incident as it stands, and what is due when."""
    return shown(call.parts.incidents, call.parts.incidents.show(incident))


def progress(call: Call, incident: IncidentId) -> ProgressTold:
    """Show how far telling the people has come."""
    return _progress(call.parts.incidents.progress(incident))


def _progress(found: Progress) -> ProgressTold:
    return ProgressTold(states=dict[str, int](found.states.items()), next_at=found.next_at)


def draft(call: Call, incident: IncidentId, to: Addressee, language: Language = None) -> Answer:
    """Show the notice to the people, or the report to the authority, as a page: what is missing is named in it."""
    document = call.parts.incidents.draft(incident, to, language=language)
    return Answer(200, as_html(document).encode(), _HTML, {"content-security-policy": _STYLED})


# -- changes


def open_(call: Call, incident: NewIncident) -> IncidentShown:
    """Open an incident: the clocks of the rules run from when it was noticed."""
    facts = Facts(noticed_at=incident.noticed_at)
    made = call.parts.incidents.open(incident.title, officer=call.principal.name, name=incident.id, facts=facts)
    return shown(call.parts.incidents, made)


def describe(call: Call, incident: IncidentId, description: Description) -> IncidentShown:
    """Write down what notices and reports need."""
    texts = None if description.texts is None else Texts(**description.texts.model_dump())
    facts = Facts(**description.model_dump(exclude={"texts", "why"}), texts=texts)
    return _changed(call, incident, lambda it, by: it.describe(incident, facts, officer=by, why=description.why))


def narrow(call: Call, incident: IncidentId, narrowing: Narrowing) -> IncidentShown:
    """Say which uses were wrong, and count whom they affect."""
    one = narrowing
    if one.people is None:
        asked = None if one.question is None else one.question.read()
        return _changed(
            call, incident, lambda it, by: it.narrow(incident, asked, records=one.records, officer=by, why=one.why)
        )
    people = one.people
    return _changed(
        call, incident, lambda it, by: it.count_by_hand(incident, people, one.records, officer=by, why=one.why)
    )


def contain(call: Call, incident: IncidentId, containing: Containing) -> IncidentShown:
    """Stop an advertiser, an audience, a partner or a purpose, everywhere, when this is answered."""
    stops = concerns(containing.stops)
    return _changed(call, incident, lambda it, by: it.contain(incident, stops, officer=by, why=containing.why))


def release(call: Call, incident: IncidentId, releasing: Releasing) -> IncidentShown:
    """Lift stops of this incident; what another incident stopped too stays stopped."""
    stops = concerns(releasing.stops)
    return _changed(call, incident, lambda it, by: it.release(incident, stops, officer=by, why=releasing.why))


def decide(call: Call, incident: IncidentId, deciding: Deciding) -> IncidentShown:
    """Decide whether it is a breach, and who is told; a later decision stands."""
    answers: dict[Subject, bool] = {**deciding.answers}
    return _changed(call, incident, lambda it, by: it.decide(incident, answers, officer=by, why=deciding.why))


def report(call: Call, incident: IncidentId, reporting: Reporting) -> IncidentShown:
    """Note that an authority was told; nothing is sent to them from here."""
    one = reporting
    return _changed(
        call,
        incident,
        lambda it, by: it.notify_authority(incident, one.rule, officer=by, reference=one.reference, at=one.at),
    )


def notify(call: Call, incident: IncidentId, telling: Telling) -> ProgressTold:
    """Have the people told, each once, by the contact they gave for service notices and by no other.

    Who is affected is written down when this is answered; they are told after it, no faster than the settings say. What
    was not taken is tried again. See how far it is by its progress.
    """
    return _progress(_there(call, incident).enlist(incident, officer=call.principal.name, again=telling.again))


def close(call: Call, incident: IncidentId, closing: Closing) -> IncidentShown:
    """End an incident; while something is owed it says what."""
    return _changed(call, incident, lambda it, by: it.close(incident, officer=by, why=closing.why))


def _changed(call: Call, incident: str, act: Callable[[Incidents, str], Incident]) -> IncidentShown:
    return shown(call.parts.incidents, act(_there(call, incident), call.principal.name))


def _there(call: Call, incident: str) -> Incidents:
    """The incidents for a change to the version that the caller read, where they say which."""
    there = call.parts.incidents
    if "if-match" not in call.headers:
        return there
    present = there.show(incident)
    call.check_match(tag_of(present))
    return there.seen(present.version)


_HOMES: tuple[Home, ...] = ("registry",)
_ALL, _ONE = "/v1/incidents", "/v1/incidents/{incident}"
ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        homes=_HOMES,
        act="incidents.read",
        endpoint=every,
        yields={"incident": "/items/0/incident"},
    ),
    Route(
        method="POST",
        path=_ALL,
        homes=_HOMES,
        act="incidents",
        endpoint=open_,
        status=201,
        again=False,
        yields={"incident": "/incident"},
    ),
    Route(method="GET", path=_ONE, homes=_HOMES, act="incidents.read", endpoint=show),
    Route(method="PATCH", path=_ONE, homes=_HOMES, act="incidents", endpoint=describe),
    Route(method="GET", path=f"{_ONE}/progress", homes=_HOMES, act="incidents.read", endpoint=progress),
    Route(
        method="GET",
        path=f"{_ONE}/drafts/{{to}}",
        homes=_HOMES,
        act="incidents.read",
        endpoint=draft,
        media=_HTML,
        slow=True,
    ),
    Route(method="POST", path=f"{_ONE}/narrow", homes=_HOMES, act="incidents", endpoint=narrow, slow=True),
    Route(method="POST", path=f"{_ONE}/contain", homes=_HOMES, act="incidents", endpoint=contain),
    Route(method="POST", path=f"{_ONE}/release", homes=_HOMES, act="incidents", endpoint=release, again=False),
    Route(method="POST", path=f"{_ONE}/decide", homes=_HOMES, act="incidents", endpoint=decide, again=False),
    Route(method="POST", path=f"{_ONE}/report", homes=_HOMES, act="incidents", endpoint=report, again=False),
    Route(method="POST", path=f"{_ONE}/notify", homes=_HOMES, act="incidents", endpoint=notify, status=202, slow=True),
    Route(method="POST", path=f"{_ONE}/close", homes=_HOMES, act="incidents", endpoint=close, again=False),
)
