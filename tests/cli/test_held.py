"""`solely held`, `solely receipt`, `solely export`: what a person may see and take away, from a terminal."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from givings import ADS, row, write
from solely.app import Solely

pytestmark = pytest.mark.server
SOLELY = Path(sys.executable).with_name("solely")
ADDRESS = "ada@example.com"


@pytest.fixture
def run(fresh, tmp_path):
    with Solely(fresh) as solely:
        solely.give_file(write(tmp_path / "given", [row("p1"), row("p1", purpose="service-notice")]))

    def run(*words):
        environment = {"PATH": os.environ["PATH"], "SOLELY_DIR": str(fresh), "COLUMNS": "80"}
        environment |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return subprocess.run(
            [str(SOLELY), *words], capture_output=True, text=True, env=environment, check=False, cwd=tmp_path
        )

    return run


def test_what_is_held_is_told_in_words_that_fit_and_as_data(run):
    shown = run("held", "p1")
    assert shown.returncode == 0
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())
    for words in ("a•••@e•••.com", "not kept: only tokens", "What we use it for: service-notice.", "consent, explicit"):
        assert words in shown.stdout
    told = json.loads(run("held", "p1", "--json").stdout)
    assert {one["purpose"]["name"]: one["purpose"]["kept"] for one in told["givings"]} == {
        ADS: "tokens",
        "service-notice": "sealed",
    }
    assert ADDRESS not in shown.stdout + json.dumps(told)


def test_a_receipt_is_printed_or_written_with_its_proofs(run, tmp_path):
    giving = json.loads(run("held", "p1", "--json").stdout)["givings"][0]["giving"]
    printed = run("receipt", "p1", giving)
    assert json.loads(printed.stdout)["record_id"] == giving
    assert "rights.toml" in printed.stderr
    written = json.loads(run("receipt", "p1", giving, "--to", "mine", "--json").stdout)
    assert len(written["files"]) == 3
    assert (tmp_path / "mine" / f"{giving}.json").read_text() == printed.stdout
    assert run("receipt", "p1", giving, "--to", "mine").returncode == 5
    (proof,) = (tmp_path / "mine").glob("*.tlog-proof")
    key = tmp_path / "data" / "ledger" / "verifier.key"
    member = proof.with_suffix(".member")
    checked = run("ledger", "verify", "--receipt", str(proof), "--member", str(member), "--key", str(key))
    assert checked.returncode == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("held", "nobody"), 4),
        (("receipt", "p1", "no-id"), 2),
        (("receipt", "p1", "00000000-0000-0000-0000-000000000000"), 4),
        (("export", "nobody", "--to", "x.zip"), 4),
    ],
)
def test_what_is_not_there_is_an_error_with_its_code(run, tmp_path, words, code):
    done = run(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert not (tmp_path / "x.zip").exists()


def test_an_export_has_the_contact_in_the_clear_and_is_refused_where_a_file_is(run, tmp_path):
    done = run("export", "p1", "--to", "mine.zip")
    assert done.returncode == 0
    with zipfile.ZipFile(tmp_path / "mine.zip") as file:
        assert ADDRESS in file.read("data.json").decode()
        assert done.stdout == f"{len(file.namelist())} files in mine.zip.\n"
    assert run("export", "p1", "--to", "mine.zip").returncode == 5
