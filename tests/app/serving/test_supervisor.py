"""Processes are started in their order, started again when they die, drained, and ended, in a time."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import structlog

from solely.app.serving import supervisor as module
from solely.app.serving.child import Child
from solely.app.serving.log import open_log
from solely.app.serving.place import Place
from solely.app.serving.supervisor import Supervisor
from solely.errors import Unavailable

# A process as its supervisor has it, without what it is for
GOOD = """
import signal, sys, time
opened = done = False
def end(*_):
    global done
    done = True
    if not opened:
        sys.exit()
signal.signal(signal.SIGTERM, end)
print("settled", flush=True)
opened = sys.stdin.readline() == "open\\n"
if opened:
    print("ready", flush=True)
    while not done:
        time.sleep(0.01)
    time.sleep(DRAIN)
    print("drained", flush=True)
    sys.stdin.read()
print("over", NAME, file=sys.stderr)
"""
NAMES = ("security", "registry", "ledger")


class World:
    """Processes that are told what they are for, each started as often as it is asked for."""

    def __init__(self, folder):
        self.folder, self.programs, self.drains, self.started, self.children = folder, {}, {}, [], []
        self.kept = 0
        self.stream, self.order = io.StringIO(), folder / "order"

    def start(self, name):
        program = self.programs.get(name, GOOD).replace("DRAIN", str(self.drains.get(name, 0)))
        place = Place(self.folder, name, "127.0.0.1", 0)
        with self.order.open("ab") as order:
            process = subprocess.Popen(
                [sys.executable, "-S", "-c", program.replace("NAME", repr(name))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=order, start_new_session=True,
            )  # fmt: skip
        self.started.append(name)
        self.children.append(Child(place, process))
        return self.children[-1]

    def keep(self):
        """The database, which died as often as a test says, and did not come back before."""
        self.kept += 1
        if self.kept == 1:
            raise Unavailable("it does not start")
        return self.kept == 2

    def newest(self, name):
        return [child for child in self.children if child.place.name == name][-1]

    def lines(self):
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def run(self, then, drain=5.0):
        """Run all; once they serve `then` is called beside, in the end of which all are told to end."""
        log, closed = open_log(self.stream, "supervisor", "info"), []
        threads = []

        def beside():
            try:
                then()
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        def ready():
            threads.append(threading.Thread(target=beside))
            threads[0].start()

        try:
            Supervisor(self.start, NAMES, log, drain=drain, close=lambda: closed.append(True), keep=self.keep).run(
                ready
            )
        finally:
            for thread in threads:
                thread.join()
        assert closed == [True]


@pytest.fixture
def world(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    made = World(tmp_path)
    yield made
    structlog.reset_defaults()
    assert signal.getsignal(signal.SIGTERM) == before
    for child in made.children:
        assert child.code is not None, "a process was left"


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_ledger_s_comes_first_and_ends_last_and_all_end_well(world):
    world.run(lambda: None)
    assert world.started[0] == "ledger"
    assert sorted(world.started) == sorted(NAMES)
    assert [child.code for child in world.children] == [0, 0, 0]
    assert world.order.read_text().split()[-1] == "ledger"
    events = [line["event"] for line in world.lines()]
    assert events == ["started", "started", "started", "ready", "draining", "ended"]


def test_one_that_is_killed_is_started_again_at_once_and_told_to_serve(world):
    def kill():
        first = world.newest("security")
        first.tell(signal.SIGKILL)
        until(lambda: world.newest("security") is not first and "ready" in world.newest("security").said, 5)

    world.run(kill)
    assert world.started.count("security") == 2
    died = [line for line in world.lines() if line["event"] == "died"]
    assert [(line["process"], line["code"], line["again_in"]) for line in died] == [("security", -9, 0.2)]


def test_one_that_keeps_dying_is_waited_for_longer_each_time_and_the_others_go_on(world):
    def break_it():
        world.programs["registry"] = "import sys; sys.exit(7)"
        world.newest("registry").tell(signal.SIGKILL)
        until(lambda: world.started.count("registry") == 4)

    world.run(break_it)
    waits = [line["again_in"] for line in world.lines() if line["event"] == "died"]
    assert waits[:3] == [0.2, 0.4, 0.8]
    assert [world.started.count(name) for name in ("security", "ledger")] == [1, 1]


def test_all_have_drained_before_any_may_end(world):
    world.drains["security"] = 0.5
    world.run(lambda: None)
    assert [child.code for child in world.children] == [0, 0, 0]
    assert world.order.read_text().split()[-1] == "ledger"


def test_one_that_does_not_end_is_killed_and_holds_nobody_up(world, monkeypatch):
    monkeypatch.setattr(module, "_LAST", 0.3)
    world.drains["registry"] = 60
    began = time.monotonic()
    world.run(lambda: None, drain=0.2)
    assert time.monotonic() - began < 10
    assert world.newest("registry").code == -signal.SIGKILL
    assert [line["process"] for line in world.lines() if line["event"] == "killed"] == ["registry"]


def test_the_database_is_looked_after_however_it_fares(world, monkeypatch):
    monkeypatch.setattr(module, "_EVERY", 0.05)
    world.run(lambda: until(lambda: world.kept > 3))
    told = [line["event"] for line in world.lines() if "database" in line["event"]]
    assert told == ["the database does not start", "the database died, and was started again"]


@pytest.mark.parametrize("name", ["ledger", "security"])
def test_one_that_does_not_come_up_is_told_and_all_are_ended(world, name):
    world.programs[name] = "import sys; sys.exit(6)"
    with pytest.raises(Unavailable, match=f"the process of {name} did not come up") as caught:
        world.run(lambda: None)
    assert caught.value.where == str(world.folder / "log" / f"{name}.log")
    assert ("security" in world.started) == (name == "security")


def test_one_that_never_settles_is_not_waited_for_without_end(world, monkeypatch):
    monkeypatch.setattr(module, "_UP", 0.3)
    world.programs["security"] = "import sys; sys.stdin.read()"
    with pytest.raises(Unavailable, match="the process of security did not come up"):
        world.run(lambda: None)


def test_told_to_end_while_it_comes_up_it_ends(world):
    world.programs["security"] = "import os, signal, sys; os.kill(os.getppid(), signal.SIGTERM); sys.stdin.read()"
    world.run(lambda: pytest.fail("it was never ready"))
    assert "ended" in [line["event"] for line in world.lines()]
