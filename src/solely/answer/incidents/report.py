"""What an authority is told (GDPR Art. 33(3)), and the record of every incident (Art. 33(5)), as one document.

What nobody wrote or decided is named as missing, at the top; nothing is filled in for it. Art. 33(4): what is not
known yet may follow in phases, so a report with something missing can be sent, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from solely.answer.document import Block, Document, Fields, Heading, Items, Table, Text
from solely.answer.incidents.clocks import Deadline, in_words
from solely.answer.incidents.incident import Decision, Incident, Texts
from solely.answer.incidents.settings import Settings
from solely.store.notified import Progress

__all__ = ["document", "missing"]

_NONE = "[missing]"


def missing(incident: Incident, settings: Settings, deadlines: Sequence[Deadline]) -> list[str]:
    """What the report still needs, in the words of Art. 33."""
    texts = incident.texts.get(settings.language, Texts())
    late = any(one.late and one.rule.to == "authority" for one in deadlines)
    needed: Mapping[str, object] = {
        "when it happened": incident.began_at,
        "nature of the breach (Art. 33(3)(a))": texts.nature,
        "categories of the people concerned (a)": incident.subject_categories,
        "categories of the records concerned (a)": incident.data_categories,
        "approximate number of people (a): nobody counted yet": incident.extent,
        "approximate number of records (a)": incident.extent and incident.extent.records is not None,
        "name and contact of the data protection officer (b)": settings.officer and settings.reach,
        "likely consequences (c)": texts.consequences,
        "measures taken or proposed (d)": texts.measures,
        "whether it is a breach: not decided": incident.decided("breach"),
        "whether the authority is told: not decided": incident.decided("authority"),
        "whether the people are told: not decided": incident.decided("people"),
        "reasons for the delay (Art. 33(1))": not late or incident.decided("late"),
    }
    return [name for name, value in needed.items() if not value]


def document(
    incident: Incident,
    settings: Settings,
    deadlines: Sequence[Deadline],
    versions: Sequence[Incident],
    progress: Progress,
) -> Document:
    """The whole report. It says DRAFT until it is decided that the authority is told."""
    lacking = missing(incident, settings, deadlines)
    blocks: list[Block] = []
    if not incident.is_decided("authority"):
        blocks.append(Text("DRAFT: it is not decided that the authority is told."))
    if lacking:
        blocks += [Heading("Still missing"), Items(tuple(lacking))]
    blocks += [*_facts(incident, settings), *_numbers(incident), *_texts(incident, settings)]
    blocks += [*_told(incident, deadlines, progress), *_decisions(incident), *_history(versions)]
    return Document(f"Incident {incident.id}: {incident.title}", tuple(blocks))


def _facts(incident: Incident, settings: Settings) -> Iterator[Block]:
    yield Heading("Facts")
    over = _time(incident.ended_at) if incident.ended_at else "not known to be over"
    yield Fields(
        (
            ("Controller", settings.controller or settings.service),
            ("Contact point (b)", ", ".join(filter(None, (settings.officer, settings.reach))) or _NONE),
            ("Began", _time(incident.began_at) if incident.began_at else _NONE),
            ("Ended", over),
            ("Noticed", _time(incident.noticed_at)),
            ("State", incident.state),
            ("Stopped", ", ".join(f"{one.what} {one.name}" for one in incident.stops) or "nothing"),
        )
    )


def _numbers(incident: Incident) -> Iterator[Block]:
    yield Heading("Who and what is concerned (Art. 33(3)(a))")
    extent = incident.extent
    records = f"{extent.records:,}" if extent and extent.records is not None else _NONE
    yield Fields(
        (
            ("Categories of people", ", ".join(incident.subject_categories) or _NONE),
            ("People, about", f"{extent.people:,}" if extent else _NONE),
            ("Categories of records", ", ".join(incident.data_categories) or _NONE),
            ("Records, about", records),
            ("Counted", _time(extent.at) if extent else _NONE),
        )
    )
    for name, counts in (("Advertiser", extent.advertisers), ("Country", extent.countries)) if extent else ():
        if counts:
            rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            yield Table((name, "People"), tuple((key, f"{count:,}") for key, count in rows), frozenset({1}))


def _texts(incident: Incident, settings: Settings) -> Iterator[Block]:
    texts = incident.texts.get(settings.language, Texts())
    yield Heading("Nature (Art. 33(3)(a))")
    yield Text(texts.nature or _NONE)
    yield Heading("Likely consequences (Art. 33(3)(c))")
    yield Text(texts.consequences or _NONE)
    yield Heading("Measures taken or proposed (Art. 33(3)(d))")
    yield Text(texts.measures or _NONE)


def _told(incident: Incident, deadlines: Sequence[Deadline], progress: Progress) -> Iterator[Block]:
    yield Heading("Who is told, and by when")
    rows = tuple((one.rule.name, one.rule.source, in_words(one)) for one in deadlines)
    yield Table(("Rule", "Source", "How it stands"), rows)
    for one in incident.reports:
        yield Text(f"Authority told under {one.rule}: {_time(one.at)}, reference {one.reference}.")
    if progress.people:
        counts = [(state, f"{count:,}") for state, count in progress.states.items() if count]
        yield Heading("People told so far", 3)
        yield Fields(tuple(counts))


def _decisions(incident: Incident) -> Iterator[Block]:
    if incident.decisions:
        yield Heading("Decisions")
        rows = tuple((_answer(one), one.reason, one.officer, _time(one.at)) for one in incident.decisions)
        yield Table(("Decided", "Reason", "By", "At"), rows)


def _answer(one: Decision) -> str:
    words = {
        "breach": ("a breach", "no breach"),
        "authority": ("the authority is told", "the authority is not told"),
        "people": ("the people are told", "the people are not told"),
        "late": ("reasons for the delay", "reasons for the delay"),
    }
    return words[one.what][not one.answer]


def _history(versions: Sequence[Incident]) -> Iterator[Block]:
    """Every version (Art. 33(5)), the first one first."""
    yield Heading("Record (Art. 33(5))")
    rows = tuple((str(one.version), _time(one.at), one.officer, one.event, one.state, one.why) for one in versions)
    yield Table(("Version", "At", "By", "What", "State", "Why"), rows, frozenset({0}))


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
