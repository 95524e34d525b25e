"""Logs that sign what they like, and witnesses served on this machine as they are in earnest."""

import os
import socket
from contextlib import ExitStack, contextmanager
from threading import Thread

import httpx
import uvicorn

from solely.keys import new_keyring
from solely.ledger.checkpoint import Checkpoint, VerifierKey, sign_checkpoint
from solely.ledger.tree import consistency_path, leaf_hash, root_of
from solely.ledger.witness import write_request
from solely.web.witness import witness_server


class Log:
    """A log with a key of its own; `fork` is another history of it from some size on, under the same key."""

    def __init__(self, name="example.com/solely", keys=None, leaves=()):
        self.keys = keys or new_keyring("ledger", [], os.urandom).ledger()
        self.key = VerifierKey(name, self.keys.public_key)
        self.leaves = [*leaves, *(leaf_hash(os.urandom(8)) for _ in range(200 - len(leaves)))]

    def fork(self, size):
        return Log(self.key.name, self.keys, self.leaves[:size])

    def note(self, size):
        return sign_checkpoint(Checkpoint(self.key.name, size, root_of(self.leaves[:size])), self.key, self.keys.sign)

    def text(self, size):
        return self.note(size).rpartition("\n\n")[0] + "\n"

    def request(self, old, new):
        path = consistency_path(self.leaves[:new], old) if old <= new else ()
        return write_request(old, path, self.note(new))


@contextmanager
def served(application, port=0):
    """An application's address while it is served by a thread."""
    with socket.create_server(("127.0.0.1", port)) as place:
        config = uvicorn.Config(application, log_level="warning", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def serving(witness):
    """A client of a witness that is served."""
    with served(witness_server(witness)) as url, httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        yield client


@contextmanager
def listening(many):
    """The addresses of many witnesses while they are served, in their order."""
    with ExitStack() as stack:
        yield [stack.enter_context(served(witness_server(one))) for one in many]


def table(witnesses, urls, quorum, *, required=False):
    """A ledger.toml."""
    lines = [f"quorum = {quorum}", f"required = {str(required).lower()}"]
    for witness, url in zip(witnesses, urls, strict=True):
        lines += ["[[witness]]", f'url = "{url}"', f'key = "{witness.key}"']
    return "\n".join(lines) + "\n"
