"""`solely serve`: what it is told wrongly is told back clearly, before anything is started."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import solely as package
from solely.cli.serve import serve
from solely.errors import BadInput, NotFound, SettingsError

SOURCE = str(Path(package.__file__).parent.parent)
NOWHERE = Path("nowhere")


@pytest.fixture(autouse=True)
def _settings(monkeypatch):
    monkeypatch.delenv("SOLELY_DIR", raising=False)
    monkeypatch.setenv("SOLELY_LISTEN_PORT", "0")


def test_what_is_wrong_is_told(monkeypatch):
    with pytest.raises(NotFound, match="no data directory named"):
        serve()
    with pytest.raises(BadInput, match="no such compartment"):
        serve("sales", directory=NOWHERE)
    monkeypatch.setenv("SOLELY_LISTEN_PROT", "1")
    with pytest.raises(SettingsError, match="no such setting"):
        serve(directory=NOWHERE)


def test_a_taken_port_is_told_before_anything_is_started(made):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "SOLELY_LISTEN_PORT": str(number)}
        command = [sys.executable, "-m", "solely", "serve", "--dir", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 7
    assert f"127.0.0.1:{number}: the port can't be had" in done.stderr
    assert not (made / "postgres" / "postmaster.pid").exists()
