"""One directory's ledger as its signer holds it: signed, witnessed, anchored, published, proven.

It has a connection of its own and is for one thread at a time; whoever signs beside the work takes another one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import cached_property
from pathlib import Path

import psycopg

from solely.app.directory import verifier_key
from solely.app.fetch import from_folder
from solely.app.publish import Published, publish
from solely.app.recompute import Seen
from solely.app.witness_settings import witness_settings_in
from solely.app.witnesses import Alarm, Witnesses
from solely.errors import Conflict, NotFound, Tampered
from solely.keys import Keyring
from solely.ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from solely.ledger.proof import Verified, verify_log
from solely.ledger.receipt import receipt_from
from solely.ledger.tiles import CHECKPOINT
from solely.store import ledger

__all__ = ["SignedLedger"]


class SignedLedger:
    """The ledger's role at work. `alarm` says whether witnesses left too few cosignatures, when last asked."""

    def __init__(self, directory: Path, keyring: Keyring, connection: psycopg.Connection) -> None:
        self._keyring, self._connection = keyring, connection
        self._folder = directory / "ledger"
        self._key = verifier_key(keyring)
        self._settings = witness_settings_in(directory)
        self.alarm: Alarm | None = None

    def check(self) -> None:
        """Raise Tampered where the database is behind the anchor, or behind a witness that is required."""
        self._check_anchor()
        if self._settings.required:
            self.checkpoint()  # what a kill left unsigned
            self.witnesses.compare()

    def checkpoint(self) -> None:
        """Sign what is durable and not yet signed, have it witnessed, keep it outside the database."""
        self._sign(self.witnesses.cosign)
        self.alarm = self.witnesses.settle()

    def checkpoint_at_once(self) -> None:
        """The same, but our own signature is kept before a witness is asked: none can hold it up."""
        if ledger.unsigned(self._connection):
            self._sign(lambda note: note)
            self.alarm = self.witnesses.settle()

    def sign(self) -> str:
        """The newest signed head, once what was written is signed. Raises NotFound where nothing was written yet."""
        self.checkpoint()
        note = self._anchor()
        if note is None:
            raise NotFound("nothing was written yet", where="ledger")
        return note

    def head(self) -> tuple[Checkpoint, str]:
        """The newest signed head, and its note as it is kept outside the database: what was written is signed soon.

        Raises NotFound where nothing was signed yet.
        """
        note = self._anchor()
        if note is None:
            raise NotFound("nothing was signed yet", where="ledger", cure="ask again in a second")
        return verify_checkpoint(note, self._key), note

    def verify(self, seen: Seen | None = None) -> Verified:
        """Recompute the ledger from its stored bytes, against the anchor and with each entry's MAC.

        `seen` is told now and then how many entries are checked.
        """
        anchor = self._anchor()  # before the first look at the database: it is never ahead of it
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # others go on writing
            with closing(ledger.records(self._connection)) as stored:
                bodies, beside = itertools.tee(stored)  # read in step, so nothing piles up
                proven = verify_log(
                    (record.body for record in bodies),
                    ledger.checkpoints(self._connection),
                    key=self._key,
                    anchor=anchor,
                    macs=(record.mac for record in beside),
                    mac=self._keyring.ledger().mac,
                    seen=seen,
                )
            ledger.check_rows(self._connection, proven.size, proven.root)
        return proven

    def publish(self, folder: Path | None = None, seen: Seen = lambda _size: None) -> Published:
        """Sign, and bring a folder of static files up to it; by default `ledger/public`. See `publish.publish`."""
        if folder is not None and folder.absolute() == self._folder:
            raise Conflict("the ledger's own folder", where=str(folder), cure="publish to another")
        return publish(self._bodies, self.sign, self._key, folder or self.public, seen)

    def publish_at_once(self) -> None:
        """Bring `ledger/public` up to the newest signed head, where it is not there yet."""
        note = self._anchor()
        if note is not None and from_folder(self.public)(CHECKPOINT) != note.encode():
            publish(self._bodies, lambda: note, self._key, self.public)

    def prove(self, sequence: int) -> str:
        """An entry's receipt; see `prove_all`."""
        return next(self.prove_all([sequence]))

    def prove_all(self, sequences: Iterable[int]) -> Generator[str]:
        """Entries' receipts, in that order, under the newest signed head; brings `ledger/public` up to it first."""
        self.publish()
        published = from_folder(self.public)
        for sequence in sequences:
            yield receipt_from(published, self._key, sequence)

    @cached_property
    def witnesses(self) -> Witnesses:
        return Witnesses(
            self._settings,
            self._key,
            self._anchor_path,
            grown=lambda old, new: ledger.growth(self._connection, old, new),
            stored=lambda: ledger.read_head(self._connection).size,
        )

    def _bodies(self, first: int) -> Generator[bytes]:
        with closing(ledger.records(self._connection, first)) as stored:
            for record in stored:
                yield record.body

    def _sign(self, cosign: Callable[[str], str]) -> None:
        keys = self._keyring.ledger()

        def sign(size: int, root: bytes) -> str:
            return cosign(sign_checkpoint(Checkpoint(self._key.name, size, root), self._key, keys.sign))

        ledger.checkpoint(self._connection, keys, sign)
        ledger.keep_anchor(self._connection, self._anchor_path)

    @property
    def public(self) -> Path:
        return self._folder / "public"

    @property
    def _anchor_path(self) -> Path:
        return self._folder / "checkpoint"

    def _anchor(self) -> str | None:
        return self._anchor_path.read_text() if self._anchor_path.exists() else None

    def _check_anchor(self) -> None:
        """Refuse to go on where the database holds less than the checkpoint kept outside it speaks of."""
        anchor, stored = self._anchor(), ledger.read_head(self._connection).size
        if anchor is None:
            if stored:
                what = "the ledger's newest checkpoint is missing"
                cure = "restore the file: it shows that nothing was cut"
                raise Tampered(what, where=str(self._anchor_path), cure=cure)
            return
        kept = verify_checkpoint(anchor, self._key).size
        if stored < kept:
            raise Tampered(
                f"the ledger has {stored} entries, and had {kept}",
                where=str(self._anchor_path),
                cure="the database is older than its checkpoint: restore a newer backup",
            )
