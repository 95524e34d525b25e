"""An intake hands back only what its compartment may hold, and the same giving has the same id each time it is read."""

import os
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import solely
from givings import intakes
from solely.consent import Asked, Permit
from solely.contact import Contact
from solely.errors import SolelyError
from solely.give.intake import open_intake
from solely.purpose import HOLDS, read_policy
from solely.seal import Sealed, open_sealed
from solely.tokens import TOKEN_BYTES, Tokeniser

POLICY = read_policy(Path(solely.__file__).with_name("policy.toml").read_bytes())
INTAKES, RINGS = intakes(POLICY)
PERSON = uuid4()
TIME = datetime(2024, 5, 31, 12, tzinfo=UTC)
MAIL = "Ada.Lovelace+x@gmail.com"


def asked(purpose="tailored-audiences", value=MAIL, **changed):
    kind = "email" if "@" in value else "phone"
    given = {
        "subject": "u1",
        "purpose": POLICY.purpose(purpose),
        "contact": Contact.read(kind, value),
        "notice": bytes(32),
        "given_at": TIME,
        "withdrawn_at": None,
        "country": None,
    } | changed
    return Asked(**given)


def take(one, person=PERSON):
    (taken,) = INTAKES[one.purpose.compartment].take([(one, person)])
    return taken


@pytest.mark.parametrize("purpose", POLICY.purposes)
def test_a_sealing_compartment_gets_a_box_that_opens_for_its_purpose_and_a_token_one_gets_tokens(purpose):
    one = asked(purpose)
    taken = take(one)
    ring = RINGS[one.purpose.compartment]
    if HOLDS[one.purpose.compartment] == "sealed":
        sealed = Sealed(taken.wrapped, taken.held, taken.key_number)
        permit = Permit(purpose, taken.giving, 0)
        opened = open_sealed(ring.sealer(purpose), sealed, permit, pseudonym=PERSON, kind="email")
        assert opened.expose() == one.contact.expose()
    else:
        tokens = Tokeniser(ring.tokeniser(purpose)).for_contact(one.contact)
        held = [taken.held[at : at + TOKEN_BYTES] for at in range(0, len(taken.held), TOKEN_BYTES)]
        assert (sorted(held), taken.wrapped) == (sorted(tokens), None)


def test_a_token_compartment_holds_neither_the_contact_nor_a_digest_of_it():
    one = asked()
    taken = take(one)
    for digest in (*one.contact.digests(), one.contact.expose().encode()):
        assert digest[:8] not in taken.held


def test_many_are_taken_as_one_by_one_in_their_order():
    many = [(asked(value=value), uuid4()) for value in ("a@example.com", MAIL, "+4915112345678", "b@gmail.com")]
    together = INTAKES["advertising"].take(many)
    assert together == [take(one, person) for one, person in many]
    assert INTAKES["advertising"].take([]) == []


@pytest.mark.parametrize("purpose", ["two-factor", "tailored-audiences"])
def test_the_same_giving_read_twice_has_one_id(purpose):
    assert take(asked(purpose)).giving == take(asked(purpose)).giving
    spelt = take(asked(purpose, "adalovelace@googlemail.com")).giving
    assert spelt == take(asked(purpose)).giving  # one mailbox


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "partner-audiences"},
        {"value": "ada@example.com"},
        {"notice": bytes(31) + b"\1"},
        {"given_at": TIME + timedelta(microseconds=1)},
        {"person": UUID(int=7)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_purpose_contact_notice_time_or_person_is_another_giving(other):
    person = other.pop("person", PERSON)
    assert take(asked(**other), person).giving != take(asked()).giving


def test_an_end_or_the_platform_s_name_for_the_person_makes_no_other_giving():
    first = take(asked()).giving
    assert take(asked(withdrawn_at=TIME)).giving == first
    assert take(asked(subject="u2")).giving == first


def test_without_the_purpose_s_key_of_ids_an_id_can_t_be_computed():
    others, _ = intakes(POLICY)
    for purpose in ("two-factor", "tailored-audiences"):
        one = asked(purpose)
        (elsewhere,) = others[one.purpose.compartment].take([(one, PERSON)])
        assert elsewhere.giving != take(one).giving


def test_a_rotated_token_key_and_a_destroyed_one_leave_ids_as_they_were_and_make_new_tokens():
    ring = RINGS["advertising"].rotate("tailored-audiences", "token", os.urandom)
    for held in (ring, ring.destroy("tailored-audiences", "token", 1)):
        (taken,) = open_intake("advertising", held, os.urandom).take([(asked(), PERSON)])
        assert (taken.giving, taken.key_number) == (take(asked()).giving, 2)
        assert taken.held != take(asked()).held


def test_an_intake_takes_for_its_own_purposes_alone():
    one = asked("two-factor")
    with pytest.raises((SolelyError, KeyError)):
        INTAKES["advertising"].take([(one, PERSON)])


@pytest.mark.parametrize("name", INTAKES)
def test_an_intake_does_not_print_its_keys_and_is_not_pickled(name):
    assert "object at" in repr(INTAKES[name])
    with pytest.raises(TypeError):
        pickle.dumps(INTAKES[name])
