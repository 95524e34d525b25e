"""A person's rights, wired: what is held of them, records of their givings, what they chose, and to be forgotten.

Each takes the parts of one thread. Who asks is that person, in a session the platform vouches for.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from solely.answer.rights.export import FORMAT, fill
from solely.answer.rights.held import Given, Holding, hold
from solely.answer.rights.opening import PERSON, Form
from solely.answer.rights.package import Package, packing, zipping
from solely.answer.rights.receipt import not_stated, record_bytes
from solely.answer.rights.told import moment
from solely.answer.uses_proof import member_receipts
from solely.app import erased, showing
from solely.app.parts import SOFTWARE, Parts
from solely.app.rights_settings import controller_in
from solely.app.starting import erasures
from solely.errors import NotFound
from solely.give.choosing import Chosen, Objected, allow, choices, object_to
from solely.preference import Source
from solely.purpose import Compartment
from solely.store import registry
from solely.store.database import answering

__all__ = [
    "SIGNAL",
    "Exported",
    "Receipt",
    "allow_again",
    "chosen",
    "erase",
    "export",
    "exported",
    "held",
    "objected",
    "receipt",
]

SIGNAL = "1"  # the one value of the header Sec-GPC that says anything; its absence says nothing


def objected(parts: Parts, subject: str, purpose: str | None = None, *, source: Source = "person") -> Objected:
    """Object to all marketing or to one purpose of it, for the person; see `choosing.object_to`."""
    return object_to(parts.desk, subject.strip(), purpose, source, parts.ground.clock())


def allow_again(parts: Parts, subject: str, purpose: str, *, told: bool = False) -> bool:
    """Lift an objection to a purpose, by that person's own act; see `choosing.allow`."""
    return allow(parts.desk, subject.strip(), purpose, parts.ground.clock(), told=told)


def chosen(parts: Parts, subject: str) -> Chosen:
    """What a person chose about marketing."""
    return choices(parts.desk, subject.strip())


def held(parts: Parts, subject: str, form: Form = "masked", *, by: str = PERSON) -> Holding:
    """All that is held of a person. Contacts under seal are opened to be shown so, each written down before.

    `by`: in whose name. Raises NotFound for a subject nobody knows, Unavailable where the ledger can't be written, or
    the process that has a compartment's keys does not answer.
    """
    subject = subject.strip()
    with answering():
        name = registry.pseudonyms(parts.registry, subject).get("security")
    known = showing.NOTHING if name is None else showing.known(parts, name)

    def contacts(compartment: Compartment, givings: Mapping[UUID, str]) -> Mapping[UUID, str]:
        person = registry.pseudonyms(parts.registry, subject)[compartment]
        return showing.contacts(parts, compartment)(person, givings, form, by)

    return hold(
        parts.sources,
        parts.ground.policy,
        subject,
        parts.ground.clock(),
        contacts=contacts,
        factors=known.factors,
        devices=known.devices,
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """The record of one giving, and by file name what proves it: that it is in the ledger, and that it is theirs.

    `missing`: what nobody set of the controller.
    """

    record: bytes
    proofs: Mapping[str, str]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """The file that was made: where it is, each file in it (`name`, `bytes`, `sha256`), what nobody set."""

    path: Path
    files: tuple[dict[str, Any], ...]
    missing: tuple[str, ...]


def receipt(parts: Parts, subject: str, giving: UUID) -> Receipt:
    """The record of a giving with its proofs. Nothing is opened for it. Raises NotFound where it is not theirs."""
    subject, policy = subject.strip(), parts.ground.policy
    holding = hold(parts.sources, policy, subject, parts.ground.clock(), contacts=lambda *_: {}, factors=(), devices=())
    found = next((one for one in holding.givings if one.giving.giving == giving), None)
    if found is None:
        raise NotFound("no such giving of this subject", cure="see them with: solely held SUBJECT")
    controller = controller_in(parts.ground.directory)
    return Receipt(record_bytes(holding, found, controller), _proofs(parts, holding, found), not_stated(controller))


def _proofs(parts: Parts, holding: Holding, given: Given) -> dict[str, str]:
    wanted = {given.giving.entry, given.giving.ending}
    acts = [act for act in holding.uses.acts if act.giving == given.giving.giving and act.sequence in wanted]
    receipts, proofs = parts.prove_all(sorted({act.sequence for act in acts})), {}
    for act, member in member_receipts(parts.sources, acts):
        proofs[f"{act.sequence:06}.tlog-proof"] = receipts[act.sequence]
        proofs[f"{act.sequence:06}.member"] = member
    return proofs


def export(parts: Parts, subject: str, path: Path) -> Exported:
    """All that is held of a person as a ZIP file at `path`, new and theirs alone. Contacts under seal are in it whole.

    Each access is written down before. Raises NotFound for a subject nobody knows, Conflict where a file is there.
    """
    with packing(path, partial(_head, parts)) as package:
        _fill(parts, subject, package)
    return Exported(path, tuple(package.files), not_stated(controller_in(parts.ground.directory)))


def exported(parts: Parts, subject: str) -> bytes:
    """The same as the bytes of a ZIP file, on no disk."""
    out = BytesIO()
    with zipping(out, partial(_head, parts)) as package:
        _fill(parts, subject, package)
    return out.getvalue()


def _head(parts: Parts) -> dict[str, Any]:
    return {"format": FORMAT, "software": f"solely {SOFTWARE}", "made_at": moment(parts.ground.clock())}


def _fill(parts: Parts, subject: str, package: Package) -> None:
    holding = held(parts, subject, "whole")
    acts = holding.uses.acts
    receipts = parts.prove_all(sorted({act.sequence for act in acts}))
    proofs = member_receipts(parts.sources, acts)
    fill(package, holding, controller_in(parts.ground.directory), proofs, receipts.__getitem__, parts.verifier())


def erase(parts: Parts, subject: str) -> None:
    """Erase a person, in every compartment, at once and for good: see `Desk.erase`, and `erased` for restores.

    Raises NotFound for a subject nobody knows; Unavailable also where all is erased but in the index files, which
    nothing is matched by any more: see `finish_erasing`.
    """
    subject, erasure, listed = subject.strip(), uuid.uuid4(), erasures(parts.ground.directory)
    erased.add(listed, erasure, parts.desk.names(subject))
    erased.owe(listed, erasure)
    parts.desk.erase(subject, erasure, parts.ground.clock())
    parts.compact()
    erased.settle(listed, [erasure])
