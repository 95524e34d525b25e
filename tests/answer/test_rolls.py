"""Unions of what matches used are the same with rolls, without, with old ones, and with ones of elsewhere."""

import random

import pytest
from pyroaring import BitMap

from acts import ADS, PARTNERS
from solely.answer import kept
from solely.answer.known import known
from solely.answer.rolls import Rolls, people, read_match, read_rolls, renew, union, used_by_each
from solely.errors import Tampered

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def told(platform):
    """Twenty matches of thirty people by three advertisers in three months."""
    chance = random.Random(5)
    people = [f"person{n}@example.com" for n in range(30)]
    rows = [(one.partition("@")[0], ADS, one, "v1", None) for one in people]
    platform.give([*rows, *((one.partition("@")[0], PARTNERS, one, "v1", None) for one in people[::3])])
    for number in range(20):
        platform.wait(days=4)
        purpose, listed = (PARTNERS if number % 4 == 1 else ADS), chance.sample(people, chance.randint(0, 12))
        platform.match(listed, f"adv{number % 3}", f"{purpose[:3]} {number % 5}", purpose)
    platform.solely.parts.sources.folder.mkdir()
    return platform


def every(platform):
    sources = platform.solely.parts.sources
    return [read_match(entry) for entry in sources.entries.matches()]


def whose(sources):
    return known(sources)


def some_groups(matches):
    chance = random.Random(7)
    yield matches
    yield []
    for name in {match.advertiser for match in matches} | {match.month for match in matches}:
        yield [match for match in matches if name in {match.advertiser, match.month}]
    for _ in range(20):
        yield chance.sample(matches, chance.randint(0, len(matches)))


def test_with_rolls_and_without_the_union_is_the_same(told):
    sources, matches = told.solely.parts.sources, every(told)
    assert renew(sources, whose(sources), matches, keep=21).files == ()
    plain = [union(sources, Rolls(()), some) for some in some_groups(matches)]
    old = renew(sources, whose(sources), matches[:15], keep=1)
    assert len(old.files) >= 5
    assert [union(sources, old, some) for some in some_groups(matches)] == plain
    new = renew(sources, whose(sources), matches, keep=1)
    assert max(len(uploads) for uploads, _ in new.files) == len(matches)
    assert [union(sources, new, some) for some in some_groups(matches)] == plain
    asked = BitMap(range(1, 12))
    assert [union(sources, new, some, asked) for some in some_groups(matches)] == [one & asked for one in plain]
    assert union(sources, new, matches, BitMap()) == BitMap()
    now = whose(sources)
    for some, givings in zip(some_groups(matches), plain, strict=True):
        for rolls in (Rolls(()), old, new):
            assert people(sources, now, rolls, some) == now.people(givings)
            assert people(sources, now, rolls, some, asked) == now.people(givings & asked)
        each = used_by_each(sources, some)
        assert each.keys() == {match.upload for match in some}
        assert BitMap.union(BitMap(), *each.values()) == givings


def test_a_roll_of_what_is_not_there_any_more_is_not_used(told):
    sources, matches = told.solely.parts.sources, every(told)
    rolls = renew(sources, whose(sources), matches, keep=1)
    fewer = matches[:-1]
    assert union(sources, rolls, fewer) == union(sources, Rolls(()), fewer)
    again = renew(sources, whose(sources), fewer, keep=1)
    assert union(sources, again, fewer) == union(sources, Rolls(()), fewer)


def test_a_roll_that_is_no_file_of_ours_is_left_out(told):
    sources, matches = told.solely.parts.sources, every(told)
    renew(sources, whose(sources), matches, keep=1)
    count = len(read_rolls(sources.folder).files)
    path = next(sources.folder.glob("roll.*"))
    path.write_bytes(b"x")
    assert len(read_rolls(sources.folder).files) == count - 1
    kept.write(path, {"uploads": [str(match.upload) for match in matches]}, {"givings": BitMap().serialize()})
    assert len(read_rolls(sources.folder).files) == count - 1  # it has no people
    path.unlink()


def test_evidence_that_is_not_what_was_written_down_is_an_error(told):
    sources, (match, *_) = told.solely.parts.sources, [one for one in every(told) if one.count > 1]
    wrong = type(match)(**{name: getattr(match, name) for name in match.__slots__} | {"count": match.count + 1})
    with pytest.raises(Tampered, match="evidence"):
        union(sources, Rolls(()), [wrong])


def test_a_match_is_told_as_its_entry_has_it(told):
    match = every(told)[0]
    use = told.uses[0]
    assert (match.at, match.advertiser, match.audience, match.partner) == (use.at, "adv0", "tai 0", None)
    assert (match.purpose, match.policy, match.software) == (ADS, told.policy, "1.0")
    assert (match.count, match.month) == (len(use.givings), "2030-01")
