"""The parts of one data directory at work, each wired to its own connection and capabilities.

None gets a keyring. A part is made when it is first used, and all are for one thread at a time: each thread takes
parts of its own.
"""

from __future__ import annotations

import secrets
import uuid
from contextlib import ExitStack
from functools import cached_property
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Self

import psycopg

from solely.answer.question import Question
from solely.answer.sources import Sources
from solely.app.affected import Affected
from solely.app.environment import cores
from solely.app.ground import Ground
from solely.app.signed import SignedLedger
from solely.audiences.match import Audiences
from solely.gate import Gate, LedgerGate
from solely.give import Desk, Intake
from solely.give.intake import open_intake
from solely.ledger.log import macs_by
from solely.purpose import COMPARTMENTS, Compartment
from solely.store import registry
from solely.store.entries import Entries
from solely.store.evidence import Evidence
from solely.store.ledger import Pen
from solely.tokens import Tokeniser

if TYPE_CHECKING:  # what few commands need, and what takes a while to load
    from solely.answer.incidents import Incidents
    from solely.verification import Verification

__all__ = ["SOFTWARE", "Parts"]

SOFTWARE = version("solely")


class Parts:
    """A context manager: at its end every connection is closed."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def login(self, name: str) -> psycopg.Connection:
        """Another connection as the role of that key file, closed with the rest."""
        password = self.ground.keyring(name).secret("database")
        return self._stack.enter_context(self.ground.database.login(name, password))

    @cached_property
    def pen(self) -> Pen:
        """The capability to append to the ledger."""
        mac = self.ground.keyring("ledger").ledger().mac
        return Pen(macs_by(mac), self.ground.policy.digest, SOFTWARE, secrets.token_bytes)

    @cached_property
    def gate(self) -> Gate:
        """The way to the ledger for what is done with contacts."""
        return LedgerGate(self.login("ledger"), self.pen, self.ground.clock)

    @cached_property
    def desk(self) -> Desk:
        """The desk, with each compartment's intake."""
        intakes: dict[Compartment, Intake] = {
            name: open_intake(name, self.ground.keyring(name), secrets.token_bytes) for name in COMPARTMENTS
        }
        return Desk(self.login("desk"), intakes, self.pen, self.ground.policy)

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
        keyring = self.ground.keyring("security")
        return Verification(
            open_security(keyring, self.login("security"), self.gate, settings, post, clock),
            find=lambda subjects: self.desk.find(subjects, "security"),
            make=lambda subject: self.desk.introduce(subject, "security"),
            subject_of=lambda pseudonym: registry.subjects_of(self.registry, "security", [pseudonym])[0],
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
        return Entries(self.login("ledger"), self.ground.keyring("ledger").ledger().mac)

    @cached_property
    def evidence(self) -> Evidence:
        """The evidence of matches as the answers read it."""
        return Evidence(self.login("advertising"))

    def affected(self, question: Question) -> Affected:
        """Exactly the subjects whose givings were used so; what is told is written down before.

        Raises Unavailable where the ledger's witnesses are required and too few cosigned it.
        """
        self.signed.witnesses.require()
        return Affected(self.sources, question, self.gate.write_down)

    @cached_property
    def incidents(self) -> Incidents:
        """What should not have been: who is affected, what is stopped, who is told."""
        from solely.app.incidents import open_incidents  # noqa: PLC0415 - see above

        return open_incidents(self)

    @cached_property
    def signed(self) -> SignedLedger:
        """The ledger's signer."""
        return SignedLedger(self.ground.directory, self.ground.keyring("ledger"), self.login("ledger"))
