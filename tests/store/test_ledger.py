"""The ledger's tables: one appender at a time, no gap, and nothing signed that was not read back and found right."""

import itertools
import json
import threading
from contextlib import closing
from datetime import timedelta, timezone
from types import MappingProxyType
from uuid import UUID

import numpy as np
import psycopg
import pytest
from pyroaring import BitMap

from givings import NOW, size
from solely.app.directory import read_keyring, verifier_key
from solely.errors import Tampered
from solely.ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from solely.ledger.entry import decode
from solely.ledger.proof import verify_log
from solely.ledger.tree import consistency_path, leaf_hash
from solely.store import ledger
from solely.store.ledger import Words

pytestmark = pytest.mark.server


SAME_AGAIN = """
    UPDATE ledger.entries SET (body, mac) = (SELECT body, mac FROM ledger.entries WHERE sequence = %(last)s - 1)
    WHERE sequence = %(last)s
"""


@pytest.fixture
def pen(desk):
    return desk.pen


@pytest.fixture
def connection(login):
    with login("ledger") as connection:
        yield connection


@pytest.fixture
def keys(solely):
    return read_keyring(solely.directory, "ledger")


@pytest.fixture
def signed(connection, keys):
    """A function: have a checkpoint signed; returns the newest note."""
    key = verifier_key(keys)

    def sign(size, root):
        return sign_checkpoint(Checkpoint(key.name, size, root), key, keys.ledger().sign)

    def signed():
        ledger.checkpoint(connection, keys.ledger(), sign)
        return ledger.checkpoints(connection)[-1]

    return signed


def words(number=0, **changed):
    given = {"type": "use", "principal": "acme", "details": MappingProxyType({"n": number})}
    return Words(**given | changed)


def write(pen, connection, *many, now=NOW):
    with connection.transaction():
        return pen.write(connection, many, now)


def stored(connection, first):
    with closing(ledger.records(connection, first)) as found:
        return [decode(record.body) for record in found]


def test_entries_follow_each_other_without_a_gap_and_say_what_they_were_given(pen, connection, superuser):
    first = write(pen, connection, words(1), words(2))
    assert write(pen, connection, words(3)) == first + 2
    found = stored(connection, first)
    assert [one.sequence for one in found] == [first, first + 1, first + 2]
    assert [dict(one.details) for one in found] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert {(one.policy, one.software) for one in found} == {(pen.policy, pen.software)}
    assert ledger.size(connection) == ledger.read_head(connection).size == size(superuser) == first + 3


def test_time_never_goes_backwards(pen, connection):
    latest = ledger.read_head(connection).time
    ahead = max(NOW, latest) + timedelta(days=1)
    first = write(pen, connection, words(), now=ahead)
    write(pen, connection, words(), now=NOW - timedelta(days=900))
    write(pen, connection, words(), now=(ahead + timedelta(hours=1)).astimezone(timezone(timedelta(hours=2))))
    assert [one.time for one in stored(connection, first)] == [ahead, ahead, ahead + timedelta(hours=1)]


def test_what_opens_an_entry_s_commitment_is_kept_apart_and_only_where_there_is_one(pen, connection):
    first = write(pen, connection, words(ids=np.arange(5, dtype=np.uint64)), words())
    rows = connection.execute("SELECT sequence, length(secret) FROM ledger.secrets WHERE sequence >= %s", [first])
    assert rows.fetchall() == [(first, 32)]
    with_members, without = stored(connection, first)
    assert (with_members.members.count, without.members) == (5, None)


def test_what_an_entry_is_about_is_kept_where_no_other_table_has_it(pen, connection):
    ids = np.array([[0] * 16, [1] * 16, [2] * 16], np.uint8)
    numbers = np.array([3, 70_000, 2**32 - 1], np.uint64)
    said = [words(ids=ids, keep=True), words(ids=numbers, keep=True), words(ids=ids), words(ids=numbers), words()]
    first = write(pen, connection, *said)
    about = connection.execute(
        "SELECT sequence, id, place FROM ledger.about WHERE sequence >= %s ORDER BY sequence, place", [first]
    ).fetchall()
    assert about == [(first, UUID(bytes=bytes([place] * 16)), place) for place in range(3)]
    kept = connection.execute("SELECT sequence, kept FROM ledger.secrets WHERE sequence >= %s ORDER BY 1", [first])
    assert [(place - first, one and list(BitMap.deserialize(one))) for place, one in kept] == [
        (0, None),
        (1, [3, 70_000, 2**32 - 1]),
        (2, None),
        (3, None),
    ]


def test_what_is_rolled_back_leaves_no_gap(pen, connection):
    before = ledger.read_head(connection)
    with connection.transaction(force_rollback=True):
        pen.write(connection, [words(), words()], NOW)
        assert ledger.read_head(connection).size == before.size + 2
    assert ledger.read_head(connection) == before
    assert write(pen, connection, words()) == before.size


def test_who_holds_the_head_is_waited_for(pen, connection, login):
    """Otherwise two would write the same sequence, or what the second speaks of would be durable first."""
    order = []

    def second():
        with login("desk") as other:
            order.append(("second", write(pen, other, words(2))))

    with connection.transaction():
        held = pen.hold(connection)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        order.append(("first", pen.write(connection, [words(1)], NOW)))
    thread.join(60)
    assert order == [("first", held), ("second", held + 1)]


