"""Each person is told once, by the contact they gave for that and by no other, whatever happens on the way."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from offices import IN_GERMAN, OFFICER
from solely.answer.incidents.notify import enlist, tell
from solely.answer.incidents.way import Carried
from solely.errors import Conflict, Refused, Unavailable
from solely.store.ledger import Concern

pytestmark = pytest.mark.server


class Cut(BaseException):
    """The process ends here."""


def notify(office, incident, **options):
    return office.incidents.notify(incident, officer=OFFICER, **options)


def states(office, incident):
    return {one.subject: one.state for one in office.incidents.told(incident)}


def why(office, incident, subject):
    return next(one.why for one in office.incidents.told(incident) if one.subject == subject)


def people(office, *names):
    """People with a mailbox for notices whom an advertiser's list met, and the incident about it."""
    for name in names:
        office.give(name, f"{name}@example.org", "service-notice")
    return office.decided(office.used(*names))


def run(office, incident, subjects, carrier, happened=None):
    """One run, with a carrier of the test's own; what happened is the first one's, unless something else is said."""
    present, question = office.incidents.show(incident), office.incidents.question_of(incident)
    with office.post(carrier) as post:
        enlist(post.connection, present, subjects, (), uuid4, office.clock())
        tell(post, present, happened or (lambda _: office.incidents.happened(question, subjects[0])))


def test_each_is_told_what_happened_to_their_contact(office, subject):
    incident = people(office, f"{subject}-a", f"{subject}-b")
    done = notify(office, incident)
    assert (done.states["sent"], done.left) == (2, 0)
    assert sorted(to for to, _ in office.mail.letters) == [f"{subject}-a@example.org", f"{subject}-b@example.org"]
    (_, message) = office.mail.letters[0]
    assert "advertising by advertisers' lists" in message.text
    assert "<html" in message.html


def test_nobody_is_told_twice_by_another_run(office, subject):
    incident = people(office, subject)
    notify(office, incident)
    notify(office, incident)
    assert len(office.mail.letters) == 1


def test_what_is_opened_and_sent_is_in_the_ledger_before(office, subject):
    incident = people(office, subject)
    before = office.size()
    notify(office, incident)
    entries = office.entries(before)
    assert [(one.type, one.purpose) for one in entries] == [
        ("incident", None),
        ("notice", "service-notice"),
        ("send", "service-notice"),
    ]
    assert entries[2].details == {"incident": incident, "by": "mail"}
    assert entries[1].members.count == entries[2].members.count == 1


def test_who_gave_no_contact_for_notices_is_listed_and_nothing_else_is_opened(office, subject):
    office.give(subject, "+4915123452222", "two-factor")
    incident = office.decided(office.used(subject))
    before = office.size()
    notify(office, incident)
    assert states(office, incident) == {subject: "unreachable"}
    assert why(office, incident, subject) == "there is no contact for service notices"
    assert [one.type for one in office.entries(before)] == ["incident", "disclosure", "disclosure"]
    assert office.mail.letters + office.sms.letters == []


def test_who_took_it_back_is_not_told_by_it(office, subject):
    incident = people(office, subject)
    office.solely.withdraw(subject, "service-notice")
    notify(office, incident)
    assert why(office, incident, subject) == "took back the contact for service notices"
    assert office.mail.letters == []


def test_who_has_a_phone_alone_is_told_in_short(office, subject):
    office.give(subject, "+4915123453333", "service-notice")
    incident = office.decided(office.used(subject))
    notify(office, incident)
    ((to, message),) = office.sms.letters
    assert to == "+4915123453333"
    assert len(message.text) < 2 * 153
    assert office.mail.letters == []


def test_a_number_where_no_sms_may_go_takes_none(office, subject):
    office.give(subject, "+33612345678", "service-notice")
    incident = office.decided(office.used(subject))
    notify(office, incident)
    assert states(office, incident) == {subject: "failed"}
    assert why(office, incident, subject) == "no SMS goes to such a number, by the settings"
    assert office.sms.letters == []


