"""One link between two processes: both prove that they hold the pair's secret, then each frame is sealed.

1  caller -> callee   the caller's name, a nonce
2  callee -> caller   a nonce, and the MAC of all that was said, as the callee
3  caller -> callee   the MAC of the same, as the caller
4  a key for each direction comes of the same words; a frame is its length and AES-256-GCM, its nonce a count

- Names and roles are in what is MACed, so no proof serves the other end or another pair; nonces are fresh, so none
  serves twice. Both ends also name their policy and version there: two that differ in either do not link.
- Whoever may write to the folder of the sockets could stand between two processes. It would learn nothing and could
  change nothing: hence the seal, and hence the folder's rights are no part of the wall.
- A frame out of its place, cut, changed or too long ends the link.
"""

from __future__ import annotations

import hmac
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from solely.errors import Unavailable

__all__ = ["MAX_FRAME", "SLOTS", "Channel", "Mac", "Side", "accept", "connect", "slots_in", "socket_in"]

Mac = Callable[[bytes], bytes]  # HMAC-SHA256 under the pair's secret
MAX_FRAME = 1 << 28  # bytes: two thousand million members of one entry, as a bitmap
SLOTS = 8  # processes of one compartment on one machine
_NONCE = _MAC = 32
_NAME = 32
_LENGTH = 4
_TITLE = b"solely/link/1"
_SHAKE = 5.0  # seconds
_PIECE = 1 << 20


class Channel:
    """A link once both ends are known. For one thread at a time."""

    __slots__ = ("_in", "_out", "_received", "_sent", "socket")

    def __init__(self, one: socket.socket, outward: bytes, inward: bytes) -> None:
        self.socket = one
        self._out, self._in = AESGCM(outward), AESGCM(inward)
        self._sent = self._received = 0

    def send(self, data: bytes) -> None:
        """Send one frame. Raises Unavailable where nobody takes it, or it is too long."""
        if len(data) > MAX_FRAME:
            raise Unavailable("a frame is too long for a link", where="link")
        box = self._out.encrypt(_count(self._sent), data, None)
        self._sent += 1
        try:
            self.socket.sendall(len(box).to_bytes(_LENGTH, "big") + box)
        except OSError:
            raise _lost() from None

    def receive(self, within: float | None = None) -> bytes:
        """The next frame. Raises Unavailable at the link's end, after so many seconds, and for a frame that is none."""
        end = None if within is None else time.monotonic() + within
        length = int.from_bytes(_exactly(self.socket, _LENGTH, end), "big")
        if length > MAX_FRAME + 16:
            raise _lost()
        box = _exactly(self.socket, length, end)
        try:
            data = self._in.decrypt(_count(self._received), box, None)
        except InvalidTag:
            raise _lost() from None
        self._received += 1
        return data

    @property
    def alive(self) -> bool:
        """Whether the other end is there and has said nothing; for a link that nothing is asked by at this moment."""
        try:
            self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        self.socket.close()


@dataclass(frozen=True, slots=True, repr=False)
class Side:
    """One process: its name, the MAC it shares with each that it links to, and its policy and version (32 bytes)."""

    name: str
    macs: Mapping[str, Mac]
    under: bytes
    entropy: Callable[[int], bytes]

    def words(self, caller: str, callee: str, nonces: bytes) -> bytes:
        """What both ends prove that they know of each other."""
        return b"\0".join((_TITLE, caller.encode(), callee.encode(), self.under + nonces))


def connect(one: socket.socket, side: Side, callee: str) -> Channel:
    """Steps 1 to 4 as the caller. Raises Unavailable where the other is not who it should be."""
    mac, mine, end = side.macs[callee], side.entropy(_NONCE), time.monotonic() + _SHAKE
    one.settimeout(_SHAKE)
    _say(one, side.name.encode().ljust(_NAME, b"\0") + mine)
    said = _exactly(one, _NONCE + _MAC, end)
    words = side.words(side.name, callee, mine + said[:_NONCE])
    if not hmac.compare_digest(said[_NONCE:], mac(b"callee\0" + words)):
        raise Unavailable(
            f"what answers for {callee} did not prove to be it",
            where="link",
            cure="see that both run on one policy, one version and the key files of one directory",
        )
    _say(one, mac(b"caller\0" + words))
    one.settimeout(None)
    return Channel(one, mac(b"from caller\0" + words), mac(b"from callee\0" + words))


def accept(one: socket.socket, side: Side) -> tuple[str, Channel]:
    """The same as the callee; returns who the caller is. Raises Unavailable for who is nobody."""
    end = time.monotonic() + _SHAKE
    one.settimeout(_SHAKE)
    said = _exactly(one, _NAME + _NONCE, end)
    caller = said[:_NAME].rstrip(b"\0").decode("ascii", "replace")
    if caller not in side.macs:
        raise _lost()
    mac, mine = side.macs[caller], side.entropy(_NONCE)
    words = side.words(caller, side.name, said[_NAME:] + mine)
    _say(one, mine + mac(b"callee\0" + words))
    if not hmac.compare_digest(_exactly(one, _MAC, end), mac(b"caller\0" + words)):
        raise _lost()
    one.settimeout(None)
    return caller, Channel(one, mac(b"from callee\0" + words), mac(b"from caller\0" + words))


@contextmanager
def socket_in(folder: Path, name: str, slot: int = 0) -> Iterator[str]:
    """The path of a process's socket, short whatever the folder's is: one for a socket has at most 107 bytes. Linux.

    Each compartment has a folder of its own in `folder`, where only it makes anything; of several processes of one
    each has a slot. Raises OSError.
    """
    handle = os.open(folder / name, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{_file(slot)}"
    finally:
        os.close(handle)


def slots_in(folder: Path, name: str) -> list[int]:
    """The slots in which there is a socket, of one that runs or died."""
    return [slot for slot in range(SLOTS) if (folder / name / _file(slot)).exists()]


def _file(slot: int) -> str:
    return f"link-{slot}.sock" if slot else "link.sock"


def _count(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _say(one: socket.socket, data: bytes) -> None:
    try:
        one.sendall(data)
    except OSError:
        raise _lost() from None


def _exactly(one: socket.socket, length: int, end: float | None) -> bytes:
    """So many bytes until `end`, however slowly they come; memory is taken as they do."""
    found = bytearray()
    try:
        while len(found) < length:
            if end is not None:
                one.settimeout(max(0.001, end - time.monotonic()))
            piece = one.recv(min(_PIECE, length - len(found)))
            if not piece or (end is not None and time.monotonic() > end):
                raise _lost()
            found += piece
    except OSError:
        raise _lost() from None
    finally:
        if end is not None and one.fileno() >= 0:
            one.settimeout(None)
    return bytes(found)


def _lost() -> Unavailable:
    return Unavailable(
        "the other end of a link is gone", where="link", cure="see that its process runs, then try again"
    )
