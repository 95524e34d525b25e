"""Where a table may be, and what is refused."""

import hashlib
import subprocess

import pytest

from solely.answer.audit.place import Files, Postgres, Remote, read_place
from solely.errors import BadInput


def test_a_folder_is_its_parquet_files_and_without_any_its_csv_files(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.csv", "a.csv.gz", "_SUCCESS", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    assert [path.name for path in read_place(str(tmp_path)).paths] == ["a.csv.gz", "b.csv"]
    (tmp_path / "deep" / "part-0.parquet").write_text("x")
    place = read_place(str(tmp_path))
    assert (place.parquet, [path.name for path in place.paths]) == (True, ["part-0.parquet"])


def test_a_pattern_is_the_files_that_fit_it(tmp_path):
    for name in ("a1.csv", "a2.csv", "b.csv"):
        (tmp_path / name).write_text("x")
    assert [path.name for path in read_place(f"{tmp_path}/a*.csv").paths] == ["a1.csv", "a2.csv"]


@pytest.mark.parametrize("names", [(), ("a.csv", "b.parquet"), ("[a].csv", "b.csv")])
def test_what_is_no_one_table_is_refused(names, tmp_path):
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(BadInput) as caught:
        read_place(f"{tmp_path}/*")
    assert caught.value.cure


def test_the_digest_of_files_is_that_of_what_sha256sum_prints(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").write_text("y")
    assert read_place(str(tmp_path / "a.csv")).digest() == hashlib.sha256(b"x").hexdigest()
    printed = subprocess.run(["sha256sum", "a.csv", "b.csv"], cwd=tmp_path, capture_output=True, check=True).stdout
    assert read_place(str(tmp_path)).digest() == hashlib.sha256(printed).hexdigest()
    with pytest.raises(BadInput, match="can't be opened"):
        Files("gone", (tmp_path / "gone.csv",)).digest()


def test_a_url_names_a_table_or_a_file_with_a_select(tmp_path):
    (tmp_path / "q.sql").write_text("SELECT 1;\n")
    table, select = read_place("postgres://h/db?table=s.t"), read_place(f"postgresql://h/db?sql={tmp_path}/q.sql")
    assert (table.select, select.select) == ("SELECT * FROM s.t", "SELECT 1")
    assert isinstance(table, Postgres)
    assert read_place("s3a://bucket/day/contacts.csv") == Remote("contacts.csv", "s3a://bucket/day/contacts.csv")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://h/db",
        "postgresql://h/db?table=a&sql=b",
        "postgresql://h/db?table=a;drop table b",
        "postgresql://h/db?table=a.b.c",
        "postgresql://h/db?sql=/nowhere.sql",
        "postgresql://h/db?nonsense",
        "postgresql://me:s3cret@h:port/db?table=a",
    ],
)
def test_other_urls_are_refused_with_a_cure_and_without_the_password(url):
    with pytest.raises(BadInput) as caught:
        read_place(url)
    assert caught.value.cure
    assert "s3cret" not in str(caught.value)
