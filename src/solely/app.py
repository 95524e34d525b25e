"""Settings in, wired application out: the one reader of clock, environment and randomness.

A data directory holds policy.toml, keys/ (a file per compartment), postgres/, advertising/ (the token
index) and ledger/ (the newest checkpoint, kept outside the database, and the key that verifies it).
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tempfile
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self, TextIO

import numpy as np
import psycopg

from solely.answer.audit import AuditReport, audit
from solely.audiences.lists import ListReport, read_list
from solely.audiences.match import Audiences, Matched
from solely.consent import Notice
from solely.errors import Conflict, NotFound, Tampered
from solely.gate import Gate
from solely.give import Desk, Given, Intake
from solely.give.file import give_file, read_notices
from solely.give.intake import open_intake
from solely.keys import Keyring, new_keyring
from solely.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    sign_checkpoint,
    verify_checkpoint,
)
from solely.ledger.proof import Verified, verify_log
from solely.purpose import COMPARTMENTS, Compartment, Policy, read_policy
from solely.store import advertising, ledger, registry, server
from solely.store.database import Database, provision
from solely.store.ledger import Pen, Words
from solely.store.roles import ROLES
from solely.tokens import Tokeniser

__all__ = ["Solely", "audit_tables", "directory_from_environment", "init", "is_wrapped", "validate"]

_OWNER = "owner"
_AUDIT_MEMORY = 4 * 1024**3  # bytes; beyond that an audit spills to disk
_SHIPPED_POLICY = Path(__file__).with_name("policy.toml")
SOFTWARE = version("solely")


def _now() -> datetime:
    return datetime.now(UTC)


def directory_from_environment() -> Path | None:
    """The data directory that SOLELY_DIR names."""
    named = os.environ.get("SOLELY_DIR")
    return Path(named) if named else None


def _passphrase() -> bytes | None:
    """What wraps the key files: SOLELY_PASSPHRASE; without it they are plain, for a trial."""
    text = os.environ.get("SOLELY_PASSPHRASE")
    return text.encode() if text else None


def is_wrapped() -> bool:
    """Whether key files are, or would be, wrapped by a passphrase."""
    return _passphrase() is not None


def validate(
    path: Path,
    *,
    country: str | None = None,
    columns: Mapping[int, str] | None = None,
    rejects: TextIO | None = None,
    progress: Callable[[int], None] | None = None,
) -> ListReport:
    """Read a customer list and say what it holds; nothing is matched, nothing kept."""
    reading = read_list(path, country=country, columns=columns, rejects=rejects, progress=progress)
    for _ in reading:
        pass
    return reading.report


def audit_tables(
    contacts: Path,
    audiences: Path,
    *,
    legal: Collection[str],
    contact_columns: Mapping[str, str],
    audience_columns: Mapping[str, str],
    progress: Callable[[str], None],
) -> AuditReport:
    """Audit a platform's existing tables; see `answer.audit.audit`. Spills to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="solely-audit-") as temp:
        return audit(
            contacts,
            audiences,
            legal=legal,
            contact_columns=contact_columns,
            audience_columns=audience_columns,
            memory_bytes=_AUDIT_MEMORY,
            temp=Path(temp),
            progress=progress,
        )


def init(directory: Path, policy_file: Path = _SHIPPED_POLICY) -> Policy:
    """Make a data directory: policy, keys, database, the ledger's first entry. All of it, or nothing.

    Raises Conflict where something is there already, PolicyError for a policy that does not read.
    """
    directory = directory.absolute()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise Conflict("there is something here already", where=str(directory), cure="name a new directory")
    data = policy_file.read_bytes()
    policy = read_policy(data)
    fresh = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    try:
        _make(fresh, data, policy)
        if directory.exists():
            directory.rmdir()
        fresh.rename(directory)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return policy


