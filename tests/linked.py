"""Processes with links: of one directory at work as it is deployed, and such as answer whatever a test says."""

import hmac
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager

from directories import copied
from solely.app import Solely
from solely.app.ground import Ground
from solely.app.links import open_links, serve_links
from solely.app.parts import Parts
from solely.links.channel import Side, connect, socket_in
from solely.links.server import Listener
from solely.links.table import PAIRS, PROCESSES


class Split:
    """The processes of one directory, as threads of this one; `parts(name)` are those of one compartment."""

    def __init__(self, whole, folder, stack):
        self.whole, self.folder, self._stack = whole, folder, stack
        self.grounds, self._parts, self.served = {}, {}, {}
        for name in PROCESSES:
            own = frozenset({name, "desk"} if name == "registry" else {name})
            ground = whole.ground
            ground = Ground(ground.directory, ground.database, ground.policy, ground.clock, own)
            self.grounds[name] = stack.enter_context(open_links(ground, folder))

    def serve(self, name, **options):
        stack = ExitStack()
        stack.enter_context(serve_links(self.grounds[name], self.folder, **options))
        self.served[name] = stack
        self._stack.push(stack)

    def stop(self, name):
        self.served.pop(name).close()

    def parts(self, name):
        if name not in self._parts:
            self._parts[name] = self._stack.enter_context(Parts(self.grounds[name]))
        return self._parts[name]

    def side(self, name):
        return self.grounds[name].links.side


@contextmanager
def split(made, folder):
    """All processes of a copy of `made` at work."""
    with ExitStack() as stack:
        whole = stack.enter_context(Solely(copied(made, folder / "data"), signs=False))
        found = Split(whole, folder / "run", stack)
        for name in PROCESSES:
            found.serve(name)
        yield found


def side(name):
    """As each process is known to the others, with a secret for each pair."""

    def mac(other):
        secret = " ".join(sorted((name, other))).encode()
        return lambda said: hmac.digest(secret, said, "sha256")

    return Side(name, {other: mac(other) for pair in PAIRS if name in pair for other in pair - {name}}, b"", os.urandom)


@contextmanager
def serving(folder, name, answers, **options):
    """A process that answers so; yields what it reported."""
    reported = []

    @contextmanager
    def answerer(_caller):
        yield answers

    with Listener(side(name), folder, answerer, reported.append, **options):
        yield reported


def raw(folder, caller, callee):
    """A link of someone who heeds no table."""
    one = socket.socket(socket.AF_UNIX)
    try:
        with socket_in(folder, callee) as path:
            one.connect(path)
        return connect(one, side(caller), callee)
    except BaseException:
        one.close()
        raise


_PROCESS = """
import sys
from pathlib import Path
from solely.app.ground import Ground
from solely.app.links import open_links, serve_links
from solely.app.parts import Parts
from solely.purpose import read_policy
from solely.store.database import Database
from solely.store.ledger import Words
from solely.store.server import running

directory, folder, name, act = sys.argv[1:]
directory, folder = Path(directory), Path(folder)
policy = read_policy((directory / "policy.toml").read_bytes())
own = frozenset({name, "desk"} if name == "registry" else {name})
with running(directory / "postgres") as host, open_links(
    Ground(directory, Database(host), policy, own=own), folder
) as ground:
    if act == "serve":
        with serve_links(ground, folder):
            print("ready", flush=True)
            sys.stdin.read()
    else:
        with Parts(ground) as parts, parts.gate.still() as still:
            still.write(Words("use", "advertiser left", "tailored-audiences"))
            print("ready", flush=True)
            sys.stdin.read()
"""


@contextmanager
def process(split, name, act="serve"):
    """A process of its own, with one compartment's key files: it serves, or holds the ledger and stays so."""
    told = [split.whole.directory, split.folder, name, act]
    command = [sys.executable, "-c", _PROCESS, *map(str, told)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout.readline() == "ready\n"
            yield running
        finally:
            running.kill()
