"""The indexes in use: made when they are needed, dropped when they are not to be trusted, never in the answer's way."""

import shutil
import subprocess
import sys
from datetime import timedelta

import numpy as np
import pytest

from solely.audiences import index
from solely.audiences.audience import standing
from solely.audiences.engines import local
from solely.audiences.shelf import Shelf, read_delta
from solely.contact import Contact

pytestmark = pytest.mark.server

PURPOSE = "tailored-audiences"


@pytest.fixture
def people(stage):
    """Six people and their addresses."""
    addresses = [stage.address() for _ in range(6)]
    return {address: stage.give(address) for address in addresses}


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "index", least=1_000_000)


def met(stage, shelf, addresses, purpose=PURPOSE):
    """The subjects these addresses meet through this shelf, by the steps of a match."""
    audiences = stage.solely.audiences
    digests = b"".join(Contact.read("email", one).digests()[0][:16] for one in addresses)
    tokens = audiences.tokenisers[purpose].tokenise(np.frombuffer(digests, np.uint8).reshape(-1, 16))
    now = stage.time[0]
    current = shelf.current(audiences.connection, purpose, now)
    delta, _ = read_delta(audiences.connection, purpose, now, current.watermark)
    givings, members = local.find(current, delta, tokens, 1)
    _, members = standing(givings, members, shelf.ended(audiences.connection, now))
    return set(members.tolist())


def watermark(stage, shelf, purpose=PURPOSE):
    return shelf.current(stage.solely.audiences.connection, purpose, stage.time[0]).watermark


def test_what_was_given_after_the_index_is_met_at_once(stage, shelf, people):
    before = watermark(stage, shelf)
    address = stage.address()
    stage.give(address)
    assert len(met(stage, shelf, [*people, address])) == 7
    assert watermark(stage, shelf) == before


def test_index_alone_index_and_delta_and_delta_alone_meet_the_same_people(stage, people, tmp_path):
    with_delta = Shelf(tmp_path / "with", least=1_000_000)
    delta_alone = Shelf(tmp_path / "alone", least=1_000_000)
    empty = index.sort_shard(np.empty((0, 2), np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))
    index.write(tmp_path / "alone" / PURPOSE, empty, 0, "", keys=frozenset({1}))
    watermark(stage, with_delta)
    late = {stage.address(): None for _ in range(4)}
    for address in late:
        stage.give(address)
    stage.solely.withdraw(next(iter(people.values())), PURPOSE)
    assert watermark(stage, delta_alone) == 0
    answers = [met(stage, one, [*people, *late]) for one in (with_delta, delta_alone, Shelf(tmp_path / "fresh"))]
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 9


def test_a_delta_that_grew_becomes_part_of_the_index(stage, people, tmp_path):
    shelf = Shelf(tmp_path / "index", least=3)
    first = shelf.current(stage.solely.audiences.connection, PURPOSE, stage.time[0])
    late = [stage.address() for _ in range(3)]
    for address in late:
        stage.give(address)
    assert watermark(stage, shelf) == first.watermark
    gone = next(iter(people))
    stage.solely.withdraw(people[gone], PURPOSE)
    late.append(stage.address())
    stage.give(late[-1])
    grown = shelf.current(stage.solely.audiences.connection, PURPOSE, stage.time[0])
    assert grown.watermark == first.watermark + 4
    assert grown.rows == first.rows + 4 - 1  # what ended is left out
    assert len(met(stage, shelf, [*people, *late])) == 9
    assert met(stage, shelf, [gone]) == set()
    assert met(stage, Shelf(tmp_path / "anew"), [*people, *late]) == met(stage, shelf, [*people, *late])


def test_what_has_not_begun_under_a_clock_that_was_set_back_is_not_lost(stage, tmp_path):
    """An index made in that hour must not pass over a giving that begins later."""
    shelf = Shelf(tmp_path / "index", least=0)
    watermark(stage, shelf)
    address = stage.address()
    stage.give(address)
    stage.pass_time(hours=-1)
    assert met(stage, shelf, [address]) == set()
    assert met(stage, Shelf(tmp_path / "anew"), [address]) == set()
    stage.pass_time(hours=1)
    assert len(met(stage, shelf, [address])) == 1
    assert len(met(stage, Shelf(tmp_path / "anew"), [address])) == 1


def test_each_purpose_has_an_index_of_its_own(stage, shelf, people):
    address = stage.address()
    stage.give(address, "partner-audiences")
    assert met(stage, shelf, [*people], "partner-audiences") == set()
    assert len(met(stage, shelf, [address], "partner-audiences")) == 1
    assert met(stage, shelf, [address]) == set()
    assert len(met(stage, shelf, people)) == 6


