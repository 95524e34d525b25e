"""Readers' processes, from outside: one is asked for with its list, heard, and ended."""

from __future__ import annotations

import atexit
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import IO

from solely.audiences.lists.zygote import BEGUN, ENDED
from solely.errors import Unavailable

__all__ = ["Reader", "Readers"]

# Readers stand back where others want the processor: a list is awaited by nobody as those are who ask at this moment.
_BEGIN = """import os, socket
from solely.audiences.lists import child, zygote
child.load()
os.nice(10)
zygote.serve(socket.socket(fileno=0), child.main)"""
_PROGRAM = (sys.executable, "-I", "-c", _BEGIN)
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # what forks has one thread
}
_LISTS = 500  # read by one zygote's readers, whose memory is laid out alike
_BEGINNING = 60  # seconds until a reader is forked, a zygote's own loading included
_ENDING = 10  # seconds a process may take to end, once it says no more


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader's process. `said` is what it writes."""

    said: IO[bytes]
    told: socket.socket

    def ended(self) -> int:
        """How it ended, as `subprocess` has it; 0, too, for one that says nothing more and does not end."""
        self.told.settimeout(_ENDING)
        try:
            return int(ENDED.unpack(self.told.recv(ENDED.size))[0])
        except (OSError, struct.error):
            return 0


class _Zygote:
    """The process readers are forked from (`lists.zygote`), as long as it serves."""

    def __init__(self, program: tuple[str, ...]) -> None:
        self.asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.asked.settimeout(_BEGINNING)
        self.lists = 0
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                program,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
            )

    def end(self) -> None:
        """Let nobody ask any more; readers that are at work go on."""
        self.asked.close()
        self._process.kill()
        self._process.wait()


class Readers:
    """Starts readers, each forked from one zygote, which begins with the first of them and now and then anew."""

    def __init__(self, program: tuple[str, ...] = _PROGRAM) -> None:
        self._program = program
        self._lock = Lock()
        self._zygote: _Zygote | None = None
        atexit.register(self.renew)

    @contextmanager
    def started(self, request: str, listed: IO[bytes]) -> Iterator[Reader]:
        """A reader at work on a list, of which `request` says how it is read; it is ended on the way out.

        Raises Unavailable where none could be begun.
        """
        ours, told = socket.socketpair()
        heard, said = os.pipe()
        with ours, os.fdopen(heard, "rb") as frames:
            try:
                self._ask(request.encode(), (listed.fileno(), said, told.fileno()))
            finally:
                told.close()
                os.close(said)
            yield Reader(frames, ours)

    def renew(self) -> None:
        """Begin anew with the next list: who broke a reader is not to try again on memory laid out alike."""
        with self._lock:
            self._end()

    def _ask(self, request: bytes, given: Sequence[int]) -> None:
        with self._lock:
            if self._zygote and self._zygote.lists == _LISTS:
                self._end()
            try:
                if self._forked(request, given) or self._forked(request, given):  # somebody ended the first
                    return
            except TimeoutError:  # it may come to it yet, and a list goes to one reader only
                self._end()
        raise Unavailable("no process could be begun", where="the reader of a list", cure="try again")

    def _forked(self, request: bytes, given: Sequence[int]) -> bool:
        """Whether a reader's keeper said that it has the list. If not, there is neither keeper nor zygote any more."""
        self._zygote = self._zygote or _Zygote(self._program)
        self._zygote.lists += 1
        with suppress(ConnectionError):
            socket.send_fds(self._zygote.asked, [request], given)
            if self._zygote.asked.recv(len(BEGUN)):
                return True
        self._end()
        return False

    def _end(self) -> None:
        if self._zygote:
            self._zygote.end()
        self._zygote = None
