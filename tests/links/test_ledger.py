"""The ledger over a link: what may be written is, durably; its head is held for one, and let go whatever happens."""

import threading
import time
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4

import numpy as np
import pytest

from givings import ADS
from linked import process
from solely.audiences.lists import read_list
from solely.audiences.match import Target
from solely.errors import BadInput, NotFound, Refused, Tampered, Unavailable
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.log import Record, check_mac
from solely.links.ledger import HOLD, NOT_TOLD, Writer
from solely.store import advertising
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server

USE = Words("use", "advertiser acme", ADS)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def entries(apart, since):
    """The entries since there were so many, by another way than the links."""
    reader = apart.whole.parts.entries
    return [entry for _, entry in sorted(reader.read(range(since, reader.size())).items())]


def size(apart):
    return apart.whole.parts.entries.size()


def test_an_entry_is_durable_when_the_call_returns(apart):
    before, ids = size(apart), np.array([3, 5, 2**33], np.uint64)
    words = Words("use", "advertiser acme", ADS, ids, MappingProxyType({"rows": 3}))
    apart.parts("advertising").gate.write_down(words)
    (entry,) = entries(apart, before)
    assert (entry.type, entry.principal, entry.purpose) == ("use", "advertiser acme", ADS)
    assert (entry.members.count, dict(entry.details)) == (3, {"rows": 3})
    gate = apart.parts("advertising").gate
    assert (gate.policy, gate.software) == (entry.policy, entry.software)


def test_who_must_not_know_how_large_the_ledger_is_is_not_told(apart):
    gate = apart.parts("advertising").gate
    assert gate.write_down(USE) == NOT_TOLD
    with gate.still() as still:
        assert still.write(USE) == NOT_TOLD
    before = size(apart)
    security = Words("refusal", "verification", None, details=MappingProxyType({"of": "code"}))
    assert apart.parts("security").gate.write_down(security) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("advertising", Words("giving", "desk", ADS)),
        ("advertising", Words("use", "advertiser acme", "two-factor")),
        ("advertising", Words("use", "verification", ADS)),
        ("security", Words("use", "verification", ADS)),
        ("registry", Words("use", "officer", ADS)),
        ("service", Words("disclosure", "incidents", "service-notice")),
    ],
)
def test_what_is_another_s_to_write_is_not_written(apart, name, words):
    before, gate = size(apart), apart.parts(name).gate
    with pytest.raises(Refused, match="writes no such entry"):
        gate.write_down(words)
    with pytest.raises(Refused, match="writes no such entry"):
        gate.require(words)
    assert size(apart) == before
    with pytest.raises(BadInput):
        apart.grounds[name].links.call("ledger", "write-down", ["no words"])


def test_what_is_stopped_is_refused_and_the_refusal_is_written(apart):
    advertising, registry = apart.parts("advertising").gate, apart.parts("registry").gate
    stopped = Concern("advertiser", "bane")
    use = Words("use", "advertiser bane", ADS, concerns=frozenset({stopped}))
    incident = Words("incident", "officer ann", details=MappingProxyType({"incident": "i-1"}))
    registry.contain(incident, [stopped], [], "i-1")
    assert (stopped, "i-1") in [(what, of) for what, of, _ in apart.parts("registry").entries.stops()]
    before = size(apart)
    with pytest.raises(Refused, match="this advertiser is stopped"):
        advertising.require(use)
    with pytest.raises(Refused, match="this advertiser is stopped"), advertising.still() as still:
        still.write(use)
    assert [entry.type for entry in entries(apart, before)] == ["refusal", "refusal"]
    registry.contain(incident, [], [stopped], "i-1")
    advertising.write_down(use)


def test_a_refusal_is_written_before_it_is_raised(apart):
    before = size(apart)
    words = Words("refusal", "advertiser acme", "two-factor", details=MappingProxyType({"of": "use"}))
    with pytest.raises(Refused, match="not this one"):
        apart.parts("advertising").gate.refuse(words, "not this one", "another")
    assert [entry.type for entry in entries(apart, before)] == ["refusal"]


def test_nothing_is_written_while_the_head_is_held_but_by_who_holds_it(apart):
    before, done = size(apart), []
    other = threading.Thread(target=lambda: done.append(apart.whole.parts.gate.write_down(USE)))
    with apart.parts("advertising").gate.still() as still:
        other.start()
        still.write(USE)
        still.write(USE)
        other.join(0.3)
        assert not done
        assert still.moment <= apart.whole.clock()
    assert size(apart) >= before + 2, "durable at the end"
    other.join(10)
    assert done == [before + 2]


