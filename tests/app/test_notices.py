"""A process that serves tells whom is due; by the senders of the settings, to a real mail server."""

import time
from contextlib import contextmanager
from uuid import uuid4

import pytest

from offices import OFFICER
from people import Box, Clock
from solely.answer.incidents import Letter
from solely.app import Solely, notices
from solely.app.directory import read_keyring
from solely.app.notices import carry, telling
from solely.contact import Contact
from solely.errors import Refused, Unavailable
from solely.store.ledger import Concern
from solely.store.server import SUPERUSER
from solely.verification.fraud import FraudSettings
from solely.verification.security import Post
from solely.verification.senders.failover import Breaker
from told import affect, taken

pytestmark = pytest.mark.server
LETTER = Letter("a subject", "a text", "<p>a page</p>", "in short")
NOTICES = Concern("purpose", "service-notice")


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(notices, "_EVERY", 0.02)
    monkeypatch.setattr(notices, "_AFTER", 0.02)


@contextmanager
def at_work(solely):
    """A process that serves; yields what was reported."""
    reported = []
    with telling(solely.ground, reported.append):
        yield reported


def until(holds, within=20.0):
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def looks(solely, monkeypatch, least=3):
    """A function: waits until so many looks for who is due were made since."""
    made = []
    parts = type(solely.incidents)
    before = parts.owed
    monkeypatch.setattr(parts, "owed", lambda self: made.append(1) or before(self))

    def wait():
        had = len(made)
        until(lambda: len(made) >= had + least)

    return wait


def states(solely, incident):
    return {state: count for state, count in solely.incidents.progress(incident).states.items() if count}


def test_who_was_enlisted_is_told_and_nobody_before(directory, mail, tmp_path, monkeypatch):
    with Solely(directory) as solely:
        incident, looked = affect(solely, tmp_path, ["ada", "bob"]), looks(solely, monkeypatch)
        with at_work(solely) as reported:
            looked()
            assert mail.taken == []
            assert solely.incidents.enlist(incident, officer=OFFICER).left == 2
            until(lambda: states(solely, incident) == {"sent": 2})
            looked()
        assert taken(mail) == ["ada@example.org", "bob@example.org"]
        assert reported == []


def test_what_no_server_took_is_tried_again_by_itself(directory, mail, tmp_path):
    (directory / "incidents.toml").write_text((directory / "incidents.toml").read_text().replace("100000", "60"))
    mail.data_says = "451 later"
    with Solely(directory) as solely:
        incident = affect(solely, tmp_path, ["ada"])
        solely.incidents.enlist(incident, officer=OFFICER)
        with at_work(solely):
            until(lambda: (solely.incidents.progress(incident).next_at or solely.clock()) > solely.clock())
            assert (states(solely, incident), mail.taken) == ({"waiting": 1}, [])
            mail.data_says = ""
            solely.parts.registry.execute("UPDATE registry.notified SET next_at = now()")
            until(lambda: states(solely, incident) == {"sent": 1})


@pytest.mark.parametrize("since", ["decided otherwise", "closed"])
def test_nobody_is_told_of_what_was_ended_since(directory, mail, tmp_path, monkeypatch, since):
    with Solely(directory) as solely:
        incident, looked = affect(solely, tmp_path, ["ada"]), looks(solely, monkeypatch)
        solely.incidents.enlist(incident, officer=OFFICER)
        decided = {"people": False, "authority": False, "late": True}
        solely.incidents.decide(incident, decided, officer=OFFICER, why="it was looked at again")
        if since == "closed":
            solely.incidents.close(incident, officer=OFFICER, why="over")
        with at_work(solely) as reported:
            looked()
        assert (mail.taken, reported) == ([], [])
        assert states(solely, incident) == {"waiting": 1}


def test_while_notices_are_stopped_it_is_reported_and_nobody_is_told(directory, mail, tmp_path):
    with Solely(directory) as solely:
        incident = affect(solely, tmp_path, ["ada"])
        solely.incidents.enlist(incident, officer=OFFICER)
        solely.incidents.contain(incident, [NOTICES], officer=OFFICER, why="wait")
        with at_work(solely) as reported:
            until(lambda: len(reported) > 2)
            assert {type(one) for one in reported} == {Refused}
            assert (states(solely, incident), mail.taken) == ({"waiting": 1}, [])
            solely.incidents.release(incident, [NOTICES], officer=OFFICER, why="go on")
            until(lambda: states(solely, incident) == {"sent": 1})


