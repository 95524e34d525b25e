"""Answers, from tables a platform already has, whom each advertiser reached through contacts not given for that.

Someone is affected by an audience row when all of these hold at the moment of that row:

1. the row's identifier is a contact point they had given, at that moment or before, whatever for;
2. no giving of that point by them, made by then and not withdrawn by then, was for a lawful purpose.

- Nothing else of Solely is needed: no data directory, key or database.
- Contacts and identifiers may be plain or SHA-256 (hex of either case, Base64). Plain ones meet every
  digest an honest advertiser may have made of them (`solely.contact`).
- Rows that can't be read are counted by reason. No value of a table is in an error or a progress line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from solely.answer.cells import Cell, read_cell
from solely.answer.tables import AUDIENCES, CONTACTS, Layout, close_files, database, load
from solely.errors import BadInput, ContactError

__all__ = ["AdvertiserAnswer", "AuditReport", "TableCount", "audit"]

BATCH = 50_000  # rows whose digests are made at once


@dataclass(frozen=True, slots=True)
class TableCount:
    """What became of a table's rows: `rows` in all, those `usable`, and reason -> rows for the others."""

    rows: int
    usable: int
    unreadable: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "usable": self.usable, "unreadable": dict(self.unreadable)}


@dataclass(frozen=True, slots=True)
class AdvertiserAnswer:
    """One advertiser: its usable audience rows, the subjects affected, sorted, and how many in each month (UTC)."""

    audience_rows: int
    subjects: tuple[str, ...]
    months: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {
            "affected": len(self.subjects),
            "audience_rows": self.audience_rows,
            "months": dict(self.months),
            "subjects": list(self.subjects),
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole answer. `affected` counts people once, however many advertisers reached them."""

    advertisers: Mapping[str, AdvertiserAnswer]
    affected: int
    contacts: TableCount
    audiences: TableCount
    given_for: Mapping[str, int]  # readable contact rows by purpose: a lawful purpose misspelled shows here

    def as_json(self) -> dict[str, Any]:
        """The object `solely audit --json` prints."""
        return {
            "advertisers": {name: answer.as_json() for name, answer in self.advertisers.items()},
            "affected": self.affected,
            "contacts": {**self.contacts.as_json(), "given_for": dict(self.given_for)},
            "audiences": self.audiences.as_json(),
        }


def audit(  # noqa: PLR0913 - two tables, how to read each, and the bounds of the machine
    contacts: Path,
    audiences: Path,
    *,
    legal: Collection[str] = ("tailored-audiences",),
    contact_columns: Mapping[str, str] | None = None,
    audience_columns: Mapping[str, str] | None = None,
    memory_bytes: int,
    temp: Path,
    progress: Callable[[str], None] | None = None,
) -> AuditReport:
    """Who was affected, by advertiser. Tables as `solely.answer.tables` reads them.

    `legal` names the purposes of `given_for` that allow advertising. `memory_bytes` bounds DuckDB; some 200 MB
    come on top. Plain contacts may spill to `temp` and are removed at the end.
    Raises BadInput (file, column, row, cure) and Unavailable (out of memory or disk).
    """
    if not legal:
        raise BadInput("no lawful purpose is named", where="legal", cure="name at least one, as the table spells it")
    tell = progress or (lambda _: None)
    with database(memory_bytes, temp) as connection:
        tell("reading the tables")
        malformed = (
            load(connection, CONTACTS, contacts, contact_columns or {}),
            load(connection, AUDIENCES, audiences, audience_columns or {}),
        )
        close_files(connection)
        counts = (
            _count(connection, CONTACTS, malformed[0], _digest_rows(connection, CONTACTS, _CONTACT_ROWS, tell)),
            _count(connection, AUDIENCES, malformed[1], _digest_rows(connection, AUDIENCES, _AUDIENCE_ROWS, tell)),
        )
        tell("matching")
        connection.execute(_WRONGED, [sorted(set(legal))])
        return _report(connection, *counts)


# `who`: the cell that must not be empty; `kind`: empty where the cell itself tells.
_CONTACT_ROWS = "SELECT row, subject AS who, lower(kind) AS kind, value AS cell FROM contacts"
_AUDIENCE_ROWS = "SELECT row, advertiser AS who, '' AS kind, identifier AS cell FROM audiences"

# `met`: one person met by one audience row, through one contact point. What they gave that point for is asked of
# all its spellings: who gave janedoe@gmail.com for advertising is not wronged through Jane.Doe@gmail.com.
_WRONGED = """
CREATE TABLE wronged AS
WITH met AS (
    SELECT DISTINCT a.row, a.advertiser, a.matched_at, c.subject, cd.point
    FROM audiences_digests ad
    JOIN contacts_digests cd ON cd.digest = ad.digest
    JOIN audiences a ON a.row = ad.row
    JOIN contacts c ON c.row = cd.row
    WHERE c.given_at <= a.matched_at
), judged AS (
    SELECT met.row, met.advertiser, met.matched_at, met.subject,
           bool_or(list_contains($1, c.given_for) AND c.given_at <= met.matched_at AND c.withdrawn_at > met.matched_at)
               AS lawful
    FROM met
    JOIN contacts_digests cd ON cd.digest = met.point AND cd.point = met.point
    JOIN contacts c ON c.row = cd.row AND c.subject = met.subject
    GROUP BY ALL
)
SELECT DISTINCT advertiser, subject, strftime(matched_at, '%Y-%m') AS month FROM judged WHERE NOT lawful
"""


def _digest_rows(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    query: str,
    tell: Callable[[str], None],
) -> Counter[str]:
    """Make the table `<layout.table>_digests` (row, point, digest), as `Cell` has them; reason -> rows without."""
    unreadable: Counter[str] = Counter()
    target, done = f"{layout.table}_digests", 0
    connection.execute(f"CREATE TABLE {target} (row BIGINT, point BLOB, digest BLOB)")
    for batch in connection.cursor().sql(query).to_arrow_reader(BATCH):
        rows, who, kinds, cells = (column.to_pylist() for column in batch.columns)
        read = [_read(*row, unreadable) for row in zip(who, kinds, cells, strict=True)]
        found = {
            "row": rows,
            "point": pa.array([cell and cell.point for cell in read], pa.binary()),
            "digests": pa.array([cell and cell.digests for cell in read], pa.list_(pa.binary())),
        }
        connection.register("batch", pa.table(found))
        connection.execute(f"INSERT INTO {target} SELECT row, point, unnest(digests) FROM batch")  # noqa: S608 - our own names
        done += len(rows)
        tell(f"{layout.table}: {done:,} rows read")
    connection.unregister("batch")
    return unreadable


def _read(who: str, kind: str, text: str, unreadable: Counter[str]) -> Cell | None:
    """The cell; None, and its reason counted, where it can't be read."""
    try:
        return read_cell(who, kind, text)
    except ContactError as error:
        unreadable[error.reason] += 1
        return None


def _count(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    malformed: Mapping[str, int],
    unreadable: Counter[str],
) -> TableCount:
    told = _all(connection, f"SELECT count(*) FROM {layout.table}")[0][0]  # noqa: S608 - our own names
    reasons = Counter(malformed) + unreadable
    return TableCount(
        rows=told + sum(malformed.values()),
        usable=told - unreadable.total(),
        unreadable=dict(sorted(reasons.items())),
    )


def _report(connection: duckdb.DuckDBPyConnection, contacts: TableCount, audiences: TableCount) -> AuditReport:
    rows = _all(
        connection,
        "SELECT advertiser, count(*) FILTER (row IN (SELECT row FROM audiences_digests))"
        " FROM audiences WHERE advertiser <> '' GROUP BY 1 ORDER BY 1",
    )
    subjects = _grouped(connection, "SELECT DISTINCT advertiser, subject FROM wronged ORDER BY 1, 2")
    months: dict[str, dict[str, int]] = {}
    for name, month, people in _all(
        connection, "SELECT advertiser, month, count(*) FROM wronged GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        months.setdefault(name, {})[month] = people
    return AuditReport(
        advertisers={
            name: AdvertiserAnswer(count, tuple(subjects.get(name, ())), months.get(name, {})) for name, count in rows
        },
        affected=_all(connection, "SELECT count(DISTINCT subject) FROM wronged")[0][0],
        contacts=contacts,
        audiences=audiences,
        given_for=dict(
            _all(
                connection,
                "SELECT given_for, count(*) FROM contacts WHERE row IN (SELECT row FROM contacts_digests)"
                " GROUP BY 1 ORDER BY 1",
            ),
        ),
    )


def _grouped(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in _all(connection, query):
        groups.setdefault(name, []).append(value)
    return groups


def _all(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return connection.execute(query).fetchall()
