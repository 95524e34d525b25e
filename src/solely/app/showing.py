"""What a person is shown of what is held under seal, wired: by this process's own keys, or by who has them.

A contact is opened within its compartment, once the access is written down, and is nowhere kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from solely.answer.rights.held import Device, Factor
from solely.answer.rights.masked import masked
from solely.answer.rights.opening import Form, Opener
from solely.app.parts import Parts
from solely.links.showing import Contacts, Known, far_contacts, far_known
from solely.purpose import Compartment

__all__ = ["NOTHING", "contacts", "known"]

NOTHING = Known()  # of who is not known to two-step verification


def contacts(parts: Parts, compartment: Compartment) -> Contacts:
    """What shows the contacts of a sealing compartment. It raises what `Opener.open` does."""
    if links := parts.ground.far(compartment):
        return far_contacts(links, compartment)
    return partial(_show, parts, parts.keep(("opener", compartment), partial(_opener, parts, compartment)))


def _opener(parts: Parts, compartment: Compartment) -> Opener:
    keyring = parts.ground.keyring(compartment)
    sealers = {purpose: keyring.sealer(purpose) for purpose in keyring.purposes}
    return Opener(compartment, parts.login(compartment), sealers, parts.gate)


def _show(
    parts: Parts, opener: Opener, pseudonym: UUID, givings: Mapping[UUID, str], form: Form, by: str
) -> dict[UUID, str]:
    opened = opener.open(pseudonym, givings, form, parts.ground.clock(), by)
    return {giving: masked(one) if form == "masked" else one.expose() for giving, one in opened.items()}


def known(parts: Parts, pseudonym: UUID) -> Known:
    """The factors and trusted devices of a person, by the pseudonym that security knows them by."""
    if links := parts.ground.far("security"):
        return far_known(links, pseudonym)
    factors, devices = parts.verification.known_by(pseudonym)
    return Known(
        [Factor(one.kind, one.name, one.state, one.purpose, one.created_at, one.used_at) for one in factors],
        [Device(one.name, one.trusted_at, one.used_at, one.expires_at) for one in devices],
    )
