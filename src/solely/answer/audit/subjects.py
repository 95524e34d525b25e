"""Writes whom an audit names, row by row, as CSV, Parquet or JSON: never in memory all at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from solely.errors import BadInput

__all__ = ["SCHEMA", "check_subjects", "write_subjects"]

# One row for each way somebody is affected; months are those of UTC.
_COLUMNS = ("subject", "advertiser", "audience", "month", "kind", "given_for")
SCHEMA = pa.schema([(name, pa.string()) for name in _COLUMNS])
_FORMATS = (".csv", ".parquet", ".json")


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None: ...


class _Json:
    """One array, an object a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._before = "[\n"

    def write_batch(self, batch: pa.RecordBatch) -> None:
        for row in batch.to_pylist():
            self._file.write(self._before + json.dumps(row, ensure_ascii=False))
            self._before = ",\n"

    def close(self) -> None:
        self._file.write("[]\n" if self._before == "[\n" else "\n]\n")
        self._file.close()


def check_subjects(path: Path) -> None:
    """Before the work is done: is there a way to write it? Raises BadInput."""
    if path.suffix.lower() not in _FORMATS:
        cure = f"end its name in one of {', '.join(_FORMATS)}"
        raise BadInput("not a format for subjects", where=path.name, cure=cure)


def write_subjects(batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """Write rows of SCHEMA. The file takes its place when it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        with _open(part, path.suffix.lower()) as writer:
            for batch in batches:
                writer.write_batch(batch.cast(SCHEMA))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _open(path: Path, suffix: str) -> Iterator[_Writer]:
    if suffix == ".json":
        out = _Json(path)
        try:
            yield out
        finally:
            out.close()
    elif suffix == ".csv":
        with pyarrow.csv.CSVWriter(path, SCHEMA) as writer:
            yield writer
    else:
        with pyarrow.parquet.ParquetWriter(path, SCHEMA) as writer:
            yield writer
