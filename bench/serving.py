"""The real service at work for a measurement: processes of a data directory, what they use, and how they are asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Process", "Split", "memory_mb", "postmaster", "processor_ms", "split", "started"]

_TICK = 1e3 / os.sysconf("SC_CLK_TCK")  # ms
_URL = re.compile(rb"http://[0-9.]+:(\d+)")


class Process:
    """`solely serve` with some arguments, at a port that was free."""

    def __init__(self, directory: Path, *arguments: str, log: Path, **environment: str) -> None:
        self.name = arguments[1] if len(arguments) > 1 else "all"
        command = [sys.executable, "-m", "solely", "serve", *arguments, "--dir", str(directory)]
        with log.open("ab") as errors:
            self.popen = subprocess.Popen(
                command,
                env={**os.environ, "SOLELY_LISTEN_PORT": "0", **environment},
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._log = log

    @property
    def pid(self) -> int:
        return self.popen.pid

    def ready(self) -> int:
        """The port, once it serves there."""
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            if found := _URL.search(line):
                return int(found[1])
        sys.exit(f"the process of {self.name} does not serve:\n{self._log.read_text()[-2000:]}")


@contextmanager
def started(directory: Path, names: Sequence[str], **environment: str) -> Iterator[list[tuple[Process, int]]]:
    """Processes of these compartments (or one of all, named "all"), and their ports; a name may come twice."""
    log = directory.parent / "serving.log"
    arguments = [() if name == "all" else ("--compartment", name) for name in names]
    processes = [Process(directory, *each, log=log, **environment) for each in arguments]
    try:
        yield [(one, one.ready()) for one in processes]
    finally:
        for one in processes:
            one.popen.terminate()
        for one in processes:
            one.popen.wait(60)


class Split:
    """`solely serve --split` at work: the port of each compartment, and the processes as they are now."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self._log = directory.parent / "supervisor.log"
        with self._log.open("ab") as errors:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "solely", "serve", "--split", "--dir", str(directory)],
                env={**os.environ, "SOLELY_LISTEN_PORT": "0", "COLUMNS": "80", **environment},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.ports: dict[str, int] = {}

    def ready(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            if line.startswith("Serving"):
                return
            name, url = line.split()
            self.ports[name] = int(url.rpartition(":")[2])
        sys.exit(f"the service does not serve:\n{self._log.read_text()[-2000:]}")

    def pids(self) -> dict[str, int]:
        """By compartment the process that serves it now; one that is being started again is not among them."""
        found = {}
        for pid in _children(self.popen.pid):
            words = _words(pid)
            if "--compartment" in words:
                found[words[words.index("--compartment") + 1]] = pid
        return found


@contextmanager
def split(directory: Path, **environment: str) -> Iterator[Split]:
    """The service with a process for each compartment."""
    service = Split(directory, **environment)
    try:
        service.ready()
        yield service
    finally:
        service.popen.terminate()
        service.popen.wait(120)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:  # it ended just now
        return []


def postmaster(directory: Path) -> int:
    """The process id of a directory's embedded server."""
    return int((directory / "postgres" / "postmaster.pid").read_text().split()[0])


def processor_ms(pid: int) -> float:
    """The processor time of a process and all below it, ended ones too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) * _TICK  # utime, stime, cutime, cstime: proc(5)
    return own + sum(map(_or_none, _children(pid)))


def _or_none(pid: int) -> float:
    try:
        return processor_ms(pid)
    except OSError:  # it ended just now
        return 0.0


def memory_mb(pid: int) -> float:
    """What it has in memory (RSS)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
