"""Vault's Transit engine, on OpenBao itself: what it refuses is said with its cure."""

import os

import pytest

from key_servers import allow, free_port, vault
from solely.app.wraps.vault import VaultWrap
from solely.errors import SettingsError, Tampered, Unavailable
from solely.keys.settings import Vault

CONTEXT = {"compartment": "security", "file": "00" * 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vault")


@pytest.fixture(scope="module")
def client(folder):
    with vault(folder) as client:
        allow(client, folder)
        yield client


@pytest.fixture
def wrap(client, folder):
    def made(**changed):
        said = {"address": str(client.base_url), "token-file": "token"} | changed
        return VaultWrap(Vault(**{name: value for name, value in said.items() if value}), folder)

    return made


def test_a_data_key_opens_under_its_own_context_alone(wrap):
    _, fields = wrap().new_key(CONTEXT, os.urandom)
    for other in ({**CONTEXT, "compartment": "advertising"}, {**CONTEXT, "file": "11" * 16}):
        with pytest.raises(Tampered):
            wrap().open_key(fields, other)


def test_a_rotated_key_of_vault_still_opens_what_was_wrapped_before(wrap, client):
    key, fields = wrap().new_key(CONTEXT, os.urandom)
    client.post("v1/transit/keys/solely/rotate").raise_for_status()
    assert wrap().open_key(fields, CONTEXT) == key
    assert wrap().new_key(CONTEXT, os.urandom)[1]["data-key"].startswith("vault:v2:")


def test_a_token_is_read_again_at_each_use(wrap, folder, client):
    one = wrap(**{"token-file": "renewed"})
    (folder / "renewed").write_text("stale")
    with pytest.raises(Unavailable, match="a policy must allow"):
        one.new_key(CONTEXT, os.urandom)
    (folder / "renewed").write_text((folder / "token").read_text())
    assert one.new_key(CONTEXT, os.urandom)


def test_what_the_token_may_not_use_and_what_is_not_there_are_unavailable(wrap):
    with pytest.raises(Unavailable, match="a policy must allow"):
        wrap(**{"key-name": "other"}).new_key(CONTEXT, os.urandom)
    with pytest.raises(Unavailable, match="a policy must allow"):
        wrap(mount="elsewhere").new_key(CONTEXT, os.urandom)


def test_a_key_that_was_deleted_is_unavailable_and_not_damage(wrap, client, folder):
    (folder / "root").write_text("root-token")
    one = wrap(**{"key-name": "short-lived", "token-file": "root"})
    _, fields = one.new_key(CONTEXT, os.urandom)
    client.post("v1/transit/keys/short-lived/config", json={"deletion_allowed": True}).raise_for_status()
    client.delete("v1/transit/keys/short-lived").raise_for_status()
    with pytest.raises(Unavailable, match="mount and key-name"):
        one.open_key(fields, CONTEXT)


def test_a_vault_that_is_sealed_or_gone_is_unavailable(wrap):
    with pytest.raises(Unavailable, match="see that it runs"):
        wrap(address=f"http://127.0.0.1:{free_port()}").new_key(CONTEXT, os.urandom)


def test_a_wrong_role_is_unavailable_and_its_secret_is_in_no_word(wrap, folder):
    (folder / "wrong").write_text("hunter2")
    with pytest.raises(Unavailable) as met:
        wrap(**{"token-file": "", "role-id": "r", "secret-id-file": "wrong"}).new_key(CONTEXT, os.urandom)
    assert "hunter2" not in str(met.value)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_token_s_file_that_can_not_be_read_is_unavailable(wrap, tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unavailable):
        wrap(**{"token-file": str(path)}).new_key(CONTEXT, os.urandom)


def test_certificates_that_can_not_be_read_are_the_settings_fault(wrap):
    with pytest.raises(SettingsError, match="ca-file"):
        wrap(**{"ca-file": "nowhere.pem"}).new_key(CONTEXT, os.urandom)
