"""Decisions of many threads: one batch serves all that wait, and what fails fails for those in it alone."""

import threading
import time
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from solely.advertising.decision import MOST, Decision
from solely.advertising.handle import write_handle
from solely.advertising.together import Together
from solely.errors import BadInput, Unavailable
from solely.store import ledger

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HANDLES = [write_handle("advertising", UUID(int=n)) for n in range(MOST + 200)]


class Slow:
    """Decides; the first batch waits until it may go on. `errors`: by the number of a batch, from 1."""

    def __init__(self, errors=None):
        self.batches, self.errors = [], errors or {}
        self.go, self.begun = threading.Event(), threading.Event()

    def __call__(self, handles):
        self.batches.append(list(handles))
        if len(self.batches) == 1:
            self.begun.set()
            assert self.go.wait(30)
        if error := self.errors.get(len(self.batches)):
            raise error
        return [Decision(one, NOW, ()) for one in handles]


class Asking(threading.Thread):
    """One thread that asks for some handles, one after the other; `found` is what each got."""

    def __init__(self, together, *handles):
        super().__init__(name=handles[0], daemon=True)
        self.together, self.handles, self.found = together, handles, []
        self.start()

    def run(self):
        for one in self.handles:
            try:
                self.found.append(self.together.decide(one))
            except BaseException as error:  # noqa: BLE001 - an end of a thread is what some tests are about
                self.found.append(error)


def stand(together, handles, before=0):
    """A thread for each of these handles, in line in their order."""
    threads = []
    for number, one in enumerate(handles, before + 1):
        threads.append(Asking(together, one))
        until(lambda number=number: len(together._line) == number)
    return threads


def until(is_so):
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.0005)


def behind_one(slow, handles, **how):
    """The first thread at work on a batch of its own, the others in line; all threads, and what they ask."""
    together = Together(slow, **how)
    first = Asking(together, handles[0])
    assert slow.begun.wait(30)
    return together, [first, *stand(together, handles[1:])]


def ended(threads):
    """What each thread got, once all ended."""
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "one waits for ever"
    return [one.found[0] for one in threads]


def test_who_waits_is_served_by_one_batch_in_the_order_in_which_they_came():
    slow = Slow()
    _, threads = behind_one(slow, HANDLES[:60])
    slow.go.set()
    assert [one.handle for one in ended(threads)] == HANDLES[:60]
    assert slow.batches == [HANDLES[:1], HANDLES[1:60]]


def test_a_batch_has_no_more_than_one_may_have_and_the_rest_is_the_next():
    slow = Slow()
    _, threads = behind_one(slow, HANDLES)
    slow.go.set()
    assert [one.handle for one in ended(threads)] == HANDLES
    assert [len(one) for one in slow.batches] == [1, MOST, 199]


def test_a_batch_that_fails_fails_for_all_in_it_and_for_no_other():
    slow = Slow({2: Unavailable("the ledger does not answer", where="ledger", cure="look")})
    together, threads = behind_one(slow, HANDLES[:20])
    slow.go.set()
    first, *others = ended(threads)
    assert first.handle == HANDLES[0]
    assert [(type(one), str(one)) for one in others] == [
        (Unavailable, "ledger: the ledger does not answer (look)")
    ] * 19
    assert len({id(one) for one in others}) == len(others), "each raises an error of its own"
    assert together.decide(HANDLES[0]).handle == HANDLES[0]


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit, KeyboardInterrupt])
def test_whatever_ends_a_leader_each_in_its_batch_is_told_and_the_next_is_made(kind):
    slow = Slow({1: kind("a bug, or the end of this thread")})
    _, threads = behind_one(slow, HANDLES[:5])
    slow.go.set()
    found = ended(threads)
    assert type(found[0]) is kind
    assert [one.handle for one in found[1:]] == HANDLES[1:5]
    slow = Slow({2: kind("a bug, or the end of this thread")})
    together, threads = behind_one(slow, HANDLES[:5])
    slow.go.set()
    found = ended(threads)
    assert [type(one) for one in found[1:]] == [kind, Unavailable, Unavailable, Unavailable]
    assert together.decide(HANDLES[0]).handle == HANDLES[0]


def test_an_answer_for_fewer_than_asked_is_told_to_nobody():
    together = Together(lambda handles: [])
    with pytest.raises(ValueError, match="zip"):
        together.decide(HANDLES[0])


