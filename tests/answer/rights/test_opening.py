"""A contact is opened for its person once the access is in the ledger, while its giving stands, and not else."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from rights import ADDRESS, WHO
from solely.answer.rights.opening import Opener
from solely.errors import Refused, Tampered, Unavailable
from solely.store import registry
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server


class Shut:
    """A gate of a ledger that can't be written."""

    def write_down(self, _words):
        raise Unavailable("the ledger can't be written")


@pytest.fixture(scope="module")
def opener(place):
    keyring = place.parts.ground.keyring("service")
    sealers = {purpose: keyring.sealer(purpose) for purpose in keyring.purposes}
    return Opener("service", place.parts.login("service"), sealers, place.parts.gate)


@pytest.fixture(scope="module")
def mine(place):
    """The person's pseudonym for service, and their giving there."""
    (giving,) = [one.giving for one in registry.held(place.parts.registry, WHO) if one.purpose == "service-notice"]
    return registry.pseudonyms(place.parts.registry, WHO)["service"], {giving: "service-notice"}


def last(place):
    (size,) = place.parts.entries.connection.execute("SELECT max(sequence) FROM ledger.entries").fetchone()
    return place.parts.entries.read([size])[size]


def test_the_access_is_in_the_ledger_before_and_names_the_purpose(place, opener, mine):
    (contact,) = opener.open(*mine, "whole", place.clock.now).values()
    assert contact.expose() == ADDRESS
    entry = last(place)
    assert (entry.type, entry.principal, entry.purpose) == ("access", "subject", "service-notice")
    assert (entry.members.count, dict(entry.details)) == (1, {"form": "whole"})


def test_where_the_ledger_can_t_be_written_nothing_is_opened(place, opener, mine):
    with pytest.raises(Unavailable):
        replace(opener, gate=Shut()).open(*mine, "whole", place.clock.now)


def test_what_is_another_s_another_purpose_s_or_not_there_is_not_opened_nor_written_down(place, opener, mine):
    pseudonym, givings = mine
    before = last(place).sequence
    (giving,) = givings
    assert opener.open(uuid4(), givings, "whole", place.clock.now) == {}
    assert opener.open(pseudonym, {uuid4(): "service-notice"}, "whole", place.clock.now) == {}
    assert opener.open(pseudonym, {giving: "two-factor"}, "whole", place.clock.now) == {}
    assert last(place).sequence == before


def test_a_stop_of_the_purpose_stops_uses_and_not_its_people(place, opener, mine):
    stopped = Concern("purpose", "service-notice")
    words = Words("incident", "officer")
    place.parts.gate.contain(words, [stopped], [], "i1")
    try:
        assert opener.open(*mine, "masked", place.clock.now)
        with pytest.raises(Refused):
            place.parts.gate.write_down(Words("send", "incidents", "service-notice"))
    finally:
        place.parts.gate.contain(words, [], [stopped], "i1")


def test_a_seal_of_another_person_does_not_open(place, opener, mine, monkeypatch):
    row = opener._row(*[mine[0], next(iter(mine[1])), "service-notice", place.clock.now])
    monkeypatch.setattr(Opener, "_row", lambda *_: row)
    with pytest.raises(Tampered):
        opener.open(UUID(int=1), mine[1], "whole", place.clock.now)
