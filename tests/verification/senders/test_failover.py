"""Fail-over: in order, each hand-over written down first, no further than is of use."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.contact import Contact
from solely.errors import Unavailable
from solely.verification.senders.failover import Breaker, Delivered, deliver
from solely.verification.senders.port import Message, SendFailed

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
PHONE = Contact.read("phone", "+4915112345678")
EMAIL = Contact.read("email", "anna@example.org")
MESSAGE = Message("s", "417293")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Scripted:
    """A sender that does what it is told, and keeps what it was given."""

    name: str
    says: str = "ok"
    channel: str = "sms"
    countries: frozenset = frozenset()
    given: list = field(default_factory=list)

    def send(self, contact, message, *, send):
        self.given.append((contact, message, send))
        if self.says != "ok":
            raise SendFailed(self.says, self.name)
        return f"{self.name}-1"

    def close(self):
        pass


def run(senders, contact=PHONE, country="DE", breaker=None, before=None):
    written = []
    before = before or written.append
    try:
        outcome = deliver(
            senders, contact, MESSAGE, send=SEND, country=country, before=before, breaker=breaker
        )  # fmt: skip
    except SendFailed as failed:
        outcome = failed
    return outcome, written


@pytest.mark.parametrize("says", list(product(["ok", "next", "stop", "opt-out"], repeat=3)))
def test_it_goes_on_only_while_another_sender_may_do(says):
    senders = [Scripted(f"s{n}", said) for n, said in enumerate(says)]
    outcome, written = run(senders)
    asked = next((n for n, said in enumerate(says) if said != "next"), 2) + 1
    assert written == [f"s{n}" for n in range(asked)]
    assert [len(sender.given) for sender in senders] == [1] * asked + [0] * (3 - asked)
    if says[asked - 1] == "ok":
        tried = tuple((f"s{n}", "next") for n in range(asked - 1))
        assert outcome == Delivered(f"s{asked - 1}", f"s{asked - 1}-1", tried)
    else:
        assert outcome.verdict == says[asked - 1]
        assert outcome.tried == tuple((f"s{n}", says[n]) for n in range(asked))


def test_what_cannot_be_written_down_is_not_sent():
    first, second = Scripted("first", "next"), Scripted("second")

    def before(name):
        if name == "second":
            raise Unavailable("the ledger does not answer")

    with pytest.raises(Unavailable, match="ledger"):
        deliver([first, second], PHONE, MESSAGE, send=SEND, country="DE", before=before)
    assert len(first.given) == 1
    assert not second.given


def test_only_senders_of_the_channel_and_the_country_are_asked():
    mail, french, german, any_ = (
        Scripted("mail", channel="email"),
        Scripted("french", countries=frozenset({"FR"})),
        Scripted("german", "next", countries=frozenset({"DE", "AT"})),
        Scripted("any"),
    )
    senders = [mail, french, german, any_]
    assert run(senders)[1] == ["german", "any"]
    assert run(senders, country="FR")[1] == ["french"]
    assert run(senders, EMAIL, "ZZ")[1] == ["mail"]


def test_no_sender_at_all_is_no_use_waiting_for():
    outcome, written = run([Scripted("french", countries=frozenset({"FR"}))])
    assert (outcome.verdict, outcome.tried, written) == ("stop", (), [])


def test_a_sender_that_keeps_failing_rests_and_is_asked_last():
    now = [NOW]
    breaker = Breaker(lambda: now[0], failures=3, rest=timedelta(seconds=60))
    bad, good = Scripted("bad", "next"), Scripted("good")
    assert [run([bad, good], breaker=breaker)[1] for _ in range(4)] == [["bad", "good"]] * 3 + [["good"]]
    good.says = "next"
    assert run([bad, good], breaker=breaker)[1] == ["good", "bad"]  # the last resort
    good.says, now[0] = "ok", NOW + timedelta(seconds=60)
    assert run([bad, good], breaker=breaker)[1] == ["bad", "good"]  # rested; fails once more
    assert run([bad, good], breaker=breaker)[1] == ["good"]
    bad.says, now[0] = "ok", NOW + timedelta(seconds=120)
    assert run([bad, good], breaker=breaker)[1] == ["bad"]
    bad.says = "next"
    assert [run([bad, good], breaker=breaker)[1] for _ in range(3)] == [["bad", "good"]] * 3  # three anew
    assert run([bad, good], breaker=breaker)[1] == ["good"]


def test_an_answer_about_the_person_is_no_failure_of_the_sender():
    breaker = Breaker(lambda: NOW, failures=1)
    for said in ("stop", "opt-out"):
        run([Scripted("one", said)], breaker=breaker)
        assert not breaker.rests("one")


@given(failed=st.lists(st.sampled_from(["a", "b", "c"]), max_size=20), after=st.integers(0, 90))
def test_resting_changes_the_order_and_loses_nobody(failed, after):
    now = [NOW]
    breaker = Breaker(lambda: now[0])
    for name in failed:
        breaker.broke(name)
    now[0] += timedelta(seconds=after)
    senders = [Scripted(name) for name in "abc"]
    names = [sender.name for sender in breaker.ordered(senders)]
    resting = {name for name in "abc" if failed.count(name) >= 3 and after < 60}
    assert names == [n for n in "abc" if n not in resting] + [n for n in "abc" if n in resting]
