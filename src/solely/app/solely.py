"""One data directory at work: each part wired to its own connection and capabilities, and the verbs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from solely.answer.question import Question
from solely.app.affected import Affected
from solely.app.beside import Beside
from solely.app.environment import cores, now
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.app.publish import Published
from solely.app.recompute import Seen
from solely.app.serving.reach import reached
from solely.app.signed import SignedLedger
from solely.app.starting import erase_again, note_new_policy, note_policy
from solely.app.uses import Shown, show
from solely.app.witnesses import Alarm
from solely.audiences.lists import read_list
from solely.audiences.match import Audiences, Matched, Target
from solely.consent import Giving, Notice
from solely.errors import BadInput, NotFound, Tampered
from solely.give import Desk, Given
from solely.give.file import give_file, read_notices
from solely.ledger.proof import Verified
from solely.principal import Operator
from solely.purpose import read_policy
from solely.store import registry

if TYPE_CHECKING:  # what few commands need, and what takes a while to load
    from solely.answer.incidents import Incidents
    from solely.verification import Verification

__all__ = ["Solely"]

_IMPORT = re.compile(r"[\w][\w.\-]{0,63}")


class Solely:
    """One data directory at work. A context manager: inside it the database runs.

    Each part gets the connection and the capabilities of its own compartment; none gets a keyring.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], datetime] = now, signs: bool = True) -> None:
        """With `signs`, what is written is signed within a second; else once it is closed, or `sign_ledger` is called.

        Raises NotFound where `directory` is none that `init` made.
        """
        self.directory, self.clock, self._signs = directory.absolute(), clock, signs
        if not (self.directory / "policy.toml").exists():
            raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
        self.policy = read_policy((self.directory / "policy.toml").read_bytes())
        self._stack = ExitStack()
        self._ground: Ground | None = None

    def __enter__(self) -> Self:
        """Start the database, and refuse to go on behind the ledger's anchor, or behind a witness it requires."""
        database = self._stack.enter_context(reached(self.directory))
        self._ground = Ground(self.directory, database, self.policy, self.clock)
        try:
            self.parts.signed.check()
            erase_again(self.parts)
            note_new_policy(self.parts)
            if self._signs:
                self._stack.enter_context(Beside(lambda: self._beside(SignedLedger.checkpoint_at_once)))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign what was written, keep the checkpoint outside the database, stop the database."""
        try:
            if not isinstance(error, Tampered):
                self.parts.signed.checkpoint()
        finally:
            self._stack.close()

    # -- wiring

    @property
    def ground(self) -> Ground:
        """What this process stands on. Only inside the with block."""
        assert self._ground is not None, "used outside its with block"
        return self._ground

    @property
    def parts(self) -> Parts:
        """The parts that the verbs below use, from the key files as they are now: for one thread at a time."""
        return self._parts.renew()

    @cached_property
    def _parts(self) -> Parts:
        return self.new_parts()

    def new_parts(self) -> Parts:
        """Others, with connections of their own: each thread takes its own. They end with the with block."""
        return self._stack.enter_context(Parts(self.ground))

    @property
    def desk(self) -> Desk:
        """The desk, with each compartment's intake in this process."""
        return self.parts.desk

    @property
    def audiences(self) -> Audiences:
        """The advertising side, with its own role and tokenisers and nothing else."""
        return self.parts.audiences

    @property
    def verification(self) -> Verification:
        """Two-step verification, with the security role and its capabilities; for one thread at a time."""
        return self.parts.verification

    def new_verification(self) -> Verification:
        """Another one, with connections of its own: each thread takes one."""
        return self.new_parts().verification

    @property
    def incidents(self) -> Incidents:
        """What should not have been: who is affected, what is stopped, who is told; for the officer."""
        return self.parts.incidents

    # -- verbs

    def note_policy(self) -> int:
        """Write the policy's digest into the ledger; returns the entry's sequence."""
        return note_policy(self.parts)

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

    def erase(self, subject: str) -> None:
        """Erase a person, in every compartment, at once and for good; see `rights.erase`."""
        from solely.app.rights import erase  # noqa: PLC0415 - what few commands need, and what takes a while to load

        erase(self.parts, subject)

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
        self.parts.require_witnesses()
        target = Target(advertiser, audience, partner)
        self.audiences.allow(target, purpose)
        reading = read_list(path, country=country, columns=columns, rejects=rejects, progress=progress)
        return self.audiences.match(reading, target, purpose, self.clock())

    def members(self, advertiser: str, audience: str) -> list[str]:
        """The subjects of an audience, sorted, for the officer; by whom it may be asked: see `Disclosures.members`."""
        return self.parts.disclosures.members(Operator(), advertiser, audience)

    def uses(self, subject: str, *, receipts: Path | None = None) -> Shown:
        """All that was done with a subject's contacts, for that person; proofs of it in a new folder `receipts`."""
        return show(self.parts.sources, subject, receipts, self.prove)

    def affected(self, question: Question) -> Affected:
        """Exactly the subjects whose givings were used so, for the officer; see `Disclosures.affected`."""
        return self.parts.disclosures.affected(Operator(), question)

    def affected_by(self, incident: str) -> Affected:
        """The same for what an incident asks; see `Disclosures.affected_by`."""
        return self.parts.disclosures.affected_by(Operator(), incident)

    def counts(self) -> dict[str, tuple[int, int]]:
        """By purpose: givings, and how many of them ended."""
        return registry.counts(self.parts.registry)

    # -- ledger

    def verify_ledger(self, seen: Seen | None = None) -> Verified:
        """Recompute the ledger from its stored bytes, against the anchor and with each entry's MAC.

        `seen` is told now and then how many entries are checked.
        """
        return self.parts.signed.verify(seen)

    def sign_ledger(self) -> str:
        """Sign what was written; returns the newest signed head. Raises NotFound where nothing was written yet."""
        return self.parts.signed.sign()

    def publish(self, folder: Path | None = None, seen: Seen = lambda _size: None) -> Published:
        """Sign what was written, and bring a folder of static files up to it; by default `ledger/public`.

        Raises Tampered where that folder tells another history. See `publish.publish`.
        """
        return self.parts.signed.publish(folder, seen)

    @property
    def public(self) -> Path:
        """The folder where the ledger is published."""
        return self.parts.signed.public

    def publishing(self) -> Beside:
        """While it is open, `ledger/public` is brought up to each new signed head, within a second."""
        self.publish()
        return Beside(lambda: self._beside(SignedLedger.publish_at_once))

    @contextmanager
    def _beside(self, act: Callable[[SignedLedger], None]) -> Iterator[Callable[[], None]]:
        """An act of the ledger's signer by a connection of its own: it is used in another thread, and closed there."""
        with Parts(self.ground) as parts:
            yield partial(act, parts.signed)

    def prove(self, sequence: int) -> str:
        """An entry's receipt, under the newest signed head; brings `ledger/public` up to it first.

        Raises NotFound where there is no such entry, Tampered where what is published was changed.
        """
        return self.parts.prove(sequence)

    @property
    def alarm(self) -> Alarm | None:
        """Whether the ledger's witnesses left too few cosignatures under its newest head, when last asked."""
        return self.parts.signed.alarm if "signed" in vars(self.parts) else None
