"""keys.toml is read or refused, naming the field and never what stands in it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import SettingsError
from solely.keys.settings import KeySettings, read_key_settings

VAULT = '[vault]\naddress = "https://vault.example:8200"\n'
KMS = '[aws-kms]\nkey-id = "arn:aws:kms:eu-central-1:1:key/2"\n'


@pytest.mark.parametrize(
    "text",
    ["", 'wrap = "none"', 'wrap = "passphrase"', f'wrap = "aws-kms"\n{KMS}', f'{KMS}{VAULT}token-file = "t"\n'],
)
def test_each_way_is_read(text):
    assert isinstance(read_key_settings(text.encode()), KeySettings)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('wrap = "rot13"', "wrap"),
        ('wrap = "vault"', "its table"),
        (f'wrap = "aws-kms"\n{VAULT}token-file = "t"', "its table"),
        (VAULT, "who asks"),
        (f'{VAULT}token-file = "t"\nrole-id = "r"\nsecret-id-file = "s"', "who asks"),
        (f'{VAULT}role-id = "r"', "who asks"),
        (f'{VAULT}token = "hunter2"', "vault.token"),
        ('[vault]\naddress = "http://vault.example"\ntoken-file = "t"', "vault.address"),
        (f'{KMS}endpoint = "http://kms.example"', "aws-kms.endpoint"),
        ("[aws-kms]", "key-id"),
    ],
)
def test_what_is_wrong_is_named(text, where):
    with pytest.raises(SettingsError, match=where) as met:
        read_key_settings(text.encode())
    assert "hunter2" not in str(met.value)


@given(st.binary(max_size=60))
def test_reading_raises_our_error_and_nothing_else(data):
    with contextlib.suppress(SettingsError):
        read_key_settings(data)
