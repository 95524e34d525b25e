"""What readers are forked from: an interpreter that has loaded all a reader needs, and never sees a list.

To load it takes a third of a second, to fork it a few thousandths. For each request it forks a keeper, which forks
the reader, ends it when whoever asked hangs up, and says how it ended. It is the keeper that says that it is begun:
where the zygote was killed, a list went to one reader or to none. Between the list and the zygote nothing is
shared that a reader could write: memory is copied on fork, and the reader has no file but its own three.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import signal
import socket
import struct
from collections.abc import Callable
from typing import NoReturn

__all__ = ["BEGUN", "ENDED", "serve"]

BEGUN = b"+"  # a keeper has its list
ENDED = struct.Struct("=i")  # how a reader ended, as os.waitstatus_to_exitcode has it
_DUMPABLE = 4  # PR_SET_DUMPABLE of linux/prctl.h
_MOST = 256 * 1024  # bytes of a request
_GIVEN = 3  # the list, where to say what it holds, where to say how the reader ended

Read = Callable[[bytes], object]


def serve(asked: socket.socket, read: Read) -> None:
    """Fork a reader for each request, a message with three files, until nobody can ask; those that read go on."""
    ctypes.CDLL(None).prctl(_DUMPABLE, 0)  # no process of the same account may look into this one, or into a reader
    for told in (signal.SIGINT, signal.SIGTERM):  # it ends with who asks, and they may have lists to read to the end
        signal.signal(told, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are not waited for
    gc.freeze()  # or the first collection in a reader would copy every page
    while True:
        request, given, _, _ = socket.recv_fds(asked, _MOST, _GIVEN)
        if not request:
            return
        if len(given) == _GIVEN and not os.fork():
            _keep(asked, request, given, read)
        for file in given:
            os.close(file)


def _keep(asked: socket.socket, request: bytes, given: list[int], read: Read) -> NoReturn:
    try:
        asked.send(BEGUN)
        asked.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listed, said, told = given
        if not (reader := os.fork()):
            _become(request, listed, said, read)
        os.close(listed)
        os.close(said)
        waiting = select.poll()
        ended = os.pidfd_open(reader)
        for file in (ended, told):
            waiting.register(file, select.POLLIN)
        if ended not in dict(waiting.poll()):
            os.kill(reader, signal.SIGKILL)
        os.write(told, ENDED.pack(os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1])))
    finally:
        os._exit(0)


def _become(request: bytes, listed: int, said: int, read: Read) -> NoReturn:
    try:
        os.dup2(listed, 0)
        os.dup2(said, 1)
        os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        read(request)
    finally:
        os._exit(0)
