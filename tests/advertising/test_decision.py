"""Decisions: who is reached, what ends it, what is written down before it is told, what nobody can learn from it."""

import json
import threading
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from solely.advertising.decision import MOST
from solely.advertising.handle import write_handle
from solely.answer.question import Question
from solely.app.decisions import open_decisions
from solely.errors import BadInput, Unavailable
from solely.store import ledger
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server
FLOOR = 3  # of the stage's policy; the threshold lies up to some tens above it
PEOPLE = 150  # so many are ready, whatever was drawn


@pytest.fixture(scope="module")
def crowd(delivery):
    """An audience that is large enough, a campaign for it, and who is in it."""
    audience, subjects = delivery.stage.audience(PEOPLE)
    return audience, delivery.campaign(audience), subjects


def size(delivery):
    return ledger.size(delivery.stage.solely.parts.signed._connection)


def written(delivery, since):
    """The entries from one on."""
    records = ledger.records(delivery.stage.solely.parts.signed._connection, since)
    return [json.loads(record.body) for record in records]


# -- who is reached


def test_a_campaign_reaches_who_is_in_its_audience_and_nobody_else(delivery, crowd):
    _, campaign, subjects = crowd
    stranger, security = delivery.stage.new("u"), delivery.stage.give(delivery.stage.address(), "two-factor")
    assert delivery.reaches(campaign, [*subjects[:5], stranger, security]) == subjects[:5]


def test_what_excludes_comes_after_all_that_includes(delivery, crowd):
    audience, _, subjects = crowd
    stage, out = delivery.stage, crowd[2][:3]
    other, others = stage.audience(PEOPLE)
    addresses = {subject: stage.address() for subject in out}
    stage.give_all(addresses)
    stage.match(addresses.values(), "do-not-reach")
    campaign = delivery.campaign(audience, other, exclude=("do-not-reach",))
    asked = [*subjects[:6], *others[:2]]
    assert delivery.reaches(campaign, asked) == asked[3:]


def test_a_campaign_reaches_by_its_period_and_its_state(delivery, crowd):
    audience, stage, one = crowd[0], delivery.stage, crowd[2][0]
    later = delivery.campaign(audience, after=stage.time[0] + timedelta(hours=1), days=timedelta(hours=1, minutes=30))
    found = []
    for _ in range(4):
        found.append(later in delivery.reached(one))
        stage.pass_time(minutes=40)
    assert found == [False, False, True, True]
    assert later not in delivery.reached(one)
    paused = delivery.campaign(audience)
    assert paused in delivery.reached(one)
    delivery.campaigns.pause("acme", paused)
    assert paused not in delivery.reached(one)
    delivery.campaigns.resume("acme", paused)
    assert paused in delivery.reached(one)


def test_a_list_that_is_matched_while_a_campaign_runs_counts_at_once(delivery, crowd):
    audience, campaign, _ = crowd
    address = delivery.stage.address()
    subject = delivery.stage.give(address)
    assert delivery.reached(subject) == []
    delivery.stage.match([address], audience)
    assert campaign in delivery.reached(subject)


@pytest.mark.parametrize("count", [1, FLOOR - 1])
def test_an_audience_that_is_too_small_reaches_nobody(delivery, count):
    audience, subjects = delivery.stage.audience(count)
    campaign = delivery.campaign(audience)
    assert delivery.reaches(campaign, subjects) == []


def test_an_audience_less_all_but_one_does_not_reach_that_one(delivery, crowd):
    """The floor holds for what is left after all excludes: else one person is named by a campaign."""
    audience, _, subjects = crowd
    stage, name = delivery.stage, delivery.stage.new("all-but-one")
    addresses = {subject: stage.address() for subject in stage.members(audience)[:-1]}
    stage.give_all(addresses)
    stage.match(addresses.values(), name)
    (alone,) = set(stage.members(audience)) - set(stage.members(name))
    campaign = delivery.campaign(audience, exclude=(name,))
    assert delivery.reaches(campaign, [*subjects, alone]) == []


# -- what ends it


