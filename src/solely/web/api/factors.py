"""A person's factors and devices: enrolled, seen, renamed, removed, reported lost; of the security compartment.

What a person's token may do here, the platform's backend may do for a session it vouches for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from solely.errors import Conflict, NotFound, ProofNeeded, Throttled
from solely.principal import Home
from solely.verification import Factor as Known
from solely.verification.manage import Wanted
from solely.verification.proof import Challenge
from solely.verification.proof import Device as KnownDevice
from solely.verification.proof import Trusted as KnownTrusted
from solely.web.api.routes import Body, Call, Route, Said, Subject

__all__ = ["ROUTES", "Challenged", "Factor", "Source", "challenge_said", "factor_said"]

Kind = Literal["passkey", "totp", "sms", "email", "recovery-codes"]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=64)]
Source = Annotated[
    str | None,
    Field(
        pattern=r"^[!-~]{1,128}$",
        description="from where the person asks, as the platform names places: counted, never kept as it is",
    ),
]


class Factor(Said):
    """A factor as its person sees it: no secret, no contact."""

    id: UUID
    kind: Kind
    name: str
    state: str
    purpose: str
    created_at: datetime
    activated_at: datetime | None
    used_at: datetime | None
    stale: bool
    left: int | None
    restricted: bool
    phishing_resistant: bool


class Factors(Said):
    """A person's factors, oldest first."""

    items: list[Factor]


class Enrolling(Body):
    """A factor that is wanted; `again` is a disabled one to be bound anew. `proof` is a passed challenge."""

    kind: Kind = Field(examples=["totp"])
    name: Text = ""
    account: Text = Field("", examples=["ana"], description="what an app or a passkey shows beside the service's name")
    purpose: Literal["two-factor", "reauthentication", "account-recovery"] = "two-factor"
    giving: UUID | None = Field(None, description="the contact that codes are sent to; needed where several fit")
    again: UUID | None = None
    proof: UUID | None = None
    source: Source = None


class Enrolled(Said):
    """To be confirmed by a first right answer to its challenge. What it holds is shown once."""

    factor: UUID
    kind: Kind
    challenge: UUID
    expires_at: datetime
    restricted: bool
    uri: str | None
    codes: list[str]
    passkey: dict[str, Any] | None


class Naming(Body):
    """Another name for a factor."""

    name: Text = Field(min_length=1, examples=["my phone"])


class Challenged(Said):
    """A challenge, and the factors that may answer it, strong ones first."""

    id: UUID
    act: str
    expires_at: datetime
    factors: list[Factor]
    passkey: dict[str, Any] | None


class Device(Said):
    """A device that the person trusts."""

    id: UUID
    name: str
    trusted_at: datetime
    used_at: datetime
    expires_at: datetime


class Devices(Said):
    """The devices a person trusts."""

    items: list[Device]


class Trusting(Body):
    """The device that just passed a sign-in."""

    proof: UUID
    name: Text = Field(min_length=1, examples=["my laptop"])


class Recognising(Body):
    """A device by its token."""

    token: str = Field(pattern=r"^[!-~]{1,512}$", repr=False, examples=["kept-by-the-device"])
    after_password: bool = False


class Trusted(Said):
    """A trusted device is known. `token` takes the place of the one that was shown."""

    device: UUID
    token: str
    expires_at: datetime
    amr: list[str]
    aal: str


class Revoked(Said):
    """How many devices are trusted no longer."""

    revoked: int


def factor_said(one: Known) -> Factor:
    """A factor as it is told."""
    names = (name for name in Factor.model_fields if name not in {"restricted", "phishing_resistant"})
    content = {name: getattr(one, name) for name in names}
    return Factor(**content, restricted=one.restricted, phishing_resistant=one.phishing_resistant)


def challenge_said(begun: Challenge) -> Challenged:
    """A challenge as it is told."""
    return Challenged(
        id=begun.id,
        act=begun.act,
        expires_at=begun.expires_at,
        factors=[factor_said(one) for one in begun.factors],
        passkey=dict(begun.passkey) if begun.passkey is not None else None,
    )


def factors(call: Call, subject: Subject) -> Factors:
    """A person's factors. Of someone nobody knows: none."""
    return Factors(items=[factor_said(one) for one in call.parts.verification.factors(subject)])


def enrol(call: Call, subject: Subject, enrolling: Enrolling) -> Enrolled:
    """Begin to enrol a factor.

    A first one needs no proof; each change after it needs a fresh one of the highest level the person's factors reach.
    It counts once its challenge got a first right answer.
    """
    wanted = Wanted(
        enrolling.kind, enrolling.account, enrolling.name, enrolling.purpose, enrolling.giving, enrolling.again
    )
    begun = call.parts.verification.enrol(subject, wanted, proof=enrolling.proof, source=enrolling.source)
    return Enrolled(
        factor=begun.factor,
        kind=begun.kind,
        challenge=begun.challenge,
        expires_at=begun.expires_at,
        restricted=begun.restricted,
        uri=begun.uri,
        codes=list(begun.codes),
        passkey=dict(begun.passkey) if begun.passkey is not None else None,
    )


