"""Rows are moved batch by batch; one that is not what was written stops the moving and stays as it is."""

import os

import pytest

from givings import give
from solely.app import Solely, keys
from solely.errors import Tampered
from solely.rotation.rows import Sealing, Tokens, moved
from solely.store import rotation
from solely.tokens import Tokeniser

pytestmark = pytest.mark.server
ADS, SERVICE = "tailored-audiences", "service-notice"


@pytest.fixture
def solely(fresh):
    with Solely(fresh, signs=False) as application:
        for number in range(7):
            give(application.desk, f"u{number}", value=f"u{number}@example.com", purpose=SERVICE)
            give(application.desk, f"u{number}", value=f"u{number}@gmail.com", purpose=ADS)
        keys.rotate(application.parts, SERVICE, "seal")
        keys.rotate(application.parts, ADS, "token")
        yield application


def sealing(solely):
    ring = solely.ground.keyring("service")
    return Sealing(solely.parts.login("service"), "service", ring.sealer(SERVICE), os.urandom)


def tokens(solely):
    ring = solely.ground.keyring("advertising")
    return Tokens(solely.parts.login("advertising"), "advertising", Tokeniser(ring.tokeniser(ADS)))


@pytest.mark.parametrize("kind", [sealing, tokens])
def test_all_are_moved_in_batches_and_what_is_moved_is_not_read_again(solely, kind):
    assert list(moved(kind(solely), 3)) == [3, 3, 1]
    assert list(moved(kind(solely), 3)) == [0]


def test_moved_tokens_are_those_that_the_new_key_makes(solely):
    list(moved(tokens(solely)))
    again = rotation.tokens(solely.parts.login("advertising"), "advertising", ADS, 0, rotation.FIRST, 100)
    held = {one.data for one in again}
    for number in range(7):
        give(solely.desk, f"v{number}", value=f"u{number}@gmail.com", purpose=ADS)
    every = rotation.tokens(solely.parts.login("advertising"), "advertising", ADS, 0, rotation.FIRST, 100)
    fresh = [one.data for one in every if one.place not in {old.place for old in again}]
    assert {bytes(sorted_tokens(one)) for one in fresh} == {bytes(sorted_tokens(one)) for one in held}


def sorted_tokens(data):
    return b"".join(sorted(data[at : at + 16] for at in range(0, len(data), 16)))


@pytest.mark.parametrize("kind", [sealing, tokens])
def test_one_that_is_erased_after_it_was_read_stays_erased(solely, kind):
    rows = kind(solely)
    found = rows.read(rotation.FIRST, 100)
    solely.erase("u0")
    assert rows.put(found) == 6


def test_a_wrapped_key_that_was_swapped_is_tampered_and_is_not_wrapped_anew(solely):
    one = sealing(solely)
    first, second, *_ = one.read(rotation.FIRST, 100)
    with pytest.raises(Tampered):
        one.next(type(first)(first.pseudonym, first.id, first.number, second.data, first.kind))
