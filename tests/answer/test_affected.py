"""Whom a question affects: by every part of it, in both worlds, after a kill, and however it is kept."""

from datetime import timedelta

import pytest

from acts import ADS, PARTNERS, SECURITY, SERVICE
from solely.answer import affected as answer
from solely.answer.affected import Counts
from solely.answer.question import Question
from solely.app.directory import read_keyring
from solely.errors import NotFound, Tampered
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def told(platform):
    """Two imports, five people, three audiences, messages; and a month between some of it."""
    phone = "+4915100000001"
    first = platform.give(
        [
            ("ann", ADS, "ann@example.com", "v1", "DE"),
            ("ann", ADS, phone, "v2", None),
            ("bob", ADS, "bob@example.com", "v1", "FR"),
            ("cem", PARTNERS, "cem@example.com", "v1", None),
            ("ann", SECURITY, phone, "v1", "DE"),
            ("dan", SERVICE, "dan@example.com", "v1", None),
        ]
    )
    second = platform.give([("eva", ADS, "eva@example.com", "v2", "DE"), ("bob", ADS, "bob@example.org", "v2", "BE")])
    platform.match(["ann@example.com", phone, "nobody@example.com"], "acme", "summer")
    platform.wait(days=31)
    platform.restart(software="2.0", policy="changed")
    platform.match(["bob@example.com", "bob@example.org", "eva@example.com"], "acme", "winter", partner="dataco")
    platform.match(["cem@example.com"], "globex", "winter", PARTNERS)
    platform.match(["eva@example.com", phone], "globex", "spring")
    for place in (4, 5):
        platform.send(platform.gave[place])
    platform.refuse(platform.gave[4])
    platform.withdraw("bob", ADS)
    return first, second


def subjects(platform, question):
    return list(platform.solely.affected(question).subjects())


def asked(platform, told):
    first, second = told
    start, later = platform.uses[0].at, platform.uses[1].at
    policy = platform.policy
    yield from (
        ({"since": start}, ["ann", "bob", "dan", "eva"]),
        ({"since": later}, ["ann", "bob", "dan", "eva"]),
        ({"until": later}, ["ann"]),
        ({"since": start, "until": start + timedelta(microseconds=1)}, ["ann"]),
        ({"since": start + timedelta(microseconds=1), "until": later}, []),
        ({"advertisers": {"acme"}}, ["ann", "bob", "eva"]),
        ({"advertisers": {"globex"}}, ["ann", "eva"]),
        ({"audiences": {"globex/winter"}}, []),
        ({"audiences": {"globex/winter", "acme/summer"}}, ["ann"]),
        ({"partners": {"dataco"}}, ["bob", "eva"]),
        ({"purposes": {SECURITY}}, ["ann"]),
        ({"purposes": {SECURITY, SERVICE}}, ["ann", "dan"]),
        ({"purposes": {ADS}}, ["ann", "bob", "eva"]),
        ({"notices": {f"{ADS}/v1"}}, ["ann", "bob"]),
        ({"notices": {f"{SECURITY}/v1"}}, ["ann"]),
        ({"notices": {f"{ADS}/v2"}, "advertisers": {"globex"}}, ["ann", "eva"]),
        ({"imports": {first}}, ["ann", "bob", "dan"]),
        ({"imports": {second}}, ["bob", "eva"]),
        ({"imports": {second}, "notices": {f"{ADS}/v1"}}, []),
        ({"software": {"1.0"}}, ["ann"]),
        ({"software": {"2.0"}}, ["ann", "bob", "dan", "eva"]),
        ({"policies": {policy[:8]}}, ["ann", "bob", "dan", "eva"]),
        ({"policies": {policy[:8]}, "advertisers": {"acme"}}, ["bob", "eva"]),
        ({"policies": {"0" * 64}}, []),
        ({"givings": {platform.id_of(platform.gave[1])}}, ["ann"]),
        ({"givings": {platform.id_of(platform.gave[1])}, "advertisers": {"acme"}, "since": later}, []),
        ({"givings": {platform.id_of(platform.gave[4])}, "purposes": {ADS}}, []),
    )


def test_each_part_of_a_question_means_what_it_says(platform, told):
    for parts, expected in asked(platform, told):
        question = Question(**parts)
        found = subjects(platform, question)
        assert sorted(found) == expected == sorted(platform.affected(question)), parts
        assert platform.solely.affected(question).people == len(expected)


