"""Purposes, the compartments they belong to, and the policy file that lists them.

- The list is closed: a purpose that is not in the policy is an error everywhere.
- A purpose belongs to exactly one compartment. What a compartment holds (sealed contacts, or tokens
  by which equal contacts meet) is fixed here, so no policy can put a sealed contact into advertising.
- Advertising, measurement and discovery need explicit consent; a policy that says otherwise is refused.
- What a purpose is called elsewhere binds too: `essential` uses stay out of advertising and measurement,
  `marketing.advertising` stays in them, and no `marketing` goes without explicit consent.
- The purposes shipped stay in their compartments: a two-factor number is not relabelled into an audience.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
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
_SHIPPED: Mapping[str, Compartment] = MappingProxyType(
    {
        "two-factor": "security",
        "account-recovery": "security",
        "login-alert": "security",
        "reauthentication": "security",
        "service-notice": "service",
        "tailored-audiences": "advertising",
        "partner-audiences": "advertising",
        "ad-measurement": "measurement",
        "contact-discovery": "discovery",
    },
)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_FIDESLANG = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
_DPV = re.compile(r"[A-Za-z][A-Za-z0-9]*")
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
_MARKETING = frozenset(  # DPV's Marketing and all below it
    {
        "Marketing",
        "Advertising",
        "PersonalisedAdvertising",
        "TargetedAdvertising",
        "DirectMarketing",
        "PublicRelations",
        "SocialMediaMarketing",
    }
)
_MAX_DAYS = 36_525  # a hundred years: later times may lie outside the calendar
_MAX_FLOOR = 10**9
_MAX_WORDS = 500  # characters
_LINE = re.compile(r"\(at (line \d+)")
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
    description: str = ""  # in plain words, for the people who give

    @property
    def marketing(self) -> bool:
        """Whether it is marketing: by Fideslang's or DPV's word for it, or by its compartment. GDPR Art. 21(2)."""
        return self.compartment == "advertising" or _is(self, "marketing") or self.dpv in _MARKETING


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy. `digest` is the SHA-256 of the file's bytes in hex."""

    purposes: Mapping[str, Purpose]
    audience_floor: int
    audience_valid_days: int
    digest: str

    def purpose(self, name: str) -> Purpose:
        """The purpose of that name; PolicyError where there is none."""
        found = self.purposes.get(name)
        if found is None:
            known = ", ".join(sorted(self.purposes))
            raise PolicyError("no such purpose", where="policy.toml", cure=f"one of: {known}")
        return found

    def of(self, compartment: Compartment) -> tuple[Purpose, ...]:
        """The purposes of one compartment, in the policy's order."""
        return tuple(p for p in self.purposes.values() if p.compartment == compartment)


def read_policy(data: bytes) -> Policy:
    """Read the bytes of a policy.toml. Raises PolicyError, naming the table and the field."""
    content = _content(data)
    _no_others(content, ("audience", "purpose"), "policy.toml")
    tables = content.get("purpose")
    if not isinstance(tables, dict) or not tables:
        raise PolicyError("it lists no purpose", where="policy.toml", cure=_CURE)
    audience = content.get("audience", {})
    if not isinstance(audience, dict):
        raise PolicyError("audience is a table", where="policy.toml, audience", cure=_CURE)
    _no_others(audience, ("floor", "valid-days"), "policy.toml, audience")
    return Policy(
        purposes=MappingProxyType({name: _purpose(name, table) for name, table in tables.items()}),
        audience_floor=_number(audience, "floor", 1_000, _MAX_FLOOR),
        audience_valid_days=_number(audience, "valid-days", 395, _MAX_DAYS),
        digest=hashlib.sha256(data).hexdigest(),
    )


def _content(data: bytes) -> dict[str, Any]:
    place = ""
    try:
        return tomllib.loads(data.decode())
    except tomllib.TOMLDecodeError as error:
        place = f", {line[1]}" if (line := _LINE.search(str(error))) else ""
    except (ValueError, RecursionError):  # not UTF-8, a number of thousands of digits, a thousand brackets
        pass
    # Raised here, away from the error that holds the file: who names a wrong file should not see it printed.
    raise PolicyError("not a TOML file in UTF-8", where=f"policy.toml{place}", cure=_CURE)


