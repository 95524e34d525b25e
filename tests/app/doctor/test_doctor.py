"""The doctor finds each unsafe choice where it is made, and nothing where all is well; it prints no secret."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from directories import copied
from solely.app.directory import read_keyring, verifier_key
from solely.app.doctor import CHECKS, database, examine, files, machine
from solely.app.doctor.look import Look
from solely.app.doctor.machine_facts import Machine, Room, read_machine
from solely.app.doctor.shown import MASK
from solely.app.environment import now
from solely.app.manifest import LedgerThen, Manifest, write_manifest
from solely.app.serve_settings import ServeSettings, read_serve_settings
from solely.errors import NotFound, SettingsError
from solely.keys import Argon2, Passphrase
from solely.ledger.checkpoint import Checkpoint, sign_checkpoint
from solely.store import server
from solely.store.database import Database

pytestmark = pytest.mark.server

GIB = 1 << 30
WELL = Machine(
    python=(3, 12, 1),
    openssl="OpenSSL 3.5.0 8 Apr 2025",
    pinned={"numpy": ("2.0", "2.0")},
    synchronised=True,
    memory=8 * GIB,
    available=4 * GIB,
    files=65_536,
    rooms={"/data": Room(100 * GIB, 50 * GIB)},
)
SETTINGS = """
[listen]
host = "0.0.0.0"
[backup]
target = "{}"
"""
SENDERS = """
console = true
[[email]]
name = "house"
host = "mail.example"
address = "a@chirp.example"
user = "masked-user"
password-file = "mail.password"
"""


def note_backup(directory, folder, days, keys):
    folder.mkdir(parents=True)
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    manifest = Manifest(
        part="rows", backup="0" * 32, made=then, software="0", postgresql="18", migration="0001", policy="0" * 64,
        ledger=LedgerThen(origin="o", size=0, root="0" * 64), keys=keys, published=False, erasures=0, files={},
    )  # fmt: skip
    write_manifest(folder, manifest, read_keyring(directory, "ledger").ledger())


def break_files(directory):
    (directory / "solely.toml").write_text(SETTINGS.format(directory.parent / "backups"))
    (directory / "verification.toml").write_text(SENDERS)
    (directory / "mail.password").write_text("a-password-of-mail")
    (directory / "mail.password").chmod(0o644)
    (directory / "incidents.toml").write_text("controler = 'misspelt'")
    ring = read_keyring(directory, "service")
    weak = ring.to_bytes(Passphrase(b"words", Argon2(1, 1, 64)), os.urandom)
    (directory / "keys" / "weak.key").write_bytes(weak)
    (directory / "keys" / "odd.key").write_bytes(b"nothing of ours")
    (directory / "keys" / "ledger.key").chmod(0o640)
    if os.geteuid() == 0:
        os.chown(directory / "keys" / "desk.key", 12_345, -1)
    note_backup(directory, directory.parent / "backups" / "old", 3, "none")
    with (directory / "postgres" / "pg_hba.conf").open("a") as file:
        file.write("local all all trust\n")


def break_database(connection):
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        connection.execute(f"ALTER SYSTEM SET {name} = off")
    connection.execute("SELECT pg_reload_conf()")
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET client_min_messages = error")
    connection.execute(f"CREATE ROLE weak LOGIN PASSWORD 'md5{'0' * 32}'")
    connection.execute("GRANT SELECT (subject) ON registry.givings TO solely_advertising")
    connection.execute("REVOKE INSERT (purpose) ON advertising.audiences FROM solely_advertising")
    connection.execute("ALTER ROLE solely_desk INHERIT")
    connection.execute("GRANT SELECT ON pg_catalog.pg_class TO PUBLIC")
    connection.execute("UPDATE public.alembic_version SET version_num = '9999'")
    connection.execute(
        "INSERT INTO registry.principals (name, kind, acts, purposes, added_at)"
        " VALUES ('eva', 'officer', '{read}', NULL, '2019-01-01')"
    )
    for number, (purpose, until) in enumerate([("gone", None), ("two-factor", "2020-01-01")]):
        connection.execute(
            "INSERT INTO registry.givings VALUES ('p', gen_random_uuid(), %s, 'email', '', NULL, %s, %s, %s)",
            [purpose, "2019-01-01", until, number],
        )


def without_checksums(directory):
    account = server._account()
    ran = subprocess.run(
        [server._binaries(account) / "pg_checksums", "--disable", "--pgdata=."],
        cwd=directory / "postgres", user=account.pw_uid if account else None, capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def sick(made, tmp_path_factory):
    """A directory where all is as it should not be; what the doctor finds there, by check."""
    directory = copied(made, tmp_path_factory.mktemp("sick") / "data")
    without_checksums(directory)
    break_files(directory)
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            break_database(connection)
            key, keys = verifier_key(ring := read_keyring(directory, "ledger")), ring.ledger()
            note = sign_checkpoint(Checkpoint(key.name, 99, bytes(32)), key, keys.sign)
            (directory / "ledger" / "checkpoint").write_text(note)
            yield directory, examine(directory, lambda: datetime.now(UTC) - timedelta(hours=1))


FINDINGS = [
    ("settings files", "bad", "Extra inputs"),
    ("key files", "bad", "are plain"),
    ("key files", "bad", "guessing"),
    ("key files", "bad", "can't be read"),
    ("rights of files", "bad", "mode 640"),
    ("rights of files", "bad", "mode 644"),
    ("senders", "bad", "codes are printed"),
    ("addresses", "bad", "without TLS"),
    ("witnesses", "warn", "no witness"),
    ("backups", "bad", "71 hours old"),
    ("backups", "bad", "has no keys"),
    ("login", "bad", "trust lets in"),
    ("login", "bad", "weak form"),
    ("durability", "bad", "lose or damage"),
    ("durability", "bad", "half written"),
    ("durability", "bad", "changes a byte"),
    ("durability", "bad", "lost by a crash"),
    ("roles", "bad", "1 rights too many: solely_advertising may SELECT"),
    ("roles", "bad", "1 rights are missing: solely_advertising may not INSERT"),
    ("roles", "bad", "more than log in"),
    ("roles", "bad", "catalogue are open"),
    ("sessions of the owner", "warn", "1 sessions"),
    ("clock", "bad", "3600 seconds apart"),
    ("clock", "bad", "of the future"),
    ("rollback", "bad", "had 99"),
    ("migrations", "warn", "newer version"),
    ("policy", "bad", "the policy does not know"),
    ("policy", "warn", "has expired"),
    ("policy", "warn", "nobody ever gave for"),
    ("officers", "warn", "1 officers stand in the registry: nobody can agree"),
]


@pytest.mark.parametrize(("check", "level", "words"), FINDINGS)
def test_an_unsafe_choice_is_named_with_its_cure(sick, check, level, words):
    _, report = sick
    found = [one for one in report.found[check] if words in one.what]
    assert [one.level for one in found] == [level] * max(len(found), 1)
    assert all(one.cure for one in found)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_key_file_of_another_account_is_found(sick):
    assert any("another account" in one.what for one in sick[1].found["rights of files"])


def test_no_secret_and_no_value_that_could_be_one_is_printed(sick):
    directory, report = sick
    shown = {(one.file, one.name): one for one in report.settings}
    assert shown["verification.toml", "email.0.user"].value == MASK
    assert shown["verification.toml", "email.0.host"].origin == "verification.toml"
    assert shown["solely.toml", "listen.host"].origin == "solely.toml"
    assert shown["solely.toml", "listen.port"].origin == "default"
    printed = repr(report)
    assert "masked-user" not in printed
    assert "a-password-of-mail" not in printed
    assert not any(read_keyring(directory, name).secret("database") in printed for name in ("owner", "desk"))


def test_where_all_is_well_nothing_is_found_but_that_nobody_witnesses_or_is_an_officer(made, fresh, monkeypatch):
    monkeypatch.setenv("SOLELY_BACKUP_TARGET", str(fresh.parent / "backups"))
    note_backup(made, fresh.parent / "backups" / "new", 0, "apart")
    (fresh / "verification.toml").write_text("console = false\n")
    report = examine(fresh)
    of_machine = {check.name for check in machine.CHECKS}
    found = {name: [one.what for one in some] for name, some in report.found.items() if name not in of_machine}
    assert found.pop("key files") == ["9 key files are plain: whoever reads them has the keys"]
    assert found.pop("witnesses") == ["no witness: nothing outside shows a rollback of the whole machine"]
    assert found.pop("officers") == ["0 officers stand in the registry: people are named by the operator alone"]
    assert set(map(tuple, found.values())) == {()}
    assert len(found) == len(CHECKS) - len(of_machine) - 3


def test_key_files_that_are_wrapped_well_are(made, tmp_path):
    (tmp_path / "keys").mkdir(mode=0o700)
    wrapped = read_keyring(made, "service").to_bytes(Passphrase(b"words"), os.urandom)
    (tmp_path / "keys" / "service.key").write_bytes(wrapped)
    look = Look(tmp_path, ServeSettings(), WELL, None, now)
    assert [one for check in files.CHECKS if check.name == "key files" for one in check.find(look)] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"python": (3, 10, 2)}, "Python 3.10.2"),
        ({"openssl": "OpenSSL 1.1.1w"}, "no repairs"),
        ({"pinned": {"numpy": ("2.0", "2.1")}}, "lock file: numpy"),
        ({"core_bytes": -1}, "crashes"),
        ({"swaps": ("/dev/sda2",)}, "in the clear"),
        ({"memory": GIB}, "1.0 GiB of memory"),
        ({"files": 256}, "256 files"),
        ({"rooms": {"/data": Room(100 * GIB, 2 * GIB)}}, "2.0 GiB of disk left"),
        ({"rooms": {"/data": Room(100 * GIB, 5 * GIB)}}, "5% of the disk"),
        ({"synchronised": False}, "no server of time"),
    ],
)
def test_what_is_wrong_with_the_machine_is_named(change, words):
    look = Look(None, ServeSettings(), replace(WELL, **change), None, now)
    found = [one for check in machine.CHECKS for one in check.find(look)]
    assert len(found) == 1
    assert words in found[0].what
    assert [one for check in machine.CHECKS for one in check.find(replace(look, machine=WELL))] == []


def test_the_machine_is_read_as_it_is(tmp_path):
    asked = (
        "from pathlib import Path; from solely.app.doctor.machine_facts import read_machine;"
        f"print(read_machine((Path('{tmp_path}'),)).core_bytes)"
    )
    for limit in ("0", "1"):
        done = subprocess.run(
            ["bash", "-c", f'ulimit -S -c {limit}; exec "$0" -c "$1"', sys.executable, asked],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert (int(done.stdout) > 0) == (limit == "1")
    here = read_machine((tmp_path,))
    assert here.python == sys.version_info[:3]
    assert here.rooms[str(tmp_path)].free > 0
    assert here.available > 0
    assert here.pinned["numpy"][0] == here.pinned["numpy"][1]


def test_an_old_server_is_named():
    look = Look(None, ServeSettings(), WELL, SimpleNamespace(info=SimpleNamespace(server_version=150_004)), now)
    (check,) = [one for one in database.CHECKS if one.name == "PostgreSQL"]
    assert [one.what for one in check.find(look)] == ["PostgreSQL is too old"]


def test_another_server_whose_certificate_is_not_verified_is_named(tmp_path):
    (check,) = [one for one in files.CHECKS if one.name == "addresses"]
    for tls, found in (("require", 1), ("verify-full", 0)):
        settings = read_serve_settings(f"[database]\nhost = 'db.example'\ntls = '{tls}'\n".encode(), {}).settings
        told = [one.what for one in check.find(Look(tmp_path, settings, WELL, None, now))]
        assert [("between it and its database" in what) for what in told] == [True] * found


def test_a_migration_that_is_pending_is_named(superuser):
    look = Look(None, ServeSettings(), WELL, superuser, now)
    (check,) = [one for one in database.CHECKS if one.name == "migrations"]
    assert list(check.find(look)) == []
    with superuser.transaction(force_rollback=True):
        superuser.execute("UPDATE public.alembic_version SET version_num = '0003'")
        assert [one.level for one in check.find(look)] == ["bad"]


def test_a_missing_head_is_named(made, tmp_path, solely, superuser):
    look = Look(tmp_path, ServeSettings(), WELL, superuser, now)
    (check,) = [one for one in database.CHECKS if one.name == "rollback"]
    assert ["missing" in one.what for one in check.find(look)] == [True]


def test_without_key_files_or_a_target_that_is_named_too(tmp_path):
    look = Look(tmp_path, ServeSettings(), WELL, None, now)
    by_name = {check.name: [one.what for one in check.find(look)] for check in files.CHECKS}
    assert by_name["key files"] == ["no key file"]
    assert by_name["backups"] == ["no place for backups is set"]


@pytest.mark.parametrize(
    ("security", "advertising", "found"), [("one", "one", ["warn"]), ("one", "another", []), (None, "one", [])]
)
def test_one_passphrase_for_several_compartments_is_named(tmp_path, monkeypatch, security, advertising, found):
    (tmp_path / "keys").mkdir()
    for name, text in (("security", security), ("advertising", advertising)):
        (tmp_path / "keys" / f"{name}.key").write_text(json.dumps({"wrap": "argon2id" if text else "none"}))
        if text:
            monkeypatch.setenv(f"SOLELY_PASSPHRASE_{name.upper()}", text)
    (check,) = [one for one in files.CHECKS if one.name == "passphrases"]
    assert [one.level for one in check.find(Look(tmp_path, ServeSettings(), WELL, None, now))] == found


def test_where_the_database_does_not_start_the_rest_is_looked_at(fresh):
    (fresh / "postgres" / "PG_VERSION").unlink()
    report = examine(fresh)
    assert report.found["database"][0].level == "bad"
    assert "versions" in report.found
    assert "login" not in report.found


def test_what_is_no_directory_or_has_no_settings_is_an_error(tmp_path, fresh):
    with pytest.raises(NotFound):
        examine(tmp_path)
    (fresh / "solely.toml").write_text("[limit]")
    with pytest.raises(SettingsError):
        examine(fresh)
