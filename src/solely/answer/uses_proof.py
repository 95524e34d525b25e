"""The proofs that go with my uses: of each act, that its entry commits to this person, telling nothing of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

import numpy as np

from solely.answer.sources import Sources
from solely.answer.uses import Act, Member
from solely.errors import Tampered
from solely.ledger.entry import Entry
from solely.ledger.member_receipt import write_member_receipt
from solely.ledger.members import Ids, member_proof, verify_member
from solely.store import registry

__all__ = ["member_receipts"]


def member_receipts(sources: Sources, acts: Sequence[Act]) -> Iterator[tuple[Act, str]]:
    """Each act, in the order of the ledger, with the member's receipt. What an entry commits to is read once.

    Raises Tampered where what is stored is not what the entry commits to.
    """
    for sequence, of_one in groupby(acts, key=lambda act: act.sequence):
        entry = sources.entries.read([sequence])[sequence]
        ids = _members(sources, entry)
        committed = sources.entries.committed(sequence)
        for act in of_one:
            index = _place(ids, act.member, sequence)
            proof = member_proof(committed.secret, ids, index, committed.nodes or None)
            if entry.members is None or entry.members.count != len(ids):
                raise Tampered("it commits to another number of members", where=f"ledger entry {sequence}")
            verify_member(entry.members, act.member, proof)
            yield act, write_member_receipt(act.member, proof)


def _members(sources: Sources, entry: Entry) -> Ids:
    """What an entry commits to, in its places, from where it is kept."""
    if entry.type in {"giving", "withdrawal"}:
        return registry.givings_in(
            sources.registry, entry.sequence, "giving" if entry.type == "giving" else "withdrawal"
        )
    if entry.type == "use" and "upload" in entry.details:
        job = (entry.principal.removeprefix("advertiser "), UUID(str(entry.details["upload"])))
        return sources.evidence.givings_of(job)
    return sources.entries.kept(entry.sequence)


def _place(ids: Ids, member: Member, sequence: int) -> int:
    if isinstance(member, bytes):
        found = np.flatnonzero((ids == np.frombuffer(member, np.uint8)).all(axis=1)) if ids.ndim > 1 else ids[:0]
    else:
        found = np.flatnonzero(ids == member)
    if not len(found):
        raise Tampered("what it commits to is not there any more", where=f"ledger entry {sequence}")
    return int(found[0])
