"""Principals of one compartment: keys checked, tokens minted, principals added, rotated, narrowed and revoked.

- A change is in the ledger before it takes effect: it is written down inside the transaction that makes it.
- The operator, who has the key files, adds the first two officers. From then on an officer is added, or given a key
  by somebody else, with two officers' approval only.
- A key that is unknown, expired, revoked or another compartment's is told in the same words.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import psycopg

from solely.app.approvals import Approvals
from solely.app.parts import Parts
from solely.errors import BadInput, Conflict, NotFound, Refused, Unauthenticated
from solely.gate import Gate
from solely.keys import Entropy, MacKey
from solely.principal import (
    ADDS,
    OWN,
    RIGHTS,
    Agreement,
    Home,
    Kind,
    Operator,
    Principal,
    Said,
    digest_of,
    new_key,
    read_token,
    write_token,
)
from solely.principal.api_key import KEY_BYTES, UNKNOWN
from solely.principal.subject_token import is_token
from solely.principal.who import check_acts, check_name, check_purposes
from solely.store import principals as store
from solely.store.database import answering
from solely.store.ledger import Words
from solely.store.principals import KeyRow, Known, PrincipalRow

__all__ = ["KEY_LIFE", "OVERLAP", "By", "NewKey", "Principals", "Token", "open_principals"]

By = Principal | Operator
KEY_LIFE, LONGEST_KEY = timedelta(days=90), timedelta(days=365)
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)
_OFFICERS = 2  # what two-person rules need; until there are so many, the operator adds them
_MOST_KEYS = 5  # of one principal that stand at a time
_MOST_TEXT = 256  # characters of a ledger entry's detail


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key, which is shown once; only its digest is kept."""

    name: str
    id: UUID
    key: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A person's token, for a header."""

    token: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Principals:
    """The principals of one compartment, for one thread at a time.

    `connection` is that compartment's role, `tokens` its key for tokens, `purposes` those of the policy that a
    principal may be narrowed to, `longest` how long a key may live.
    """

    connection: psycopg.Connection
    home: Home
    tokens: MacKey
    gate: Gate
    clock: Callable[[], datetime]
    entropy: Entropy
    announce: Callable[[str], None]
    purposes: frozenset[str] = frozenset()
    longest: timedelta = LONGEST_KEY

    @property
    def approvals(self) -> Approvals:
        """What takes two officers here."""
        return Approvals(self.connection, self.home, self.gate, self.clock, self.entropy, self.announce)

    # -- who calls

    def authenticate(self, presented: str) -> Principal:
        """Whom a key or a token belongs to. Raises Unauthenticated; looked up each time: what ends, ends at once."""
        now = self.clock()
        if is_token(presented):
            return self._of_token(read_token(self.home, presented, self.tokens.mac), now)
        digest = digest_of(presented, self.home)
        with answering():
            known = _checked(store.by_digest(self.connection, self.home, digest, now))
            self._note_use(known, now)
            agreed = store.agreements(self.connection, known.name) if known.kind == "partner" else []
        acts = frozenset([*known.acts, OWN]) & RIGHTS[known.kind][self.home]
        return Principal(
            kind=known.kind,
            name=known.name,
            compartment=self.home,
            acts=acts,
            key=known.key,
            purposes=_set(known.purposes),
            agreements=tuple(agreed),
        )

    def _of_token(self, said: Said, now: datetime) -> Principal:
        with answering():
            known = _checked(store.by_key(self.connection, self.home, said.key, now) if said.stands(now) else None)
        if "tokens.mint" not in known.acts:
            raise _unknown()
        return Principal(
            kind="subject",
            name=known.name,
            compartment=self.home,
            acts=said.acts & frozenset(known.acts) & RIGHTS["subject"][self.home],
            key=known.key,
            purposes=_set(known.purposes),
            subject=said.subject,
        )

    def _note_use(self, known: Known, now: datetime) -> None:
        today = now.astimezone(UTC).date()
        if known.used_on != today:
            store.used(self.connection, self.home, known.key, today)

    def mint(self, by: Principal, subject: str, acts: Collection[str] | None = None, *, seconds: int = 600) -> Token:
        """A token for one person, for some of what they may do here and their minter may, up to 15 minutes.

        Raises Refused for who may not, BadInput for acts that are not a person's or a subject that is none.
        """
        self._require(by, "tokens.mint")
        most = by.acts & RIGHTS["subject"][self.home]
        chosen = most if acts is None else frozenset(acts)
        if not chosen or not chosen <= most:
            raise BadInput(
                "not acts that this token may have", where="acts", cure=f"some of: {', '.join(sorted(most))}"
            )
        made = self.clock().astimezone(UTC).replace(microsecond=0)
        expires = made + timedelta(seconds=min(max(seconds, 0), 10**6))
        said = Said(by.key, subject, chosen, made, expires, self.entropy(16).hex())
        return Token(write_token(self.home, said, self.tokens.mac), expires)

    # -- changes

    def add(
        self,
        by: By,
        name: str,
        kind: Kind,
        *,
        acts: Collection[str] | None = None,
        purposes: Collection[str] | None = None,
        life: timedelta = KEY_LIFE,
    ) -> NewKey:
        """Add a principal: with all the rights of its kind, or some. Returns its first key.

        Raises BadInput, Refused for who may not, Conflict where the name stands or is another kind's.
        """
        check_name(name)
        chosen, narrowed = check_acts(kind, self.home, acts), check_purposes(purposes, self.purposes)
        self._require_over(by, kind)
        row = PrincipalRow(name, kind, sorted(chosen), narrowed, self.clock(), None)
        with self._change():
            self._require_two_for(by, kind, name)
            if not store.add(self.connection, self.home, row):
                cure = "choose another name, or rotate its key"
                raise Conflict("there is, or was, another principal of that name", where="name", cure=cure)
            made = self._new_key(name, life)
            self._write_down(by, "added", kind, name, {"key": str(made.id), **_scope(chosen, narrowed)})
        return made

    def rotate(self, by: By, name: str, *, overlap: timedelta = OVERLAP, life: timedelta = KEY_LIFE) -> NewKey:
        """A new key for a principal, who may ask for their own; those before it end with the overlap at the latest."""
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise BadInput("old and new overlap for up to 7 days", where="overlap", cure="0 ends the old ones at once")
        with self._change():
            row = self._standing(name)
            if not self._is_own(by, name):
                self._require_over(by, row.kind)
                self._require_two_for(by, row.kind, name)
            store.retire(self.connection, self.home, name, self.clock() + overlap)
            made = self._new_key(name, life)
            self._write_down(
                by, "rotated", row.kind, name, {"key": str(made.id), "overlap": int(overlap.total_seconds())}
            )
        return made

    def narrow(
        self,
        by: By,
        name: str,
        *,
        acts: Collection[str] | None = None,
        purposes: Collection[str] | None = None,
        check: Callable[[PrincipalRow], None] = lambda _: None,
    ) -> PrincipalRow:
        """Leave a principal some of its acts and purposes; at once, for the keys and tokens that are out there too.

        `check` looks at it as it is before, while nobody else can change it. Returns it as it is then.
        """
        acts = None if acts is None else frozenset(acts) - {OWN}
        if acts is not None and not acts:
            raise BadInput("a principal without acts is a revoked one", where="acts", cure="revoke it")
        narrowed = check_purposes(purposes, self.purposes)
        with self._change():
            row = self._standing(name)
            self._require_over(by, row.kind)
            check(row)
            if not store.narrow(self.connection, self.home, name, acts, narrowed):
                cure = "name some of what it has: show it first"
                raise Conflict("a principal is narrowed, and never widened", where="acts or purposes", cure=cure)
            self._write_down(by, "narrowed", row.kind, name, _scope(acts, narrowed))
            return self._standing(name)

    def revoke(self, by: By, name: str, key: UUID | None = None) -> None:
        """End a principal with all its keys, or one key of it, at once; tokens minted by it end with it."""
        now = self.clock()
        with self._change():
            row = self._standing(name)
            if not self._is_own(by, name):
                self._require_over(by, row.kind)
            if key is None:
                store.end(self.connection, self.home, name, now)
            elif not store.revoke_key(self.connection, self.home, name, key, now):
                raise NotFound("it has no such key, or it was revoked", where="key", cure="show the principal first")
            if row.kind == "officer" and key is None:
                self.approvals.end_of(by, name)
            self._write_down(by, "revoked", row.kind, name, {"key": str(key)} if key else {})

    def agree(self, by: By, partner: str, agreement: Agreement) -> None:
        """A partner may act for an advertiser from then on, and until then; in place of what was agreed before."""
        check_name(agreement.advertiser)
        if agreement.ends is not None and agreement.ends <= agreement.begins:
            raise BadInput("an agreement ends after it begins", where="ends", cure="check both times")
        with self._change():
            self._partner(by, partner)
            store.agree(self.connection, partner, agreement)
            until = {"until": _text(agreement.ends)} if agreement.ends else {}
            details = {"advertiser": agreement.advertiser, "from": _text(agreement.begins), **until}
            self._write_down(by, "agreed", "partner", partner, details)

    def disagree(self, by: By, partner: str, advertiser: str) -> None:
        """A partner no longer acts for an advertiser, at once. Raises NotFound where no agreement stands."""
        with self._change():
            self._partner(by, partner)
            if not store.disagree(self.connection, partner, advertiser, self.clock()):
                raise NotFound("no such agreement stands", where="agreement", cure="show the partner first")
            self._write_down(by, "agreement ended", "partner", partner, {"advertiser": advertiser})

    # -- looking

    def list(self, by: By, after: str = "", most: int | None = None) -> list[PrincipalRow]:
        """The principals of this compartment after that name, those that ended too: all, or so many."""
        self._require(by, "principals.read")
        with answering():
            return store.every(self.connection, self.home, after, most)

    def show(self, by: By, name: str) -> PrincipalRow:
        """One of them, also where it ended. Raises NotFound."""
        self._require(by, "principals.read")
        with answering():
            row = store.one(self.connection, self.home, name)
        if row is None:
            raise NotFound("no principal of that name", where="name", cure="list them first")
        return row

    def keys(self, by: By, name: str) -> Sequence[KeyRow]:
        """A principal's keys, newest first, for themselves too; their digests stay where they are."""
        if not self._is_own(by, name):
            self._require(by, "principals.read")
        with answering():
            return store.keys(self.connection, self.home, name)

    def agreements(self, by: By, partner: str) -> Sequence[Agreement]:
        """For whom a partner acts."""
        self._require(by, "principals.read")
        with answering():
            return store.agreements(self.connection, partner) if self.home == "advertising" else []

    # -- rules

    @contextmanager
    def _change(self) -> Iterator[None]:
        with answering(), self.connection.transaction():
            yield

    def _require(self, by: By, act: str) -> None:
        if isinstance(by, Operator):
            return
        if by.compartment != self.home:
            raise Refused("this principal is another compartment's", where="key", cure="use a key of this one")
        by.require(act)

    def _require_over(self, by: By, kind: Kind) -> None:
        """Whoever changes a principal has the right to, and to principals of that kind."""
        self._require(by, "principals")
        if isinstance(by, Principal) and kind not in ADDS.get(by.kind, ()):
            raise Refused("this principal may not change one of that kind", where="kind", cure="ask an officer")

    def _require_two_for(self, by: By, kind: Kind, name: str) -> None:
        if kind != "officer":
            return
        first = len(store.standing(self.connection, self.home, "officer", self.clock())) < _OFFICERS
        if not (first and isinstance(by, Operator)):
            self.approvals.require_two(by, "officers", scope=name)

    def _is_own(self, by: By, name: str) -> bool:
        return isinstance(by, Principal) and by.kind != "subject" and by.name == name and by.compartment == self.home

    def _standing(self, name: str) -> PrincipalRow:
        row = store.one(self.connection, self.home, name, hold=True)
        if row is None or row.ended_at is not None:
            raise NotFound("no principal of that name stands", where="name", cure="list them first")
        return row

    def _partner(self, by: By, partner: str) -> None:
        self._require_over(by, "partner")
        if self.home != "advertising":
            raise BadInput("agreements are advertising's", where="compartment", cure="name that compartment")
        if self._standing(partner).kind != "partner":
            raise Conflict("that principal is no partner", where="name", cure="list them first")

    def _new_key(self, name: str, life: timedelta) -> NewKey:
        if not timedelta(0) < life <= self.longest:
            raise BadInput(f"a key lives up to {self.longest.days} days", where="days", cure="rotate it before it ends")
        now = self.clock()
        standing = [one for one in store.keys(self.connection, self.home, name) if one.stands(now)]
        if len(standing) >= _MOST_KEYS:
            cure = "revoke those that nobody uses"
            raise Conflict(f"a principal has at most {_MOST_KEYS} keys at a time", where="keys", cure=cure)
        text, digest = new_key(self.home, self.entropy(KEY_BYTES))
        row = KeyRow(UUID(bytes=self.entropy(16), version=4), now, now + life, None, None)
        if not store.add_key(self.connection, self.home, name, row, digest):
            raise Conflict("it was revoked at this moment", where="name", cure="look at it again")
        return NewKey(name, row.key, text, row.expires_at)

    def _write_down(self, by: By, what: str, kind: Kind, name: str, details: Mapping[str, str | int]) -> None:
        said = {"of": what, "compartment": self.home, "kind": kind, "name": name, **details}
        self.gate.write_down(Words("principal", by.title, details=MappingProxyType(said)))


