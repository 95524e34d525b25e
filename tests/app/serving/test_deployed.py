"""The service as it is deployed: each process is given its own and no more, comes back, drains, and ends."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from deployed import BASE, deployed
from givings import SECURITY
from people import App
from solely.app.serving.place import ACCOUNTS, GROUP, SENDERS
from solely.client import Client, Notice
from solely.errors import Conflict, Unavailable
from solely.links.table import PROCESSES
from solely.store import server
from solely.web.server import reserve

pytestmark = pytest.mark.server
ROOT = os.geteuid() == 0


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def ready(url):
    try:
        return httpx.get(f"{url}/health/ready", timeout=10).status_code == 204
    except httpx.HTTPError:
        return False


def status(pid):
    return dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines())


def alive(pid):
    try:
        return status(pid)["State"][0] != "Z"
    except FileNotFoundError:
        return False


def test_each_compartment_is_served_by_a_process_of_its_own(service):
    assert list(service.urls) == list(PROCESSES)
    assert all(ready(url) for url in service.urls.values())
    assert len(set(service.pids().values())) == len(PROCESSES)


@pytest.mark.skipif(not ROOT, reason="only root can give processes users of their own")
def test_each_is_a_user_of_its_own_with_no_right_of_root_s(service):
    for name, pid in service.pids().items():
        found = status(pid)
        assert found["Uid"].split() == [str(ACCOUNTS[name])] * 4
        assert found["Gid"].split() == [str(GROUP)] * 4
        assert service.groups(name) == ([SENDERS] if name in {"security", "service"} else [])
        assert (found["CapEff"], found["NoNewPrivs"]) == ("0" * 16, "1")
        core = [line.split()[4:6] for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if "core" in line]
        assert core == [["0", "0"]]
        assert Path(f"/proc/{pid}/environ").stat().st_uid == 0  # of one that is not dumpable


@pytest.mark.skipif(not ROOT, reason="what another process has in memory is root's alone to see")
def test_none_has_in_memory_what_others_need(service):
    """Arrow is for advertising's index, Typst for who prints."""
    for name, pid in service.pids().items():
        mapped = Path(f"/proc/{pid}/maps").read_text()
        assert "psycopg" in mapped
        assert "typst" not in mapped
        assert name == "advertising" or "libarrow" not in mapped


@pytest.mark.skipif(not ROOT, reason="another process's environment is root's alone to read")
def test_each_has_its_own_passphrase_in_its_environment_and_how_to_take_memory_and_nothing_of_others(service):
    for name, pid in service.pids().items():
        found = Path(f"/proc/{pid}/environ").read_text().split("\0")
        passphrases = [part.partition("=")[0] for part in found if "PASSPHRASE" in part]
        assert passphrases == ([f"SOLELY_PASSPHRASE_{name.upper()}"] if name in {"security", "advertising"} else [])
        assert not any("ELSEWHERE" in part for part in found)
        assert "GLIBC_TUNABLES=glibc.malloc.tcache_count=0" in found  # as child.py says why


@pytest.mark.skipif(not ROOT, reason="another process's files are root's alone to list")
def test_each_has_its_own_log_and_socket_and_no_other_s_file(service):
    for name, pid in service.pids().items():
        found = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
        files = {one for one in found if one.startswith(str(service.directory))}
        assert str(service.directory / "log" / f"{name}.log") in files
        assert all(f"/{name}" in one or one == str(service.directory) for one in files)


def test_its_log_is_json_with_its_name_and_its_file_is_its_own(service):
    for name in PROCESSES:
        assert {line["compartment"] for line in service.log(name)} == {name}
        assert {"time", "level", "event"} <= service.log(name)[0].keys()
        assert stat.S_IMODE((service.directory / "log" / f"{name}.log").stat().st_mode) == 0o600


