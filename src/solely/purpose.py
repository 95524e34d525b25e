"""Purposes, the compartments they belong to, and the policy file that lists them.

- The list is closed: a purpose that is not in the policy is an error everywhere.
- A purpose belongs to exactly one compartment. What a compartment holds (sealed contacts, or tokens
  by which equal contacts meet) is fixed here, so no policy can put a sealed contact into advertising.
- Advertising, measurement and discovery need explicit consent; a policy that says otherwise is refused.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

from solely.errors import PolicyError

__all__ = ["COMPARTMENTS", "HOLDS", "KINDS", "Compartment", "Kind", "Policy", "Purpose", "read_policy"]

Kind = Literal["email", "phone"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Compartment = Literal["security", "service", "advertising", "measurement", "discovery"]
COMPARTMENTS: tuple[Compartment, ...] = get_args(Compartment)

HOLDS: Mapping[Compartment, Literal["sealed", "tokens"]] = MappingProxyType(
    {
        "security": "sealed",
        "service": "sealed",
        "advertising": "tokens",
        "measurement": "tokens",
        "discovery": "tokens",
    },
)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_FIELDS = {
    "compartment": str,
    "kinds": list,
    "explicit-consent": bool,
    "legal-basis": str,
    "fideslang": str,
    "dpv": str,
    "lifetime-days": int,
}
_BASES = ("consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests")
_CURE = "see src/solely/policy.toml for a policy that reads"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: what it is called elsewhere, what it needs, and how long a giving for it lives."""

    name: str
    compartment: Compartment
    kinds: tuple[Kind, ...]
    explicit_consent: bool
    legal_basis: str  # GDPR Art. 6(1)
    fideslang: str
    dpv: str
    lifetime_days: int  # 0: until withdrawn


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy. `digest` is the SHA-256 of the file's bytes in hex."""

    purposes: Mapping[str, Purpose]
    audience_floor: int
    audience_valid_days: int
    digest: str

    def purpose(self, name: str) -> Purpose:
        """The purpose of that name; PolicyError where there is none."""
        try:
            return self.purposes[name]
        except KeyError:
            known = ", ".join(sorted(self.purposes))
            raise PolicyError("no such purpose", cure=f"one of: {known}") from None

    def of(self, compartment: Compartment) -> tuple[Purpose, ...]:
        """The purposes of one compartment, in the policy's order."""
        return tuple(p for p in self.purposes.values() if p.compartment == compartment)


def read_policy(data: bytes) -> Policy:
    """Read the bytes of a policy.toml. Raises PolicyError, naming the table and the field."""
    try:
        content = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError("not a TOML file in UTF-8", where="policy.toml", cure=_CURE) from error
    tables = content.get("purpose")
    if not isinstance(tables, dict) or not tables:
        raise PolicyError("it lists no purpose", where="policy.toml", cure=_CURE)
    audience = content.get("audience", {})
    return Policy(
        purposes=MappingProxyType({name: _purpose(name, table) for name, table in tables.items()}),
        audience_floor=_number(audience, "floor", 1_000),
        audience_valid_days=_number(audience, "valid-days", 395),
        digest=hashlib.sha256(data).hexdigest(),
    )


def _number(table: Any, field: str, default: int) -> int:
    value = table.get(field, default) if isinstance(table, dict) else None
    if type(value) is not int or value < 1:
        raise PolicyError("must be a whole number above 0", where=f"policy.toml, audience.{field}", cure=_CURE)
    return value


def _purpose(name: str, table: Any) -> Purpose:
    where = f"policy.toml, purpose.{name}"
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise PolicyError("a purpose is a table with a lower-case name", where=where, cure=_CURE)
    for field, kind in _FIELDS.items():
        if type(table.get(field)) is not kind:
            raise PolicyError(f"{field} must be given, as {kind.__name__}", where=where, cure=_CURE)
    if unknown := sorted(set(table) - set(_FIELDS)):
        raise PolicyError(f"unknown fields: {', '.join(unknown)}", where=where, cure=_CURE)
    purpose = Purpose(
        name=name,
        compartment=table["compartment"],
        kinds=tuple(table["kinds"]),
        explicit_consent=table["explicit-consent"],
        legal_basis=table["legal-basis"],
        fideslang=table["fideslang"],
        dpv=table["dpv"],
        lifetime_days=table["lifetime-days"],
    )
    _check(purpose, where)
    return purpose


def _check(purpose: Purpose, where: str) -> None:
    if purpose.compartment not in COMPARTMENTS:
        raise PolicyError(f"compartment must be one of {', '.join(COMPARTMENTS)}", where=where, cure=_CURE)
    if not purpose.kinds or set(purpose.kinds) - set(KINDS):
        raise PolicyError(f"kinds must be some of {', '.join(KINDS)}", where=where, cure=_CURE)
    if purpose.legal_basis not in _BASES:
        raise PolicyError(f"legal-basis must be one of {', '.join(_BASES)}", where=where, cure=_CURE)
    if purpose.lifetime_days < 0:
        raise PolicyError("lifetime-days must be 0 or more", where=where, cure=_CURE)
    if HOLDS[purpose.compartment] == "tokens" and not (purpose.explicit_consent and purpose.legal_basis == "consent"):
        raise PolicyError(f"{purpose.compartment} needs explicit consent", where=where, cure=_CURE)
