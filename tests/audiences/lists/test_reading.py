"""A list read in a process of its own: the same in every format, true to the count, and silent about its contents."""

import gzip
import io
import json
import sys
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solely.audiences.lists import readers, reading, zygote
from solely.audiences.lists.frames import write_frame, write_report
from solely.audiences.lists.readers import Readers
from solely.audiences.lists.reading import read_list
from solely.audiences.lists.report import Column, ListReport
from solely.errors import ListError
from world import make_world

PERSON = "ada.marker@example.com"
HEADER = ("Vorname", "E-Mail", "Telefon")
ROWS = [
    ("Jürgen", "juergen@example.com", "+49 1512 3456789"),
    ("Zoë", "zoe@example.com", ""),
    ("Anna", "n/a", "01512 3456780"),
    ("Bob", "", ""),
    ("Eve", "eve@", ""),
    ("Peña", "pena@example.com", "+49 1512 3456781"),
]


def text(delimiter, end="\n"):
    return end.join(delimiter.join(row) for row in (HEADER, *ROWS)) + end


def workbook():
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.save(out := io.BytesIO())
    return out.getvalue()


def parquet():
    columns = {name: [row[i] or None for row in ROWS] for i, name in enumerate(HEADER)}
    pq.write_table(pa.table(columns), out := io.BytesIO())
    return out.getvalue()


