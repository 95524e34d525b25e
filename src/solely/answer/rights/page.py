"""What is held of a person, as a page to read: in the file they take away."""

from __future__ import annotations

from collections.abc import Iterator

from solely.answer.document import Block, Document, Fields, Heading, Items, Table, Text
from solely.answer.rights.held import Given, Holding
from solely.answer.rights.told import moment
from solely.answer.uses import Act

__all__ = ["document"]


def document(held: Holding) -> Document:
    """The whole page, in English; the words a person agreed to stand in the language they were in."""
    return Document("What is held of you, and what was done with it", tuple(_blocks(held)))


def _blocks(held: Holding) -> Iterator[Block]:
    yield Text(f"Made {moment(held.at)} for {held.subject}. Times are in UTC.")
    for place, one in enumerate(held.givings, 1):
        yield from _giving(place, one)
    yield Heading("All that was done, in order")
    yield Table(("entry", "when", "what", "for", "by"), tuple(map(_act, held.uses.acts)), frozenset({0}))
    yield Heading("Two-step verification")
    yield Items(tuple(f"{one.kind}: {one.name}, {one.state}" for one in held.factors) or ("none",))
    yield Heading("Marketing")
    objected = [name for name, one in held.chosen.standing.items() if one.objects]
    yield Text(f"You objected to: {', '.join(objected)}." if objected else "You objected to nothing.")


def _giving(place: int, one: Given) -> Iterator[Block]:
    giving, purpose = one.giving, one.purpose
    yield Heading(f"{place}. {giving.purpose}")
    if purpose is not None and purpose.description:
        yield Text(purpose.description)
    basis = "" if purpose is None else f"{purpose.legal_basis}{', explicit' if purpose.explicit_consent else ''}"
    yield Fields(
        (
            (giving.kind, one.contact or one.why_not),
            ("given", f"{moment(giving.given_at)}, {one.how}"),
            ("until", moment(giving.expires_at) or "you withdraw"),
            ("now", f"{one.state} {moment(giving.ended_at) or ''} {one.ended_by}".strip()),
            ("legal basis", basis or "not known any more"),
            ("used", f"{len(one.used):,} times" if one.used else "never"),
        )
    )
    if one.notice is not None:
        yield Text(f"The words you saw ({giving.purpose}/{giving.notice}, {one.notice.language}):")
        yield Text(one.notice.text)


def _act(act: Act) -> tuple[str, ...]:
    return (str(act.sequence), moment(act.at) or "", act.what, act.purpose or "", act.by)
