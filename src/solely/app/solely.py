"""One data directory at work: each part wired to its own connection and capabilities, and the verbs."""

from __future__ import annotations

import itertools
import re
import secrets
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self, TextIO

import numpy as np
import psycopg

from solely.app.directory import read_keyring, verifier_key
from solely.app.environment import cores, now
from solely.app.fetch import from_folder
from solely.app.publish import Published, publish
from solely.app.verification import open_post, open_security, settings_in
from solely.app.witness_settings import witness_settings_in
from solely.app.witnesses import Alarm, Witnesses
from solely.audiences.lists import read_list
from solely.audiences.match import Audiences, Matched, Target
from solely.consent import Giving, Notice
from solely.errors import BadInput, Conflict, NotFound, Tampered
from solely.gate import Gate
from solely.give import Desk, Given, Intake
from solely.give.file import give_file, read_notices
from solely.give.intake import open_intake
from solely.keys import Keyring
from solely.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    sign_checkpoint,
    verify_checkpoint,
)
from solely.ledger.proof import Verified, verify_log
from solely.ledger.receipt import receipt_from
from solely.purpose import COMPARTMENTS, Compartment, read_policy
from solely.store import advertising, ledger, registry, server
from solely.store.database import Database
from solely.store.ledger import Pen, Words
from solely.tokens import Tokeniser
from solely.verification import Verification

__all__ = ["Solely"]

SOFTWARE = version("solely")
_IMPORT = re.compile(r"[\w][\w.\-]{0,63}")


