"""A directory at work tells its people by its own senders: a real mail server takes the notices."""

import os
import signal
import subprocess
import sys
import time
from uuid import uuid4

import pytest

from mailboxes import Mailboxes
from offices import OFFICER, TEXTS
from people import Box, Clock
from solely.answer.incidents import Facts, Letter
from solely.answer.question import Question
from solely.app import Solely
from solely.app.incidents import carry
from solely.consent import Notice
from solely.contact import Contact
from solely.errors import Refused, Unavailable
from solely.verification.fraud import FraudSettings
from solely.verification.security import Post
from solely.verification.senders.failover import Breaker

pytestmark = pytest.mark.server
LETTER = Letter("a subject", "a text", "<p>a page</p>", "in short")
MANY = 60
NOTIFIER = """
import sys
from pathlib import Path
from solely.app import Solely

with Solely(Path(sys.argv[1])) as solely:
    solely.incidents.notify(sys.argv[2], officer="Eva")
"""


@pytest.fixture
def mail():
    with Mailboxes() as running:
        yield running


@pytest.fixture
def directory(fresh, mail):
    """A directory that sends its mail to that server, and knows whom people can ask."""
    (fresh / "verification.toml").write_text(
        '[service]\nname = "Chirp"\n[[email]]\nname = "post"\nhost = "127.0.0.1"\nsecurity = "none"\n'
        f'port = {mail.port}\naddress = "no-reply@chirp.example"\n'
    )
    (fresh / "incidents.toml").write_text(
        'per-minute = 100000\n[contact]\nofficer = "Data Protection Officer"\nreach = "privacy@chirp.example"\n'
    )
    return fresh


def give(solely, subject, purpose):
    value = f"{subject}@example.org"
    row = {"subject": subject, "kind": "email", "value": value, "purpose": purpose, "notice": f"{purpose}/v1"}
    solely.give({**row, "given_at": "2026-01-02T00:00:00Z", "withdrawn_at": ""}, Notice(purpose, "v1", purpose))
    return value


def affect(solely, folder, subjects):
    """An advertiser's list meets these people, and it is decided that they are told; returns the incident."""
    for subject in subjects:
        give(solely, subject, "service-notice")
    path = folder / "list.csv"
    path.write_text("email\n" + "".join(f"{give(solely, one, 'tailored-audiences')}\n" for one in subjects))
    solely.match(path, "acme", "spring")
    incident = solely.incidents.open("a list", officer=OFFICER, facts=Facts(texts=TEXTS)).id
    solely.incidents.narrow(incident, Question(advertisers=frozenset({"acme"})), officer=OFFICER)
    solely.incidents.decide(incident, {"breach": True, "people": True}, officer=OFFICER, why="they must know")
    return incident


def test_people_are_counted_and_told_by_the_senders_of_the_settings(directory, mail, tmp_path):
    with Solely(directory) as solely:
        give(solely, "not-in-the-list", "tailored-audiences")
        incident = affect(solely, tmp_path, ["ada", "bob"])
        assert solely.incidents.show(incident).people == 2
        assert solely.incidents.show(incident).extent.advertisers == {"acme": 2}
        done = solely.incidents.notify(incident, officer=OFFICER)
    assert done.states["sent"] == 2
    assert sorted(to for (to,), _, _ in mail.taken) == ["ada@example.org", "bob@example.org"]
    _, message, _ = mail.taken[0]
    assert message["subject"] == "What happened to a contact you gave Chirp"
    assert TEXTS.nature in message.get_body(("plain",)).get_content()
    assert "<html" in message.get_body(("html",)).get_content()


@pytest.mark.slow
@pytest.mark.long
def test_a_run_that_is_killed_at_any_moment_tells_nobody_twice(directory, mail, tmp_path):
    """By kill -9 again and again, until nobody waits; each who is unknown then got one mail or none."""
    subjects = [f"person{number}" for number in range(MANY)]
    with Solely(directory) as solely:
        incident = affect(solely, tmp_path, subjects)
        killed = 0
        for round_ in range(8):
            with subprocess.Popen([sys.executable, "-c", NOTIFIER, directory, incident]) as running:
                before = len(mail.taken)
                while len(mail.taken) < before + 4 and running.poll() is None:
                    time.sleep(0.002)
                time.sleep(0.002 * round_)
                if running.poll() is None:
                    os.kill(running.pid, signal.SIGKILL)
                    killed += 1
        done = solely.incidents.notify(incident, officer=OFFICER)
        states = {one.subject: one.state for one in solely.incidents.told(incident)}
    assert killed >= 4
    told = [to.partition("@")[0] for (to,), _, _ in mail.taken]
    assert len(told) == len(set(told)), "somebody was told twice"
    assert done.states["waiting"] == 0
    assert set(states) == set(subjects)
    assert {one for one, state in states.items() if state == "sent"} <= set(told)
    assert set(told) <= {one for one, state in states.items() if state in {"sent", "unknown"}}
    assert sum(state == "unknown" for state in states.values()) <= killed


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