def _make(directory: Path, policy_data: bytes, policy: Policy) -> None:
    directory.mkdir(mode=0o700, parents=True)
    (directory / "policy.toml").write_bytes(policy_data)
    keyrings = _new_keyrings(policy)
    (directory / "keys").mkdir(mode=0o700)
    for name, keyring in keyrings.items():
        _write_private(directory / "keys" / f"{name}.key", keyring.to_bytes(_passphrase(), secrets.token_bytes))
    key = _verifier_key(keyrings["ledger"])
    (directory / "ledger").mkdir(mode=0o700)
    (directory / "ledger" / "verifier.key").write_text(f"{key}\n")
    owner = keyrings[_OWNER].secret("database")
    server.create(directory / "postgres", owner)
    with server.running(directory / "postgres") as host:
        passwords = {role: keyrings[role].secret("database") for role in ROLES}
        provision(Database(host), server.SUPERUSER, owner, passwords)
    with Solely(directory) as solely:
        solely.note_policy()


def _new_keyrings(policy: Policy) -> dict[str, Keyring]:
    keyrings = {}
    for name in (*ROLES, _OWNER):
        purposes = [p.name for p in policy.purposes.values() if p.compartment == name]
        keyring = new_keyring(name, purposes, secrets.token_bytes)
        keyrings[name] = keyring.with_secret("database", secrets.token_urlsafe(32))
    keyrings["advertising"] = keyrings["advertising"].with_secret("noise", secrets.token_hex(32))
    keyrings["ledger"] = keyrings["ledger"].with_secret("origin", f"solely.local/{secrets.token_hex(8)}")
    return keyrings


def _verifier_key(keyring: Keyring) -> VerifierKey:
    return VerifierKey(keyring.secret("origin"), keyring.ledger().public_key)


