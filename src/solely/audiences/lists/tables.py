"""A list in any format becomes a table: what its columns mean, and its rows in blocks.

- Text is read in chunks of whole lines, a workbook sheet by sheet, Parquet batch by batch.
- Of a workbook the first visible sheet with a column of contacts is the list.
- Sizes are checked in the file's own directory before anything is unpacked; the reader's memory limit is
  what stops a directory that lies.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from solely.audiences.lists.blocks import Arrays, Block, Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.bulk import columnar
from solely.audiences.lists.columns import Layout, lay_out
from solely.audiences.lists.dialect import Dialect, detect, is_one_record, records
from solely.audiences.lists.report import Meaning
from solely.audiences.lists.source import Source, check_size
from solely.audiences.lists.text import Text
from solely.errors import ListError

__all__ = ["Choices", "Table", "open_table"]

_SAMPLE = 500  # rows that columns are told by
_BATCH = 16_384  # rows
_WANTED: tuple[Meaning, ...] = ("email", "phone", "identifier", "country")
_ENTRIES = 10_000  # files a workbook may hold


@dataclass(frozen=True, slots=True)
class Choices:
    """What the caller decided instead of the reader: None and an empty mapping where nothing."""

    columns: Mapping[int, Meaning]
    encoding: str | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A list laid out; `blocks` can be read once. `text` knows the encoding when the blocks are read."""

    layout: Layout
    blocks: Iterator[Block]
    text: Text | None = None
    delimiter: str = ""


def open_table(source: Source, choices: Choices, bounds: Bounds) -> Table:
    """Lay out a list. Raises ListError where it can't be read, or holds no column of contacts."""
    if source.format == "xlsx":
        return _workbook(source.file, choices, bounds)
    if source.format == "parquet":
        return _parquet(source.file, choices, bounds)
    return _text(source, choices, bounds)


# ------------------------------------------------------------------ text


def _text(source: Source, choices: Choices, bounds: Bounds) -> Table:
    text = Text(source.head, source.pieces, bounds, choices.encoding)
    separator = is_one_record(text.head.decode("utf-8", "ignore"))
    chunks = text.chunks((separator or "\n").encode())
    first = next(chunks, b"")
    dialect = Dialect(",", 1) if separator else detect(first.decode())
    first = b"\n".join(first.split(b"\n")[dialect.skip :])
    line = 1 + dialect.skip
    sample = _sample(records(iter((first,)), dialect, bounds, line=line), bounds)
    layout = lay_out(sample, width=dialect.width, header=choices.header, given=choices.columns)
    wanted = layout.numbers(*_WANTED)
    blocks = records(
        chain((first,), chunks),
        dialect,
        bounds,
        line=line,
        at_once=lambda chunk, at: None if at == line else columnar(chunk, at, dialect.delimiter, wanted),
    )
    delimiter = dialect.delimiter if len(layout.columns) > 1 else ""
    return Table(layout, _without_header(blocks, layout.start), text, delimiter)


def _sample(blocks: Iterable[Block], bounds: Bounds) -> list[list[str]]:
    sample: list[list[str]] = []
    for block in blocks:
        assert isinstance(block, Rows)
        for line, cells in zip(block.lines, block.cells, strict=True):
            if cells is not None and len(cells) > bounds.columns:
                cure = "leave out the columns without contacts"
                raise ListError(f"over {bounds.columns} columns", where=f"line {line}", cure=cure)
            sample.append(cells or [])
            if len(sample) >= _SAMPLE:
                return sample
    return sample


def _without_header(blocks: Iterator[Block], start: int) -> Iterator[Block]:
    for block in blocks:
        if start and isinstance(block, Rows):
            cut = min(start, len(block.lines))
            start -= cut
            yield Rows(block.lines[cut:], block.cells[cut:])
        else:
            yield block


# -------------------------------------------------------------- workbook


def _workbook(file: BinaryIO, choices: Choices, bounds: Bounds) -> Table:
    _check_archive(file, bounds)
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(file)
        sheets = [
            meta.name
            for meta in book.sheets_metadata
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible
        ]
    except CalamineError:
        raise ListError("the workbook is damaged", cure="open it in a spreadsheet and save it again") from None
    refusal = ListError("the workbook holds no rows", cure="check which sheet was saved")
    for name in sheets:
        try:
            return _sheet(book, name, choices, bounds)
        except _NoRows:
            continue
        except CalamineError:
            refusal = ListError("a sheet of the workbook is damaged", cure="open it in a spreadsheet and save it again")
        except ListError as error:
            refusal = error
    raise refusal


