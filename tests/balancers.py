"""A balancer of TCP connections: each goes to the next process in turn, and past one that takes none."""

import itertools
import socket
import threading
from contextlib import contextmanager, suppress


def _pour(one, other):
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _passed(client, ports, turn):
    """Pass a connection on, until one of the two ends it."""
    with client:
        for _ in ports:
            try:
                server = socket.create_connection(("127.0.0.1", ports[next(turn) % len(ports)]))
            except OSError:
                continue
            with server:
                back = threading.Thread(target=_pour, args=(server, client), daemon=True)
                back.start()
                _pour(client, server)
                back.join()
            return


@contextmanager
def balanced(ports):
    """A balancer before these ports; yields its own."""
    turn, threads = itertools.count(), []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as place:

        def accept():
            with suppress(OSError):
                while True:
                    client, _ = place.accept()
                    threads.append(threading.Thread(target=_passed, args=(client, ports, turn), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield place.getsockname()[1]
        finally:
            with suppress(OSError):
                place.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join(5)