def test_who_leads_is_in_its_own_batch_so_nobody_works_for_others_after_its_own_is_made():
    """Sixteen threads that never stop asking: each batch is made by one who stood first in it, and all are served."""
    made, lock = [], threading.Lock()

    def decide_all(handles):
        assert lock.acquire(blocking=False), "two batches at a time"
        made.append((threading.get_ident(), handles[0]))
        time.sleep(0.0005)
        lock.release()
        return [Decision(one, NOW, ()) for one in handles]

    together = Together(decide_all)
    threads = [Asking(together, *[one] * 50) for one in HANDLES[:16]]
    ended(threads)
    whose = {thread.ident: thread.handles[0] for thread in threads}
    assert [[one.handle for one in thread.found] for thread in threads] == [list(one.handles) for one in threads]
    assert all(whose[maker] == first for maker, first in made)
    assert len({first for _, first in made}) > 1
    assert 50 <= len(made) < 16 * 50, "they share batches"


def test_who_waited_too_long_leaves_the_line_and_is_not_decided_for():
    slow = Slow()
    together, threads = behind_one(slow, HANDLES[:4], patience=0.2)
    found = ended(threads[1:])
    assert [str(one) for one in found] == ["no decision was made in time (ask again in a moment)"] * 3
    slow.go.set()
    assert ended(threads[:1])[0].handle == HANDLES[0]
    assert together.decide(HANDLES[4]).handle == HANDLES[4]
    assert slow.batches == [HANDLES[:1], HANDLES[4:5]]


def test_who_is_broken_off_as_it_is_given_the_lead_hands_it_on(monkeypatch):
    slow, wait = Slow(), threading.Event.wait

    def broken_off(event, timeout=None):
        woken = wait(event, timeout)
        if threading.current_thread().name == HANDLES[1]:
            raise KeyboardInterrupt
        return woken

    monkeypatch.setattr(threading.Event, "wait", broken_off)
    together, threads = behind_one(slow, HANDLES[:3])
    slow.go.set()
    first, second, third = ended(threads)
    assert (first.handle, type(second), third.handle) == (HANDLES[0], KeyboardInterrupt, HANDLES[2])
    assert together.decide(HANDLES[4]).handle == HANDLES[4]
    assert slow.batches == [HANDLES[:1], HANDLES[2:3], HANDLES[4:5]]


def test_one_too_many_in_line_is_told_at_once():
    slow = Slow()
    together, threads = behind_one(slow, HANDLES[:4], line=3)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="too many wait"):
        together.decide(HANDLES[5])
    assert time.monotonic() - begun < 20
    slow.go.set()
    assert [one.handle for one in ended(threads)] == HANDLES[:4]


def test_what_is_no_handle_waits_for_nobody():
    with pytest.raises(BadInput):
        Together(Slow()).decide("nobody")


# -- with the ledger


@pytest.mark.server
def test_nobody_is_told_before_the_entry_is_durable_and_each_is_told_where_it_can_t_be(delivery, monkeypatch):
    audience, subjects = delivery.stage.audience(150)
    campaign = delivery.campaign(audience)
    handles = [delivery.handle(one) for one in subjects[:9]]
    together, write = Together(delivery.decisions.decide_all), ledger.Pen.write
    go, held = threading.Event(), threading.Event()

    def slow(*given):
        held.set()
        assert go.wait(30)
        return write(*given)

    def broken(*_):
        raise psycopg.OperationalError("the disk is full")

    monkeypatch.setattr(ledger.Pen, "write", slow)
    threads = [Asking(together, handles[0])]
    assert held.wait(30)
    threads += stand(together, handles[1:])
    assert [one.found for one in threads] == [[]] * 9
    go.set()
    assert {tuple(reached.campaign for reached in one.reached) for one in ended(threads)} == {(campaign,)}
    monkeypatch.setattr(ledger.Pen, "write", broken)
    assert {type(one) for one in ended([Asking(together, one) for one in handles])} == {Unavailable}
    monkeypatch.setattr(ledger.Pen, "write", write)
    assert together.decide(handles[0]).reached
    acts = delivery.stage.solely.uses(subjects[0]).uses.acts
    assert sum(act.details.get("of") == "decision" for act in acts) == 2, "one for each that was told"
