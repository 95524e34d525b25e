"""One process of the service, as it is started: it is ready, answers by its own role, and ends when it is told."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import solely as package

pytestmark = pytest.mark.server
SOURCE = str(Path(package.__file__).parent.parent)


@contextmanager
def started(directory, *options, **settings):
    """A process and its port, once it says where it serves."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "COLUMNS": "80", "SOLELY_DIR": str(directory)}
    environment |= {"SOLELY_LISTEN_PORT": "0"} | settings
    command = [sys.executable, "-m", "solely", "serve", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            said = process.stdout.readline()
            found = re.fullmatch(r"Serving http://127\.0\.0\.1:(\d+) until Ctrl-C\.\n", said)
            yield process, int(found[1]) if found else None
        finally:
            process.kill()


def status(port, path="/health/ready"):
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=20).status_code


def ended(process, number=signal.SIGTERM):
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    return process.returncode, [json.loads(line) for line in told.splitlines()]


def test_a_trial_serves_all_compartments_in_one_process_until_ctrl_c(fresh):
    with started(fresh) as (process, port):
        assert status(port) == 204
        code, lines = ended(process, signal.SIGINT)
    assert code == 0
    assert [line["event"] for line in lines] == ["ready", "drained", "ended"]
    assert {line["compartment"] for line in lines} == {"all"}
    assert not (fresh / "postgres" / "postmaster.pid").exists()


def test_one_compartment_serves_with_its_own_key_file_alone(fresh):
    for path in (fresh / "keys").glob("*.key"):
        if path.stem != "measurement":
            path.unlink()
    with started(fresh, "--compartment", "measurement") as (process, port):
        assert status(port) == 204
        assert status(port, "/nothing") == 404
        code, lines = ended(process)
    assert code == 0
    assert [line["event"] for line in lines] == ["ready", "request", "drained", "ended"]
    assert {line["compartment"] for line in lines} == {"measurement"}
