"""`solely affected` and `solely uses` as commands: what is printed, what --json says, which files there are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acts import ADS, Platform
from solely.store.server import running

SOLELY = Path(sys.executable).with_name("solely")
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function: run a command on a platform with three people, two of them used."""
    folder = tmp_path_factory.mktemp("platform")
    with Platform.made(folder) as platform:
        values = ["ann@example.com", "bob@example.com"]
        platform.give([("ann", ADS, values[0], "v1", "DE"), ("bob", ADS, values[1], "v2", None)])
        platform.give([("cem", ADS, "cem@example.com", "v1", None)])
        platform.match(values, "acme", "summer")
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}

    def run(*arguments, code=0):
        command = [str(SOLELY), *map(str, arguments), "--dir", str(folder / "data")]
        environment = {**keep, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.folder = folder
    with running(folder / "data" / "postgres"):  # kept up between commands, so that they are quick
        yield run


def test_affected_prints_counts_and_writes_each_file_that_is_asked_for(run):
    files = {"--counts": "c.csv", "--subjects": "s.json", "--picture": "p.svg", "--report": "r.html"}
    said = run("affected", "--advertiser", "acme", *(part for pair in files.items() for part in pair))
    for words in ("2 people affected.", "acme/summer", "unknown", "2 listed in s.json"):
        assert words in said
    assert all((run.folder / name).stat().st_size for name in files.values())
    listed = json.loads((run.folder / "s.json").read_text())
    assert sorted(one["subject"] for one in listed) == ["ann", "bob"]


def test_affected_as_json_has_the_question_and_all_counts(run):
    told = json.loads(run("affected", "--notice", f"{ADS}/v2", "--from", "2030-01-01", "--json"))
    assert told["question"] == {"notices": [f"{ADS}/v2"], "since": "2030-01-01T00:00:00+00:00"}
    assert (told["people"], told["by_advertiser"], told["by_country"]) == (1, {"acme": 1}, {"unknown": 1})


def test_givings_are_read_from_a_file_an_id_a_line(run):
    told = json.loads(run("uses", "ann", "--json"))
    (run.folder / "ids").write_text(told["givings"][0]["giving"] + "\n")
    assert json.loads(run("affected", "--givings", "ids", "--json"))["people"] == 1
    for text, code in (("", 2), ("ann", 2)):
        (run.folder / "ids").write_text(text)
        run("affected", "--givings", "ids", code=code)
    run("affected", "--givings", "nowhere", code=4)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 2),
        (["--from", "yesterday"], 2),
        (["--advertiser", "nobody"], 4),
        (["--advertiser", "acme", "--subjects", "s.exe"], 2),
        (["--audience", "summer"], 2),
    ],
)
def test_what_can_t_be_answered_is_said_and_has_its_exit_code(run, options, code):
    said = run("affected", *options, code=code)
    assert said.startswith("solely: ")
    assert "cure: " in said


def test_uses_prints_givings_and_acts_and_its_proofs_verify_with_the_key_alone(run):
    said = run("uses", "ann", "--receipts", "proofs")
    for words in ("tailored-audiences", "acme, audience", "you withdraw", "proofs in proofs."):
        assert words in " ".join(said.split())
    told = json.loads(run("uses", "ann", "--json"))
    assert [act["what"] for act in told["acts"]][:2] == ["giving", "use"]
    key = run.folder / "data" / "ledger" / "verifier.key"
    for member in sorted((run.folder / "proofs").glob("*.member")):
        entry = member.with_suffix(".tlog-proof")
        command = [SOLELY, "ledger", "verify", "--receipt", entry, "--member", member, "--key", key]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Verified" in done.stdout
    run("uses", "ann", "--receipts", "proofs", code=5)
    run("uses", "nobody", code=4)
