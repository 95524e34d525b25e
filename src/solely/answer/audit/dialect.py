"""The words in which engines differ. All else of the audit's SQL is one text for all of them.

An engine gives these functions, too: `regexp_like(text, pattern)`, `sha2(text, bits)`, `sha1`, `md5`, `unbase64`,
`key_of(hex)`: the first 16 bytes of a digest, `micros_of(text)`: an ISO 8601 moment as microseconds since 1970 or
NULL, `month_of(micros)`: 2020-01, and Python's `read_domain` and `read_slowly` of `solely.answer.audit.cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["DUCKDB", "DUCKDB_FUNCTIONS", "NEVER", "SPARK", "SPARK_FUNCTIONS", "Dialect"]

NEVER = 9_223_372_036_854_775_807  # microseconds: what has not been withdrawn


@dataclass(frozen=True, slots=True)
class Dialect:
    """`text` writes a literal, `array` a list of expressions; `explode` makes a row of each element of one."""

    text: Callable[[str], str]
    name: Callable[[str], str]
    array: Callable[[Iterable[str]], str]
    explode: str
    typed_micros: str  # SQL with {} for a column of moments
    typed_hex: str  # SQL with {} for a column of bytes


_INSTANT = "CAST({0} AS TIMESTAMPTZ)"
_MICROS = f"CASE {_INSTANT} WHEN 'infinity' THEN {NEVER} WHEN '-infinity' THEN NULL ELSE epoch_us({_INSTANT}) END"
DUCKDB = Dialect(
    text=lambda words: "'" + words.replace("'", "''") + "'",
    name=lambda words: '"' + words.replace('"', '""') + '"',
    array=lambda items: f"[{', '.join(items)}]",
    explode="unnest",
    typed_micros=_MICROS,
    typed_hex="hex({})",
)
DUCKDB_FUNCTIONS = (
    "CREATE MACRO regexp_like(x, pattern) AS regexp_matches(x, pattern)",
    "CREATE MACRO sha2(x, bits) AS CASE bits WHEN 256 THEN sha256(x) ELSE sha512_of(x) END",
    "CREATE MACRO unbase64(x) AS from_base64(x)",
    "CREATE MACRO key_of(x) AS left(x, 32)::UUID",
    "CREATE MACRO micros_of(x) AS epoch_us(TRY_CAST(x AS TIMESTAMPTZ))",
    "CREATE MACRO month_of(x) AS strftime(make_timestamp(x), '%Y-%m')",
)

SPARK = Dialect(
    text=lambda words: "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'",
    name=lambda words: "`" + words.replace("`", "``") + "`",
    array=lambda items: f"array({', '.join(items)})",
    explode="explode",
    typed_micros="unix_micros(CAST({} AS TIMESTAMP))",
    typed_hex="hex({})",
)
_COLON = (  # Spark reads +02:00 and not +0200 or +02
    "CASE WHEN regexp_like(x, '[+-][0-9]{4}$') THEN left(x, length(x) - 2) || ':' || right(x, 2)"
    " WHEN regexp_like(x, '[+-][0-9]{2}$') AND length(x) > 16 THEN x || ':00' ELSE x END"
)
_MAKE = "CREATE OR REPLACE TEMPORARY FUNCTION"
SPARK_FUNCTIONS = (
    f"{_MAKE} key_of(x STRING) RETURNS STRING RETURN left(x, 32)",
    f"{_MAKE} micros_of(x STRING) RETURNS BIGINT RETURN unix_micros(try_cast({_COLON} AS TIMESTAMP))",
    f"{_MAKE} month_of(x BIGINT) RETURNS STRING RETURN date_format(timestamp_micros(x), 'yyyy-MM')",
)
