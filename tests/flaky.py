"""A network in front of a server that fails as networks do, one connection after another, by a plan."""

import socket
import threading
from contextlib import contextmanager, suppress

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_CHUNK = 65_536


class Flaky:
    """What each connection meets: `plan` is used up from its front, and then all pass.

    `cut`: ended before anything is read. `drop`: the work is done, and its answer lost. `busy`: told so, by the
    network. `hang`: never answered. `half`: ended after so many bytes of what is sent ("half:1000").
    """

    def __init__(self, port):
        self.plan, self.met, self.bodies = [], [], []
        self._port, self._ends = port, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self):
        threads = []
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                fault = self.plan.pop(0) if self.plan else "pass"
                self.met.append(fault)
                self._ends.append(here)
                threads.append(threading.Thread(target=self._meet, args=(fault, here)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _meet(self, fault, here):
        with here, suppress(OSError):
            if fault == "cut":
                return
            if fault in {"busy", "hang"}:
                here.recv(_CHUNK)
                if fault == "busy":
                    here.sendall(BUSY)
                while fault == "hang" and here.recv(_CHUNK):
                    pass
                return
            with socket.create_connection(("127.0.0.1", self._port)) as there:
                self._ends.append(there)
                self._between(fault, here, there)

    def _between(self, fault, here, there):
        left = int(fault.partition(":")[2] or -1)
        up = threading.Thread(target=_carry, args=(here, there, left))
        up.start()
        if fault == "drop":
            there.recv(_CHUNK)
        else:
            _carry(there, here, -1)
        for end in (here, there):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        up.join()


def _carry(one, other, left):
    """All that comes from one end to the other, or so many bytes of it; both ends are ended then."""
    with suppress(OSError):
        while left and (data := one.recv(_CHUNK if left < 0 else min(left, _CHUNK))):
            other.sendall(data)
            left -= len(data) if left > 0 else 0
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def flaky(base):
    """A network in front of a served address."""
    found = Flaky(int(base.rpartition(":")[2]))
    try:
        yield found
    finally:
        found.close()
