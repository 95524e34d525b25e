"""Restoring a backup into a new directory, which is there whole or not at all.

1. The manifests are signed by the ledger whose keys are here, belong together, and each file is the one they name.
2. Policy, settings and key files are put in place; the last head and the list of erasures are the newest there are:
   a restore brings back neither.
3. The database is made anew and loaded; wrapped keys of those who were erased since are left out; then it is migrated.
4. The ledger is recomputed, byte for byte, against its head then, and against the newest head known.
5. It is started once, which erases again whom the backup brought back, before anything else is done.
   The token index is made anew, and what was published is published again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from solely.app import erased
from solely.app.directory import read_keyring, verifier_key
from solely.app.environment import cores, now
from solely.app.manifest import Manifest, check_files, read_manifest
from solely.app.recompute import Seen
from solely.app.serving.reach import new_server, reached
from solely.app.signed import SignedLedger
from solely.app.solely import Solely
from solely.errors import BadInput, Conflict, NotFound, SolelyError, Tampered
from solely.keys import Keyring
from solely.ledger.checkpoint import VerifierKey, verify_checkpoint
from solely.ledger.proof import Verified
from solely.purpose import read_policy
from solely.store import server
from solely.store.desk import erasures
from solely.store.dump import Owner, load, read_apart
from solely.store.durable import put, whole_folder
from solely.store.roles import ROLES, close_catalogue

__all__ = ["Newer", "Restored", "restore"]

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Newer:
    """What is newer than the backup: the list of erasures, and a signed head, kept elsewhere; None where lost too."""

    erased: Path | None = None
    anchor: Path | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: the size of the newest head it was held against, how many erasures it did not know."""

    manifest: Manifest
    entries: int
    anchored: int
    erasures: int


def restore(
    backup: Path,
    keys: Path,
    target: Path,
    newer: Newer,
    *,
    told: Told = lambda _bytes: None,
    seen: Seen = lambda _size: None,
    clock: Callable[[], datetime] = now,
) -> Restored:
    """Restore `backup`, whose key files and wrapped keys are in `keys`, into the new directory `target`.

    Raises Tampered where a byte was changed or the backup is behind a newer head, NotFound, Conflict.
    """
    manifest, apart, folder = _read(backup, keys)
    known = _erasures(backup, newer)
    with whole_folder(target.absolute(), clear=_clear) as fresh:
        keyring = _put_files(fresh, backup, folder)
        head = _put_head(fresh, backup, newer, manifest, verifier_key(keyring))
        erased.write(fresh / "registry" / "erased", known)
        wrapped = [folder / name for name in apart.files if name.startswith("wrapped/")]
        since = _make_database(fresh, backup / "database", wrapped, known, told)
        proven = _verify(fresh, keyring, manifest, seen)
        with Solely(fresh, clock=clock) as solely:
            solely.audiences.compact()
            if manifest.published:
                solely.publish()
    return Restored(manifest, proven.size, head, since)


# -- 1


def _read(backup: Path, keys: Path) -> tuple[Manifest, Manifest, Path]:
    """The two manifests and the folder of what is apart: `keys` itself, or the one in it with the backup's name."""
    unsigned = read_manifest(backup, None)
    if unsigned.keys == "none":
        what = "it was made without its keys: nothing in it can be opened"
        raise NotFound(what, where=str(backup), cure="use one that was made with --keys")
    folder = keys if (keys / "keys").is_dir() else keys / backup.absolute().name
    public_key = _ledger_keyring(folder).ledger().public_key
    manifest, apart = read_manifest(backup, public_key), read_manifest(folder, public_key)
    if (manifest.part, apart.part, apart.backup) != ("rows", "keys", manifest.backup):
        raise BadInput("these keys are another backup's", where=str(folder), cure="name those made with it")
    check_files(backup, manifest)
    check_files(folder, apart)
    _is_known(manifest)
    return manifest, apart, folder


def _ledger_keyring(folder: Path) -> Keyring:
    try:
        return read_keyring(folder, "ledger")
    except NotFound:
        what = "the backup's key files are not here"
        raise NotFound(what, where=str(folder), cure="name the place that was --keys of the backup") from None


