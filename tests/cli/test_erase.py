"""`solely erase`: nothing goes without a yes, and what went is gone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from givings import row, write
from solely.app import Solely

pytestmark = pytest.mark.server
SOLELY = Path(sys.executable).with_name("solely")


@pytest.fixture
def run(fresh, tmp_path):
    with Solely(fresh) as solely:
        solely.give_file(write(tmp_path / "given", [row("p1"), row("p2", "bob@example.com")]))

    def run(*words):
        environment = {"PATH": os.environ["PATH"], "SOLELY_DIR": str(fresh), "COLUMNS": "80"}
        return subprocess.run(
            [str(SOLELY), *words],
            capture_output=True,
            text=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


def test_without_a_yes_nothing_is_erased(run):
    asked = run("erase", "p1")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    assert json.loads(run("withdraw", "p1", "--purpose", "tailored-audiences", "--json").stdout) == {"ended": 1}


def test_who_is_erased_is_not_known_any_more_and_others_are(run):
    assert run("erase", "p1", "--yes").stdout == "Erased.\n"
    for again in (run("erase", "p1", "--yes"), run("withdraw", "p1", "--purpose", "tailored-audiences")):
        assert (again.returncode, "p1" in again.stderr) == (4, False)
    assert json.loads(run("withdraw", "p2", "--purpose", "tailored-audiences", "--json").stdout) == {"ended": 1}
    assert run("ledger", "verify").returncode == 0
