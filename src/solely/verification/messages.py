"""What people read: a code and what it is for, or what happened to their account and how to say it was not them.

- The words stand in messages.toml, in six languages; a language that is not there falls back to English.
- The last line of a code's SMS binds it to the domain (WICG, origin-bound one-time codes), so that a browser fills
  it in there and nowhere else.
- The name of a factor is what a person typed, maybe not the one who reads it: it stands in mail alone, bounded,
  escaped, and without anything that a mail program would make a link of.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from solely.errors import BadInput
from solely.verification.senders.port import Channel, Message

__all__ = ["CODES", "LANGUAGES", "TEMPLATES", "Template", "compose", "plain", "words"]

Template = Literal[
    "sign-in-code",
    "confirm-code",
    "recovery-code",
    "step-up-code",
    "factor-added",
    "factor-removed",
    "factor-disabled",
    "password-changed",
    "codes-regenerated",
    "recovered",
    "reset",
    "device-trusted",
    "attempts",
]
TEMPLATES: tuple[Template, ...] = get_args(Template)
CODES: frozenset[Template] = frozenset({"sign-in-code", "confirm-code", "recovery-code", "step-up-code"})
LANGUAGES = ("en", "es", "fr", "de", "pt", "ja")

MAX_NAME = 40  # characters of a factor's name, or of the service's
_HOURS = 120  # from so many minutes on, whole hours are told as hours
_CODE = re.compile(r"[A-Za-z0-9-]{4,32}")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LOCAL = {"localhost", "127.0.0.1"}
# What a mail program makes a link of: a word with ://, an @ or a slash, or a dot with a letter after it.
_LINK = re.compile(r"\S*(?:[:@/\\]|[.。]\S*[^\W\d_])\S*")


@cache
def words() -> Mapping[str, Any]:
    """messages.toml: by language, then by template (and `words`), the texts by their keys."""
    return tomllib.loads(Path(__file__).with_name("messages.toml").read_text(encoding="utf-8"))


def compose(  # noqa: PLR0913 - what templates take, by name
    template: Template,
    language: str,
    channel: Channel,
    *,
    service: str,
    code: str | None = None,
    minutes: int | None = None,
    domain: str | None = None,
    link: str | None = None,
    factor_name: str | None = None,
    kind: str | None = None,
) -> Message:
    """The message. `language` is a BCP 47 tag; `link` is where "this was not me" leads, https and complete.

    A code's template needs `code` and `minutes`, the others take neither. Raises BadInput where one lacks, or
    where a code, domain or link is none.
    """
    _check(template, code, minutes, domain, link)
    texts = words()[_language(language)]
    common: Mapping[str, Any] = texts["words"]
    kinds: Mapping[str, str] = common["kinds"]
    places = {
        "service": plain(service) or "Solely",
        "code": code or "",
        "time": _time(common, minutes or 0),
        "link": link or "",
        "kind": kinds.get(kind or "", kinds["other"]),
        "name": plain(factor_name or ""),
    }
    subject = texts[template]["subject"].format(**places)
    if channel == "sms":
        return Message(subject, _sms(template, texts, places, domain))
    shown = [name for name, given in (("what", kind), ("named", places["name"])) if given]
    return _mail(subject, _language(language), _lines(template, texts, places, shown), places)


def plain(text: str) -> str:
    """A name that a person typed, as it may be shown: one line, no more than 40 characters, no link in it."""
    text = unicodedata.normalize("NFKC", text[: MAX_NAME * 8])
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)  # controls, too: they turn the line
    return " ".join(_LINK.sub(" ", text).split())[:MAX_NAME].strip()


def _check(template: Template, code: str | None, minutes: int | None, domain: str | None, link: str | None) -> None:
    if template in CODES:
        right = bool(code and _CODE.fullmatch(code) and minutes and minutes > 0)
    else:
        right = code is None and minutes is None
    right = right and (domain is None or bool(_DOMAIN.fullmatch(domain)))
    if not (right and (link is None or _is_link(link))):
        raise BadInput("a message lacks what its template needs", where=template, cure="see messages.compose")


def _is_link(link: str) -> bool:
    parts = urlsplit(link)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    return secure and link.isascii() and not re.search(r"[\s\x00-\x20\"<>\x7f]", link)


def _language(tag: str) -> str:
    prefix = re.split(r"[-_]", tag.lower(), maxsplit=1)[0]
    return prefix if prefix in LANGUAGES else "en"


def _time(common: Mapping[str, str], minutes: int) -> str:
    if minutes >= _HOURS and minutes % 60 == 0:
        return common["hours"].format(n=minutes // 60)
    return common["minutes"].format(n=minutes)


def _sms(template: Template, texts: Mapping[str, Any], places: Mapping[str, str], domain: str | None) -> str:
    text: str = texts[template]["sms"].format(**places)
    if template in CODES:
        return f"{text}\n@{domain} #{places['code']}" if domain else text
    repudiate = texts["words"]["not-me-sms" if places["link"] else "not-me-sms-plain"]
    return f"{text} {repudiate.format(**places)}"


def _lines(template: Template, texts: Mapping[str, Any], places: Mapping[str, str], shown: list[str]) -> list[str]:
    """The paragraphs of a mail, not yet escaped."""
    if template in CODES:
        keys = ["valid", "never"]
        first = [texts[template]["mail"].format(**places), places["code"]]
    else:
        keys = [*shown, "not-me" if places["link"] else "not-me-plain"]
        first = [texts[template]["mail"].format(**places)]
    return first + [texts["words"][key].format(**places) for key in keys]


def _mail(subject: str, language: str, lines: list[str], places: Mapping[str, str]) -> Message:
    paragraphs = "".join(f"<p>{_paragraph(line, places)}</p>\n" for line in lines)
    html = f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<body>\n{paragraphs}</body>\n</html>\n'
    return Message(subject, "\n\n".join(lines) + "\n", html)


def _paragraph(line: str, places: Mapping[str, str]) -> str:
    safe, link = escape(line), escape(places["link"])
    if places["code"] and line == places["code"]:
        return f"<strong>{safe}</strong>"
    return safe.replace(link, f'<a href="{link}">{link}</a>') if link else safe