def _spoil(folder, how):
    if how == "pointer":
        (folder / "current").write_text("spoilt")
    elif how == "gone":
        shutil.rmtree(folder)
    else:
        path = next(folder.rglob(how))
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["pointer", "gone", "*.arrow", "*.buckets"])
def test_an_index_that_is_damaged_is_made_anew_and_answers_right(stage, people, tmp_path, how):
    met(stage, Shelf(tmp_path / "index"), people)
    _spoil(tmp_path / "index" / PURPOSE, how)
    assert len(met(stage, Shelf(tmp_path / "index"), people)) == 6


def test_an_index_of_another_database_is_made_anew(stage, make_stage, people, tmp_path):
    """A restored database gives the numbers of what it lost to other givings."""
    other = make_stage()
    with other.solely:
        for _ in range(3):
            other.give(other.address())
        assert watermark(other, Shelf(tmp_path / "index")) == 3
    assert len(met(stage, Shelf(tmp_path / "index", least=1_000_000), people)) == 6
    assert watermark(stage, Shelf(tmp_path / "index")) > 3


def test_an_index_that_is_ahead_of_its_database_is_made_anew(stage, people, tmp_path):
    tokens = index.sort_shard(np.empty((0, 2), np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))
    index.write(tmp_path / "index" / PURPOSE, tokens, 1_000_000, "of another time", keys=frozenset({1}))
    assert len(met(stage, Shelf(tmp_path / "index", least=1_000_000), people)) == 6


def test_an_index_that_another_process_replaced_is_read_again(stage, people, tmp_path):
    one, two = Shelf(tmp_path / "index", least=2), Shelf(tmp_path / "index", least=2)
    assert met(stage, one, people) == met(stage, two, people)
    late = [stage.address() for _ in range(3)]
    for address in late:
        stage.give(address)
    made = watermark(stage, two), index.named(tmp_path / "index" / PURPOSE)
    assert (watermark(stage, one), index.named(tmp_path / "index" / PURPOSE)) == made  # not made a second time
    assert len(met(stage, one, late)) == 3


WRITER = """
import sys
import numpy as np
from pathlib import Path
from solely.audiences import index

for again in range(25):
    numbers = np.arange(1, 200)
    halves = np.random.default_rng(again).integers(0, 2**64 - 1, (199, 2), np.uint64)
    index.write(Path(sys.argv[1]), index.sort_shard(halves, numbers, numbers), again, "mark", 20, keys=frozenset({1}))
"""


@pytest.mark.slow
def test_who_reads_while_another_writes_has_one_index_whole(tmp_path):
    """A reader may lose its folder half way; it is told so, and finds the next one."""
    whole = 0
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) as writer:
        while writer.poll() is None:
            text = index.named(tmp_path)
            found = text and index.read(tmp_path, text)
            if found:
                assert sorted(np.concatenate([one.giving for one in found.shards]).tolist()) == list(range(1, 200))
                whole += 1
    assert writer.returncode == 0
    assert whole


def test_the_time_of_an_index_is_no_part_of_the_answer(stage, people, tmp_path):
    """Made before or after an expiry, it answers by the time of the question."""
    address = stage.address()
    stage.give(address, "partner-audiences")
    early = Shelf(tmp_path / "early", least=1_000_000)
    assert len(met(stage, early, [address], "partner-audiences")) == 1
    stage.time[0] += timedelta(days=30)
    assert met(stage, early, [address], "partner-audiences") == set()
    assert met(stage, Shelf(tmp_path / "late"), [address], "partner-audiences") == set()


def test_a_compact_index_has_no_token_of_what_ended_and_meets_the_same_people(stage, people, tmp_path):
    shelf = Shelf(tmp_path / "compact", least=1)
    addresses = list(people)
    before = met(stage, shelf, addresses)
    stage.solely.withdraw(people[addresses[0]], PURPOSE)
    old = shelf.current(stage.solely.audiences.connection, PURPOSE, stage.time[0])
    shelf.compact(stage.solely.audiences.connection, PURPOSE, stage.time[0])
    new = shelf.current(stage.solely.audiences.connection, PURPOSE, stage.time[0])
    assert new.rows < old.rows
    assert len(met(stage, shelf, addresses) & before) == len(before) - 1 == 5


def test_where_there_is_no_index_there_is_nothing_to_make_compact(stage, tmp_path):
    shelf = Shelf(tmp_path / "none")
    shelf.compact(stage.solely.audiences.connection, PURPOSE, stage.time[0])
    assert [path.name for path in (tmp_path / "none" / PURPOSE).iterdir()] == ["lock"]
