"""Toll fraud: where messages may go, what they are counted as, and what an attack gets through in the end."""

import hashlib
import hmac
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from solely.contact import Contact
from solely.errors import Refused, Throttled
from solely.store.security import limits, sends
from solely.verification.fraud import Destination, FraudSettings, Judged, admit, counts, destination, judge

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN = FraudSettings(countries=frozenset({"DE", "US"}))
GERMAN = Destination("DE", "+491511234", "mobile")
MAIL = Destination("ZZ", "example.org", "other")


def mac(data):
    return hmac.digest(b"key", data, "sha256")


def phone(number):
    return Contact("phone", number)


def example(region, kind):
    number = phonenumbers.example_number_for_type(region, kind)
    return number and phonenumbers.format_number(number, PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("number", "country", "prefix", "line"),
    [
        ("+4915112345678", "DE", "+491511234", "mobile"),
        ("+493012345678", "DE", "+49301234", "fixed"),
        ("+12025550123", "US", "+1202555", "mobile"),
        ("+447012345678", "GB", "+44701234", "premium"),
        ("+499001123456", "DE", "+49900112", "premium"),
        ("+881612345678", "001", "+88161234", "mobile"),
        ("+12425551234", "BS", "+1242555", "other"),
        ("+77011234567", "KZ", "+7701123", "mobile"),
    ],
)
def test_a_number_goes_to_a_country_a_range_and_a_kind_of_line(number, country, prefix, line):
    to = destination(phone(number))
    assert (to.country, to.prefix, to.line) == (country, prefix, line)


def test_mail_goes_to_a_domain():
    assert destination(Contact.read("email", "anna@example.org")) == MAIL


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_each_regions_own_premium_numbers_are_known(region):
    number = example(region, PhoneNumberType.PREMIUM_RATE)
    assert number is None or destination(phone(number)).line == "premium"


def test_a_destination_does_not_show_its_range():
    assert "1511234" not in repr(GERMAN)


def test_no_country_is_open_until_it_is_named():
    with pytest.raises(Refused, match="country"):
        judge(GERMAN, {}, FraudSettings())
    assert judge(GERMAN, {}, OPEN) == Judged(alarm=False)
    with pytest.raises(Refused, match="country"):
        judge(replace(GERMAN, country="ZZ"), {}, OPEN)


@pytest.mark.parametrize("line", ["premium", "fixed", "other"])
def test_lines_that_cost_or_take_nothing_are_closed(line):
    with pytest.raises(Refused, match="line"):
        judge(replace(GERMAN, line=line), {}, OPEN)
    assert judge(replace(GERMAN, line="voip"), {}, OPEN) == Judged(alarm=False)


@pytest.mark.parametrize(
    ("sent", "good", "outcome"),
    [(49, 0, "free"), (50, 0, "closed"), (50, 14, "closed"), (50, 15, "alarm"), (50, 29, "alarm"), (50, 30, "free")],
)
def test_a_country_where_codes_are_not_typed_in_rings_and_then_closes(sent, good, outcome):
    conversion = {"DE": (sent, good), "US": (1_000, 1_000)}
    if outcome == "closed":
        with pytest.raises(Refused, match="conversion"):
            judge(GERMAN, conversion, OPEN)
    else:
        assert judge(GERMAN, conversion, OPEN) == Judged(alarm=outcome == "alarm")
    assert judge(replace(GERMAN, country="US"), conversion, OPEN) == Judged(alarm=False)


def test_recording_refuses_nothing_and_tells_all():
    recording = FraudSettings(mode="record")
    to = replace(GERMAN, line="premium")
    assert judge(to, {"DE": (100, 1)}, recording) == Judged(alarm=True, reasons=("country", "line", "conversion"))


def test_mail_is_free_to_go_everywhere():
    assert judge(MAIL, {"ZZ": (1_000, 0)}, FraudSettings()) == Judged(alarm=False)


def named(to, source=b"source", settings=OPEN, **more):
    words = {"fingerprint": b"contact", "source": source, "person": b"person", "mac": mac} | more
    return {one.limit.name: one.key for one in counts(to, settings=settings, **words)}


def test_a_message_is_counted_by_all_that_tells_of_an_attack():
    assert set(named(GERMAN)) == {
        "contact-10-minutes", "contact-day", "person-hour", "source-hour", "prefix-hour", "country-hour", "sms-day",
    }  # fmt: skip
    assert set(named(GERMAN, source=None)) == set(named(GERMAN)) - {"source-hour"}
    assert set(named(MAIL)) == {"contact-10-minutes", "contact-day", "person-hour", "source-hour"}


def test_what_is_counted_is_kept_as_its_keyed_form_and_each_kind_apart():
    keys = named(GERMAN, fingerprint=b"same", source=b"same", person=b"same")
    assert len(set(keys.values())) == 6  # the two caps of a contact have one key and two names
    assert keys["prefix-hour"] == mac(b"prefix\0+491511234")
    assert keys["prefix-hour"] == named(replace(GERMAN, line="voip"))["prefix-hour"]
    assert keys["prefix-hour"] != named(replace(GERMAN, prefix="+491511235"))["prefix-hour"]
    assert keys["sms-day"] == named(Destination("US", "+1202555", "mobile"))["sms-day"]


