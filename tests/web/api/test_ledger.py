"""The ledger over HTTP: a receipt that is fetched verifies offline, and no contact is in an entry."""

import pytest

from solely.app.directory import read_keyring, verifier_key
from solely.ledger.receipt import verify_receipt

pytestmark = pytest.mark.server


@pytest.fixture
def auditor(api):
    return api.as_("auditor", "ledger")


@pytest.fixture
def key(api):
    return verifier_key(read_keyring(api.solely.directory, "ledger"))


def test_an_entry_is_proven_by_what_is_fetched_alone(api, backend, auditor, key, subject):
    body = {"kind": "email", "value": "ana@example.com", "purpose": "two-factor"}
    body |= {"notice": {"version": "1", "text": "We use this to sign you in."}}
    assert backend("POST", f"/v1/subjects/{subject}/givings", json=body).status_code == 201
    (gave,) = api.solely.uses(subject).uses.acts
    entry = auditor("GET", f"/v1/ledger/entries/{gave.sequence}").json()
    assert (entry["type"], entry["purpose"], entry["members"]) == ("giving", "two-factor", 1)
    assert (entry["policy"], subject in str(entry)) == (api.solely.policy.digest, False)
    receipt = auditor("GET", f"/v1/ledger/entries/{gave.sequence}/receipt").json()["receipt"]
    proven = verify_receipt(receipt, key)
    assert (proven.entry.sequence, proven.entry.type) == (gave.sequence, "giving")


def test_the_newest_head_is_signed_and_is_not_sent_again(api, auditor, key):
    note = api.solely.sign_ledger()
    answer = auditor("GET", "/v1/ledger/head")
    head = answer.json()
    assert (head["note"], head["origin"]) == (note, key.name)
    assert note.splitlines()[1] == str(head["size"])
    assert auditor("GET", "/v1/ledger/head", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_an_entry_that_is_none_is_not_found(auditor):
    for path in ("/v1/ledger/entries/99999999", "/v1/ledger/entries/99999999/receipt"):
        assert auditor("GET", path).status_code == 404
    assert auditor("GET", "/v1/ledger/entries/-1").status_code == 400
