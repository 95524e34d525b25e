"""The answering end: each caller gets what the table allows and no more, errors cross, and an end is an end."""

import socket
import threading
from contextlib import ExitStack, suppress

import pytest

from linked import raw, serving, side
from solely.errors import NotFound, Refused, Unavailable
from solely.links.client import FINAL, TOLD, Links
from solely.links.records import dump, load
from solely.links.server import Conversation
from solely.links.table import CALLS, PROCESSES, calls_of

EVERY = frozenset().union(*(calls for those in CALLS.values() for calls in those.values()))


@pytest.mark.parametrize("callee", PROCESSES)
def test_each_cell_of_the_table(tmp_path, callee):
    with serving(tmp_path, callee, {name: lambda: "done" for name in (*EVERY, "no-such-call")}):
        for caller in PROCESSES:
            if callee not in side(caller).macs:
                continue  # who has no secret has no link: the next test
            channel = raw(tmp_path, caller, callee)
            for name in (*sorted(EVERY), "no-such-call", None, 7):
                channel.send(dump([name, []]))
                what, value = load(channel.receive(10))
                if name in calls_of(caller, callee):
                    assert (what, value) == (FINAL, "done"), (caller, name)
                else:
                    assert (what, value[0]) == (TOLD, "Refused"), (caller, name)
            channel.close()


def test_who_may_call_nobody_there_has_no_link(tmp_path):
    for callee in PROCESSES:
        with serving(tmp_path, callee, {}):
            for caller in set(PROCESSES) - side(callee).macs.keys():
                with pytest.raises(KeyError):
                    raw(tmp_path, caller, callee)
                with pytest.raises((Unavailable, Refused)), Links(side(caller), tmp_path) as links:
                    links.call(callee, "take")


def test_an_error_crosses_and_the_link_goes_on(tmp_path):
    def lost():
        raise NotFound("no such thing", where="there", cure="look again")

    answers = {"require": lost, "write-down": lambda: 3}
    with serving(tmp_path, "ledger", answers), Links(side("security"), tmp_path) as links:
        for _ in range(3):
            with pytest.raises(NotFound, match=r"there: no such thing \(look again\)"):
                links.call("ledger", "require")
            assert links.call("ledger", "write-down") == 3
        (kept,) = links._idle["ledger"]
        assert kept.alive


def test_of_an_error_that_is_none_of_ours_nothing_crosses(tmp_path):
    def broken():
        raise ValueError("anna@example.org")

    with serving(tmp_path, "ledger", {"require": broken}) as reported, Links(side("security"), tmp_path) as links:
        with pytest.raises(Unavailable) as caught:
            links.call("ledger", "require")
        assert "anna" not in repr(caught.value.__dict__)
        assert links._idle.get("ledger", []) == []
    (error,) = reported
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("asked", [[], ["require"], "require", None, ["require", 3], ["require", [1, 2, 3]], {}])
def test_what_is_no_call_ends_its_link_alone(tmp_path, asked):
    with serving(tmp_path, "ledger", {"require": lambda: 1}), Links(side("security"), tmp_path) as links:
        channel = raw(tmp_path, "security", "ledger")
        channel.send(dump(asked))
        what, value = load(channel.receive(10))
        assert (what, value[0]) == (TOLD, "Unavailable")
        channel.close()
        assert links.call("ledger", "require") == 1


def test_an_answer_may_come_in_parts_and_be_left(tmp_path):
    closed = threading.Event()

    def parts(count):
        try:
            for number in range(count):
                yield [number, "x" * 1_000]
        finally:
            closed.set()

    with serving(tmp_path, "ledger", {"entries.match-bodies": parts}), Links(side("registry"), tmp_path) as links:
        assert [number for number, _ in links.stream("ledger", "entries.match-bodies", 1_000)] == list(range(1_000))
        assert len(links._idle["ledger"]) == 1
        closed.clear()
        some = links.stream("ledger", "entries.match-bodies", 10**9)
        assert next(some)[0] == 0
        some.close()
        assert closed.wait(10), "whoever goes is not written to for ever"


