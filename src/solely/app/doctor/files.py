"""Checks of the directory's files and settings: keys, rights, senders, where it listens, backups."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from solely.app import key_files
from solely.app.doctor.look import Check, Finding, Look
from solely.app.environment import passphrase
from solely.app.incident_settings import incident_settings_in
from solely.app.manifest import NAME, Manifest, read_manifest
from solely.app.serving.place import ACCOUNTS, GROUP
from solely.app.verification import settings_in
from solely.app.witness_settings import FILE as LEDGER_FILE
from solely.app.witness_settings import witness_settings_in
from solely.errors import SolelyError
from solely.keys import Argon2

__all__ = ["CHECKS"]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _settings(look: Look) -> Iterator[Finding]:
    for read in (settings_in, witness_settings_in, lambda directory: incident_settings_in(directory, "")):
        try:
            read(look.directory)
        except SolelyError as error:
            yield Finding("bad", error.what, error.where, error.cure)


def _keys(look: Look) -> Iterator[Finding]:
    heads = {path.name: _head(path) for path in sorted((look.directory / "keys").glob("*.key"))}
    if not heads:
        yield Finding("bad", "no key file", "keys", "restore them from their backup")
    for name in (name for name, head in heads.items() if head is None):
        yield Finding("bad", "can't be read", f"keys/{name}", "restore it from its backup")
    plain = [name for name, head in heads.items() if head and head.get("wrap") == "none"]
    if plain:
        cure = "wrap them, by a passphrase or a KMS: see docs/operating.md"
        yield Finding("bad", f"{len(plain)} key files are plain: whoever reads them has the keys", "keys", cure)
    least = Argon2()
    for name, head in heads.items():
        if head and head.get("wrap") == "argon2id" and _is_weak(head, least):
            cure = f"wrap it anew: {least.memory_kib} KiB and {least.iterations} iterations at least (RFC 9106)"
            yield Finding("bad", "guessing its passphrase costs too little", f"keys/{name}", cure)


def _passphrases(look: Look) -> Iterator[Finding]:
    """Each process is given its own: one that opens another's file too is no wall on disk."""
    wrapped = [name for name in key_files.names(look.directory) if _wrap_of(look.directory, name) == "argon2id"]
    try:
        given = [passphrase(name) for name in wrapped if name not in {"desk", "owner"}]
    except SolelyError as error:
        yield Finding("bad", error.what, error.where, error.cure)
        return
    known = [one for one in given if one is not None]
    if len(set(known)) < len(known):
        cure = "set SOLELY_PASSPHRASE_SECURITY_FILE and so on, then solely keys rewrap --to passphrase"
        yield Finding("warn", "one passphrase opens key files of several compartments", "keys", cure)


def _wrap_of(directory: Path, name: str) -> str | None:
    head = _head(key_files.folder(directory) / f"{name}.key")
    return head.get("wrap") if head else None


def _head(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _is_weak(head: dict[str, Any], least: Argon2) -> bool:
    return bool(head.get("memory-kib", 0) < least.memory_kib or head.get("iterations", 0) < least.iterations)


def _modes(look: Look) -> Iterator[Finding]:
    """Nobody but who runs it reads keys, erasures or senders' passwords; nobody else owns them.

    Where each compartment is a user of its own, these own their files, and their group may enter folders.
    """
    keys = sorted((look.directory / "keys").glob("*"))
    closed = [look.directory, look.directory / "keys", *keys, look.directory / "registry", *_secrets(look)]
    for path in (one for one in closed if one.exists()):
        found = path.stat()
        enters = stat.S_IXGRP if path.is_dir() and found.st_gid == GROUP else 0
        if found.st_mode & _OTHERS & ~enters:
            cure = f"chmod {'700' if path.is_dir() else '600'} {path}"
            yield Finding("bad", f"others may use it (mode {stat.S_IMODE(found.st_mode):o})", str(path), cure)
        if found.st_uid not in {os.geteuid(), 0, look.directory.stat().st_uid, *ACCOUNTS.values()}:
            yield Finding("bad", "another account owns it", str(path), f"chown {os.geteuid()} {path}")


def _secrets(look: Look) -> list[Path]:
    """The files of passwords that the settings name."""
    try:
        settings = settings_in(look.directory)
    except SolelyError:
        return []
    named = [one.password_file for one in settings.email]
    named += [name for one in settings.sms for name in (one.password_file, one.receipt_secret_file)]
    return [look.directory / name for name in named if name]


def _senders(look: Look) -> Iterator[Finding]:
    try:
        settings = settings_in(look.directory)
    except SolelyError:
        return
    if settings.console and not (settings.email and settings.sms):
        cure = "set console = false once a server of mail or a gateway is set"
        yield Finding("bad", "codes are printed where no sender takes them", "verification.toml, console", cure)


def _listens(look: Look) -> Iterator[Finding]:
    listen = look.settings.listen
    if not _is_local(listen.host) and not listen.tls_certificate and not listen.behind_proxy:
        cure = "set tls-certificate and tls-key, or behind-proxy where a proxy ends TLS before it"
        yield Finding("bad", "it listens to the network without TLS", "solely.toml, listen.host", cure)
    database = look.settings.database
    if database.host and not database.host.startswith("/") and not database.tls.startswith("verify"):
        cure = 'set [database] tls = "verify-full"'
        yield Finding("bad", "whoever is between it and its database can read and answer", "database.tls", cure)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _witnesses(look: Look) -> Iterator[Finding]:
    try:
        settings = witness_settings_in(look.directory)
    except SolelyError:
        return
    if not settings.witness:
        cure = "name witnesses: see docs/ledger.md"
        what = "no witness: nothing outside shows a rollback of the whole machine"
        yield Finding("warn", what, LEDGER_FILE, cure)
    elif not settings.required:
        yield Finding("warn", "witnesses are asked, and not required", f"{LEDGER_FILE}, required", "required = true")


def _backups(look: Look) -> Iterator[Finding]:
    settings = look.settings.backup
    if not settings.target:
        yield Finding("warn", "no place for backups is set", "solely.toml, backup.target", "set it; run solely backup")
        return
    found = [one for one in map(_manifest, Path(settings.target).glob(f"*/{NAME}")) if one]
    if not found:
        yield Finding("bad", "there is no backup", settings.target, "solely backup")
        return
    newest = max(found, key=lambda one: one.made)
    age = look.clock() - datetime.fromisoformat(newest.made).astimezone(UTC)
    if age > timedelta(hours=settings.most_hours):
        yield Finding("bad", f"the newest backup is {age.total_seconds() / 3600:.0f} hours old", settings.target,
                      "solely backup, each day")  # fmt: skip
    if newest.keys == "none":
        cure = "solely backup FOLDER --keys PLACE"
        yield Finding("bad", "the newest backup can't be restored: it has no keys", settings.target, cure)


def _manifest(path: Path) -> Manifest | None:
    try:
        return read_manifest(path.parent, None)
    except SolelyError:
        return None


CHECKS = (
    Check("settings files", _settings),
    Check("key files", _keys),
    Check("passphrases", _passphrases),
    Check("rights of files", _modes),
    Check("senders", _senders),
    Check("addresses", _listens),
    Check("witnesses", _witnesses),
    Check("backups", _backups),
)