def _write_private(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


class Solely:
    """One data directory at work. A context manager: inside it the database runs.

    Each part gets the connection and the capabilities of its own compartment; none gets a keyring.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], datetime] = _now) -> None:
        """Raises NotFound where `directory` is none that `init` made."""
        self.directory, self.clock = directory.absolute(), clock
        if not (self.directory / "policy.toml").exists():
            raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
        self.policy = read_policy((self.directory / "policy.toml").read_bytes())
        self._stack = ExitStack()
        self._database: Database | None = None

    def __enter__(self) -> Self:
        """Start the database, and refuse to go on behind the ledger's anchor."""
        self._database = Database(self._stack.enter_context(server.running(self.directory / "postgres")))
        try:
            self._check_anchor()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign what was written, keep the checkpoint outside the database, stop the database."""
        try:
            self._checkpoint()
        finally:
            self._stack.close()

    # -- wiring

    def _keyring(self, name: str) -> Keyring:
        path = self.directory / "keys" / f"{name}.key"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise NotFound("its key file can't be read", where=str(path), cure="restore it from its backup") from error
        return Keyring.from_bytes(data, _passphrase())

    def _login(self, role: str) -> psycopg.Connection:
        assert self._database is not None, "used outside its with block"
        connection = self._database.login(role, self._keyring(role).secret("database"))
        return self._stack.enter_context(connection)

    @cached_property
    def _ledger_keyring(self) -> Keyring:
        return self._keyring("ledger")

    @cached_property
    def _ledger(self) -> psycopg.Connection:
        return self._login("ledger")

    @cached_property
    def _pen(self) -> Pen:
        return Pen(self._ledger_keyring.ledger().mac, self.policy.digest, SOFTWARE, secrets.token_bytes)

    @cached_property
    def _gate(self) -> Gate:
        return Gate(self._ledger, self._pen, self.clock)

    @cached_property
    def desk(self) -> Desk:
        """The desk, with each compartment's intake in this process."""
        intakes: dict[Compartment, Intake] = {
            name: open_intake(name, self._keyring(name), secrets.token_bytes) for name in COMPARTMENTS
        }
        return Desk(self._login("desk"), intakes, self._pen, self.policy)

    @cached_property
    def audiences(self) -> Audiences:
        """The advertising side, with its own role and tokenisers and nothing else."""
        keyring = self._keyring("advertising")
        return Audiences(
            connection=self._login("advertising"),
            tokenisers={purpose: Tokeniser(keyring.tokeniser(purpose)) for purpose in keyring.purposes},
            gate=self._gate,
            policy=self.policy,
            folder=self.directory / "advertising" / "index",
            noise_key=bytes.fromhex(keyring.secret("noise")),
            threads=os.cpu_count() or 1,
            new_id=uuid.uuid4,
        )

    # -- verbs

    def note_policy(self) -> int:
        """Write the policy's digest into the ledger; returns the entry's sequence."""
        return self._gate.write_down(
            Words("policy", "operator", details=MappingProxyType({"policy": self.policy.digest}))
        )

    def give(self, row: Mapping[str, str], notice: Notice) -> Given:
        """Record one giving; see `Desk.give`."""
        return self.desk.give(row, notice, self.clock())

    def give_file(
        self,
        path: Path,
        notices: Path | None = None,
        *,
        on_refused: Callable[[int, str], None] = lambda _number, _reason: None,
        on_progress: Callable[[Given], None] = lambda _given: None,
    ) -> Given:
        """Record a file of givings; notices are by default in `notices/` beside it. See `give.file.give_file`."""
        known = read_notices(notices or path.parent / "notices")
        processes = os.cpu_count() or 1
        return give_file(
            self.desk, path, known, self.clock(), processes=processes, on_refused=on_refused, on_progress=on_progress
        )

    def withdraw(self, subject: str, purpose: str, kind: str | None = None) -> int:
        """End a subject's standing givings for a purpose; returns how many. See `Desk.withdraw`."""
        return self.desk.withdraw(subject, purpose, kind, self.clock())

    def match(  # noqa: PLR0913 - each is one of the command's options
        self,
        path: Path,
        advertiser: str,
        audience: str,
        purpose: str = "tailored-audiences",
        *,
        country: str | None = None,
        columns: Mapping[int, str] | None = None,
        rejects: TextIO | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Matched:
        """Match a customer list for an audience: the main job. See `Audiences.match`."""
        self.audiences.allow(advertiser, audience, purpose)
        reading = read_list(path, country=country, columns=columns, rejects=rejects, progress=progress)
        return self.audiences.match(reading, advertiser, audience, purpose, self.clock())

    def members(self, advertiser: str, audience: str) -> list[str]:
        """The subjects of an audience, sorted, for the officer: a disclosure, in the ledger before it is made."""
        members = self.audiences.members(advertiser, audience, self.clock())
        words = Words(
            "disclosure",
            "officer",
            ids=np.array(members, np.uint64),
            details=MappingProxyType({"of": "audience members", "advertiser": advertiser, "audience": audience}),
        )
        self._gate.write_down(words)
        pseudonyms = advertising.pseudonyms_of(self.audiences.connection, members)
        return registry.subjects_of(self._registry, "advertising", pseudonyms)

    @cached_property
    def _registry(self) -> psycopg.Connection:
        return self._login("registry")

    def counts(self) -> dict[str, tuple[int, int]]:
        """By purpose: givings, and how many of them ended."""
        return registry.counts(self._registry)

    # -- ledger

    def verify_ledger(self) -> Verified:
        """Recompute the ledger from its stored bytes, against the anchor and with each entry's MAC."""
        bodies, beside = itertools.tee(ledger.records(self._ledger))  # read in step, so nothing piles up
        return verify_log(
            (record.body for record in bodies),
            ledger.checkpoints(self._ledger),
            key=self._verifier(),
            anchor=self._anchor(),
            macs=(record.mac for record in beside),
            mac=self._ledger_keyring.ledger().mac,
        )

    def _verifier(self) -> VerifierKey:
        return _verifier_key(self._ledger_keyring)

    @property
    def _anchor_path(self) -> Path:
        return self.directory / "ledger" / "checkpoint"

    def _anchor(self) -> str | None:
        return self._anchor_path.read_text() if self._anchor_path.exists() else None

    def _check_anchor(self) -> None:
        """Refuse to go on where the database holds less than the checkpoint kept outside it speaks of."""
        anchor = self._anchor()
        if anchor is None:
            return
        kept, stored = verify_checkpoint(anchor, self._verifier()).size, ledger.read_head(self._ledger).size
        if stored < kept:
            raise Tampered(
                f"the ledger has {stored} entries, and had {kept}",
                where=str(self._anchor_path),
                cure="the database is older than its checkpoint: restore a newer backup",
            )

    def _checkpoint(self) -> None:
        key = self._verifier()

        def sign(size: int, root: bytes) -> str:
            return sign_checkpoint(Checkpoint(key.name, size, root), key, self._ledger_keyring.ledger().sign)

        note = ledger.checkpoint(self._ledger, self._ledger_keyring.ledger(), sign)
        if note is not None and note != self._anchor():
            ledger.keep_anchor(self._anchor_path, note)
