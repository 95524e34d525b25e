"""My uses: what a person is told is what was done with their contacts, no more and no less."""

import random
from contextlib import suppress

import pytest

from acts import ADS, PARTNERS, SECURITY, SERVICE
from solely.answer.question import Question
from solely.answer.uses import uses_after
from solely.errors import NotFound
from solely.store import advertising
from solely.store.entries import Entries

pytestmark = pytest.mark.server

PEOPLE = [f"person{n}" for n in range(8)]


def seen(platform, subject):
    """What is told of a person, in order of the acts of a moment."""
    shown = platform.solely.uses(subject).uses
    held = {one.giving: (one.purpose, one.kind, one.notice, one.given_at) for one in shown.givings}
    acts = [
        (act.at, act.what, act.purpose, act.by, None if act.what == "disclosure" else held.get(act.giving))
        for act in shown.acts
    ]
    assert [act.at for act in shown.acts] == sorted(act.at for act in shown.acts)
    return sorted(acts, key=str)


def done(platform, subject):
    """What was done, as the platform's own acts tell it."""
    return sorted(
        (
            (
                act.at,
                act.what,
                act.purpose,
                act.by,
                None if act.gave is None else (act.gave.purpose, act.gave.kind, act.gave.notice, act.gave.at),
            )
            for act in platform.acts.get(subject, [])
        ),
        key=str,
    )


def give(platform, chance):
    platform.wait(seconds=1)  # so that no two givings of a person are alike
    standing = {(one.subject, one.value, one.purpose) for one in platform.gave if one.stands(platform.time)}
    rows = {}
    for _ in range(chance.randint(1, 4)):
        subject, purpose = chance.choice(PEOPLE), chance.choice([ADS, ADS, PARTNERS, SECURITY, SERVICE])
        value = chance.choice([f"{subject}@example.com", f"{subject}@example.org"])
        if (subject, value, purpose) not in standing:
            rows[subject, purpose] = (subject, purpose, value, chance.choice(["v1", "v2"]), None)
    if rows:
        platform.give(list(rows.values()))


def match(platform, chance):
    values = [f"{one}@example.{end}" for one in chance.sample(PEOPLE, 4) for end in ("com", "org")]
    purpose, name = chance.choice([ADS, PARTNERS]), chance.choice(["one", "two"])
    killed = chance.choice([None, None, None, "before", "after"])
    platform.match(values, chance.choice(["acme", "globex"]), f"{name} {purpose[:3]}", purpose, killed=killed)


def withdraw(platform, chance):
    if standing := [one for one in platform.gave if one.stands(platform.time)]:
        one = chance.choice(standing)
        platform.withdraw(one.subject, one.purpose)


def send(platform, chance):
    may = [one for one in platform.gave if one.purpose in {SECURITY, SERVICE} and one.stands(platform.time)]
    if may:
        chance.choice([platform.send, platform.refuse])(chance.choice(may))


def disclose(platform, chance):
    if made := [use for use in platform.uses if use.audience]:
        use = chance.choice(made)
        with suppress(NotFound):  # where all its matches were killed
            platform.disclose(use.by.removeprefix("advertiser "), use.audience)


def tell(platform, _):
    if platform.uses:
        found = platform.solely.affected(Question(since=platform.uses[0].at))
        platform.note_disclosed(found.subjects())


def wait(platform, chance):
    platform.wait(days=chance.randint(1, 20))


ACTS = [give, give, match, match, withdraw, send, disclose, tell, wait]


@pytest.mark.parametrize("seed", range(3))
def test_what_a_person_is_told_is_what_was_done_no_more_and_no_less(make_platform, seed):
    chance = random.Random(seed)
    with make_platform() as platform:
        for step in range(60):
            chance.choice(ACTS)(platform, chance)
            if step in {20, 40}:
                platform.restart(rotate=step == 20, software=f"{step}.0", policy=f"step {step}")
        known = [subject for subject in PEOPLE if subject in platform.acts]
        assert len(known) > 4
        for subject in known:
            assert seen(platform, subject) == done(platform, subject), (seed, subject)


def test_each_giving_is_told_with_how_it_ended(platform):
    platform.give([("ann", ADS, "ann@example.com", "v1", None), ("ann", PARTNERS, "ann@example.com", "v2", None)])
    start = platform.time
    platform.wait(days=2)
    platform.withdraw("ann", ADS)
    told = {one.purpose: one for one in platform.solely.uses("ann").uses.givings}
    assert (told[ADS].notice, told[ADS].given_at, told[ADS].ended_at) == ("v1", start, platform.time)
    assert told[ADS].expires_at is None
    assert (told[PARTNERS].notice, told[PARTNERS].ended_at) == ("v2", None)
    assert (told[PARTNERS].expires_at - start).days == 30


def test_looking_is_no_entry_and_who_is_unknown_is_not_found(platform):
    platform.give([("bob", ADS, "bob@example.com", "v1", None)])
    size = platform.solely.sign_ledger()
    platform.solely.uses("bob")
    assert platform.solely.sign_ledger() == size
    with pytest.raises(NotFound):
        platform.solely.uses("nobody")


def test_a_reset_of_a_person_s_factors_is_told(platform):
    platform.give([("cem", SECURITY, "cem@example.com", "v1", None)])
    reset = platform.solely.verification.ask_reset("cem", "officer-1")
    platform.solely.verification.approve_reset("cem", reset, "officer-2")
    told = [(act.what, act.by, act.giving) for act in platform.solely.uses("cem").uses.acts if act.what == "reset"]
    assert told == [("reset", "officer officer-1", None), ("reset", "officer officer-2", None)]


def test_pages_of_any_size_tell_all_and_each_reads_its_own_entries_alone(platform, monkeypatch):
    platform.give([("eve", ADS, "eve@example.com", "v1", None)])
    for n in range(7):
        platform.match(["eve@example.com"], "acme", f"list {n}")
    (upload, *_) = advertising.uploads(platform.solely.audiences.connection, "acme", "list 3", platform.time)
    advertising.add_evidence(platform.solely.audiences.connection, "globex", upload)  # which no entry speaks of
    sources, read, kept = platform.solely.parts.sources, [], Entries.bodies
    monkeypatch.setattr(Entries, "bodies", lambda self, which: read.extend(which) or kept(self, which))
    everything = list(platform.solely.uses("eve").uses.acts)
    for most in (1, 3, 100):
        found, after, pages = [], (-1, 0), 0
        read.clear()
        while page := uses_after(sources, "eve", after, most):
            assert len(page) <= most
            found, after, pages = [*found, *(act for _, act in page)], page[-1][0], pages + 1
        assert found == everything
        assert len(read) <= len(everything) + pages


def test_evidence_under_another_advertiser_than_the_entry_has_is_none(platform):
    platform.give([("dan", ADS, "dan@example.com", "v1", None)])
    platform.match(["dan@example.com"], "acme", "real")
    (use,) = [act for act in platform.solely.uses("dan").uses.acts if act.what == "use"]
    connection = platform.solely.audiences.connection
    (upload,) = advertising.uploads(connection, "acme", "real", platform.time)
    advertising.add_evidence(connection, "globex", upload)
    assert [act for act in platform.solely.uses("dan").uses.acts if act.what == "use"] == [use]
