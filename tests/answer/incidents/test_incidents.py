"""The officer's verbs: what is stopped is not used, what is owed is done before the end, and every step is kept."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event

import numpy as np
import pytest

from offices import OFFICER, new
from people import world
from solely.answer.document import as_text
from solely.answer.incidents import Facts, Texts
from solely.answer.question import Question
from solely.audiences.lists import read_list
from solely.audiences.match import Target
from solely.errors import BadInput, Conflict, NotFound, PolicyError, Refused
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server


def stop(what, name):
    return [Concern(what, name)]


def contain(office, what, name):
    incident = office.opened(name)
    office.incidents.contain(incident, stop(what, name), officer=OFFICER, why="it goes on")
    return incident


def release(office, incident, what, name):
    return office.incidents.release(incident, stop(what, name), officer=OFFICER, why="it is mended")


# -- stopping


def test_a_stopped_advertiser_is_refused_and_that_is_in_the_ledger_while_others_go_on(office, subject):
    acme, other = new("acme"), new("other")
    value = office.give(subject)
    incident = contain(office, "advertiser", acme)
    before = office.size()
    with pytest.raises(Refused, match="this advertiser is stopped"):
        office.match([value], acme)
    (entry,) = office.entries(before)
    assert (entry.type, entry.principal) == ("refusal", f"advertiser {acme}")
    assert entry.details == {"of": "use", "why": "stopped", "what": "advertiser"}
    assert office.match([value], other).ledger
    release(office, incident, "advertiser", acme)
    assert office.match([value], acme).ledger


def test_a_match_under_way_is_refused_when_it_would_be_written(office, subject):
    acme = new("acme")
    value = office.give(subject)
    target, audiences = Target(acme, "spring"), office.solely.audiences
    audiences.allow(target, "tailored-audiences")
    reading = read_list(office.list([value]))
    contain(office, "advertiser", acme)
    before = office.size()
    with pytest.raises(Refused, match="stopped"):
        audiences.match(reading, target, "tailored-audiences", office.clock())
    assert [one.type for one in office.entries(before)] == ["refusal"]
    with pytest.raises(NotFound):
        audiences.members(acme, "spring", office.clock())


def test_a_stopped_audience_is_disclosed_to_nobody_and_its_advertiser_s_others_are(office, subject):
    acme = office.used(subject)
    office.match([office.give(subject)], acme, "summer")
    contain(office, "audience", f"{acme}/spring")
    with pytest.raises(Refused, match="this audience is stopped"):
        office.solely.members(acme, "spring")
    with pytest.raises(Refused):
        office.match([office.give(subject)], acme, "spring")
    assert office.solely.members(acme, "summer") == [subject]


def test_a_stopped_partner_brings_no_list_and_others_do(office, subject):
    acme, axon = new("acme"), new("axon")
    value = office.give(subject)
    contain(office, "partner", axon)
    with pytest.raises(Refused, match="this partner is stopped"):
        office.match([value], acme, partner=axon)
    assert office.match([value], acme, partner=new("other")).ledger
    assert office.match([value], acme).ledger


def test_a_stopped_purpose_sends_no_codes_and_says_so(office, subject):
    place = world(office.solely)
    factor, _ = place.enrol_sent(subject, "sms")
    incident = contain(office, "purpose", "two-factor")
    begun = place.verification.challenge(subject)
    place.clock.forward(minutes=1)
    try:
        with pytest.raises(Refused, match="this purpose is stopped") as caught:
            place.verification.send(subject, begun.id, factor)
        assert "an officer lifts the stop" in caught.value.cure
        assert len(place.sms.letters) == 1  # the one that confirmed it
    finally:
        release(office, incident, "purpose", "two-factor")
    place.clock.forward(minutes=1)
    place.verification.send(subject, place.verification.challenge(subject).id, factor)
    assert len(place.sms.letters) == 2


def test_of_many_uses_at_once_none_comes_after_the_stop(office, subject):
    """Eight write as fast as they can; what each was told before the stop stands below it, and nothing above."""
    acme, ready, over, begun = new("acme"), Barrier(9, timeout=60), Event(), Event()
    words = Words("use", f"advertiser {acme}", "tailored-audiences", np.array([1], np.uint64), keep=True)
    words = replace(words, concerns=Target(acme, "spring").concerns)

    def use(_):
        written = []
        with office.login("ledger") as connection:
            gate = replace(office.solely.incidents.book.gate, connection=connection)
            ready.wait()
            while not over.is_set():
                try:
                    written.append(gate.write_down(words))
                    begun.set()
                except Refused:
                    return written
        return written

    incident = office.opened(acme)
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(use, number) for number in range(8)]
        ready.wait()
        assert begun.wait(60)
        office.incidents.contain(incident, stop("advertiser", acme), officer=OFFICER)
        stopped = office.size()
        written = sorted(number for one in running for number in one.result(timeout=60))
        over.set()
    (entry,) = [one for one in office.entries() if one.details.get("advertiser-1") == acme]
    assert written
    assert max(written) < entry.sequence < stopped
    used = [one.sequence for one in office.entries() if one.type == "use" and one.principal == f"advertiser {acme}"]
    assert used == written


def test_what_two_incidents_stopped_is_free_when_both_let_go(office, subject):
    acme = new("acme")
    value = office.give(subject)
    first, second = contain(office, "advertiser", acme), contain(office, "advertiser", acme)
    release(office, first, "advertiser", acme)
    with pytest.raises(Refused):
        office.match([value], acme)
    with pytest.raises(NotFound, match="not stopped for this incident"):
        release(office, first, "advertiser", acme)
    release(office, second, "advertiser", acme)
    assert office.match([value], acme).ledger


def test_a_stop_whose_version_was_lost_to_a_kill_can_be_lifted(office, subject):
    acme = new("acme")
    value = office.give(subject)
    incident = office.opened(acme)
    gate = office.solely.incidents.book.gate
    gate.contain(Words("incident", "officer"), stop("advertiser", acme), (), incident)
    with pytest.raises(Refused):
        office.match([value], acme)
    release(office, incident, "advertiser", acme)
    assert office.match([value], acme).ledger


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("advertiser", "a/b"),
        ("advertiser", "eva@x.org"),
        ("audience", "summer"),
        ("audience", "a/b/c"),
        ("partner", ""),
    ],
)
def test_what_could_be_no_name_is_not_stopped(office, what, name):
    incident = office.opened()
    with pytest.raises(BadInput) as caught:
        office.incidents.contain(incident, stop(what, name), officer=OFFICER)
    assert "eva" not in str(caught.value)
    with pytest.raises(PolicyError):
        office.incidents.contain(incident, stop("purpose", "no-such"), officer=OFFICER)
    with pytest.raises(BadInput):
        office.incidents.contain(incident, [], officer=OFFICER)


def test_a_release_needs_a_reason(office):
    acme = new("acme")
    incident = contain(office, "advertiser", acme)
    with pytest.raises(BadInput, match="a reason is owed"):
        office.incidents.release(incident, stop("advertiser", acme), officer=OFFICER, why=" ")


# -- from its beginning to its end


def test_its_whole_way_is_kept_version_by_version(office, subject):
    office.give(subject, purpose="service-notice")
    acme = office.used(subject)
    incident = office.opened(acme)
    office.incidents.contain(incident, stop("advertiser", acme), officer=OFFICER, why="it goes on")
    yes = {"breach": True, "authority": True, "people": True}
    office.incidents.decide(incident, yes, officer="Ole", why="it is one")
    office.incidents.notify(incident, officer=OFFICER)
    office.incidents.notify_authority(incident, "gdpr-authority", officer=OFFICER, reference="REF-7")
    office.incidents.close(incident, officer=OFFICER, why="all was done")
    versions = office.incidents.versions(incident)
    assert [(one.event, one.state) for one in versions] == [
        ("open", "open"),
        ("describe", "open"),
        ("narrow", "open"),
        ("contain", "contained"),
        ("decide", "assessed"),
        ("notify", "notified"),
        ("notify", "notified"),
        ("close", "closed"),
    ]
    assert [one.version for one in versions] == list(range(1, 9))
    assert versions[4].officer == "Ole"
    assert incident in {one.id for one in office.incidents.list()}


def test_each_end_owes_what_was_not_decided_told_or_explained(office, subject):
    office.used(subject)
    incident = office.opened()
    office.incidents.decide(incident, {"breach": True, "authority": True}, officer=OFFICER, why="it is one")
    office.clock.forward(hours=80)

    def owed():
        with pytest.raises(Conflict) as caught:
            office.incidents.close(incident, officer=OFFICER, why="enough")
        return caught.value.what

    assert "people: not decided" in owed()
    assert "gdpr-authority: overdue" in owed()
    office.incidents.decide(incident, {"people": False}, officer=OFFICER, why="no risk to them")
    office.incidents.notify_authority(incident, "gdpr-authority", officer=OFFICER, reference="REF-8")
    assert owed() == "it can't be closed yet: somebody was told late, and nobody said why"
    office.incidents.decide(incident, {"late": True}, officer=OFFICER, why="it was counted by hand")
    assert office.incidents.close(incident, officer=OFFICER, why="enough").state == "closed"


def test_an_authority_told_in_time_is_not_late_though_it_is_noted_later(office):
    incident = office.opened()
    office.incidents.decide(incident, {"authority": True}, officer=OFFICER, why="it is one")
    told_at = office.clock()
    office.clock.forward(days=9)
    office.incidents.notify_authority(incident, "gdpr-authority", officer=OFFICER, reference="R", at=told_at)
    clock = office.incidents.deadlines(office.incidents.show(incident))[0]
    assert (clock.standing, clock.met_at) == ("met", told_at)
    for wrong in ("no-such-rule", ""):
        with pytest.raises(BadInput, match="no such rule"):
            office.incidents.notify_authority(incident, wrong, officer=OFFICER, reference="R")
    future = office.clock() + timedelta(days=1)
    with pytest.raises(BadInput, match="yet to come"):
        office.incidents.notify_authority(incident, "gdpr-authority", officer=OFFICER, reference="R", at=future)


def test_nobody_is_told_before_it_was_decided_or_without_words_or_a_question(office, subject):
    office.used(subject)
    incident = office.opened(texts=Texts("only what happened"))
    with pytest.raises(Conflict, match="decide"):
        office.incidents.notify(incident, officer=OFFICER)
    office.incidents.decide(incident, {"breach": True}, officer=OFFICER, why="it is one")
    with pytest.raises(Conflict, match="not decided that the people are told"):
        office.incidents.notify(incident, officer=OFFICER)
    office.incidents.decide(incident, {"people": True}, officer=OFFICER, why="they must know")
    with pytest.raises(Conflict, match="the notice still lacks: what it can mean for people, what was done"):
        office.incidents.notify(incident, officer=OFFICER)
    assert office.mail.letters == []
    bare = office.incidents.open("nobody asked yet", officer=OFFICER).id
    office.incidents.decide(bare, {"people": True}, officer=OFFICER, why="they must know")
    with pytest.raises(NotFound, match="nobody asked yet who is affected"):
        office.incidents.notify(bare, officer=OFFICER)


def test_a_decision_needs_a_reason_and_something_decided(office):
    incident = office.opened()
    with pytest.raises(BadInput, match="a reason is owed"):
        office.incidents.decide(incident, {"breach": True}, officer=OFFICER, why="")
    with pytest.raises(BadInput, match="nothing is decided"):
        office.incidents.decide(incident, {}, officer=OFFICER, why="because")


def test_the_question_is_kept_and_counted_anew_when_it_is_asked_again(office, subject):
    acme = office.used(subject)
    incident = office.opened(acme)
    assert office.incidents.question_of(incident) == Question(advertisers=frozenset({acme}))
    assert office.incidents.show(incident).people == 1
    office.affected.append("one more")
    assert office.incidents.narrow(incident, officer=OFFICER).people == 2
    assert [one.people for one in office.incidents.versions(incident)] == [None, None, 1, 2]


def test_of_data_that_is_elsewhere_people_are_counted_by_hand(office):
    incident = office.incidents.open("an export was left open", officer=OFFICER).id
    assert office.incidents.count_by_hand(incident, 260, 300, officer=OFFICER).people == 260
    standings = {one.rule.name: one.standing for one in office.incidents.deadlines(office.incidents.show(incident))}
    assert (standings["ftc-250"], standings["ftc-500"]) == ("due", "below")


def test_it_runs_from_when_it_was_noticed(office):
    noticed = office.clock() - timedelta(hours=71)
    one = office.incidents.open("seen yesterday", officer=OFFICER, facts=Facts(noticed_at=noticed))
    clock = office.incidents.deadlines(one)[0]
    assert (clock.due, clock.standing) == (noticed + timedelta(hours=72), "due")
    office.clock.forward(hours=2)
    assert office.incidents.deadlines(one)[0].standing == "overdue"


def test_the_list_of_who_was_told_is_a_disclosure(office, subject):
    office.used(subject)
    incident = office.decided()
    office.incidents.notify(incident, officer=OFFICER)
    before = office.size()
    assert [one.subject for one in office.incidents.told(incident)] == [subject]
    (entry,) = office.entries(before)
    assert (entry.type, entry.details) == ("disclosure", {"of": "who is told", "incident": incident})
    with pytest.raises(NotFound):
        office.incidents.told("1999-001")


# -- drafts


def test_a_draft_for_one_person_tells_what_happened_to_them_and_to_nobody_else(office, subject):
    acme = office.used(subject, f"{subject}-b")
    incident = office.opened(acme)
    said = as_text(office.incidents.draft(incident, "people", subject=subject))
    assert f"Used by:         {acme}" in said
    assert "DRAFT" in said
    office.give(f"{subject}-c")
    with pytest.raises(NotFound, match="not affected"):
        office.incidents.draft(incident, "people", subject=f"{subject}-c")
    with pytest.raises(BadInput, match="no such language"):
        office.incidents.draft(incident, "people", language="tlh")


def test_the_report_has_every_version_and_what_is_missing(office, subject):
    office.used(subject)
    incident = office.opened()
    said = as_text(office.incidents.draft(incident, "authority"))
    assert "DRAFT" in said
    assert "- when it happened" in said
    assert [line.split()[0] for line in said.splitlines() if OFFICER in line] == ["1", "2", "3"]
