"""A published folder is what the log was at its signed head, goes on from there, and never tells another history."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import second_verifier
import solely.app.publish as module
from published_logs import KEY, bodies, published
from solely.app.fetch import from_folder
from solely.app.publish import Published, publish
from solely.errors import NotFound, Tampered
from solely.ledger.published import verify_published
from solely.ledger.tiles import bundle_path, tile_path

BODIES = bodies(1_000)


def source(entries):
    def bodies_from(first):
        yield from entries[first:]

    return bodies_from


def head(size, entries=BODIES):
    return published(entries[:size])["checkpoint"].decode()


def put(folder, size, entries=BODIES):
    return publish(source(entries), lambda: head(size, entries), KEY, folder)


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def verified(folder):
    proven = verify_published(from_folder(folder), KEY)
    assert second_verifier.verify(files_in(folder).get, str(KEY)) == (proven.size, proven.root)
    return proven


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 1_000])
def test_a_log_is_published_as_it_is(size, tmp_path):
    files = published(BODIES[:size])
    assert put(tmp_path / "new" / "public", size) == Published(size, len(files))
    assert files_in(tmp_path / "new" / "public") == files


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 1_000), min_size=2, max_size=5).map(sorted))
def test_it_goes_on_from_what_is_there_and_reads_the_store_from_the_last_bundle_on(tmp_path_factory, sizes):
    folder, asked = tmp_path_factory.mktemp("public"), []

    def bodies_from(first):
        asked.append(first)
        yield from BODIES[first:]

    for before, size in zip([0, *sizes], sizes, strict=False):
        then = files_in(folder)
        publish(bodies_from, partial(head, size), KEY, folder)
        now = files_in(folder)
        assert all(now[path] == data for path, data in then.items() if path in now and path != "checkpoint")
        assert published(BODIES[:size]).items() <= now.items()
        assert verified(folder).size == size
        assert size == before or asked.pop() == before - before % 256
    assert asked == []


def test_what_is_published_is_not_written_again(tmp_path):
    put(tmp_path, 600)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert put(tmp_path, 600) == Published(600, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_new_signatures_under_the_same_head_are_published(tmp_path):
    put(tmp_path, 3)
    witnessed = f"{head(3)}— witness.example/w1 AAAAAAAA\n"
    assert publish(source(BODIES), lambda: witnessed, KEY, tmp_path) == Published(3, 1)
    assert (tmp_path / "checkpoint").read_text() == witnessed


def test_a_partial_file_stays_until_its_full_one_is_published(tmp_path):
    for size in (10, 20, 255):
        put(tmp_path, size)
    assert {tile_path(0, 0, n) for n in (10, 20, 255)} <= set(files_in(tmp_path))
    put(tmp_path, 257)
    assert files_in(tmp_path) == published(BODIES[:257])


@pytest.mark.parametrize("size", [3, 255, 256, 300, 512, 600])
def test_another_history_is_not_published(size, tmp_path):
    """Neither a changed entry nor an older log: the published head stays."""
    put(tmp_path, 512)
    before = files_in(tmp_path)
    other = bodies(1_000, principal="someone else")
    with pytest.raises(Tampered):
        put(tmp_path, size, other)
    if size < 512:
        with pytest.raises(Tampered, match="512 entries were published, and the ledger has"):
            put(tmp_path, size)
    assert before.items() <= files_in(tmp_path).items()
    assert verified(tmp_path).size == 512


def test_an_entry_that_was_published_otherwise_is_found(tmp_path):
    put(tmp_path, 300)
    with pytest.raises(Tampered, match="another entry was published"):
        put(tmp_path, 301, [*BODIES[:299], *bodies(1_000, principal="someone else")[299:]])
    assert verified(tmp_path).size == 300


@pytest.mark.parametrize("entries", [BODIES[:599], [*BODIES[:598], BODIES[597], *BODIES[599:]]])
def test_entries_that_are_not_what_was_signed_are_not_published(entries, tmp_path):
    put(tmp_path, 300)
    with pytest.raises(Tampered, match="not what was signed"):
        publish(source(entries), lambda: head(600), KEY, tmp_path)
    assert verified(tmp_path).size == 300
    put(tmp_path, 600)
    assert verified(tmp_path).size == 600


def test_a_published_edge_that_was_changed_is_found(tmp_path):
    put(tmp_path, 300)
    path = tmp_path / tile_path(1, 0, 1)
    path.write_bytes(bytes(32))
    with pytest.raises(Tampered, match="another root"):
        put(tmp_path, 301)
    path.unlink()
    with pytest.raises(NotFound):
        put(tmp_path, 301)


def test_of_many_who_publish_at_once_none_takes_the_head_back(tmp_path):
    """The head is signed under the folder's lock: who comes later signs no less."""
    size = iter(range(1, 1_000))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: publish(source(BODIES), lambda: head(next(size)), KEY, tmp_path), range(20)))
    assert verified(tmp_path).size == 20


@pytest.mark.parametrize("step", [0, 1, 5, 9])
def test_a_disk_that_fails_leaves_what_was_published(step, tmp_path, monkeypatch):
    """Nothing is being written any more when the failure is told; the next goes on."""
    put(tmp_path, 300)
    before, steps, real = files_in(tmp_path), iter(range(100)), os.fsync

    def fsync(handle):
        if next(steps) >= step:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fsync", fsync)
        with pytest.raises(OSError, match="No space"):
            put(tmp_path, 1_000)
        assert before.items() <= files_in(tmp_path).items()
    assert verified(tmp_path).size == 300
    put(tmp_path, 1_000)
    assert verified(tmp_path).size == 1_000
    assert not [path for path in files_in(tmp_path) if path.endswith(".new")]


def test_it_is_told_how_far_it_is(tmp_path):
    told = []
    put(tmp_path, 300)
    publish(source(BODIES), lambda: head(1_000), KEY, tmp_path, told.append)
    assert told == [512, 768, 1_000]


KILLED = """
import os, sys
from pathlib import Path
from published_logs import KEY, bodies
import solely.app.publish as module

left = int(sys.argv[2])
real = os.fsync

def fsync(handle):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    real(handle)

module.os.fsync = fsync
note, key = Path(sys.argv[3]).read_text(), module.VerifierKey("example.com/solely", bytes.fromhex(sys.argv[4]))
entries = bodies(600)
module.publish(lambda first: (one for one in entries[first:]), lambda: note, key, Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 1, 3, 6, 9, 12, 14])
def test_who_is_killed_anywhere_leaves_a_whole_log_and_the_next_goes_on(step, tmp_path):
    folder, note = tmp_path / "public", tmp_path / "note"
    put(folder, 300)
    note.write_text(head(600))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, folder, str(step), note, KEY.public_key.hex()],
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": os.environ["PATH"]},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert (verified(folder).size == 300) == (step < 14)  # the fifteenth is after the head is in its place
    put(folder, 600)
    assert verified(folder).size == 600
    assert published(BODIES[:600]).items() <= files_in(folder).items()
    assert not [path for path in files_in(folder) if path.endswith(".new")]
    assert (folder / bundle_path(1, 44)).exists() == (step == 14)  # then it stays, and harms nothing
