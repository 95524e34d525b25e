"""The recovery drill: do the key files open here and now, and are their keys those of the data? It changes nothing.

Run it where a recovery would have to work: on a restored copy, with the passphrase or the service that wraps the keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from solely.app import key_files
from solely.app.directory import verifier_key
from solely.app.keys import check_of, use_of
from solely.app.serving.reach import reached
from solely.errors import NotFound, SolelyError, Tampered
from solely.keys import PASSWORDS, Keyring
from solely.ledger.checkpoint import verify_checkpoint
from solely.purpose import COMPARTMENTS, HOLDS, Compartment
from solely.rotation.rows import Sealing, Secrets
from solely.store import rotation as store
from solely.store.database import Database, answering
from solely.store.roles import ROLES
from solely.store.security import passwords

__all__ = ["Check", "drill"]

_SAMPLE = 200  # rows of each purpose
_NONE = 0  # no key has this number: every row is under another


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `outcome` is ok, or what failed, in the program's words."""

    file: str
    wrap: str
    check: str
    outcome: str

    @property
    def passed(self) -> bool:
        return self.outcome == "ok"


def drill(directory: Path) -> list[Check]:
    """Try every key file of a data directory, one after the other; one that fails stops no other."""
    if not (directory / "policy.toml").exists():
        raise NotFound("not a data directory", where=str(directory), cure="name one that init made")
    with reached(directory) as database:
        return [check for name in (*ROLES, "owner") for check in _try_file(directory, database, name)]


def _try_file(directory: Path, database: Database, name: str) -> Iterator[Check]:
    wrap, opened = "", list[Keyring]()
    try:
        wrap = key_files.head(directory, name).wrap
        opened.append(key_files.read(directory, name))
        outcome = "ok"
    except SolelyError as error:
        outcome = error.what
    yield Check(name, wrap, "opens", outcome)
    for keyring in opened:
        for check, act in _acts(directory, database, keyring):
            yield Check(name, wrap, check, _outcome(act))


def _outcome(act: Callable[[], None]) -> str:
    try:
        with answering():
            act()
    except SolelyError as error:
        return error.what
    return "ok"


def _acts(directory: Path, database: Database, keyring: Keyring) -> Iterator[tuple[str, Callable[[], None]]]:
    name = keyring.compartment
    if name in ROLES:
        yield "logs in", partial(_log_in, database, keyring)
    if name == "ledger":
        yield "verifies the newest checkpoint", partial(_verify, directory, keyring)
    for compartment in COMPARTMENTS:
        if compartment == name:
            yield f"keys to {use_of(compartment)} fit the rows", partial(_fit, database, compartment, keyring)


def _log_in(database: Database, keyring: Keyring) -> None:
    database.login(keyring.compartment, keyring.secret("database")).close()


def _verify(directory: Path, keyring: Keyring) -> None:
    key, folder = verifier_key(keyring), directory / "ledger"
    if (folder / "verifier.key").read_text().strip() != str(key):
        raise Tampered("it is not the key that verifies this ledger", where="ledger")
    if (folder / "checkpoint").exists():
        verify_checkpoint((folder / "checkpoint").read_text(), key)


def _fit(database: Database, compartment: Compartment, keyring: Keyring) -> None:
    with database.login(compartment, keyring.secret("database")) as connection:
        if HOLDS[compartment] == "sealed":
            _open_some(connection, compartment, keyring)
        else:
            _compare(connection, compartment, keyring)


def _open_some(connection: psycopg.Connection, compartment: Compartment, keyring: Keyring) -> None:
    """Unwrap the keys of some rows of each purpose, and some secrets: what they open stays closed. Peppers are held."""
    if compartment == "security" and passwords.by_pepper(connection).keys() - keyring.peppers().keys():
        raise Tampered("it is older than the passwords: it has not all their peppers", where=PASSWORDS)
    for purpose in keyring.purposes:
        keys = keyring.sealer(purpose)
        for row in store.sealed(connection, compartment, purpose, _NONE, store.FIRST, _SAMPLE):
            Sealing(connection, compartment, keys, secrets.token_bytes).next(row)
        if purpose == "two-factor":
            for row in store.secrets(connection, _NONE, store.FIRST, _SAMPLE):
                Secrets(connection, keys, secrets.token_bytes).next(row)


def _compare(connection: psycopg.Connection, compartment: Compartment, keyring: Keyring) -> None:
    """A token of a known value under each key, with the one noted when the key was made."""
    noted, needed = store.key_checks(connection, compartment), store.counts(connection, compartment)
    for purpose in keyring.purposes:
        held = keyring.numbers(purpose, "token")
        newer = any(one == purpose and number > held[-1] for one, number in noted)
        if newer or any(one == purpose and number not in held for one, number in needed):
            raise Tampered("it is older than the rows: it has not all their keys", where=purpose)
        for number in keyring.numbers(purpose, "token"):
            if noted.get((purpose, number)) != check_of(keyring, purpose, number):
                raise Tampered(f"key {number} is not the one its rows are under", where=purpose)
