"""An assurance as a document to hand over: what was verified, clause by clause, and the register of processing."""

from __future__ import annotations

from collections.abc import Iterator

from solely.answer.assurance import Answered, Assurance, Law, Status
from solely.answer.assurance_figures import Figure
from solely.answer.assurance_register import NOT_KNOWN, RegisterLine
from solely.answer.document import Block, Document, Fields, Heading, Items, Table, Text

__all__ = ["MEANINGS", "document", "numbers"]

MEANINGS: dict[Status, str] = {
    "shown": "a mechanism, tests that prove it, figures, and nothing missing",
    "partly": "some of it, and what is missing",
    "not built": "nothing here answers it yet",
    "organisation": "a duty that no software can meet",
}


def document(assurance: Assurance) -> Document:
    """The whole report, in English."""
    blocks: list[Block] = [*_opening(assurance)]
    for law, answers in assurance.laws:
        blocks += _law(law, answers)
    blocks += _register(assurance.register)
    return Document("Assurance: what is shown, and what is not", tuple(blocks))


def _opening(assurance: Assurance) -> Iterator[Block]:
    proven = assurance.verified
    yield Text(
        "For each clause: what it demands in a sentence of our own, what answers it, the tests that prove it, this"
        " directory's figures, and what is missing. The tests are named and not run here: in the source, make test runs"
        " them. It is no legal advice."
    )
    yield Fields(
        (
            ("Made", f"{assurance.made_at:%Y-%m-%d %H:%M} UTC, by Solely {assurance.software}"),
            ("Policy", assurance.policy),
            ("Ledger", f"verified for this report; {proven.size:,} entries, {proven.checkpoints:,} signed heads"),
            ("Root", proven.root.hex()),
        )
    )
    counted = assurance.statuses()
    rows = tuple((status, MEANINGS[status], f"{counted[status]:,}") for status in counted)
    yield Table(("status", "it means", "clauses"), rows, frozenset({2}))
    yield Heading("In short")
    overview = tuple((law.short, one.clause.place, one.clause.title, one.clause.status) for law, one in _all(assurance))
    yield Table(("of", "clause", "title", "status"), overview)


def _all(assurance: Assurance) -> Iterator[tuple[Law, Answered]]:
    for law, answers in assurance.laws:
        for one in answers:
            yield law, one


def _law(law: Law, answers: tuple[Answered, ...]) -> Iterator[Block]:
    yield Heading(law.name)
    yield Text(law.note)
    for one in answers:
        yield Heading(f"{one.clause.place}: {one.clause.title}", 3)
        yield Text(one.clause.demands)
        yield Fields(tuple(_said(one)))


def _said(one: Answered) -> Iterator[tuple[str, str]]:
    clause = one.clause
    yield "Status", clause.status
    if clause.missing:
        yield "Missing", clause.missing
    if clause.answered_by:
        yield "Answered by", ", ".join(clause.answered_by)
    if clause.tests:
        yield "Proved by", "\n".join(clause.tests)
    for each in one.figures:
        yield each.what[0].upper() + each.what[1:], numbers(each)
    yield "Known from", clause.known_from


def numbers(figure: Figure) -> str:
    """A figure's values in a line; `none` where there are none."""
    told = (f"{label}: {f'{value:,}' if isinstance(value, int) else value}" for label, value in figure.values.items())
    return "; ".join(told) or "none"


def _register(lines: tuple[RegisterLine, ...]) -> Iterator[Block]:
    yield Heading("Register of processing (GDPR Art. 30)")
    yield Text(
        "Made from the policy, the ledger and the registry. Whoever keeps the register adds what these don't know:"
    )
    yield Items(NOT_KNOWN)
    for line in lines:
        yield Heading(line.purpose, 3)
        basis = f"{line.basis}, explicit" if line.explicit_consent else line.basis
        yield Fields(
            (
                ("Data", ", ".join(line.categories)),
                ("Legal basis", basis),
                ("Recipients so far", ", ".join(line.recipients) or "none"),
                ("Time limit", line.time_limit),
                ("Measures", line.measures),
                ("Called elsewhere", f"Fideslang {line.fideslang}, DPV {line.dpv}"),
                ("Givings", f"{line.givings:,}, of which {line.ended:,} ended"),
            )
        )
