"""Where a table is: CSV or Parquet files, a folder or pattern of them, or a table of a PostgreSQL database.

    legacy/contacts.csv    legacy/contacts.csv.gz    legacy/contacts.parquet
    legacy/contacts/       every Parquet file in the folder and below it; where there is none, every CSV file
    'legacy/*.parquet'     every file that fits the pattern
    postgresql://host/db?table=legacy.contacts     a table or view, read-only
    postgresql://host/db?sql=contacts.sql          what one SELECT in a file returns, read-only
    s3a://bucket/contacts/                         what Spark can reach

A password is never part of what a place says of itself.
"""

from __future__ import annotations

import glob
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from solely.errors import BadInput

__all__ = ["Files", "Place", "Postgres", "Remote", "is_parquet", "read_place"]

_WILD = re.compile(r"[*?\[\]{}]")
_SUFFIXES = (".parquet", ".pq")
_TEXTS = (".csv", ".csv.gz", ".tsv", ".txt")
_NAME = re.compile(r'(?:"[^"\0]+"|\w+)(?:\.(?:"[^"\0]+"|\w+))?')
_CURE = "write postgresql://host/database?table=schema.name, or ?sql=FILE with one SELECT in it"


@dataclass(frozen=True, slots=True)
class Files:
    """Files of one format and one set of columns, at least one, sorted."""

    name: str
    paths: tuple[Path, ...]

    @property
    def parquet(self) -> bool:
        return is_parquet(self.paths[0])

    def digest(self) -> str:
        """SHA-256 in hex: of the file; of several, of what `sha256sum` prints for them in this order."""
        sums = [_digest(path) for path in self.paths]
        if len(sums) == 1:
            return sums[0]
        lines = "".join(f"{one}  {path.name}\n" for one, path in zip(sums, self.paths, strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Postgres:
    """A SELECT of a PostgreSQL database. `url` is libpq's, and may hold a password."""

    name: str
    url: str = field(repr=False)
    select: str = field(repr=False)

    @property
    def password(self) -> str | None:
        """What must be seen nowhere, as it stands in the URL."""
        return urlsplit(self.url).password


@dataclass(frozen=True, slots=True)
class Remote:
    """Files that only Spark can reach: s3a://…, hdfs://… ."""

    name: str
    url: str

    @property
    def parquet(self) -> bool:
        return not self.name.lower().endswith(_TEXTS)


Place = Files | Postgres | Remote


def is_parquet(path: Path) -> bool:
    return path.name.lower().endswith(_SUFFIXES)


def read_place(text: str) -> Place:
    """Find a table. Raises BadInput, with the cure."""
    if text.startswith(("postgresql://", "postgres://")):
        return _postgres(text)
    if "://" in text:
        return Remote(urlsplit(text).path.rstrip("/").rpartition("/")[2] or "files", text)
    path = Path(text)
    if path.is_dir():
        found = _inside(path)
    elif _WILD.search(text) and not path.exists():
        found = sorted(Path(one) for one in glob.glob(text, recursive=True))  # noqa: PTH207 - a pattern may be absolute
    else:
        found = [path]
    if not found:
        raise BadInput("no file there", where=path.name, cure="name a CSV or Parquet file, or a folder with some")
    if any(_WILD.search(str(one)) for one in found):
        raise BadInput("its path holds a wildcard", where=path.name, cure="rename it: more files would be read")
    if len({is_parquet(one) for one in found}) > 1:
        raise BadInput("CSV and Parquet files together", where=path.name, cure="name those of one format")
    return Files(path.name or text, tuple(found))


def _inside(folder: Path) -> list[Path]:
    files = sorted(one for one in folder.rglob("*") if one.is_file() and not one.name.startswith((".", "_")))
    parquet = [one for one in files if is_parquet(one)]
    return parquet or [one for one in files if one.name.lower().endswith(_TEXTS)]


def _postgres(text: str) -> Postgres:
    try:
        parts = urlsplit(text)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadInput("not a URL of PostgreSQL", where="PostgreSQL", cure=_CURE) from None
    table, sql = options.pop("table", None), options.pop("sql", None)
    name = f"postgresql://{parts.hostname or options.get('host', '')}{port}{parts.path}"
    if (table is None) == (sql is None):
        raise BadInput("the URL names no table", where=name, cure=_CURE)
    url = urlunsplit(parts._replace(query=urlencode(options)))
    if sql is not None:
        return Postgres(f"{name}, {Path(sql).name}", url, _statement(Path(sql)))
    if table is None or not _NAME.fullmatch(table):
        raise BadInput("not the name of a table", where=name, cure='write ?table=schema.name, or "Quoted"."Names"')
    return Postgres(f"{name}, {table}", url, f"SELECT * FROM {table}")  # noqa: S608 - it fits _NAME


def _statement(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip().rstrip(";")
    except (OSError, UnicodeDecodeError):
        raise BadInput("can't be read", where=file.name, cure="name a file with one SELECT in UTF-8") from None
    if not text:
        raise BadInput("holds no statement", where=file.name, cure="write one SELECT in it")
    return text


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise BadInput("can't be opened", where=path.name, cure="check the path") from None