def _no_others(table: Mapping[str, Any], fields: Collection[str], where: str) -> None:
    """Refuse what nobody would read: a limit with a slip in its name would be no limit."""
    if unknown := sorted(set(table) - set(fields)):
        raise PolicyError(f"unknown: {', '.join(map(_shown, unknown[:5]))}", where=where, cure=_CURE)


def _shown(name: str) -> str:
    """A name as it may be printed: whatever the file holds, no control characters and no pages."""
    return name if _NAME.fullmatch(name) else f"{name[:64]!a}"


def _number(table: Mapping[str, Any], field: str, default: int, most: int) -> int:
    value = table.get(field, default)
    if type(value) is not int or not 1 <= value <= most:
        what = f"must be a whole number from 1 to {most:,}"
        raise PolicyError(what, where=f"policy.toml, audience.{field}", cure=_CURE)
    return value


def _purpose(name: str, table: Any) -> Purpose:
    where = f"policy.toml, purpose.{_shown(name)}"
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise PolicyError("a purpose is a table with a lower-case name", where=where, cure=_CURE)
    for field, kind in _FIELDS.items():
        if type(table.get(field)) is not kind:
            raise PolicyError(f"{field} must be given, as {kind.__name__}", where=where, cure=_CURE)
    _no_others(table, (*_FIELDS, "description"), where)
    purpose = Purpose(
        name=name,
        compartment=table["compartment"],
        kinds=tuple(table["kinds"]),
        explicit_consent=table["explicit-consent"],
        legal_basis=table["legal-basis"],
        fideslang=table["fideslang"],
        dpv=table["dpv"],
        lifetime_days=table["lifetime-days"],
        description=_description(table.get("description", ""), where),
    )
    for fault in (*_faults(purpose), *_contradictions(purpose)):
        raise PolicyError(fault, where=where, cure=_CURE)
    return purpose


def _description(text: Any, where: str) -> str:
    if not isinstance(text, str) or len(text) > _MAX_WORDS or not (text == "" or text.isprintable()):
        what = f"description is one line of at most {_MAX_WORDS} characters"
        raise PolicyError(what, where=where, cure=_CURE)
    return text


def _faults(purpose: Purpose) -> Iterator[str]:
    """What is wrong with a field by itself."""
    if purpose.compartment not in COMPARTMENTS:
        yield f"compartment must be one of {', '.join(COMPARTMENTS)}"
    kinds = [kind for kind in KINDS if kind in purpose.kinds]
    if not kinds or len(kinds) != len(purpose.kinds):
        yield f"kinds must be some of {', '.join(KINDS)}, each once"
    if purpose.legal_basis not in _BASES:
        yield f"legal-basis must be one of {', '.join(_BASES)}"
    if not _FIDESLANG.fullmatch(purpose.fideslang):
        yield "fideslang must be a data use such as essential.service.security"
    if not _DPV.fullmatch(purpose.dpv):
        yield "dpv must be a term such as IdentityAuthentication"
    if not 0 <= purpose.lifetime_days <= _MAX_DAYS:
        yield f"lifetime-days must be from 0 to {_MAX_DAYS:,}"


def _contradictions(purpose: Purpose) -> Iterator[str]:
    """Where the fields contradict each other or the design's rules."""
    consent = purpose.explicit_consent and purpose.legal_basis == "consent"
    ads = purpose.compartment in ("advertising", "measurement")
    if HOLDS.get(purpose.compartment) == "tokens" and not consent:
        yield f"{purpose.compartment} needs explicit consent"
    if _SHIPPED.get(purpose.name, purpose.compartment) != purpose.compartment:
        yield f"{purpose.name} belongs to {_SHIPPED[purpose.name]}"
    if _is(purpose, "marketing") and not consent:
        yield "marketing needs explicit consent"
    if _is(purpose, "marketing.advertising") and not ads:
        yield "marketing.advertising belongs to advertising or measurement"
    if _is(purpose, "essential") and ads:
        yield f"essential uses do not belong to {purpose.compartment}"


def _is(purpose: Purpose, use: str) -> bool:
    return f"{purpose.fideslang}.".startswith(f"{use}.")
