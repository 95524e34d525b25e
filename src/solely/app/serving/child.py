"""One process as its supervisor has it: started with what is its own alone, heard, spoken to, ended.

It says a word a line on its standard output: `settled` once others may link to it, `ready` once it serves, `drained`
once what it began is answered. It is told `open` on its standard input, and that it may end by the end of that.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from solely.app import key_files
from solely.app.environment import environment_for_child
from solely.app.serving.apart import Becoming, closed_folders, program
from solely.app.serving.place import GROUP, Place
from solely.errors import Unavailable

__all__ = ["HERE", "Child", "start", "starter"]

HERE = Path("/proc/self/cwd")  # the data directory, as each process knows it: no parent folder has to let it in


class Child:
    """A process that runs, or ran. `said` are the words it has said; once it is `silent` there will be no more."""

    def __init__(self, place: Place, process: subprocess.Popen[bytes]) -> None:
        self.place, self._process = place, process
        self.said: set[str] = set()
        self.silent = False
        self._rest = b""
        assert process.stdout is not None, "its words are heard"
        os.set_blocking(process.stdout.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended, a signal as a negative number; None while it runs."""
        return self._process.poll()

    @property
    def words(self) -> int:
        """The handle from which its words come."""
        assert self._process.stdout is not None, "its words are heard"
        return self._process.stdout.fileno()

    def hear(self) -> set[str]:
        """What it said since the last time; waits for nothing."""
        try:
            data = os.read(self.words, 4096)
        except BlockingIOError:
            return set()
        self.silent = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        new = {line.decode("ascii", "replace") for line in lines}
        self.said |= new
        return new

    def open(self) -> None:
        """Tell it to serve."""
        assert self._process.stdin is not None, "it is spoken to"
        with suppress(OSError):  # it ended: that is seen where all ends are
            self._process.stdin.write(b"open\n")
            self._process.stdin.flush()

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def let_go(self) -> None:
        """It may end, now that it has drained."""
        assert self._process.stdin is not None, "it is spoken to"
        with suppress(OSError):  # nobody reads there any more
            self._process.stdin.close()

    def close(self) -> None:
        """After its end."""
        self.silent = True
        self.let_go()
        self._process.wait()
        assert self._process.stdout is not None, "its words are heard"
        self._process.stdout.close()


def starter(places: dict[str, Place], sockets: dict[str, socket.socket]) -> Callable[[str], Child]:
    """A function that starts one by its name. Raises Unavailable where its user could not reach the program."""
    apart = any(place.account for place in places.values())
    closed = closed_folders(program()) if apart else {}
    becoming = {
        name: Becoming(place.account, GROUP, closed, place.groups) if place.account else partial(os.umask, 0o077)
        for name, place in places.items()
    }
    return lambda name: start(places[name], sockets[name], becoming[name])


def start(place: Place, at: socket.socket, becoming: Callable[[], object]) -> Child:
    """Start one. For a process of one thread alone: what comes between fork and exec is Python."""
    _clear(place.temporary)
    command = [sys.executable, "-P", "-m", "solely", "serve", "--compartment", place.name]
    command += ["--handed", str(at.fileno())]
    with place.log.open("ab") as log:
        try:
            process = subprocess.Popen(  # noqa: S603 - this program again
                command,
                cwd=place.directory,
                env=_environment(place),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(at.fileno(),),
                start_new_session=True,  # Ctrl-C is the supervisor's to pass on
                preexec_fn=becoming,  # noqa: PLW1509 - see above
            )
        except (OSError, subprocess.SubprocessError):
            process = None
    if process is None:
        what = f"the process of {place.name} can't become a user of its own that reaches this program"
        cure = "install it where every user reaches it, as /opt; or start it without root, as a user of its own"
        raise Unavailable(what, where=sys.executable, cure=cure)
    return Child(place, process)


def _clear(folder: Path) -> None:
    """What one that was killed left there is gone before the next begins."""
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _environment(place: Place) -> dict[str, str]:
    wraps = "AWS_" if key_files.settings_in(place.directory).aws_kms else None
    found = environment_for_child(place.own, apart=place.account is not None, also=wraps)
    return found | {
        "SOLELY_DIR": str(HERE),
        "TMPDIR": str(HERE / "tmp" / place.name),
        "HOME": "/",
        "PYTHONSAFEPATH": "1",
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",  # else each thread keeps what it gave back, for hours
    }