@given(digits=st.integers(10**9, 10**11 - 1), other=st.integers(0, 9999))
def test_numbers_that_differ_in_their_last_four_digits_share_a_range(digits, other):
    number = f"+49{digits}"
    assert destination(phone(number)).prefix == destination(phone(f"{number[:-4]}{other:04}")).prefix


def test_admitting_takes_all_at_once_or_in_recording_one_by_one():
    def take(some):
        taken.append(some)
        if some[0].limit.name == "prefix-hour" or len(some) > 1:
            raise Throttled("too many tries")

    taken, wanted = [], counts(GERMAN, fingerprint=b"c", source=None, person=b"p", mac=mac, settings=OPEN)
    with pytest.raises(Throttled):
        admit(wanted, take, OPEN)
    assert taken == [wanted]
    taken.clear()
    assert admit(wanted, take, replace(OPEN, mode="record")) == ("prefix-hour",)
    assert sorted(one.key for (one,) in taken) == [one.key for (one,) in taken]
    assert len(taken) == len(wanted)


# -- an attack, on the real limits and the real table of sends

_people = count(1)


class Attack:
    """Requests that a clock apart from ours spreads over time; each from a person and an address nobody has seen."""

    def __init__(self, connection, settings):
        self.connection, self.settings, self.now, self.through = connection, settings, NOW, 0
        self.run = uuid4().bytes  # keys of its own: other tests have counted in the same table
        self.conversion, self.seen_at = {}, None

    def ask(self, number, *, same=None):
        if self.seen_at is None or self.now - self.seen_at >= timedelta(minutes=1):
            self.conversion = sends.conversion(self.connection, NOW, "sms", self.now)
            self.seen_at = self.now
        to, who = destination(phone(number)), next(_people).to_bytes(16, "big")
        fingerprint = hashlib.sha256(number.encode()).digest()
        wanted = counts(
            to, fingerprint=fingerprint, source=same or who, person=who, mac=self.mac, settings=self.settings
        )  # fmt: skip
        try:
            judge(to, self.conversion, self.settings)
            with self.connection.transaction():
                admit(wanted, lambda some: limits.take(self.connection, some, self.now), self.settings)
        except Refused:
            return False
        self.through += 1
        person = UUID(bytes=who)
        sent = sends.Sent(uuid4(), person, uuid4(), "sms", "twilio", "", to.country, self.now)
        sends.record(self.connection, sent)
        return True

    def mac(self, data):
        return hmac.digest(self.run, data, "sha256")


@pytest.fixture
def attack(login):
    """An attack in a transaction that is undone."""

    @contextmanager
    def run(settings=OPEN):
        with login("security") as connection, connection.transaction(force_rollback=True):
            yield Attack(connection, settings)

    return run


@pytest.mark.server
def test_ten_thousand_requests_get_no_more_than_the_caps_say(attack):
    regions = sorted(phonenumbers.SUPPORTED_REGIONS - OPEN.countries)[:200]
    mobile = [n for n in (example(region, PhoneNumberType.MOBILE) for region in regions) if n]
    premium = [n for n in (example(region, PhoneNumberType.PREMIUM_RATE) for region in ("DE", "US")) if n]
    with attack() as one:
        # 200 regions that nobody named, and premium lines of the two that are: nothing
        assert not any(one.ask(mobile[n % len(mobile)]) for n in range(2_000))
        assert not any(one.ask(premium[n % len(premium)]) for n in range(2_000))
        # 3,000 neighbours in an hour: what one range may have, and what drains from it within the hour
        for n in range(3_000):
            one.now = NOW + timedelta(hours=n / 3_000)
            one.ask(f"+491511234{n:04}")
        assert 20 <= one.through <= 2 * 20 - 1
        # 3,000 over 3,000 ranges at once: what the country may have
        before = one.through
        for n in range(3_000):
            one.ask(f"+49160{n:04}{n:04}")
        assert one.through - before <= 1_000
        # nobody typed a code in: once they might have, the country is closed
        one.now += timedelta(minutes=11)
        assert not any(one.ask(f"+49170{n:04}1234") for n in range(100))
        # and the other country is not
        assert one.ask("+12025550123")


@pytest.mark.server
def test_one_source_gets_what_a_source_may_have(attack):
    with attack() as one:
        assert sum(one.ask(f"+49160{n:04}0000", same=b"one address") for n in range(200)) == 20


@pytest.mark.server
def test_a_person_who_is_asked_for_in_vain_is_not_flooded(attack):
    with attack() as one:
        for minute in range(24 * 60):
            one.now = NOW + timedelta(minutes=minute)
            one.ask("+4915112345678")
        assert one.through <= 2 * 10 - 1


@pytest.mark.server
def test_in_recording_all_go_and_are_counted(attack):
    with attack(replace(OPEN, mode="record")) as one:
        assert all(one.ask(f"+49151123{n:05}") for n in range(100))
