"""`solely audit`: its options, its 80 columns, and that nothing a table holds is in an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from world import make_world

SOLELY = Path(sys.executable).parent / "solely"


@pytest.fixture(scope="module")
def legacy(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    make_world(out, 300, 5)
    return out / "legacy"


def run(legacy, *options, contacts="contacts.csv"):
    command = [SOLELY, "audit", "--contacts", legacy / contacts, "--audiences", legacy / "audiences.csv", *options]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80", "LC_ALL": "C.UTF-8", "HOME": str(legacy)}
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)


def test_it_fits_80_columns_and_names_what_it_wrote(legacy, tmp_path):
    done = run(legacy, "--report", tmp_path / "r.txt", "--subjects", tmp_path / "s.json")
    assert done.returncode == 0, done.stderr
    assert "people affected in all" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if not line.startswith("Written")) <= 80
    named = {row["subject"] for row in json.loads((tmp_path / "s.json").read_text())}
    assert f"{len(named)} people are affected" in (tmp_path / "r.txt").read_text()


def test_period_and_memory_are_read(legacy):
    done = run(legacy, "--json", "--from", "2021-01-01", "--to", "2022-01-01T00:00:00+0100", "--memory", "0.5GB")
    found = json.loads(done.stdout)
    assert found["question"]["to"] == "2022-01-01T00:00:00+01:00"
    assert {month[:4] for month in found["months"]} == {"2021"}
    assert found["audiences"]["outside_period"] > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--memory", "much"), "--memory: not a size of memory"),
        (("--memory", "1MB"), "--memory: not a size of memory"),
        (("--legal", "a="), "--legal: no lawful purpose"),
        (("--rule", "meta"), "--rule: no such rule"),
        (("--subjects", "named.txt"), "not a format for subjects"),
        (("--contact-column", "subject"), "a column is named as NAME=COLUMN"),
    ],
)
def test_what_it_cannot_do_it_says_with_a_cure(options, words, legacy):
    done = run(legacy, *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert "cure: " in done.stderr


def test_no_cell_is_in_an_error(legacy):
    head, first, rest = (legacy / "contacts.csv").read_text().split("\n", 2)
    subject, kind, _, purpose, *_ = first.split(",")
    (legacy / "bad.csv").write_text("\n".join([head, f"{subject},{kind},ada@secret.example,{purpose},soon,", rest]))
    done = run(legacy, contacts="bad.csv")
    assert done.returncode == 2
    assert "bad.csv, column given_at, readable row 1: not a date and time" in done.stderr
    assert "secret" not in done.stderr
    assert "soon" not in done.stderr


def test_a_password_in_the_url_is_in_no_message(legacy, tmp_path):
    url = "postgresql://me:hunter2secret@127.0.0.1:1/db?table=a"
    command = [str(SOLELY), "audit", "--contacts", url, "--audiences", str(legacy / "audiences.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert "hunter2secret" not in done.stdout + done.stderr