def key_of(service, home):
    """A key of a platform's backend, as the operator makes one while all are at work."""
    environment = BASE | {"SOLELY_DIR": str(service.directory), "SOLELY_PASSPHRASE_SECURITY": "correct horse"}
    add = [sys.executable, "-m", "solely", "principal", "add", "backend", "--kind", "service", "--compartment", home]
    done = subprocess.run([*add, "--json"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)["key"]


def test_a_platform_gives_a_contact_and_has_it_proved_each_by_the_process_that_is_asked(service):
    keys = [key_of(service, home) for home in ("registry", "security")]
    with Client(service.urls, *keys) as client:
        given = client.give("ana", "email", "ana@example.com", SECURITY, Notice(version="1", text="To sign you in."))
        assert [one.giving for one in client.givings("ana")] == [given.giving]
        begun = client.enrol("ana", "totp", account="ana")
        client.answer("ana", begun.challenge, App(begun.uri).code(datetime.now(UTC)), begun.factor)
        assert [one.state for one in client.factors("ana")] == ["active"]
        client.withdraw("ana", SECURITY)
    routes = {name: {line.get("route") for line in service.log(name)} for name in ("registry", "security")}
    assert "/v1/subjects/{subject}/givings" in routes["registry"] - routes["security"]
    assert "/v1/subjects/{subject}/factors" in routes["security"] - routes["registry"]
    for name in PROCESSES:
        assert "ana" not in (service.directory / "log" / f"{name}.log").read_text().replace("advertising", "")


def test_one_that_is_killed_comes_back_at_its_port_and_who_asked_meanwhile_is_answered(service):
    first, left = service.pid("measurement"), service.directory / "tmp" / "measurement" / "left"
    (left / "deep").mkdir(parents=True)
    (left.parent / "link").symlink_to(service.directory / "policy.toml")
    os.kill(first, signal.SIGKILL)
    assert ready(service.urls["measurement"])  # its socket is its supervisor's: who asks waits
    assert service.pid("measurement") != first
    assert list(left.parent.iterdir()) == []  # what the killed one left there is gone
    assert (service.directory / "policy.toml").exists()
    until(lambda: [line["event"] for line in service.lines() if line["event"] == "died"] == ["died"])


def test_the_database_comes_back_too(service):
    postmaster = int((service.directory / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    until(lambda: any("database died" in line["event"] for line in service.lines()))
    until(lambda: ready(service.urls["security"]))
    assert {name: alive(pid) for name, pid in service.pids().items()} == dict.fromkeys(PROCESSES, True)


def test_two_do_not_serve_one_directory(service):
    command = [sys.executable, "-m", "solely", "serve", "--split", "--dir", str(service.directory)]
    done = subprocess.run(command, env=BASE, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == Conflict.exit_code
    assert "it is served already" in done.stderr
    assert ready(service.urls["security"])


def test_a_port_that_is_taken_is_told_and_nothing_is_started(fresh):
    with reserve(0) as taken:
        port = taken.getsockname()[1] - 2  # that of the second compartment
        environment = BASE | {"SOLELY_LISTEN_PORT": str(port)}
        command = [sys.executable, "-m", "solely", "serve", "--split", "--dir", str(fresh)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == Unavailable.exit_code
    assert "the port can't be had" in done.stderr
    assert not (fresh / "log").exists()


@pytest.mark.long
def test_all_end_when_their_supervisor_is_killed_and_the_next_drains_without_losing_an_answer(fresh):
    with deployed(fresh) as killed:
        pids = killed.pids()
        killed.process.kill()
        until(lambda: not any(alive(pid) for pid in pids.values()))
    with deployed(fresh, SOLELY_LOG_LEVEL="debug") as found:  # which finds the database at work, and takes it over
        asking = Asking(found.urls["advertising"])
        until(lambda: asking.answered > 20)
        began = time.monotonic()
        found.process.terminate()
        assert found.process.wait(30) == 0
        assert time.monotonic() - began < 15
        asking.end()
        begun = [line["status"] for line in found.log("advertising") if line["event"] == "request"]
        assert len(begun) == asking.answered  # whoever was not begun with was refused, or left before a word
        assert asking.refused > 0
        assert not any(alive(pid) for pid in found.pids().values())
        assert [line["event"] for line in found.lines()][-2:] == ["draining", "ended"]
    assert not (fresh / "postgres" / "postmaster.pid").exists()
    with server.running(fresh / "postgres"):
        pass


class Asking:
    """Asks without end, in threads: how many were answered, and how many were not."""

    def __init__(self, url):
        self.url, self.answered, self.refused, self._over, self._lock = url, 0, 0, False, threading.Lock()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def _ask(self):
        with httpx.Client(timeout=20) as client:
            while not self._over:
                try:
                    client.get(f"{self.url}/health/ready")
                except httpx.HTTPError:
                    self.refused += 1
                    time.sleep(0.02)
                else:
                    with self._lock:
                        self.answered += 1

    def end(self):
        self._over = True
        for thread in self._threads:
            thread.join()
