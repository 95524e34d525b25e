"""All processes of one machine: started in their order, started again when they die, drained and ended.

1  the ledger's first: nobody can write before it has checked its anchor
2  then the others; once all have settled, whom a restore brought back is erased, and they are told to serve
3  one that dies is started again, after a while that doubles each time, and is told at once; so is the database
4  told to end: all answer what they began; then their links end, the ledger's last; then the database
"""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from solely.app.serve_settings import ServeSettings
from solely.app.serving.child import Child, starter
from solely.app.serving.hardened import harden
from solely.app.serving.log import Log
from solely.app.serving.place import LEDGER, Place
from solely.app.serving.reach import door
from solely.app.serving.rights import prepare
from solely.app.serving.signals import answered
from solely.errors import Conflict, NotFound, SolelyError, Unavailable
from solely.store import server

__all__ = ["Supervisor", "supervise"]

_UP = 300.0  # seconds until all serve, on a machine that has much else to do
_TICK = 0.1
_FIRST, _LONGEST, _STEADY = 0.2, 30.0, 10.0  # seconds: the first wait, the longest, and when one is taken for well
_EVERY = 1.0  # seconds, in which it is seen that the database died
_LAST = 25.0  # seconds that links have to end


class _ToldError(Exception):
    """Told to end while it comes up."""


class Supervisor:
    """Starts by a name, watches, ends. `drain` is how many seconds a process has to answer what it began.

    `close` is called when all are told to end: nobody new is let in. `keep` is called again and again, and says whether
    it had to bring the database back.
    """

    def __init__(
        self,
        start: Callable[[str], Child],
        names: Iterable[str],
        log: Log,
        *,
        drain: float,
        close: Callable[[], None],
        keep: Callable[[], bool],
    ) -> None:
        self._start, self._names, self._log, self._drain = start, list(names), log, drain
        self._close, self._keep, self._kept = close, keep, 0.0
        self._children: dict[str, Child] = {}
        self._began: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._wait: dict[str, float] = {}
        self._told = False

    def run(self, ready: Callable[[], None]) -> None:
        """Until SIGTERM or SIGINT; `ready` is called once all serve. Raises Unavailable where one does not come up."""
        with answered(self._tell_to_end, signal.SIGTERM, signal.SIGINT):
            try:
                self._bring_up([name for name in self._names if name == LEDGER])
                self._bring_up([name for name in self._names if name != LEDGER])
                for child in self._children.values():
                    child.open()
                self._until("ready", self._names)
                self._log.info("ready")
                ready()
                self._watch()
            except _ToldError:
                pass
            finally:
                self._bring_down()

    # -- up

    def _bring_up(self, names: list[str]) -> None:
        for name in names:
            self._begin(name)
        self._until("settled", names)

    def _begin(self, name: str) -> None:
        self._children[name], self._began[name] = self._start(name), time.monotonic()
        self._log.info("started", process=name, pid=self._children[name].pid)

    def _until(self, word: str, names: list[str]) -> None:
        end = time.monotonic() + _UP
        while missing := [name for name in names if word not in self._children[name].said]:
            self._hear()
            if self._told:
                raise _ToldError
            if time.monotonic() > end or any(child.code is not None for child in self._children.values()):
                name = next((name for name, child in self._children.items() if child.code is not None), missing[0])
                raise Unavailable(
                    f"the process of {name} did not come up",
                    where=str(self._children[name].place.log),
                    cure="see there why",
                )

    # -- at work

    def _watch(self) -> None:
        while not self._told:
            for name in self._hear():
                self._children[name].open()
            for name, child in list(self._children.items()):
                if child.code is not None:
                    self._bury(name)
            for name in [name for name, due in self._due.items() if due <= time.monotonic()]:
                del self._due[name]
                self._begin(name)
            if time.monotonic() - self._kept > _EVERY:
                self._keep_database()

    def _keep_database(self) -> None:
        try:
            if self._keep():
                self._log.error("the database died, and was started again")
        except SolelyError as error:
            self._log.error("the database does not start", what=error.what, cure=error.cure)
        self._kept = time.monotonic()

    def _hear(self) -> list[str]:
        """Hear what processes say, for a tick at most; returns who has settled just now."""
        with selectors.DefaultSelector() as selector:
            for child in self._children.values():
                if not child.silent:
                    selector.register(child.words, selectors.EVENT_READ, child)
            heard: list[Child] = [key.data for key, _ in selector.select(_TICK)]
        return [child.place.name for child in heard if "settled" in child.hear()]

    def _bury(self, name: str) -> None:
        """One that died is started again: after a while, which is longer each time, until one has lived well."""
        child = self._children.pop(name)
        now, code = time.monotonic(), child.code
        child.close()
        before = 0.0 if now - self._began[name] > _STEADY else self._wait.get(name, 0.0)
        self._wait[name] = min(_LONGEST, max(_FIRST, 2 * before))
        self._due[name] = now + self._wait[name]
        self._log.error("died", process=name, pid=child.pid, code=code, again_in=self._wait[name])

    # -- down

    def _bring_down(self) -> None:
        self._log.info("draining")
        self._close()
        for child in self._children.values():
            child.tell(signal.SIGTERM)
        self._gone(self._children, self._drain + _LAST, or_said="drained")
        for last in (False, True):
            those = {name: child for name, child in self._children.items() if (name == LEDGER) == last}
            for child in those.values():
                child.let_go()
            self._gone(those, _LAST)
            for name, child in those.items():
                if child.code is None:
                    self._log.error("killed", process=name, pid=child.pid)
                    child.tell(signal.SIGKILL)
                child.close()
        self._log.info("ended")

    def _gone(self, those: Mapping[str, Child], within: float, or_said: str = "") -> None:
        end = time.monotonic() + within
        while time.monotonic() < end and any(
            child.code is None and or_said not in child.said for child in those.values()
        ):
            self._hear()

    def _tell_to_end(self, _number: int, _frame: object) -> None:
        self._told = True


def supervise(
    places: list[Place],
    sockets: dict[str, socket.socket],
    settings: ServeSettings,
    log: Log,
    ready: Callable[[], None],
) -> None:
    """All processes of a data directory, on this machine, until SIGTERM or SIGINT.

    Raises NotFound where there is no directory, Conflict where another serves it, Unavailable where one of them, or the
    database, does not come up.
    """
    harden()
    directory: Path = places[0].directory
    if not (directory / "policy.toml").exists():
        raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
    (directory / "run").mkdir(mode=0o700, exist_ok=True)

    def close() -> None:
        for one in sockets.values():
            one.close()

    with _alone(directory):
        prepare(directory, places)
        start = starter({place.name: place for place in places}, sockets)
        with _database(directory, settings) as keep:
            drain = settings.limits.drain_seconds
            Supervisor(start, sockets, log, drain=drain, close=close, keep=keep).run(ready)


@contextmanager
def _database(directory: Path, settings: ServeSettings) -> Iterator[Callable[[], bool]]:
    """The embedded server, and what brings it back; of another server's there is nothing to keep."""
    if settings.database.host:
        yield lambda: False
        return
    rows = directory / "postgres"
    with server.running(rows, door(directory)):
        yield partial(server.keep, rows, door(directory))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Two would take each other's sockets away. It ends with the process that holds it."""
    handle = os.open(directory / "run", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("it is served already", where=str(directory), cure="end the other one first") from None
        yield
    finally:
        os.close(handle)