def test_one_incident_that_can_t_be_read_keeps_none_from_being_told_of_another(directory, mail, tmp_path):
    with Solely(directory) as solely:
        spoilt, sound = (affect(solely, tmp_path, [name], f"ads-{name}") for name in ("ada", "bob"))
        for one in (spoilt, sound):
            solely.incidents.enlist(one, officer=OFFICER)
        password = read_keyring(directory, "owner").secret("database")
        with solely.ground.database.superuser(SUPERUSER, password) as connection:
            connection.execute("UPDATE registry.incidents SET content = content || ' ' WHERE incident = %s", [spoilt])
        with at_work(solely) as reported:
            until(lambda: taken(mail) == ["bob@example.org"] and len(reported) > 1)
        assert {type(one).__name__ for one in reported} == {"Tampered"}


def test_one_process_tells_at_a_time_and_another_takes_over(directory, mail, tmp_path, monkeypatch):
    with Solely(directory) as solely:
        incident, looked = affect(solely, tmp_path, ["ada"]), looks(solely, monkeypatch)
        solely.incidents.enlist(incident, officer=OFFICER)
        with at_work(solely) as reported:
            with solely.incidents.post():
                looked()
                looked()
                assert mail.taken == []
            until(lambda: states(solely, incident) == {"sent": 1})
        assert reported == []


def test_its_end_waits_for_no_moment_of_the_rate(directory, mail, tmp_path):
    (directory / "incidents.toml").write_text((directory / "incidents.toml").read_text().replace("100000", "1"))
    with Solely(directory) as solely:
        incident = affect(solely, tmp_path, ["ada", "bob"])
        solely.incidents.enlist(incident, officer=OFFICER)
        began = time.monotonic()
        with at_work(solely):
            until(lambda: len(mail.taken) == 1)
        assert time.monotonic() - began < 30
        assert states(solely, incident) == {"sent": 1, "waiting": 1}


EMAIL, PHONE = Contact.read("email", "ada@example.org"), Contact.read("phone", "+4915123456666")


def outcome(contact, *boxes, before=lambda _: None, countries=("DE",)):
    post = Post(boxes, Breaker(Clock()), FraudSettings(countries=frozenset(countries)))
    return carry(post, contact, LETTER, send=uuid4(), before=before).outcome


def test_a_mailbox_gets_the_page_and_a_phone_the_short_text():
    mail, sms = Box("email"), Box("sms")
    assert [outcome(one, mail, sms) for one in (EMAIL, PHONE)] == ["sent", "sent"]
    ((_, letter),), ((_, short),) = mail.letters, sms.letters
    assert (letter.text, letter.html) == ("a text", "<p>a page</p>")
    assert (short.text, short.html) == ("in short", "")


@pytest.mark.parametrize(("fails", "became"), [("next", "again"), ("stop", "never"), ("opt-out", "never")])
def test_what_a_sender_says_decides_whether_it_is_tried_again(fails, became):
    assert outcome(EMAIL, Box("email", fails=fails)) == became


def test_another_sender_takes_what_the_first_does_not():
    first, second, asked = Box("email", "first", fails="next"), Box("email", "second"), []
    assert outcome(EMAIL, first, second, before=asked.append) == "sent"
    assert asked == ["first", "second"]


def test_without_a_sender_it_waits_for_one():
    assert outcome(PHONE, Box("email")) == "again"


def test_a_number_abroad_takes_no_sms_and_no_sender_is_asked():
    asked = []
    assert outcome(PHONE, Box("sms"), countries=(), before=asked.append) == "never"
    assert asked == []


@pytest.mark.parametrize("error", [Refused, Unavailable])
def test_what_can_t_be_written_down_is_not_sent(error):
    box = Box("email")

    def before(_):
        raise error("not now")

    with pytest.raises(error):
        outcome(EMAIL, box, before=before)
    assert box.letters == []
