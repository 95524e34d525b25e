"""Backing up a directory at work: its rows at one moment in one folder, what opens its contacts in another.

- Nobody waits for it: it reads one snapshot. A backup is there whole and durable, or not at all.
- What opens contacts (the key files, and the wrapped key of each contact) goes to a place of its own, or nowhere.
  Each backup there takes out of the older ones whom was erased since: their contacts in an old backup open no more.
- The index, the answers' files and what is published are made anew by a restore, and are not copied.
"""

from __future__ import annotations

import gzip
import shutil
import uuid
from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import UTC
from pathlib import Path

from solely.app import erased
from solely.app.directory import read_keyring
from solely.app.environment import cores
from solely.app.manifest import NAME, LedgerThen, Manifest, read_manifest, sum_of, sums_of, write_manifest
from solely.app.parts import SOFTWARE
from solely.app.solely import Solely
from solely.errors import Conflict, SolelyError
from solely.keys import Keyring
from solely.keys.settings import FILE as KEY_SETTINGS
from solely.store import ledger
from solely.store.dump import Owner, Snapshot, dump, snapshot, write_apart
from solely.store.durable import locked, sync, whole_folder

__all__ = ["back_up", "shred"]

Told = Callable[[int], None]


def back_up(solely: Solely, target: Path, keys: Path | None = None, told: Told = lambda _bytes: None) -> Manifest:
    """Back up into a new folder `target`; key files and wrapped keys into `keys`, under the same name, or not at all.

    Raises Conflict where a place is taken, or is not apart from the others.
    """
    directory, target = solely.directory, target.absolute()
    _are_apart(directory, target, *([keys.absolute()] if keys else []))
    keyring = read_keyring(directory, "ledger")
    anchor = solely.sign_ledger()  # before the snapshot: it never speaks of more than that has
    owner = Owner(solely.ground.database, read_keyring(directory, "owner").secret("database"))
    with ExitStack() as stack:
        rows = stack.enter_context(whole_folder(target))
        apart = stack.enter_context(whole_folder(keys.absolute() / target.name)) if keys else None  # ends first
        with snapshot(owner) as taken:
            manifest = _manifest(solely, taken, keyring, has_keys=keys is not None)
            dump(owner, taken, rows / "database", cores(), told)
            if apart:
                write_apart(taken, apart / "wrapped")
        erasures = _copy_files(directory, rows, anchor)
        manifest = manifest.model_copy(update={"files": sums_of(rows), "erasures": erasures})
        write_manifest(rows, manifest, keyring.ledger())
        if apart:
            _copy_keys(directory, apart)
            beside = manifest.model_copy(update={"part": "keys", "files": sums_of(apart), "erasures": 0})
            write_manifest(apart, beside, keyring.ledger())
    if keys:
        shred(keys, erased.read(directory / "registry" / "erased"), keyring)
    return manifest


def _are_apart(*places: Path) -> None:
    for one in places:
        for other in places:
            if one is not other and one.is_relative_to(other):
                what = "one place is inside another"
                raise Conflict(what, where=f"{one}, {other}", cure="keep data, backups and keys apart from each other")


def _manifest(solely: Solely, taken: Snapshot, keyring: Keyring, *, has_keys: bool) -> Manifest:
    head = ledger.read_head(taken.connection)
    return Manifest(
        part="rows",
        backup=uuid.uuid4().hex,
        made=solely.clock().astimezone(UTC).isoformat(timespec="seconds"),
        software=SOFTWARE,
        postgresql=taken.version,
        migration=taken.schema,
        policy=solely.policy.digest,
        ledger=LedgerThen(origin=keyring.secret("origin"), size=head.size, root=head.frontier.root().hex()),
        keys="apart" if has_keys else "none",
        published=(solely.public / "checkpoint").exists(),
        erasures=0,
        files={},
    )


def _copy_files(directory: Path, rows: Path, anchor: str) -> int:
    """Policy and settings; the anchor and the erasures as they are now, which a restore never puts over newer ones."""
    for path in sorted(directory.glob("*.toml")):
        shutil.copyfile(path, rows / path.name)
    (rows / "checkpoint").write_text(anchor, encoding="utf-8")
    known = directory / "registry" / "erased"
    if known.exists():
        with locked(known.parent):
            shutil.copyfile(known, rows / "erased")
    return len(erased.read(rows / "erased"))


def _copy_keys(directory: Path, apart: Path) -> None:
    (apart / "keys").mkdir(mode=0o700)
    for path in sorted((directory / "keys").glob("*.key")):
        shutil.copyfile(path, apart / "keys" / path.name)
        (apart / "keys" / path.name).chmod(0o600)
    if (directory / KEY_SETTINGS).exists():  # by what they are wrapped, and where that is asked
        shutil.copyfile(directory / KEY_SETTINGS, apart / KEY_SETTINGS)


def shred(keys: Path, known: dict[uuid.UUID, tuple[uuid.UUID, ...]], keyring: Keyring) -> int:
    """Take whoever was erased since out of what is apart from each backup; returns how many backups were changed."""
    names = {str(name) for pseudonyms in known.values() for name in pseudonyms}
    changed = 0
    for folder in sorted(path.parent for path in keys.glob(f"*/{NAME}") if not path.parent.name.startswith(".")):
        try:
            manifest = read_manifest(folder, keyring.ledger().public_key)
        except SolelyError:
            continue  # of another ledger
        if manifest.part == "keys" and manifest.erasures < len(known):
            _shred_one(folder, manifest, names, keyring, len(known))
            changed += 1
    return changed


def _shred_one(folder: Path, manifest: Manifest, names: Collection[str], keyring: Keyring, erasures: int) -> None:
    """New files first, then the manifest that names them, in one step; the old ones go last."""
    old = [name for name in manifest.files if name.startswith("wrapped/")]
    files = {name: kept for name, kept in manifest.files.items() if name not in old}
    for name in old:
        schema = Path(name).name.partition(".")[0]
        fresh = folder / "wrapped" / f"{schema}.{erasures}.csv.gz"
        _filter(folder / name, fresh, names)
        files[str(fresh.relative_to(folder))] = sum_of(fresh)
    sync(folder / "wrapped")
    write_manifest(folder, manifest.model_copy(update={"files": files, "erasures": erasures}), keyring.ledger())
    for path in (folder / "wrapped").iterdir():
        if str(path.relative_to(folder)) not in files:
            path.unlink()
    sync(folder / "wrapped")


def _filter(path: Path, fresh: Path, names: Collection[str]) -> None:
    with gzip.open(path, "rb") as old, gzip.open(fresh, "wb", compresslevel=1) as new:
        for line in old:
            if line[:36].decode() not in names:
                new.write(line)
    sync(fresh)