def rename(call: Call, subject: Subject, factor: UUID, naming: Naming) -> None:
    """Give a factor another name."""
    call.parts.verification.rename(subject, factor, naming.name.strip())


def remove(call: Call, subject: Subject, factor: UUID, proof: Annotated[UUID | None, Query()] = None) -> None:
    """Remove a factor, with a fresh proof."""
    call.parts.verification.remove(subject, factor, proof=proof)


def report_lost(call: Call, subject: Subject, factor: UUID) -> None:
    """Disable a factor at once: its person lost it, or someone else has it."""
    call.parts.verification.report_lost(subject, factor)


def ask_again(call: Call, subject: Subject, factor: UUID) -> Challenged:
    """Prove a phone again that was not proved for long."""
    return challenge_said(call.parts.verification.ask_again(subject, factor))


def devices(call: Call, subject: Subject) -> Devices:
    """The devices a person trusts."""
    return Devices(items=[_device(one) for one in call.parts.verification.devices(subject)])


def _device(one: KnownDevice) -> Device:
    return Device(id=one.id, name=one.name, trusted_at=one.trusted_at, used_at=one.used_at, expires_at=one.expires_at)


def trust(call: Call, subject: Subject, trusting: Trusting) -> Trusted:
    """Trust the device that just passed a sign-in; its token is for that device alone."""
    return _trusted(call.parts.verification.trust(subject, proof=trusting.proof, name=trusting.name.strip()))


def recognise(call: Call, subject: Subject, recognising: Recognising) -> Trusted:
    """Know a trusted device by its token, which is good once: keep the one that is answered."""
    after = call.asserts_password(recognising.after_password)
    return _trusted(call.parts.verification.recognise(subject, recognising.token, after_password=after))


def _trusted(one: KnownTrusted) -> Trusted:
    return Trusted(
        device=one.device,
        token=one.token,
        expires_at=one.expires_at,
        amr=list(one.assurance.amr),
        aal=one.assurance.aal,
    )


def revoke_device(call: Call, subject: Subject, device: UUID) -> Revoked:
    """Trust a device no longer."""
    return Revoked(revoked=call.parts.verification.revoke_device(subject, device))


def revoke_devices(call: Call, subject: Subject) -> Revoked:
    """Trust none of a person's devices any longer."""
    return Revoked(revoked=call.parts.verification.revoke_device(subject))


_OF = "/v1/subjects/{subject}"
_HOME: tuple[Home, ...] = ("security",)
_MAY = (ProofNeeded, NotFound, Conflict, Throttled)
ROUTES = (
    Route(
        method="GET",
        path=f"{_OF}/factors",
        homes=_HOME,
        act="factors.read",
        endpoint=factors,
        yields={"factor": "/items/0/id"},
    ),
    Route(
        method="POST",
        path=f"{_OF}/factors",
        homes=_HOME,
        act="factors",
        endpoint=enrol,
        status=201,
        yields={"factor": "/factor", "challenge": "/challenge"},
        problems=_MAY,
    ),
    Route(method="PATCH", path=f"{_OF}/factors/{{factor}}", homes=_HOME, act="factors", endpoint=rename, status=204),
    Route(
        method="DELETE",
        path=f"{_OF}/factors/{{factor}}",
        homes=_HOME,
        act="factors",
        endpoint=remove,
        status=204,
        problems=_MAY,
    ),
    Route(
        method="POST",
        path=f"{_OF}/factors/{{factor}}/lost",
        homes=_HOME,
        act="factors",
        endpoint=report_lost,
        status=204,
    ),
    Route(
        method="POST",
        path=f"{_OF}/factors/{{factor}}/asked-again",
        homes=_HOME,
        act="factors",
        endpoint=ask_again,
        status=201,
        again=False,
        yields={"challenge": "/id"},
    ),
    Route(
        method="GET",
        path=f"{_OF}/devices",
        homes=_HOME,
        act="factors.read",
        endpoint=devices,
        yields={"device": "/items/0/id"},
    ),
    Route(
        method="POST",
        path=f"{_OF}/devices",
        homes=_HOME,
        act="factors",
        endpoint=trust,
        status=201,
        again=False,
        yields={"device": "/device"},
        problems=_MAY,
    ),
    Route(method="DELETE", path=f"{_OF}/devices", homes=_HOME, act="factors", endpoint=revoke_devices),
    Route(method="DELETE", path=f"{_OF}/devices/{{device}}", homes=_HOME, act="factors", endpoint=revoke_device),
    Route(
        method="POST",
        path=f"{_OF}/recognised-devices",
        homes=_HOME,
        act="verify",
        endpoint=recognise,
        again=False,
        yields={"device": "/device"},
        problems=_MAY,
    ),
)
