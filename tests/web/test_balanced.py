"""Two processes of a compartment behind a balancer are one service; one killed under load costs nobody an answer."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from balancers import balanced
from deployed import BASE
from killing import Asker, Record, faults, keys_of, verified

pytestmark = [pytest.mark.server, pytest.mark.slow]
NAMES = ("ledger", "registry", "registry", "security", "security")
SOON = {"SOLELY_LIMITS_REQUEST_SECONDS": "1"}  # what a killed one had begun is taken up after twice as long
BEFORE, AFTER, LAST = 1.0, 1.0, 20.0  # seconds


def _started(directory, name):
    return subprocess.Popen(
        [sys.executable, "-m", "solely", "serve", "--compartment", name, "--dir", str(directory)],
        env=BASE | SOON, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def _port(process):
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise AssertionError("it does not serve")


def test_one_of_two_is_killed_and_every_request_is_answered_and_done_once(fresh):
    keys, record = keys_of(fresh), Record()
    with ExitStack() as stack:
        processes = [stack.enter_context(_started(fresh, name)) for name in NAMES]
        stack.callback(lambda: [process.terminate() for process in processes])
        ports = {name: [] for name in NAMES}
        for name, process in zip(NAMES, processes, strict=True):
            ports[name].append(_port(process))
        balancers = {name: stack.enter_context(balanced(ports[name])) for name in ("registry", "security")}
        askers = [Asker(f"asker{n}", balancers, keys, record) for n in range(4)]
        for asker in askers:
            asker.start()
        time.sleep(BEFORE)
        for place in (1, 3):
            os.kill(processes[place].pid, signal.SIGKILL)
        time.sleep(AFTER)
        for asker in askers:
            asker.over.set()
            asker.last = time.monotonic() + LAST
        for asker in askers:
            asker.join()
    assert record.given_up == 0
    assert not record.others
    assert len(record.givings) > 4
    assert len(record.passed) > 4
    assert faults(fresh, record) == []
    assert verified(fresh)
