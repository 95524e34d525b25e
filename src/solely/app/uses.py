"""My uses, wired: three roles' connections join for one person's answer, and the receipts are written as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from solely.answer.sources import Sources
from solely.answer.uses import Uses, uses, uses_in
from solely.answer.uses_proof import member_receipts
from solely.errors import Conflict

__all__ = ["Proven", "Shown", "proven", "show"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A person's uses, and the files of their receipts: by the place of an act, its entry's and its member's."""

    uses: Uses
    files: tuple[tuple[Path, Path], ...]


def show(sources: Sources, subject: str, receipts: Path | None, prove: Callable[[int], str]) -> Shown:
    """All that was done with a subject's contacts; with `receipts`, a folder, the proofs of it too.

    Looking is no entry of the ledger: nothing goes to anyone but the person it is about, and a ledger that grew by
    each look would tell its readers who looks. An officer who looks for a person does it in that person's name.
    """
    found = uses(sources, subject)
    if receipts is None:
        return Shown(found, ())
    receipts.mkdir(parents=True, exist_ok=True)
    if any(receipts.iterdir()):
        raise Conflict(
            "this folder is not empty", where=str(receipts), cure="name a new one: receipts of two don't mix"
        )
    written: dict[int, Path] = {}
    files: list[tuple[Path, Path]] = []
    for act, member in member_receipts(sources, found.acts):
        entry = written.get(act.sequence)
        if entry is None:
            entry = written[act.sequence] = receipts / f"{act.sequence:06}.tlog-proof"
            entry.write_text(prove(act.sequence), encoding="utf-8")
        again = sum(one == entry for one, _ in files) + 1  # one entry may be about several of a person's givings
        path = entry.with_name(f"{act.sequence:06}{f'-{again}' if again > 1 else ''}.member")
        path.write_text(member, encoding="utf-8")
        files.append((entry, path))
    return Shown(found, tuple(files))


@dataclass(frozen=True, slots=True)
class Proven:
    """What proves one entry about a person: its receipt, and for each act through which giving, with the member's."""

    receipt: str
    members: tuple[tuple[UUID | None, str], ...]


def proven(sources: Sources, subject: str, sequence: int, prove: Callable[[int], str]) -> Proven:
    """The proofs of what an entry says of a subject. Raises NotFound where it says nothing of them."""
    acts = uses_in(sources, subject, sequence)
    members = tuple((act.giving, member) for act, member in member_receipts(sources, acts))
    return Proven(prove(sequence), members)
