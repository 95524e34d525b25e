"""What every wrap promises: one suite for the passphrase, AWS KMS and Vault, against real servers."""

import json
import os

import pytest

from key_servers import AWS, REGION, allow, kms, vault
from mended import with_sum
from solely.app.wraps.aws_kms import AwsKmsWrap
from solely.app.wraps.vault import VaultWrap
from solely.errors import SolelyError, Tampered, Unavailable
from solely.keys import Argon2, Keyring, Passphrase, new_keyring
from solely.keys.file import read_head
from solely.keys.settings import AwsKms, Vault

CONTEXT = {"compartment": "security", "file": "00" * 16}
CHEAP = Argon2(iterations=1, lanes=1, memory_kib=8)


@pytest.fixture(scope="module")
def wraps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vault")
    with pytest.MonkeyPatch.context() as patch, kms() as (endpoint, key), vault(folder) as client:
        for name, value in AWS.items():
            patch.setenv(name, value)
        role = allow(client, folder)
        address = str(client.base_url)
        yield {
            "argon2id": Passphrase(b"correct horse", CHEAP),
            "aws-kms": AwsKmsWrap(AwsKms(**{"key-id": key, "region": REGION, "endpoint": endpoint})),
            "vault": VaultWrap(Vault(address=address, **{"token-file": "token"}), folder),
            "vault by role": VaultWrap(
                Vault(address=address, **{"role-id": role, "secret-id-file": "secret-id"}), folder
            ),
        }


@pytest.fixture(params=["argon2id", "aws-kms", "vault", "vault by role"])
def wrap(wraps, request):
    return wraps[request.param]


@pytest.fixture(scope="module")
def ring():
    return new_keyring("security", ["two-factor"], os.urandom, secrets={"database": "pa55word"})


def test_the_key_that_was_made_is_given_again_and_is_in_no_file(wrap):
    key, fields = wrap.new_key(CONTEXT, os.urandom)
    assert len(key) == 32
    assert wrap.open_key(json.loads(json.dumps(fields)), CONTEXT) == key
    assert key.hex() not in json.dumps(fields)


def test_no_key_is_made_twice(wrap):
    assert len({wrap.new_key(CONTEXT, os.urandom)[0] for _ in range(3)}) == 3


def test_a_key_file_goes_round(wrap, ring):
    data = ring.to_bytes(wrap, os.urandom)
    assert Keyring.from_bytes(data, wrap).secret("database") == "pa55word"
    assert read_head(data).wrap == wrap.kind
    assert b"pa55word" not in data


def test_a_file_that_was_changed_does_not_open(wrap, ring):
    """Its checksum mended: the head and the content are bound by the key."""
    file = json.loads(ring.to_bytes(wrap, os.urandom))
    del file["sha256"]
    for changed in ({"compartment": "service"}, {"id": "11" * 16}, {"box": "00" + file["box"][2:]}, {"more": 1}):
        with pytest.raises((Tampered, Unavailable)):
            Keyring.from_bytes(with_sum({**file, **changed}), wrap)


def test_what_one_file_was_wrapped_with_opens_no_other(wrap, ring):
    one, other = (json.loads(ring.to_bytes(wrap, os.urandom)) for _ in range(2))
    key = "salt" if "salt" in one else "data-key"
    del one["sha256"]
    with pytest.raises((Tampered, Unavailable)):
        Keyring.from_bytes(with_sum({**one, key: other[key]}), wrap)


@pytest.mark.parametrize("value", ["", "zz", "vault:v1:AAAA", "00" * 80, None, 7, [], "é"])
def test_what_stands_in_a_file_may_be_anything(wrap, ring, value):
    file = json.loads(ring.to_bytes(wrap, os.urandom))
    del file["sha256"]
    file["salt" if "salt" in file else "data-key"] = value
    with pytest.raises(SolelyError) as met:
        Keyring.from_bytes(with_sum(file), wrap)
    assert isinstance(met.value, Tampered | Unavailable)


def test_a_wrap_shows_nothing_of_what_it_holds(wrap):
    assert "horse" not in repr(wrap)