def test_the_counts_are_by_advertiser_audience_month_country_and_purpose(platform, told):
    question = Question(since=platform.uses[0].at)
    assert platform.solely.affected(question).counts() == Counts(
        people=4,
        by_advertiser={"acme": 3, "globex": 2},
        by_audience={"acme/summer": 1, "acme/winter": 2, "globex/spring": 2},
        by_month={"2030-01": 1, "2030-02": 4},
        by_country={"BE": 1, "DE": 2, "FR": 1, "unknown": 1},
        by_purpose={SECURITY: 1, SERVICE: 1, ADS: 3},
    )
    assert platform.solely.affected(question).over_time() == {
        "acme": {"2030-01": 1, "2030-02": 2},
        "globex": {"2030-02": 2},
        SECURITY: {"2030-02": 1},
        SERVICE: {"2030-02": 1},
    }


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_page_by_page_it_is_each_person_once_and_nobody_else(platform, told, size):
    for parts, expected in asked(platform, told):
        found, place = [], 0
        while place is not None:
            rows, place = platform.solely.affected(Question(**parts)).page(place, size)
            assert len(rows) <= size
            found += rows
        assert sorted(found) == sorted(platform.solely.affected(Question(**parts)).rows())
        assert sorted(row.subject for row in found) == expected, parts


@pytest.mark.parametrize(
    "parts",
    [
        {"advertisers": {"acme", "acm"}},
        {"audiences": {"acme/somer"}},
        {"partners": {"nobody"}},
        {"purposes": {"tailored"}},
        {"notices": {f"{ADS}/v9"}},
        {"imports": {"import-99"}},
    ],
)
def test_a_name_that_nothing_is_of_is_an_error_and_not_a_zero(platform, told, parts):
    with pytest.raises(NotFound, match="nothing that was recorded"):
        platform.solely.affected(Question(**parts)).counts()


def test_a_match_that_was_killed_counts_from_its_entry_on(make_platform):
    with make_platform() as platform:
        _kill(platform)


def _kill(platform):
    platform.give([("fay", ADS, "fay@example.com", "v1", None), ("gus", ADS, "gus@example.com", "v1", None)])
    platform.match(["fay@example.com"], "initech", "one")
    platform.match(["gus@example.com"], "initech", "two", killed="before")
    assert subjects(platform, Question(advertisers={"initech"})) == ["fay"]
    platform.match(["gus@example.com"], "initech", "two", killed="after")
    assert sorted(subjects(platform, Question(advertisers={"initech"}))) == ["fay", "gus"]
    assert subjects(platform, Question(audiences={"initech/two"})) == ["gus"]


def test_the_same_is_answered_however_much_is_kept(platform, told, monkeypatch):
    def ask(keep_givings, keep_matches):
        monkeypatch.setattr(answer, "known", lambda sources: known(sources, keep_givings))
        monkeypatch.setattr(answer, "renew", lambda sources, now, every: renew(sources, now, every, keep_matches))
        for parts, expected in asked(platform, told):
            assert sorted(subjects(platform, Question(**parts))) == expected, parts

    known, renew = answer.known, answer.renew
    ask(1, 1)
    assert {path.name.partition(".")[0] for path in (platform.folder / "data" / "answers").iterdir()} == {
        "givings", "first", "roll",
    }  # fmt: skip
    platform.give([("hal", ADS, "hal@example.com", "v1", None)])
    ask(1_000, 1_000)
    ask(1, 1)


@pytest.mark.parametrize("name", ["givings", "roll"])
def test_what_is_damaged_is_made_again(platform, told, monkeypatch, name):
    known, renew = answer.known, answer.renew
    monkeypatch.setattr(answer, "known", lambda sources: known(sources, 1))
    monkeypatch.setattr(answer, "renew", lambda sources, now, every: renew(sources, now, every, 1))
    question = Question(since=platform.uses[0].at, notices={f"{ADS}/v1"})
    before = subjects(platform, question)
    for path in (platform.folder / "data" / "answers").glob(f"{name}*"):
        data = path.read_bytes()
        path.write_bytes(data[:-3] + bytes(3 - len(data[-3:])) + bytes(byte ^ 0xFF for byte in data[-3:]))
    assert subjects(platform, question) == before


def test_an_entry_whose_evidence_is_gone_is_an_error_and_not_a_smaller_number(make_platform):
    with make_platform() as platform:
        platform.give([("ann", ADS, "ann@example.com", "v1", None)])
        platform.match(["ann@example.com"], "acme", "summer")
        question = Question(advertisers={"acme"})
        assert platform.solely.affected(question).people == 1
        password = read_keyring(platform.solely.directory, "owner").secret("database")
        with running(platform.solely.directory / "postgres") as host:
            connection = Database(host).superuser(SUPERUSER, password)
            with connection:
                connection.execute("DELETE FROM advertising.evidence")
        with pytest.raises(Tampered, match="evidence"):
            platform.solely.affected(question).counts()
