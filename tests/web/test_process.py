"""One process of the service, as it is started: it is ready, answers by its own role, and ends when it is told."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

import solely as package
from solely.errors import SettingsError

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


@pytest.fixture
def manager(tmp_path):
    """A service manager's socket, as systemd has one: its address, and what it was told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "notify"))
        one.settimeout(20)
        yield {"NOTIFY_SOCKET": str(tmp_path / "notify")}, lambda: one.recv(100)


def test_a_trial_serves_all_compartments_in_one_process_until_ctrl_c(fresh):
    with started(fresh) as (process, port):
        assert status(port) == 204
        code, lines = ended(process, signal.SIGINT)
    assert code == 0
    assert [line["event"] for line in lines] == ["ready", "drained", "ended"]
    assert {line["compartment"] for line in lines} == {"all"}
    assert not (fresh / "postgres" / "postmaster.pid").exists()


def test_one_compartment_serves_with_its_own_key_file_alone(fresh, manager):
    for path in (fresh / "keys").glob("*.key"):
        if path.stem != "measurement":
            path.unlink()
    named, told = manager
    with started(fresh, "--compartment", "measurement", **named) as (process, port):
        assert told() == b"READY=1"
        assert status(port) == 204
        assert status(port, "/nothing") == 404
        code, lines = ended(process)
    assert code == 0
    events = [line["event"] for line in lines if "root" not in line["event"]]
    assert events == ["ready", "request", "drained", "ended"]
    assert any("root" in line["event"] for line in lines) == (os.geteuid() == 0)
    assert {line["compartment"] for line in lines} == {"measurement"}


def test_traces_are_sent_where_the_setting_says_and_slow_nobody_down(fresh):
    said = []

    class Gatherer(BaseHTTPRequestHandler):
        def do_POST(self):
            said.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Gatherer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}"
        with started(fresh, "--compartment", "service", SOLELY_TELEMETRY_OTEL_ENDPOINT=at) as (process, port):
            assert status(port) == 204
            code, _ = ended(process)
        server.shutdown()
    assert code == 0
    assert b"GET /health/ready" in said[0]


def test_without_opentelemetry_the_setting_is_an_error_that_says_what_to_install(fresh):
    missing = fresh.parent / "missing" / "opentelemetry" / "sdk"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ImportError")
    path = f"{missing.parent.parent}:{SOURCE}"
    settings = {"SOLELY_TELEMETRY_OTEL_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": path}
    with started(fresh, "--compartment", "service", **settings) as (process, port):
        _, told = process.communicate(timeout=30)
    assert port is None
    assert process.returncode == SettingsError.exit_code
    assert "telemetry.otel-endpoint" in told
    assert "solely[telemetry]" in told.replace("\n", "")


def test_told_to_end_while_it_starts_it_leaves_no_database_behind(fresh):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "SOLELY_LISTEN_PORT": "0"}
    command = [sys.executable, "-m", "solely", "serve", "--dir", str(fresh)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        while not (fresh / "postgres" / "postmaster.pid").exists():
            assert process.poll() is None
            time.sleep(0.001)
        process.terminate()
        process.communicate(timeout=60)
    end = time.monotonic() + 30
    while (fresh / "postgres" / "postmaster.pid").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not (fresh / "postgres" / "postmaster.pid").exists()
