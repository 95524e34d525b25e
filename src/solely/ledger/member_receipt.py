"""A member's receipt: one member, shown to be among those an entry commits to, telling nothing of the others.

    solely/member-proof@v1 LF
    "member " number, or 32 hex digits for an id of 16 bytes LF
    "salt " base64(16 bytes) LF
    "index " place among the members LF
    base64(hash) LF, each from the leaf's sibling up to the root's child

It goes with the entry's own receipt, which shows what was committed to: see `receipt` and `members`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

from solely.errors import Tampered
from solely.ledger.checkpoint import read_base64
from solely.ledger.members import MemberProof, Members, verify_member
from solely.ledger.receipt import read_hashes

__all__ = ["Shown", "verify_member_receipt", "write_member_receipt"]

_FORM = re.compile(
    r"solely/member-proof@v1\n"
    r"member (?:(?P<id>[0-9a-f]{32})|(?P<number>0|[1-9][0-9]{0,19}))\n"
    r"salt (?P<salt>[A-Za-z0-9+/]{22}==)\n"
    r"index (?P<index>0|[1-9][0-9]{0,18})\n"
    r"(?P<path>(?:[A-Za-z0-9+/]{43}=\n)*)"
)
_WHERE = "member receipt"


@dataclass(frozen=True, slots=True)
class Shown:
    """What was proven: that member (a number, or 16 bytes) at that place among the entry's."""

    member: int | bytes
    index: int


def write_member_receipt(member: int | bytes, proof: MemberProof) -> str:
    """The receipt of a member, from its proof."""
    lines = [
        "solely/member-proof@v1",
        f"member {member.hex() if isinstance(member, bytes) else member}",
        f"salt {b64encode(proof.salt).decode()}",
        f"index {proof.index}",
        *(b64encode(one).decode() for one in proof.path),
    ]
    return "\n".join(lines) + "\n"


def verify_member_receipt(text: str, members: Members) -> Shown:
    """The member, once it is shown to be one of `members`, which a receipt's entry holds. Raises Tampered."""
    read = _FORM.fullmatch(text)
    salt = read_base64(read["salt"]) if read else None
    if read is None or salt is None:
        raise Tampered("not a member's receipt", where=_WHERE)
    member = bytes.fromhex(read["id"]) if read["id"] else int(read["number"])
    index = int(read["index"])
    path = read_hashes(read["path"].split("\n")[:-1], _WHERE)
    verify_member(members, member, MemberProof(salt, index, path))
    return Shown(member, index)
