"""A list in any format becomes a table: what its columns mean, and its rows in blocks.

- Text is read in chunks of whole lines, a workbook sheet by sheet, Parquet batch by batch.
- Of a workbook the first visible sheet with a column of contacts is the list; one column of anything else only
  where no sheet has contacts.
- Sizes are checked in the file's own directory before anything is unpacked; the reader's memory limit is
  what stops a directory that lies.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from solely.audiences.lists.blocks import Arrays, Block, Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.bulk import columnar
from solely.audiences.lists.columns import Layout, kind_of, lay_out
from solely.audiences.lists.dialect import Dialect, detect, is_one_record, records
from solely.audiences.lists.refusals import refused
from solely.audiences.lists.report import CONTACTS, Meaning
from solely.audiences.lists.source import HEAD, Source, check_size, refuse_other_text
from solely.audiences.lists.text import Text
from solely.errors import ListError

__all__ = ["Choices", "Table", "open_table"]

_SAMPLE = 500  # rows that columns are told by
_SAMPLE_CELLS = 100_000  # and the cells of those
_BATCH = 16_384  # rows
_BATCH_CELLS = 1_048_576  # cells of contacts
_SHA256 = 32  # bytes
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
    refuse_other_text(text.head[:HEAD].decode("utf-8", "ignore"))
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
    seen = 0
    for block in blocks:
        assert isinstance(block, Rows)
        for line, cells in zip(block.lines, block.cells, strict=True):
            if cells is not None and len(cells) > bounds.columns:
                raise refused("over {} columns", bounds.columns, where=f"line {line}")
            sample.append(cells or [])
            seen += len(cells or ())
            if len(sample) >= _SAMPLE or seen >= _SAMPLE_CELLS:
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
        raise refused("the workbook is damaged") from None
    refusal, doubtful = refused("the workbook holds no rows"), None
    for name in sheets:
        try:
            table, sure = _sheet(book, name, choices, bounds)
            if sure:
                return table
            doubtful = doubtful or table
        except _NoRows:
            continue
        except CalamineError:
            refusal = refused("a sheet of the workbook is damaged")
        except ListError as error:
            refusal = error
    if doubtful:
        return doubtful
    raise refusal


class _NoRows(Exception):
    """An empty sheet."""


def _check_archive(file: BinaryIO, bounds: Bounds) -> None:
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise refused("the archive is damaged") from None
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise refused("the list is a ZIP archive, or no .xlsx")
    if len(entries) > _ENTRIES:
        raise refused("the workbook holds over {} files", _ENTRIES)
    check_size(sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries), bounds)


def _sheet(book: CalamineWorkbook, name: str, choices: Choices, bounds: Bounds) -> tuple[Table, bool]:
    """A sheet laid out, and whether contacts are in it, by a header or by the look of a cell."""
    sheet = book.get_sheet_by_name(name)
    if not sheet.height:
        raise _NoRows
    if _width(sheet) > bounds.columns:
        raise refused("over {} columns", bounds.columns, where="sheet")
    blocks = _sheet_blocks(sheet)
    first = next(blocks, None)
    if first is None:
        raise _NoRows
    sample = _sample((first,), bounds)
    layout = lay_out(sample, header=choices.header, given=choices.columns)
    if layout.start >= len(first):
        raise refused("the list holds no rows")
    named = any(column.meaning in CONTACTS and column.by != "content" for column in layout.columns)
    sure = named or any(kind_of(cell) for cells in sample for cell in cells)
    return Table(layout, _without_header(chain((first,), blocks), layout.start)), sure


def _width(sheet: CalamineSheet) -> int:
    """The columns from the first of the sheet to the last that holds anything."""
    return sheet.end[1] + 1 if sheet.end else 0


def _sheet_blocks(sheet: CalamineSheet) -> Iterator[Rows]:
    numbered = enumerate(sheet.iter_rows(), 1)
    margin = [""] * (sheet.start[1] if sheet.start else 0)  # columns left of the first that holds anything
    texts = ((number, margin + [_cell_text(value) for value in row]) for number, row in numbered)
    filled = ((number, cells) for number, cells in texts if any(cells))
    while some := list(islice(filled, max(1, min(_BATCH, _BATCH_CELLS // _width(sheet))))):
        yield Rows([number for number, _ in some], [cells for _, cells in some])


def _cell_text(value: Any) -> str:
    """A cell as a person reads it; whole numbers without a fraction, as phones are stored."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return str(int(value))
    return str(value).strip()


