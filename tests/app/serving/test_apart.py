"""A process becomes a user of its own, and reaches the program although root keeps it in a closed folder."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from solely.app.serving.apart import Becoming, closed_folders, program
from solely.errors import Unavailable

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
WHO, GROUP = 60_999, 60_998


@pytest.fixture
def place():
    """A folder that everyone may enter; those of pytest are closed."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def closed(place):
    """A program in a folder that others may not enter, beside something secret."""
    folder = place / "closed"
    (folder / "deep" / "program").mkdir(parents=True)
    (folder / "deep" / "program" / "run").write_text("#!/bin/sh\necho it runs\n")
    (folder / "deep" / "program" / "run").chmod(0o755)
    (folder / "secret").write_text("s")
    folder.chmod(0o700)
    return folder


def test_a_program_that_all_reach_needs_nothing(place):
    assert closed_folders([place]) == {}
    assert all(path.is_absolute() for path in program())


def test_what_keeps_others_out_is_found_by_its_outermost_folder(closed):
    needed = closed / "deep" / "program"
    assert closed_folders([needed, needed / "run"]) == {closed: [needed]}


def test_a_folder_of_the_program_that_itself_is_closed_can_t_be_helped(closed):
    with pytest.raises(Unavailable, match="can't be let into"):
        closed_folders([closed])


@AS_ROOT
def test_it_is_that_user_and_reaches_the_program_alone(closed):
    run = closed / "deep" / "program" / "run"
    look = f"id -u; id -G; umask; {run}; ls {closed}; touch {run}.new; cat {closed}/secret"
    become = Becoming(WHO, GROUP, closed_folders([run.parent]))
    done = subprocess.run(
        ["/bin/sh", "-c", look], preexec_fn=become, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n") == [str(WHO), str(GROUP), "0077", "it runs", "deep", ""]
    assert [done.stderr.count(words) for words in ("Read-only file system", "No such file")] == [1, 1]
    assert (closed / "secret").read_text() == "s"  # for everyone else all is as it was
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@AS_ROOT
def test_this_very_program_runs_so():
    become = Becoming(WHO, GROUP, closed_folders(program()))
    look = "import os, solely.contact; print(os.getresuid(), os.getgroups())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", look], preexec_fn=become, cwd="/", capture_output=True, text=True, check=False,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout == f"{(WHO, WHO, WHO)} []\n", done.stderr


@AS_ROOT
def test_it_can_t_become_anyone_else_again():
    look = "import os; os.setresuid(0, 0, 0)"
    become = Becoming(WHO, GROUP, closed_folders(program()))
    done = subprocess.run([sys.executable, "-S", "-c", look], preexec_fn=become, capture_output=True, check=False)
    assert b"PermissionError" in done.stderr
