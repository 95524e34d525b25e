"""Key files wrapped by the Transit engine of HashiCorp Vault or OpenBao: a data key under a key that never leaves it.

- The data key is drawn here and encrypted there, with the compartment and the file's id as associated data: it opens
  for no other file. Vault before 1.12 knows no associated data; the file's own seal binds both as well.
- Tokens are read from their file at each use, as Vault Agent renews them there; a token of an AppRole is asked for at
  each use and kept nowhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from solely.errors import SettingsError, SolelyError, Tampered, Unavailable
from solely.keys.capabilities import KEY_BYTES, Entropy
from solely.keys.settings import FILE, Vault
from solely.keys.wrap import WHERE, Context, Fields

__all__ = ["VaultWrap"]

_SECONDS, _TRIES = 5, 3
_BAD, _FORBIDDEN, _NOT_FOUND = 400, 403, 404
_RESTORE = "restore the file from its backup; see key-name in keys.toml"
_ALLOW = "a policy must allow update on MOUNT/encrypt/KEY and MOUNT/decrypt/KEY, and the token must be valid"


@dataclass(frozen=True, slots=True)
class VaultWrap:
    """One key of a Transit engine. `directory` is where the paths of the settings begin."""

    settings: Vault
    directory: Path

    @property
    def kind(self) -> str:
        return "vault"

    def new_key(self, context: Context, entropy: Entropy) -> tuple[bytes, Fields]:
        """A fresh data key, and the same under the key of the settings."""
        key = entropy(KEY_BYTES)
        said = self._transit("encrypt", {"plaintext": base64.b64encode(key).decode(), **_bound(context)})
        return key, {"key-name": self.settings.key_name, "data-key": _text(said, "ciphertext")}

    def open_key(self, fields: Mapping[str, Any], context: Context) -> bytes:
        """The data key again. One that Vault does not know under this context is Tampered."""
        ciphertext = fields["data-key"]
        if not isinstance(ciphertext, str):
            raise TypeError
        said = self._transit("decrypt", {"ciphertext": ciphertext, **_bound(context)})
        return base64.b64decode(_text(said, "plaintext"), validate=True)

    def does_not_fit(self) -> SolelyError:
        return Tampered("its content is not what was wrapped", where=WHERE, cure="restore the file from its backup")

    def _transit(self, act: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        one = self.settings
        with self._client() as client:
            token = self._secret(one.token_file, "token-file") if one.token_file else self._log_in(client)
            answer = _post(client, f"v1/{one.mount}/{act}/{one.key_name}", asked, token)
        if answer.status_code == _BAD and act == "decrypt" and b"key not found" not in answer.content:
            raise Tampered("its data key does not open: of another key or file, or damaged", where=WHERE, cure=_RESTORE)
        return _data(answer, "data")

    def _log_in(self, client: httpx.Client) -> str:
        secret = self._secret(self.settings.secret_id_file, "secret-id-file")
        asked = {"role_id": self.settings.role_id, "secret_id": secret}
        return _text(
            _data(_post(client, f"v1/auth/{self.settings.auth_mount}/login", asked, ""), "auth"), "client_token"
        )

    def _client(self) -> httpx.Client:
        one, transport = self.settings, httpx.HTTPTransport(retries=_TRIES, verify=self._authorities())
        headers = {"X-Vault-Namespace": one.namespace} if one.namespace else {}
        return httpx.Client(base_url=one.address, headers=headers, transport=transport, timeout=_SECONDS)

    def _authorities(self) -> Any:
        if not self.settings.ca_file:
            return True
        import ssl  # noqa: PLC0415 - few have an authority of their own

        try:
            return ssl.create_default_context(cafile=str(self.directory / self.settings.ca_file))
        except (OSError, ValueError):
            raise SettingsError("this file of certificates can't be read", where=f"{FILE}, vault.ca-file") from None

    def _secret(self, path: str, field: str) -> str:
        try:
            return (self.directory / path).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            pass
        raise Unavailable("this file of a secret can't be read", where=f"{FILE}, vault.{field}", cure="see its rights")


def _bound(context: Context) -> Mapping[str, str]:
    said = json.dumps(dict(context), sort_keys=True, separators=(",", ":"))
    return {"associated_data": base64.b64encode(said.encode()).decode()}


def _post(client: httpx.Client, path: str, asked: Mapping[str, str], token: str) -> httpx.Response:
    try:
        return client.post(path, json=dict(asked), headers={"X-Vault-Token": token} if token else {})
    except (httpx.HTTPError, ValueError) as error:
        fault = type(error).__name__
    raise _unavailable(fault, "see that it runs, is unsealed, and that its address is right; nothing was done")


def _data(answer: httpx.Response, of: str) -> Mapping[str, Any]:
    if answer.is_success:
        try:
            return dict(answer.json()[of])
        except (ValueError, KeyError, TypeError):
            raise _unavailable("no answer of Vault's", "see the address in keys.toml") from None
    if answer.status_code == _FORBIDDEN:
        raise _unavailable("status 403", _ALLOW)
    if answer.status_code in {_BAD, _NOT_FOUND}:
        raise _unavailable(
            f"status {answer.status_code}",
            "see mount and key-name in keys.toml, and that the Transit engine is enabled",
        )
    raise _unavailable(f"status {answer.status_code}", "see that it is unsealed; nothing was done")


def _text(said: Mapping[str, Any], field: str) -> str:
    text = said.get(field)
    if not isinstance(text, str):
        raise _unavailable("no answer of Vault's", "see the address in keys.toml")
    return text


def _unavailable(fault: str, cure: str) -> Unavailable:
    return Unavailable("Vault did not open or make the key", where=f"vault, {fault}", cure=cure)