class Solely:
    """One data directory at work. A context manager: inside it the database runs.

    Each part gets the connection and the capabilities of its own compartment; none gets a keyring.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], datetime] = now) -> None:
        """Raises NotFound where `directory` is none that `init` made."""
        self.directory, self.clock = directory.absolute(), clock
        if not (self.directory / "policy.toml").exists():
            raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
        self.policy = read_policy((self.directory / "policy.toml").read_bytes())
        self._stack = ExitStack()
        self._database: Database | None = None
        self.alarm: Alarm | None = None

    def __enter__(self) -> Self:
        """Start the database, and refuse to go on behind the ledger's anchor, or behind a witness it requires."""
        self._database = Database(self._stack.enter_context(server.running(self.directory / "postgres")))
        try:
            self._check_anchor()
            self._check_witnesses()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign what was written, keep the checkpoint outside the database, stop the database.

        After that, `alarm` says whether the ledger's witnesses left too few cosignatures under it.
        """
        try:
            if not isinstance(error, Tampered):
                self._checkpoint()
        finally:
            self._stack.close()

    # -- wiring

    def _login(self, keyring: Keyring) -> psycopg.Connection:
        """A connection as the role whose keyring it is: opening one under a passphrase is slow by design."""
        assert self._database is not None, "used outside its with block"
        connection = self._database.login(keyring.compartment, keyring.secret("database"))
        return self._stack.enter_context(connection)

    @cached_property
    def _ledger_keyring(self) -> Keyring:
        return read_keyring(self.directory, "ledger")

    @cached_property
    def _ledger(self) -> psycopg.Connection:
        return self._login(self._ledger_keyring)

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
            name: open_intake(name, read_keyring(self.directory, name), secrets.token_bytes) for name in COMPARTMENTS
        }
        return Desk(self._login(read_keyring(self.directory, "desk")), intakes, self._pen, self.policy)

    @cached_property
    def audiences(self) -> Audiences:
        """The advertising side, with its own role and tokenisers and nothing else."""
        keyring = read_keyring(self.directory, "advertising")
        return Audiences(
            connection=self._login(keyring),
            tokenisers={purpose: Tokeniser(keyring.tokeniser(purpose)) for purpose in keyring.purposes},
            gate=self._gate,
            policy=self.policy,
            folder=self.directory / "advertising" / "index",
            noise_key=bytes.fromhex(keyring.secret("noise")),
            threads=cores(),
            new_id=uuid.uuid4,
        )

    @cached_property
    def verification(self) -> Verification:
        """Two-step verification, with the security role and its capabilities; for one thread at a time."""
        return self.new_verification()

    def new_verification(self) -> Verification:
        """Another one, with connections of its own: each thread takes one."""
        keyring = read_keyring(self.directory, "security")
        gate = Gate(self._login(self._ledger_keyring), self._pen, self.clock)
        settings = settings_in(self.directory)
        post = open_post(self.directory, settings, self.clock)
        security = open_security(keyring, self._login(keyring), gate, settings, post, self.clock)
        desk = replace(self.desk, connection=self._login(read_keyring(self.directory, "desk")))
        return Verification(
            security,
            find=lambda subjects: desk.find(subjects, "security"),
            make=lambda subject: desk.introduce(subject, "security"),
            subject_of=lambda pseudonym: registry.subjects_of(self._registry, "security", [pseudonym])[0],
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
        imported: str | None = None,
        on_refused: Callable[[int, str], None] = lambda _number, _reason: None,
        on_progress: Callable[[Given], None] = lambda _given: None,
    ) -> Given:
        """Record a file of givings; notices are by default in `notices/` beside it. See `give.file.give_file`.

        The import is named by `imported`, or by the time and something random.
        """
        name = f"{self.clock():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}" if imported is None else imported
        if not _IMPORT.fullmatch(name):
            raise BadInput("not a name for an import", cure="up to 64 letters, digits, dots, dashes and underscores")
        return give_file(
            self.desk,
            path,
            read_notices(notices or path.parent / "notices"),
            self.clock(),
            imported=name,
            processes=cores(),
            on_refused=on_refused,
            on_progress=on_progress,
        )

    def standing(self, subject: str, purpose: str) -> list[Giving]:
        """A subject's givings for a purpose that stand; see `Desk.standing`."""
        return self.desk.standing(subject, purpose, self.clock())

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
        partner: str | None = None,
        country: str | None = None,
        columns: Mapping[int, str] | None = None,
        rejects: TextIO | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Matched:
        """Match a customer list for an audience: the main job. See `Audiences.match`.

        Raises Unavailable where the ledger's witnesses are required and too few cosigned it.
        """
        self._witnesses.require()
        target = Target(advertiser, audience, partner)
        self.audiences.allow(target, purpose)
        reading = read_list(path, country=country, columns=columns, rejects=rejects, progress=progress)
        return self.audiences.match(reading, target, purpose, self.clock())

    def members(self, advertiser: str, audience: str) -> list[str]:
        """The subjects of an audience, sorted, for the officer: a disclosure, in the ledger before it is made.

        Raises Unavailable where the ledger's witnesses are required and too few cosigned it.
        """
        self._witnesses.require()
        members = self.audiences.members(advertiser, audience, self.clock())
        words = Words(
            "disclosure",
            "officer",
            ids=np.array(members, np.uint64),
            details=MappingProxyType({"of": "audience members", "advertiser": advertiser, "audience": audience}),
            keep=True,
            concerns=Target(advertiser, audience).concerns,
        )
        self._gate.write_down(words)
        pseudonyms = advertising.pseudonyms_of(self.audiences.connection, members)
        return registry.subjects_of(self._registry, "advertising", pseudonyms)

    @cached_property
    def _registry(self) -> psycopg.Connection:
        return self._login(read_keyring(self.directory, "registry"))

    def counts(self) -> dict[str, tuple[int, int]]:
        """By purpose: givings, and how many of them ended."""
        return registry.counts(self._registry)

    # -- ledger

    def verify_ledger(self) -> Verified:
        """Recompute the ledger from its stored bytes, against the anchor and with each entry's MAC."""
        with closing(ledger.records(self._ledger)) as stored:
            bodies, beside = itertools.tee(stored)  # read in step, so nothing piles up
            return verify_log(
                (record.body for record in bodies),
                ledger.checkpoints(self._ledger),
                key=self._verifier(),
                anchor=self._anchor(),
                macs=(record.mac for record in beside),
                mac=self._ledger_keyring.ledger().mac,
            )

    def sign_ledger(self) -> str:
        """Sign what was written; returns the newest signed head. Raises NotFound where nothing was written yet."""
        self._checkpoint()
        note = self._anchor()
        if note is None:
            raise NotFound("nothing was written yet", where="ledger")
        return note

    def publish(self, folder: Path | None = None) -> Published:
        """Sign what was written, and bring a folder of static files up to it; by default `ledger/public`.

        Raises Tampered where that folder tells another history. See `publish.publish`.
        """
        if folder is not None and folder.absolute() == self._anchor_path.parent:
            raise Conflict("the ledger's own folder", where=str(folder), cure="publish to another")
        return publish(self._bodies, self.sign_ledger, self._verifier(), folder or self._public)

    def prove(self, sequence: int) -> str:
        """An entry's receipt, under the newest signed head; brings `ledger/public` up to it first.

        Raises NotFound where there is no such entry, Tampered where what is published was changed.
        """
        self.publish()
        return receipt_from(from_folder(self._public), self._verifier(), sequence)

    def _bodies(self, first: int) -> Generator[bytes]:
        with closing(ledger.records(self._ledger, first)) as stored:
            for record in stored:
                yield record.body

    @property
    def _public(self) -> Path:
        return self.directory / "ledger" / "public"

    def _verifier(self) -> VerifierKey:
        return verifier_key(self._ledger_keyring)

    @property
    def _anchor_path(self) -> Path:
        return self.directory / "ledger" / "checkpoint"

    def _anchor(self) -> str | None:
        return self._anchor_path.read_text() if self._anchor_path.exists() else None

    def _check_anchor(self) -> None:
        """Refuse to go on where the database holds less than the checkpoint kept outside it speaks of."""
        anchor, stored = self._anchor(), ledger.read_head(self._ledger).size
        if anchor is None:
            if stored:
                what, cure = (
                    "the ledger's newest checkpoint is missing",
                    "restore the file: it shows that nothing was cut",
                )
                raise Tampered(what, where=str(self._anchor_path), cure=cure)
            return
        kept = verify_checkpoint(anchor, self._verifier()).size
        if stored < kept:
            raise Tampered(
                f"the ledger has {stored} entries, and had {kept}",
                where=str(self._anchor_path),
                cure="the database is older than its checkpoint: restore a newer backup",
            )

    def _check_witnesses(self) -> None:
        """Where witnesses are required: sign what a kill left unsigned, and compare with what they remember."""
        if self._witnesses.settings.required:
            self._checkpoint()
            self._witnesses.compare()

    @cached_property
    def _witnesses(self) -> Witnesses:
        return Witnesses(
            witness_settings_in(self.directory),
            self._verifier(),
            self._anchor_path,
            grown=lambda old, new: ledger.growth(self._ledger, old, new),
            stored=lambda: ledger.read_head(self._ledger).size,
        )

    def _checkpoint(self) -> None:
        key = self._verifier()

        def sign(size: int, root: bytes) -> str:
            note = sign_checkpoint(Checkpoint(key.name, size, root), key, self._ledger_keyring.ledger().sign)
            return self._witnesses.cosign(note)

        ledger.checkpoint(self._ledger, self._ledger_keyring.ledger(), sign)
        ledger.keep_anchor(self._ledger, self._anchor_path)
        self.alarm = self._witnesses.settle()
