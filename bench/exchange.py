"""Exchange published ledgers and proofs with tlog-scales, a tool of others for tlog-tiles, in both directions.

    python bench/exchange.py [--write tests/vectors/tlog_scales.json]

tlog-scales is installed once, into an environment of its own (`.bench/tlog-scales`; needs PyPI, or a mirror that pip
knows). It reads the folder that we published, makes and checks proofs of every entry and of many older sizes, and
writes a log of the same entries, which we verify, with its proofs. What it wrote is what `--write` keeps.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import second_verifier
from published_logs import KEY, bodies, fetch_from, published
from solely.app.fetch import from_folder
from solely.app.publish import publish
from solely.ledger.checkpoint import read_verifier_key
from solely.ledger.published import verify_published
from solely.ledger.receipt import receipt_from, verify_receipt

VERSION = "0.0.3"
CACHE = Path(__file__).resolve().parent.parent / ".bench" / "tlog-scales"
PEER = Path(__file__).with_name("exchange_peer.py")
SIZES = (1, 5, 255, 256, 257, 600)
KEPT = (0, 1, 4, 128, 255, 256, 511, 599)  # the entries whose proofs are kept as vectors
SEED = sha256(b"solely/test vectors/tlog-scales").digest()  # of the key that tlog-scales signs with
ORIGIN = "example.com/tlog-scales"


def python() -> Path:
    if not (CACHE / "bin" / "tlog-tiles").exists():
        venv.create(CACHE, clear=True, with_pip=True)
        subprocess.run([CACHE / "bin" / "pip", "install", "-q", f"tlog-scales=={VERSION}"], check=True)
    return CACHE / "bin" / "python"


def exchange(size: int, folder: Path) -> dict[str, object]:
    """Both directions at one size; returns what tlog-scales made. Raises what went wrong."""
    entries = bodies(size)
    note = published(entries)["checkpoint"].decode()
    publish(lambda first: (one for one in entries[first:]), lambda: note, KEY, folder / "ours")
    request = {
        "ours": str(folder / "ours"), "theirs": str(folder / "theirs"), "key": str(KEY), "origin": ORIGIN,
        "seed": SEED.hex(), "entries": [body.decode() for body in entries],
    }  # fmt: skip
    done = subprocess.run([python(), PEER], input=json.dumps(request), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    key = read_verifier_key(answer["key"])
    assert key.public_key == Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()

    theirs = folder / "theirs"
    assert verify_published(from_folder(theirs), key).size == size
    files = {str(path.relative_to(theirs)): path.read_bytes() for path in theirs.rglob("*") if path.is_file()}
    assert second_verifier.verify(files.get, str(key))[0] == size
    assert {p: data for p, data in files.items() if p != "checkpoint"}.items() <= published(entries).items()
    for index, proof in enumerate(answer["proofs"]):
        assert verify_receipt(proof, key, entries[index]).entry.sequence == index
    for index, proof in enumerate(answer["proofs_of_ours"]):
        written = receipt_from(fetch_from(published(entries)), KEY, index).split("\n")
        assert proof.split("\n") == [written[0], *written[2:]], index  # it writes no extra line
    return {
        "key": answer["key"],
        "checkpoint": files["checkpoint"].decode(),
        "files": {path: sha256(data).hexdigest() for path, data in sorted(files.items()) if path != "checkpoint"},
        "proofs": {index: answer["proofs"][index] for index in KEPT if index < size},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="Keep what tlog-scales made as vectors.")
    args = parser.parse_args()
    made = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="solely-tlog-scales-") as folder:
            made[size] = exchange(size, Path(folder))
        print(f"{size} entries: each reads, proves and verifies what the other wrote", flush=True)
    if args.write:
        args.write.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
