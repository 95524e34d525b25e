"""Who may read and write what in a data directory whose processes are users of their own.

- The directory, `keys/` and `run/` may be entered by the group of these users, and read by nobody but their owner.
- A key file, a folder that a process fills, its socket's folder, its log: each is one user's, and no other's.
- Settings, in which no secret belongs, may be read by all of the group, and what is one process's no more than
  another's: a certificate and its key, what a key service asks for. A sender's secret is read by those who send,
  which are security's process and, for notices, the service compartment's.
- A name that is more than one file's (a hard link) is left as it is: it could be a file of somebody else.

Nothing outside the directory is changed. Doing it again is safe; it is done at each start, as root's own commands
leave files of root's.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from solely.app import key_files
from solely.app.serve_settings import serve_settings_in
from solely.app.serving.place import GROUP, LEDGER, SENDERS, Place
from solely.app.serving.reach import door
from solely.app.verification import settings_in
from solely.store.durable import locked

__all__ = ["prepare"]

_FOLDERS = {"advertising": ("advertising",), "registry": ("registry", "answers"), LEDGER: ("ledger",)}
_FILES = {LEDGER: ("ledger.toml",)}
_SETTINGS = ("policy.toml", "solely.toml", "keys.toml", "verification.toml", "incidents.toml", "rights.toml")


def prepare(directory: Path, places: Sequence[Place]) -> None:
    """Make what processes need, and give each its own, where they are users of their own. Raises OSError."""
    for folder in (directory / "run", directory / "log", directory / "tmp", door(directory)):
        folder.mkdir(mode=0o700, exist_ok=True)
    for place in places:
        for folder in (place.temporary, place.sockets, *(directory / name for name in _FOLDERS.get(place.name, ()))):
            folder.mkdir(mode=0o700, exist_ok=True)
        place.log.touch(mode=0o600)
    if any(place.account for place in places):
        _let_in(directory)
        for place in places:
            _give(place)


def _let_in(directory: Path) -> None:
    for folder in (directory, directory / "keys", directory / "run", directory / "tmp", door(directory)):
        os.chown(folder, -1, GROUP)
        folder.chmod(0o710)
    (directory / "postgres.lock").touch(mode=0o600)
    (directory / "postgres.lock").chmod(0o600)  # whoever reads it could hold it
    for path in (*(directory / name for name in _SETTINGS), *_shared(directory)):
        if path.is_file():
            os.chown(path, -1, GROUP)
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRGRP)


def _give(place: Place) -> None:
    directory, account = place.directory, place.account
    assert account is not None, "a place without a user"
    with locked(directory / "keys"):
        for name in place.own:
            os.chown(directory / "keys" / f"{name}.key", account, GROUP)
    for name in _FOLDERS.get(place.name, ()):
        _own(directory / name, account)
    for folder, mode in ((place.temporary, 0o700), (place.sockets, 0o710)):
        _own(folder, account)
        folder.chmod(mode)
    for path in (place.log, *(directory / name for name in _FILES.get(place.name, ()))):
        if path.is_file():
            os.chown(path, account, GROUP)
            path.chmod(0o600)
    for path in _secrets(directory) if place.name == "security" else []:
        if path.is_file():
            os.chown(path, account, SENDERS)
            path.chmod(0o640)


def _secrets(directory: Path) -> list[Path]:
    """Files of senders' secrets."""
    settings = settings_in(directory)
    named = [one.password_file for one in settings.email]
    named += [name for one in settings.sms for name in (one.password_file, one.receipt_secret_file)]
    return _inside(directory, named)


def _shared(directory: Path) -> list[Path]:
    """Files that settings name, and each process needs."""
    settings, keys = serve_settings_in(directory), key_files.settings_in(directory)
    named = [settings.listen.tls_certificate, settings.listen.tls_key, settings.database.ca_file]
    named += [keys.vault.token_file, keys.vault.secret_id_file, keys.vault.ca_file] if keys.vault else []
    return _inside(directory, named)


def _inside(directory: Path, named: Sequence[str]) -> list[Path]:
    """Those that are in the directory; who keeps them elsewhere says who may read them there."""
    return [path for name in named if name and (path := (directory / name).resolve()).is_relative_to(directory)]


def _own(folder: Path, account: int) -> None:
    for _, folders, files, handle in os.fwalk(folder):
        os.chown(handle, account, GROUP)
        for name in (*folders, *files):
            about = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISDIR(about.st_mode) or (stat.S_ISREG(about.st_mode) and about.st_nlink == 1):
                os.chown(name, account, GROUP, dir_fd=handle, follow_symlinks=False)
