"""Decisions of many threads: one batch serves all that wait, and what fails fails for those in it alone."""

import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest

from solely.advertising.decision import MOST, Decision
from solely.advertising.handle import write_handle
from solely.advertising.together import Together
from solely.errors import BadInput, Unavailable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HANDLES = [write_handle("advertising", UUID(int=n)) for n in range(MOST + 200)]


class Slow:
    """Decides; the first batch waits until all others stand in line."""

    def __init__(self, error=None):
        self.batches, self.go, self.begun, self.error = [], threading.Event(), threading.Event(), error

    def __call__(self, handles):
        self.batches.append(len(handles))
        if len(self.batches) == 1:
            self.begun.set()
            assert self.go.wait(30)
        if self.error and len(self.batches) == 2:
            raise self.error
        return [Decision(one, NOW, ()) for one in handles]


def ask_all(slow, handles):
    """Ask for each in a thread of its own; what each got."""
    together, found = Together(slow), {}

    def ask(handle):
        try:
            found[handle] = together.decide(handle).handle
        except Unavailable as error:
            found[handle] = error

    threads = [threading.Thread(target=ask, args=[one]) for one in handles]
    threads[0].start()
    assert slow.begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(together._waiting) < len(handles) - 1:
        pass
    slow.go.set()
    for thread in threads:
        thread.join()
    return found


def test_who_waits_is_served_by_one_batch():
    slow = Slow()
    found = ask_all(slow, HANDLES[:60])
    assert found == {one: one for one in HANDLES[:60]}
    assert slow.batches == [1, 59]


def test_a_batch_that_fails_fails_for_all_in_it_and_for_no_other():
    found = ask_all(Slow(Unavailable("the ledger does not answer")), HANDLES[:20])
    assert found.pop(HANDLES[0]) == HANDLES[0]
    assert {type(one) for one in found.values()} == {Unavailable}


def test_a_batch_has_no_more_than_one_may_have():
    slow = Slow()
    together = Together(slow)
    slow.go.set()
    together._waiting = [*map(_ticket, HANDLES)]
    assert together.decide(HANDLES[0]).handle == HANDLES[0]
    assert slow.batches == [MOST, 201]


def _ticket(handle):
    from solely.advertising.together import _Ticket  # noqa: PLC0415 - as if a thread had left it

    return _Ticket(handle)


def test_what_is_no_handle_waits_for_nobody():
    with pytest.raises(BadInput):
        Together(Slow()).decide("nobody")
