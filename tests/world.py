"""A world with known truth for every test: people, givings, ten lists, legacy tables."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MAKERS = (ROOT.parent / "shared" / "world" / "make_world.py", ROOT / "examples" / "world.py")


def make_world(out: Path, people: int, seed: int) -> dict[str, Any]:
    """Write the world to `out` and return its truth, made without Solely's code."""
    maker = next(path for path in MAKERS if path.is_file())
    command = [sys.executable, str(maker), str(out), "--people", str(people), "--seed", str(seed)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads((out / "truth.json").read_text())
