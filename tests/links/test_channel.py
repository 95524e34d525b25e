"""A link is made by two who hold its secret, and by nobody else; and no frame is changed, cut or sent again on it."""

import hmac
import os
import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from solely.errors import Unavailable
from solely.links import channel
from solely.links.channel import MAX_FRAME, Channel, Side, accept, connect, socket_in

SECRET, OTHER = b"s" * 32, b"o" * 32
UNDER = b"u" * 32


def side(name, other, secret=SECRET, under=UNDER):
    return Side(name, {other: lambda said: hmac.digest(secret, said, "sha256")}, under, os.urandom)


CALLER, CALLEE = side("security", "ledger"), side("ledger", "security")


@contextmanager
def ends():
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def link(one, other, caller=CALLER, callee=CALLEE):
    """Both ends, once they know each other; what the callee met where it raised."""
    met = []

    def answer():
        try:
            met.append(accept(other, callee))
        except Unavailable as error:
            met.append(error)
            other.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        mine = connect(one, caller, "ledger")
    except Unavailable:
        one.close()
        raise
    finally:
        thread.join()
    return mine, met[0]


def test_both_ends_are_known_and_frames_go_both_ways():
    with ends() as (one, other):
        mine, (name, theirs) = link(one, other)
        assert name == "security"
        for data in (b"", b"one", os.urandom(100_000)):
            thread = threading.Thread(target=mine.send, args=(data,))
            thread.start()
            assert theirs.receive() == data
            thread.join()
        theirs.send(b"back")
        assert mine.receive() == b"back"


@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        (CALLER, side("ledger", "security", OTHER)),
        (side("security", "ledger", OTHER), CALLEE),
        (CALLER, side("ledger", "security", under=b"another policy".ljust(32))),
        (CALLER, side("registry", "security")),  # holds the secret of this pair, and is another
        (side("service", "ledger"), CALLEE),  # holds it too
    ],
)
def test_who_does_not_prove_it_is_not_linked(caller, callee):
    with ends() as (one, other), pytest.raises(Unavailable):
        link(one, other, caller, callee)


def test_a_caller_that_does_not_prove_itself_hears_nothing():
    with ends() as (one, other):
        met = []

        def answer():
            with pytest.raises(Unavailable) as caught:
                accept(other, CALLEE)
            met.append(caught.value)

        thread = threading.Thread(target=answer)
        thread.start()
        one.sendall(b"security".ljust(32, b"\0") + os.urandom(32))
        assert len(one.recv(64, socket.MSG_WAITALL)) == 64
        one.sendall(os.urandom(32))
        thread.join()
        assert met


def test_what_a_caller_said_once_serves_nobody_again():
    with ends() as (one, other), ends() as (near, far):
        heard, thread = [], threading.Thread(target=lambda: accept(other, CALLEE))
        thread.start()
        watched = Watched(one, heard)
        connect(watched, CALLER, "ledger")
        thread.join()
        met = []

        def answer():
            try:
                accept(far, CALLEE)
            except Unavailable as error:
                met.append(error)

        again = threading.Thread(target=answer)
        again.start()
        for said in heard:
            near.sendall(said)
        again.join()
        assert met


class Watched:
    """A socket, and what was sent by it."""

    def __init__(self, one, heard):
        self._one, self._heard = one, heard

    def sendall(self, data):
        self._heard.append(bytes(data))
        self._one.sendall(data)

    def __getattr__(self, name):
        return getattr(self._one, name)


def test_an_end_is_not_answered_with_its_own_words():
    """Whoever throws the callee's proof, or the caller's first words, back at them has proved nothing."""
    with ends() as (one, other):
        met = []

        def answer():
            try:
                accept(other, CALLEE)
            except Unavailable as error:
                met.append(error)

        thread = threading.Thread(target=answer)
        thread.start()
        one.sendall(b"security".ljust(32, b"\0") + os.urandom(32))
        one.sendall(one.recv(64, socket.MSG_WAITALL)[32:])
        thread.join()
        assert met
    with ends() as (one, other):
        mirror = threading.Thread(target=lambda: other.sendall(other.recv(64, socket.MSG_WAITALL)))
        mirror.start()
        with pytest.raises(Unavailable, match="did not prove"):
            connect(one, CALLER, "ledger")
        mirror.join()


