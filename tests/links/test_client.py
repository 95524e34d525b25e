"""The calling end: links are kept and lent, never used after their other end left, and never shared with a fork."""

import os
import threading

import pytest

from links.test_server import serving, side
from solely.errors import Refused, Unavailable
from solely.links.client import Links


def test_a_link_is_kept_for_the_next_call(tmp_path):
    seen = []
    notes = {"require": lambda: seen.append(threading.get_ident())}
    with serving(tmp_path, "ledger", notes), Links(side("security"), tmp_path) as links:
        for _ in range(5):
            links.call("ledger", "require")
        assert len(set(seen)) == 1, "each link has one thread"


def test_threads_have_a_link_each(tmp_path):
    together = threading.Barrier(4)
    answers = []
    waits = {"require": lambda: together.wait(10)}
    with serving(tmp_path, "ledger", waits), Links(side("security"), tmp_path) as links:
        threads = [threading.Thread(target=lambda: answers.append(links.call("ledger", "require"))) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(answers) == [0, 1, 2, 3]
        assert len(links._idle["ledger"]) == 4


def test_a_process_that_was_started_again_is_asked_again(tmp_path):
    with Links(side("security"), tmp_path) as links:
        for answer in (1, 2):
            with serving(tmp_path, "ledger", {"require": lambda answer=answer: answer}):
                assert links.call("ledger", "require") == answer
        with pytest.raises(Unavailable, match="ledger does not answer"):
            links.call("ledger", "require")


def test_what_the_table_does_not_allow_is_not_even_asked(tmp_path):
    with Links(side("advertising"), tmp_path) as links:
        for callee, name in (("ledger", "entries.bodies"), ("security", "take"), ("registry", "find")):
            with pytest.raises(Refused):
                links.call(callee, name)


def test_who_does_not_answer_in_time_is_unavailable(tmp_path):
    go = threading.Event()
    with serving(tmp_path, "ledger", {"require": lambda: go.wait(10)}), Links(side("security"), tmp_path) as links:
        with pytest.raises(Unavailable):
            links.call("ledger", "require", wait=0.1)
        assert links._idle.get("ledger", []) == [], "its answer would be taken for the next one's"
        go.set()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_makes_links_of_its_own(tmp_path):
    with serving(tmp_path, "ledger", {"require": os.getpid}), Links(side("security"), tmp_path) as links:
        links.call("ledger", "require")
        child = os.fork()
        if not child:
            kept = links._idle
            links.call("ledger", "require")
            os._exit(0 if links._idle is not kept and len(links._idle["ledger"]) == 1 else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert len(links._idle["ledger"]) == 1
        links.call("ledger", "require")
