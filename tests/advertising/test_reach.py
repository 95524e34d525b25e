"""What runs, held in memory: it is brought up to date by what changed, and read no further."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from pyroaring import BitMap

from solely.advertising.campaign import Campaign
from solely.advertising.gathered import Gathered, Part
from solely.advertising.reach import Reach, Running
from solely.app.decisions import open_campaigns, open_decisions
from solely.errors import NotFound
from solely.store import advertising, incoming

pytestmark = pytest.mark.server


def gathered(givings, members=()):
    return Gathered("acme", "a", parts={None: Part("a", None, BitMap(givings))}, members=BitMap(members))


def test_a_person_is_reached_through_each_of_their_givings_and_not_where_one_excludes_them():
    one = Running(None, (gathered([1, 2, 9]), gathered([2, 3])), (gathered([4]),), frozenset())
    assert [found for _, found in one.through([1, 2, 5])] == [[1, 2], [2]]
    assert one.through([1, 4]) == []
    assert one.through([]) == one.through([7]) == []


@pytest.mark.parametrize(
    ("include", "exclude", "least"),
    [
        ([range(9), range(5)], [], 9),
        ([range(9)], [range(2), range(1, 3)], 5),
        ([range(2)], [range(4)], -2),
        ([], [], 0),
    ],
)
def test_at_least_so_many_are_reached_as_is_told_without_looking_who_they_are(include, exclude, least):
    one = Running(None, *(tuple(gathered([], each) for each in side) for side in (include, exclude)), frozenset())
    assert one.at_least() == least <= len(one.members())


def looked_at(delivery):
    """An audience with a campaign, who is in it, and a view of what runs that has looked at it already."""
    audience, subjects = delivery.stage.audience(150)
    delivery.campaign(audience)
    fresh = open_decisions(delivery.stage.solely.parts)
    fresh.decide(delivery.handle(subjects[0]))
    return audience, subjects, fresh


def test_nothing_is_read_again_that_did_not_change(delivery, monkeypatch):
    _, subjects, fresh = looked_at(delivery)
    read = []
    monkeypatch.setattr(advertising, "read_upload", lambda *_: read.append("upload"))
    monkeypatch.setattr(Reach, "_load", lambda *_: read.append("load"))
    for subject in subjects[:5]:
        assert fresh.decide(delivery.handle(subject)).reached
    assert read == []


def reading(monkeypatch):
    """The uploads that are read from now on."""
    read, kept = [], advertising.read_upload
    monkeypatch.setattr(advertising, "read_upload", lambda *which: read.append(which[-1]) or kept(*which))
    return read


def test_a_new_upload_alone_is_read(delivery, monkeypatch):
    audience, subjects, fresh = looked_at(delivery)
    delivery.stage.match([delivery.stage.address()], audience)
    read = reading(monkeypatch)
    assert fresh.decide(delivery.handle(subjects[0])).reached
    assert len(read) == 1


def test_where_people_leave_no_upload_is_read(delivery, monkeypatch):
    _, subjects, fresh = looked_at(delivery)
    read = reading(monkeypatch)
    delivery.stage.solely.withdraw(subjects[1], "tailored-audiences")
    assert fresh.decide(delivery.handle(subjects[0])).reached
    assert fresh.decide(delivery.handle(subjects[1])).reached == ()
    assert read == []


def test_what_was_cut_off_is_made_up_for(delivery, monkeypatch):
    """A database that fails between two reads: nobody is reached then, and all who should be after."""
    stage = delivery.stage
    audience, subjects = stage.audience(150)
    small, late = stage.audience(1), stage.address()
    campaign, other = delivery.campaign(audience), delivery.campaign(small[0])
    fresh = open_decisions(stage.solely.parts)
    handle = delivery.handle(small[1][0])
    assert fresh.decide(handle).reached == ()
    addresses = {stage.new("u"): stage.address() for _ in range(150)}
    stage.give_all(addresses)
    stage.match([*addresses.values(), late], small[0])
    stage.solely.withdraw(subjects[0], "tailored-audiences")
    with monkeypatch.context() as patch:
        patch.setattr("solely.store.campaigns.parts", broken)
        with pytest.raises(ZeroDivisionError):
            fresh.decide(handle)
    with monkeypatch.context() as patch:
        patch.setattr("solely.store.campaigns.version", broken)
        with pytest.raises(ZeroDivisionError):
            fresh.decide(handle)
    assert [one.campaign for one in fresh.decide(handle).reached] == [other]
    assert [one.campaign for one in fresh.decide(delivery.handle(subjects[1])).reached] == [campaign]
    assert fresh.decide(delivery.handle(subjects[0])).reached == ()


def broken(*_):
    raise ZeroDivisionError


def test_two_processes_see_each_others_changes(delivery):
    stage = delivery.stage
    audience, subjects = stage.audience(150)
    other = open_decisions(stage.solely.parts)
    handle = delivery.handle(subjects[0])
    assert other.decide(handle).reached == ()
    campaign = delivery.campaign(audience)
    assert [one.campaign for one in other.decide(handle).reached] == [campaign]
    delivery.campaigns.pause("acme", campaign)
    assert other.decide(handle).reached == ()


# -- whatever happens, what is held is what is there


class World:
    """People who give and leave, lists that come and end, campaigns that pause: one of these at a time, at random."""

    STEPS = ("give", "list", "list", "leave", "leave", "end a list", "campaign", "pause", "resume", "time")
    PURPOSES = ("tailored-audiences", "partner-audiences")  # givings for the second live thirty days

    def __init__(self, stage, campaigns, chance):
        self._stage, self._campaigns, self._chance = stage, campaigns, chance
        self._people, self._lists, self._names = {}, [], []
        self.give()
        for purpose in self.PURPOSES:
            self._list(purpose)

    def step(self):
        what = self._chance.choice(self.STEPS)
        getattr(self, what.replace(" ", "_"))()
        return what

    def _some(self, of, most):
        return self._chance.sample(list(of), min(len(of), self._chance.randint(1, most)))

    def give(self):
        for purpose in self.PURPOSES:
            fresh = {self._stage.new("u"): self._stage.address() for _ in range(30)}
            self._stage.give_all(fresh, purpose)
            self._people |= fresh

    def list(self):
        self._list(self._chance.choice(self.PURPOSES))

    def _list(self, purpose):
        rows, audience = self._some(self._people.values(), 60), f"{purpose} {self._chance.randint(1, 3)}"
        partner = self._chance.choice([None, "broker"]) if purpose.startswith("partner") else None
        path = self._stage.list(rows)
        self._lists.append(self._stage.solely.match(path, "acme", audience, purpose, partner=partner).ledger)

    def leave(self):
        for subject in self._some(self._people, 12):
            if self._chance.random() < 0.2:
                self._stage.solely.erase(subject)
                del self._people[subject]
            else:
                for purpose in self.PURPOSES:
                    with suppress(NotFound):
                        self._stage.solely.withdraw(subject, purpose)

    def end_a_list(self):
        connection = self._stage.solely.audiences.connection
        with connection.transaction():
            incoming.end_use(connection, "acme", self._chance.choice(self._lists), self._stage.time[0])
            advertising.raise_version(connection)

    def campaign(self):
        purpose, now = self._chance.choice(self.PURPOSES), self._stage.time[0]
        there = [one.name for one in advertising.audiences(self._campaigns.connection, "acme", None, "", 99)]
        own = [one for one in there if one.startswith(purpose)]
        include, exclude = self._some(own, 2), self._some(own, 1) if self._chance.random() < 0.5 else ()
        starts, ends = now + timedelta(days=self._chance.choice([0, 0, 20])), now + timedelta(days=200)
        if not set(include) & set(exclude):
            self._names.append(self._stage.new("campaign"))
            self._campaigns.add(Campaign("acme", self._names[-1], tuple(include), tuple(exclude), starts, ends))

    def pause(self):
        for name in self._some(self._names, 1) if self._names else ():
            self._campaigns.pause("acme", name)

    def resume(self):
        for name in self._some(self._names, 1) if self._names else ():
            self._campaigns.resume("acme", name)

    def time(self):
        self._stage.pass_time(days=self._chance.choice([1, 10, 40, 150]))


def told(reach, now):
    """What a view of what runs has of each campaign."""
    reach.running(now)
    return {
        one.campaign.name: (set(one.members()), one.ready, one.concerns, _parts(one.include), _parts(one.exclude))
        for one in reach._held
    }


def _parts(side):
    found = [(part.audience, part.partner, set(part.givings)) for one in side for part in one.parts.values()]
    return sorted(found, key=str)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))])
def test_what_is_held_is_what_is_read_anew_whatever_happened(make_stage, seed):
    stage = make_stage()
    with stage.solely:
        parts = stage.solely.parts
        world = World(stage, open_campaigns(parts), random.Random(seed))
        held, seen = open_decisions(parts).reach, []
        for _ in range(60):
            step, now = world.step(), stage.time[0]
            found = told(held, now)
            assert found == told(open_decisions(parts).reach, now), step
            seen += [ready for _, ready, *_ in found.values()]
    assert seed or set(seen) == {True, False}, "the history that is always run has campaigns that reach and that do not"
