"""The parts of one data directory at work, each wired to its own connection and capabilities.

None gets a keyring. A part is made when it is first used, and all are for one thread at a time: each thread takes
parts of its own.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

import psycopg
from pyroaring import BitMap

from solely.answer.question import Question
from solely.answer.sources import Sources
from solely.app.affected import Affected
from solely.app.environment import cores
from solely.app.ground import Ground
from solely.app.signed import SignedLedger
from solely.audiences.match import Audiences
from solely.errors import NotFound
from solely.gate import Gate, LedgerGate
from solely.give import Desk, Intake
from solely.give.intake import open_intake
from solely.ledger.log import macs_by
from solely.links.answers import FarEntries, FarEvidence
from solely.links.client import LONG
from solely.links.giving import FarIntake, Names, far_names
from solely.links.ledger import FarGate, far_macs
from solely.purpose import COMPARTMENTS, Compartment
from solely.store import registry
from solely.store.database import answering
from solely.store.entries import Entries
from solely.store.evidence import Evidence
from solely.store.ledger import Pen
from solely.tokens import Tokeniser

if TYPE_CHECKING:  # what few commands need, and what takes a while to load
    from solely.answer.incidents import Incidents
    from solely.app.disclosures import Disclosures
    from solely.verification import Verification

__all__ = ["SOFTWARE", "Parts"]

SOFTWARE = version("solely")
Made = TypeVar("Made")


class Parts:
    """A context manager: at its end every connection is closed."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._stack = ExitStack()
        self._stamps = ground.stamps()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._stack.close()

    def renew(self) -> Self:
        """Call it before each use.

        Where a key file was written anew, or a connection broke, all parts are closed, and made again.
        """
        written = self.ground.stamps()
        if written != self._stamps or any(one.broken for one in self._logins):
            self._stack.close()
            for made in vars(self).keys() - {"ground", "_stack", "_stamps"}:
                del vars(self)[made]
            self._stamps = written
        return self

    @cached_property
    def _logins(self) -> list[psycopg.Connection]:
        return []

    def keep(self, name: object, make: Callable[[], Made]) -> Made:
        """What is made from these parts once, under that name, and again when they are."""
        if name not in self._kept:
            self._kept[name] = make()
        found: Made = self._kept[name]
        return found

    @cached_property
    def _kept(self) -> dict[object, Any]:
        return {}

    def enter(self, context: AbstractContextManager[Made]) -> Made:
        """What a context gives, left with the rest."""
        return self._stack.enter_context(context)

    def login(self, name: str) -> psycopg.Connection:
        """Another connection as the role of that key file, closed with the rest."""
        password = self.ground.keyring(name).secret("database")
        connection = self._stack.enter_context(self.ground.database.login(name, password))
        self._logins.append(connection)
        return connection

    @cached_property
    def pen(self) -> Pen:
        """The capability to append to the ledger."""
        links = self.ground.far("ledger")
        macs = far_macs(links) if links else macs_by(self.ground.keyring("ledger").ledger().mac)
        return Pen(macs, self.ground.policy.digest, SOFTWARE, secrets.token_bytes)

    @cached_property
    def gate(self) -> Gate:
        """The way to the ledger for what is done with contacts."""
        if links := self.ground.far("ledger"):
            return FarGate(links, self.ground.clock, self.ground.policy.digest, SOFTWARE)
        return LedgerGate(self.login("ledger"), self.pen, self.ground.clock)

    @cached_property
    def desk(self) -> Desk:
        """The desk, with each compartment's intake."""
        return Desk(
            self.login("desk"), {name: self.intake(name) for name in COMPARTMENTS}, self.pen, self.ground.policy
        )

    def intake(self, name: Compartment) -> Intake:
        """What takes a contact for a compartment."""
        if links := self.ground.far(name):
            return FarIntake(name, links)
        return open_intake(name, self.ground.keyring(name), secrets.token_bytes)

    def names(self, compartment: Compartment) -> Names:
        """The names by which a compartment knows its people."""
        if links := self.ground.far("registry"):
            return far_names(links)
        return Names(
            find=lambda subjects: self.desk.find(subjects, compartment),
            introduce=lambda subject: self.desk.introduce(subject, compartment),
            subject_of=lambda pseudonym: self._subject_of(compartment, pseudonym),
        )

    def _subject_of(self, compartment: Compartment, pseudonym: UUID) -> str:
        with answering():
            found = registry.subjects_of(self.registry, compartment, [pseudonym])
        if not found:
            raise NotFound("nobody is known here by that name", where=compartment)
        return found[0]

    @cached_property
    def audiences(self) -> Audiences:
        """The advertising side, with its own role and tokenisers and nothing else."""
        keyring = self.ground.keyring("advertising")
        return Audiences(
            connection=self.login("advertising"),
            tokenisers={purpose: Tokeniser(keyring.tokeniser(purpose)) for purpose in keyring.purposes},
            gate=self.gate,
            policy=self.ground.policy,
            folder=self.ground.directory / "advertising" / "index",
            noise_key=bytes.fromhex(keyring.secret("noise")),
            threads=cores(),
            new_id=uuid.uuid4,
        )

    @cached_property
    def verification(self) -> Verification:
        """Two-step verification, with the security role and its capabilities."""
        from solely.app.verification import open_post, open_security, settings_in  # noqa: PLC0415 - see above
        from solely.verification import Verification  # noqa: PLC0415

        directory, clock = self.ground.directory, self.ground.clock
        settings = settings_in(directory)
        post = open_post(directory, settings, clock)
        keyring, names = self.ground.keyring("security"), self.names("security")
        return Verification(
            open_security(keyring, self.login("security"), self.gate, settings, post, clock),
            find=names.find,
            make=names.introduce,
            subject_of=names.subject_of,
        )

    # -- for the officer and the person

    @cached_property
    def registry(self) -> psycopg.Connection:
        """The registry's role: who gave what for what, and no contact."""
        return self.login("registry")

    @cached_property
    def sources(self) -> Sources:
        """What answers are made from. The ledger by a connection of its own: the gate's must be in no transaction."""
        folder, purposes = self.ground.directory / "answers", frozenset(self.ground.policy.purposes)
        return Sources(self.registry, self.entries, self.evidence, folder, purposes)

    @cached_property
    def entries(self) -> Entries:
        """The ledger's entries as the answers read them."""
        if links := self.ground.far("ledger"):
            return FarEntries(links)
        return Entries(self.login("ledger"), self.ground.keyring("ledger").ledger().mac)

    @cached_property
    def evidence(self) -> Evidence:
        """The evidence of matches as the answers read it."""
        if links := self.ground.far("advertising"):
            return FarEvidence(links)
        return Evidence(self.login("advertising"))

    def members(self, advertiser: str, audience: str) -> BitMap:
        """The effective members of an audience, for the officer."""
        if links := self.ground.far("advertising"):
            found: BitMap = links.call("advertising", "members", advertiser, audience, wait=LONG)
            return found
        return self.audiences.members(advertiser, audience, self.ground.clock())

    def compact(self) -> None:
        """Have the indexes written without what ended: after an erasure."""
        if links := self.ground.far("advertising"):
            links.call("advertising", "compact", wait=LONG)
        else:
            self.audiences.compact()

    def require_witnesses(self) -> None:
        """Raise Unavailable where the ledger's witnesses are required and too few cosigned it."""
        if links := self.ground.far("ledger"):
            links.call("ledger", "witnessed")
        else:
            self.signed.witnesses.require()

    def prove(self, sequence: int) -> str:
        """An entry's receipt, under the newest signed head. See `SignedLedger.prove`."""
        return self.prove_all([sequence])[sequence]

    def prove_all(self, sequences: Sequence[int]) -> dict[int, str]:
        """Entries' receipts, by their places in the ledger. See `SignedLedger.prove_all`."""
        links = self.ground.far("ledger")
        receipts = links.stream("ledger", "prove", list(sequences)) if links else self.signed.prove_all(sequences)
        return dict(zip(sequences, receipts, strict=True))

    def verifier(self) -> str:
        """The key that the ledger's receipts are checked with."""
        if links := self.ground.far("ledger"):
            return str(links.call("ledger", "verifier"))
        return (self.ground.directory / "ledger" / "verifier.key").read_text(encoding="utf-8")

    def affected(self, question: Question) -> Affected:
        """Exactly the subjects whose givings were used so, for what tells nobody their names, as incidents do.

        Raises Unavailable where the ledger's witnesses are required and too few cosigned it.
        """
        self.require_witnesses()
        return Affected(self.sources, question, self.gate.write_down, lambda: None)

    @cached_property
    def disclosures(self) -> Disclosures:
        """People by name, for the officer."""
        from solely.app.disclosures import open_disclosures  # noqa: PLC0415 - see above

        return open_disclosures(self)

    @cached_property
    def incidents(self) -> Incidents:
        """What should not have been: who is affected, what is stopped, who is told."""
        from solely.app.incidents import open_incidents  # noqa: PLC0415 - see above

        return open_incidents(self)

    @cached_property
    def signed(self) -> SignedLedger:
        """The ledger's signer."""
        return SignedLedger(self.ground.directory, self.ground.keyring("ledger"), self.login("ledger"))
