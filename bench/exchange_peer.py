"""The part of `exchange.py` that runs in tlog-scales's environment: JSON in, what that tool says and makes out."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

from tlog_scales import cli, tiles
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import PlainEd25519Signer, Vkey
from tlog_scales.writer import TilesWriter


def checked(folder: str, key: Vkey, entries: list[bytes]) -> list[str]:
    """Check a folder by all that the tool can check; returns its proof of each entry, as its command prints it."""
    reader = TilesReader(LocalBackend(Path(folder)))
    head = reader.get_checkpoint()
    head.verify(key)
    assert reader.calculate_root_hash() == head.root_hash
    for index, body in enumerate(entries):
        assert reader.get_entry(index) == body
        reader.get_inclusion_proof(index, head.size).check(tiles.leaf_hash(body), head.root_hash)
    for old in range(1, head.size + 1, 7):
        reader.get_consistency_proof(old, head.size).check(reader.mth(0, old), head.root_hash)
    return [printed(folder, index) for index in range(head.size)]


def printed(folder: str, index: int) -> str:
    parsed = cli.build_parser().parse_args(["gen-proof", folder, str(index)])
    with redirect_stdout(io.StringIO()) as out:
        parsed.func(parsed)
    return out.getvalue()


def main() -> None:
    asked = json.load(sys.stdin)
    entries = [body.encode() for body in asked["entries"]]
    of_ours = checked(asked["ours"], Vkey.from_string(asked["key"]), entries)
    signer = PlainEd25519Signer(asked["origin"], bytes.fromhex(asked["seed"]))
    writer = TilesWriter.create(Path(asked["theirs"]), asked["origin"])
    for body in entries:
        writer.add_leaf(body)
    writer.commit([signer])
    proofs = checked(asked["theirs"], signer.vkey, entries)
    json.dump({"key": signer.vkey.serialize(), "proofs": proofs, "proofs_of_ours": of_ours}, sys.stdout)


if __name__ == "__main__":
    main()
