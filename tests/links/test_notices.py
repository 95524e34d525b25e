"""Notices through the process that has the keys: what the registry knows of a message once a link breaks off."""

from uuid import uuid4

import pytest

from linked import serving, side
from solely.answer.incidents.letter import Letter
from solely.answer.incidents.way import Carried
from solely.errors import NotFound, Refused, Unavailable
from solely.links.client import Links
from solely.links.notices import FarWay, answer_notices
from solely.links.table import PROCESSES

LETTER = Letter("a subject", "a text", "<p>a page</p>", "in short")
WHOM = (uuid4(), uuid4(), "2026-001", LETTER)


class Way:
    """One that does what a test says, and tells what it was asked."""

    def __init__(self, does):
        self.does, self.asked = does, []

    def require(self):
        raise Refused("notices are stopped")

    def held(self, pseudonyms):
        return []

    def carry(self, *whom, send, before):
        self.asked.append((*whom, send))
        return self.does(before)


def carried(folder, does):
    """What a far way makes of one that does so, which senders it was told of, and what was asked there."""
    there, send, told = Way(does), uuid4(), []
    with serving(folder, "service", answer_notices(lambda: there)), Links(side("registry"), folder) as links:
        try:
            done = FarWay(links).carry(*WHOM, send=send, before=told.append)
        except (NotFound, Refused, Unavailable) as error:
            done = type(error)
    assert there.asked == [(*WHOM, send)]
    return done, told


def after(*senders, ends):
    """Asks these senders, then ends so."""

    def does(before):
        for one in senders:
            before(one)
        if isinstance(ends, BaseException):
            raise ends
        return ends

    return does


@pytest.mark.parametrize("outcome", ["sent", "again", "never"])
def test_what_became_of_it_crosses_with_the_senders_before(tmp_path, outcome):
    done = Carried(outcome, "so it was")
    assert carried(tmp_path, after("first", "second", ends=done)) == (done, ["first", "second"])


@pytest.mark.parametrize("error", [NotFound("it ended"), Refused("stopped"), Unavailable("no ledger")])
@pytest.mark.parametrize("senders", [[], ["first"]])
def test_what_broke_off_is_told_as_it_is_with_what_was_under_way(tmp_path, error, senders):
    assert carried(tmp_path, after(*senders, ends=error)) == (type(error), senders)


@pytest.mark.parametrize("senders", [[], ["first"]])
def test_a_fault_there_tells_nothing_and_still_who_was_asked(tmp_path, senders):
    assert carried(tmp_path, after(*senders, ends=ValueError("typed"))) == (Unavailable, senders)


def test_an_answer_that_leaves_out_what_became_of_it_is_none(tmp_path):
    def silent(*_):
        yield ["before", "first"]

    told = []
    with (
        serving(tmp_path, "service", {"notify": silent}),
        Links(side("registry"), tmp_path) as links,
        pytest.raises(Unavailable, match="what became of a message"),
    ):
        FarWay(links).carry(*WHOM, send=uuid4(), before=told.append)
    assert told == ["first"]


def test_that_notices_are_stopped_crosses(tmp_path):
    with serving(tmp_path, "service", answer_notices(lambda: Way(None))), Links(side("registry"), tmp_path) as links:
        with pytest.raises(Refused, match="stopped"):
            FarWay(links).require()
        assert FarWay(links).held([uuid4()]) == []


@pytest.mark.parametrize("caller", sorted(set(PROCESSES) - {"registry", "service"}))
@pytest.mark.parametrize("name", ["held", "may-notify", "notify"])
def test_nobody_but_the_registry_has_a_notice_sent(tmp_path, caller, name):
    with Links(side(caller), tmp_path) as links, pytest.raises(Refused):
        links.call("service", name)
