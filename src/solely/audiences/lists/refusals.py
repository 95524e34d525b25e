"""Why a whole list is refused: every sentence the reader has, with its cure.

The reader's process says its refusals as text. The one that asked takes a text only when it is one of these,
so that no text out of the list can be in it, whatever became of the reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from solely.errors import ListError

__all__ = ["REFUSALS", "is_refusal", "refused"]

_CSV = "export it as CSV"
_UNPACK = "unpack it, or pack it with gzip"
_SHEET = "open it in a spreadsheet and " + _CSV
_RESAVE = "open it in a spreadsheet and save it again"
_WITHOUT = "save it as .xlsx without one"

# What is wrong -> the cure. {} stands for a number.
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "the list is empty": "export it again",
        "the list holds no rows": "export it again",
        "the list is not text": "export it as CSV, XLSX or Parquet",
        "the list is an old Excel file, or one with a password": _WITHOUT,
        "the list is a PDF": _CSV,
        "the list is a picture": _CSV,
        "the list is a film or a sound": _CSV,
        "the list is a SQLite database": _CSV,
        "the list is an Access database": _CSV,
        "the list is an Outlook data file": "export the contacts as CSV",
        "the list is rich text": _CSV,
        "the list is a program": _CSV,
        "the list is an Avro file": "write it as Parquet or CSV",
        "the list is an ORC file": "write it as Parquet or CSV",
        "the list is an Arrow or Feather file": "write it as Parquet or CSV",
        "the list is an encrypted Parquet file": "write it without encryption",
        "the list is packed with bzip2": _UNPACK,
        "the list is packed with xz": _UNPACK,
        "the list is packed with zstd": _UNPACK,
        "the list is packed with lz4": _UNPACK,
        "the list is packed with compress": _UNPACK,
        "the list is packed twice": "unpack it once",
        "the list is a 7z archive": "unpack it",
        "the list is a RAR archive": "unpack it",
        "the list is a tar archive": "unpack it",
        "the list is an empty archive": _CSV,
        "the list is a vCard file": _CSV,
        "the list is JSON": _CSV,
        "the list is XML": _CSV,
        "the list is a web page": _SHEET,
        "the list is a ZIP archive, or no .xlsx": "unpack it, or save it as .xlsx or CSV",
        "the gzip file ends before its end": "upload it again",
        "the gzip file is damaged": "pack or upload it again",
        "the archive is damaged": "save or upload it again",
        "the workbook is damaged": _RESAVE,
        "a sheet of the workbook is damaged": _RESAVE,
        "the workbook holds no rows": "check which sheet was saved",
        "the workbook holds over {} files": "save the list alone, or as CSV",
        "the Parquet file is damaged": "write or upload it again",
        "it unpacks to over {} bytes": "split the list",
        "it unpacks to over {} times its size": "upload it unpacked",
        "too large to be read from a pipe": "split the list, or send it as CSV",
        "too large to be packed as it is": "upload it unpacked",
        "a line of over {} bytes": "one row a line; check the line ends, or export again",
        "over {} rows": "split the list",
        "over {} columns": "leave out the columns without contacts",
        "no such column": "the list has {} columns, counted from 1",
        "no column of e-mail addresses, phone numbers or digests was found": (
            "name them, as column number and meaning, or give the columns headers such as email and phone"
        ),
        "it needs more memory than a list may take": "split the list, or save it as CSV",
        "the list can't be read": "export it again, as CSV in UTF-8",
    },
)

_PLACE = re.compile(r"(?:|byte 1|sheet|schema|footer|(?:line|column) -?[0-9]{1,20})")


def _pattern(template: str) -> str:
    return re.escape(template).replace(r"\{\}", r"[0-9]{1,20}")


_SAID = tuple((re.compile(_pattern(what)), re.compile(_pattern(cure))) for what, cure in REFUSALS.items())


def refused(what: str, number: int = 0, *, where: str = "") -> ListError:
    """The error for one of `REFUSALS`; `number` takes the place of {}."""
    return ListError(what.format(number), where=where, cure=REFUSALS[what].format(number))


def is_refusal(what: str, where: str, cure: str) -> bool:
    """Whether a refusal is one that `refused` makes: it can hold nothing but our words and numbers."""
    said = any(one.fullmatch(what) and its_cure.fullmatch(cure) for one, its_cure in _SAID)
    return said and _PLACE.fullmatch(where) is not None
