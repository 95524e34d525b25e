"""Rotation while serving: a million rows moved to new keys, killed -9 at random points, while people give and match.

    python3 bench/rotate.py [--rows 1000000] [--kills 20] [--dir DIR]

Half the rows are sealed contacts, half are tokens. After each kill a sample, and at the end every row, is opened under
the key that the row names: none is lost. Prints what it measured; ends with an error if a row is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from solely.app import Solely, init, keys
from solely.consent import COLUMNS, Notice, Permit
from solely.seal import Sealed, open_sealed

SEALED, TOKENS = "service-notice", "tailored-audiences"
MOVING = """
import sys
from pathlib import Path
from solely.app import Solely, keys
with Solely(Path(sys.argv[1]), signs=False) as solely:
    for purpose in sys.argv[2:]:
        keys.reseal(solely.parts, purpose, lambda done: print(done, flush=True))
"""


def write(folder: Path, rows: int) -> Path:
    for purpose in (SEALED, TOKENS):
        (folder / "notices" / purpose).mkdir(parents=True)
        (folder / "notices" / purpose / "v1.txt").write_text(f"What {purpose} is for.")
    path = folder / "given.csv"
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for n in range(rows // 2):
            for purpose in (SEALED, TOKENS):
                said = {"subject": f"u{n}", "kind": "email", "value": f"u{n}@example.com", "purpose": purpose}
                said |= {"notice": f"{purpose}/v1", "given_at": "2026-01-01T00:00:00Z", "withdrawn_at": ""}
                file.write(",".join(said[column] for column in COLUMNS) + "\n")
    return path


def opened(solely: Solely, part: str = "true") -> int:
    """How many sealed rows open under the key that each names; raises where one does not."""
    keyring = solely.ground.keyring("service")
    keys_, count = keyring.sealer(SEALED), 0
    query = (
        "SELECT c.pseudonym, c.giving, c.kind, c.key_number, c.box, w.wrapped FROM service.contacts c"
        f" JOIN service.wrapped_keys w USING (pseudonym, giving) WHERE {part}"
    )
    with (
        solely.ground.database.login("service", keyring.secret("database")) as connection,
        connection.transaction(),
        connection.cursor(name="rows", binary=True) as rows,
    ):
        for pseudonym, giving, kind, number, box, wrapped in rows.execute(query):
            permit = Permit(SEALED, giving, 0)
            open_sealed(keys_, Sealed(wrapped, box, number), permit, pseudonym=pseudonym, kind=kind)
            count += 1
    return count


class Giving(threading.Thread):
    """One person after the other gives, all the time."""

    def __init__(self, solely: Solely) -> None:
        super().__init__(daemon=True)
        self.solely, self.took, self.ended = solely, [], threading.Event()

    def run(self) -> None:
        notice = Notice(SEALED, "v1", f"What {SEALED} is for.")
        parts = self.solely.new_parts()
        while not self.ended.wait(0.05):
            name = f"late{len(self.took)}"
            row = {"subject": name, "kind": "email", "value": f"{name}@example.com", "purpose": SEALED}
            row |= {"notice": notice.name, "given_at": "2026-01-01T00:00:00Z", "withdrawn_at": ""}
            start = time.perf_counter()
            parts.renew().desk.give(row, notice, datetime.now(UTC))
            self.took.append(time.perf_counter() - start)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--dir", type=Path, default=None)
    options = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rotate-", dir=options.dir))
    folder.chmod(0o755)
    try:
        run(folder, options.rows, options.kills)
    finally:
        shutil.rmtree(folder)


def run(folder: Path, rows: int, kills: int) -> None:
    seed = os.urandom(4).hex()
    chance, half = random.Random(seed), rows // 2
    init(folder / "data")
    with Solely(folder / "data", signs=False) as solely:
        solely.give_file(write(folder, rows))
        probe = folder / "list.csv"
        probe.write_text("email\n" + "".join(f"u{n}@example.com\n" for n in range(0, half, 50)))
        wanted = len(range(0, half, 50))
        solely.match(probe, "acme", "before")
        keys.rotate(solely.parts, SEALED, "seal")
        keys.rotate(solely.parts, TOKENS, "token")
        giving = Giving(solely)
        giving.start()
        begun, read, killed = time.perf_counter(), [], 0
        while True:
            moving = subprocess.Popen(
                [sys.executable, "-c", MOVING, folder / "data", SEALED, TOKENS], stdout=subprocess.PIPE
            )
            if killed < kills:
                for _ in range(chance.randrange(1, max(2, rows // 2_000 // kills))):
                    moving.stdout.readline()
                time.sleep(chance.uniform(0, 0.05))
                moving.kill()
            for _ in moving.stdout:
                pass
            if moving.wait() == 0:
                break
            killed += 1
            opened(solely, "get_byte(uuid_send(c.giving), 0) = 7")
            start = time.perf_counter()
            solely.match(probe, "acme", f"during{killed}")
            read.append(time.perf_counter() - start)
            met = len(solely.members("acme", f"during{killed}"))
            assert met == wanted, f"{met} of {wanted} met after kill {killed}, seed {seed}"
        took = time.perf_counter() - begun
        giving.ended.set()
        giving.join()
        assert opened(solely) == half + len(giving.took), f"rows lost, seed {seed}"
        for purpose, use in ((SEALED, "seal"), (TOKENS, "token")):
            keys.destroy(solely.parts, purpose, use, 1)
        assert opened(solely) == half + len(giving.took), f"rows lost, seed {seed}"
        solely.match(probe, "acme", "after")
        assert len(solely.members("acme", "after")) == wanted
    late = sorted(giving.took)
    said = {
        "rows": rows,
        "kills": killed,
        "seconds": round(took, 1),
        "given meanwhile": len(late),
        "giving p50 ms": round(1000 * statistics.median(late), 1),
        "giving p99 ms": round(1000 * late[int(len(late) * 0.99)], 1),
        "match p50 s": round(statistics.median(read), 2) if read else None,
        "rows lost": 0,
        "seed": seed,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
