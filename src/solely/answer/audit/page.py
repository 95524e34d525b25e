"""The answer of an audit on a page that a privacy officer can hand on: asked, answered, how, and what is not said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from solely.answer.audit.report import AuditReport, TableCount
from solely.answer.audit.rules import ON_DEMAND
from solely.answer.document import Block, Document, Fields, Heading, Items, Picture, Table, Text
from solely.answer.picture import over_time

__all__ = ["drawn", "page"]

_MOST = 20  # advertisers in the table; more are for --json

_WHY = ", withdrawn or for another aim"
_METHOD = (
    "Each identifier of an audience was compared with every contact a person had given by then, in each form in which"
    " advertisers hash contacts. A person counts as affected where a contact was met that they had not given for a"
    " lawful purpose, or had withdrawn, at that moment. Everybody counts once, through however many contacts and"
    " audiences they were reached."
)
_REASONS = {
    "bad-quotes": "quotes that do not close",
    "empty": "no contact",
    "hash-of-nothing": "the digest of an empty cell",
    "line-too-long": "a line that is too long",
    "lost-lines": "lines lost behind a quote that does not close",
    "malformed": "lines that are no row",
    "nobody-named": "no person or advertiser",
    "not-a-phone": "no phone number",
    "not-an-email": "no e-mail address",
    "not-utf-8": "not UTF-8",
    "phone-without-country": "a phone number without its country code",
    "too-few-cells": "too few cells",
    "too-long": "longer than any contact",
    "too-many-cells": "too many cells",
    "unknown-hash": "a hash of a kind that is not read",
    "unknown-kind": "a kind that is neither email nor phone",
}


def page(report: AuditReport, written: datetime, version: str) -> Document:
    """The page. `written` is when, `version` that of Solely."""
    return Document("Audit of contacts used for advertising", tuple(_blocks(report, written, version)))


def drawn(report: AuditReport) -> str:
    """The months as a picture (SVG), advertiser by advertiser."""
    series = {name: one.months for name, one in report.advertisers.items()}
    return over_time(series, title="People affected, by month", noun="people")


def _blocks(report: AuditReport, written: datetime, version: str) -> Iterator[Block]:
    yield from (Heading("Question"), Text(_question(report)))
    yield from (Heading("Answer"), Text(_answer(report)), *_tables(report))
    if report.months:
        yield Picture(drawn(report), _said(report))
    yield from (Heading("Sources"), Fields(tuple(_sources(report))))
    yield from (Heading("Method"), Text(_METHOD))
    yield from (Heading("Not read"), Items(tuple(_unread(report))))
    yield from (Heading("What this does not say"), Items(tuple(_limits(report))))
    yield Text(f"Solely {version}, {written.astimezone(UTC):%Y-%m-%d %H:%M} UTC.")


def _question(report: AuditReport) -> str:
    asked = report.question
    start, end = (f"{one.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if one else "" for one in (asked.start, asked.end))
    period = f" from {start}" * bool(start) + f" before {end}" * bool(end)
    legal = "; ".join(
        f"for {aim or 'advertising'}: {', '.join(purposes)}" for aim, purposes in sorted(asked.legal.items())
    )
    return (
        f"Whom did advertisers reach{period}, through contact details that had not been given for that?"
        f" Lawful purposes, {legal}."
    )


def _answer(report: AuditReport) -> str:
    reached = sum(one.affected > 0 for one in report.advertisers.values())
    return f"{_many(report.affected, 'person is', 'people are')} affected, by {_many(reached, 'advertiser')}."


def _tables(report: AuditReport) -> Iterator[Block]:
    order = sorted(report.advertisers.items(), key=lambda one: (-one[1].affected, one[0]))
    rows = tuple((name, f"{one.audience_rows:,}", f"{one.affected:,}") for name, one in order[:_MOST])
    if rows:
        yield Table(("Advertiser", "Audience rows", "People affected"), rows, frozenset({1, 2}))
    if rest := len(order) - len(rows):
        yield Text(f"And {_many(rest, 'more advertiser')}.")
    if report.broken:
        broken = sorted(report.broken.items(), key=lambda one: (-one[1], one[0]))
        lawful = {purpose for purposes in report.question.legal.values() for purpose in purposes}
        named = tuple((f"{name}{_WHY * (name in lawful)}", f"{people:,}") for name, people in broken)
        yield Table(("Reached through what was given for", "People"), named, frozenset({1}))


def _said(report: AuditReport) -> str:
    first, last = min(report.months), max(report.months)
    most = max(report.months, key=lambda month: report.months[month])
    return f"From {first} to {last}; most in {most}, {_many(report.months[most], 'person', 'people')}."


def _sources(report: AuditReport) -> Iterator[tuple[str, str]]:
    for title, count in (("Contacts", report.contacts), ("Audiences", report.audiences)):
        source = count.source
        yield title, f"{source.name}: {_many(count.rows, 'row')}, {count.usable:,} read ({_forms(count)})"
        if source.sha256 is None:
            yield f"{title}, digest", "none: they are not files of this machine"
        else:
            of = "" if source.files == 1 else f" of what sha256sum prints for {source.files:,} files"
            yield f"{title}, digest", f"SHA-256{of} {source.sha256}"
    given = (f"{name or '(nothing)'} {rows:,}" for name, rows in report.given_for.items())
    yield "Given for", ", ".join(given) or "nothing"


def _forms(count: TableCount) -> str:
    return ", ".join(f"{name} {rows:,}" for name, rows in count.forms.items()) or "none"


def _unread(report: AuditReport) -> Iterator[str]:
    for title, count in (("Contacts", report.contacts), ("Audiences", report.audiences)):
        for reason, rows in count.unreadable.items():
            yield f"{title}: {_many(rows, 'row')}, {_REASONS.get(reason, reason)}."
    if report.outside:
        yield f"Audiences: {_many(report.outside, 'row')} outside the period."
    if not (report.contacts.unreadable or report.audiences.unreadable or report.outside):
        yield "Every row was read."


def _limits(report: AuditReport) -> Iterator[str]:
    yield "Whether anybody saw an advertisement: a row of an audience is a match, not a view."
    yield "What is not in the two tables, or left them before they were exported."
    yield "Contacts met through hashes made with a key or a salt: nobody without it can compare those."
    if set(report.contacts.forms) - {"plain"}:
        yield "Contacts held as digests are met by the same digest alone, not by other spellings of the contact."
    if unused := [rule for rule in ON_DEMAND if rule not in report.question.rules]:
        yield f"Matches by forms that two people may share ({', '.join(unused)}): they were not asked for."


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"
