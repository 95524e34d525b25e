"""Assurance of a real directory: its figures are what happened there, and a ledger that lies assures nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from directories import copied
from solely.app import Solely
from solely.app.assurance import assure
from solely.app.directory import read_keyring
from solely.consent import Notice
from solely.errors import Refused, Tampered
from solely.ledger.checkpoint import verify_checkpoint
from solely.store import server
from solely.store.database import Database

pytestmark = pytest.mark.server

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NOTICES = {name: Notice(name, "v1", f"For {name} alone.") for name in ("tailored-audiences", "two-factor")}


def row(subject, purpose):
    return {
        "subject": subject,
        "kind": "email",
        "value": f"{subject}@example.com",
        "purpose": purpose,
        "notice": NOTICES[purpose].name,
        "given_at": "2026-01-01T00:00:00Z",
        "withdrawn_at": "",
    }


@pytest.fixture(scope="module")
def used(made, tmp_path_factory):
    """A directory in which something of each kind happened."""
    directory = copied(made, tmp_path_factory.mktemp("assured") / "data")
    path = directory.parent / "list.csv"
    path.write_text("email\nsomeone-0@example.com\nsomeone-1@example.com\nsomeone-2@example.com\n")
    with Solely(directory, clock=lambda: NOW) as solely:
        for n in range(3):
            solely.give(row(f"someone-{n}", "tailored-audiences"), NOTICES["tailored-audiences"])
        solely.give(row("someone-0", "two-factor"), NOTICES["two-factor"])
        solely.withdraw("someone-2", "tailored-audiences")
        solely.match(path, "acme", "one")
        with pytest.raises(Refused):
            solely.match(path, "acme", "two", "two-factor")
        solely.members("acme", "one")
    return directory


def values(made, clause, figure):
    found = next(one for one in made.clauses() if one.clause.id == clause)
    return dict(next(one for one in found.figures if one.name == figure).values)


def test_the_figures_are_what_happened(used):
    with Solely(used, clock=lambda: NOW + timedelta(days=1)) as solely:
        made = assure(solely)
        proven = solely.verify_ledger()
        key = solely.parts.signed._key
    assert (made.verified.size, made.verified.root) == (proven.size, proven.root)
    assert verify_checkpoint(made.head, key).root == proven.root
    assert values(made, "gdpr-5-1-b", "givings") == {"tailored-audiences": 3, "two-factor": 1}
    assert values(made, "gdpr-5-1-b", "uses") == {"tailored-audiences": 1}
    assert values(made, "gdpr-5-1-b", "refusals") == {"use": 1}
    assert values(made, "gdpr-7-1", "notices") == {"tailored-audiences": 1, "two-factor": 1}
    assert values(made, "gdpr-7-3", "ended") == {"tailored-audiences": 1}
    assert values(made, "twitter-ads", "reached") == {"tailored-audiences": 2}
    assert values(made, "twitter-access", "disclosures") == {"audience members": 1}
    span = values(made, "gdpr-5-2", "span")
    assert span["first entry"] <= span["oldest use kept"] <= span["last entry"]
    assert next(line for line in made.register if line.purpose == "tailored-audiences").recipients == (
        "advertiser acme",
    )


def test_nobody_is_named_in_it(used):
    with Solely(used) as solely:
        told = repr(assure(solely).as_json())
    assert "example.com" not in told
    assert "someone" not in told


def test_it_writes_nothing_of_its_own_into_the_ledger(used):
    with Solely(used) as solely:
        assert assure(solely).verified.size == assure(solely).verified.size


def test_of_a_ledger_that_was_changed_there_is_no_assurance(used, tmp_path):
    directory = copied(used, tmp_path / "data")
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            connection.execute("UPDATE ledger.entries SET body = overlay(body PLACING 'x' FROM 40) WHERE sequence = 3")
    with pytest.raises(Tampered), Solely(directory, signs=False) as solely:
        assure(solely)
