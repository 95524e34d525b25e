"""What is told as files: the same in each form, whole or not at all."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from solely.answer.affected import Counts
from solely.answer.affected_people import Row
from solely.answer.question import Question
from solely.app.affected_files import check_files, write_counts, write_picture, write_report, write_subjects
from solely.errors import BadInput

COUNTS = Counts(3, {"acme": 2, "globex": 1}, {"acme/a": 2}, {"2026-11": 3}, {"DE": 1, "unknown": 2}, {"ads": 3})
ROWS = [Row("ann", "DE"), Row('b"o,b', ""), Row("émile", "FR DE")]


def read(path):
    """The rows of a file, as the form has them, texts all."""
    if path.suffix == ".json":
        return [tuple(map(str, row.values())) for row in json.loads(path.read_text(encoding="utf-8"))]
    if path.suffix == ".parquet":
        return [tuple(map(str, row.values())) for row in pq.read_table(path).to_pylist()]
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
        assert header
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_people_and_counts_are_the_same_in_each_form(tmp_path, form):
    assert write_subjects(iter(ROWS), tmp_path / f"people.{form}") == 3
    assert read(tmp_path / f"people.{form}") == ROWS
    write_counts(COUNTS, tmp_path / f"counts.{form}")
    counts = read(tmp_path / f"counts.{form}")
    assert counts[:4] == [
        ("all", "", "3"),
        ("advertiser", "acme", "2"),
        ("advertiser", "globex", "1"),
        ("audience", "acme/a", "2"),
    ]
    assert len(counts) == 8


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_of_nobody_there_is_an_empty_list(tmp_path, form):
    assert write_subjects(iter([]), tmp_path / f"people.{form}") == 0
    assert read(tmp_path / f"people.{form}") == []


def test_what_breaks_off_leaves_what_was_there(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("before")

    def breaking():
        yield Row("ann", "")
        raise BadInput("broken off")

    with pytest.raises(BadInput):
        write_subjects(breaking(), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", range(4))
def test_a_name_that_says_no_form_is_refused_before_anything_is_asked(tmp_path, place):
    files = [None] * 4
    files[place] = tmp_path / "file.exe"
    with pytest.raises(BadInput):
        check_files(*files)


def test_a_report_says_what_was_asked_and_found_and_a_picture_when(tmp_path):
    check_files(None, None, tmp_path / "when.svg", tmp_path / "report.txt")
    series = {"acme": {"2026-11": 2}, "globex": {"2026-11": 1}}
    write_picture(series, tmp_path / "when.svg")
    assert "2026-11" in (tmp_path / "when.svg").read_text()
    write_report(Question(advertisers={"acme", "globex"}), COUNTS, series, tmp_path / "report.txt")
    text = (tmp_path / "report.txt").read_text()
    for said in ("acme, globex", "3 people", "By country", "unknown"):
        assert said in text
    write_report(Question(advertisers={"acme"}), Counts(0, {}, {}, {}, {}, {}), {}, tmp_path / "none.txt")
    assert "0 people" in (tmp_path / "none.txt").read_text()