def test_an_error_inside_takes_back_what_was_written_and_lets_the_head_go(apart):
    before, gate = size(apart), apart.parts("advertising").gate

    def fail():
        with gate.still() as still:
            still.write(USE)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the very one
        fail()
    apart.whole.parts.gate.write_down(Words("policy", "operator"))
    assert [entry.type for entry in entries(apart, before)] == ["policy"]
    with pytest.raises(Refused), gate.still() as still:
        still.write(Words("use", "advertiser acme", "two-factor"))
    assert size(apart) == before + 1


def test_who_holds_the_head_too_long_has_written_nothing(apart):
    apart.stop("ledger")
    apart.serve("ledger", hold=0.3)
    before = size(apart)

    def linger():
        with apart.parts("advertising").gate.still() as still:
            still.write(USE)
            apart.whole.parts.gate.write_down(Words("policy", "operator"))  # waits until the head is free
            still.write(USE)

    try:
        with pytest.raises(Unavailable):
            linger()
    finally:
        apart.stop("ledger")
        apart.serve("ledger")
    assert [entry.type for entry in entries(apart, before)] == ["policy"]


def test_a_caller_that_is_killed_lets_the_head_go(apart):
    before = size(apart)
    with process(apart, "advertising", "hold") as running:
        running.kill()
        begun = time.monotonic()
        apart.whole.parts.gate.write_down(Words("policy", "operator"))
        assert time.monotonic() - begun < HOLD / 3
    assert [entry.type for entry in entries(apart, before)] == ["policy"]


def test_where_the_ledger_s_process_is_killed_the_match_did_not_happen(apart, tmp_path, monkeypatch):
    (tmp_path / "list.csv").write_text("email\nanna@example.org\n")
    audiences, target = apart.parts("advertising").audiences, Target("acme", "killed")
    apart.stop("ledger")
    before, add = size(apart), advertising.add_evidence

    def match():
        audiences.allow(target, ADS)
        return audiences.match(read_list(tmp_path / "list.csv"), target, ADS, apart.whole.clock())

    try:
        with process(apart, "ledger") as running:

            def kill(*args):
                add(*args)
                running.kill()
                running.wait()

            monkeypatch.setattr(advertising, "add_evidence", kill)
            with pytest.raises(Unavailable, match="ledger does not answer"):
                match()
            with pytest.raises(Unavailable, match="ledger does not answer"):
                match()
    finally:
        apart.serve("ledger")
    assert size(apart) == before
    monkeypatch.setattr(advertising, "add_evidence", add)
    with pytest.raises(NotFound):
        apart.parts("registry").members("acme", "killed")
    match()
    assert [entry.type for entry in entries(apart, before)] == ["use"]


def body(apart, sequence, type_="giving", principal="desk", purpose=ADS, policy=None):
    policy = policy or apart.whole.policy.digest
    draft = Draft(type=type_, principal=principal, policy=policy, software="1", purpose=purpose)
    return encode(Entry.at(sequence, NOW, draft))


def test_the_desk_s_entries_are_read_before_they_have_their_macs(apart):
    macs, first = apart.parts("registry").pen.macs, size(apart)
    bodies = [body(apart, first), body(apart, first + 1, "withdrawal", "subject")]
    key = apart.whole.ground.keyring("ledger").ledger().mac
    for place, (one, mac) in enumerate(zip(bodies, macs(first, bodies), strict=True), first):
        check_mac(Record(place, one, mac), key)
    for wrong in (
        body(apart, first, "use"),
        body(apart, first, "disclosure", "officer", None),
        body(apart, first, principal="verification"),
        body(apart, first, purpose="no-such-purpose"),
        body(apart, first, policy="ab" * 32),
        body(apart, first + 1),
    ):
        with pytest.raises(Refused):
            macs(first, [wrong])
    with pytest.raises(Refused, match="durable"):
        macs(first - 1, [body(apart, first - 1)])
    with pytest.raises(Tampered):
        macs(first, [b"not an entry"])


def test_a_writer_is_asked_for_nothing_until_it_is_called(apart):
    def never():
        pytest.fail("opened")

    Writer("security", apart.whole.policy, never, never, never).answers()
    assert uuid4()
