"""The register of processing (GDPR Art. 30) as far as policy, ledger and registry know it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from solely.answer.assurance_figures import Facts
from solely.purpose import HOLDS, Kind, Purpose

__all__ = ["NOT_KNOWN", "RegisterLine", "register"]

# What Art. 30(1) wants and no policy file says: (a), the rest of (c), (e).
NOT_KNOWN = (
    "the name and contact details of the controller, its representative and its data protection officer",
    "which groups of people these are, beyond that they have an account",
    "transfers to third countries, and their safeguards",
    "organisational measures",
)
_KINDS: dict[Kind, str] = {"email": "e-mail address", "phone": "phone number"}
_MEASURES = {
    "sealed": "kept encrypted (AES-256-GCM-SIV), each under a key of its own; opened only for this purpose",
    "tokens": "not kept: only tokens under this purpose's key, by which equal contacts meet",
}


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One purpose: what is processed for it, on which basis, for whom, how long, and how it is kept apart."""

    purpose: str
    categories: tuple[str, ...]
    basis: str
    explicit_consent: bool
    recipients: tuple[str, ...]
    time_limit: str
    measures: str
    fideslang: str
    dpv: str
    givings: int
    ended: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def register(facts: Facts) -> tuple[RegisterLine, ...]:
    """A line for each purpose of the policy, in its order."""
    return tuple(_line(one, facts) for one in facts.policy.purposes.values())


def _line(purpose: Purpose, facts: Facts) -> RegisterLine:
    given, ended = facts.counts.get(purpose.name, (0, 0))
    days, place = purpose.lifetime_days, purpose.compartment
    return RegisterLine(
        purpose=purpose.name,
        categories=tuple(_KINDS[kind] for kind in purpose.kinds),
        basis=purpose.legal_basis,
        explicit_consent=purpose.explicit_consent,
        recipients=tuple(sorted(facts.tally.recipients.get(purpose.name, ()))),
        time_limit=f"{days:,} days after giving, or earlier, when withdrawn" if days else "until withdrawn",
        measures=f"compartment {place}, with a role and keys of its own; {_MEASURES[HOLDS[place]]}",
        fideslang=purpose.fideslang,
        dpv=purpose.dpv,
        givings=given,
        ended=ended,
    )
