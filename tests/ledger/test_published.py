"""What was published is checked from its files and a key alone; two verifiers that share no code say the same of it."""

import os
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import second_verifier
from mutations import ANCHOR, BUNDLE, LOG, SIZE, flipped, judge, verdicts
from published_logs import KEY, NOW, bodies, draft, fetch_from, published, signed
from solely.errors import NotFound, Tampered
from solely.keys import new_keyring
from solely.ledger.checkpoint import VerifierKey, verify_checkpoint
from solely.ledger.entry import Entry, encode
from solely.ledger.published import Proven, verify_published
from solely.ledger.tiles import bundle_path
from solely.ledger.tree import EMPTY_ROOT

LARGE = published(bodies(600))
SIZES = (0, 1, 2, 3, 255, 256, 257, 512, 600)


def root_of(files):
    return verify_checkpoint(files["checkpoint"].decode(), KEY).root


def refused_by_both(files, anchor=None):
    assert verdicts(files, anchor) == (None, None)


def bundled(entries):
    return b"".join(len(one).to_bytes(2, "big") + one for one in entries)


@pytest.mark.parametrize("size", SIZES)
def test_both_verify_a_whole_log(size):
    files = published(bodies(size))
    assert verdicts(files) == verdicts(files, files["checkpoint"].decode()) == ((size, root_of(files)),) * 2


def test_the_verdict_says_what_was_proven():
    verify = verify_published(fetch_from(LARGE), KEY, anchor=LARGE["checkpoint"].decode())
    assert verify == Proven(600, root_of(LARGE), 0, 599, NOW + timedelta(seconds=599), 600)
    assert verify_published(fetch_from(published([])), KEY) == Proven(0, EMPTY_ROOT, 0, None, None, None)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (3, 255), (255, 256), (256, 511), (300, 599), (599, 599)])
