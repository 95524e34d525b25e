"""A data directory at work: what is written down, what is found when someone changed it, what is refused."""

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from directories import copied, own_as
from solely.app import Solely, init
from solely.app.directory import read_keyring
from solely.consent import Notice
from solely.errors import NotFound, SettingsError, Tampered
from solely.ledger.entry import decode
from solely.store import server
from solely.store.database import Database
from solely.verification import Wanted

pytestmark = pytest.mark.server

NOTICE = Notice("tailored-audiences", "v1", "I agree.")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def row(subject, value, kind="email"):
    return {
        "subject": subject,
        "kind": kind,
        "value": value,
        "purpose": NOTICE.purpose,
        "notice": NOTICE.name,
        "given_at": "2026-01-01T00:00:00Z",
        "withdrawn_at": "",
    }


@contextmanager
def as_superuser(directory):
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            yield connection


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A directory with seven entries under four signed heads."""
    directory = tmp_path_factory.mktemp("solely") / "data"
    init(directory)
    for place in range(3):
        with Solely(directory, clock=lambda: NOW, signs=False) as solely:
            solely.give(row(f"u{place}", f"u{place}@example.com"), NOTICE)
            solely.withdraw(f"u{place}", NOTICE.purpose)
    return directory


@pytest.fixture
def data(template, tmp_path):
    return copied(template, tmp_path / "data")


def verify(directory):
    with Solely(directory) as solely:
        return solely.verify_ledger()


def test_a_ledger_nobody_touched_verifies(data):
    proven = verify(data)
    assert (proven.size, proven.checkpoints, proven.covered, proven.anchored) == (7, 4, 7, 7)


TAMPERING = {
    "a changed letter": "UPDATE ledger.entries SET body = overlay(body PLACING 'x' FROM 40) WHERE sequence = 3",
    "a changed MAC": "UPDATE ledger.entries SET mac = overlay(mac PLACING '\\x00ff' FROM 1) WHERE sequence = 3",
    "a missing entry": "DELETE FROM ledger.entries WHERE sequence = 3",
    "a missing last entry": "DELETE FROM ledger.entries WHERE sequence = 6",
    "an added entry": "INSERT INTO ledger.entries SELECT 7, body, mac FROM ledger.entries WHERE sequence = 6",
    "two entries in each other's place": (
        "UPDATE ledger.entries SET sequence = CASE sequence WHEN 3 THEN 104 ELSE 103 END WHERE sequence IN (3, 4);"
        "UPDATE ledger.entries SET sequence = sequence - 100 WHERE sequence > 100"
    ),
    "a changed head": "UPDATE ledger.checkpoints SET note = replace(note, E'\\n3\\n', E'\\n4\\n') WHERE size = 3",
    "a missing head and its entries": (
        "DELETE FROM ledger.entries WHERE sequence >= 5; DELETE FROM ledger.checkpoints WHERE size > 5;"
        "UPDATE ledger.head h SET size = c.size, frontier = c.frontier FROM ledger.checkpoints c WHERE c.size = 5"
    ),
    "a last entry in another place": "UPDATE ledger.entries SET sequence = 9 WHERE sequence = 6",
    "a changed size of the head": "UPDATE ledger.head SET size = 8",
    "a changed time of the head": "UPDATE ledger.head SET time = time + interval '1 second'",
    "a changed edge of the head": "UPDATE ledger.head SET frontier = overlay(frontier PLACING '\\x00ff' FROM 20)",
    "a changed size of a signed head": "UPDATE ledger.checkpoints SET size = 2 WHERE size = 3",
    "a changed time of a signed head": "UPDATE ledger.checkpoints SET time = time + interval '1 second' WHERE size = 3",
    "a changed edge of a signed head": (
        "UPDATE ledger.checkpoints SET frontier = overlay(frontier PLACING '\\x00ff' FROM 20) WHERE size = 3"
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_what_was_tampered_with_is_found(how, data):
    with as_superuser(data) as connection:
        connection.execute(TAMPERING[how])
    with pytest.raises(Tampered):
        verify(data)


def test_nothing_is_signed_over_an_edge_that_was_changed(data):
    with as_superuser(data) as connection:
        connection.execute(
            "UPDATE ledger.checkpoints SET frontier = overlay(frontier PLACING '\\x00ff' FROM 20) WHERE size = 7"
        )
    with pytest.raises(Tampered, match="beside a signed head"), Solely(data, signs=False) as solely:
        solely.note_policy()  # on leaving, it would be signed
    with as_superuser(data) as connection:
        assert connection.execute("SELECT max(size) FROM ledger.checkpoints").fetchone() == (7,)


def test_a_database_older_than_its_last_head_is_not_opened(data, template):
    with Solely(data) as solely:
        solely.give(row("u9", "u9@example.com"), NOTICE)
    newer = (data / "ledger" / "checkpoint").read_text()
    shutil.rmtree(data / "postgres")
    shutil.copytree(template / "postgres", data / "postgres")
    own_as(template, data)
    with pytest.raises(Tampered, match="has 7 entries, and had 8"), Solely(data):
        pass
    assert (data / "ledger" / "checkpoint").read_text() == newer


def test_without_the_head_outside_the_database_nothing_is_opened(data):
    (data / "ledger" / "checkpoint").unlink()
    with pytest.raises(Tampered, match="missing"), Solely(data):
        pass


def test_entries_hold_no_contact_and_no_subject(data):
    with as_superuser(data) as connection:
        bodies = b"".join(body for (body,) in connection.execute("SELECT body FROM ledger.entries"))
    assert b"example.com" not in bodies
    assert b"u1" not in bodies


def test_a_folder_that_is_no_data_directory_is_not_opened(tmp_path):
    with pytest.raises(NotFound):
        Solely(tmp_path)


def test_a_disclosure_is_written_down_before_the_members_are_told(data, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("email\nu9@example.com\n")
    with Solely(data, clock=lambda: NOW + timedelta(days=1)) as solely:
        solely.give(row("u9", "u9@example.com"), NOTICE)
        solely.match(file, "acme", "one")
        assert solely.members("acme", "one") == ["u9"]
        assert solely.verify_ledger().size == 10


def test_what_stands_is_asked_by_subject_and_purpose_at_the_clock_s_time(data):
    with Solely(data, clock=lambda: NOW) as solely:
        solely.give(row("u9", "u9@example.com"), NOTICE)
        (one,) = solely.standing("u9", NOTICE.purpose)
        assert (one.subject, one.kind) == ("u9", "email")
        assert solely.standing("u9", "two-factor") == solely.standing("u1", NOTICE.purpose) == []
        solely.withdraw("u9", NOTICE.purpose)
        assert solely.standing("u9", NOTICE.purpose) == []


def test_each_verification_has_connections_of_its_own_and_all_know_the_same_people(data):
    with Solely(data, clock=lambda: NOW) as solely:
        assert solely.verification is solely.verification
        one, other = solely.verification, solely.new_verification()
        for mine, theirs in [
            (one.security.connection, other.security.connection),
            (one.security.gate.connection, other.security.gate.connection),
        ]:
            assert mine.info.backend_pid != theirs.info.backend_pid
            assert mine.info.user == theirs.info.user
        assert (one.security.connection.info.user, one.security.clock()) == ("solely_security", NOW)
        pseudonym = one.make("u9")
        assert one.find(["u9"]) == other.find(["u9"]) == {"u9": pseudonym}
        assert other.make("u9") == pseudonym
        assert other.subject_of(pseudonym) == "u9"
        assert one.security.tokens(b"x") == other.security.tokens(b"x")


def test_a_person_enrols_at_one_and_signs_in_at_another_after_a_restart(data):
    with Solely(data, clock=lambda: NOW) as solely:
        begun = solely.verification.enrol("u9", Wanted("recovery-codes"))
        solely.verification.answer("u9", begun.challenge, begun.factor, begun.codes[0])
    with Solely(data, clock=lambda: NOW) as solely:
        challenge = solely.new_verification().challenge("u9", after_password=True)
        proof = solely.verification.answer("u9", challenge.id, begun.factor, begun.codes[1])
        assert proof.assurance.aal == "aal2"
        assert solely.verify_ledger().anchored


def test_verification_takes_the_directory_s_settings(data):
    (data / "verification.toml").write_text('console = false\n[service]\nname = "Shop"\n')
    with Solely(data, clock=lambda: NOW) as solely:
        assert solely.verification.security.settings.service.name == "Shop"
        assert not solely.verification.security.post.senders
    (data / "verification.toml").write_text('consol = "yes"\n')
    with Solely(data, clock=lambda: NOW) as solely:
        assert solely.counts()  # what needs no verification works on
        with pytest.raises(SettingsError):
            solely.new_verification()


def test_a_changed_policy_is_an_entry_before_anything_is_done_under_it(data):
    path = data / "policy.toml"
    path.write_text(path.read_text() + "\n# reviewed\n")
    for _ in range(2):
        with Solely(data, clock=lambda: NOW) as solely:
            solely.withdraw("u0", NOTICE.purpose)
    with Solely(data) as solely:
        entries = [decode(body) for body in solely.parts.signed._bodies(7)]
    assert [(one.type, dict(one.details)) for one in entries] == [("policy", {"policy": solely.policy.digest})]
    assert entries[0].policy == solely.policy.digest
