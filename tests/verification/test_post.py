"""Promises 1 and 5 where messages leave: for its purpose alone, while it stands, and written down first."""

from dataclasses import dataclass, field, replace
from uuid import UUID

import psycopg
import pytest

import people
from solely.errors import NotFound, Refused, Throttled, Unavailable
from solely.ledger.entry import decode
from solely.verification import Wanted, post
from solely.verification.fraud import FraudSettings
from solely.verification.senders.port import SendFailed

pytestmark = pytest.mark.server


@pytest.fixture
def ledger(superuser):
    """A function: what the ledger holds now, as another connection sees it, from an entry on."""

    def read(first=0):
        rows = superuser.execute("SELECT body FROM ledger.entries WHERE sequence >= %s ORDER BY sequence", [first])
        return [decode(bytes(body)) for (body,) in rows]

    return read


def said(entries):
    """What entries say, in short."""
    return [(one.type, one.purpose, one.details.get("of"), one.details.get("by")) for one in entries]


@dataclass
class Watching(people.Box):
    """A sender that reads the ledger the moment it is handed a message."""

    read: object = None
    seen: list = field(default_factory=list)

    def send(self, contact, message, *, send):
        self.seen.append(self.read())
        return people.Box.send(self, contact, message, send=send)


def with_senders(world, *senders, fraud=None):
    """The same world, its messages leaving by these senders."""
    security = world.verification.security
    changed = replace(security.post, senders=senders, **({"fraud": fraud} if fraud else {}))
    verification = replace(world.verification, security=replace(security, post=changed))
    return replace(world, verification=verification)


@dataclass(frozen=True)
class WatchedKeys:
    """The sealing keys of two-factor, which note what they are told by `read` each time they open something."""

    keys: object
    read: object
    noted: list = field(default_factory=list)

    def __getattr__(self, name):
        return getattr(self.keys, name)

    def decrypt(self, *given):
        self.noted.append(self.read())
        return self.keys.decrypt(*given)


def watched(world, read):
    """The same world with such keys, and the keys."""
    security = world.verification.security
    keys = WatchedKeys(security.sealers["two-factor"], read)
    security = replace(security, sealers={**security.sealers, "two-factor": keys})
    return replace(world, verification=replace(world.verification, security=security)), keys


def challenge_to(world, subject, channel="sms"):
    """A person with a confirmed contact, and a sign-in that could be sent to it: (challenge, factor, contact)."""
    factor, value = world.enrol_sent(subject, channel)
    return world.verification.challenge(subject, after_password=True).id, factor, value


# -- written down first


def test_a_use_and_a_sending_are_durable_before_the_message_is_handed_over(world, subject, ledger):
    sms = Watching("sms", "box", read=ledger)
    world = replace(with_senders(world, sms), sms=sms)
    world.give(subject, "sms", "two-factor")
    size = len(ledger())
    world.verification.enrol(subject, Wanted("sms"))
    ((*_, use, sending),) = sms.seen
    assert said([use, sending]) == [
        ("use", "two-factor", "confirm-code", None),
        ("send", "two-factor", "confirm-code", "box"),
    ]
    assert (use.sequence, sending.sequence) == (size, size + 1)
    assert use.principal == sending.principal == "verification"
    assert use.members.count == sending.members.count == 1, "committed to by the giving's id, which is not said"


def test_a_use_is_durable_before_the_contact_is_opened(world, subject, ledger):
    challenge, factor, _ = challenge_to(world, subject)
    world, keys = watched(world, ledger)
    world.verification.send(subject, challenge, factor)
    (seen,) = keys.noted
    assert said(seen)[-1] == ("use", "two-factor", "sign-in-code", None)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_where_the_ledger_can_t_be_written_nothing_is_opened_or_sent(world, subject, ledger, channel):
    challenge, factor, _ = challenge_to(world, subject, channel)
    world, keys = watched(world, lambda: "opened")
    security, entries, letters = world.verification.security, len(ledger()), len(world.box(channel).letters)
    info = security.gate.connection.info
    cut = psycopg.connect(info.dsn, password=info.password)
    cut.close()
    gate = replace(security.gate, connection=cut)
    broken = replace(world.verification, security=replace(security, gate=gate))
    with pytest.raises(Unavailable):
        broken.send(subject, challenge, factor)
    assert keys.noted == []
    assert len(ledger()) == entries
    assert len(world.box(channel).letters) == letters