# --------------------------------------------------------------- Parquet


def _parquet(file: BinaryIO, choices: Choices, bounds: Bounds) -> Table:
    damaged = refused("the Parquet file is damaged")
    try:
        parquet = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
        names = [field.name for field in parquet.schema_arrow]
        _check_parquet(parquet, len(names), bounds)
        size = max(1, min(_SAMPLE, _SAMPLE_CELLS // max(1, len(names))))
        sample = next(parquet.iter_batches(batch_size=size, use_threads=False), None)
        rows = (
            [list(row) for row in zip(*(_strings(c).to_pylist() for c in sample.columns), strict=True)]
            if sample
            else []
        )
        layout = lay_out([names, *rows], header=True, given=choices.columns)
    except MemoryError:  # Arrow's is an ArrowException, too
        raise
    except (pa.ArrowException, OSError, ValueError):
        raise damaged from None
    return Table(layout, _parquet_blocks(parquet, layout, damaged))


def _check_parquet(parquet: pq.ParquetFile, columns: int, bounds: Bounds) -> None:
    meta = parquet.metadata
    if columns > bounds.columns:
        raise refused("over {} columns", bounds.columns, where="schema")
    if meta.num_rows > bounds.rows:
        raise refused("over {} rows", bounds.rows, where="footer")
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    unpacked = sum(max(0, group.total_byte_size) for group in groups)
    if unpacked > bounds.inflated:
        raise refused("it unpacks to over {} bytes", bounds.inflated, where="footer")


def _parquet_blocks(parquet: pq.ParquetFile, layout: Layout, damaged: ListError) -> Iterator[Arrays]:
    numbers = layout.numbers(*_WANTED)
    line = 1
    size = max(1, min(_BATCH, _BATCH_CELLS // max(1, len(numbers))))
    batches = parquet.iter_batches(batch_size=size, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            yield Arrays(line, batch.num_rows, {i: _strings(batch.column(i)) for i in numbers})
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, ValueError):
            raise damaged from None
        line += batch.num_rows


def _strings(column: pa.Array) -> pa.Array:
    """A column as strings, nulls as empty ones; raw digests in hex; what can be no contact as nothing."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.dictionary_decode())
    if any(of_kind(kind) for of_kind in _NUMBERS):
        text = _short_float if kind in _SHORT_FLOATS else _cell_text
        return pa.array([text(value) if value is not None else "" for value in column.to_pylist()], pa.string())
    if any(of_kind(kind) for of_kind in _BYTES):
        return pa.array([_raw_text(value or b"") for value in column.to_pylist()], pa.string())
    if any(of_kind(kind) for of_kind in _TEXTS):
        return pc.fill_null(column.cast(pa.string()), "")
    return pa.array([""] * len(column), pa.string())


_SHORT_FLOATS = (pa.float16(), pa.float32())
_EXACT = 2**24  # up to here a 32-bit float holds every whole number
_NUMBERS = (pa.types.is_floating, pa.types.is_decimal)
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_integer)


def _short_float(value: float) -> str:
    """A number as text; one that was rounded when it was stored in the way spreadsheets show rounded ones."""
    return _cell_text(value) if abs(value) <= _EXACT else f"{value:.7E}"


def _raw_text(value: bytes) -> str:
    """Text where the bytes are text (some writers name no type), else hex: a raw digest."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return value.hex() if len(value) == _SHA256 and not text.isprintable() else text
