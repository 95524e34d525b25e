"""Make a data directory, whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import solely
from solely.app.directory import make
from solely.app.environment import settings_from_environment
from solely.app.keys import note_checks
from solely.app.serve_settings import read_serve_settings
from solely.app.solely import Solely
from solely.errors import BadInput, Conflict, PolicyError, SettingsError, Unavailable
from solely.purpose import Policy, read_policy

__all__ = ["SHIPPED_POLICY", "init"]

SHIPPED_POLICY = Path(solely.__file__).with_name("policy.toml")


def init(
    directory: Path,
    policy_file: Path = SHIPPED_POLICY,
    keys_file: Path | None = None,
    owner_file: Path | None = None,
) -> Policy:
    """Make a data directory: policy, keys, database, the ledger's first entry. All of it, or nothing.

    `keys_file` becomes its keys.toml, which says what wraps the keys. Where the environment names a server of
    PostgreSQL, `owner_file` holds the password of its superuser; what was made there stays where something fails.
    Raises Conflict where something is there already, PolicyError for a policy that does not read, SettingsError for a
    keys.toml that does not, BadInput for a password where it is not asked for.
    """
    directory = directory.absolute()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise Conflict("there is something here already", where=str(directory), cure="name a new directory")
    try:
        data = policy_file.read_bytes()
    except OSError as error:
        raise PolicyError("can't be read", where=str(policy_file), cure="check its name and rights") from error
    policy, key_settings, owner = read_policy(data), _read(keys_file), _owner_password(owner_file)
    fresh = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    try:
        make(fresh, data, policy, key_settings, owner)
        with Solely(fresh) as solely:  # its first entry is the policy
            note_checks(solely.parts)
        if directory.exists():
            directory.rmdir()
        fresh.rename(directory)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        cure = "name one under a folder that you may write to, on a disk with room"
        raise Unavailable("the directory can't be made", where=str(directory), cure=cure) from error
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return policy


def _read(keys_file: Path | None) -> bytes | None:
    try:
        return None if keys_file is None else keys_file.read_bytes()
    except OSError as error:
        raise SettingsError("can't be read", where=str(keys_file), cure="check its name and rights") from error


def _owner_password(file: Path | None) -> str | None:
    other = read_serve_settings(b"", settings_from_environment()).settings.database.host
    if bool(other) != bool(file):
        what = "the superuser's password is asked for where SOLELY_DATABASE_HOST names a server, and nowhere else"
        raise BadInput(what, where="--owner-password", cure="name a file that holds it, or leave both out")
    given = _read(file)
    return None if given is None else given.decode().strip()
