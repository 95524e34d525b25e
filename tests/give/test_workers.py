"""Processes that prepare rows: none outlives its parent, one that dies is noticed, and no key goes through a pipe."""

import os
import signal
import time
from pathlib import Path

import pytest

import solely
from givings import ADS, NOW, intakes, notice, row
from solely.consent import COLUMNS
from solely.errors import Unavailable
from solely.give.rows import Batch, Rules, prepare
from solely.give.workers import Workers
from solely.purpose import read_policy

POLICY = read_policy(Path(solely.__file__).with_name("policy.toml").read_bytes())
INTAKES, _ = intakes(POLICY)
RULES = Rules(POLICY, {notice().name: notice()}, frozenset(), COLUMNS, NOW)


def batch(first, size=20):
    rows = [(number, [row(f"u{number}")[column] for column in COLUMNS]) for number in range(first, first + size)]
    return Batch(rows, {(f"u{number}", "advertising"): number.to_bytes(16, "big") for number, _ in rows})


def children():
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def alive(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_for(what):
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_they_prepare_as_this_process_does_and_hand_back_each_batch_under_its_own_promise():
    batches = [batch(first) for first in range(0, 200, 20)]
    with Workers(3, RULES, INTAKES) as workers:
        promises = [workers.prepare(one) for one in batches]
        done = [workers.result(promise) for promise in promises]
    assert [one.sheets for one in done] == [prepare(one, RULES, INTAKES).sheets for one in batches]


def test_they_are_gone_after():
    before = children()
    with Workers(2, RULES, INTAKES) as workers:
        workers.result(workers.prepare(batch(0)))
        assert len(children() - before) == 2
    assert children() == before


def test_they_end_although_a_batch_waits_when_its_giver_failed():
    before = children()

    def fail():
        with Workers(2, RULES, INTAKES) as workers:
            for first in range(20):
                workers.prepare(batch(first, 500))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert children() == before


def test_one_that_is_killed_is_noticed_and_its_batch_not_waited_for():
    before = children()
    with Workers(2, RULES, INTAKES) as workers:
        workers.result(workers.prepare(batch(0)))
        os.kill((children() - before).pop(), signal.SIGKILL)

        def go_on():
            while True:
                workers.result(workers.prepare(batch(0)))

        with pytest.raises(Unavailable, match="ended by itself"):
            go_on()


def test_ctrl_c_is_for_the_process_that_started_them():
    before = children()
    with Workers(2, RULES, INTAKES) as workers:
        workers.result(workers.prepare(batch(0)))
        for pid in children() - before:
            os.kill(pid, signal.SIGINT)
        assert workers.result(workers.prepare(batch(0))).rows == 20


def test_when_their_parent_is_killed_they_end_at_once():
    """Whatever they inherited of it (a database connection, the hold on the server) must not live on in them."""
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:  # pragma: no cover - another process
        before = children()
        workers = Workers(3, RULES, INTAKES)
        workers.result(workers.prepare(batch(0)))
        os.write(write, " ".join(map(str, children() - before)).encode())
        for first in range(1_000):
            workers.prepare(batch(first, 2_000))
        time.sleep(600)
        os._exit(0)
    os.close(write)
    pids = [int(pid) for pid in os.read(read, 1_000).split()]
    os.close(read)
    assert len(pids) == 3
    assert all(map(alive, pids))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    try:
        wait_for(lambda: not any(map(alive, pids)))
    finally:
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)


def test_what_goes_through_a_pipe_holds_no_key():
    import pickle  # noqa: PLC0415 - for this alone

    with pytest.raises(TypeError):
        pickle.dumps(INTAKES)
    assert ADS in str(pickle.loads(pickle.dumps(prepare(batch(0), RULES, INTAKES))).sheets[0].purpose)
