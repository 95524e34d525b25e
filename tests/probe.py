"""What someone tries who has taken over a compartment's process: run in its place, by its user, with all it has.

A program of its own: it is given to `python -c` with a JSON object, and prints another, by what was tried. Each
attempt is told as `done`, or by the kind of its error.
"""

import ctypes
import hashlib
import json
import os
import secrets
import socket
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import psycopg

from solely.app.directory import read_keyring
from solely.app.ground import Ground
from solely.app.links import open_links
from solely.app.serving.place import own_of
from solely.app.serving.reach import door
from solely.contact import Contact, read_email
from solely.links.channel import Channel, socket_in
from solely.links.client import TOLD
from solely.links.records import dump, load
from solely.links.table import PROCESSES, secret_name
from solely.principal.subject_token import Said, write_token
from solely.purpose import read_policy
from solely.store.database import NAME, Database
from solely.store.ledger import Words
from solely.store.roles import ROLES, role_name
from solely.tokens import Tokeniser

ASKED = json.loads(sys.argv[1])
ME, HERE = ASKED["me"], Path("/proc/self/cwd")
POLICY = read_policy((HERE / "policy.toml").read_bytes())
MINE = Ground(HERE, Database(str(door(HERE))), POLICY, own=own_of(ME))
KEYRING = MINE.keyring(ME)
CONTACT = Contact("email", read_email(ASKED["contact"]))


def attempt(act, *arguments):
    try:
        act(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is that refuses
        return type(error).__name__
    return "done"


def readable():
    """The files of the directory that can be read, of those whose names are told; and which of them tell a contact."""
    found, telling = [], []
    for name in ASKED["files"]:
        with suppress(OSError):
            data = (HERE / name).read_bytes()
            found.append(name)
            telling += [name for one in needles() if one in data]
    return {"files": found, "telling": telling, "folders": {n: attempt(os.listdir, HERE / n) for n in ASKED["folders"]}}


def needles():
    """A contact as it might stand somewhere: as it is, and its digests."""
    plain = ASKED["contact"].encode()
    digests = [plain, *CONTACT.digests(), hashlib.sha256(plain).digest()]
    return [*digests, *(one.hex().encode() for one in digests[1:]), *(one[:16] for one in digests[1:])]


def key_files():
    return {name: attempt(read_keyring, HERE, name) for name in (*ROLES, "owner")}


def known():
    """Every secret this process has."""
    mine = list(KEYRING._secrets.values())
    return [*mine, *(text for name, text in os.environ.items() if "PASSPHRASE" in name), ""]


def login(user, password):
    return psycopg.connect(host=str(door(HERE)), user=user, password=password, dbname=NAME, autocommit=True)


def logins():
    """Each role, with every secret there is here."""
    tried = {}
    for user in (*map(role_name, ROLES), "postgres"):
        outcomes = {attempt(lambda u, p: login(u, p).close(), user, password) for password in known()}
        tried[user] = "done" if "done" in outcomes else outcomes.pop()
    return tried


def tables():
    """Each table, asked by this process's role, and whether it can become another one."""
    tried = {}
    with closing(login(role_name(ME), KEYRING.secret("database"))) as connection:
        for table in ASKED["tables"]:
            tried[table] = attempt(connection.execute, f"SELECT * FROM {table} LIMIT 1")
        tried["role"] = attempt(connection.execute, f"SET ROLE {role_name(ASKED['other'])}")
        tried["file"] = attempt(connection.execute, f"COPY (SELECT 1) TO PROGRAM 'cat {HERE}/keys/*'")
    return tried


def processes():
    """What can be seen of, and done to, each other process."""
    libc, tried = ctypes.CDLL(None, use_errno=True), {}
    for name, pid in ASKED["pids"].items():
        for what in ("mem", "environ", "maps", "fd/0", "cwd/policy.toml", "root/etc/passwd"):
            tried[f"{name} {what}"] = attempt(lambda w, p: Path(f"/proc/{p}/{w}").open("rb").close(), what, pid)
        tried[f"{name} ptrace"] = "done" if libc.ptrace(16, pid, 0, 0) == 0 else "refused"  # PTRACE_ATTACH
        tried[f"{name} signal"] = attempt(os.kill, pid, 0)
    return tried


def forced(under, callee, claimed, mac):
    """A link of someone who does not care whether the other end is who it should be."""
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(10)
    with socket_in(HERE / "run", callee) as path:
        one.connect(path)
    mine = secrets.token_bytes(32)
    one.sendall(claimed.encode().ljust(32, b"\0") + mine)
    said = b""
    while len(said) < 64:
        if not (piece := one.recv(64 - len(said))):
            raise ConnectionResetError
        said += piece
    words = b"\0".join((b"solely/link/1", claimed.encode(), callee.encode(), under + mine + said[:32]))
    one.sendall(mac(b"caller\0" + words))
    return one, Channel(one, mac(b"from caller\0" + words), mac(b"from callee\0" + words))


def call(under, callee, claimed, mac, name, *arguments):
    one, channel = forced(under, callee, claimed, mac)
    with closing(one):
        channel.send(dump([name, list(arguments)]))
        what, value = load(channel.receive(10))
        return value[0] if what == TOLD else "done"


def links():
    """Every call of every process, by this one's own name; and each process under each other name, by every secret."""
    tried = {}
    macs = {
        other: KEYRING.mac(secret_name(ME, other)).mac
        for other in PROCESSES
        if secret_name(ME, other) in KEYRING._secrets
    }
    with open_links(MINE) as linked:
        under = linked.links.side.under
    for callee in PROCESSES:
        for claimed in (one for one in PROCESSES if one not in {callee, ME}):
            outcomes = {outcome(call, under, callee, claimed, mac, "take", "two-factor", []) for mac in macs.values()}
            tried[f"{claimed} to {callee}"] = sorted(outcomes)
        for name in ASKED["calls"] if callee in macs else ():
            tried[f"{callee} {name}"] = outcome(call, under, callee, ME, macs[callee], name)
    tried["who"] = sorted(macs)
    for purpose, principal in (("two-factor", "verification"), ("two-factor", "advertiser acme"), (None, "desk")):
        words = Words("use", principal, purpose)
        tried[f"writes {purpose} of {principal}"] = outcome(
            call, under, "ledger", ME, macs["ledger"], "write-down", words
        )
    return tried


def outcome(act, *arguments):
    try:
        return act(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is that refuses
        return type(error).__name__


def tokens():
    """All that a contact becomes under this compartment's keys."""
    return [
        one.hex() for purpose in KEYRING.purposes for one in Tokeniser(KEYRING.tokeniser(purpose)).for_contact(CONTACT)
    ]


def requests():
    """The API of each other process, with a token that this compartment's secret makes for that person."""
    tried, made = {}, datetime.now(UTC).replace(microsecond=0)
    said = Said(uuid4(), ASKED["subject"], frozenset({"factors"}), made, made + timedelta(minutes=5), "x")
    for name, url in ASKED["urls"].items():
        presented = write_token(name, said, KEYRING.mac("subject-tokens").mac)
        request = Request(f"{url}{ASKED['path']}", headers={"Authorization": f"Bearer {presented}"})
        try:
            with urlopen(request, timeout=10) as answer:
                tried[name] = answer.status
        except HTTPError as error:
            tried[name] = error.code
            error.close()
    return tried


TRIES = (readable, key_files, logins, tables, processes, links, tokens, requests)
print(json.dumps({one.__name__: one() for one in TRIES if one.__name__ in ASKED["tries"]}))  # noqa: T201 - its answer
