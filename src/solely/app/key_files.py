"""The key files of a data directory: read, written, and wrapped as keys.toml or the environment says.

- A file opens under what it is wrapped by, as long as that is set up; so files may be wrapped each in its own way while
  they are wrapped anew.
- A plain file is refused where a wrap is asked for: else whoever can write files could bring keys of their own.
- Without a keys.toml, a passphrase in the environment is what wraps.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from solely.app.environment import passphrase
from solely.errors import NotFound, SettingsError, Tampered, Unavailable
from solely.keys import Keyring, Passphrase, Wrap
from solely.keys.file import RESTORE, Head, read_head
from solely.keys.settings import FILE, KeySettings, WrapName, read_key_settings
from solely.store.durable import locked, put

__all__ = [
    "Stamp", "age", "change", "choose", "demanded", "folder", "head", "is_wrapped", "names", "passphrase_wrap",
    "read", "settings_in", "settle", "stamp", "stamp_or_none", "write",
]  # fmt: skip

_WRAP_LINE = re.compile(rb"^wrap\s*=.*$", re.MULTILINE)
_NAMES: dict[str, WrapName] = {"none": "none", "argon2id": "passphrase", "aws-kms": "aws-kms", "vault": "vault"}
Stamp = tuple[int, int, int]


def names(directory: Path) -> list[str]:
    """The key files there are, by their names; the ledger's, which every act needs, comes last."""
    found = sorted(path.stem for path in folder(directory).glob("*.key"))
    return [*(name for name in found if name != "ledger"), *(name for name in found if name == "ledger")]


def folder(directory: Path) -> Path:
    """Where the key files are."""
    return directory / "keys"


@cache  # asked for with each request: each new Path puts its parts into the table of interned strings, which grew so
def _path(directory: Path, name: str) -> Path:
    return folder(directory) / f"{name}.key"


def read(directory: Path, name: str) -> Keyring:
    """A compartment's keyring. Raises NotFound, and what `Keyring.from_bytes` raises."""
    path = _path(directory, name)
    data = _bytes(path)
    said, settings = read_head(data), settings_in(directory)
    if said.wrap == "none" and demanded(settings, name) != "none":
        what = f"it is not wrapped, but a {demanded(settings, name)} is asked for"
        raise Unavailable(what, where=str(path), cure="restore the wrapped one, or wrap it with: solely keys rewrap")
    keyring = Keyring.from_bytes(data, _wrap(directory, settings, _name_of(said), name))
    if keyring.compartment != name:
        raise Tampered("it is the key file of another compartment", where=str(path), cure=RESTORE)
    return keyring


def write(directory: Path, name: str, keyring: Keyring, wrap: WrapName | None = None) -> None:
    """Write a key file, durable on return: whole, or the one that was there. By default wrapped as is asked for.

    What the old one held may still lie on the disk, until its blocks are used again.
    """
    data = _written(directory, name, keyring, wrap or demanded(settings_in(directory), name))
    with locked(folder(directory)):
        put(_path(directory, name), data.decode())


def _written(directory: Path, name: str, keyring: Keyring, chosen: WrapName) -> bytes:
    return keyring.to_bytes(_wrap(directory, settings_in(directory), chosen, name), secrets.token_bytes)


def change(
    directory: Path,
    name: str,
    changed: Callable[[Keyring], Keyring],
    write_down: Callable[[], object],
    wrap: WrapName | None = None,
) -> None:
    """Write a key file anew, changed, by default wrapped as it is; durable on return: whole, or the one that was there.

    One at a time. What may fail comes first: the new file is made, then `write_down` is called, then it is put there.
    """
    with locked(folder(directory)):
        keyring = changed(read(directory, name))
        chosen = wrap or _name_of(head(directory, name))
        data = _written(directory, name, keyring, chosen)
        write_down()
        put(_path(directory, name), data.decode())


def head(directory: Path, name: str) -> Head:
    """What a key file says of itself, without opening it. Raises NotFound, Tampered."""
    return read_head(_bytes(_path(directory, name)))


def is_wrapped(directory: Path) -> bool:
    """Whether key files are more than plain; by the ledger's, which each directory has."""
    return head(directory, "ledger").wrap != "none"


def stamp(directory: Path, name: str) -> Stamp:
    """What differs once a key file was written anew; cheap. Raises NotFound where it is gone."""
    try:
        about = _path(directory, name).stat()
    except OSError as error:
        raise _missing(_path(directory, name)) from error
    return about.st_ino, about.st_mtime_ns, about.st_size


def age(directory: Path, name: str, now: datetime) -> float:
    """The seconds since a key file was written."""
    return now.timestamp() - stamp(directory, name)[1] / 1e9


def stamp_or_none(directory: Path, name: str) -> Stamp | None:
    """The same; None where it is gone."""
    try:
        return stamp(directory, name)
    except NotFound:
        return None


def settings_in(directory: Path) -> KeySettings:
    """keys.toml; nothing chosen where there is none."""
    path = directory / FILE
    return read_key_settings(path.read_bytes()) if path.exists() else KeySettings()


def settle(directory: Path, settings: bytes) -> None:
    """Put a keys.toml in place. Raises SettingsError for one that does not read."""
    read_key_settings(settings)
    put(directory / FILE, settings.decode())


def choose(directory: Path, wrap: WrapName) -> None:
    """Write the wrap of choice into keys.toml and leave all else there as it is.

    Raises SettingsError where its table is not there.
    """
    path = directory / FILE
    data = path.read_bytes() if path.exists() else b""
    line = f'wrap = "{wrap}"'.encode()
    top, table, rest = data.partition(b"\n[") if not data.startswith(b"[") else (b"", b"[", data[1:])
    top = _WRAP_LINE.sub(line, top) if _WRAP_LINE.search(top) else line + b"\n" + top
    settle(directory, top + table + rest)


def demanded(settings: KeySettings, name: str) -> WrapName:
    """What a key file is to be wrapped by."""
    return settings.wrap or ("none" if passphrase(name) is None else "passphrase")


def passphrase_wrap(name: str) -> Wrap | None:
    """The passphrase of a key file, as the environment has it."""
    given = passphrase(name)
    return None if given is None else Passphrase(given)


def _wrap(directory: Path, settings: KeySettings, chosen: WrapName, name: str) -> Wrap | None:
    match chosen:
        case "none":
            return None
        case "passphrase":
            if (found := passphrase_wrap(name)) is None:
                cure = "set SOLELY_PASSPHRASE_FILE, or SOLELY_PASSPHRASE"
                raise Unavailable("there is no passphrase", where=f"key file {name}", cure=cure)
            return found
        case "aws-kms" if settings.aws_kms:
            from solely.app.wraps.aws_kms import AwsKmsWrap  # noqa: PLC0415 - each loads what only its users need

            return AwsKmsWrap(settings.aws_kms)
        case "vault" if settings.vault:
            from solely.app.wraps.vault import VaultWrap  # noqa: PLC0415

            return VaultWrap(settings.vault, directory)
    raise SettingsError(f"there is no table [{chosen}]", where=FILE, cure="docs/keys.md shows one")


def _name_of(said: Head) -> WrapName:
    if said.wrap not in _NAMES:
        raise Tampered("it is wrapped by what is not known here", where="key file", cure=RESTORE)
    return _NAMES[said.wrap]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _missing(path) from error


def _missing(path: Path) -> NotFound:
    return NotFound("its key file can't be read", where=str(path), cure="restore it from its backup")
