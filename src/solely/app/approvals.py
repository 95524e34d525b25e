"""What takes two officers, in one compartment: one asks, another approves, it is open for a time, and ends by itself.

- Each step is in the ledger before it counts, and the approval before anything is opened under it. A break-glass has
  entries of its own type, and is announced.
- Whoever asked uses it; who approved can't use it, and nobody approves their own. What an officer asked for or
  approved ends when they are revoked.
- A reason is one of a closed list, with the reference of a case: nothing that a person typed freely is in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, get_args
from uuid import UUID

import numpy as np
import psycopg

from solely.app.parts import Parts
from solely.errors import BadInput, NotFound, Refused
from solely.gate import Gate
from solely.keys import Entropy
from solely.ledger.entry import EntryType
from solely.principal import TWO, Home, Operator, Principal
from solely.principal.who import check_name
from solely.store import approvals as store
from solely.store import registry
from solely.store.approvals import Approval
from solely.store.database import answering
from solely.store.ledger import Words

__all__ = ["MINUTES", "MOST_MINUTES", "REASONS", "Approvals", "Reason", "Wish", "person_in"]

Reason = Literal[
    "authority-request", "person-request", "security-incident", "data-breach", "legal-claim", "staff", "fault"
]
REASONS: tuple[Reason, ...] = get_args(Reason)
MINUTES, MOST_MINUTES = 60, 480
_SCOPE = re.compile(r"\w[\w ./\-]{0,129}")
_CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an officer asks for: an act of `TWO`, about a person (by pseudonym) or a scope; why, and for how long."""

    act: str
    scope: str | None = None
    person: UUID | None = None
    reason: str
    case: str
    minutes: int = MINUTES

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise BadInput("not a reason that is known", where="reason", cure=f"one of: {', '.join(REASONS)}")
        if not _CASE.fullmatch(self.case):
            what = "a case is named by 1 to 40 letters, digits, . _ / and -"
            raise BadInput(what, where="case", cure="give its reference, and no words about it")
        if not 0 < self.minutes <= MOST_MINUTES:
            raise BadInput(
                f"it is open for 1 to {MOST_MINUTES} minutes", where="minutes", cure="ask again when it ended"
            )


