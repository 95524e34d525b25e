"""Whatever is changed in a stored ledger is found, and named, from its bytes alone."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.errors import Tampered
from solely.keys import new_keyring
from solely.ledger import proof
from solely.ledger.checkpoint import Checkpoint, VerifierKey, sign_checkpoint
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.log import Head, append_all
from solely.ledger.proof import Verified, verify_log
from solely.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash

LEDGER = new_keyring("ledger", [], os.urandom).ledger()
KEY = VerifierKey("example.com/solely", LEDGER.public_key)
NOW = datetime(2024, 5, 31, 12, tzinfo=UTC)


class Log:
    """A stored ledger: bodies, MACs, and a checkpoint at each of some sizes."""

    def __init__(self, *batches, uncovered=0):
        head, self.bodies, self.macs, self.checkpoints = Head(), [], [], []
        for number, batch in enumerate((*batches, uncovered)):
            drafts = [draft(number, n) for n in range(batch)]
            head, records = append_all(head, drafts, NOW + timedelta(seconds=number), LEDGER.mac)
            self.bodies += [record.body for record in records]
            self.macs += [record.mac for record in records]
            if number < len(batches):
                self.checkpoints.append(signed(head.frontier))
        self.head = head

    def verify(self, **changed):
        stored = {"bodies": self.bodies, "checkpoints": self.checkpoints, "key": KEY} | changed
        return verify_log(stored.pop("bodies"), stored.pop("checkpoints"), **stored)


def draft(batch, number):
    return Draft(
        type="use", principal="acme", policy="ab" * 32, software="0.1.0", details={"batch": batch, "n": number}
    )


def signed(frontier):
    return sign_checkpoint(Checkpoint(KEY.name, frontier.size, frontier.root()), KEY, LEDGER.sign)


def with_macs(log, **changed):
    return log.verify(**{"macs": log.macs, "mac": LEDGER.mac} | changed)


def flips(data):
    for bit in range(8 * len(data)):
        yield (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


def replaced(items, at, one):
    return [*items[:at], one, *items[at + 1 :]]


SMALL = Log(3, 1, 4)


def test_a_whole_ledger_is_verified_and_the_verdict_says_how_far():
    assert SMALL.verify() == Verified(
        size=8,
        root=SMALL.head.frontier.root(),
        time=NOW + timedelta(seconds=2),
        checkpoints=3,
        covered=8,
        anchored=None,
    )
    assert SMALL.verify(anchor=SMALL.checkpoints[1]).anchored == 4
    assert with_macs(SMALL, anchor=SMALL.checkpoints[-1]).anchored == 8


def test_an_empty_ledger_is_verified():
    assert verify_log([], [], key=KEY) == Verified(0, EMPTY_ROOT, None, 0, 0, None)
    empty = signed(Frontier())
    assert verify_log([], [empty], key=KEY, anchor=empty) == Verified(0, EMPTY_ROOT, None, 1, 0, 0)


def test_every_flipped_bit_of_every_body_is_found_and_named():
    for at, body in enumerate(SMALL.bodies):
        for flipped in flips(body):
            with pytest.raises(Tampered, match="ledger entr"):
                SMALL.verify(bodies=replaced(SMALL.bodies, at, flipped))


def test_every_flipped_bit_of_every_body_is_found_at_its_very_entry_by_its_mac():
    for at, body in enumerate(SMALL.bodies):
        for flipped in flips(body):
            with pytest.raises(Tampered, match=f"ledger entry {at}:"):
                with_macs(SMALL, bodies=replaced(SMALL.bodies, at, flipped))


def test_every_flipped_bit_of_every_mac_is_found():
    for at, mac in enumerate(SMALL.macs):
        for flipped in flips(mac):
            with pytest.raises(Tampered, match=f"ledger entry {at}:"):
                with_macs(SMALL, macs=replaced(SMALL.macs, at, flipped))


def test_every_flipped_bit_of_every_checkpoint_and_of_the_anchor_is_found():
    for at, note in enumerate(SMALL.checkpoints):
        for flipped in flips(note.encode()):
            text = flipped.decode("utf-8", "surrogateescape")
            with pytest.raises(Tampered):
                SMALL.verify(checkpoints=replaced(SMALL.checkpoints, at, text))
            with pytest.raises(Tampered):
                SMALL.verify(anchor=text)


def spoiled(items, extra):
    """Every adjacent swap, deletion, duplication and cut, and `extra` added at every place."""
    for at in range(len(items)):
        yield items[:at]
        yield [*items[:at], *items[at + 1 :]]
        yield [*items[:at], items[at], *items[at:]]
        if at:
            yield [*items[: at - 1], items[at], items[at - 1], *items[at + 1 :]]
    for at in range(len(items) + 1):
        yield [*items[:at], extra, *items[at:]]


@pytest.mark.parametrize("sizes", [(1,), (3, 1, 4), (50, 50)])
def test_every_swap_deletion_duplication_cut_and_addition_of_entries_is_found(sizes):
    log = Log(*sizes)
    extra = encode(Entry.at(len(log.bodies), NOW + timedelta(days=1), draft(9, 9)))
    for bodies in spoiled(log.bodies, extra):
        with pytest.raises(Tampered):
            log.verify(bodies=bodies)
        with pytest.raises(Tampered):
            with_macs(log, bodies=bodies)


def test_every_swap_duplication_and_addition_of_checkpoints_is_found():
    """A deletion is not: the next checkpoint still proves every entry; the last one is pinned by the anchor."""
    extra = signed(Frontier().extend([leaf_hash(b"")] * 5))
    kept = ([*SMALL.checkpoints[:at], *SMALL.checkpoints[at + 1 :]] for at in range(3))
    deletions = [SMALL.checkpoints[:at] for at in range(3)] + list(kept)
    for checkpoints in spoiled(SMALL.checkpoints, extra):
        if checkpoints not in deletions:
            with pytest.raises(Tampered):
                SMALL.verify(checkpoints=checkpoints)
        with pytest.raises(Tampered):
            SMALL.verify(checkpoints=checkpoints, anchor=signed(Frontier()))


def test_a_log_cut_back_to_an_older_checkpoint_is_found_by_the_anchor_alone():
    anchor = SMALL.checkpoints[-1]
    cut = {"bodies": SMALL.bodies[:4], "checkpoints": SMALL.checkpoints[:2]}
    assert SMALL.verify(**cut).anchored is None
    with pytest.raises(Tampered, match="anchor at 8 entries: the log ends before it"):
        SMALL.verify(**cut, anchor=anchor)
    with pytest.raises(Tampered, match="anchor"):
        SMALL.verify(bodies=[], checkpoints=[], anchor=anchor)


def test_another_history_under_the_same_key_is_found_by_the_anchor():
    other = Log(4, 4)
    with pytest.raises(Tampered, match="anchor"):
        SMALL.verify(anchor=other.checkpoints[0])


def test_an_entry_after_the_last_checkpoint_stands_only_by_its_mac():
    log = Log(3, uncovered=2)
    with pytest.raises(Tampered, match="ledger entry 3: covered by no checkpoint"):
        log.verify()
    assert (with_macs(log).size, with_macs(log).covered) == (5, 3)
    forged = encode(Entry.at(4, NOW + timedelta(days=1), draft(9, 9)))
    with pytest.raises(Tampered, match="ledger entry 4:"):
        with_macs(log, bodies=[*log.bodies[:4], forged])


def test_a_missing_or_needless_mac_is_found():
    with pytest.raises(Tampered, match="ledger entry 7:"):
        with_macs(SMALL, macs=SMALL.macs[:-1])
    with pytest.raises(Tampered, match="ledger entry 8: missing"):
        with_macs(SMALL, macs=[*SMALL.macs, bytes(32)])
    with pytest.raises(TypeError):
        SMALL.verify(macs=SMALL.macs)


def test_a_time_that_goes_backwards_is_found_even_if_signed():
    bodies = [encode(Entry.at(n, NOW - timedelta(seconds=n), draft(0, n))) for n in range(2)]
    note = signed(Frontier().extend(map(leaf_hash, bodies)))
    with pytest.raises(Tampered, match="ledger entry 1: its time goes backwards"):
        verify_log(bodies, [note], key=KEY)


def test_another_key_verifies_nothing():
    other = VerifierKey(KEY.name, new_keyring("ledger", [], os.urandom).ledger().public_key)
    with pytest.raises(Tampered):
        SMALL.verify(key=other)


def test_the_verdict_is_the_same_however_much_goes_into_the_tree_at_once(monkeypatch):
    log = Log(3, 1, 4, uncovered=5)
    extra = encode(Entry.at(13, NOW + timedelta(days=1), draft(9, 9)))
    changed = [log.bodies, *spoiled(log.bodies, extra), *(replaced(log.bodies, at, b"{}") for at in range(13))]

    def verdicts(batch):
        monkeypatch.setattr(proof, "_BATCH", batch)
        return [said(log, bodies=bodies) for bodies in changed]

    one_by_one = verdicts(1)
    assert one_by_one[0] == "Tampered: ledger entry 8: covered by no checkpoint"
    assert verdicts(2) == verdicts(3) == verdicts(7) == verdicts(100) == one_by_one


def said(log, **changed):
    try:
        return log.verify(**changed)
    except Tampered as error:
        return f"Tampered: {error}"


def test_it_is_told_how_far_it_is(monkeypatch):
    monkeypatch.setattr(proof, "_BATCH", 40)
    told = []
    LARGE.verify(seen=told.append)
    assert told == sorted(told)
    assert (told[:4], told[-1]) == ([40, 80, 100, 140], 1_000)


LARGE = Log(*[100] * 10)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_change_of_a_larger_ledger_is_found(data):
    at = data.draw(st.integers(0, 999))
    to = data.draw(st.integers(0, 999).filter(lambda other: other != at))
    body = LARGE.bodies[at]
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    flipped = (int.from_bytes(body, "big") ^ 1 << bit).to_bytes(len(body), "big")
    moved = LARGE.bodies[:at] + LARGE.bodies[at + 1 :]
    moved.insert(to, body)
    for bodies in (replaced(LARGE.bodies, at, flipped), replaced(LARGE.bodies, at, LARGE.bodies[to]), moved):
        with pytest.raises(Tampered):
            LARGE.verify(bodies=bodies)
