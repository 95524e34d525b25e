"""`solely assurance`, as a person runs it: readable in 80 columns, one object, a report or none."""

import json
import sys

import pytest
from rich.cells import cell_len

from directories import copied
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.cli import main
from solely.store import server
from solely.store.database import Database

pytestmark = pytest.mark.server


@pytest.fixture
def here(monkeypatch, capsys):
    """The command in this process: exit code, output, errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["solely", "assurance", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


def test_it_reads_in_80_columns_and_ends_with_what_was_verified(solely, here):
    code, out, _ = here("--dir", solely.directory)
    assert code == 0
    lines = out.rstrip().split("\n")
    assert max(cell_len(line) for line in lines if not line.startswith("Verified")) <= 80
    assert lines[-2].startswith("Verified: ")
    assert "not built" in out
    assert lines[-1] == "--report FILE or --json: the tests by name, and the register of processing."


def test_as_json_it_is_one_object(solely, here):
    code, out, _ = here("--dir", solely.directory, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["ledger"]["verified"]
    assert [law["name"][:7] for law in told["laws"]] == ["General", "Federal", "Federal"]


@pytest.mark.parametrize("suffix", ["html", "pdf", "txt"])
def test_a_report_is_a_file_in_the_form_its_name_says(suffix, solely, here, tmp_path):
    path = tmp_path / f"report.{suffix}"
    code, out, _ = here("--dir", solely.directory, "--report", path)
    assert code == 0
    assert str(path) in out
    begins = {"html": b"<!doctype html>", "pdf": b"%PDF-", "txt": b"Assurance"}[suffix]
    assert path.read_bytes().startswith(begins)
    assert list(tmp_path.iterdir()) == [path]


def test_another_form_is_refused_before_the_ledger_is_verified(here, tmp_path):
    code, _, err = here("--dir", tmp_path / "nowhere", "--report", tmp_path / "report.docx")
    assert code == 2
    assert ".pdf" in err


def test_where_the_ledger_does_not_verify_there_is_no_report(made, here, tmp_path):
    directory = copied(made, tmp_path / "data")
    with Solely(directory, signs=False) as solely:
        solely.note_policy()
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            connection.execute("UPDATE ledger.entries SET body = overlay(body PLACING 'x' FROM 40)")
    path = tmp_path / "report.html"
    path.write_text("what was there")
    code, out, err = here("--dir", directory, "--report", path)
    assert (code, out) == (6, "")
    assert "ledger" in err
    assert path.read_text() == "what was there"