@pytest.mark.parametrize("said", [b"", b"security", b"nobody".ljust(64, b"\0"), b"\xff" * 64])
def test_a_stranger_is_let_go_of(said, monkeypatch):
    monkeypatch.setattr(channel, "_SHAKE", 0.2)
    with ends() as (one, other):
        one.sendall(said)
        with pytest.raises(Unavailable):
            accept(other, CALLEE)  # also where it says nothing more


def frames(*sent):
    """What goes over the wire for these frames, and the end that would read them."""
    with ends() as (one, other):
        mine, (_, theirs) = link(one, other)
        for data in sent:
            mine.send(data)
        return other.recv(1 << 16), theirs


def read(wire, theirs, count=1):
    one, other = socket.socketpair()
    with one, other:
        one.sendall(wire)
        one.shutdown(socket.SHUT_WR)
        theirs.socket = other
        return [theirs.receive(1.0) for _ in range(count)]


def test_each_bit_of_a_frame_counts():
    wire, theirs = frames(b"a frame")
    for place in range(8 * len(wire)):
        changed = bytearray(wire)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(Unavailable):
            read(bytes(changed), theirs)
    assert read(wire, theirs) == [b"a frame"]


def test_a_frame_is_not_cut_repeated_or_moved():
    wire, theirs = frames(b"one", b"two")
    half = len(wire) // 2
    for wrong in (wire[: half - 1], wire[half:]):
        with pytest.raises(Unavailable):
            read(wrong, theirs)
    with pytest.raises(Unavailable):
        read(wire[:half] * 2, theirs, 2)
    wire, theirs = frames(b"one", b"two")
    assert read(wire, theirs, 2) == [b"one", b"two"]


def test_a_frame_sent_back_to_its_sender_is_none():
    with ends() as (one, other):
        mine, _ = link(one, other)
        mine.send(b"mine")
        other.sendall(other.recv(1 << 16))
        with pytest.raises(Unavailable):
            mine.receive(1.0)


def test_a_frame_that_is_too_long_is_neither_sent_nor_read(monkeypatch):
    wire, theirs = frames(b"nothing")
    with pytest.raises(Unavailable):
        read((MAX_FRAME + 17).to_bytes(4, "big") + wire, theirs)
    monkeypatch.setattr(channel, "MAX_FRAME", 10)
    with ends() as (one, _), pytest.raises(Unavailable, match="too long"):
        Channel(one, bytes(32), bytes(32)).send(b"x" * 11)


def test_a_frame_that_comes_too_slowly_is_none():
    wire, theirs = frames(b"a frame")
    one, other = socket.socketpair()
    stop = threading.Event()

    def drip():
        with suppress(OSError):
            for place in range(len(wire)):
                one.sendall(wire[place : place + 1])
                if stop.wait(0.05):
                    return

    with one, other:
        theirs.socket = other
        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(Unavailable):
            theirs.receive(0.2)
        stop.set()
        thread.join()


def test_a_link_whose_other_end_left_is_not_alive():
    with ends() as (one, other):
        mine, _ = link(one, other)
        assert mine.alive
        other.close()
        assert not mine.alive
        with pytest.raises(Unavailable):
            mine.receive()


def test_the_path_of_a_socket_is_short_whatever_the_folder_is(tmp_path):
    folder = tmp_path / ("x" * 120)
    (folder / "ledger").mkdir(parents=True)
    with socket_in(folder, "ledger") as path, socket.socket(socket.AF_UNIX) as one:
        one.bind(path)
    assert (folder / "ledger" / "link.sock").is_socket()
