"""Whom it names, as a file in each format."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from solely.answer.audit.subjects import SCHEMA, check_subjects, write_subjects
from solely.errors import BadInput

ROWS = [
    ("u1", 'ac"me', "l", "2020-01", "email", "two-factor"),
    ("u2", "é", "l", "2020-02", "phone", "login-alert"),
]
TABLE = [dict(zip(SCHEMA.names, row, strict=True)) for row in ROWS]


def read(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".json":
        return json.loads(path.read_text())
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.mark.parametrize("name", ["s.csv", "s.parquet", "s.json"])
@pytest.mark.parametrize("rows", [TABLE, []])
def test_the_rows_are_written_whole_batch_by_batch(name, rows, tmp_path):
    write_subjects((pa.RecordBatch.from_pylist([row]) for row in rows), tmp_path / name)
    assert read(tmp_path / name) == rows
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_stops_half_way_leaves_what_was_there(tmp_path):
    def breaking():
        yield pa.RecordBatch.from_pylist(TABLE)
        raise RuntimeError

    (tmp_path / "s.csv").write_text("before")
    with pytest.raises(RuntimeError):
        write_subjects(breaking(), tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_another_format_is_refused_before_the_work(tmp_path):
    with pytest.raises(BadInput, match="not a format"):
        check_subjects(tmp_path / "s.xlsx")