def test_an_append_at_a_place_that_is_taken_or_beyond_is_refused(login, connection):
    """Whatever a caller says: the place is the head's, in one statement."""
    head = ledger.read_head(connection)
    with login("desk") as desk:
        for place in (head.size - 1, head.size + 1, -1):
            with pytest.raises(psycopg.errors.RaiseException, match="moved on"):
                desk.execute(
                    "SELECT ledger.append(%s, now(), '', %s, %s, '{NULL}', '{NULL}', '{NULL}', '{}', '{}')",
                    [place, [b"x"], [b"y"]],
                )
    assert ledger.read_head(connection) == head


def test_a_checkpoint_covers_what_is_durable_and_is_signed_once(pen, connection, keys, signed):
    write(pen, connection, words())
    note = signed()
    checkpoint = verify_checkpoint(note, verifier_key(keys))
    head = ledger.read_head(connection)
    assert (checkpoint.size, checkpoint.root) == (head.size, head.frontier.root())
    count = len(ledger.checkpoints(connection))
    assert signed() == note
    assert len(ledger.checkpoints(connection)) == count
    write(pen, connection, words())
    assert verify_checkpoint(signed(), verifier_key(keys)).size == head.size + 1


def test_the_whole_log_verifies_from_what_is_stored(pen, connection, keys, signed):
    write(pen, connection, words())
    note = signed()
    with closing(ledger.records(connection)) as found:
        bodies, beside = itertools.tee(found)
        verified = verify_log(
            (record.body for record in bodies),
            ledger.checkpoints(connection),
            key=verifier_key(keys),
            anchor=note,
            macs=(record.mac for record in beside),
            mac=keys.ledger().mac,
        )
    assert verified.size == verified.covered == verified.anchored == ledger.size(connection)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE ledger.entries SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE sequence = %(last)s",
        "UPDATE ledger.entries SET mac = set_byte(mac, 0, get_byte(mac, 0) # 1) WHERE sequence = %(last)s",
        "DELETE FROM ledger.entries WHERE sequence = %(last)s - 1",
        SAME_AGAIN,
        "INSERT INTO ledger.entries SELECT sequence + 1, body, mac FROM ledger.entries WHERE sequence = %(last)s",
    ],
    ids=["a bit of a body", "a bit of a MAC", "one gone", "one twice", "one more"],
)
def test_what_the_appender_did_not_write_is_never_signed(pen, connection, superuser, signed, spoil):
    signed()
    last = write(pen, connection, words(1), words(2), words(3)) + 2
    count = len(ledger.checkpoints(connection))
    kept = superuser.execute("SELECT * FROM ledger.entries WHERE sequence > %s", [last - 3]).fetchall()
    superuser.execute(spoil, {"last": last})
    try:
        with pytest.raises(Tampered, match="ledger entry"):
            signed()
        assert len(ledger.checkpoints(connection)) == count
    finally:
        superuser.execute("DELETE FROM ledger.entries WHERE sequence > %s", [last - 3])
        for one in kept:
            superuser.execute("INSERT INTO ledger.entries VALUES (%s, %s, %s)", one)
    assert signed()


def test_the_anchor_is_the_newest_note_put_there_in_one_step(pen, connection, signed, tmp_path):
    path = tmp_path / "checkpoint"
    write(pen, connection, words())
    note = signed()
    ledger.keep_anchor(connection, path)
    assert path.read_text() == note
    inode = path.stat().st_ino
    ledger.keep_anchor(connection, path)
    assert path.stat().st_ino == inode
    write(pen, connection, words())
    ledger.keep_anchor(connection, path)
    assert path.read_text() == note  # nothing new was signed
    newer = signed()
    ledger.keep_anchor(connection, path)
    assert path.read_text() == newer
    assert [one.name for one in tmp_path.iterdir()] == ["checkpoint"]


def test_what_witnesses_signed_later_stays_in_the_anchor(pen, connection, signed, tmp_path):
    path = tmp_path / "checkpoint"
    write(pen, connection, words())
    note = signed()
    path.write_text(f"{note}— witness.example/1 AAAA\n")
    ledger.keep_anchor(connection, path)
    assert path.read_text() == f"{note}— witness.example/1 AAAA\n"
    write(pen, connection, words())
    newer = signed()
    ledger.keep_anchor(connection, path)
    assert path.read_text() == newer


def test_what_grew_is_proved_from_each_checkpoint_and_from_between(pen, connection, signed):
    sizes = []
    for _ in range(3):
        sizes += [write(pen, connection, words(), words(), words())]
        signed()
    with closing(ledger.records(connection)) as stored:
        leaves = [leaf_hash(record.body) for record in stored]
    new = len(leaves)
    for old in {0, 1, 2, new - 1, new, *sizes, *(one + 1 for one in sizes)}:
        assert ledger.growth(connection, old, new) == consistency_path(leaves, old)
        assert ledger.growth(connection, min(old, new - 2), new - 2) == consistency_path(
            leaves[: new - 2], min(old, new - 2)
        )


def test_an_entry_is_read_back_byte_for_byte(pen, connection):
    details = MappingProxyType({"audience": 'Zoë, \\ "quoted" 数', "rows": 2**53 - 1})
    first = write(pen, connection, words(details=details))
    with closing(ledger.records(connection, first)) as found:
        (record,) = found
    assert json.loads(record.body)["details"] == dict(details)
    assert dict(decode(record.body).details) == dict(details)
