"""A sealed contact opens for its own purpose, person, giving and kind, and for nothing else."""

import dataclasses
import json
import os
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.consent import Permit
from solely.contact import Contact
from solely.errors import Refused, Tampered, Unavailable
from solely.keys import SealKeys, new_keyring
from solely.seal import Sealed, open_sealed, rewrap, seal

RING = new_keyring("security", ["two-factor", "login-alert"], os.urandom)
KEYS = RING.sealer("two-factor")
PERSON, GIVING = UUID(int=1), UUID(int=2)
PERMIT = Permit("two-factor", GIVING, 7)
PHONE = Contact.read("phone", "+4915112345678")
WYCHEPROOF = json.loads((Path(__file__).parent / "vectors" / "aes_gcm_siv_test.json").read_text())


def sealed(contact=PHONE):
    return seal(KEYS, contact, pseudonym=PERSON, giving=GIVING, entropy=os.urandom)


@given(st.emails(), st.uuids(), st.uuids())
def test_what_is_sealed_opens_as_it_was(address, person, giving):
    contact = Contact("email", address)
    box = seal(KEYS, contact, pseudonym=person, giving=giving, entropy=os.urandom)
    opened = open_sealed(KEYS, box, Permit("two-factor", giving, 0), pseudonym=person, kind="email")
    assert (opened.kind, opened.expose()) == ("email", address)


def test_neither_part_alone_nor_its_print_holds_the_contact():
    one = sealed()
    value = PHONE.expose().encode()
    assert value not in one.box
    assert value not in one.wrapped_key
    assert repr(one) == "Sealed(key_number=1)"


def test_the_same_contact_never_seals_twice_alike():
    ones = [sealed() for _ in range(100)]
    assert len({one.box for one in ones}) == len({one.wrapped_key for one in ones}) == 100


def test_the_box_shows_the_length_only_in_steps_of_32():
    short, long = (Contact("email", f"{'a' * size}@example.com") for size in (1, 20))
    assert len(sealed(short).box) == len(sealed(long).box) == 48


@pytest.mark.parametrize(
    "changed",
    [
        {"keys": RING.sealer("login-alert"), "permit": Permit("login-alert", GIVING, 7)},
        {"pseudonym": UUID(int=3)},
        {"permit": Permit("two-factor", UUID(int=3), 7)},
        {"kind": "email"},
        {"pseudonym": GIVING, "permit": Permit("two-factor", PERSON, 7)},
    ],
    ids=["purpose", "person", "giving", "kind", "person and giving exchanged"],
)
def test_it_does_not_open_in_another_place(changed):
    place = {"keys": KEYS, "permit": PERMIT, "pseudonym": PERSON, "kind": "phone"}
    one = sealed()
    assert open_sealed(sealed=one, **place).expose() == PHONE.expose()
    with pytest.raises(Tampered):
        open_sealed(sealed=one, **place | changed)


def test_parts_of_two_seals_do_not_open_together():
    one, other = sealed(), sealed()
    with pytest.raises(Tampered):
        open_sealed(KEYS, Sealed(one.wrapped_key, other.box, 1), PERMIT, pseudonym=PERSON, kind="phone")


def test_the_key_number_is_bound():
    """Even where two numbers held the same key, one's wrapped key would not open under the other."""
    key = bytes(32)
    keys = SealKeys("two-factor", 2, {1: key, 2: key})
    one = seal(keys, PHONE, pseudonym=PERSON, giving=GIVING, entropy=os.urandom)
    with pytest.raises(Tampered):
        open_sealed(keys, dataclasses.replace(one, key_number=1), PERMIT, pseudonym=PERSON, kind="phone")


def test_a_permit_for_another_purpose_is_refused():
    with pytest.raises(Refused):
        open_sealed(KEYS, sealed(), Permit("login-alert", GIVING, 7), pseudonym=PERSON, kind="phone")


@pytest.mark.parametrize("part", ["wrapped_key", "box"])
def test_every_flipped_bit_and_every_cut_of_either_part_is_tampered(part):
    one = sealed()
    whole = getattr(one, part)
    flipped = [(int.from_bytes(whole, "big") ^ 1 << bit).to_bytes(len(whole), "big") for bit in range(8 * len(whole))]
    for damaged in (*flipped, *(whole[:size] for size in range(len(whole))), whole + b"\0"):
        with pytest.raises(Tampered):
            open_sealed(KEYS, dataclasses.replace(one, **{part: damaged}), PERMIT, pseudonym=PERSON, kind="phone")


def test_a_rotation_rewraps_the_key_and_leaves_the_box():
    ring = RING.rotate("two-factor", "seal", os.urandom)
    one = sealed()
    place = {"pseudonym": PERSON, "kind": "phone"}
    moved = rewrap(ring.sealer("two-factor"), one, giving=GIVING, entropy=os.urandom, **place)
    assert (moved.key_number, moved.box) == (2, one.box)
    left = ring.destroy("two-factor", "seal", 1).sealer("two-factor")
    assert open_sealed(left, moved, PERMIT, **place).expose() == PHONE.expose()
    with pytest.raises(Unavailable):
        open_sealed(left, one, PERMIT, **place)
    with pytest.raises(Tampered):
        rewrap(KEYS, one, giving=PERSON, entropy=os.urandom, **place)


def cases():
    for group in WYCHEPROOF["testGroups"]:
        for test in group["tests"]:
            yield pytest.param(test, id=f"tc{test['tcId']}")


@pytest.mark.parametrize("case", list(cases()))
def test_our_aead_gives_what_wycheproof_says(case):
    key, iv, aad, msg = (bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg"))
    box = bytes.fromhex(case["ct"] + case["tag"])
    keys = SealKeys("p", 1, {1: key})
    if case["result"] == "valid":
        assert keys.encrypt(1, iv, msg, aad) == box
        assert keys.decrypt(1, iv, box, aad) == msg
    else:
        with pytest.raises(Tampered):
            keys.decrypt(1, iv, box, aad)
