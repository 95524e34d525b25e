"""The ledger through the client: an entry is proven, offline, by what is fetched alone."""

import pytest

from solely.app.directory import read_keyring, verifier_key
from solely.client import Client, Notice
from solely.errors import NotFound
from solely.ledger.receipt import verify_receipt

pytestmark = pytest.mark.server
SHOWN = Notice(version="client-1", text="We use this to sign you in.")


def test_an_entry_is_proven_by_what_is_fetched_alone(api, client, subject):
    client.give(subject, "email", "ana@example.com", "two-factor", SHOWN)
    (gave,) = client.uses(subject)
    note = api.solely.sign_ledger()
    with Client(api.base, api.key("auditor", "ledger")) as auditor:
        head = auditor.ledger_head()
        assert (head.note, head.size > gave.entry) == (note, True)
        entry = auditor.ledger_entry(gave.entry)
        assert (entry.type, entry.purpose, entry.members) == ("giving", "two-factor", 1)
        proven = verify_receipt(
            auditor.ledger_receipt(gave.entry), verifier_key(read_keyring(api.solely.directory, "ledger"))
        )
        assert (proven.entry.sequence, proven.entry.type) == (gave.entry, "giving")
        with pytest.raises(NotFound):
            auditor.ledger_entry(head.size + 1_000_000)
