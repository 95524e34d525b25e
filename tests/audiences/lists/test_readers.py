"""Readers' processes: forked from one that is begun when needed, ended when left, standing back for others."""

import os
import signal
import sys
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Timer

import pytest

from solely.audiences.lists import readers
from solely.audiences.lists.readers import Readers
from solely.errors import Unavailable

REQUEST = '{"bounds": {}, "encoding": null, "columns": {}, "header": null, "country": null, "rejects": false}'
LIST = "email\n" + "".join(f"user{n}@example.com\n" for n in range(1_000))


@pytest.fixture(scope="module")
def begun():
    """Readers with one zygote for all tests here, except where a test ends it."""
    begun = Readers()
    yield begun
    begun.renew()


@pytest.fixture
def reading(begun, tmp_path, reader_of):
    """A function: a reader at work, and its process: of a list, or of a pipe that stays open and says nothing."""
    numbers = count()
    with ExitStack() as ends:

        def start(data=None):
            if data is None:
                listed, end = os.pipe()
                ends.callback(os.close, end)
            else:
                path = tmp_path / f"list {next(numbers)}"  # each its own: another may be at work on the last
                path.write_text(data)
                listed = os.open(path, os.O_RDONLY)
            one = ends.enter_context(begun.started(REQUEST, ends.enter_context(os.fdopen(listed, "rb"))))
            return one, reader_of(begun) if data is None else None

        yield start


def gone(process):
    return not Path(f"/proc/{process}").exists()


def test_a_reader_says_what_its_list_holds_and_that_it_ended_well(reading):
    one, _ = reading(LIST)
    assert one.said.read().startswith(b"D")
    assert one.ended() == 0


def test_a_reader_that_is_left_is_ended(begun, reader_of, until):
    quiet, end = os.pipe()
    with os.fdopen(quiet, "rb") as listed, begun.started(REQUEST, listed):
        process = reader_of(begun)
        assert not gone(process)
    until(lambda: gone(process))
    os.close(end)


def test_how_a_reader_was_ended_is_told(reading):
    one, process = reading()
    os.kill(process, signal.SIGKILL)
    assert one.said.read() == b""
    assert one.ended() == -signal.SIGKILL


def test_it_stands_back_where_others_want_the_processor(reading):
    _, process = reading()
    assert os.getpriority(os.PRIO_PROCESS, process) == min(19, os.nice(0) + 10)


def test_many_read_at_once_from_one_zygote(reading, begun):
    zygote = begun._zygote
    several = [reading(LIST)[0] for _ in range(8)]
    assert len({one.said.read() for one in several}) == 1
    assert begun._zygote is zygote


def test_a_zygote_that_somebody_ended_is_begun_anew(reading, begun):
    reading(LIST)
    ended = begun._zygote._process
    ended.kill()
    ended.wait()
    one, _ = reading(LIST)
    assert one.said.read().startswith(b"D")
    assert begun._zygote._process.pid != ended.pid


def test_a_list_that_waited_for_a_zygote_that_was_ended_is_read_from_the_next(reading, begun):
    reading(LIST)[0].said.read()
    ended = begun._zygote._process
    ended.send_signal(signal.SIGSTOP)
    killing = Timer(0.3, ended.kill)
    killing.start()
    one, _ = reading(LIST)
    assert one.said.read().startswith(b"D")
    assert ended.returncode == -signal.SIGKILL
    killing.join()


@pytest.mark.parametrize("program", ["pass", "import time; time.sleep(600)"])
def test_a_zygote_that_cannot_serve_is_told_of_as_such(program, monkeypatch):
    monkeypatch.setattr(readers, "_BEGINNING", 0.5)
    begun = Readers((sys.executable, "-I", "-S", "-c", program))
    with Path(os.devnull).open("rb") as listed, pytest.raises(Unavailable, match="no process could be begun"):
        begun.started(REQUEST, listed).__enter__()
    assert begun._zygote is None


def test_a_zygote_serves_for_so_many_lists(reading, begun, monkeypatch):
    reading(LIST)
    process, begun._zygote.lists = begun._zygote._process, readers._LISTS
    one, _ = reading(LIST)
    assert one.said.read().startswith(b"D")
    assert process.returncode == -signal.SIGKILL
    assert begun._zygote.lists == 1


def test_a_reader_at_work_goes_on_when_the_zygote_ends(reading, begun):
    one, process = reading()
    begun.renew()
    assert not gone(process)
    os.kill(process, signal.SIGABRT)
    assert one.ended() == -signal.SIGABRT
