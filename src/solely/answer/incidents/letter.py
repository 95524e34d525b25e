"""The notice to a person (GDPR Art. 34(2)): what happened to their contact, in plain words and in their language.

- The contact itself never stands in it: a letter may be read by others.
- What a program knows of this person it says; what only an officer can write comes from the incident; what nobody
  wrote is named as missing. Nothing is invented, and no letter mixes languages.
- The words stand in words.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date

from solely.answer.document import Block, Document, Fields, Heading, Items, Text, as_html, as_text
from solely.answer.incidents.incident import Incident, Texts
from solely.answer.incidents.settings import Settings
from solely.errors import BadInput, Conflict
from solely.purpose import Kind

__all__ = [
    "LANGUAGES",
    "Happening",
    "Letter",
    "check_language",
    "document",
    "language_for",
    "letter",
    "missing",
    "require",
]

LANGUAGES = ("en", "es", "fr", "de", "pt", "ja")


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to one contact of a person: how it was given, and how it was used. No contact is in it."""

    kind: Kind
    given_on: date
    given_for: str
    used_for: str
    used_by: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Letter:
    """One person's notice in the forms in which it leaves: a mail's, and a text for SMS."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    sms: str = field(repr=False)


@cache
def words() -> Mapping[str, Any]:
    """words.toml: by language, the texts by their keys."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def check_language(tag: str) -> str:
    """One of LANGUAGES. Raises BadInput."""
    if tag not in LANGUAGES:
        raise BadInput("no such language", where="--language", cure=f"one of: {', '.join(LANGUAGES)}")
    return tag


def language_for(incident: Incident, settings: Settings, tag: str | None) -> str:
    """The person's language where the officer wrote in it, else the platform's own."""
    prefix = (tag or "").lower().replace("_", "-").partition("-")[0]
    return prefix if prefix in LANGUAGES and not missing(incident, settings, prefix) else settings.language


def missing(incident: Incident, settings: Settings, language: str) -> list[str]:
    """What a notice in that language still needs: keys of words.toml."""
    texts = incident.texts.get(language, Texts())
    needed = {
        "nature": texts.nature,
        "consequences": texts.consequences,
        "measures": texts.measures,
        "reach": settings.officer and settings.reach,
    }
    return [key for key, text in needed.items() if not text]


def require(incident: Incident, settings: Settings, language: str) -> None:
    """Raise Conflict, naming it, where something is missing in that language."""
    if lacking := missing(incident, settings, language):
        what = f"the notice still lacks: {', '.join(words()['en'][key] for key in lacking)}"
        cure = "write it with: solely incident describe; who to ask: incidents.toml"
        raise Conflict(what, where=language, cure=cure)


def letter(incident: Incident, settings: Settings, language: str, happened: Sequence[Happening]) -> Letter:
    """The notice to one person. Raises Conflict where something is missing in that language."""
    require(incident, settings, language)
    made = document(incident, settings, language, happened)
    texts = words()[language]
    more = settings.page or f"{texts['ask']}: {settings.reach}"
    kind = texts["short"][happened[0].kind]
    sms = texts["sms"].format(service=settings.service, kind=kind, more=more)
    return Letter(made.title, as_text(made), as_html(made), sms)


def document(
    incident: Incident, settings: Settings, language: str, happened: Sequence[Happening] | None = None
) -> Document:
    """The notice as a document; without `happened` each person's own part is named and not filled in.

    Until it is decided that people are told, it says that it is a draft, and what is missing.
    """
    texts = words()[language]
    title = texts["title"].format(service=settings.service)
    return Document(title, tuple(_blocks(incident, settings, language, happened)), language)


def _blocks(
    incident: Incident, settings: Settings, language: str, happened: Sequence[Happening] | None
) -> Iterator[Block]:
    texts, own = words()[language], incident.texts.get(language, Texts())
    lacking = missing(incident, settings, language)
    if not incident.is_decided("people"):
        yield Text(texts["draft"])
    if lacking:
        yield Heading(texts["missing"])
        yield Items(tuple(texts[key] for key in lacking))
    yield Text(texts["hello"].format(service=settings.service))
    yield Heading(texts["what"])
    yield _written(own.nature)
    if happened is None:
        yield Heading(texts["yours"], 3)
        yield Fields(tuple((texts[key], f"[{texts['each']}]") for key in _OF_EACH))
    for one in happened or ():
        yield Heading(texts["yours"], 3)
        yield Fields(tuple(_facts(one, language)))
    yield from _rest(texts, own, settings)


_OF_EACH = ("contact", "given-on", "given-for", "used-for", "used-by", "when")


def _rest(texts: Mapping[str, Any], own: Texts, settings: Settings) -> Iterator[Block]:
    yield Heading(texts["meaning"])
    yield _written(own.consequences)
    yield Heading(texts["done"])
    yield _written(own.measures)
    yield Heading(texts["do"])
    if own.advice:
        yield Text(own.advice)
    yield Items(tuple(one.format(service=settings.service) for one in texts["advice"]))
    yield Heading(texts["ask"])
    named = (settings.officer or "[…]", settings.reach or "[…]")
    more = ((texts["more"], settings.page),) if settings.page else ()
    yield Fields((named, *more))


def _written(text: str) -> Text:
    return Text(text or "[…]")


def _facts(one: Happening, language: str) -> Iterator[tuple[str, str]]:
    texts = words()[language]

    def day(when: date) -> str:
        return format_date(when, "long", locale=language)

    span = day(one.first) if one.first == one.last else texts["until"].format(first=day(one.first), last=day(one.last))
    yield texts["contact"], texts["kinds"][one.kind]
    yield texts["given-on"], day(one.given_on)
    yield texts["given-for"], texts["purposes"].get(one.given_for, one.given_for)
    yield texts["used-for"], texts["purposes"].get(one.used_for, one.used_for)
    names = ", ".join(one.used_by)
    yield texts["used-by"], names if len(one.used_by) == 1 else f"{len(one.used_by):,}: {names}"
    yield texts["when"], span
