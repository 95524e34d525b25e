"""The tree under a signed head, read from tiles: each is checked against the one above before it is used.

- The partial tiles of the right edge make the root; what they hold is right once it is the signed one.
- A full tile is right once its root is the hash that stands for it one level up.
- One tile of each level is kept, so going through a log in order reads each file once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from solely.errors import NotFound, Tampered
from solely.ledger.checkpoint import Checkpoint
from solely.ledger.tiles import WIDTH, Edge, Fetch, bundle_path, read_bundle, read_tile, tile_path, widths
from solely.ledger.tree import inclusion_path, leaf_hash, root_of

__all__ = ["TileTree"]

_Read = Callable[[bytes, int, str], tuple[bytes, ...]]


class TileTree:
    """What a head commits to. Tampered at a file that is not what was signed, NotFound at one that is missing."""

    def __init__(self, fetch: Fetch, head: Checkpoint) -> None:
        self._fetch, self.head, self.size = fetch, head, head.size
        self._kept: dict[int, tuple[int, tuple[bytes, ...]]] = {}
        self.edge = self._read_edge()
        if self.edge.root() != head.root:
            raise Tampered("the tiles make another root", where=f"checkpoint at {head.size} entries")

    def hashes(self, level: int, number: int) -> tuple[bytes, ...]:
        """The hashes of a tile of this tree, 256 or, at its edge, fewer."""
        if number == self.size >> 8 * (level + 1):
            return self.edge.levels[level]
        kept = self._kept.get(level)
        if kept is not None and kept[0] == number:
            return kept[1]
        path = tile_path(level, number)
        hashes = read_tile(self._fetch(path), WIDTH, path)
        if root_of(hashes) != self.hashes(level + 1, number // WIDTH)[number % WIDTH]:
            raise Tampered("not what was signed", where=path)
        self._kept[level] = number, hashes
        return hashes

    def bodies(self, number: int) -> tuple[bytes, ...]:
        """The entries of a bundle, each once it is what its leaf hash says."""
        hashes = self.hashes(0, number)
        bodies = self._cut(bundle_path, read_bundle, number, len(hashes))
        leaves = tuple(map(leaf_hash, bodies))
        if leaves != hashes:
            at = next(at for at in range(len(hashes)) if leaves[at] != hashes[at])
            raise Tampered("not what was signed", where=f"ledger entry {number * WIDTH + at}")
        return bodies

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """RFC 9162 §2.1.3.1: what leads from the entry at `index` to the root. Raises NotFound for one outside."""
        if not 0 <= index < self.size:
            raise NotFound(f"no such entry among {self.size}", where="ledger")
        path: list[bytes] = []
        for level, edge in enumerate(self.edge.nodes()):
            number = index // WIDTH
            at_edge = number == self.size >> 8 * (level + 1)
            path += inclusion_path(edge if at_edge else self.hashes(level, number), index % WIDTH)
            index = number
        return tuple(path)

    def root_at(self, size: int) -> bytes:
        """The root of the tree of the first `size` entries."""
        levels = (
            self.hashes(level, size >> 8 * (level + 1))[:width] if width else ()
            for level, width in enumerate(widths(size))
        )
        return Edge(size, tuple(levels)).root()

    def _read_edge(self) -> Edge:
        levels = []
        for level, width in enumerate(widths(self.size)):
            number = self.size >> 8 * (level + 1)
            levels.append(self._cut(partial(tile_path, level), read_tile, number, width) if width else ())
        return Edge(self.size, tuple(levels))

    def _cut(self, path: Callable[[int, int], str], read: _Read, number: int, width: int) -> tuple[bytes, ...]:
        """What stands in a file of `width`; a log may have dropped a partial one once the full one is there."""
        try:
            return read(self._fetch(path(number, width)), width, path(number, width))
        except NotFound:
            if width == WIDTH:
                raise
            return read(self._fetch(path(number, WIDTH)), WIDTH, path(number, WIDTH))[:width]
