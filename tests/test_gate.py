"""The gate: what an entry speaks of happens after the entry is durable, and not at all where it can't be."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from givings import ADS, NOW, entries, give, size
from solely.errors import Refused, Unavailable
from solely.gate import LedgerGate
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server

USE = Words("use", "advertiser acme", ADS, details=MappingProxyType({"audience": "summer"}))


@pytest.fixture
def gate(desk, login):
    with login("ledger") as connection:
        yield LedgerGate(connection, desk.pen, lambda: NOW)


@pytest.fixture
def broken(superuser):
    """The ledger can't be written while this is there."""
    superuser.execute("ALTER TABLE ledger.entries ADD CONSTRAINT broken CHECK (sequence < 0) NOT VALID")
    yield
    superuser.execute("ALTER TABLE ledger.entries DROP CONSTRAINT broken")


def test_an_entry_is_durable_when_its_number_is_known(gate, superuser):
    number = gate.write_down(USE)
    (entry,) = entries(superuser, number)  # another connection sees it
    assert (entry["sequence"], entry["type"], entry["principal"]) == (number, "use", "advertiser acme")
    assert superuser.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_a_refusal_is_written_down_before_it_is_raised(gate, superuser):
    before = size(superuser)
    with pytest.raises(Refused, match="not for this") as caught:
        gate.refuse(Words("refusal", "advertiser acme", ADS), "not for this", "ask for that")
    assert caught.value.cure == "ask for that"
    assert [entry["type"] for entry in entries(superuser, before)] == ["refusal"]


def test_where_the_ledger_can_t_be_written_nothing_is_permitted(gate, broken, superuser):
    before, done = size(superuser), []

    def use():
        gate.write_down(USE)
        done.append("used")

    with pytest.raises(Unavailable):
        use()
    with pytest.raises(Unavailable):
        gate.refuse(Words("refusal", "advertiser acme", ADS), "not for this", "ask for that")
    assert (done, size(superuser)) == ([], before)


def test_a_connection_that_was_cut_permits_nothing(gate, superuser):
    before = size(superuser)
    superuser.execute("SELECT pg_terminate_backend(%s, 10000)", [gate.connection.info.backend_pid])
    with pytest.raises(Unavailable):
        gate.write_down(USE)
    assert size(superuser) == before


def test_while_it_is_still_nothing_is_given_and_nothing_ends(gate, desk, subject):
    give(desk, f"{subject}-before")
    with desk.connection.transaction():
        desk.connection.execute("SET LOCAL lock_timeout = '200ms'")
        with gate.still() as still:
            assert still.moment == NOW
            with pytest.raises(Unavailable) as caught:
                desk.withdraw(f"{subject}-before", ADS, None, NOW)
    assert "55P03" in caught.value.where  # it waited for the lock
    assert desk.withdraw(f"{subject}-before", ADS, None, NOW + timedelta(days=1)) == 1


def test_what_is_written_while_it_is_still_is_durable_after_it_or_not_at_all(gate, superuser):
    before = size(superuser)
    with gate.still() as still:
        number = still.write(USE)
        assert size(superuser) == before
    assert [entry["sequence"] for entry in entries(superuser, before)] == [number]

    def fail():
        with gate.still() as still:
            still.write(USE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert size(superuser) == before + 1


# -- what an officer stopped

INCIDENT = Words("incident", "officer ada", details=MappingProxyType({"incident": "2026-001"}))
ACME = Concern("advertiser", "acme")
OF_ACME = replace(USE, concerns=frozenset({ACME}))


@pytest.fixture
def stop(gate):
    """A function: stop some things; they are lifted after the test, which shares its ledger with others."""
    stopped = []

    def stop(*concerns, incident="2026-001"):
        stopped.extend((incident, one) for one in concerns)
        return gate.contain(INCIDENT, concerns, (), incident)

    yield stop
    for incident, one in stopped:
        gate.contain(INCIDENT, (), (one,), incident)


@pytest.mark.parametrize("type_", ["use", "send", "disclosure"])
def test_what_is_stopped_is_refused_and_the_refusal_is_in_the_ledger(gate, stop, superuser, type_):
    stop(ACME)
    before = size(superuser)
    with pytest.raises(Refused, match="this advertiser is stopped") as caught:
        gate.write_down(replace(OF_ACME, type=type_))
    assert "officer" in caught.value.cure
    (entry,) = entries(superuser, before)
    assert (entry["type"], entry["principal"]) == ("refusal", "advertiser acme")
    assert entry["details"] == {"of": type_, "what": "advertiser", "why": "stopped"}


def test_others_go_on_and_so_does_what_is_no_use(gate, stop):
    stop(ACME)
    gate.write_down(replace(USE, principal="advertiser other", concerns=frozenset({Concern("advertiser", "other")})))
    gate.write_down(replace(USE, concerns=frozenset({Concern("audience", "acme")})))  # another kind of that name
    gate.write_down(replace(OF_ACME, type="withdrawal"))


def test_a_stopped_purpose_is_refused_for_everyone(gate, stop):
    stop(Concern("purpose", ADS))
    with pytest.raises(Refused, match="this purpose is stopped"):
        gate.write_down(USE)
    gate.write_down(replace(USE, purpose="service-notice"))


def test_a_stop_is_told_before_anything_is_read(gate, stop, superuser):
    gate.require(OF_ACME)
    stop(ACME)
    before = size(superuser)
    with pytest.raises(Refused):
        gate.require(OF_ACME)
    assert [entry["type"] for entry in entries(superuser, before)] == ["refusal"]


def test_a_stop_that_came_meanwhile_undoes_what_was_written_while_it_was_still(gate, stop, superuser):
    stop(ACME)
    before, done = size(superuser), []

    def use():
        with gate.still() as still:
            still.write(USE)
            still.write(OF_ACME)
            done.append("used")

    with pytest.raises(Refused):
        use()
    assert (done, [entry["type"] for entry in entries(superuser, before)]) == ([], ["refusal"])


def test_a_lifted_stop_stops_nothing_unless_another_incident_stopped_it_too(gate, stop):
    stop(ACME)
    stop(ACME, incident="2026-002")
    gate.contain(INCIDENT, (), (ACME,), "2026-001")
    with pytest.raises(Refused):
        gate.write_down(OF_ACME)
    gate.contain(INCIDENT, (), (ACME,), "2026-002")
    gate.write_down(OF_ACME)


def test_a_stop_whose_entry_can_t_be_written_stops_nothing(gate, stop, superuser):
    before = size(superuser)
    superuser.execute("ALTER TABLE ledger.entries ADD CONSTRAINT broken CHECK (sequence < 0) NOT VALID")
    with pytest.raises(Unavailable):
        stop(ACME)
    superuser.execute("ALTER TABLE ledger.entries DROP CONSTRAINT broken")
    gate.write_down(OF_ACME)
    assert size(superuser) == before + 1
