"""The cells of a foreign table, read in bulk: SQL for the many that are regular, `solely.contact` for the others.

- The SQL takes what it can prove it reads as `solely.contact` does: tests compare the two, cell by cell. An
  address is regular where its local part is plain and `solely.contact` takes its domain as it stands; a number
  where it is + and digits of a length its country has, with nothing in front that is not part of it.
- A cell that is a digest is told by its length: SHA-256, SHA-1, MD5 or SHA-512, in hex or Base64.
- A cell that can't be read has a reason; no value of a table is in any error.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from email_validator import validate_email

from solely.answer.audit.dialect import Dialect
from solely.answer.audit.layout import Layout
from solely.answer.audit.rules import NOTHING
from solely.contact import ATOM, MAX_ADDRESS, read_email, read_phone
from solely.errors import ContactError

__all__ = ["domains", "loaded", "read", "read_domain", "read_slowly", "reasons", "slow"]

_SEPARATORS = " \t().-/[]~"  # those of `solely.contact` that are ASCII
_LOCAL = ATOM.replace("a-z", "a-zA-Z").replace(r"\-", "-").replace("(?:", "(").replace(r"\.", "[.]")
_END = r"\z"  # not $: in Java that stands before a last line break, too
_EMAIL = f"^{_LOCAL}@[a-zA-Z0-9.-]+{_END}"
_HEX = f"^[0-9a-fA-F]+{_END}"
_ASKED = "CASE WHEN kind <> '' THEN kind WHEN instr(cell, '@') > 0 THEN 'email' ELSE 'phone' END"
_WEB64 = "[A-Za-z0-9+/_-]"
_HASHES = {  # name -> (lengths in hex, lengths in Base64, pattern of that)
    "sha256": (64, (43, 44), f"^{_WEB64}{{43}}=?{_END}"),
    "sha1": (40, (28,), f"^{_WEB64}{{27}}={_END}"),
    "md5": (32, (24,), f"^{_WEB64}{{22}}=={_END}"),
    "sha512": (128, (88,), f"^{_WEB64}{{86}}=={_END}"),
}


def read_domain(domain: str) -> str:
    """The domain where `solely.contact` takes it as it stands; `!` where it takes none, `?` for a closer look."""
    try:
        address = read_email(f"a@{domain}")
    except ContactError:
        return "!"
    return domain if address == f"a@{domain}" and "xn--" not in domain else "?"


def read_slowly(kind: str, text: str) -> str:
    """The one spelling; behind a tab, the same with its domain in Unicode; or a blank and why it can't be read.

    No spelling begins with a blank, and an address may begin with any other sign.
    """
    try:
        if kind == "phone":
            return read_phone(text)
        address = read_email(text)
    except ContactError as error:
        return f" {error.reason}"
    if "xn--" not in address:
        return address
    local, _, domain = address.rpartition("@")
    return f"{address}\t{local}@{validate_email(f'a@{domain}', check_deliverability=False).domain}"


def loaded(layout: Layout, columns: str, source: str, dialect: Dialect, more: str = "") -> str:
    """A table as it was read, its cells told apart: `lane`, `text` of plain ones, `key` of digests."""
    kept = ", ".join(name for name in (*_ours(layout), *layout.moments.values()) if name not in {"cell", "kind"})
    blank = " AND ".join(f"{name} = ''" for name in _ours(layout))
    moment = next(iter(layout.moments.values()))
    return (
        f"SELECT {kept}, lane, asked AS kind,"  # noqa: S608 - our own names
        f" CASE lane WHEN 'email' THEN lower(cell) WHEN 'phone' THEN {_dialled(dialect)}"
        " WHEN 'slow' THEN cell END AS text,"
        " CASE WHEN hexed IS NULL THEN '' ELSE lane END AS hashed,"
        f" CASE WHEN hexed IS NOT NULL THEN key_of(hexed) END AS key{more and ', breaks'}"
        f" FROM (SELECT *, CASE WHEN hexed IN {NOTHING} THEN '!hash-of-nothing' ELSE lane1 END AS lane"
        f" FROM (SELECT *, {_hexed()} AS hexed"
        f" FROM (SELECT *, {_lane(dialect, blank, moment)} AS lane1"
        f" FROM (SELECT *, {_ASKED} AS asked"
        f" FROM (SELECT {columns}{more} FROM {source}) a) b) c) d) e"
    )


def _ours(layout: Layout) -> list[str]:
    return [ours for ours, _ in layout.texts.values()]


def _lane(dialect: Dialect, blank: str, moment: str) -> str:
    """SQL: what a cell is: a digest by its name, `email` or `phone` where it is regular, `slow`, or `!reason`."""
    hashes = []
    for name, (size, sizes, pattern) in _HASHES.items():
        hashes.append(f"WHEN length(cell) = {size} AND regexp_like(cell, {dialect.text(_HEX)}) THEN '{name}'")
        lengths = ", ".join(map(str, sizes))
        hashes.append(f"WHEN length(cell) IN ({lengths}) AND regexp_like(cell, {dialect.text(pattern)}) THEN '{name}'")
    possible, in_front = (dialect.text(pattern) for pattern in _phones())
    return (
        f"CASE WHEN {blank} AND {moment} IS NULL THEN '!blank' WHEN who = '' THEN '!nobody-named' {' '.join(hashes)}"
        f" WHEN length(cell) IN (56, 96) AND regexp_like(cell, {dialect.text(_HEX)}) THEN '!unknown-hash'"
        " WHEN asked NOT IN ('email', 'phone') THEN '!unknown-kind'"
        # Of +@gmail.com nothing is left: a closer look.
        f" WHEN asked = 'email' AND length(cell) <= {MAX_ADDRESS} AND left(cell, 1) <> '+'"
        f" AND regexp_like(cell, {dialect.text(_EMAIL)}) THEN 'email'"
        f" WHEN asked = 'phone' AND regexp_like({_dialled(dialect)}, {possible})"
        f" AND NOT regexp_like({_dialled(dialect)}, {in_front}) THEN 'phone' ELSE 'slow' END"
    )


def _dialled(dialect: Dialect) -> str:
    return f"translate(cell, {dialect.text(_SEPARATORS)}, '')"


def _hexed() -> str:
    """SQL: a digest in lower-case hex, NULL for what is none."""
    names = ", ".join(f"'{name}'" for name in _HASHES)
    hexes = ", ".join(str(size) for size, _, _ in _HASHES.values())
    padded = "translate(cell, '-_', '+/') || CASE WHEN length(cell) = 43 THEN '=' ELSE '' END"
    return (
        f"CASE WHEN lane1 IN ({names}) THEN CASE WHEN length(cell) IN ({hexes}) THEN lower(cell)"
        f" ELSE lower(hex(unbase64({padded}))) END END"
    )


@lru_cache(maxsize=1)
def _phones() -> tuple[str, str]:
    """Patterns: + and digits of a length a number of their country may have; and with more in front than a number.

    What `solely.contact` asks of a number of possible length, in two patterns for all countries. A country whose
    prefix may be nothing at all (Argentina) is not in the first.
    """
    possible, in_front = [], []
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        region = phonenumbers.region_code_for_country_code(code)
        meta = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
        if region == phonenumbers.UNKNOWN_REGION or meta is None or meta.general_desc is None:
            continue
        prefix = meta.national_prefix_for_parsing
        if prefix and (re.match(prefix, "") or "(?" in prefix.replace("(?:", "")):
            continue
        lengths = "|".join(f"[0-9]{{{size}}}" for size in meta.general_desc.possible_length if size > 0)
        possible.append(f"{code}(?:{lengths})")
        if prefix:
            in_front.append(f"{code}(?:{prefix})")
    return f"^[+](?:{'|'.join(possible)}){_END}", f"^[+](?:{'|'.join(in_front)})"


def domains(tables: tuple[str, ...]) -> str:
    """Every domain of regular addresses once, and what `solely.contact` says of it."""
    each = " UNION ALL ".join(
        f"SELECT split_part(text, '@', 2) AS domain FROM {table}_loaded WHERE lane = 'email'"  # noqa: S608 - our own names
        for table in tables
    )
    return f"SELECT domain, read_domain(domain) AS said FROM (SELECT DISTINCT domain FROM ({each}) a) b"  # noqa: S608


_WITH_DOMAIN = "l LEFT JOIN domains d ON l.lane = 'email' AND d.domain = split_part(l.text, '@', 2)"
_IS_SLOW = "(l.lane = 'slow' OR coalesce(d.said, '') = '?')"


def slow(table: str) -> str:
    """The rows that `solely.contact` has to read itself."""
    return f"SELECT l.*, read_slowly(l.kind, l.text) AS said FROM {table}_loaded {_WITH_DOMAIN} WHERE {_IS_SLOW}"  # noqa: S608


def read(table: str, columns: str) -> str:
    """Every readable row: `columns`, `hashed` (a digest's name or ''), `kind`, `text`, `alt`, `key`."""
    regular = (
        f"SELECT {columns}, hashed, kind,"  # noqa: S608
        f" text, CAST(NULL AS STRING) AS alt, key FROM {table}_loaded {_WITH_DOMAIN}"
        f" WHERE lane NOT LIKE '!%' AND NOT {_IS_SLOW} AND coalesce(d.said, '') <> '!'"
    )
    slowly = (
        f"SELECT {columns}, hashed, kind, split_part(said, chr(9), 1) AS text,"  # noqa: S608
        f" nullif(split_part(said, chr(9), 2), '') AS alt, key FROM {table}_slow WHERE said NOT LIKE ' %'"
    )
    return f"{regular} UNION ALL {slowly}"


def reasons(table: str) -> str:
    """Reason -> rows that can't be read."""
    return (
        f"SELECT reason, count(*) FROM (SELECT substr(lane, 2) AS reason FROM {table}_loaded"  # noqa: S608
        " WHERE lane LIKE '!%' AND lane <> '!blank' UNION ALL"
        f" SELECT 'not-an-email' AS reason FROM {table}_loaded {_WITH_DOMAIN} WHERE d.said = '!' UNION ALL"
        f" SELECT substr(said, 2) AS reason FROM {table}_slow WHERE said LIKE ' %') a GROUP BY reason ORDER BY reason"
    )
