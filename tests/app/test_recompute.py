"""Several processes say of what is published, to the word, what one says that goes from the first entry to the last."""

import os
import random
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from published_logs import KEY, NOW, bodies, draft, fetch_from, published
from solely.app import recompute as module
from solely.app.fetch import in_folder
from solely.app.recompute import recompute
from solely.errors import NotFound, Tampered, Unavailable
from solely.ledger.entry import Entry, encode
from solely.ledger.published import verify_published
from solely.ledger.tiles import bundle_path, tile_path

SIZE = 2_000
LOG = published(bodies(SIZE))
RUN = 512


@pytest.fixture(autouse=True)
def small_runs(monkeypatch):
    monkeypatch.setattr(module, "_RUN", RUN)
    monkeypatch.setattr(module, "_SMALL", 0)


@contextmanager
def in_memory(files):
    yield fetch_from(files)


def said(verify):
    try:
        return verify()
    except (Tampered, NotFound) as error:
        return type(error), str(error)


def both(files, **options):
    """What one process says of these files, once two and five have said the same."""
    one = said(lambda: verify_published(fetch_from(files), KEY, **options))
    for processes in (2, 5):
        assert said(lambda: recompute(partial(in_memory, files), KEY, processes=processes, **options)) == one  # noqa: B023 - called here
    return one


@pytest.mark.parametrize("size", [0, 1, 256, 511, 512, 513, 1_024, SIZE])
def test_a_whole_log_is_verified(size):
    files = published(bodies(size))
    assert both(files, anchor=files["checkpoint"].decode()).size == size


@pytest.mark.parametrize(("first", "last"), [(0, 511), (3, 512), (700, 1_300), (1_999, 1_999), (300, None), (5, 4)])
def test_a_range_is_verified(first, last):
    both(LOG, first=first, last=last)


def test_the_first_place_that_is_wrong_is_named():
    changed = dict(LOG)
    for number, first in ((6, 6), (3, 3), (4, 3)):
        changed[bundle_path(number)] = changed[bundle_path(number)].replace(b"desk", b"disk")
        assert both(changed) == (Tampered, f"ledger entry {256 * first}: not what was signed")


@pytest.mark.parametrize("at", [1, 511, 512, 513, 1_024, 1_999])
def test_a_time_that_goes_backwards_is_found_also_where_a_run_begins(at):
    entries = bodies(SIZE)
    entries[at] = encode(Entry.at(at, NOW + timedelta(seconds=at - 2), draft(at)))
    assert both(published(entries)) == (Tampered, f"ledger entry {at}: its time goes backwards")


@pytest.mark.parametrize("at", [0, 511, 512, 1_999])
def test_what_the_owner_signed_and_is_no_entry_is_found(at):
    entries = bodies(SIZE)
    entries[at] = b"{}"
    assert both(published(entries)) == (Tampered, f"ledger entry {at}: not an entry")


def test_a_missing_file_is_found():
    for path in LOG:
        assert isinstance(both({there: data for there, data in LOG.items() if there != path}), tuple)


def test_random_changes_are_judged_alike():
    rng = random.Random(1)
    for _ in range(60):
        changed = dict(LOG)
        for path in rng.sample(list(LOG), rng.randint(1, 3)):
            data = bytearray(changed[path])
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            changed[path] = bytes(data[: rng.choice([len(data), len(data), -1])])
        assert isinstance(both(changed), tuple)


def test_files_of_a_folder_are_read_by_each_process_for_itself(tmp_path):
    for path, data in LOG.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert recompute(partial(in_folder, tmp_path), KEY, processes=2).size == SIZE
    (tmp_path / tile_path(0, 3)).unlink()
    with pytest.raises(NotFound):
        recompute(partial(in_folder, tmp_path), KEY, processes=2)


@pytest.mark.parametrize("processes", [1, 2])
def test_it_is_told_how_far_it_is(processes):
    told = []
    recompute(partial(in_memory, LOG), KEY, processes=processes, first=300, seen=told.append)
    assert told == sorted(told)
    assert (len(told) > 1, told[-1]) == (True, SIZE - 256)


def test_a_small_log_starts_no_process(monkeypatch):
    monkeypatch.setattr(module, "_SMALL", SIZE)
    monkeypatch.setattr(module, "_check", None)
    assert recompute(partial(in_memory, LOG), KEY, processes=2).size == SIZE


@contextmanager
def dying(parent):
    if os.getpid() != parent:
        os._exit(9)
    yield fetch_from(LOG)


def test_a_process_that_ends_by_itself_is_told_and_proves_nothing():
    with pytest.raises(Unavailable, match="ended by itself"):
        recompute(partial(dying, os.getpid()), KEY, processes=2)
