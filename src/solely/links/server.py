"""The answering end: a socket in the folder of the sockets, and a thread for each link.

- Each link has an answerer of its own, opened for its caller: it holds only the calls that the table gives it.
- There are at most so many links; one more is closed at once. A link on which something failed is closed too, so that
  the next begins with fresh connections.
- At the end no new link is taken, and what is being answered is answered first, within a bound.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any, NoReturn, Self

from solely.errors import Refused, SolelyError, Unavailable
from solely.links.channel import SLOTS, Channel, Side, accept, socket_in
from solely.links.client import FINAL, MORE, TOLD
from solely.links.records import dump, load
from solely.links.table import calls_of
from solely.links.told import ends_link, parts_of

__all__ = ["MOST", "Answers", "Conversation", "Heard", "Listener"]

MOST = 64  # links
DRAIN = 10.0  # seconds that what is being answered has at the end
Answers = Mapping[str, Callable[..., Any]]


class Heard:
    """A conversation as the answering end has it: parts go out, words come in."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def say(self, value: Any) -> None:
        self._channel.send(dump([MORE, value]))

    def hear(self, within: float) -> Any:
        """What the caller says next. Raises Unavailable where it is gone, or says nothing for so many seconds."""
        return load(self._channel.receive(within))


@dataclass(frozen=True, slots=True)
class Conversation:
    """An answer that is an exchange: it is run with the link, and its end is the last word."""

    run: Callable[[Heard], None]


class Listener:
    """A context manager: inside it, calls are answered.

    `answerer` opens what answers one caller; it is closed with the link, in the link's own thread. `report` is told of
    an error that is none of ours.
    """

    def __init__(
        self,
        side: Side,
        folder: Path,
        answerer: Callable[[str], AbstractContextManager[Answers]],
        report: Callable[[BaseException], None],
        most: int = MOST,
    ) -> None:
        self._side, self._folder, self._answerer, self._report, self._most = side, folder, answerer, report, most
        self._lock, self._links, self._closing = Lock(), dict[socket.socket, Thread](), False

    def __enter__(self) -> Self:
        """Make the socket. Raises Unavailable where it can't be made."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        folder = self._folder / self._side.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder):
                self._slot = self._take()
        except OSError:
            self._socket.close()
            what, cure = (
                "the socket of a process can't be made",
                "see that it may write there, and does not run already",
            )
            raise Unavailable(what, where=str(folder), cure=cure) from None
        self._accepting = Thread(target=self._accept, name=f"links of {self._side.name}", daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closing = True
            links = dict(self._links)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._socket.close()
        with suppress(OSError), socket_in(self._folder, self._side.name, self._slot) as path:
            Path(path).unlink(missing_ok=True)
        for one in links:  # what is asked already is read and answered, and nothing after it
            with suppress(OSError):
                one.shutdown(socket.SHUT_RD)
        for one, thread in links.items():
            thread.join(DRAIN)
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            thread.join(DRAIN)

    def _take(self) -> int:
        """Listen in the first slot that nobody answers in. Of the ledger there is one process: it has one appender."""
        for slot in range(1 if self._side.name == "ledger" else SLOTS):
            with socket_in(self._folder, self._side.name, slot) as path:
                if _answered(path):
                    continue
                Path(path).unlink(missing_ok=True)  # of one that died
                self._socket.bind(path)
                Path(path).chmod(0o666)  # who may link is for the secrets to say
                self._socket.listen(self._most)
                return slot
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                if self._closing or len(self._links) >= self._most:
                    one.close()
                    continue
                thread = Thread(target=self._serve, args=(one,), name=f"link to {self._side.name}", daemon=True)
                self._links[one] = thread
                thread.start()

    def _serve(self, one: socket.socket) -> None:
        try:
            caller, channel = accept(one, self._side)
            with self._answerer(caller) as answers:
                allowed = {name: answers[name] for name in calls_of(caller, self._side.name) if name in answers}
                while _answer(channel, allowed, self._report):
                    pass
        except SolelyError:
            pass  # its end; a stranger's, maybe
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to
            self._report(error)
        finally:
            with self._lock:
                del self._links[one]
            one.close()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two that come up together don't take one slot."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _answered(path: str) -> bool:
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(0)
        try:
            one.connect(path)
        except BlockingIOError:  # so many wait there
            return True
        except OSError:
            return False
    return True


def _answer(channel: Channel, answers: Answers, report: Callable[[BaseException], None]) -> bool:
    """Answer one call; returns whether the link goes on. Raises Unavailable at its end."""
    asked = load(channel.receive())
    try:
        name, args = asked
        call: Callable[..., Any] = answers.get(name, _refused)
        _say(channel, call(*args))
    except SolelyError as error:
        channel.send(dump([TOLD, parts_of(error)]))
        return not ends_link(error)
    except Exception as error:  # noqa: BLE001 - what it says stays here: it may quote a value
        report(error)
        channel.send(dump([TOLD, parts_of(Unavailable("something failed there", where="link", cure="see its log"))]))
        return False
    return True


def _refused(*_: Any) -> NoReturn:
    raise Refused("this process does not answer such a call of that one", where="link")


def _say(channel: Channel, answer: Any) -> None:
    if isinstance(answer, Conversation):
        answer.run(Heard(channel))
        answer = None
    elif isinstance(answer, Generator):
        with closing(answer):
            for part in answer:
                channel.send(dump([MORE, part]))
        answer = None
    channel.send(dump([FINAL, answer]))
