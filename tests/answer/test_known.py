"""What is known of each giving by its number, kept or read anew, and whose it is."""

import numpy as np
import pytest
from pyroaring import BitMap

from acts import ADS, PARTNERS, SECURITY
from solely.answer.known import LATER, bitmap_of, country_fact, import_fact, known, numbers_of
from solely.store import advertising

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def told(platform):
    """By name of a giving, its number; and the import."""
    imported = platform.give(
        [
            ("ann", ADS, "ann@example.com", "v1", "DE"),
            ("ann", ADS, "ann@example.org", "v2", "DE"),
            ("bob", ADS, "bob@example.com", "v1", None),
            ("ann", SECURITY, "ann@example.com", "v1", "DE"),
        ]
    )
    later = platform.give(
        [("ann", PARTNERS, "ann@example.com", "v1", "FR"), ("cem", ADS, "cem@example.com", "v1", None)]
    )
    return imported, later


def sources(platform):
    folder = platform.solely.parts.sources.folder
    folder.mkdir(exist_ok=True)
    return platform.solely.parts.sources


def facts(found):
    return {name: set(found.fact(name)) for name in found.facts()}


def test_it_is_known_of_each_giving_of_advertising_whatever_is_kept(platform, told):
    imported, later = told
    fresh = known(sources(platform), keep=1_000)
    assert fresh.kept is None
    assert len(fresh.fact(import_fact(imported))) == 3
    assert len(fresh.fact(import_fact(later))) == 2
    assert len(fresh.fact(country_fact("DE"))) == 2
    assert len(fresh.fact(country_fact("FR"))) == 1
    assert fresh.countries() == ["DE", "FR"]
    assert len(fresh.fact(LATER)) == 2
    kept = known(sources(platform), keep=1)
    assert kept.kept is not None
    assert facts(kept) == facts(fresh)
    platform.give([("dan", ADS, "dan@example.com", "v1", "DE"), ("ann", ADS, "ann@example.net", "v1", None)])
    more = known(sources(platform), keep=1_000)
    assert (len(more.since_first), len(more.kept_first)) == (2, len(kept.kept_first))
    assert len(more.fact(country_fact("DE"))) == 3
    assert len(more.fact(LATER)) == 3
    again = known(sources(platform), keep=2)
    assert facts(again) == facts(more)
    assert again.kept_first.tolist() == [*more.kept_first.tolist(), *more.since_first.tolist()]


def test_people_are_counted_once_however_many_givings(platform, told):
    everyone = BitMap(range(1, advertising.last_number(platform.solely.audiences.connection) + 1))
    for keep in (1_000, 1):
        found = known(sources(platform), keep)
        people = found.people(everyone)
        assert len(people) == len({one.subject for one in platform.gave if one.purpose != SECURITY})
        for one in everyone:  # alone, each giving is of somebody who is among them
            (person,) = found.people(BitMap([one]))
            assert person in people
        assert found.people(BitMap()) == BitMap()


def test_what_is_of_another_database_is_made_anew(platform, told, monkeypatch):
    before = facts(known(sources(platform), keep=1))
    monkeypatch.setattr(advertising, "giving_mark", lambda *_: "another")
    assert known(sources(platform), keep=1_000).kept is None
    assert facts(known(sources(platform), keep=1_000)) == before


def test_a_file_of_whose_givings_are_that_is_too_short_is_made_anew(platform, told):
    before = facts(known(sources(platform), keep=1))
    first = sources(platform).folder / "first"
    first.write_bytes(first.read_bytes()[:-4])
    assert known(sources(platform), keep=1_000).kept is None
    assert facts(known(sources(platform), keep=1)) == before
    first.write_bytes(first.read_bytes() + b"what one who was killed left")
    platform.give([("eva", ADS, "eva@example.com", "v1", None)])
    found = known(sources(platform), keep=1)
    assert len(found.people(BitMap(range(1, len(found.kept_first))))) == len(
        {one.subject for one in platform.gave if one.purpose != SECURITY}
    )


def test_a_bitmap_and_its_numbers_are_the_same():
    numbers = np.array([1, 5, 70_000, 2**32 - 1], np.uint32)
    assert np.array_equal(numbers_of(bitmap_of(numbers)), numbers)
    assert len(numbers_of(BitMap())) == 0
