"""What `affected` tells, as files: counts and people as CSV, Parquet or JSON, a picture over time, a report.

A file takes its place when it is whole; a command that fails leaves what was there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from solely.answer.affected import Counts
from solely.answer.affected_people import Row
from solely.answer.document import Document, Fields, Heading, Picture, Table, Text, write
from solely.answer.document.write import check
from solely.answer.picture import over_time
from solely.answer.question import Question
from solely.errors import BadInput

__all__ = ["check_files", "write_counts", "write_picture", "write_report", "write_subjects"]

_ROWS = (".csv", ".parquet", ".json")
_MANY = 100_000  # rows at a time


def check_files(counts: Path | None, subjects: Path | None, picture: Path | None, report: Path | None) -> None:
    """Raises BadInput for a name that says no form, before anything is looked for or told."""
    for path, suffixes in ((counts, _ROWS), (subjects, _ROWS), (picture, (".svg",))):
        if path and path.suffix.lower() not in suffixes:
            raise BadInput("no form of this", where=str(path), cure=f"end its name in {' or '.join(suffixes)}")
    if report:
        check(report)


def write_counts(counts: Counts, path: Path) -> None:
    """A row for each count: of what, its name, how many people."""
    rows = [("all", "", counts.people)]
    for what, named in asdict(counts).items():
        if what != "people":
            rows += [(what.removeprefix("by_"), name, count) for name, count in named.items()]
    _write_rows(rows, {"of": pa.string(), "name": pa.string(), "people": pa.int64()}, path)


def write_subjects(rows: Iterable[Row], path: Path) -> int:
    """A row for each subject; returns how many."""
    return _write_rows(rows, {"subject": pa.string(), "country": pa.string()}, path)


def write_picture(series: Mapping[str, Mapping[str, int]], path: Path) -> None:
    """People by month and advertiser, as SVG."""
    with _whole(path) as part:
        part.write_text(over_time(series, title="People affected, by month and advertiser"), encoding="utf-8")


def write_report(question: Question, counts: Counts, series: Mapping[str, Mapping[str, int]], path: Path) -> None:
    """The question, the counts and the picture as one document."""
    asked = tuple(
        (name, value if isinstance(value, str) else ", ".join(value)) for name, value in question.as_json().items()
    )
    blocks: list[Any] = [Heading("Asked"), Fields(asked), Heading("Affected"), Text(f"{counts.people:,} people.")]
    if counts.people:
        svg = over_time(series, title="People affected, by month and advertiser")
        blocks.append(Picture(svg, "People affected by month and advertiser; the tables below have the numbers."))
    for what, named in asdict(counts).items():
        if what != "people" and named:
            name = what.removeprefix("by_")
            rows = tuple((one, f"{count:,}") for one, count in named.items())
            blocks += [Heading(f"By {name}"), Table((name, "people"), rows, frozenset({1}))]
    blocks.append(Text("Who stands under two names of a table counts under each, and once in all."))
    write(Document("Who was affected", tuple(blocks)), path)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_rows(rows: Iterable[tuple[Any, ...]], columns: Mapping[str, pa.DataType], path: Path) -> int:
    suffix, count, left = path.suffix.lower(), 0, iter(rows)
    with _whole(path) as part, _WRITERS[suffix](part, columns) as add:
        while some := list(islice(left, _MANY)):
            add(some)
            count += len(some)
    return count


@contextmanager
def _csv(path: Path, columns: Mapping[str, pa.DataType]) -> Iterator[Any]:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        yield writer.writerows


@contextmanager
def _parquet(path: Path, columns: Mapping[str, pa.DataType]) -> Iterator[Any]:
    schema = pa.schema(list(columns.items()))
    with pa.parquet.ParquetWriter(path, schema) as writer:
        yield lambda rows: writer.write_table(
            pa.table(
                [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)],
                schema=schema,
            )
        )


@contextmanager
def _json(path: Path, columns: Mapping[str, pa.DataType]) -> Iterator[Any]:
    with path.open("w", encoding="utf-8") as file:
        between = "[\n"

        def add(rows: list[tuple[Any, ...]]) -> None:
            nonlocal between
            for row in rows:
                file.write(between + json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False))
                between = ",\n"

        yield add
        file.write("[]\n" if between == "[\n" else "\n]\n")


_WRITERS = {".csv": _csv, ".parquet": _parquet, ".json": _json}
