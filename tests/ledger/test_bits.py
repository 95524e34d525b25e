"""Any single bit changed in any stored byte of a log of 10,000 entries is found; `bench/bits.py` flips every one."""

import random

import pytest

import bits
from bits import KINDS, entries, files, flip, macs, notes, parts, whole
from published_logs import KEY, LEDGER, fetch_from
from solely.ledger.proof import verify_log
from solely.ledger.published import verify_published

STEPS = {"entries": 3, "lengths": 11, "tiles": 151, "edge": 5, "row bodies": 7, "row MACs": 3}


def test_the_log_is_whole_before_a_bit_is_flipped():
    assert verify_published(fetch_from(files()), KEY).size == 10_000
    stored = verify_log(entries(), notes(), key=KEY, anchor=notes()[-1], macs=macs(), mac=LEDGER.mac)
    assert (stored.size, stored.checkpoints, stored.covered) == (10_000, 10, 10_000)


@pytest.mark.parametrize("kind", KINDS)
def test_bits_of_every_kind_are_found(kind):
    """A sample: some parts of each kind, the last one among them, and of each some bits, evenly."""
    rng, step = random.Random(kind), STEPS.get(kind, 1)
    some = {*rng.sample(parts(kind), min(2, len(parts(kind)))), parts(kind)[-1]}
    results = [flip(kind, number, step, rng.randrange(step)) for number in some]
    assert sum(done for done, _ in results) > 500
    assert [missed for _, missed in results] == [[]] * len(some)


def test_the_parts_are_all_that_is_stored():
    """Each bit of each file, each row and each note is in one part: counted with a step so wide that one is flipped."""
    counted = {kind: sum(8 * len(data) for n in parts(kind) for data, _ in bits._items(kind, n)) for kind in KINDS}
    of_files = sum(counted[kind] for kind in KINDS[:5])
    of_rows = sum(counted[kind] for kind in KINDS[5:7])
    assert of_files == 8 * sum(map(len, files().values()))
    assert of_rows == 8 * sum(map(len, [*entries(), *macs()]))
    assert counted["stored heads"] == 8 * (sum(len(note.encode()) for note in notes()) + len(files()["checkpoint"]))


def test_the_whole_verifiers_find_bits_anywhere():
    assert whole(1, 100) == (200, [])


def test_a_verifier_that_lets_something_through_would_be_noticed(monkeypatch):
    monkeypatch.setattr(bits, "leaf_hash", lambda body: body[:1])
    assert flip("entries", 0, 4_001)[1]
    monkeypatch.setattr(bits, "verify_published", lambda _fetch, _key: None)
    assert whole(1, 2)[1]
