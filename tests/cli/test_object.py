"""`solely object`, `solely preferences`: an objection ends marketing and stays, through imports, until it is lifted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from givings import ADS, PARTNERS, row, write
from solely.app import Solely

pytestmark = pytest.mark.server
SOLELY = Path(sys.executable).with_name("solely")


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "given", [row("p1"), row("p1", purpose=PARTNERS), row("p2", "bob@example.com")])


@pytest.fixture
def run(fresh, file):
    with Solely(fresh) as solely:
        solely.give_file(file)

    def run(*words):
        environment = {"PATH": os.environ["PATH"], "SOLELY_DIR": str(fresh), "COLUMNS": "80"}
        environment |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return subprocess.run([str(SOLELY), *words], capture_output=True, text=True, env=environment, check=False)

    return run


def test_it_ends_marketing_and_an_import_does_not_bring_it_back(run, file):
    assert run("object", "p1").stdout == "The objection is recorded.\n2 givings ended.\n"
    assert run("object", "p1").stdout == "This objection stood already.\nNothing stood.\n"
    again = json.loads(run("give", str(file), "--import", "older", "--json").stdout)
    assert (again["given"], again["refused"]) == (0, {"objected": 2})
    told = json.loads(run("preferences", "p1", "--json").stdout)
    assert told["purposes"][ADS]["objects"]
    assert [(one["purpose"], one["choice"], one["source"]) for one in told["history"]] == [("*", "object", "person")]
    assert "objects" in run("preferences", "p2", "--json").stdout


def test_a_signal_is_lifted_only_by_who_was_told_of_it(run):
    assert json.loads(run("object", "p1", "--signal", "--json").stdout) == {
        "new": True,
        "ended": {ADS: 1, PARTNERS: 1},
    }
    refused = run("preferences", "p1", "--allow", ADS)
    assert (refused.returncode, "--told" in refused.stderr, "p1" in refused.stderr) == (3, True, False)
    lifted = run("preferences", "p1", "--allow", ADS, "--told")
    assert lifted.stdout.startswith("The objection is lifted.\n")
    assert all(len(line) <= 80 for line in lifted.stdout.splitlines())
    assert json.loads(run("object", "p1", "--signal", "--json").stdout) == {"new": False, "ended": {}}
    assert run("preferences", "p1", "--told").returncode == 2