class _NoRows(Exception):
    """An empty sheet."""


def _check_archive(file: BinaryIO, bounds: Bounds) -> None:
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise ListError("the archive is damaged", cure="save or upload it again") from None
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise ListError("the list is a ZIP archive, or no .xlsx", cure="unpack it, or save it as .xlsx or CSV")
    if len(entries) > _ENTRIES:
        raise ListError(f"the workbook holds over {_ENTRIES} files", cure="save the list alone, or as CSV")
    check_size(sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries), bounds)


def _sheet(book: CalamineWorkbook, name: str, choices: Choices, bounds: Bounds) -> Table:
    sheet = book.get_sheet_by_name(name)
    if not sheet.height:
        raise _NoRows
    if sheet.total_width > bounds.columns:
        raise ListError(f"over {bounds.columns} columns", where="sheet", cure="leave out the columns without contacts")
    blocks = _sheet_blocks(sheet)
    first = next(blocks)
    sample = [cells or [] for cells in first.cells[:_SAMPLE]]
    layout = lay_out(sample, header=choices.header, given=choices.columns)
    return Table(layout, _without_header(chain((first,), blocks), layout.start))


def _sheet_blocks(sheet: CalamineSheet) -> Iterator[Rows]:
    numbered = enumerate(sheet.iter_rows(), 1)
    texts = ((number, [_cell_text(value) for value in row]) for number, row in numbered)
    filled = ((number, cells) for number, cells in texts if any(cells))
    while some := list(islice(filled, _BATCH)):
        yield Rows([number for number, _ in some], [cells for _, cells in some])


def _cell_text(value: Any) -> str:
    """A cell as a person reads it; whole numbers without a fraction, as phones are stored."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


# --------------------------------------------------------------- Parquet


def _parquet(file: BinaryIO, choices: Choices, bounds: Bounds) -> Table:
    damaged = ListError("the Parquet file is damaged", cure="write or upload it again")
    try:
        parquet = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
        names = [field.name for field in parquet.schema_arrow]
        _check_parquet(parquet, len(names), bounds)
        sample = next(parquet.iter_batches(batch_size=_SAMPLE, use_threads=False), None)
        rows = (
            [list(row) for row in zip(*(_strings(c).to_pylist() for c in sample.columns), strict=True)]
            if sample
            else []
        )
        layout = lay_out([names, *rows], header=True, given=choices.columns)
    except (pa.ArrowException, OSError, ValueError):
        raise damaged from None
    return Table(replace(layout, start=0), _parquet_blocks(parquet, layout, damaged))


def _check_parquet(parquet: pq.ParquetFile, columns: int, bounds: Bounds) -> None:
    meta = parquet.metadata
    if columns > bounds.columns:
        raise ListError(f"over {bounds.columns} columns", where="schema", cure="leave out the columns without contacts")
    if meta.num_rows > bounds.rows:
        raise ListError(f"over {bounds.rows} rows", where="footer", cure="split the list")
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    unpacked = sum(max(0, group.total_byte_size) for group in groups)
    if unpacked > bounds.inflated:
        raise ListError(f"it unpacks to over {bounds.inflated} bytes", where="footer", cure="split the list")


def _parquet_blocks(parquet: pq.ParquetFile, layout: Layout, damaged: ListError) -> Iterator[Arrays]:
    numbers = layout.numbers(*_WANTED)
    line = 1
    batches = parquet.iter_batches(batch_size=_BATCH, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            yield Arrays(line, batch.num_rows, {i: _strings(batch.column(i)) for i in numbers})
        except (pa.ArrowException, OSError, ValueError):
            raise damaged from None
        line += batch.num_rows


def _strings(column: pa.Array) -> pa.Array:
    """A column as strings, nulls as empty ones; raw digests in hex; what can be no contact as nothing."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.dictionary_decode())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.array([_cell_text(float(v)) if v is not None else "" for v in column.to_pylist()], pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([_raw_text(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return pc.fill_null(column.cast(pa.string()), "")
    return pa.array([""] * len(column), pa.string())


def _raw_text(value: bytes | None) -> str:
    if value is None or len(value) == 32:  # noqa: PLR2004 - the length of a SHA-256
        return value.hex() if value else ""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