def test_a_range_reads_the_bundles_that_hold_it_and_no_other(first, last):
    read = set()

    def fetch(path):
        read.add(path)
        return fetch_from(LARGE)(path)

    proven = verify_published(fetch, KEY, first=first, last=last)
    assert (proven.first, proven.last, proven.time) == (first, last, NOW + timedelta(seconds=last))
    bundles = {bundle_path(n, 88 if n == 2 else 256) for n in range(first // 256, last // 256 + 1)}
    assert {path for path in read if path.startswith("tile/entries/")} == bundles


def test_a_range_is_checked_and_what_is_outside_is_not():
    broken = fetch_from(LARGE | {bundle_path(0): bytes(10)})
    assert verify_published(broken, KEY, first=256).last == 599
    with pytest.raises(Tampered):
        verify_published(broken, KEY, first=255)


@pytest.mark.parametrize(("first", "last"), [(0, 600), (-1, 5), (5, 4), (600, None), (0, -1)])
def test_a_range_that_is_not_there_is_not_found(first, last):
    with pytest.raises(NotFound):
        verify_published(fetch_from(LARGE), KEY, first=first, last=last)


def test_every_flipped_bit_of_a_small_log_is_found_by_both():
    for path, data in LOG.items():
        for bit in range(8 * len(data)):
            refused_by_both(LOG | {path: flipped(data, bit)})


def test_flipped_bits_all_over_a_log_of_more_levels_are_found_by_both():
    for path, data in LARGE.items():
        for bit in range(len(path), 8 * len(data), 4_999):
            refused_by_both(LARGE | {path: flipped(data, bit)})


def test_every_truncation_of_a_file_is_found_by_both():
    for path, data in LOG.items():
        for length in range(len(data)):
            refused_by_both(LOG | {path: data[:length]})


def test_every_missing_file_is_found_by_both():
    for log in (LOG, LARGE):
        for path in log:
            refused_by_both({there: data for there, data in log.items() if there != path})


def test_every_swap_duplication_and_deletion_of_entries_is_found_by_both():
    entries = bodies(SIZE)
    for at in range(SIZE):
        before, one, after = entries[:at], entries[at], entries[at + 1 :]
        changes = [[*before, *after], [*before, one, one, *after]]
        if after:
            changes.append([*before, after[0], one, *after[1:]])
        for changed in changes:
            refused_by_both(LOG | {BUNDLE: bundled(changed)})


def test_every_swap_of_two_files_is_found_by_both():
    for log in (LOG, LARGE):
        for one in log:
            for other in set(log) - {one}:
                refused_by_both(log | {one: log[other], other: log[one]})


def test_a_rewritten_checkpoint_is_found_by_both():
    size, root = SIZE, root_of(LOG)
    other = new_keyring("ledger", [], os.urandom).ledger()
    stranger = VerifierKey(KEY.name, other.public_key)
    renamed = VerifierKey("example.com/other", KEY.public_key)
    notes = [signed(size - 1, root), signed(size + 1, root), signed(size, bytes(32)), signed(0, root)]
    notes += [signed(size, root, other, stranger), signed(size, root, key=renamed), ANCHOR + ANCHOR.split("\n\n")[1]]
    notes += [ANCHOR.replace(f"\n{size}\n", f"\n{size + 1}\n"), ANCHOR.replace(f"\n{size}\n", f"\n0{size}\n"), ""]
    notes += [f"{ANCHOR}— example.com/solely AAAA\n", f"{ANCHOR}\n", ANCHOR[:-1]]
    for note in notes:
        refused_by_both(LOG | {"checkpoint": note.encode()})


def test_signatures_of_witnesses_are_passed_over_by_both():
    note = LOG["checkpoint"] + "— witness.example/w1 AAAAAAAA\n".encode()
    assert verdicts(LOG | {"checkpoint": note}) == verdicts(LOG)


@pytest.mark.parametrize("size", [1, 3, 256, 300, 512, 599, 600])
def test_a_log_is_known_to_go_on_from_its_anchor(size):
    anchor = published(bodies(size))["checkpoint"].decode()
    assert verify_published(fetch_from(LARGE), KEY, anchor=anchor).anchored == size
    assert verdicts(LARGE, anchor)[1] is not None


def test_a_rollback_is_found_by_the_anchor_alone():
    newest = LARGE["checkpoint"].decode()
    for size in (0, 1, 256, 599):
        older = published(bodies(size))
        assert None not in verdicts(older)
        refused_by_both(older, newest)
        with pytest.raises(Tampered, match="anchor at 600 entries: the log ends before it"):
            verify_published(fetch_from(older), KEY, anchor=newest)


def test_a_split_view_is_found_once_two_compare_their_checkpoints():
    """The log's owner shows two histories under one key: each is whole, and neither goes on from the other."""
    other = published(bodies(600, principal="someone else"))
    assert None not in verdicts(LARGE) + verdicts(other)
    for one, seen in ((LARGE, other), (other, LARGE)):
        refused_by_both(one, seen["checkpoint"].decode())
        with pytest.raises(Tampered, match="another history"):
            verify_published(fetch_from(one), KEY, anchor=seen["checkpoint"].decode())


def test_an_anchor_of_another_key_is_found():
    other = new_keyring("ledger", [], os.urandom).ledger()
    anchor = signed(SIZE, root_of(LOG), other, VerifierKey(KEY.name, other.public_key))
    refused_by_both(LOG, anchor)


@pytest.mark.parametrize(
    ("what", "entries"),
    {
        "entry 1 stands there": [bodies(2)[1]],
        "its time goes backwards": [bodies(1)[0], encode(Entry.at(1, NOW - timedelta(seconds=1), draft(1)))],
        "not an entry": [b"{}"],
        "not in canonical form": [bodies(1)[0].replace(b",", b", ", 1)],
    }.items(),
)
def test_what_the_owner_signed_and_is_no_ledger_is_found_by_both(what, entries):
    refused_by_both(published(entries))
    with pytest.raises(Tampered, match=what):
        verify_published(fetch_from(published(entries)), KEY)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_of_ten_thousand_random_changes_both_say_the_same(seed):
    rng = random.Random(seed)
    refused = sum(judge(rng) for _ in range(10_000))
    assert 9_000 < refused < 10_000


def test_the_comparison_would_notice_a_verifier_that_lets_something_through(monkeypatch):
    monkeypatch.setattr(second_verifier, "entry", lambda _body, _sequence, _before: "")
    rng = random.Random(3)
    with pytest.raises(AssertionError):
        [judge(rng) for _ in range(1_000)]


def test_the_second_verifier_shares_no_code_and_runs_alone(tmp_path):
    for path, data in LARGE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    file = Path(second_verifier.__file__)
    text = file.read_text()
    assert "solely" not in text
    assert text.count("\n") <= 150
    done = subprocess.run([sys.executable, "-I", file, tmp_path, str(KEY)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("600 ")
