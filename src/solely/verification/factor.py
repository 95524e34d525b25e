"""What a person can prove themselves by, and the states a factor goes through.

- A factor's states are the table `TRANSITIONS`; what is not in it does not happen.
- Strong are passkeys and authenticator apps: neither needs a phone number, nor anyone to carry a message.
- A factor that sends codes does so for one purpose, its giving's, and for no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, get_args
from uuid import UUID

from solely.errors import Conflict
from solely.store.security.factors import Kind, State

__all__ = ["KINDS", "SENT", "STATES", "STRONG", "TRANSITIONS", "Event", "Factor", "Kind", "State", "after"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STRONG: frozenset[Kind] = frozenset({"passkey", "totp"})
SENT: frozenset[Kind] = frozenset({"sms", "email"})

STATES: tuple[State, ...] = get_args(State)
Event = Literal["confirm", "disable", "bind", "remove"]

TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        ("pending", "confirm"): "active",  # its first right answer
        ("pending", "disable"): "disabled",  # a hundred wrong answers, or the person repudiated it
        ("pending", "remove"): "removed",
        ("active", "disable"): "disabled",  # the same, or its loss was reported
        ("active", "remove"): "removed",
        ("disabled", "bind"): "pending",  # bound again, with a secret of its own
        ("disabled", "remove"): "removed",
    }
)


def after(state: State, event: Event) -> State:
    """The state that follows. Raises Conflict where the table has none."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise Conflict(f"a factor that is {state} can't be changed so", where=event, cure="look at its state first")
    return following


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor as its person sees it: no secret, no contact.

    `stale`: a phone number that was not proved for so long that someone else may have it by now.
    `left`: recovery codes that were not used. `name` is what the person typed; it goes into no log and no ledger.
    """

    id: UUID
    kind: Kind
    name: str
    state: State
    purpose: str
    created_at: datetime
    activated_at: datetime | None
    used_at: datetime | None
    stale: bool = False
    left: int | None = None

    @property
    def restricted(self) -> bool:
        """SP 800-63B-4 §3.2.9: the person must be told of the risk, and offered another."""
        return self.kind == "sms"

    @property
    def phishing_resistant(self) -> bool:
        return self.kind == "passkey"
