"""A contact crosses once, to the process of its purpose, without the platform's id; a name is one's compartment's."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from givings import ADS
from solely.consent import Asked
from solely.contact import Contact
from solely.errors import GivingError, NotFound, PolicyError, Refused
from solely.links.giving import FarIntake
from solely.links.records import dump
from solely.links.table import PROCESSES
from solely.purpose import COMPARTMENTS, HOLDS

pytestmark = pytest.mark.server

AT = datetime(2024, 1, 1, tzinfo=UTC)


def asked(apart, purpose, value="anna@example.org", subject="person-of-this-test"):
    contact = Contact.read("email", value)
    return Asked(subject, apart.whole.policy.purpose(purpose), contact, bytes(32), AT, None, None)


PURPOSES = {
    "security": "two-factor",
    "service": "service-notice",
    "advertising": ADS,
    "measurement": "ad-measurement",
    "discovery": "contact-discovery",
}


@pytest.mark.parametrize("compartment", COMPARTMENTS)
def test_a_contact_is_taken_as_it_is_where_its_keys_are(apart, compartment):
    pseudonym, one = uuid4(), asked(apart, PURPOSES[compartment])
    far, near = apart.parts("registry").intake(compartment), apart.whole.parts.intake(compartment)
    assert isinstance(far, FarIntake)
    (over,), (here,) = far.take([(one, pseudonym)]), near.take([(one, pseudonym)])
    assert (over.giving, over.key_number) == (here.giving, here.key_number)
    assert (over.wrapped is None) == (HOLDS[compartment] == "tokens")
    if HOLDS[compartment] == "tokens":
        assert over.held == here.held
    assert far.take([]) == []


@pytest.mark.parametrize("compartment", COMPARTMENTS)
def test_no_compartment_takes_for_another_s_purpose(apart, compartment):
    links = apart.grounds["registry"].links
    row = ["email", "anna@example.org", bytes(32), AT, uuid4()]
    for other, purpose in PURPOSES.items():
        if other != compartment:
            with pytest.raises(Refused, match="another compartment's"):
                links.call(compartment, "take", purpose, [row])
    with pytest.raises(PolicyError):
        links.call(compartment, "take", "no-such-purpose", [row])


def test_nobody_but_the_registry_has_anything_tokenised_or_sealed(apart):
    for caller in set(PROCESSES) - {"registry"}:
        for callee in COMPARTMENTS:
            with pytest.raises(Refused):
                apart.grounds[caller].links.call(callee, "take", PURPOSES[callee], [])
            assert caller == "ledger" or callee not in apart.side(caller).macs, "a secret that nobody needs"


def test_the_platform_s_own_id_stays_where_it_is(apart, monkeypatch):
    sent = []
    links = apart.grounds["registry"].links
    monkeypatch.setattr(type(links), "call", lambda _, *args, **_options: sent.append(dump(list(args))) or [])
    FarIntake("security", links).take([(asked(apart, "two-factor"), uuid4())])
    (data,) = sent
    assert b"anna@example.org" in data
    assert b"person-of-this-test" not in data


def test_a_name_is_one_s_own_compartment_s(apart):
    names = apart.parts("security").names("security")
    known = names.introduce("person-named")
    assert names.find(["person-named", "nobody-named"]) == {"person-named": known}
    assert names.introduce("person-named") == known
    assert names.subject_of(known) == "person-named"
    elsewhere = apart.whole.parts.desk.introduce("person-named", "advertising")
    assert names.find(["person-named"]) == {"person-named": known} != {"person-named": elsewhere}
    with pytest.raises(GivingError):
        names.introduce(" ")


def test_a_name_of_another_compartment_leads_nowhere(apart):
    elsewhere = apart.whole.parts.desk.introduce("person-elsewhere", "advertising")
    with pytest.raises(NotFound, match="known here"):
        apart.parts("security").names("security").subject_of(elsewhere)
