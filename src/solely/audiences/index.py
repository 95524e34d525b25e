"""The token index of one purpose: tokens of standing givings, in order, on disk, memory-mapped.

- Each token leads to a dense giving number and a dense member number. One row a token: a giving has one
  for each digest variant, and one token may belong to givings of several people.
- Shards are cut by the first bits of the token, so equal tokens stand in one. A shard is an Arrow IPC file
  with the columns hi, lo (the token's halves, big-endian), giving, member, in order of hi; and another with
  its buckets of hi: where the rows of each begin, and which tokens can't be in it. Tokens are uniform, so a
  bucket has about one row.
- `current` names the folder in use, and each file with its length and CRC, under a CRC of its own. What it does
  not name is ignored.
"""

from __future__ import annotations

import itertools
import json
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from solely.store.durable import sync

__all__ = ["Index", "Shard", "named", "read", "sort_shard", "write"]

SHARD_ROWS = 4_000_000  # tokens a shard, at most about: 110 MB
_FORMAT = 4
_COLUMNS = {"hi": np.uint64, "lo": np.uint64, "giving": np.uint32, "member": np.uint32}
_BUCKETS = {"place": np.uint32, "near": np.uint8}

Numbers = npt.NDArray[np.uint32]
Halves = npt.NDArray[np.uint64]
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Shard:
    """Tokens in order of `hi`, and the numbers they lead to: four arrays of one length.

    Bucket b is `hi >> shift`, less the bits that all tokens of the shard share. Its rows are places[b] to
    places[b + 1]; of near[b] the bits are set that the next three bits of its rows' hi name.
    """

    hi: Halves
    lo: Halves
    giving: Numbers
    member: Numbers
    places: Numbers
    near: npt.NDArray[np.uint8]
    shift: int


@dataclass(frozen=True, slots=True)
class Index:
    """As many shards as a power of two, in order of the first bits of their tokens.

    Complete up to the giving number `watermark`; `mark` says which giving that was. `keys` are the numbers of the keys
    its tokens are under: more than one for the time of a rotation. `text` is `current`'s.
    """

    watermark: int
    mark: str
    keys: frozenset[int]
    shards: Sequence[Shard]
    text: str

    @property
    def rows(self) -> int:
        return sum(len(shard.hi) for shard in self.shards)


def sort_shard(halves: Halves, givings: npt.NDArray[Any], members: npt.NDArray[Any]) -> Shard:
    """Put tokens in order, given as an array (n, 2) of their halves, with the numbers they lead to."""
    order = np.argsort(halves[:, 0])
    columns = halves[order, 0], halves[order, 1], givings[order].astype(np.uint32), members[order].astype(np.uint32)
    return _with_buckets(*columns, bits=0)


def _with_buckets(hi: Halves, lo: Halves, givings: Numbers, members: Numbers, *, bits: int) -> Shard:
    """A shard of tokens in order that share their first `bits` bits."""
    wide = max(1, len(hi).bit_length() - 1)  # one or two rows a bucket
    shift = 64 - bits - wide
    eighths = ((hi >> np.uint64(shift - 3)) & np.uint64((8 << wide) - 1)).view(np.int64)
    counts = np.bincount(eighths >> 3, minlength=1 << wide)
    places = np.concatenate(([0], np.cumsum(counts))).astype(np.uint32)
    there = np.zeros(8 << wide, np.bool_)
    there[eighths] = True
    near = np.append(np.packbits(there, bitorder="little"), np.uint8(0))  # as long as `places`
    return Shard(hi, lo, givings, members, places, near, shift)


