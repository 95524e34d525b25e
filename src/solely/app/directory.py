"""A data directory: policy.toml, keys/, postgres/, advertising/ (the token index) and ledger/.

`keys/` has a file per compartment; `ledger/` the newest checkpoint, kept outside the database, and the key
that verifies it.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from solely.app import key_files
from solely.app.serving.reach import new_server
from solely.keys import Keyring, new_keyring
from solely.ledger.checkpoint import VerifierKey
from solely.links.table import PAIRS, secret_name
from solely.purpose import Policy
from solely.store import server
from solely.store.roles import ROLES, SCHEMAS

__all__ = ["OWNER", "make", "read_keyring", "verifier_key"]

OWNER = "owner"
SECURITY_SECRETS = ("sent-codes", "saved-codes", "fingerprints", "tokens", "pepper-1")


def make(
    directory: Path,
    policy_data: bytes,
    policy: Policy,
    key_settings: bytes | None = None,
    owner_password: str | None = None,
) -> None:
    """Write the policy and fresh keys, make the database. Leaves what it made where something fails.

    `owner_password` is the superuser's of a server that the environment names.
    """
    directory.mkdir(mode=0o700, parents=True)
    if key_settings is not None:
        key_files.settle(directory, key_settings)
    (directory / "policy.toml").write_bytes(policy_data)
    keyrings = _new_keyrings(policy)
    if owner_password is not None:
        keyrings[OWNER] = keyrings[OWNER].with_secret("database", owner_password)
    (directory / "keys").mkdir(mode=0o700)
    for name, keyring in keyrings.items():
        key_files.write(directory, name, keyring)
    key = verifier_key(keyrings["ledger"])
    (directory / "ledger").mkdir(mode=0o700)
    (directory / "ledger" / "verifier.key").write_text(f"{key}\n")
    from solely.store.migrate import provision  # noqa: PLC0415 - Alembic takes a while to load, and only this needs it

    owner = keyrings[OWNER].secret("database")
    with new_server(directory, owner) as database:
        passwords = {role: keyrings[role].secret("database") for role in ROLES}
        provision(database, server.SUPERUSER, owner, passwords)


def _new_keyrings(policy: Policy) -> dict[str, Keyring]:
    keyrings = {}
    for name in (*ROLES, OWNER):
        purposes = [p.name for p in policy.purposes.values() if p.compartment == name]
        keyring = new_keyring(name, purposes, secrets.token_bytes)
        keyrings[name] = keyring.with_secret("database", secrets.token_urlsafe(32))
    keyrings["advertising"] = keyrings["advertising"].with_secret("noise", secrets.token_hex(32))
    for name in SECURITY_SECRETS:
        keyrings["security"] = keyrings["security"].with_secret(name, secrets.token_hex(32))
    for name in SCHEMAS:  # the tokens of single people and the answers kept, which each reads for itself alone
        for secret_of in ("subject-tokens", "answers"):
            keyrings[name] = keyrings[name].with_secret(secret_of, secrets.token_hex(32))
    keyrings["ledger"] = keyrings["ledger"].with_secret("origin", f"solely.local/{secrets.token_hex(8)}")
    for one, other in PAIRS:
        name, secret = secret_name(one, other), secrets.token_hex(32)
        keyrings |= {each: keyrings[each].with_secret(name, secret) for each in (one, other)}
    return keyrings


def verifier_key(keyring: Keyring) -> VerifierKey:
    """Who signs this ledger."""
    return VerifierKey(keyring.secret("origin"), keyring.ledger().public_key)


def read_keyring(directory: Path, name: str) -> Keyring:
    """A compartment's keyring, as its key file has it now; see `key_files.read`."""
    return key_files.read(directory, name)
