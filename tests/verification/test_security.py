"""The compartment at work: a secret opens where it was sealed, each key has one use, and nothing is shown."""

import contextlib
from dataclasses import fields, replace
from itertools import combinations
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from givings import entries, size
from solely.errors import Refused, Tampered, Unavailable
from solely.store.security.limits import Limit
from solely.verification.security import PRINCIPAL, Post, Security, words_of
from solely.verification.settings import Service, Settings

pytestmark = pytest.mark.server

SECRET = b"twenty bytes of seed"
with_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def security(world):
    return world.verification.security


# ---------------------------------------------------------------- secrets of factors


@with_fixtures
@given(secret=st.binary(max_size=100), person=st.uuids(), factor=st.uuids())
def test_a_sealed_secret_opens_for_its_person_and_factor(security, secret, person, factor):
    box, number = security.seal_secret(secret, person, factor)
    assert security.open_secret(box, number, person, factor) == secret
    assert len(box) == 12 + len(secret) + 16


def test_a_box_moved_to_another_person_or_factor_does_not_open(security):
    person, factor = uuid4(), uuid4()
    box, number = security.seal_secret(SECRET, person, factor)
    for moved in [(uuid4(), factor), (person, uuid4()), (factor, person), (UUID(int=0), UUID(int=0))]:
        with pytest.raises(Tampered) as caught:
            security.open_secret(box, number, *moved)
        assert SECRET.decode() not in str(caught.value)


def test_a_box_that_was_changed_or_cut_does_not_open(security):
    ids = uuid4(), uuid4()
    box, number = security.seal_secret(SECRET, *ids)
    for at in range(len(box)):
        for damaged in (box[:at], box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :]):
            with pytest.raises(Tampered):
                security.open_secret(damaged, number, *ids)


def test_the_same_secret_is_sealed_differently_each_time_and_is_not_to_be_seen(security):
    ids = uuid4(), uuid4()
    boxes = [security.seal_secret(SECRET, *ids)[0] for _ in range(3)]
    assert len(set(boxes)) == len({box[:12] for box in boxes}) == 3
    assert not [box for box in boxes if SECRET in box]


def test_a_secret_is_under_the_key_of_two_factor_and_names_it_by_its_number(security):
    ids = uuid4(), uuid4()
    box, number = security.seal_secret(SECRET, *ids)
    assert number == security.sealers["two-factor"].primary
    with pytest.raises(Unavailable):
        security.open_secret(box, number + 1, *ids)
    other = replace(security, sealers={"two-factor": security.sealers["login-alert"]})
    with pytest.raises(Tampered):
        other.open_secret(box, number, *ids)


# ---------------------------------------------------------------- capabilities


def test_it_seals_for_its_own_compartment_s_purposes_and_no_other(security):
    assert set(security.sealers) == {"two-factor", "account-recovery", "login-alert", "reauthentication"}


def test_each_use_has_a_key_of_its_own(security):
    macs = [security.sent, security.saved, security.fingerprints, security.tokens, *security.peppers.values()]
    assert len({mac(b"one message") for mac in macs}) == len(macs) == 5
    assert {len(mac(b"")) for mac in macs} == {32}
    assert [mac(b"again") for mac in macs] == [mac(b"again") for mac in macs]


def test_no_two_draws_and_no_two_ids_are_alike(security):
    assert len({security.entropy(32) for _ in range(100)}) == len({security.new_id() for _ in range(100)}) == 100


def test_nothing_of_it_is_shown(security):
    for part in (security, security.post):
        for text in (repr(part), str(part), f"{part}"):
            assert text.startswith(f"<solely.verification.security.{type(part).__name__} object at 0x")
    assert {type(security), type(security.post)} == {Security, Post}
    assert "keyring" not in {field.name for field in fields(Security)}


def test_a_passkey_is_made_for_who_the_settings_say(security):
    service = Service(name="Shop", domain="shop.example", origins=("https://shop.example", "https://a.shop.example"))
    party = replace(security, settings=Settings(service=service)).party
    assert (party.id, party.name, party.origins) == ("shop.example", "Shop", set(service.origins))


# ---------------------------------------------------------------- sources


def test_a_source_is_counted_by_its_keyed_form_and_nobody_s_is_not_counted(security):
    limit = Limit("sources", 1, security.settings.ages.manage)
    assert security.source_counts(None, limit) == []
    sources = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "", "half \ud800", "ünï"]
    keys = [security.source_counts(source, limit)[0].key for source in sources]
    for one, other in combinations(keys, 2):
        assert one != other
    assert not [
        key for source, key in zip(sources, keys, strict=True) if source and source.encode("utf-8", "ignore") in key
    ]
    assert security.source_counts("192.0.2.1", limit)[0].key == keys[0]
    assert security.fingerprints(b"192.0.2.1") != keys[0]  # what else is counted can't be taken for a source


# ---------------------------------------------------------------- transactions and the ledger


def languages(security, person):
    rows = security.connection.execute("SELECT language FROM security.people WHERE pseudonym = %s", [person])
    return rows.fetchall()


def add(connection, person):
    connection.execute("INSERT INTO security.people (pseudonym, language) VALUES (%s, 'de')", [person])


def test_a_transaction_is_kept_whole_or_not_at_all(security):
    kept, dropped = uuid4(), uuid4()
    with security.transaction() as connection:
        add(connection, kept)
    with contextlib.suppress(Refused), security.transaction() as connection:
        add(connection, dropped)
        raise Refused("for the test")
    assert (languages(security, kept), languages(security, dropped)) == ([("de",)], [])


def test_what_the_database_does_not_do_is_unavailable_without_its_words(security):
    person = uuid4()
    add(security.connection, person)
    with pytest.raises(Unavailable) as caught, security.transaction() as connection:
        add(connection, person)
    assert str(person) not in str(caught.value)


def test_a_refusal_is_in_the_ledger_when_it_comes_back(security, superuser):
    before, error = size(superuser), Refused("no", cure="none")
    assert security.refuse(error, "two-factor", "sign-in-code") is error
    (entry,) = entries(superuser, before)
    found = [entry[name] for name in ("type", "principal", "purpose", "details")]
    assert found == ["refusal", PRINCIPAL, "two-factor", {"of": "sign-in-code"}]


def test_an_entry_about_a_giving_commits_to_its_id_and_shows_it_not(security, superuser):
    before, giving = size(superuser), uuid4()
    words = words_of("use", "two-factor", giving, of="sign-in-code")
    assert words.ids.tobytes() == giving.bytes
    security.gate.write_down(words)
    (entry,) = entries(superuser, before)
    assert (entry["members"]["count"], entry["details"]) == (1, {"of": "sign-in-code"})
    assert giving.hex not in str(entry).replace("-", "")
