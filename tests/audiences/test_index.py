"""The index on disk: whole or not there, through every kill and every damage."""

import json
import shutil
import subprocess
import sys
import zlib

import numpy as np
import pytest

from solely.audiences import index

OLD, NEW = 1, 2

# Each child dies at the n-th thing it does to the file system, until one lives through it all.
KILLED = """
import os, shutil, sys
import numpy as np
from pathlib import Path
from solely.audiences import index

def shard(watermark):
    numbers = np.arange(100) + watermark
    halves = np.random.default_rng(watermark).integers(0, 2**64 - 1, (100, 2), np.uint64)
    return index.sort_shard(halves, numbers, numbers)

def child(n, folder):
    if n:
        index.write(folder, shard(1), 1, "old", 60, keys=frozenset({1}))
    steps = [0]
    def hook(name, arguments):
        if name in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate"}:
            steps[0] += 1
            if steps[0] == n:
                os._exit(9)
    sys.addaudithook(hook)
    index.write(folder, shard(2), 2, "new", 60, keys=frozenset({1}))
    os._exit(0)

n = 0
while True:
    n += 1
    pid = os.fork()
    if not pid:
        child(n, Path(sys.argv[1]) / str(n))
    if os.waitpid(pid, 0)[1] == 0:
        break
print(n)
"""


def shard(rows=100, seed=1):
    numbers = np.arange(rows) + 1
    halves = np.random.default_rng(seed).integers(0, 2**64 - 1, (rows, 2), np.uint64)
    return index.sort_shard(halves, numbers, numbers)


def opened(folder):
    text = index.named(folder)
    return None if text is None else index.read(folder, text)


@pytest.fixture
def written(tmp_path):
    index.write(tmp_path / "i", shard(), OLD, "mark", 30, keys=frozenset({1}))
    return tmp_path / "i"


def test_what_is_written_is_read_back_in_order_with_what_it_leads_to(written):
    whole, found = shard(), opened(written)
    assert (found.watermark, found.mark, found.rows) == (OLD, "mark", 100)
    assert len(found.shards) == 4
    for name in ("hi", "lo", "giving", "member"):
        column = np.concatenate([getattr(one, name) for one in found.shards])
        assert column.tolist() == getattr(whole, name).tolist()
    for place, one in enumerate(found.shards):
        assert set((one.hi >> np.uint64(62)).tolist()) == {place}


def test_every_row_stands_in_its_bucket(written):
    for one in opened(written).shards:
        buckets = (one.hi >> np.uint64(one.shift)) & np.uint64(len(one.places) - 2)
        for row, bucket in enumerate(buckets.tolist()):
            assert one.places[bucket] <= row < one.places[bucket + 1]


def test_an_index_of_nobody_is_an_index(tmp_path):
    index.write(tmp_path, shard(0), 0, "", keys=frozenset({1}))
    assert opened(tmp_path).rows == 0


def test_where_nothing_was_written_nothing_is_named(tmp_path):
    assert index.named(tmp_path) is None


@pytest.mark.slow
def test_whenever_a_writer_dies_the_old_index_or_the_new_one_is_there_whole(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    steps = int(done.stdout)
    assert steps > 15
    seen = set()
    for n in range(1, steps + 1):
        found = opened(tmp_path / str(n))
        assert found is not None, n
        assert found.rows == 100
        seen.add(found.watermark)
        index.write(
            tmp_path / str(n), shard(), 3, "next", keys=frozenset({1})
        )  # whatever lies about is in nobody's way
        assert opened(tmp_path / str(n)).watermark == 3
        left = {path.name for path in (tmp_path / str(n)).iterdir()}
        assert left == {"current", content_of(tmp_path / str(n))["folder"]}
    assert seen == {OLD, NEW}


def test_a_new_index_takes_the_place_of_the_old_and_of_what_a_dead_writer_left(written):
    (written / "7.0.new").mkdir()
    (written / "current.new").write_text("half of it")
    assert opened(written).watermark == OLD
    index.write(written, shard(seed=2), NEW, "mark", keys=frozenset({1}))
    assert opened(written).watermark == NEW
    assert len([path for path in written.iterdir() if path.is_dir()]) == 1


def test_the_pointer_is_replaced_in_one_step(written):
    """Who opened the old one reads it whole: it is never written over."""
    text = index.named(written)
    with (written / "current").open() as held:
        index.write(written, shard(seed=2), NEW, "mark", keys=frozenset({1}))
        assert held.read() == text


def test_an_index_in_use_stays_readable_when_another_takes_its_place(written):
    found = opened(written)
    index.write(written, shard(seed=2), NEW, "mark", keys=frozenset({1}))
    assert np.concatenate([one.giving for one in found.shards]).tolist() == shard().giving.tolist()


def _files(written):
    return sorted(path for path in written.rglob("*") if path.suffix in {".arrow", ".buckets"})


def test_a_bit_that_flips_anywhere_is_damage(written):
    for path in _files(written):
        data = path.read_bytes()
        for place in range(0, len(data), max(1, len(data) // 40)):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            assert opened(written) is None, (path.name, place)
        path.write_bytes(data)
    assert opened(written) is not None


@pytest.mark.parametrize("harm", ["short", "long", "gone", "another"])
def test_a_file_that_is_not_the_one_written_is_damage(written, harm):
    first, second = [path for path in _files(written) if path.suffix == ".arrow"][:2]
    data = first.read_bytes()
    if harm == "gone":
        first.unlink()
    else:
        first.write_bytes({"short": data[:-1], "long": data + b"\0", "another": second.read_bytes()}[harm])
    assert opened(written) is None


def point(written, content):
    text = json.dumps(content)
    (written / "current").write_text(f"{zlib.crc32(text.encode()):08x} {text}")


def content_of(written):
    return json.loads(index.named(written).partition(" ")[2])


@pytest.mark.parametrize("text", ["", "x", "{}", "00000000", "00000000 ", "00000000 {}", "zzzzzzzz {}"])
def test_a_pointer_that_is_none_names_no_index(written, text):
    (written / "current").write_text(text)
    assert opened(written) is None


@pytest.mark.parametrize("content", [[], None, 12, "x", {}, {"format": 2}, {"format": 3}, {"format": 3, "files": []}])
def test_a_pointer_of_another_format_names_no_index(written, content):
    point(written, content)
    assert opened(written) is None


def test_a_pointer_of_a_later_format_names_no_index(written):
    point(written, {**content_of(written), "format": 5})
    assert opened(written) is None


def test_a_digit_that_changes_in_the_pointer_is_damage(written):
    text = index.named(written)
    for place, letter in enumerate(text):
        if letter.isdigit():
            (written / "current").write_text(text[:place] + str((int(letter) + 1) % 10) + text[place + 1 :])
            assert opened(written) is None, place


def test_a_pointer_to_a_folder_that_went_names_no_index(written):
    shutil.rmtree(next(path for path in written.iterdir() if path.is_dir()))
    assert opened(written) is None
