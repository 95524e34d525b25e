"""The gate: what an entry speaks of happens after the entry is durable, and not at all where it can't be."""

from datetime import timedelta
from types import MappingProxyType

import pytest

from givings import ADS, NOW, entries, give, size
from solely.errors import Refused, Unavailable
from solely.gate import Gate
from solely.store.ledger import Words

pytestmark = pytest.mark.server

USE = Words("use", "advertiser acme", ADS, details=MappingProxyType({"audience": "summer"}))


@pytest.fixture
def gate(desk, login):
    with login("ledger") as connection:
        yield Gate(connection, desk.pen, lambda: NOW)


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
