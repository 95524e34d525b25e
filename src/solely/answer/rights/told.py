"""What is held, as data that is easy to pass on: for `--json`, for the service, for the file to take away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from solely.answer.rights.held import Device, Factor, Given, Holding
from solely.answer.uses import Act
from solely.give.choosing import Chosen
from solely.preference import Preference, Standing
from solely.purpose import HOLDS

__all__ = ["act", "choices", "holding", "moment"]


def moment(time: datetime | None) -> str | None:
    """A time in UTC, ISO 8601."""
    return None if time is None else time.astimezone(UTC).isoformat()


def holding(held: Holding) -> dict[str, Any]:
    """All of it; docs/rights.md tells each field."""
    return {
        "subject": held.subject,
        "at": moment(held.at),
        "givings": [_given(one) for one in held.givings],
        "acts": [act(one) for one in held.uses.acts],
        "preferences": choices(held.chosen),
        "factors": [_factor(one) for one in held.factors],
        "devices": [_device(one) for one in held.devices],
    }


def _given(one: Given) -> dict[str, Any]:
    giving, words = one.giving, one.notice
    return {
        "giving": str(giving.giving),
        "purpose": _purpose(one),
        "kind": giving.kind,
        "contact": one.contact,
        "why_not": one.why_not,
        "notice": {
            "name": f"{giving.purpose}/{giving.notice}",
            "language": None if words is None else words.language,
            "sha256": None if words is None else words.digest.hex(),
            "text": None if words is None else words.text,
        },
        "given_at": moment(giving.given_at),
        "how": one.how,
        "expires_at": moment(giving.expires_at),
        "state": one.state,
        "ended_at": moment(giving.ended_at),
        "ended_by": one.ended_by,
        "entry": giving.entry,
        "ending_entry": giving.ending,
        "used": [act(use) for use in one.used],
    }


def _purpose(one: Given) -> dict[str, Any]:
    purpose = one.purpose
    if purpose is None:
        return {"name": one.giving.purpose}
    return {
        "name": purpose.name,
        "description": purpose.description,
        "compartment": purpose.compartment,
        "kept": HOLDS[purpose.compartment],
        "legal_basis": purpose.legal_basis,
        "explicit_consent": purpose.explicit_consent,
        "marketing": purpose.marketing,
        "fideslang": purpose.fideslang,
        "dpv": f"https://w3id.org/dpv#{purpose.dpv}",
    }


def act(one: Act) -> dict[str, Any]:
    """One thing that was done."""
    return {
        "entry": one.sequence,
        "at": moment(one.at),
        "what": one.what,
        "purpose": one.purpose,
        "by": one.by,
        "giving": None if one.giving is None else str(one.giving),
        "details": dict(one.details),
    }


def choices(chosen: Chosen) -> dict[str, Any]:
    """What a person chose about marketing: what stands for each purpose, and how it came to that."""
    standing: Mapping[str, Standing] = chosen.standing
    return {
        "purposes": {name: _standing(one) for name, one in standing.items()},
        "history": [_choice(one) for one in chosen.history],
    }


def _standing(one: Standing) -> dict[str, Any]:
    since = None if one.since is None else moment(one.since.at)
    return {"objects": one.objects, "since": since, "signalled": one.signalled}


def _choice(one: Preference) -> dict[str, Any]:
    return {
        "purpose": one.purpose,
        "choice": one.choice,
        "source": one.source,
        "at": moment(one.at),
        "entry": one.entry,
    }


def _factor(one: Factor) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "state": one.state,
        "purpose": one.purpose,
        "created_at": moment(one.created_at),
        "used_at": moment(one.used_at),
    }


def _device(one: Device) -> dict[str, Any]:
    return {
        "name": one.name,
        "trusted_at": moment(one.trusted_at),
        "used_at": moment(one.used_at),
        "expires_at": moment(one.expires_at),
    }
