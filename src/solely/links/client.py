"""The calling end: a few links to each other process, lent to one thread at a time.

- A link is made when it is needed and kept for the next call. One that the other end closed is not used again.
- Of several processes of one compartment any will do.
- Nothing is asked twice: a call whose answer did not come is Unavailable, and whoever made it knows what that means.
- A process that is forked makes links of its own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from solely.errors import Refused, SolelyError, Unavailable
from solely.links.channel import Channel, Side, connect, slots_in, socket_in
from solely.links.records import dump, load
from solely.links.table import calls_of
from solely.links.told import ends_link, error_from

__all__ = ["FINAL", "MORE", "TOLD", "WAIT", "Links", "Talk"]

FINAL, MORE, TOLD = 0, 1, 2  # what an answer is: the last one, one of several, an error
WAIT = 120.0  # seconds for an answer
LONG = 3_600.0  # where a whole index is written, or a whole ledger read, before the first word


class Links:
    """A process's links to the others. A context manager, which closes them; for all threads."""

    def __init__(self, side: Side, folder: Path) -> None:
        self.side, self._folder = side, folder
        self._lock, self._idle = Lock(), dict[str, list[Channel]]()
        self._process, self._inherited = os.getpid(), [self._idle]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channels in self._idle.values():
            for channel in channels:
                channel.close()
        self._idle.clear()

    def call(self, callee: str, name: str, *args: Any, wait: float = WAIT) -> Any:
        """Ask another process; returns its answer. Raises what it raised there, and Unavailable."""
        with self.talk(callee, name, *args, wait=wait) as talk:
            return talk.first

    def stream(self, callee: str, name: str, *args: Any, wait: float = LONG) -> Generator[Any]:
        """The same where the answer comes in parts. Who does not read all of it closes the generator."""
        with self.talk(callee, name, *args, wait=wait, several=True) as talk:
            yield from talk.rest()

    @contextmanager
    def talk(self, callee: str, name: str, *args: Any, wait: float = WAIT, several: bool = False) -> Iterator[Talk]:
        """One exchange of several frames; what ends it with an error ends the link too, but an error that was told."""
        channel, clean = self._take(callee, name), False
        talk = Talk(channel, callee, wait)
        try:
            talk.say([name, list(args)])
            if not several:
                talk.first = talk.hear()
            yield talk
            clean = talk.over
        except SolelyError as error:
            clean = talk.over and not ends_link(error)
            raise
        finally:
            self._back(callee, channel, clean=clean)

    def _take(self, callee: str, name: str) -> Channel:
        if name not in calls_of(self.side.name, callee):
            raise Refused(f"the process of {self.side.name} may not ask that of {callee}", where="link")
        if self._process != os.getpid():  # a fork: what it inherited is its parent's
            self._lock, self._idle, self._process = Lock(), {}, os.getpid()
            self._inherited.append(self._idle)
        with self._lock:
            kept = self._idle.setdefault(callee, [])
            while kept:
                channel = kept.pop()
                if channel.alive:
                    return channel
                channel.close()
        return self._connect(callee)

    def _connect(self, callee: str) -> Channel:
        """A link to one of the processes that are there, whichever: of one that died only the socket may be left."""
        there = slots_in(self._folder, callee)
        first = self.side.entropy(1)[0] % len(there) if there else 0
        for slot in there[first:] + there[:first]:
            one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                with socket_in(self._folder, callee, slot) as path:
                    one.connect(path)
                return connect(one, self.side, callee)
            except OSError:
                one.close()
            except BaseException:
                one.close()
                raise
        raise _silent(callee)

    def _back(self, callee: str, channel: Channel, *, clean: bool) -> None:
        if not clean:
            channel.close()
            return
        with self._lock:
            self._idle.setdefault(callee, []).append(channel)


class Talk:
    """One exchange. `first` is the first answer, `over` whether the other end has said its last word."""

    __slots__ = ("_callee", "_channel", "_wait", "first", "over")

    def __init__(self, channel: Channel, callee: str, wait: float) -> None:
        self._channel, self._callee, self._wait = channel, callee, wait
        self.first: Any = None
        self.over = False

    def ask(self, value: Any) -> Any:
        """Say something, and hear the answer."""
        self.say(value)
        return self.hear()

    def say(self, value: Any) -> None:
        """Say something. Raises Unavailable where nobody hears it."""
        data = dump(value)
        try:
            self._channel.send(data)
        except Unavailable:
            raise _silent(self._callee) from None

    def rest(self) -> Generator[Any]:
        """Each part of an answer that comes in parts."""
        while True:
            part = self.hear()
            if self.over:
                return
            yield part

    def hear(self) -> Any:
        """The next answer. Raises what the other end tells of, and Unavailable where it tells nothing."""
        try:
            what, value = load(self._channel.receive(self._wait))
        except (Unavailable, TypeError, ValueError):
            what, value = None, None
        if what is None:
            raise _silent(self._callee)
        self.over = what != MORE
        if what == TOLD:
            raise error_from(value)
        return value


def _silent(callee: str) -> Unavailable:
    return Unavailable(
        f"the process of {callee} does not answer",
        where="link",
        cure="see that it runs and what its log says, then try again",
    )