def open_principals(parts: Parts, home: Home, announce: Callable[[str], None]) -> Principals:
    """The principals of a compartment, with its own role and key. `announce` is told of each break-glass."""
    known = parts.ground.policy.purposes.values()
    return Principals(
        connection=parts.login(home),
        home=home,
        tokens=parts.ground.keyring(home).mac("subject-tokens"),
        gate=parts.gate,
        clock=parts.ground.clock,
        entropy=secrets.token_bytes,
        announce=announce,
        purposes=frozenset(one.name for one in known if home in {one.compartment, "registry"}),
    )


def _checked(known: Known | None) -> Known:
    if known is None:
        raise _unknown()
    return known


def _unknown() -> Unauthenticated:
    return Unauthenticated(UNKNOWN, where="key", cure="give a standing key of this compartment")


def _set(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _scope(acts: Collection[str] | None, purposes: Collection[str] | None) -> dict[str, str | int]:
    said = {"acts": acts, "purposes": purposes}
    texts: dict[str, str | int] = {name: " ".join(sorted(some)) for name, some in said.items() if some is not None}
    if any(len(str(text)) > _MOST_TEXT for text in texts.values()):
        raise BadInput(f"over {_MOST_TEXT} characters of names", where="purposes", cure="name fewer")
    return texts


def _text(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
