"""The ledger as static files (C2SP tlog-tiles): their paths, their bytes, and what a log writes as it grows.

    checkpoint                      the newest signed head
    tile/<level>/<number>[.p/<n>]   256 hashes, or n of them
    tile/entries/<number>[.p/<n>]   256 entries, or n of them, each after its length (16 bits, big-endian)

- A hash at level 0 is a leaf's, at each level above the root of a full tile below. A partial tile goes into none.
- Numbers stand in groups of three digits, all but the last behind an x.
- A full file never changes; a partial one has its size in its name, so neither does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from solely.errors import Tampered
from solely.ledger.tree import EMPTY_ROOT, HASH_BYTES, leaf_hash, root_of

__all__ = [
    "CHECKPOINT",
    "WIDTH",
    "Edge",
    "Fetch",
    "File",
    "bundle_path",
    "fill",
    "grow",
    "max_bytes",
    "read_bundle",
    "read_tile",
    "tile_path",
    "widths",
]

CHECKPOINT = "checkpoint"
WIDTH = 256  # hashes in a tile, entries in a bundle
_BITS = 8  # WIDTH as a power of two
_LENGTH_BYTES, _MAX_ENTRY = 2, 65_535
_MAX_NOTE = 100_000  # bytes: a head and sixteen signatures of 5 kB, which signed-note wants to be taken

Fetch = Callable[[str], bytes]  # a path's bytes; raises NotFound where there is no such file
File = tuple[str, bytes]  # a path and what stands there


def _place(number: int, width: int) -> str:
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups) + (f".p/{width}" if width < WIDTH else "")


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Where the hashes of a tile stand; `width` under 256 for a partial one."""
    return f"tile/{level}/{_place(number, width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Where the entries beside level 0's tile of that number stand."""
    return f"tile/entries/{_place(number, width)}"


def max_bytes(path: str) -> int:
    """The most bytes that can stand there: who fetches from a stranger reads no further."""
    if path.startswith("tile/entries/"):
        return WIDTH * (_LENGTH_BYTES + _MAX_ENTRY)
    return WIDTH * HASH_BYTES if path.startswith("tile/") else _MAX_NOTE


def widths(size: int) -> list[int]:
    """At each level of a tree of `size`, how many hashes its partial tile has, 0 to 255."""
    levels = range((size.bit_length() + _BITS - 1) // _BITS)
    return [(size >> _BITS * level) % WIDTH for level in levels]


def read_tile(data: bytes, width: int, where: str) -> tuple[bytes, ...]:
    """The hashes of a tile. Raises Tampered where they are not `width`."""
    if len(data) != width * HASH_BYTES:
        raise Tampered(f"not {width} hashes", where=where)
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def read_bundle(data: bytes, width: int, where: str) -> tuple[bytes, ...]:
    """The entries' bodies of a bundle. Raises Tampered where they are not `width`, to the last byte."""
    bodies, at = [], 0
    for _ in range(width):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        bodies.append(data[start:at])
    if at != len(data):
        raise Tampered(f"not {width} entries", where=where)
    return tuple(bodies)


def _bundle(bodies: Sequence[bytes]) -> bytes:
    return b"".join(len(body).to_bytes(_LENGTH_BYTES, "big") + body for body in bodies)


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree, all it needs to grow by tiles: the hashes of each level's partial tile."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()

    def __post_init__(self) -> None:
        if [len(level) for level in self.levels] != widths(self.size):
            raise Tampered("not the edge of a tree of its size", where="ledger tiles")

    def at_bundle(self) -> Edge:
        """The edge where the last bundle begins: the log grows from there, that bundle's entries anew."""
        size = self.size - self.size % WIDTH
        return Edge(size, ((), *self.levels[1:]) if size else ())

    def nodes(self) -> Iterator[tuple[bytes, ...]]:
        """Each level's partial tile and, last, the root of the partial ones below, which no tile holds."""
        below: tuple[bytes, ...] = ()
        for level in self.levels:
            nodes = level + below
            below = (root_of(nodes),) if nodes else ()
            yield nodes

    def root(self) -> bytes:
        """The root of the tree."""
        root = EMPTY_ROOT
        for nodes in self.nodes():
            root = root_of(nodes) if nodes else root
        return root

    def tiles(self) -> list[File]:
        """The partial tiles."""
        return [
            (tile_path(level, self.size >> _BITS * (level + 1), len(hashes)), b"".join(hashes))
            for level, hashes in enumerate(self.levels)
            if hashes
        ]


def fill(edge: Edge, bodies: Sequence[bytes]) -> tuple[Edge, list[File]]:
    """The edge after one bundle of up to 256 bodies, and what is full by it; a partial bundle ends the list.

    `edge` ends where a bundle does.
    """
    number, leaves = edge.size // WIDTH, tuple(map(leaf_hash, bodies))
    files = [(bundle_path(number, len(bodies)), _bundle(bodies))] if bodies else []
    size, level, levels = edge.size + len(bodies), 0, [leaves, *edge.levels[1:]]
    while len(levels[level]) == WIDTH:
        files.append((tile_path(level, number), b"".join(levels[level])))
        root, levels[level], level, number = root_of(levels[level]), (), level + 1, number // WIDTH
        if level == len(levels):
            levels.append(())
        levels[level] += (root,)
    return Edge(size, tuple(levels if size else ())), files


def grow(edge: Edge, bodies: Iterable[bytes]) -> Iterator[tuple[Edge, list[File]]]:
    """The edge after each bundle, with the files that are written by then; the last comes with its partial tiles.

    `edge` ends where a bundle does. Memory does not grow with the log.
    """
    source = iter(bodies)
    bundle = list(islice(source, WIDTH))
    while bundle:
        after = list(islice(source, WIDTH))
        edge, files = fill(edge, bundle)
        yield edge, files if after else [*files, *edge.tiles()]
        bundle = after