def _is_known(manifest: Manifest) -> None:
    from solely.store.migrate import revisions  # noqa: PLC0415 - Alembic takes a while to load

    if manifest.migration not in revisions():
        what = f"made by a newer version ({manifest.software})"
        raise Conflict(what, where="manifest.json", cure="restore it with that version")


# -- 2


def _put_files(fresh: Path, backup: Path, folder: Path) -> Keyring:
    for path in backup.glob("*.toml"):
        shutil.copyfile(path, fresh / path.name)
    policy = read_policy((fresh / "policy.toml").read_bytes())
    shutil.copytree(folder / "keys", fresh / "keys")
    (fresh / "keys").chmod(0o700)
    for path in (fresh / "keys").iterdir():
        path.chmod(0o600)
    for name in ("ledger", "registry"):
        (fresh / name).mkdir(mode=0o700)
    keyring = read_keyring(fresh, "ledger")
    put(fresh / "ledger" / "verifier.key", f"{verifier_key(keyring)}\n", 0o644)
    put(fresh / "ledger" / "policy", policy.digest)
    return keyring


def _put_head(fresh: Path, backup: Path, newer: Newer, manifest: Manifest, key: VerifierKey) -> int:
    """The newest signed head that is known takes its place; returns its size."""
    files = [backup / "checkpoint", *([newer.anchor] if newer.anchor else [])]
    heads = {path: verify_checkpoint(_text(path), key) for path in files}
    newest = max(files, key=lambda path: heads[path].size)
    size = heads[newest].size
    if size > manifest.ledger.size:
        what = f"the backup has {manifest.ledger.size} entries, and there were {size}"
        raise Tampered(what, where=str(newest), cure="restore a newer backup")
    put(fresh / "ledger" / "checkpoint", _text(newest), 0o644)
    return size


def _erasures(backup: Path, newer: Newer) -> dict[UUID, tuple[UUID, ...]]:
    """Every erasure that is known of, the backup's own among them."""
    if newer.erased and not newer.erased.is_file():
        raise NotFound("no list of erasures", where=str(newer.erased), cure="name the newest one there is")
    return erased.read(backup / "erased") | (erased.read(newer.erased) if newer.erased else {})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise NotFound("no signed head", where=str(path), cure="name the ledger/checkpoint that was kept") from None


# -- 3 and 4


def _make_database(
    fresh: Path, dumped: Path, wrapped: Sequence[Path], known: Mapping[UUID, Sequence[UUID]], told: Told
) -> int:
    """Make the server, load what was dumped and what is apart; returns how many erasures it does not know yet."""
    from solely.store.migrate import migrate, prepare  # noqa: PLC0415 - Alembic takes a while to load

    password = read_keyring(fresh, "owner").secret("database")
    with new_server(fresh, password) as database:
        owner = Owner(database, password)
        prepare(owner.database, owner.name, password, {r: read_keyring(fresh, r).secret("database") for r in ROLES})
        load(owner, dumped, cores(), told)
        read_apart(owner, wrapped, {str(name) for pseudonyms in known.values() for name in pseudonyms})
        migrate(owner.database, owner.name, password)
        with owner.login() as connection, connection.transaction():
            close_catalogue(connection)  # what is the server's own is in no dump
            return len(known.keys() - erasures(connection))


def _verify(fresh: Path, keyring: Keyring, manifest: Manifest, seen: Seen) -> Verified:
    with (
        reached(fresh) as database,
        database.login("ledger", keyring.secret("database")) as connection,
    ):
        proven = SignedLedger(fresh, keyring, connection).verify(seen)
    if (proven.size, proven.root.hex()) != (manifest.ledger.size, manifest.ledger.root):
        raise Tampered("the ledger is not the one that was backed up", where="ledger", cure="use another backup")
    return proven


def _clear(left: Path) -> None:
    """What a restore that was killed left: its server may still run."""
    if (left / "PG_VERSION").exists():
        with suppress(SolelyError), server.running(left):
            pass
    shutil.rmtree(left)
