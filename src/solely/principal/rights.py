"""The one table of rights: which kind of principal may do what in which compartment. What is not in it is denied.

- `ACTS` says what there is to do in a compartment, `RIGHTS` who may, `ADDS` who may add, rotate and narrow whom.
- `OWN` is what each does with its own keys, however narrow it is; `LOOKS` what an officer does only by break-glass.
- `TWO` says what takes two officers: one asks, another approves, within a time. An officer's reset of a person's
  factors takes two as well; it keeps its own record (verification/recovery.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

__all__ = ["ACTS", "ADDS", "HOMES", "KINDS", "LOOKS", "OWN", "RIGHTS", "TWO", "Home", "Kind", "Two"]

# Where a principal is known: a compartment, the registry or the ledger. Each keeps its own, and knows no other's.
Home = Literal["security", "service", "advertising", "measurement", "discovery", "registry", "ledger"]
HOMES: tuple[Home, ...] = get_args(Home)

# `service` is a backend of the platform; `subject` a person, who comes with a token and never has a key.
Kind = Literal["service", "advertiser", "partner", "officer", "auditor", "witness", "subject"]
KINDS: tuple[Kind, ...] = get_args(Kind)

OWN = "keys"  # who has a key sees, rotates and revokes their own
LOOKS = frozenset({"read", "factors.read"})  # at one person: for an officer a break-glass has to be open
_OFFICE = "principals principals.read approvals approvals.read"
_SEEN = "principals.read approvals.read"

# fmt: off
_RIGHTS: Mapping[Home, Mapping[Kind, str]] = {
    "registry": {
        "service": "give withdraw erase export read uses preferences handles tokens.mint policy.read metrics",
        "subject": "give withdraw erase export read uses preferences",
        "officer": f"read members affected incidents incidents.read policy.read {_OFFICE}",
        "auditor": f"incidents.read policy.read {_SEEN}",
    },
    "security": {
        "service": "verify factors factors.read tokens.mint metrics",
        "subject": "verify factors factors.read",
        "officer": f"reset factors.read {_OFFICE}",
        "auditor": _SEEN,
    },
    "advertising": {
        "service": "decide principals principals.read metrics",
        "advertiser": "audiences campaigns upload",
        "partner": "audiences upload",
        "officer": _OFFICE,
        "auditor": _SEEN,
    },
    "measurement": {"service": "measure metrics", "officer": _OFFICE, "auditor": _SEEN},
    "service": {"service": "metrics", "officer": _OFFICE, "auditor": _SEEN},
    "discovery": {"service": "metrics", "officer": _OFFICE, "auditor": _SEEN},
    "ledger": {
        "service": "metrics",
        "officer": f"ledger.read {_OFFICE}",
        "auditor": f"ledger.read {_SEEN}",
        "witness": "witness",
    },
}
# fmt: on


def _rights(kind: Kind, home: Home) -> frozenset[str]:
    acts = frozenset(_RIGHTS[home].get(kind, "").split())
    return acts | {OWN} if acts and kind != "subject" else acts


RIGHTS: Mapping[Kind, Mapping[Home, frozenset[str]]] = MappingProxyType(
    {kind: MappingProxyType({home: _rights(kind, home) for home in HOMES}) for kind in KINDS}
)
ACTS: Mapping[Home, frozenset[str]] = MappingProxyType(
    {home: frozenset[str]().union(*(RIGHTS[kind][home] for kind in KINDS)) for home in HOMES}
)
# Whom a kind may add, rotate, narrow and revoke, where it has the act `principals`. Officers: see TWO.
ADDS: Mapping[Kind, frozenset[Kind]] = MappingProxyType(
    {
        "officer": frozenset({"service", "advertiser", "partner", "officer", "auditor", "witness"}),
        "service": frozenset({"advertiser", "partner"}),
    }
)


@dataclass(frozen=True, slots=True)
class Two:
    """What two officers open: `about` says what it is bound to; `once`, that one use ends it."""

    about: Literal["person", "scope"]
    once: bool


# `break-glass`: an officer looks at one person. `disclosure`: many people by name, of the audience or incident that is
# the scope; names are the registry's alone. `officers`: the officer of that name is added, or gets a key that another
# hands over.
_OFFICERS = {"officers": Two("scope", once=True)}
_GLASS, _MANY = {"break-glass": Two("person", once=False)}, {"disclosure": Two("scope", once=False)}
TWO: Mapping[Home, Mapping[str, Two]] = MappingProxyType(
    {
        "registry": MappingProxyType({**_OFFICERS, **_GLASS, **_MANY}),
        "security": MappingProxyType({**_OFFICERS, **_GLASS}),
        "advertising": MappingProxyType(_OFFICERS),
        "ledger": MappingProxyType(_OFFICERS),
        "service": MappingProxyType(_OFFICERS),
        "measurement": MappingProxyType(_OFFICERS),
        "discovery": MappingProxyType(_OFFICERS),
    }
)