def test_parts_that_end_in_an_error_end_so_for_the_reader(tmp_path):
    def parts():
        yield 1
        raise NotFound("no more")

    with serving(tmp_path, "ledger", {"entries.match-bodies": parts}), Links(side("registry"), tmp_path) as links:
        some = links.stream("ledger", "entries.match-bodies")
        assert next(some) == 1
        with pytest.raises(NotFound):
            next(some)


def test_there_are_no_more_links_than_it_was_made_for(tmp_path):
    with serving(tmp_path, "ledger", {"require": lambda: 1}, most=2):
        first, _second = raw(tmp_path, "security", "ledger"), raw(tmp_path, "security", "ledger")
        with pytest.raises(Unavailable):
            raw(tmp_path, "security", "ledger")
        first.close()
        for _ in range(1_000):  # until its thread has noticed
            with suppress(Unavailable):
                raw(tmp_path, "security", "ledger").close()
                break
        else:
            pytest.fail("a link that ended makes room for none")
        _second.close()


def test_what_is_being_answered_is_answered_at_the_end(tmp_path):
    begun, go = threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go.wait(10)
        return "done"

    with Links(side("security"), tmp_path) as links:
        stack = serving(tmp_path, "ledger", {"require": slow, "write-down": lambda: 1})
        stack.__enter__()
        assert links.call("ledger", "write-down") == 1
        answers = []
        caller = threading.Thread(target=lambda: answers.append(links.call("ledger", "require")))
        caller.start()
        assert begun.wait(10)
        ending = threading.Thread(target=lambda: stack.__exit__(None, None, None))
        ending.start()
        go.set()
        caller.join(10)
        ending.join(10)
        assert answers == ["done"]
        with pytest.raises(Unavailable):
            links.call("ledger", "write-down")


def test_who_only_waits_for_more_is_let_go_of_at_the_end(tmp_path):
    def talk(heard):
        heard.say(1)
        heard.hear(60)

    with Links(side("advertising"), tmp_path) as links, ExitStack() as stack:
        with serving(tmp_path, "ledger", {"still": lambda: Conversation(talk)}):
            talking = stack.enter_context(links.talk("ledger", "still"))
            assert talking.first == 1
        with pytest.raises(Unavailable):
            talking.ask(None)


def test_a_socket_that_can_t_be_made_is_unavailable(tmp_path):
    (tmp_path / "ledger").write_text("a file")
    with pytest.raises(Unavailable), serving(tmp_path, "ledger", {}):
        pass


def test_a_socket_that_was_left_is_made_anew(tmp_path):
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "link.sock").write_text("what one who was killed left")
    with serving(tmp_path, "ledger", {"require": lambda: 1}), Links(side("security"), tmp_path) as links:
        assert links.call("ledger", "require") == 1
    assert not (tmp_path / "ledger" / "link.sock").exists()


def test_of_two_of_a_compartment_either_answers_and_one_is_enough(tmp_path):
    with Links(side("registry"), tmp_path) as links, ExitStack() as first:
        first.enter_context(serving(tmp_path, "security", {"take": lambda: 1}))
        with serving(tmp_path, "security", {"take": lambda: 2}):
            asked = [Links(side("registry"), tmp_path) for _ in range(40)]
            assert {one.call("security", "take") for one in asked} == {1, 2}
            for one in asked:
                one.__exit__(None, None, None)
            first.close()
            assert links.call("security", "take") == 2
        assert not list((tmp_path / "security").iterdir())


def test_there_is_one_ledger(tmp_path):
    with serving(tmp_path, "ledger", {"require": lambda: 1}), Links(side("security"), tmp_path) as links:
        with pytest.raises(Unavailable), serving(tmp_path, "ledger", {"require": lambda: 2}):
            pass
        assert links.call("ledger", "require") == 1


def test_one_that_was_killed_is_passed_by(tmp_path):
    (tmp_path / "security").mkdir()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "security" / "link-1.sock"))
    with serving(tmp_path, "security", {"take": lambda: 1}):
        for _ in range(20):
            with Links(side("registry"), tmp_path) as links:
                assert links.call("security", "take") == 1