def test_where_a_sending_can_t_be_written_down_the_message_stays_here(world, subject, ledger):
    """The use was; then the ledger went away."""
    challenge, factor, _ = challenge_to(world, subject)
    security, letters, size = world.verification.security, len(world.sms.letters), len(ledger())
    info = security.gate.connection.info
    with psycopg.connect(info.dsn, password=info.password, autocommit=True) as connection:
        gate = replace(security.gate, connection=connection)
        broken = replace(world, verification=replace(world.verification, security=replace(security, gate=gate)))
        broken, keys = watched(broken, connection.close)
        with pytest.raises(Unavailable):
            broken.verification.send(subject, challenge, factor)
    assert len(keys.noted) == 1
    assert said(ledger(size)) == [("use", "two-factor", "sign-in-code", None)]
    assert len(world.sms.letters) == letters


def test_each_sender_that_is_tried_is_written_down_before_it_is(world, subject, ledger):
    challenge, factor, value = challenge_to(world, subject)
    first, second, third = (Watching("sms", name, read=ledger) for name in ("first", "second", "third"))
    first.fails = "next"
    size = len(ledger())
    with_senders(world, first, second, third).verification.send(subject, challenge, factor)
    sending = ("send", "two-factor", "sign-in-code")
    assert said(first.seen[0][size:]) == [("use", *sending[1:], None), (*sending, "first")]
    assert said(second.seen[0][size:])[-1] == (*sending, "second")
    assert said(ledger(size)) == [("use", *sending[1:], None), (*sending, "first"), (*sending, "second")]
    assert [to for to, _ in second.letters] == [value]
    assert third.seen == []


@pytest.mark.parametrize(("verdict", "asked"), [("next", 2), ("stop", 1), ("opt-out", 1)])
def test_where_no_sender_takes_it_all_that_were_tried_are_in_the_ledger(world, subject, ledger, verdict, asked):
    challenge, factor, _ = challenge_to(world, subject)
    boxes = [people.Box("sms", name, fails=verdict) for name in ("first", "second")]
    size = len(ledger())
    with pytest.raises(SendFailed):
        with_senders(world, *boxes).verification.send(subject, challenge, factor)
    assert [one.details.get("by") for one in ledger(size)] == [None, "first", "second"][: 1 + asked]


# -- refused


@pytest.mark.parametrize(
    ("fraud", "where"),
    [
        (FraudSettings(countries=frozenset()), "country"),
        (FraudSettings(countries=frozenset({"AT", "CH"})), "country"),
        (FraudSettings(countries=frozenset({"DE"}), blocked=frozenset({"mobile"})), "line"),
    ],
)
def test_a_destination_that_is_not_sent_to_is_refused_and_the_refusal_written_down(
    world, subject, ledger, fraud, where
):
    challenge, factor, _ = challenge_to(world, subject)
    size, letters = len(ledger()), len(world.sms.letters)
    with pytest.raises(Refused) as refused:
        with_senders(world, world.sms, fraud=fraud).verification.send(subject, challenge, factor)
    assert refused.value.where == where
    assert said(ledger(size)) == [
        ("use", "two-factor", "sign-in-code", None),
        ("refusal", "two-factor", "sign-in-code", None),
    ]
    assert len(world.sms.letters) == letters


def test_a_cap_that_is_met_is_a_refusal_in_the_ledger(world, subject, ledger):
    """Five messages to a contact within ten minutes: across challenges, and across the people who gave it."""
    value = world.give(subject, "sms", "two-factor")
    for n in range(5):
        other = f"{subject}-{n}"
        world.give(other, "sms", "two-factor", value)
        world.verification.enrol(other, Wanted("sms"))
    size, letters = len(ledger()), len(world.sms.letters)
    with pytest.raises(Throttled) as throttled:
        world.verification.enrol(subject, Wanted("sms"))
    assert throttled.value.where == "contact-10-minutes"
    assert [entry.type for entry in ledger(size)] == ["use", "refusal"]
    assert len(world.sms.letters) == letters


