"""Planted misuse is found exactly: no one missed, no one extra, in every count. bench/planted.py does ten thousand."""

import random
import signal
import subprocess
import sys

import pytest

from acts import ADS
from misuse import KINDS, ask, differs, expected, grow
from solely.answer.question import Question
from solely.app import Solely

pytestmark = [pytest.mark.server]

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from solely.app import Solely
from solely.store import advertising

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(advertising, sys.argv[3], killed)
now = datetime.fromisoformat(sys.argv[4])
with Solely(Path(sys.argv[1]), clock=lambda: now) as solely:
    solely.match(Path(sys.argv[2]), "acme", "summer")
"""


def test_whom_each_planted_misuse_affects_is_told_exactly(platform):
    chance = random.Random(1)
    asked = dict.fromkeys(KINDS, 0)
    for number in range(24):
        world = grow(platform, chance, number)
        for kind in chance.sample(KINDS, 6):
            question = ask(platform, chance, world, kind)
            if question is not None:
                assert differs(platform, world, question) == [], (number, kind, question.as_json())
                asked[kind] += bool(expected(platform, world, question)[0])
    assert min(asked.values()) > 0, asked  # else a kind was never asked for anybody


@pytest.mark.slow
@pytest.mark.parametrize(("at", "affected"), [("add_evidence", []), ("add_upload", ["ann"])])
def test_killed_for_good_a_match_is_a_use_from_its_entry_on(make_platform, tmp_path, at, affected):
    with make_platform() as platform:
        platform.give([("ann", ADS, "ann@example.com", "v1", None)])
    (tmp_path / "list.csv").write_text("email\nann@example.com\n")
    data = platform.folder / "data"
    command = [sys.executable, "-c", KILLED, data, tmp_path / "list.csv", at, platform.time.isoformat()]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL
    with Solely(data, clock=lambda: platform.time) as solely:
        question = Question(purposes={ADS})
        assert list(solely.affected(question).subjects()) == affected
        assert solely.affected(question).counts().by_audience == ({"acme/summer": 1} if affected else {})
        used = [act.what for act in solely.uses("ann").uses.acts if act.what == "use"]
        assert used == ["use"] * len(affected)
        assert solely.verify_ledger().size