@dataclass(frozen=True, slots=True, repr=False)
class Approvals:
    """The approvals of one compartment, for one thread at a time. `announce` is told of each break-glass."""

    connection: psycopg.Connection
    home: Home
    gate: Gate
    clock: Callable[[], datetime]
    entropy: Entropy
    announce: Callable[[str], None]

    def ask(self, by: Principal, wish: Wish) -> Approval:
        """An officer asks; another approves within a day. Raises Refused, and BadInput for an act that needs no two."""
        _require(by, self.home)
        self._check(wish)
        new = Approval(
            approval=UUID(bytes=self.entropy(16), version=4),
            act=wish.act,
            scope=wish.scope,
            person=wish.person,
            reason=wish.reason,
            case_ref=wish.case,
            minutes=wish.minutes,
            asked_by=by.name,
            asked_at=self.clock(),
        )
        with answering(), self.connection.transaction():
            store.ask(self.connection, self.home, new)
            self._write_down(by, new, "asked")
        return new

    def approve(self, by: Principal, approval: UUID) -> Approval:
        """Another officer approves, and it is open from now on. Raises Refused for who asked, and after a day."""
        _require(by, self.home)
        with answering(), self.connection.transaction():
            made = store.approve(self.connection, self.home, approval, by.name, self.clock())
            if made is None:
                cure = "another officer than who asked approves, within a day"
                raise Refused("nothing waits for this officer", where="approval", cure=cure)
            self._write_down(by, made, "approved")
        self._announce(made, f"opened by {made.asked_by}, approved by {by.name}, until {_text(made.until)}")
        return made

    def end(self, by: Principal, approval: UUID) -> Approval:
        """Any officer ends what is asked for or open, at once. Raises NotFound where it is neither."""
        _require(by, self.home)
        with answering(), self.connection.transaction():
            ended = store.end(self.connection, self.home, approval, by.name, self.clock())
            if ended is None:
                raise NotFound("nothing of that id is asked for or open", where="approval", cure="list them first")
            self._write_down(by, ended, "ended")
        self._announce(ended, f"ended by {by.name}")
        return ended

    def list(
        self, by: Principal | Operator, last: int = 100, before: tuple[datetime, UUID] | None = None
    ) -> list[Approval]:
        """The newest so many, newest first, for every officer and auditor to see.

        `before`: of those asked for before one, by its time and id.
        """
        if isinstance(by, Principal):
            _require(by, self.home, "approvals.read")
        with answering():
            return store.every(self.connection, self.home, last, before)

    def show(self, by: Principal, approval: UUID) -> Approval:
        """One of them. Raises NotFound."""
        _require(by, self.home, "approvals.read")
        with answering():
            found = store.one(self.connection, self.home, approval)
        if found is None:
            raise NotFound("there is no approval of that id", where="approval", cure="list them first")
        return found

    def require_two(
        self,
        by: Principal | Operator,
        act: str,
        *,
        scope: str | None = None,
        person: UUID | None = None,
        since: datetime | None = None,
    ) -> Approval:
        """What opens an act to the officer who asked for it; that it is used is in the ledger when this returns.

        With `since`, what was approved before does not.

        Inside a transaction of the caller it counts only if that commits. Raises Refused where nothing is open.
        """
        if isinstance(by, Principal):
            _require(by, self.home)
        name = by.name if isinstance(by, Principal) else None
        about = (act, scope, person)
        with answering(), self.connection.transaction():
            once = TWO[self.home][act].once
            found = store.use(self.connection, self.home, about, by=name, once=once, now=self.clock(), since=since)
            if found is None:
                cure = "one asks, another approves: solely approval ask, or POST /v1/approvals"
                raise Refused("two officers have to agree to that first", where=act, cure=cure)
            self._write_down(by, found, "used")
        return found

    def end_of(self, by: Principal | Operator, officer: str) -> None:
        """End all that an officer asked for or approved, in the caller's transaction."""
        store.end_of(self.connection, self.home, officer, by.name, self.clock())

    def _check(self, wish: Wish) -> None:
        two = TWO[self.home].get(wish.act)
        if two is None:
            cure = f"one of: {', '.join(sorted(TWO[self.home]))}"
            raise BadInput("no act of this compartment that two officers open", where="act", cure=cure)
        named = (wish.person is not None, wish.scope is not None)
        if named != (two.about == "person", two.about == "scope"):
            raise BadInput(f"{wish.act} is about one {two.about}", where="approval", cure=f"name the {two.about}")
        if wish.act == "officers":
            check_name(wish.scope or "")
        elif wish.scope is not None and not _SCOPE.fullmatch(wish.scope):
            raise BadInput("not a name that there can be", where="scope", cure="name an audience or an incident")

    def _write_down(self, by: Principal | Operator, about: Approval, step: str) -> None:
        details: dict[str, str | int] = {
            "of": about.act,
            "step": step,
            "compartment": self.home,
            "approval": str(about.approval),
            "reason": about.reason,
            "case": about.case_ref,
            "minutes": about.minutes,
        }
        details |= {"scope": about.scope} if about.scope else {}
        details |= {"until": _text(about.until)} if about.until and step != "ended" else {}
        type_: EntryType = "break-glass" if about.act == "break-glass" else "approval"
        ids = np.frombuffer(about.person.bytes, np.uint8).reshape(1, 16) if about.person else None
        self.gate.write_down(
            Words(type_, by.title, ids=ids, details=MappingProxyType(details), keep=about.person is not None)
        )

    def _announce(self, about: Approval, words: str) -> None:
        if about.act == "break-glass":
            self.announce(f"break-glass in {self.home}: {words} ({about.reason}, case {about.case_ref})")


def person_in(parts: Parts, home: Home, subject: str) -> UUID:
    """The pseudonym that an approval about a person has: security's own there, else one the registry knows.

    Raises NotFound for a subject nobody knows there.
    """
    if home == "security":
        found = parts.names("security").find([subject]).get(subject)
    else:
        with answering():
            known = registry.pseudonyms(parts.registry, subject)
        found = next((known[name] for name in sorted(known)), None)
    if found is None:
        raise NotFound("no subject of that id is known there", where="person", cure="use the platform's own id")
    return found


def _require(by: Principal, home: Home, act: str = "approvals") -> None:
    if by.compartment != home:
        raise Refused("this principal is another compartment's", where="key", cure="use a key of this one")
    by.require(act)


def _text(time: datetime | None) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if time else ""
