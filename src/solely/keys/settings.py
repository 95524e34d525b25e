"""The settings of key files, keys.toml in a data directory: by what they are wrapped, and where that is asked."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from solely.errors import BadInput, SettingsError
from solely.settings import Table, check_url, read_tables

__all__ = ["FILE", "AwsKms", "KeySettings", "Vault", "WrapName", "read_key_settings"]

FILE = "keys.toml"
_CURE = "docs/keys.md shows one"
WrapName = Literal["none", "passphrase", "aws-kms", "vault"]


class AwsKms(Table):
    """[aws-kms]: a symmetric key of AWS KMS. Who asks for it is AWS's own business: a role, a profile, variables.

    `key_id` is an ARN, or an alias. `endpoint` is for another than the region's own, as of a VPC.
    """

    key_id: str
    region: str = ""
    endpoint: str = ""


class Vault(Table):
    """[vault]: a key of the Transit engine of HashiCorp Vault (from 1.12) or OpenBao.

    Who asks is known by a token in `token_file` (as Vault Agent keeps one), or by an AppRole. Paths are from the data
    directory. `ca_file` has the certificate of a private authority.
    """

    address: str
    mount: str = "transit"
    key_name: str = "solely"
    token_file: str = ""
    role_id: str = ""
    secret_id_file: str = ""
    auth_mount: str = "approle"
    namespace: str = ""
    ca_file: str = ""


class KeySettings(Table):
    """The whole file. `wrap` is what a key file is written with, None where the file names none."""

    wrap: WrapName | None = None
    aws_kms: AwsKms | None = None
    vault: Vault | None = None

    @model_validator(mode="after")
    def _is_set_up(self) -> Self:
        if (self.wrap == "aws-kms" and not self.aws_kms) or (self.wrap == "vault" and not self.vault):
            raise ValueError(f"the wrap needs its table, [{self.wrap}]")
        return self


def read_key_settings(data: bytes) -> KeySettings:
    """Read keys.toml. Raises SettingsError, naming the field and never its value."""
    settings = read_tables(KeySettings, data, FILE, _CURE)
    if settings.vault:
        _check_vault(settings.vault)
    if settings.aws_kms and settings.aws_kms.endpoint:
        _check_address(settings.aws_kms.endpoint, "aws-kms.endpoint")
    return settings


def _check_vault(vault: Vault) -> None:
    _check_address(vault.address, "vault.address")
    if bool(vault.token_file) == bool(vault.role_id and vault.secret_id_file):
        what = "who asks is known by a token-file, or by a role-id and a secret-id-file"
        raise SettingsError(what, where=f"{FILE}, vault", cure=_CURE)


def _check_address(address: str, field: str) -> None:
    try:
        check_url(address)
    except BadInput:
        what = "an address is https://host, or http on this machine"
        raise SettingsError(what, where=f"{FILE}, {field}", cure=_CURE) from None
