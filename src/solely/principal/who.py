"""A principal: who calls, and what they may do; made of a key or a token that was checked, never of an argument."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from solely.errors import BadInput, Refused
from solely.principal.rights import OWN, RIGHTS, Home, Kind

__all__ = ["Agreement", "Operator", "Principal", "check_acts", "check_name", "check_purposes"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """A partner acts for an advertiser from one time on, and before another; without one, until it is ended."""

    advertiser: str
    begins: datetime
    ends: datetime | None

    def stands(self, now: datetime) -> bool:
        return self.begins <= now and (self.ends is None or now < self.ends)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who holds the data directory and its keys, at the command line; what takes two officers takes them here too."""

    name: str = "operator"

    @property
    def title(self) -> str:
        """Who it is in the ledger."""
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls one compartment, checked a moment ago.

    `acts` are what this very key or token may do. `purposes` are those it is narrowed to, None where it is not.
    A person (`subject`) comes with a token: `name` and `key` are then those of the service that minted it.
    """

    kind: Kind
    name: str
    compartment: Home
    acts: frozenset[str]
    key: UUID
    purposes: frozenset[str] | None = None
    agreements: tuple[Agreement, ...] = ()
    subject: str | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """Who it is in the ledger: never a person by their id."""
        return f"subject by {self.name}" if self.kind == "subject" else f"{self.kind} {self.name}"

    def require(self, act: str) -> None:
        """Raise Refused unless it may do that."""
        if act not in self.acts:
            raise Refused("this principal may not do that", where=act, cure="use one that has the right to it")

    def require_purpose(self, purpose: str) -> None:
        """Raise Refused where it is narrowed, and not to this purpose."""
        if self.purposes is not None and purpose not in self.purposes:
            raise Refused("this principal may not act for that purpose", where="purpose", cure="use one that may")

    def require_subject(self, subject: str) -> None:
        """Raise Refused where it is a person, and this is another: whether there is such a person or not."""
        if self.kind == "subject" and subject != self.subject:
            raise Refused("a person's token speaks for that person alone", where="subject", cure="mint one for them")

    def require_advertiser(self, advertiser: str, now: datetime) -> None:
        """Raise Refused unless it is this advertiser, or a partner that acts for it under an agreement that stands."""
        own = self.kind == "advertiser" and self.name == advertiser
        agreed = any(one.advertiser == advertiser and one.stands(now) for one in self.agreements)
        if not own and not (self.kind == "partner" and agreed):
            what = "this principal does not act for that advertiser"
            raise Refused(what, where="advertiser", cure="a partner needs an agreement that stands")


def check_name(name: str) -> None:
    """Raise BadInput for what is no principal's name: an id of the platform's choosing, never a person's contact."""
    if not _NAME.fullmatch(name):
        what = "a principal is named by 1 to 64 lower-case letters, digits, . _ and -"
        raise BadInput(what, where="name", cure="choose an opaque id, and keep elsewhere who it is")


def check_acts(kind: Kind, home: Home, acts: Collection[str] | None) -> frozenset[str]:
    """What a new principal may do: all that its kind may there, or some of it; its own keys (`OWN`) beside.

    Raises BadInput for nothing at all, and for what its kind may not do there.
    """
    most = RIGHTS[kind][home] - {OWN}
    chosen = most if acts is None else frozenset(acts)
    if not most or kind == "subject":
        what = "a person has no key: mint a token" if most else "this kind has nothing to do in this compartment"
        raise BadInput(what, where="kind", cure="choose another kind, or another compartment")
    if not chosen or not chosen <= most:
        raise BadInput("not acts of this kind", where="acts", cure=f"some of: {', '.join(sorted(most))}")
    return chosen


def check_purposes(purposes: Collection[str] | None, known: frozenset[str]) -> list[str] | None:
    """The purposes a principal is narrowed to, in order; None where it is not. Raises BadInput for others, and none."""
    if purposes is None:
        return None
    if not purposes or not known.issuperset(purposes):
        cure = f"some of: {', '.join(sorted(known)) or 'none'}"
        raise BadInput("not purposes of this compartment", where="purposes", cure=cure)
    return sorted(set(purposes))
