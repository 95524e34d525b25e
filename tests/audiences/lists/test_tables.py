"""Workbooks and Parquet files are lists like any other, whatever their columns are stored as."""

import decimal
import gzip
import io
import zipfile
from datetime import date
from hashlib import sha256

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from solely.audiences.lists.bounds import Bounds
from solely.errors import ListError

MIB = 1024 * 1024
PHONE = 4915112345678


def key(text):
    return sha256(text.encode()).digest()[:16]


def keys(*texts):
    return sorted(map(key, texts))


def workbook(*sheets, hide=()):
    """A workbook of sheets, each a list of rows; `hide` names some by their place."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        sheet.sheet_state = "hidden" if number in hide else "visible"
        for row in rows:
            sheet.append(row)
    book.save(out := io.BytesIO())
    return out.getvalue()


def parquet(columns, **options):
    pq.write_table(pa.table(columns), out := io.BytesIO(), **options)
    return out.getvalue()


def refusal(read, data, **choices):
    with pytest.raises(ListError) as caught:
        read(data, **choices)
    assert caught.value.cure
    return str(caught.value)


# -------------------------------------------------------------- workbooks


def test_a_workbook_is_read_and_truths_fractions_and_dates_are_no_contacts(read):
    made = read(workbook([["E-Mail", "Handy", "seit"], ["a@x.org", f"+{PHONE}", date(2020, 1, 2)], [True, 1.5, None]]))
    assert made.digests == keys("a@x.org", f"+{PHONE}")
    assert made.meanings == ["email", "phone", "ignored"]
    assert made.rejects == [(2, 3, "not-an-email")]
    assert made.report.header
    assert (made.report.format, made.report.encoding, made.report.delimiter) == ("xlsx", "", "")


def test_a_phone_stored_as_a_number_is_read_with_the_country_of_the_list(read):
    data = workbook([["phone"], [PHONE], [15112345678], ["+49 151 12345678"], ["'+4915112345678"]])
    assert read(data, country="DE").digests == keys(*["+4915112345678"] * 4)
    assert read(data).report.unusable == {"phone-without-country": 2}


def test_rows_and_columns_are_counted_as_the_spreadsheet_counts_them(read):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["C5"], sheet["D5"] = "email", "phone"
    sheet["C6"], sheet["D6"] = "ada@example.com", ""
    sheet["C9"], sheet["D10"] = "nobody", "+4915112345678"
    book.save(out := io.BytesIO())
    made = read(out.getvalue())
    assert made.meanings == ["ignored", "ignored", "email", "phone"]
    assert made.rejects == [(2, 9, "not-an-email")]
    assert made.digests == keys("ada@example.com", "+4915112345678")
    assert read(out.getvalue(), columns={3: "ignored"}).digests == [key("+4915112345678")]


def test_titles_may_stand_above_the_header(read):
    title = [["Customers of March"], [], ["printed", date(2024, 3, 1)]]
    made = read(workbook([*title, ["Name", "Email"], ["x", "a@x.org"]]))
    assert (made.report.rows, made.report.usable) == (1, 1)
    assert made.report.columns[1].header == "Email"


def test_the_first_visible_sheet_with_contacts_is_the_list(read):
    cover, contacts, other = [["Read me"]], [["email"], ["a@x.org"]], [["email"], ["b@x.org"], ["c@x.org"]]
    assert read(workbook(cover, contacts, other)).digests == [key("a@x.org")]
    assert read(workbook([], [[None]], contacts)).digests == [key("a@x.org")]
    assert read(workbook(other, contacts, hide=[0])).digests == [key("a@x.org")]
    assert read(workbook([["email", "phone"]], contacts)).digests == [key("a@x.org")]
    assert read(workbook(cover)).reasons == ["not-an-email"]
    assert "no column of e-mail addresses" in refusal(read, workbook([["a", "b"], ["x", "y"]], other, hide=[1]))


def test_a_workbook_without_rows_is_refused_with_what_to_check(read):
    assert "the workbook holds no rows" in refusal(read, workbook([]))
    assert "the list holds no rows" in refusal(read, workbook([["email", "phone"]]))


def test_a_formula_counts_by_its_value_and_one_never_computed_is_empty(read):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["email", "phone"], ["a@x.org", '="+49"&"15112345678"'], ["", "=1/0"], ["", ArrayFormula("B4", "=1")]):
        sheet.append(row)
    sheet["C3"] = "x"
    book.save(out := io.BytesIO())
    made = read(out.getvalue())
    assert (made.report.rows, made.report.usable, made.report.unusable) == (2, 1, {"empty": 1})


def test_a_workbook_without_header_is_read_by_its_content(read):
    made = read(workbook([["Ada", "a@x.org", "DE"], ["Bob", "b@x.org", "FR"], ["Eve", "n/a", "DE"]]))
    assert made.meanings == ["ignored", "email", "country"]
    assert made.rejects == [(3, 3, "placeholder")]


def test_a_workbook_may_be_packed_with_gzip_too(read):
    assert read(gzip.compress(workbook([["email"], ["a@x.org"]]))).report.format == "xlsx"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"])
def test_a_damaged_workbook_is_refused(read, part):
    good = zipfile.ZipFile(io.BytesIO(workbook([["email"], ["ada@example.com"]])))
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for name in good.namelist():
            archive.writestr(name, good.read(name)[:60] if name == part else good.read(name))
    assert "ada" not in refusal(read, out.getvalue())


def test_a_workbook_cut_short_is_refused_and_so_are_archives_of_other_things(read):
    data = workbook([["email"], ["ada@example.com"]])
    for size in (30, 1_000, len(data) - 9):
        assert "the archive is damaged" in refusal(read, data[:size])
    for name in ("list.csv", "word/document.xml", "content.xml", "xl/workbook.bin"):
        with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
            archive.writestr(name, "email\nada@example.com\n")
        assert "the list is a ZIP archive, or no .xlsx" in refusal(read, out.getvalue())


def with_part(name, text):
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        source = zipfile.ZipFile(io.BytesIO(workbook([["email"], ["a@x.org"]])))
        for one in source.namelist():
            archive.writestr(one, source.read(one))
        archive.writestr(name, text)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(read):
    bomb = with_part("xl/media/image1.bin", bytes(40 * MIB))
    assert "it unpacks to over 100 times its size" in refusal(read, bomb)
    assert "it unpacks to over 5000 bytes" in refusal(read, bomb, bounds=Bounds(inflated=5_000))


def test_a_workbook_of_too_many_files_columns_or_rows_is_refused(read):
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        for number in range(10_000):
            archive.writestr(str(number), "")
    assert "over 10000 files" in refusal(read, out.getvalue())
    rows = workbook([["email", *"abcdefg"], *([f"user{n}@x.org"] for n in range(9))])
    assert "sheet: over 7 columns" in refusal(read, rows, bounds=Bounds(columns=7))
    assert "over 8 rows" in refusal(read, rows, bounds=Bounds(rows=8))
    assert read(rows, bounds=Bounds(columns=8, rows=9)).report.usable == 9


# ---------------------------------------------------------------- Parquet

ADDRESSES = [f"user{n}@example.com" for n in range(6)]
RAW = [sha256(address.encode()).digest() for address in ADDRESSES]
TEXTS = {
    "text": pa.array(ADDRESSES),
    "large text": pa.array(ADDRESSES, pa.large_string()),
    "text by view": pa.array(ADDRESSES, pa.string_view()),
    "words of a dictionary": pa.array(ADDRESSES).dictionary_encode(),
    "bytes that are text": pa.array([address.encode() for address in ADDRESSES]),
    "bytes of fixed width": pa.array(RAW, pa.binary(32)),
    "bytes": pa.array(RAW, pa.binary()),
    "large bytes": pa.array(RAW, pa.large_binary()),
    "bytes by view": pa.array(RAW, pa.binary_view()),
    "digests in a dictionary": pa.array(RAW).dictionary_encode(),
    "hex": pa.array([raw.hex() for raw in RAW]),
}
NUMBERS = {
    "whole": pa.int64(),
    "whole without sign": pa.uint64(),
    "float": pa.float64(),
    "decimal": pa.decimal128(20, 0),
    "decimal with places": pa.decimal128(20, 4),
    "large decimal": pa.decimal256(40, 2),
}


@pytest.mark.parametrize("column", TEXTS.values(), ids=TEXTS)
def test_addresses_and_digests_are_read_however_parquet_stores_them(read, column):
    made = read(parquet({"email": column}))
    assert made.digests == sorted(raw[:16] for raw in RAW)
    assert (made.report.format, made.report.rows, made.report.usable) == ("parquet", 6, 6)


@pytest.mark.parametrize("kind", NUMBERS.values(), ids=NUMBERS)
def test_phones_are_read_however_parquet_stores_numbers(read, kind):
    column = pa.array([decimal.Decimal(PHONE), None, decimal.Decimal(7)]).cast(kind)
    made = read(parquet({"phone": column}), country="DE")
    assert made.digests == [key("+4915112345678")]
    assert made.reasons == ["empty", "not-a-phone"]


def test_a_phone_that_a_short_float_has_rounded_is_called_mangled(read):
    made = read(parquet({"phone": pa.array([float(PHONE), 12.0, None]).cast(pa.float32(), safe=False)}), country="DE")
    assert made.reasons == ["excel-mangled", "not-a-phone", "empty"]


def test_an_address_of_32_bytes_without_a_type_is_an_address(read):
    address = "some.one.with.a.name@example.com"
    assert len(address) == 32
    assert read(parquet({"email": pa.array([address.encode()])})).digests == [key(address)]


def test_raw_digests_of_other_functions_get_their_reason(read):
    made = read(parquet({"email": pa.array([b"\x9c" * 8 + b"\x12" * 8, sha256().digest(), None, b"", b"\0\xff"])}))
    assert made.reasons == ["md5", "hash-of-nothing", "empty", "empty", "not-an-email"]


def test_nulls_are_empty_and_columns_of_other_types_are_left_alone(read):
    table = {
        "email": ["a@x.org", None, "b@x.org"],
        "tags": [["x"], None, []],
        "address": [{"email": "c@x.org"}, None, {"email": None}],
        "at": [date(2020, 1, 1), None, None],
        "opted": [True, None, False],
        "nothing": pa.nulls(3),
    }
    made = read(parquet(table))
    assert made.meanings == ["email", *["ignored"] * 5]
    assert made.digests == keys("a@x.org", "b@x.org")
    assert made.rejects == [(2, 2, "empty")]


def test_a_column_of_lists_that_is_named_email_holds_no_contacts(read):
    made = read(parquet({"email": [["a@x.org"], ["b@x.org"]], "phone": ["+4915112345678", None]}))
    assert (made.digests, made.reasons) == ([key("+4915112345678")], ["empty"])


def test_columns_are_told_by_name_by_content_and_by_the_caller(read):
    table = pa.table([["Ada"], ["a@x.org"], ["b@x.org"], ["DE"]], names=["email", "col_2", "email", "Land"])
    pq.write_table(table, out := io.BytesIO())
    made = read(out.getvalue())
    assert made.meanings == ["email", "email", "email", "country"]
    assert [column.header for column in made.report.columns] == ["email", None, "email", "Land"]
    assert read(out.getvalue(), columns={2: "ignored"}).digests == [key("b@x.org")]
    assert "column 5: no such column" in refusal(read, out.getvalue(), columns={5: "email"})


def test_all_row_groups_are_read_and_rows_keep_their_numbers(read):
    column = [f"user{n}@x.org" if n % 1_000 else "" for n in range(40_000)]
    made = read(parquet({"email": column}, row_group_size=7_001))
    assert (made.report.rows, made.report.usable) == (40_000, 39_960)
    assert [row for row, _, _ in made.rejects] == [1 + 1_000 * n for n in range(40)]
    assert all(row == line for row, line, _ in made.rejects)


@pytest.mark.parametrize("packing", ["snappy", "gzip", "zstd", "lz4", "brotli", "none"])
def test_every_packing_of_parquet_is_read(read, packing):
    assert read(parquet({"email": ADDRESSES}, compression=packing)).report.usable == 6


def test_a_damaged_parquet_file_is_refused(read):
    data = parquet({"email": ["ada@example.com"] * 9_999}, compression="none")
    for bad in (b"PAR1", b"PAR1" + bytes(90), data[:-9], data[: len(data) // 2], data[:9] + bytes(200) + data[209:]):
        assert "the Parquet file is damaged (write or upload it again)" in refusal(read, bad)


def test_a_parquet_file_without_rows_or_contacts_is_refused(read):
    assert "holds no rows" in refusal(read, parquet({"email": pa.array([], pa.string())}))
    assert "no column of e-mail addresses" in refusal(read, parquet({"a": ["x"], "b": [1]}))
    assert "no column of e-mail addresses" in refusal(read, parquet({}))


def test_a_parquet_file_of_too_many_columns_rows_or_bytes_is_refused(read):
    data = parquet({f"email {n}": ADDRESSES for n in range(9)})
    assert "schema: over 8 columns" in refusal(read, data, bounds=Bounds(columns=8))
    assert "footer: over 5 rows" in refusal(read, data, bounds=Bounds(rows=5))
    assert "footer: it unpacks to over 99 bytes" in refusal(read, data, bounds=Bounds(inflated=99))
