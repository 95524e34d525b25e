"""What callers get and give: challenges, enrolments, proofs. Frozen, and ready to be written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from solely.verification.assurance import Assurance
from solely.verification.factor import Factor, Kind

__all__ = ["Challenge", "Conversion", "Device", "Enrolment", "Proof", "Recovering", "Trusted"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that is open until `expires_at`. `factors` may answer it, the strong ones first.

    `passkey`: options for `PublicKeyCredential.parseRequestOptionsFromJSON`, None where no passkey may answer.
    """

    id: UUID
    act: str
    expires_at: datetime
    factors: tuple[Factor, ...]
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A factor to be confirmed by a first right answer to `challenge`. What it holds is shown once.

    `uri`: of an authenticator app (otpauth), for a QR code. `codes`: recovery codes; one of them is the first
    answer, to show that they were kept. `passkey`: for `PublicKeyCredential.parseCreationOptionsFromJSON`.
    """

    factor: UUID
    kind: Kind
    challenge: UUID
    expires_at: datetime
    uri: str | None = field(default=None, repr=False)
    codes: tuple[str, ...] = field(default=(), repr=False)
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def restricted(self) -> bool:
        """SP 800-63B-4 §3.2.9: tell the person of the risk of SMS, and offer another kind, before they confirm."""
        return self.kind == "sms"


@dataclass(frozen=True, slots=True)
class Proof:
    """A challenge passed. `id` is the challenge's: by it the platform asks later whether it still is fresh."""

    id: UUID
    act: str
    kind: Kind | None
    factor: UUID | None
    at: datetime
    assurance: Assurance


@dataclass(frozen=True, slots=True)
class Recovering:
    """A recovery that needs more: what was shown, and what may be shown yet."""

    challenge: UUID
    shown: tuple[str, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Trusted:
    """A trusted device was known. `token` takes the place of the one that was shown."""

    device: UUID
    assurance: Assurance
    expires_at: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """A trusted device as its person sees it."""

    id: UUID
    name: str
    trusted_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Conversion:
    """Of the SMS with codes sent to a country, how many codes came back; `alarm`: too few, look at who asks."""

    country: str
    sent: int
    verified: int
    alarm: bool
