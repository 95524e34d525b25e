"""What an officer says of an incident, read and checked; nothing of what was typed is in an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from solely.answer.incidents.incident import Extent, Incident, Texts
from solely.answer.incidents.letter import check_language
from solely.errors import BadInput

__all__ = ["Facts", "by_hand", "described", "owed_reason", "past", "read_line", "read_text"]

MAX_TITLE, MAX_LINE, MAX_TEXT = 120, 1_000, 4_000  # characters
_MOST = 10**10  # people


@dataclass(frozen=True, slots=True)
class Facts:
    """What an officer writes down; what is None, or empty in `texts`, stays as it is. `texts` are in `language`."""

    title: str | None = None
    noticed_at: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    subject_categories: Sequence[str] | None = None
    data_categories: Sequence[str] | None = None
    texts: Texts | None = None
    language: str = "en"


def described(present: Incident, facts: Facts, now: datetime) -> Incident:
    """The incident with these facts. Raises BadInput."""
    changed = replace(present, **dict(_read(present, facts, now)))
    if not changed.title:
        raise BadInput("an incident needs a title", cure="say in plain words what seems to be wrong")
    if changed.began_at and changed.ended_at and changed.ended_at < changed.began_at:
        raise BadInput("it ended before it began", where="--ended", cure="check both times")
    return changed


def _read(present: Incident, facts: Facts, now: datetime) -> Iterator[tuple[str, Any]]:
    if facts.title is not None:
        yield "title", read_text(facts.title, "title", MAX_TITLE)
    for name in ("noticed_at", "began_at", "ended_at"):
        if (time := getattr(facts, name)) is not None:
            yield name, past(time, now, f"--{name.removesuffix('_at')}")
    for name in ("subject_categories", "data_categories"):
        if (texts := getattr(facts, name)) is not None:
            yield name, tuple(read_text(one, "categories", MAX_LINE) for one in texts)
    if facts.texts is not None:
        yield "texts", {**present.texts, **_texts(present, facts.texts, check_language(facts.language))}


def _texts(present: Incident, new: Texts, language: str) -> dict[str, Texts]:
    given = {one.name: read_text(getattr(new, one.name), f"--{one.name}") for one in fields(new)}
    written = {name: text for name, text in given.items() if text}
    return {language: replace(present.texts.get(language, Texts()), **written)} if written else {}


def by_hand(counted: Extent, people: int, records: int | None) -> Extent:
    """A count with numbers that an officer says. Raises BadInput where they can't be such."""
    if not all(0 <= one <= _MOST for one in (people, records or 0)):
        raise BadInput("not a number of people, or of records", where="--people, --records")
    return replace(counted, people=people, records=records)


def read_text(text: str, where: str, most: int = MAX_TEXT) -> str:
    """What was written, without space around it; it may have lines. Raises BadInput."""
    text = text.strip()
    if len(text) > most or not all(one.isprintable() or one == "\n" for one in text):
        raise BadInput("not a text", where=where, cure=f"at most {most:,} characters, without control characters")
    return text


def read_line(text: str, where: str) -> str:
    """A text of some sentences."""
    return read_text(text, where, MAX_LINE)


def owed_reason(text: str) -> str:
    """A reason; raises BadInput where there is none."""
    line = read_line(text, "--why")
    if not line:
        raise BadInput("a reason is owed", where="--why", cure="say why, in a sentence")
    return line


def past(time: datetime, now: datetime, where: str) -> datetime:
    """A time that has come, in UTC. Raises BadInput."""
    if time > now:
        raise BadInput("this time is yet to come", where=where, cure="check the clock, and the zone")
    return time.astimezone(UTC)
