"""What is done before anything else: a new policy is written down, and whom a restore brought back is erased again."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from solely.app import erased
from solely.app.parts import Parts
from solely.store import desk
from solely.store.database import answering
from solely.store.durable import locked, put
from solely.store.ledger import Words

__all__ = ["erase_again", "erasures", "finish_erasing", "note_new_policy", "note_policy"]


def note_new_policy(parts: Parts) -> None:
    """A policy that is not the one of the last start is an entry before anything is done under it."""
    noted, digest = parts.ground.directory / "ledger" / "policy", parts.ground.policy.digest
    with locked(noted.parent):
        if not noted.exists() or noted.read_text() != digest:
            note_policy(parts)
            put(noted, digest)


def note_policy(parts: Parts) -> int:
    """Write the policy's digest into the ledger; returns the entry's sequence."""
    details = MappingProxyType({"policy": parts.ground.policy.digest})
    return parts.gate.write_down(Words("policy", "operator", details=details))


def erasures(directory: Path) -> Path:
    """The list of erasures; see `erased`."""
    return directory / "registry" / "erased"


def erase_again(parts: Parts) -> None:
    """Whom a restore brought back is erased again."""
    begun = erased.read(erasures(parts.ground.directory))
    if not begun:
        return
    with Parts(parts.ground) as others:
        made = desk.erasures(others.login("desk"))
    left = {id_: names for id_, names in begun.items() if id_ not in made}
    if left and parts.desk.erase_again(left, parts.ground.clock()):
        parts.compact()
    finish_erasing(parts)


def finish_erasing(parts: Parts) -> None:
    """Write the index files without whom an erasure took that was cut off before they were."""
    listed = erasures(parts.ground.directory)
    if found := erased.owed(listed):
        with answering():
            made = desk.erased_among(parts.desk.connection, found)
        if made:
            parts.compact()
            erased.settle(listed, made)
