"""`solely keys …`, run as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from givings import give
from solely.app import Solely

pytestmark = pytest.mark.server
SOLELY = Path(sys.executable).with_name("solely")


def run(directory, *words, **environment):
    return subprocess.run(
        [SOLELY, "keys", *words, "--dir", directory], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "COLUMNS": "80", **environment},
    )  # fmt: skip


def ask(directory, *words):
    done = run(directory, *words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_key_goes_from_its_rotation_to_its_destruction(fresh):
    with Solely(fresh) as solely:
        give(solely.desk, "u1")
    purpose = "tailored-audiences"
    assert ask(fresh, "rotate", purpose, "token")["primary"] == 2
    refused = run(fresh, "destroy", purpose, "token", "1")
    assert (refused.returncode, "1 rows need key 1" in refused.stderr) == (5, True)
    assert ask(fresh, "reseal", purpose) == {"moved": 1, "purposes": {purpose: 1}}
    assert ask(fresh, "destroy", purpose, "token", "1")["destroyed"] == 1
    (state,) = [one for one in ask(fresh, "status")["keys"] if one["purpose"] == purpose]
    assert (state["number"], state["primary"], state["rows"]) == (2, True, 1)
    shown = run(fresh, "status")
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())


def test_a_pepper_is_rotated_by_a_command_that_says_when_passwords_go_to_it(fresh):
    done = run(fresh, "rotate", "passwords", "pepper")
    assert done.stdout == "passwords: key 2 is the primary. Each goes to it when it is next right.\n"
    assert ask(fresh, "destroy", "passwords", "pepper", "1")["destroyed"] == 1
    refused = run(fresh, "rotate", "two-factor", "pepper")
    assert (refused.returncode, "only passwords have peppers" in refused.stderr) == (2, True)


def test_the_drill_is_a_table_and_an_exit_code(fresh):
    done = run(fresh, "drill")
    assert (done.returncode, "failed" in done.stdout) == (0, False)
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    (fresh / "keys" / "service.key").write_text("{}")
    done = run(fresh, "drill")
    assert (done.returncode, "damaged" in done.stdout) == (6, True)


def test_files_are_wrapped_by_a_command(fresh):
    done = run(fresh, "rewrap", "--to", "vault")
    assert (done.returncode, "[vault]" in done.stderr) == (2, True)
    (fresh / "keys.toml").write_text('wrap = "none"\n')
    assert run(fresh, "rewrap", "--to", "passphrase", SOLELY_PASSPHRASE="correct horse").returncode == 0
    assert run(fresh, "status").returncode == 7
    assert run(fresh, "status", SOLELY_PASSPHRASE="correct horse").returncode == 0
