"""Key files are written whole, opened as they are wrapped, and refused where they are plain and should not be."""

import json
import os
import stat

import pytest

from mended import with_sum
from solely.app import is_wrapped, key_files
from solely.app.environment import passphrase, passphrase_for_child, settings_from_environment
from solely.app.key_files import choose, head, read, settle, stamp, write
from solely.errors import NotFound, SettingsError, Tampered, Unavailable
from solely.keys import new_keyring

VAULT = b'wrap = "vault"\n[vault]\naddress = "https://vault.example:8200"\ntoken-file = "token"\n'


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "keys").mkdir()
    for name in ("ledger", "security"):
        write(tmp_path, name, new_keyring(name, [], os.urandom, secrets={"database": name}))
    return tmp_path


def test_a_key_file_is_for_its_owner_alone_and_leaves_nothing_beside_it(directory):
    assert sorted(path.name for path in (directory / "keys").iterdir()) == ["ledger.key", "security.key"]
    assert stat.S_IMODE((directory / "keys" / "ledger.key").stat().st_mode) == 0o600


def test_a_file_that_is_not_there_is_not_found(directory):
    for act in (read, head, stamp):
        with pytest.raises(NotFound):
            act(directory, "service")


def test_another_compartment_s_file_under_this_name_is_tampered(directory):
    (directory / "keys" / "security.key").write_bytes((directory / "keys" / "ledger.key").read_bytes())
    with pytest.raises(Tampered, match="another compartment"):
        read(directory, "security")


def test_a_passphrase_of_its_own_goes_before_that_of_all(directory, monkeypatch, tmp_path):
    monkeypatch.setenv("SOLELY_PASSPHRASE", "of all")
    (tmp_path / "phrase").write_text("of security\n")
    monkeypatch.setenv("SOLELY_PASSPHRASE_SECURITY_FILE", str(tmp_path / "phrase"))
    assert (passphrase("security"), passphrase("ledger")) == (b"of security", b"of all")
    monkeypatch.setenv("SOLELY_PASSPHRASE_SECURITY", "its own")
    assert passphrase("security") == b"its own"


def test_a_process_is_given_its_own_passphrase_and_no_other(monkeypatch):
    monkeypatch.setenv("SOLELY_PASSPHRASE_SECURITY", "its own")
    monkeypatch.setenv("SOLELY_PASSPHRASE_LEDGER_FILE", "/somewhere")
    assert passphrase_for_child("security") == {"SOLELY_PASSPHRASE_SECURITY": "its own"}
    assert passphrase_for_child("ledger") == {"SOLELY_PASSPHRASE_LEDGER_FILE": "/somewhere"}
    assert passphrase_for_child("advertising") == {}
    assert not [name for name in settings_from_environment() if "PASSPHRASE" in name]


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_passphrase_s_file_that_is_not_there_or_empty_is_no_reason_to_go_without(tmp_path, monkeypatch, content):
    if content is not None:
        (tmp_path / "phrase").write_text(content)
    monkeypatch.setenv("SOLELY_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    with pytest.raises(Unavailable, match="SOLELY_PASSPHRASE_FILE"):
        passphrase("security")


def test_each_file_opens_under_its_own_passphrase(directory, monkeypatch):
    for name in ("ledger", "security"):
        ring = read(directory, name)
        monkeypatch.setenv(f"SOLELY_PASSPHRASE_{name.upper()}", name)
        write(directory, name, ring)
    assert read(directory, "security").secret("database") == "security"
    assert is_wrapped(directory)
    monkeypatch.setenv("SOLELY_PASSPHRASE_SECURITY", "ledger")
    with pytest.raises(Unavailable, match="wrong"):
        read(directory, "security")


def test_a_plain_file_is_refused_where_a_wrap_is_asked_for(directory, monkeypatch):
    settle(directory, VAULT)
    with pytest.raises(Unavailable, match="not wrapped"):
        read(directory, "security")
    (directory / "keys.toml").unlink()
    monkeypatch.setenv("SOLELY_PASSPHRASE", "correct horse")
    with pytest.raises(Unavailable, match="not wrapped"):
        read(directory, "security")
    choose(directory, "none")  # said in so many words
    assert read(directory, "security").secret("database") == "security"


def test_nothing_is_written_plainly_for_want_of_a_passphrase(directory):
    choose(directory, "passphrase")
    before = (directory / "keys" / "ledger.key").read_bytes()
    with pytest.raises(Unavailable, match="no passphrase"):
        write(directory, "ledger", new_keyring("ledger", [], os.urandom))
    assert (directory / "keys" / "ledger.key").read_bytes() == before


def test_the_choice_is_a_line_and_leaves_all_else_as_it_was(directory):
    settle(directory, b"# ours\n" + VAULT)
    choose(directory, "none")
    assert (directory / "keys.toml").read_bytes() == b"# ours\n" + VAULT.replace(b'"vault"', b'"none"')
    settle(directory, VAULT.partition(b"\n")[2])
    choose(directory, "vault")
    assert key_files.settings_in(directory).wrap == "vault"
    with pytest.raises(SettingsError, match=r"aws-kms"):
        choose(directory, "aws-kms")


def test_a_file_wrapped_by_what_is_not_set_up_says_which_table_it_needs(directory):
    file = json.loads((directory / "keys" / "ledger.key").read_bytes())
    del file["sha256"]
    (directory / "keys" / "ledger.key").write_bytes(with_sum({**file, "wrap": "vault"}))
    with pytest.raises(SettingsError, match=r"\[vault\]"):
        read(directory, "ledger")


def test_a_file_written_anew_has_another_stamp(directory):
    before = stamp(directory, "ledger")
    assert stamp(directory, "ledger") == before
    write(directory, "ledger", read(directory, "ledger"))
    assert stamp(directory, "ledger") != before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_a_file_with_the_one_who_owns_it(directory):
    path = directory / "keys" / "security.key"
    os.chown(path, 65_534, 65_534)
    write(directory, "security", read(directory, "security"))
    assert (path.stat().st_uid, path.stat().st_gid) == (65_534, 65_534)