FORMATS = {
    "tsv": text("\t", "\r\n").encode(),
    "semicolons in Windows-1252": text(";", "\r\n").encode("cp1252"),
    "utf-16": text("\t", "\r\n").encode("utf-16"),
    "gzip": gzip.compress(text(",").encode()),
    "xlsx": workbook(),
    "parquet": parquet(),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    return out, make_world(out, 500, 3)["lists"]


def refusal(path, **choices):
    """The error of a list, and that nothing of what was read is kept."""
    one = read_list(path, **choices)
    with pytest.raises(ListError) as caught:
        list(one)
    with pytest.raises(AssertionError):
        _ = one.report
    assert PERSON.partition("@")[0] not in str(caught.value)
    assert caught.value.where != ""
    assert caught.value.cure != ""
    return caught.value.what


# --------------------------------------------------------------- the same


def test_a_table_is_read_the_same_in_every_format(read_apart):
    plain = read_apart(text(",").encode(), country="DE")
    assert plain.report.unusable == {"empty": 1, "not-an-email": 1}
    assert (plain.report.rows, plain.report.usable, len(plain.digests)) == (6, 4, 6)
    assert plain.meanings == ["ignored", "email", "phone"]
    for name, data in FORMATS.items():
        again = read_apart(data, country="DE")
        assert (again.digests, again.report.unusable) == (plain.digests, plain.report.unusable), name
        assert [row for row, _, _ in again.rejects] == [row for row, _, _ in plain.rejects], name


def test_every_list_of_a_world_is_read_true_to_its_rows(world):
    out, lists = world
    for name, truth in lists.items():
        one = read_list(out / "lists" / name)
        for digests in one:
            assert digests.shape[1] == 16
        assert one.report.rows == truth["rows"], name
        assert sum(one.report.unusable.values()) == truth["unusable_rows"], name
        assert one.report.usable == truth["rows"] - truth["unusable_rows"], name


def test_rejects_are_row_line_and_reason_and_never_a_value(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f'email\n\n{PERSON}\nno\n"two\nlines"\n{PERSON}@{PERSON}\n')
    rejects = io.StringIO()
    one = read_list(path, rejects=rejects)
    assert sum(len(digests) for digests in one) == 1
    head, *rows = rejects.getvalue().splitlines()
    assert head == "row,line,reason"
    assert [row.split(",")[:2] for row in rows] == [["2", "4"], ["3", "5"], ["4", "7"]]
    assert "marker" not in rejects.getvalue()
    assert sum(one.report.unusable.values()) == len(rows)


def test_progress_is_told_and_the_report_is_there_at_the_end_alone(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("email\n" + "".join(f"user{n}@example.com\n" for n in range(150_000)))
    told = []
    one = read_list(path, progress=told.append)
    for _ in one:
        with pytest.raises(AssertionError, match="not been read to its end"):
            _ = one.report
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == one.report.rows == one.report.usable == 150_000


def test_a_reading_that_is_left_ends_its_process(tmp_path, reader_of, until):
    path = tmp_path / "list.csv"
    path.write_text("email\n" + "".join(f"user{n}@example.com\n" for n in range(300_000)))
    one = iter(read_list(path))
    next(one)
    process = Path(f"/proc/{reader_of(reading._READERS)}")
    one.close()
    until(lambda: not process.exists())


# ---------------------------------------------------------------- choices


def test_what_the_caller_says_is_taken(read_apart):
    numbers = b"a,b\n01512 3456789,x@example.com\n"
    assert read_apart(numbers, columns={1: "phone", 2: "ignored"}, country="de ").report.usable == 1
    assert read_apart(numbers, columns={1: "phone", 2: "ignored"}).report.unusable == {"phone-without-country": 1}
    greek = "\u03cc\u03bd;email\n\u0394;ada@example.com\n".encode("iso8859-7")
    assert read_apart(greek, encoding="ISO-8859-7").report.encoding == "iso8859-7"
    assert read_apart(b"a@example.com\nb@example.com\n", header=True).report.rows == 1


@pytest.mark.parametrize(
    ("choice", "where"),
    [({"country": "XX"}, "country"), ({"country": "Germany"}, "country"), ({"columns": {1: "name"}}, "columns"),
     ({"encoding": "klingon"}, "encoding"), ({"columns": dict.fromkeys(range(1, 2_002), "email")}, "columns")],
)  # fmt: skip
def test_a_choice_that_is_none_is_refused_before_anything_is_opened(tmp_path, choice, where):
    with pytest.raises(ListError) as caught:
        read_list(tmp_path / "missing.csv", **choice)
    assert caught.value.where == where


def test_a_list_that_is_not_there_or_no_file_is_refused(tmp_path):
    assert refusal(tmp_path / "missing.csv") == "the list can't be opened"
    assert refusal(tmp_path) == "the list can't be opened"


def test_no_column_of_that_number_is_refused(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f"email\n{PERSON}\n")
    assert refusal(path, columns={9: "email"}) == "no such column"


BROKEN = {
    "no contacts": f"name,note\n{PERSON.replace('@', ' at ')},x\n".encode(),
    "JSON": json.dumps([{"email": PERSON}]).encode(),
    "a cut gzip file": gzip.compress(PERSON.encode() * 9_000)[:-9],
    "a cut workbook": workbook()[:-900],
    "a damaged Parquet file": b"PAR1" + PERSON.encode() * 99 + b"PAR1",
    "a line too long": PERSON.encode() * 99_000,
    "controls": b"\0\1\2" + PERSON.encode() + b"\0\1\2\3\4",
    "a sheet of no contacts": b"PK\x03\x04" + PERSON.encode() * 99,
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_error_never_shows_what_is_in_the_list(what, tmp_path):
    path = tmp_path / "list"
    path.write_bytes(BROKEN[what])
    one = read_list(path)
    with pytest.raises(ListError) as caught:
        list(one)
    shown = f"{caught.value!r} {caught.value} {caught.value.__dict__} {caught.value.__cause__}"
    assert "marker" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# ---------------------------------------------------------------- a child
# In place of the reader, a process that says on its output whatever the list holds.

ECHO = f"""
import os, shutil, signal, socket, sys, time
sys.path.append({str(Path(zygote.__file__).parent)!r})
import zygote

def echo(asked):
    shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)
    sys.stdout.flush()
    %s

zygote.serve(socket.socket(fileno=0), echo)
"""
REPORT = ListReport(1, 1, {}, (Column(1, None, "email", "content"),), "csv", "utf-8", "", header=False)


def frame(letter, body):
    write_frame(out := io.BytesIO(), letter, body)
    return out.getvalue()


GOOD = frame(b"D", (1).to_bytes(8, "big") + bytes(16)), frame(b"Z", write_report(REPORT))


@pytest.fixture
def echo(tmp_path, monkeypatch):
    """A function: what becomes of frames; `then` is what the process does after them."""

    def said(data, then="", **choices):
        begun = Readers((sys.executable, "-I", "-S", "-c", ECHO % then))
        monkeypatch.setattr(reading, "_READERS", begun)
        path = tmp_path / "frames"
        path.write_bytes(data)
        try:
            return refusal(path, **choices) if data != b"".join(GOOD) else list(read_list(path, **choices))
        finally:
            begun.renew()

    return said


def test_honest_frames_are_believed(echo):
    assert [digests.tolist() for digests in echo(b"".join(GOOD))] == [[[0] * 16]]


HOSTILE = {
    "nothing": b"",
    "text": PERSON.encode(),
    "an unknown letter": GOOD[0] + frame(b"X", PERSON.encode()) + GOOD[1],
    "an error with people in it": frame(b"E", json.dumps({"what": PERSON, "where": "", "cure": ""}).encode()),
    "a report too early": GOOD[1] + GOOD[0],
    "rejects that were not asked for": GOOD[0] + frame(b"R", b"[]") + GOOD[1],
    "a frame cut off": GOOD[0] + GOOD[1][:-1],
    "a frame over the bound": b"D\xff\xff\xff\xff" + bytes(99),
    "no end": GOOD[0],
    "digests of another length": frame(b"D", bytes(25)),
    "JSON without an end": GOOD[0] + frame(b"Z", b"[" * 200_000),
    "a header with people in it": GOOD[0] + GOOD[1].replace(b"null", b'"a@b"'),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_reader_that_lies_makes_an_error_and_no_report(echo, what):
    assert echo(HOSTILE[what]) == "the list can't be read"


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"D", b"R", b"Z", b"E", b"?"]), st.binary(max_size=40)), max_size=4))
def test_frames_of_anything_make_an_error(echo, frames):
    assert echo(b"".join(frame(letter, body) for letter, body in frames)) == "the list can't be read"


def test_a_reader_that_says_no_more_and_does_not_end_is_ended(echo, monkeypatch):
    monkeypatch.setattr(readers, "_ENDING", 0.2)
    assert echo(GOOD[0], "os.close(1); time.sleep(600)") == "the list can't be read"


@pytest.mark.parametrize("how", ["SIGKILL", "SIGXCPU", "SIGABRT", "SIGSEGV"])
def test_a_reader_that_is_killed_met_a_bound(echo, how):
    then = f"os.kill(os.getpid(), signal.{how})"
    assert echo(GOOD[0], then) == "the reader met a bound of time or memory"
