"""What a list may cost: past a bound it is refused in seconds, while the reader's memory stays flat."""

import gzip
import io
import os
import signal
import time
import zipfile

import openpyxl
import pytest

from solely.audiences.lists import Bounds, read_list, reading
from solely.errors import ListError

MIB = 2**20
GIB = 2**30
SECONDS = 20  # where less than one is usual: the machine may be busy
FLAT = 192 * MIB  # what reading may take in memory, however long the list is
BY_MEMORY = {"it needs more memory than a list may take", "the reader met a bound of time or memory"}
GOOD = b"email\n" + b"".join(b"user%d@example.com\n" % n for n in range(99))


@pytest.fixture
def refused(tmp_path):
    """A function: why a list is refused, within seconds."""

    def why(data, **bounds):
        path = data
        if isinstance(data, bytes):
            path = tmp_path / "list"
            path.write_bytes(data)
        begin = time.monotonic()
        with pytest.raises(ListError) as caught:
            list(read_list(path, bounds=Bounds(**bounds)))
        assert time.monotonic() - begin < SECONDS
        assert caught.value.cure
        return caught.value.what

    return why


def archive(**files):
    """A workbook whose parts are replaced."""
    book = openpyxl.Workbook()
    book.active.append(["email"])
    book.save(whole := io.BytesIO())
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            with new.open(name, "w") as part:
                for piece in files.get(name.rpartition("/")[2].partition(".")[0]) or [old.read(name)]:
                    part.write(piece)
    return out.getvalue()


# -------------------------------------------------------------- unpacking


@pytest.mark.parametrize(
    ("fill", "what"),
    [(b"\n", "it unpacks to over 100 times its size"), (b"a", "a line of over 1048576 bytes"),
     (b"\0", "a line of over 1048576 bytes"), (b"user@example.com\n", "it unpacks to over 100 times its size")],
)  # fmt: skip
def test_ten_gibibytes_in_a_gzip_file_are_refused_before_they_are_held(refused, fill, what):
    bomb = gzip.compress(GOOD) + gzip.compress(fill * (8 * MIB // len(fill))) * 1_280
    assert refused(bomb, memory=FLAT) == what


def test_a_bomb_that_is_let_through_costs_time_and_no_memory(refused):
    bomb = gzip.compress(GOOD) + gzip.compress(b"user@example.com\n" * 400_000) * 6
    assert refused(bomb, ratio=10**9, inflated=32 * MIB, memory=FLAT) == f"it unpacks to over {32 * MIB} bytes"


@pytest.fixture(scope="module")
def bomb():
    """A workbook of 60 MiB in some kilobytes, and how large its sheet is."""
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>user@example.com</t></is></c></row>' * 10_000
    sheet = [head, *[rows] * 80, b"</sheetData></worksheet>"]
    return archive(sheet1=sheet), sum(map(len, sheet))


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_unpacks(refused, bomb):
    assert len(bomb[0]) < MIB
    assert refused(bomb[0], memory=FLAT) == "it unpacks to over 100 times its size"
    assert refused(bomb[0], memory=FLAT, ratio=10**9, inflated=9 * MIB) == f"it unpacks to over {9 * MIB} bytes"


def test_a_workbook_whose_directory_lies_meets_the_bound_of_memory_or_is_damaged(refused, bomb):
    data, size = bomb
    assert data.count(size.to_bytes(4, "little")) >= 1
    lying = data.replace(size.to_bytes(4, "little"), (999).to_bytes(4, "little"))
    assert refused(lying, memory=FLAT) in BY_MEMORY | {
        "the workbook holds no rows",
        "a sheet of the workbook is damaged",
    }


# ------------------------------------------------------------ one of many


def test_a_line_without_end_is_refused_before_it_is_held(refused, tmp_path):
    path = tmp_path / "list"
    with path.open("wb") as file:
        file.write(GOOD)
        file.truncate(10 * GIB)  # the rest are zeros that take no room on the disk
    assert refused(path, memory=FLAT) == "a line of over 1048576 bytes"


@pytest.mark.parametrize("delimiter", [b",", b"\t", b";"])
def test_more_columns_than_the_bound_are_refused(refused, delimiter):
    wide = delimiter.join([b"email"] * 51) + b"\n" + delimiter.join([b"a@example.com"] * 51) + b"\n"
    assert refused(wide * 3, columns=50) == "over 50 columns"


def test_more_rows_than_the_bound_are_refused_in_each_lane(refused):
    assert refused(GOOD, rows=98) == "over 98 rows"
    assert refused(GOOD + b"user@example.com\n" * 200_000, rows=100_000) == "over 100000 rows"


def test_a_cell_too_long_is_an_unusable_row_and_the_list_goes_on(read_apart):
    rows = b"email,note\na@example.com,x\n" + b"b" * 900_000 + b"@example.com,x\nc@example.com,x\n"
    read = read_apart(rows)
    assert read.rejects == [(2, 3, "too-long")]
    assert read.report.usable == 2
    short = read_apart(b"email\n" + b"a" * 60 + b"@example.com\nb@example.com\n", bounds=Bounds(cell=64))
    assert short.reasons == ["too-long"]


# ------------------------------------------------------------ the process


def test_a_list_that_needs_more_memory_than_the_bound_is_refused(refused):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for n in range(9_000):
        sheet.append([f"user{n}@example.com", *[n] * 9])
    book.save(out := io.BytesIO())
    assert refused(out.getvalue(), memory=8 * MIB) in BY_MEMORY


def test_a_list_that_takes_more_time_than_the_bound_is_refused(refused, tmp_path):
    path = tmp_path / "slow"
    with path.open("wb") as file:
        for _ in range(40):
            file.write(b'"x ""y"" z","+49 (0) 1512 / 345-6789","no"\n' * 10_000)
    assert refused(path, cpu=2) == "the reader met a bound of time or memory"


def test_a_reader_that_is_killed_on_its_way_is_an_error_and_no_report(tmp_path, reader_of):
    path = tmp_path / "list"
    path.write_bytes(b"email\n" + b"".join(b"user%d@example.com\n" % n for n in range(300_000)))
    one = read_list(path)
    frames = iter(one)
    next(frames)
    zygote = reading._READERS._zygote
    os.kill(reader_of(reading._READERS), signal.SIGKILL)
    with pytest.raises(ListError, match="bound of time or memory"):
        list(frames)
    with pytest.raises(AssertionError):
        _ = one.report
    assert list(read_list(path))
    assert reading._READERS._zygote is not zygote, "who breaks a reader is not to try again on the same memory"