def test_a_mailbox_that_takes_nothing_gives_way_to_the_phone(office, subject):
    incident = people(office, subject)
    office.give(subject, "+4915123454444", "service-notice")
    office.mail.fails = "stop"
    assert notify(office, incident).states["sent"] == 1
    assert [to for to, _ in office.sms.letters] == ["+4915123454444"]


def test_a_mailbox_that_takes_nothing_and_no_other_is_the_end(office, subject):
    incident = people(office, subject)
    office.mail.fails = "opt-out"
    notify(office, incident)
    assert states(office, incident) == {subject: "failed"}
    assert why(office, incident, subject) == "the contact takes no messages"


def test_what_no_server_took_waits_longer_each_time_and_then_fails(office, subject):
    incident = people(office, subject)
    office.mail.fails = "next"
    for wait in office.settings.waits:
        done, tried = notify(office, incident), office.clock()
        assert (done.states["waiting"], done.next_at) == (1, tried + wait)
        office.clock.forward(seconds=wait.total_seconds() - 1)
        assert notify(office, incident).next_at == tried + wait  # too soon: not tried
        office.clock.forward(seconds=1)
    notify(office, incident)
    assert states(office, incident) == {subject: "failed"}
    office.mail.fails = None
    notify(office, incident)
    assert office.mail.letters == []
    notify(office, incident, again=("failed",))
    assert len(office.mail.letters) == 1


def test_one_who_fails_keeps_none_from_the_others(office, subject):
    names = [f"{subject}-{letter}" for letter in "abc"]
    incident = people(office, *names)

    def send(contact, message, *, send):
        office.mail.fails = "next" if contact.expose().startswith(names[1]) else None
        return type(office.mail).send(office.mail, contact, message, send=send)

    office.mail.__dict__["send"] = send
    try:
        notify(office, incident)
    finally:
        del office.mail.__dict__["send"]
    assert states(office, incident) == dict(zip(names, ["sent", "waiting", "sent"], strict=True))


@pytest.mark.parametrize("moment", ["before the entry", "before the sending", "after the sending"])
def test_a_run_that_dies_tells_nobody_twice(office, subject, moment):
    """One who was under way is unknown, and told again only when that is said."""
    names = [f"{subject}-{letter}" for letter in "ab"]
    incident = people(office, *names)
    question = office.incidents.question_of(incident)

    def carrier(contact, letter, *, send, before):
        if moment != "before the sending":
            before("mail")
            office.mail.send(contact, letter, send=send)
        raise Cut

    def happened(_):
        if moment == "before the entry":
            raise Cut
        return list(office.incidents.happened(question, names[0]))

    with pytest.raises(Cut):
        run(office, incident, names, carrier, happened)
    sent = len(office.mail.letters)
    notify(office, incident)
    expected = "sent" if moment == "before the entry" else "unknown"
    assert states(office, incident) == {names[0]: expected, names[1]: "sent"}
    assert len(office.mail.letters) == sent + (2 if moment == "before the entry" else 1)
    notify(office, incident)
    assert len(office.mail.letters) == sent + (2 if moment == "before the entry" else 1)
    notify(office, incident, again=("unknown",))
    assert states(office, incident) == {names[0]: "sent", names[1]: "sent"}


def test_a_run_whose_ledger_can_t_be_written_leaves_them_waiting(office, subject):
    incident = people(office, subject)

    def carrier(contact, letter, *, send, before):
        raise Unavailable("the ledger can't be written")

    with pytest.raises(Unavailable):
        run(office, incident, [subject], carrier)
    assert states(office, incident) == {subject: "waiting"}
    assert notify(office, incident).states["sent"] == 1


def test_all_tries_of_one_message_have_one_id(office, subject):
    incident, ids = people(office, subject), []

    def carrier(contact, letter, *, send, before):
        ids.append(send)
        return Carried("again" if len(ids) == 1 else "sent")

    for _ in range(2):
        run(office, incident, [subject], carrier)
        office.clock.forward(hours=1)
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_it_keeps_to_its_rate(office, subject):
    """One a second by the settings of these tests: the clock is what pauses move."""
    incident = people(office, *(f"{subject}-{number}" for number in range(5)))
    before = office.clock()
    notify(office, incident)
    assert office.clock() - before == timedelta(seconds=4)


