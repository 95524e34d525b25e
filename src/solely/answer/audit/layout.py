"""What a table must hold, and its columns as SQL: text trimmed, moments as microseconds since 1970.

Moments are ISO 8601 with Z, an offset, or no zone (then UTC), to the microsecond; typed ones of any unit. A day
without a time, and a number, could mean several things: they are read where the caller says what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from solely.answer.audit.dialect import NEVER, Dialect
from solely.errors import BadInput

__all__ = ["AUDIENCES", "CONTACTS", "EPOCHS", "Column", "Columns", "Days", "Epoch", "Layout", "Moments", "choose"]

Days = Literal["start", "end"]
Epoch = Literal["seconds", "millis", "micros"]
EPOCHS: Mapping[Epoch, int] = {"seconds": 1_000_000, "millis": 1_000, "micros": 1}
_LAST = 86_399_999_999  # microseconds: the end of a day

_MOMENT = (  # RFC 3339 §5.6, and PostgreSQL's own export
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    "(Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)?$"
)
_DAY, _NUMBER = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "^-?[0-9]{1,12}$"
_NUMBERS = {"seconds": _NUMBER, "millis": "^-?[0-9]{1,15}$", "micros": "^-?[0-9]{1,18}$"}


@dataclass(frozen=True, slots=True)
class Moments:
    """What a day without a time and a bare number mean; None where they stop the audit."""

    days: Days | None = None
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source: its SQL, and whether the source types it."""

    sql: str
    typed: Literal["text", "moment", "day", "bytes"] = "text"


Columns = Mapping[str, Column]  # as the source calls them


@dataclass(frozen=True, slots=True)
class Layout:
    """Logical name -> (what the audit calls it, names its column may go by); an optional one may be missing."""

    table: str
    texts: Mapping[str, tuple[str, tuple[str, ...]]]
    moments: Mapping[str, str]  # an empty cell in the first is an error, in later ones it means never
    optional: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.texts, *self.moments)

    def select(self, chosen: Mapping[str, Column], dialect: Dialect, moments: Moments) -> str:
        """The columns of the audit, to stand after SELECT."""
        parts = []
        for name, (ours, _) in self.texts.items():
            cell = _text(chosen[name], dialect) if name in chosen else "''"
            parts.append(f"{f'lower({cell})' if ours == 'kind' else cell} AS {ours}")
        for number, (name, ours) in enumerate(self.moments.items()):
            parts.append(f"{_moment(chosen[name], dialect, moments, never=number > 0)} AS {ours}")
        return ", ".join(parts)


CONTACTS = Layout(
    "contacts",
    {
        "subject": ("who", ("subject",)),
        "kind": ("kind", ("kind",)),
        "value": ("cell", ("value",)),
        "given_for": ("purpose", ("given_for",)),
    },
    {"given_at": "given", "withdrawn_at": "gone"},
)
AUDIENCES = Layout(
    "audiences",
    {
        "advertiser": ("who", ("advertiser",)),
        "audience": ("audience", ("audience",)),
        "identifier": ("cell", ("identifier_sha256", "identifier")),
        "kind": ("kind", ("kind",)),
        "purpose": ("aim", ("purpose",)),
    },
    {"matched_at": "matched"},
    frozenset({"audience", "kind", "purpose"}),
)


def choose(layout: Layout, columns: Columns, mapping: Mapping[str, str], where: str) -> dict[str, Column]:
    """Logical name -> column of the source. Raises BadInput, naming the place and the option."""
    if unknown := sorted(set(mapping) - set(layout.names)):
        known = ", ".join(layout.names)
        raise BadInput(
            f"no such column of {layout.table}: {unknown[0]}", where="column mapping", cure=f"one of: {known}"
        )
    chosen = {}
    for name in layout.names:
        usual = layout.texts[name][1] if name in layout.texts else (name,)
        found = [one for one in ((mapping[name],) if name in mapping else usual) if one in columns]
        if found:
            chosen[name] = columns[found[0]]
        elif name in mapping or name not in layout.optional:
            option = f"--{layout.table.removesuffix('s')}-column {name}=NAME"
            raise BadInput(f"no column {mapping.get(name, usual[0])}", where=where, cure=f"name it with {option}")
    return chosen


def _text(column: Column, dialect: Dialect) -> str:
    sql = dialect.typed_hex.format(column.sql) if column.typed == "bytes" else f"CAST({column.sql} AS STRING)"
    return f"trim(coalesce({sql}, ''))"


def _moment(column: Column, dialect: Dialect, moments: Moments, *, never: bool) -> str:
    """SQL: microseconds; NULL where a cell can't be read; NEVER for an empty one that means it."""
    if column.typed == "moment":
        read = dialect.typed_micros.format(column.sql)
        return f"CASE WHEN {column.sql} IS NULL THEN {NEVER} ELSE {read} END" if never else f"nullif({read}, {NEVER})"
    text = f"upper(trim(coalesce(CAST({column.sql} AS STRING), '')))"
    cases = [f"WHEN regexp_like({text}, '{_MOMENT}') THEN micros_of({text})"]
    if never:
        cases.insert(0, f"WHEN {text} = '' THEN {NEVER}")
    if moments.days:
        rest = _LAST if moments.days == "end" else 0
        cases.append(f"WHEN regexp_like({text}, '{_DAY}') THEN micros_of({text} || 'T00:00:00Z') + {rest}")
    if moments.epoch:
        digits = f"regexp_like({text}, '{_NUMBERS[moments.epoch]}')"
        cases.append(f"WHEN {digits} THEN CAST({text} AS BIGINT) * {EPOCHS[moments.epoch]}")
    return f"CASE {' '.join(cases)} END"
