"""What is spilled is gone at the end, and what a killed audit left with the next one."""

import os
import signal
import subprocess
import sys

import pytest

from solely.answer.audit.scratch import scratch
from solely.errors import Unavailable

HOLD = """
import sys
from pathlib import Path
from solely.answer.audit.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "spilled").write_text("x")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_it_is_for_this_user_alone_and_gone_afterwards(tmp_path):
    with scratch(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "deep").mkdir()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Unavailable, match="not there"), scratch(tmp_path / "nowhere"):
        pass


def test_what_a_killed_audit_left_goes_and_what_is_in_use_stays(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"ready\n"
        with scratch(tmp_path) as mine:
            assert len({mine, *tmp_path.iterdir()}) == 2
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        (left,) = tmp_path.iterdir()
        assert (left / "spilled").exists()
        with scratch(tmp_path) as mine:
            assert list(tmp_path.iterdir()) == [mine]
