"""Entries read back for the answers: by sequence, by upload, by what is kept beside them, by time; each checked."""

import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

import numpy as np
import pytest

from solely.app.directory import read_keyring
from solely.errors import NotFound, Tampered
from solely.ledger.log import macs_by
from solely.ledger.members import PART, Members, member_proof, verify_member
from solely.store import ledger
from solely.store.entries import Entries
from solely.store.ledger import Pen, Words

pytestmark = pytest.mark.server

NOW = datetime(2100, 1, 1, tzinfo=UTC)  # later than whatever other tests wrote


@pytest.fixture
def mac(solely):
    return read_keyring(solely.directory, "ledger").ledger().mac


@pytest.fixture
def connection(login):
    with login("ledger") as connection:
        yield connection


@pytest.fixture
def write(connection, mac):
    """A function: write entries in one transaction that is taken back at the end; returns the first one's sequence."""
    with connection.transaction(force_rollback=True):
        pen = Pen(macs_by(mac), "00", "0", os.urandom)
        yield lambda *words, at=NOW: pen.write(connection, words, at)


def ids(*uuids):
    return np.frombuffer(b"".join(one.bytes for one in uuids), np.uint8).reshape(-1, 16)


def used(upload, of=None):
    details = {"upload": str(upload)} if of is None else {"of": of}
    return Words("use", "advertiser acme", "tailored-audiences", details=MappingProxyType(details))


def read_by(connection, act):
    """How many rows of the entries were read for it."""

    def rows():
        return connection.execute(
            "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relid = 'ledger.entries'::regclass"
        ).fetchone()[0]

    before = rows()
    act()
    return rows() - before


@pytest.mark.parametrize("looked_at", [False, True])
def test_matches_are_found_without_reading_the_other_entries(superuser, mac, looked_at):
    with superuser.transaction(force_rollback=True):
        superuser.execute(
            "INSERT INTO ledger.entries (sequence, body, mac) SELECT 1000000 + n, convert_to(n::text, 'UTF8'), 'x'"
            " FROM generate_series(1, 20000) n"
        )
        if looked_at:  # as PostgreSQL does by itself within a minute
            superuser.execute("ANALYZE ledger.entries")
        entries = Entries(superuser, mac)
        assert read_by(superuser, lambda: entries.naming([uuid4() for _ in range(80)])) < 1000
        assert not looked_at or read_by(superuser, entries.match_bodies) < 1000


def test_an_entry_is_read_by_its_sequence(write, connection, mac):
    first = write(Words("policy", "operator"), Words("policy", "someone"))
    read = Entries(connection, mac).read([first, first + 1, first + 2])
    assert {sequence: entry.principal for sequence, entry in read.items()} == {
        first: "operator",
        first + 1: "someone",
    }


def test_an_entry_that_the_appender_did_not_write_is_tampered(write, connection):
    first = write(Words("policy", "operator"))
    with pytest.raises(Tampered):
        Entries(connection, lambda _: bytes(32)).read([first])


def test_matches_are_the_uses_that_name_an_upload(write, connection, mac):
    one, other = uuid4(), uuid4()
    before = len(Entries(connection, mac).matches())
    refusal = Words("refusal", "advertiser acme", details=MappingProxyType({"upload": str(one)}))
    quoted = used(None, of=f'"upload":"{other}"')
    first = write(used(one), refusal, used(other), quoted)
    assert len(Entries(connection, mac).matches()) == before + 2
    assert Entries(connection, mac).naming([other, other]) == [(first + 2, other)]
    assert Entries(connection, mac).naming([other, one]) == [(first, one), (first + 1, one), (first + 2, other)]
    assert Entries(connection, mac).naming([uuid4()]) == []


def test_the_first_entry_since_a_moment_is_found(write, connection, mac):
    first = write(Words("policy", "a"), Words("policy", "b"))
    second = write(Words("policy", "c"), at=NOW + timedelta(hours=1))
    assert Entries(connection, mac).first_since(NOW) == first
    assert Entries(connection, mac).first_since(NOW + timedelta(microseconds=1)) == second
    assert Entries(connection, mac).first_since(NOW + timedelta(hours=1)) == second
    assert Entries(connection, mac).first_since(NOW + timedelta(hours=2)) == second + 1


def test_what_is_kept_beside_an_entry_finds_it_and_comes_back_in_its_place(write, connection, mac):
    low, high = sorted((uuid4(), uuid4()))
    words = Words("send", "verification", "two-factor", ids(low, high), keep=True)
    first = write(words, Words("policy", "operator"), words)
    assert Entries(connection, mac).about([high]) == {first: [(1, high)], first + 2: [(1, high)]}
    assert Entries(connection, mac).about([]) == {}
    assert np.array_equal(Entries(connection, mac).kept(first), ids(low, high))
    with closing(Entries(connection, mac).of_givings(first, None)) as found:
        assert [(entry.sequence, about) for entry, about in found] == [(first, [low, high]), (first + 2, [low, high])]
    with closing(Entries(connection, mac).of_givings(first, first + 2)) as found:
        assert [entry.sequence for entry, _ in found] == [first]


def test_numbers_that_are_kept_find_their_entries(write, connection):
    numbers = np.array([3, 7, 4_000_000_000], np.uint64)
    first = write(Words("disclosure", "officer", ids=numbers, keep=True))
    second = write(Words("disclosure", "officer", ids=numbers[:2], keep=True))
    assert [one for one in Entries(connection, mac).kept_with(7) if one >= first] == [first, second]
    assert [one for one in Entries(connection, mac).kept_with(4_000_000_000) if one >= first] == [first]
    assert np.array_equal(Entries(connection, mac).kept(first), numbers)


@pytest.mark.parametrize("count", [1, PART, PART + 1, 2 * PART + 5])
def test_a_member_is_shown_by_what_is_stored_however_many_there_are(write, connection, mac, count):
    numbers = np.arange(10, 10 + count, dtype=np.uint64)
    first = write(Words("disclosure", "officer", ids=numbers, keep=True))
    committed = Entries(connection, mac).committed(first)
    members = Entries(connection, mac).read([first])[first].members
    assert members == Members(count, members.root)
    assert len(committed.nodes) == (0 if count <= PART else -(-count // PART))
    for index in {0, count // 2, count - 1}:
        proof = member_proof(committed.secret, numbers, index, committed.nodes or None)
        assert verify_member(members, 10 + index, proof) == members.root


def test_an_entry_that_commits_to_nobody_has_nothing_to_open(write, connection):
    with pytest.raises(NotFound):
        Entries(connection, mac).committed(write(Words("policy", "operator")))
    assert ledger.read_head(connection).size
    assert len(Entries(connection, mac).kept(-1)) == 0
    assert UUID(int=0) not in Entries(connection, mac).about([UUID(int=0)])