def test_a_withdrawal_that_returned_is_never_followed_by_a_decision_through_it(delivery, crowd):
    _, campaign, subjects = crowd
    stage, one = delivery.stage, subjects[-1]
    assert campaign in delivery.reached(one)
    stage.solely.withdraw(one, "tailored-audiences")
    before = size(delivery)
    assert delivery.reached(one) == []
    stage.pass_time(minutes=1)
    stage.give(stage.address(), subject=one)
    assert delivery.reached(one) == [], "a later giving revives nothing"
    assert [entry["type"] for entry in written(delivery, before)] == ["giving"]
    assert campaign in delivery.reached(subjects[-2])


def test_a_giving_that_expired_reaches_nobody(delivery):
    stage = delivery.stage
    audience, subjects = stage.audience(PEOPLE, purpose="partner-audiences")
    campaign = delivery.campaign(audience)
    assert campaign in delivery.reached(subjects[0])
    stage.pass_time(days=29, hours=23, minutes=59)
    assert campaign in delivery.reached(subjects[0])
    stage.pass_time(minutes=1)
    assert delivery.reached(subjects[0]) == []


def test_an_audience_that_so_many_leave_that_it_is_too_small_reaches_nobody(delivery):
    stage = delivery.stage
    audience, subjects = stage.audience(PEOPLE)
    campaign = delivery.campaign(audience)
    assert campaign in delivery.reached(subjects[0])
    for subject in subjects[FLOOR - 1 :]:
        stage.solely.withdraw(subject, "tailored-audiences")
    assert delivery.reached(subjects[0]) == []


def test_an_erased_person_is_reached_by_nobody(delivery, crowd):
    one = crowd[2][7]
    handle = delivery.handle(one)
    assert delivery.decisions.decide(handle).reached
    delivery.stage.solely.erase(one)
    assert delivery.decisions.decide(handle).reached == ()


@pytest.mark.parametrize("what", ["advertiser", "audience", "purpose", "partner"])
def test_what_an_officer_stops_reaches_nobody_at_once_and_the_refusal_is_in_the_ledger_once(delivery, what):
    stage = delivery.stage
    advertiser, partner = stage.new("advertiser"), stage.new("partner")
    audience, subjects = stage.audience(PEOPLE, advertiser)
    stage.solely.match(stage.list([stage.address()]), advertiser, audience, partner=partner)
    campaign = delivery.campaign(audience, advertiser=advertiser)
    name = {"audience": f"{advertiser}/{audience}", "purpose": "tailored-audiences"}
    named = {"advertiser": advertiser, "partner": partner} | name
    stop, gate = [Concern(what, named[what])], stage.solely.parts.gate
    assert delivery.reached(subjects[0]) == [campaign]
    gate.contain(Words("incident", "officer ada"), stop, (), "2026-011")
    before = size(delivery)
    assert [delivery.reached(subjects[0]) for _ in range(3)] == [[], [], []]
    mine = [entry for entry in written(delivery, before) if entry["principal"] == f"advertiser {advertiser}"]
    assert [entry["type"] for entry in mine] == ["refusal"]
    assert mine[0]["details"] == {"of": "decision", "campaign": campaign, "why": "stopped", "what": what}
    gate.contain(Words("incident", "officer ada"), (), stop, "2026-011")
    assert delivery.reached(subjects[0]) == [campaign]


# -- what is written down


def test_a_batch_is_an_entry_for_each_campaign_that_commits_to_the_givings_used(delivery):
    stage, advertiser = delivery.stage, delivery.stage.new("advertiser")
    audience, subjects = stage.audience(PEOPLE, advertiser)
    campaign = delivery.campaign(audience, advertiser=advertiser)
    before = size(delivery)
    assert delivery.reaches(campaign, [*subjects[:4], subjects[0], stage.new("u")]) == [*subjects[:4], subjects[0]]
    (entry,) = written(delivery, before)
    assert (entry["type"], entry["purpose"]) == ("use", "tailored-audiences")
    assert entry["principal"] == f"advertiser {advertiser}"
    assert entry["details"] == {"of": "decision", "campaign": campaign, "audience": audience, "people": 4}
    assert entry["members"]["count"] == 4


def test_who_is_reached_by_nobody_leaves_no_entry(delivery):
    before = size(delivery)
    handles = [delivery.handle(delivery.stage.new("u")), write_handle("advertising", uuid4())]
    assert [one.reached for one in delivery.decisions.decide_all(handles)] == [(), ()]
    assert delivery.decisions.decide_all([]) == []
    assert size(delivery) == before


