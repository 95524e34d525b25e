"""All that is held of a person, in one file they take away (GDPR Art. 15(3), 20); see docs/rights.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from solely.answer.document import as_html
from solely.answer.rights.held import Holding
from solely.answer.rights.package import Package
from solely.answer.rights.page import document
from solely.answer.rights.receipt import Controller, record_bytes
from solely.answer.rights.tables import TABLES, lines
from solely.answer.rights.told import holding
from solely.answer.uses import Act

__all__ = ["FORMAT", "READ_ME", "fill"]

FORMAT = "solely.export/1"
_HERE = Path(__file__).parent
SCHEMAS = ("data.schema.json", "receipt.schema.json")
READ_ME = """What is held of you, taken out on your request.

data.json       all of it, for a machine; data.schema.json says what each field is
csv/            the same as tables. Before a cell that a spreadsheet might take for
                a formula stands an apostrophe, before a phone number's plus too
my-uses.html    the same as a page to read
receipts/       the record of each giving (ISO/IEC TS 27560), JSON-LD;
                receipt.schema.json says what each field is
notices/        the words you saw when you gave
proofs/         for each act two files: NNNNNN.tlog-proof shows that it is in the
                signed ledger, NNNNNN.member that it is about you. Check them with
                solely ledger verify --receipt ... --member ... --key verifier.key
manifest.json   each file with its size and SHA-256

What advertising holds of your contacts are tokens: nothing turns them back, so
there is nothing of it to take out but that they are there.
"""


def fill(
    package: Package,
    held: Holding,
    controller: Controller,
    proofs: Iterable[tuple[Act, str]],
    prove: Callable[[int], str],
    verifier: str,
) -> None:
    """Put it all in. `proofs`: of each act, that its entry is about this person; `prove`: the receipt of an entry."""
    package.add("README.txt", [READ_ME])
    content = holding(held)
    package.add_json("data.json", {"format": FORMAT, **content})
    for table in TABLES:
        package.add(f"csv/{table}.csv", lines(table, _rows(content, table)))
    package.add("my-uses.html", [as_html(document(held))])
    for one in held.givings:
        package.add(f"receipts/{one.giving.giving}.json", [record_bytes(held, one, controller)])
    for name, text in sorted({_notice(one): one.notice.text for one in held.givings if one.notice}.items()):
        package.add(name, [text])
    _prove(package, proofs, prove)
    package.add("proofs/verifier.key", [verifier])
    for schema in SCHEMAS:
        package.add(schema, [(_HERE / schema).read_bytes()])


def _rows(content: dict[str, Any], table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = content["preferences"]["history"] if table == "preferences" else content[table]
    return rows


def _notice(one: Any) -> str:
    return f"notices/{one.giving.purpose}/{one.giving.notice}.txt"


def _prove(package: Package, proofs: Iterable[tuple[Act, str]], prove: Callable[[int], str]) -> None:
    """Two files for each act; of an entry that is about several givings, the one that shows it is there just once."""
    before, again = -1, 1
    for act, member in proofs:
        name = f"proofs/{act.sequence:06}"
        again = again + 1 if act.sequence == before else 1
        if again == 1:
            package.add(f"{name}.tlog-proof", [prove(act.sequence)])
        package.add(f"{name}{f'-{again}' if again > 1 else ''}.member", [member])
        before = act.sequence
