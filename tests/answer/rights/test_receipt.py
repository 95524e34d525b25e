"""The record of a giving: as its schema has it, the same bytes each time, and proved by the ledger alone."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

import solely.answer.rights.receipt as module
from rights import ADDRESS, OTHER, WHO, words
from solely.answer.rights.receipt import NOT_STATED, Controller, Party, not_stated, record
from solely.app.rights import held, receipt
from solely.errors import NotFound
from solely.ledger.checkpoint import read_verifier_key
from solely.ledger.member_receipt import verify_member_receipt
from solely.ledger.receipt import verify_receipt
from solely.store import registry

pytestmark = pytest.mark.server
SCHEMA = json.loads(Path(module.__file__).with_name("receipt.schema.json").read_text())
VALID = Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def givings(place):
    return registry.held(place.parts.registry, WHO)


@pytest.fixture(scope="module")
def records(place, givings):
    return [json.loads(receipt(place.parts, WHO, one.giving).record) for one in givings]


def one_for(records, purpose):
    return next(one for one in records if one["pii_processing"]["purposes"][0]["name"] == purpose)


def test_the_schema_is_one_and_each_record_is_as_it_says(records):
    Draft202012Validator.check_schema(SCHEMA)
    assert len(records) == 7
    for one in records:
        VALID.validate(one)


@pytest.mark.parametrize("field", ["record_id", "pii_principal_id", "pii_processing", "party_identification", "events"])
def test_a_record_without_what_is_mandatory_is_none(records, field):
    assert not VALID.is_valid({name: value for name, value in records[0].items() if name != field})
    for name in ("privacy_notice", "language", "purposes", "storage_locations", "withdrawal_method"):
        part = {key: value for key, value in records[0]["pii_processing"].items() if key != name}
        assert not VALID.is_valid({**records[0], "pii_processing": part})


def test_it_says_what_was_agreed_to_on_which_basis_and_in_which_words(records):
    one = one_for(records, "tailored-audiences")
    processing = one["pii_processing"]
    assert processing["privacy_notice"]["text"] == words("tailored-audiences")
    assert processing["lawful_basis"] == ["dpv:ExplicitlyExpressedConsent", "eu-gdpr:A6-1-a"]
    assert processing["purposes"][0]["purpose_type"] == "dpv:TargetedAdvertising"
    assert processing["recipient_third_parties"] == ["advertiser acme: its list met this contact, it receives none"]
    assert one_for(records, "two-factor")["pii_processing"]["lawful_basis"] == ["dpv:Contract", "eu-gdpr:A6-1-b"]


def test_its_events_are_how_it_began_and_how_it_ended(records):
    states = {
        purpose: [event["event_state"] for event in one_for(records, purpose)["events"]]
        for purpose in ("tailored-audiences", "partner-audiences", "login-alert")
    }
    ended = ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert states == {"tailored-audiences": ended[:1], "partner-audiences": ended, "login-alert": ended}


def test_one_that_expired_says_so(place):
    holding = held(place.parts, WHO)
    giving = holding.givings[0]
    over = giving.giving._replace(expires_at=place.clock.now - timedelta(days=1))
    one = record(holding, replace(giving, giving=over, state="expired"), Controller())
    VALID.validate(one)
    assert one["events"][-1]["event_state"] == "dpv:ConsentExpired"
    assert one["pii_processing"]["retention_period"].startswith("until 20")


def test_one_whose_purpose_or_words_are_known_no_more_is_a_record_still(place):
    holding = held(place.parts, WHO)
    one = record(holding, replace(holding.givings[0], purpose=None, notice=None), Controller())
    assert list(VALID.iter_errors(one)) == []
    assert one["pii_processing"]["privacy_notice"]["text"] == NOT_STATED


def test_the_same_giving_is_the_same_bytes_and_another_state_another_receipt(place, givings):
    first, second = (receipt(place.parts, WHO, givings[0].giving) for _ in range(2))
    assert first.record == second.record
    holding = held(place.parts, WHO)
    told = record(holding, holding.givings[0], Controller())
    over = replace(holding.givings[0], state="ended", giving=holding.givings[0].giving._replace(ended_at=holding.at))
    other = record(holding, over, Controller())
    assert told["record_id"] == other["record_id"]
    assert told["receipt_id"] != other["receipt_id"]


def test_the_controller_is_who_the_settings_name_and_what_they_leave_out_is_said(place, givings):
    made = receipt(place.parts, WHO, givings[0].giving)
    one = json.loads(made.record)
    assert one["party_identification"][0]["party_name"] == "Chirp Ltd"
    assert one["pii_processing"]["jurisdiction"] == "IE"
    assert set(made.missing) == {"controller.address", "controller.contact", "authority.name", "locations", "withdraw"}
    whole = Controller(Party("n", "a", "c", "https://u.example"), Party("n"), "IE", ("IE",), "https://w.example")
    assert not_stated(whole) == ()
    VALID.validate(record(held(place.parts, WHO), held(place.parts, WHO).givings[0], whole))


def test_what_stands_beside_it_proves_it_with_the_key_alone(place, givings):
    ended = next(one for one in givings if one.purpose == "partner-audiences")
    made = receipt(place.parts, WHO, ended.giving)
    assert set(made.proofs) == {
        f"{entry:06}.{suffix}" for entry in (ended.entry, ended.ending) for suffix in ("tlog-proof", "member")
    }
    key = read_verifier_key((place.solely.directory / "ledger" / "verifier.key").read_text().strip())
    for entry in (ended.entry, ended.ending):
        proven = verify_receipt(made.proofs[f"{entry:06}.tlog-proof"], key)
        shown = verify_member_receipt(made.proofs[f"{entry:06}.member"], proven.entry.members)
        assert (proven.entry.sequence, shown.member) == (entry, ended.giving.bytes)


def test_nothing_is_opened_for_it_and_no_contact_is_in_it(place, records, givings):
    text = json.dumps(records, ensure_ascii=False)
    assert ADDRESS not in text
    assert not re.search(r"\bada\b", re.sub(r'"text": "[^"]*"', "", text))  # three letters that digests have too
    (before,) = place.parts.entries.connection.execute("SELECT count(*) FROM ledger.entries").fetchone()
    receipt(place.parts, WHO, givings[0].giving)
    assert place.parts.entries.connection.execute("SELECT count(*) FROM ledger.entries").fetchone() == (before,)


def test_another_s_giving_is_not_found(place, givings):
    for subject, giving in ((OTHER, givings[0].giving), (WHO, UUID(int=5)), ("nobody", givings[0].giving)):
        with pytest.raises(NotFound):
            receipt(place.parts, subject, giving)