@pytest.mark.parametrize("tells", [0, 1, 3])
def test_once_it_is_to_end_nobody_more_is_told(office, subject, tells):
    """Neither the next, nor the one for whose moment it waits."""
    names = [f"{subject}-{letter}" for letter in "abcd"]
    incident = people(office, *names)
    office.incidents.enlist(incident, officer=OFFICER)

    def pause(seconds):
        office.clock.forward(seconds=seconds)
        return len(office.mail.letters) >= tells

    office.incidents.go_on(incident, pause)
    assert len(office.mail.letters) == tells
    assert sorted(states(office, incident).values()) == ["sent"] * tells + ["waiting"] * (4 - tells)
    office.incidents.go_on(incident, lambda seconds: office.clock.forward(seconds=seconds))
    assert set(states(office, incident).values()) == {"sent"}


def test_each_is_told_in_the_language_of_the_notice_they_gave_under(office, subject):
    office.give(subject, purpose="service-notice", language="de")
    advertiser = office.used(subject)
    incident = office.opened(advertiser)
    office.incidents.describe(incident, IN_GERMAN, officer=OFFICER)
    office.incidents.decide(incident, {"people": True}, officer=OFFICER, why="they must know")
    notify(office, incident)
    assert "Was mit einem Kontakt geschah" in office.mail.letters[0][1].subject


def test_whom_a_narrower_question_no_longer_names_is_not_told(office, subject):
    names = [f"{subject}-{letter}" for letter in "ab"]
    incident = people(office, *names)
    office.mail.fails = "next"
    notify(office, incident)
    office.mail.fails = None
    office.affected.remove(names[0])
    office.incidents.narrow(incident, officer=OFFICER)
    office.clock.forward(days=1)
    notify(office, incident)
    assert states(office, incident) == {names[0]: "dropped", names[1]: "sent"}
    office.affected.append(names[0])
    office.incidents.narrow(incident, officer=OFFICER)
    notify(office, incident)
    assert states(office, incident)[names[0]] == "sent"


def test_who_is_in_the_answer_and_to_whom_nothing_happened_gets_no_letter(office, subject):
    incident = people(office, subject)
    office.give(f"{subject}-x", purpose="service-notice")
    office.affected.append(f"{subject}-x")
    notify(office, incident)
    assert states(office, incident) == {subject: "sent", f"{subject}-x": "failed"}


def test_where_service_notices_are_stopped_nobody_is_told_and_all_wait(office, subject):
    incident = people(office, subject)
    stop = [Concern("purpose", "service-notice")]
    office.incidents.contain(incident, stop, officer=OFFICER)
    before = office.size()
    try:
        with pytest.raises(Refused, match="this purpose is stopped"):
            notify(office, incident)
        assert [one.type for one in office.entries(before)] == ["refusal"]  # nothing was opened
    finally:
        office.incidents.release(incident, stop, officer=OFFICER, why="it was a mistake")
    assert notify(office, incident).states["sent"] == 1


def test_two_runs_at_once_are_one(office, subject):
    incident = people(office, subject)
    solely = office.solely.incidents
    with solely.post(), pytest.raises(Conflict, match="at this moment"):
        replace(office.incidents, post=solely.post).notify(incident, officer=OFFICER)


def test_it_is_told_how_far_it_is(office, subject):
    incident, seen = people(office, f"{subject}-a", f"{subject}-b"), []
    notify(office, incident, on_progress=seen.append)
    assert seen == [1, 2]
    assert office.incidents.progress(incident).people == 2


def test_no_contact_is_in_the_registry_s_list_or_the_ledger(office, subject):
    incident = people(office, subject)
    before = office.size()
    notify(office, incident)
    with office.login("registry") as registry:
        rows = registry.execute("SELECT * FROM registry.notified WHERE incident = %s", [incident]).fetchall()
    said = f"{rows}{office.entries(before)}"
    assert subject in said
    assert "example.org" not in said