def test_where_the_ledger_can_t_be_written_nobody_is_reached(delivery, crowd, monkeypatch):
    one = crowd[2][1]

    def broken(*_):
        raise psycopg.OperationalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.Pen, "write", broken)
        with pytest.raises(Unavailable):
            delivery.reached(one)
    assert delivery.reached(one)


def test_where_the_database_does_not_answer_nobody_is_reached(delivery, crowd):
    handle, parts = delivery.handle(crowd[2][1]), delivery.stage.solely.parts
    decisions = open_decisions(parts)
    decisions.connection.close()
    with pytest.raises(Unavailable):
        decisions.decide(handle)


def test_a_person_sees_each_decision_that_reached_them_with_a_proof(delivery, tmp_path):
    stage, advertiser = delivery.stage, delivery.stage.new("advertiser")
    audience, subjects = stage.audience(PEOPLE, advertiser)
    campaign = delivery.campaign(audience, advertiser=advertiser)
    delivery.reaches(campaign, subjects[:3])
    shown = stage.solely.uses(subjects[0], receipts=tmp_path / "receipts")
    acts = [act for act in shown.uses.acts if act.details.get("of") == "decision"]
    assert [(act.what, act.by, act.details["campaign"]) for act in acts] == [
        ("use", f"advertiser {advertiser}", campaign)
    ]
    assert acts[0].giving == shown.uses.givings[0].giving
    assert len(shown.files) == len(shown.uses.acts)
    others = stage.solely.uses(subjects[5]).uses.acts
    assert [act for act in others if act.details.get("of") == "decision"] == []


def test_an_answer_counts_whom_decisions_reached_by_advertiser_audience_and_time(delivery):
    """The match lies before the period in question, the decisions in it: they alone say who was affected in it."""
    stage, advertiser = delivery.stage, delivery.stage.new("advertiser")
    audience, subjects = stage.audience(PEOPLE, advertiser)
    other, _ = stage.audience(PEOPLE, advertiser)
    campaign = delivery.campaign(audience, advertiser=advertiser)
    stage.pass_time(minutes=5)
    since = stage.time[0]
    delivery.reaches(campaign, subjects[:7])
    delivery.reaches(campaign, subjects[5:9])
    asked = Question(since=since, advertisers=frozenset({advertiser}))
    counts = stage.solely.affected(asked).counts()
    assert (counts.people, counts.by_advertiser) == (9, {advertiser: 9})
    assert counts.by_audience == {f"{advertiser}/{audience}": 9}
    by_audience = Question(since=since, audiences=frozenset({f"{advertiser}/{other}"}))
    assert stage.solely.affected(by_audience).people == 0
    whole = Question(advertisers=frozenset({advertiser}), audiences=frozenset({f"{advertiser}/{audience}"}))
    assert stage.solely.affected(whole).people == PEOPLE, "who was matched and decided for counts once"


# -- what is bad, and many at once


def test_what_is_no_handle_is_bad_input_and_so_are_too_many(delivery):
    for bad in ("", "x", write_handle("measurement", uuid4())):
        with pytest.raises(BadInput, match="not a handle"):
            delivery.decisions.decide(bad)
    with pytest.raises(BadInput, match="at once"):
        delivery.decisions.decide_all([write_handle("advertising", uuid4())] * (MOST + 1))


def test_decisions_and_withdrawals_at_once_leave_no_use_behind_an_end(delivery):
    """Eight people withdraw while decisions for them go on: whoever's withdrawal returned is reached no more."""
    stage = delivery.stage
    audience, subjects = stage.audience(PEOPLE)
    campaign, leaving, late = delivery.campaign(audience), subjects[:8], []
    gone, done = set(), threading.Event()

    def leave():
        for subject in leaving:
            stage.solely.withdraw(subject, "tailored-audiences")
            gone.add(subject)
        done.set()

    handles = {subject: delivery.handle(subject) for subject in leaving}
    thread = threading.Thread(target=leave)
    thread.start()
    while not done.is_set():
        before = set(gone)
        for decision, subject in zip(delivery.decisions.decide_all(list(handles.values())), leaving, strict=True):
            if subject in before and any(one.campaign == campaign for one in decision.reached):
                late.append(subject)
    thread.join()
    assert late == []
    for subject in leaving:
        acts = stage.solely.uses(subject).uses.acts
        assert acts[-1].what == "withdrawal"