def write(
    folder: Path, tokens: Shard, watermark: int, mark: str, shard_rows: int = SHARD_ROWS, *, keys: frozenset[int]
) -> None:
    """Write an index durably beside the one in use, then put it in its place. One writer at a time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = (f"{watermark}.{again}" for again in itertools.count())
    ready = next(folder / name for name in names if not (folder / name).exists())
    fresh = folder / f"{ready.name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    files = {}
    for place, shard in enumerate(_cut(tokens, shard_rows)):
        columns: Columns = {"hi": shard.hi, "lo": shard.lo, "giving": shard.giving, "member": shard.member}
        files[f"{place:06d}.arrow"] = _save(fresh / f"{place:06d}.arrow", columns)
        buckets: Columns = {"place": shard.places, "near": shard.near}
        files[f"{place:06d}.buckets"] = _save(fresh / f"{place:06d}.buckets", buckets)
    sync(fresh)
    fresh.rename(ready)
    about = {"format": _FORMAT, "watermark": watermark, "mark": mark, "keys": sorted(keys)}
    content = {**about, "folder": ready.name, "files": files}
    pointer = folder / "current.new"
    text = json.dumps(content)
    pointer.write_text(f"{zlib.crc32(text.encode()):08x} {text}")
    sync(pointer)
    sync(folder)
    pointer.replace(folder / "current")
    sync(folder)
    for old in folder.iterdir():
        if old.is_dir() and old != ready:
            shutil.rmtree(old)


def _cut(tokens: Shard, shard_rows: int) -> list[Shard]:
    """As many shards as needed, by the first bits of hi."""
    bits = max(0, (len(tokens.hi) - 1) // shard_rows).bit_length()
    if not bits:
        return [tokens]
    edges = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    cuts = [0, *np.searchsorted(tokens.hi, edges).tolist(), len(tokens.hi)]
    parts = [slice(start, end) for start, end in itertools.pairwise(cuts)]
    return [_with_buckets(tokens.hi[a], tokens.lo[a], tokens.giving[a], tokens.member[a], bits=bits) for a in parts]


def _save(path: Path, columns: Columns) -> list[int]:
    """Write columns as one record batch; the file's length and CRC."""
    import pyarrow as pa  # noqa: PLC0415 - see _load
    import pyarrow.ipc  # noqa: PLC0415

    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(1, table.num_rows))
    sync(path)
    with pa.memory_map(str(path)) as file:
        return [file.size(), zlib.crc32(file.read_buffer())]


def named(folder: Path) -> str | None:
    """What `current` says now; None where no index was ever put in its place."""
    try:
        return (folder / "current").read_text(errors="replace")
    except FileNotFoundError:
        return None


def read(folder: Path, text: str) -> Index | None:
    """Open the index that `text` names and check all of it; None for one that is damaged or of another format."""
    try:
        crc, _, body = text.partition(" ")
        content = json.loads(body)
        if int(crc, 16) != zlib.crc32(body.encode()) or content["format"] != _FORMAT:
            return None
        files = {name: _load(folder / content["folder"] / name, *about) for name, about in content["files"].items()}
        tokens = [files[name] for name in sorted(files) if name.endswith(".arrow")]
        buckets = [files[name] for name in sorted(files) if name.endswith(".buckets")]
        left = 64 - (len(tokens) - 1).bit_length()  # bits of hi that tokens of one shard may differ in
        shards = [
            Shard(
                **columns, places=both["place"], near=both["near"], shift=left - (len(both["place"]) - 2).bit_length()
            )
            for columns, both in zip(tokens, buckets, strict=True)
        ]
        return Index(content["watermark"], content["mark"], frozenset(content["keys"]), shards, text)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _load(path: Path, size: int, crc: int) -> Columns:
    """The columns of a file. Raises OSError, ValueError and LookupError for one that is not whole."""
    import pyarrow as pa  # noqa: PLC0415 - 27 MB, which of all processes advertising's alone needs
    import pyarrow.ipc  # noqa: PLC0415

    try:
        file = pa.memory_map(str(path))
        if file.size() != size or zlib.crc32(file.read_buffer()) != crc:
            raise ValueError("damaged")
        table = pa.ipc.open_file(file).read_all()
    except pa.ArrowException:
        raise ValueError("damaged") from None
    return {
        name: table[name].chunk(0).to_numpy() if table.num_rows else np.empty(0, kind)
        for name, kind in (_BUCKETS if path.suffix == ".buckets" else _COLUMNS).items()
    }