def test_where_rules_are_only_tried_out_it_is_sent_and_what_they_would_refuse_written_down(world, subject, ledger):
    challenge, factor, value = challenge_to(world, subject)
    fraud = FraudSettings(countries=frozenset(), blocked=frozenset({"mobile"}), mode="record")
    size = len(ledger())
    with_senders(world, world.sms, fraud=fraud).verification.send(subject, challenge, factor)
    assert world.sms.letters[-1][0] == value
    (refusal,) = (one for one in ledger(size) if one.type == "refusal")
    assert refusal.details == {"of": "sign-in-code", "mode": "record", "why": "country, line"}


def test_a_notice_is_kept_back_by_no_cap_on_codes(world, subject):
    alert = world.give(subject, "sms", "login-alert")
    app = world.enrol_app(subject)
    for _ in range(8):
        world.enrol_codes(subject, world.prove(subject, *app).id)
    assert len([to for to, _ in world.sms.letters if to == alert]) == 9


# -- for its purpose, while it stands


def test_a_giving_that_ended_is_never_opened(world, solely, subject, ledger):
    challenge, factor, _ = challenge_to(world, subject)
    solely.desk.withdraw(subject, "two-factor", None, world.clock())
    size, letters = len(ledger()), len(world.sms.letters)
    world, keys = watched(world, lambda: "opened")
    with pytest.raises(NotFound):
        world.verification.send(subject, challenge, factor)
    assert keys.noted == []
    assert ledger(size) == []
    assert len(world.sms.letters) == letters


def test_a_code_for_one_purpose_never_goes_to_a_contact_given_for_another(world, subject):
    """One person, a number for each purpose: each act reaches its own number, and alerts reach no code's."""
    numbers = {purpose: world.give(subject, "sms", purpose) for purpose in ("login-alert", "service-notice")}
    factors = {}
    app = world.enrol_app(subject)
    for purpose in ("two-factor", "reauthentication", "account-recovery"):
        numbers[purpose] = world.give(subject, "sms", purpose)
        begun = world.verification.enrol(subject, Wanted("sms", purpose=purpose), proof=world.prove(subject, *app).id)
        world.verification.answer(subject, begun.challenge, begun.factor, world.code("sms", numbers[purpose]))
        factors[purpose] = begun.factor
    world.sms.letters.clear()
    for act, purpose in (("sign-in", "two-factor"), ("pay", "reauthentication")):
        sent_only_to(world, subject, factors, world.verification.challenge(subject, act=act), purpose)
        assert [to for to, _ in world.sms.letters] == [numbers[purpose]]
        world.sms.letters.clear()
    sent_only_to(world, subject, factors, world.verification.recover(subject), "account-recovery")
    assert [to for to, _ in world.sms.letters] == [numbers["account-recovery"]]
    world.sms.letters.clear()
    world.verification.remove(subject, factors["two-factor"], proof=world.prove(subject, *app).id)
    ((to, message),) = world.sms.letters
    assert to == numbers["login-alert"]
    assert not any(word.isdigit() for word in message.text.split())


def sent_only_to(world, subject, factors, challenge, purpose):
    for other, factor in factors.items():
        if other == purpose:
            world.verification.send(subject, challenge.id, factor)
        else:
            with pytest.raises(NotFound):
                world.verification.send(subject, challenge.id, factor)


def test_another_person_s_giving_is_not_there(world, subject):
    """By the store's own way in: even told the giving's id, a person's post opens nothing of somebody else."""
    other = f"{subject}-other"
    world.give(other, "sms", "two-factor")
    world.enrol_app(subject)
    (giving,) = world.solely.desk.standing(other, "two-factor", world.clock())
    mine = world.verification.find([subject])[subject]
    parcel = post.Parcel("sign-in-code", UUID(str(giving.id)), lambda _: pytest.fail("it was composed"))
    with pytest.raises(NotFound):
        post.send(world.verification.security, mine, parcel)


def test_what_was_sent_is_recorded_without_its_contact(world, subject, superuser):
    challenge, factor, value = challenge_to(world, subject)
    world.verification.send(subject, challenge, factor, source="192.0.2.1")
    (row,) = superuser.execute("SELECT s::text FROM security.sends s WHERE challenge = %s", [challenge]).fetchall()
    assert ",sms,box," in row[0]
    assert ",DE," in row[0]
    assert value.lstrip("+") not in row[0]
