"""What runs inside privacyIDEA's own environment: its library's checks, timed, without its web layer.

- `privacyidea.py` starts it, gives it its orders as JSON on standard input, and reads one line of JSON.
- A check is one call of the library in an application context of its own, as each request has one.
- In its favour there is no user, PIN, policy, event handler, audit or authentication log; it does not look whether
  its settings have changed, does not probe its connections, and logs errors alone.
- A code's time is given by the `initTime` that the library takes, so no code is used twice.
- What a check needs (a code, a challenge, an assertion) is made before the clock starts. After it, another connection
  looks whether what had to be stored is there. Exit code 1 where it is not, or where the answer is wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import os
import queue
import secrets
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import cbor2
import psycopg2
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from privacyidea.app import create_app
from privacyidea.lib.token import check_token_list, create_challenge, get_one_token, init_token
from privacyidea.lib.user import User
from privacyidea.models import db
from privacyidea.models.config import save_config_timestamp
from webauthn.helpers import bytes_to_base64url

TOKENS = 100  # of each kind, for each process; they take turns
WARM = 50  # checks before the clock starts
STEP = 30  # seconds
FIRST_STEP = 60_000_000  # what the first right code is for; later ones are for later steps
VALID = 3600  # seconds that a challenge stands
PARTY, ORIGIN = "example.com", "https://example.com"
SETTINGS = """
import logging
SECRET_KEY = {secret!r}
PI_PEPPER = {pepper!r}
PI_ENCFILE = {enckey!r}
PI_LOGFILE = {log!r}
PI_LOGLEVEL = logging.ERROR
PI_AUDIT_NO_SIGN = True
PI_BASE_URL = "https://example.com"
PI_NODE_UUID = "00000000-0000-4000-8000-{number:012}"
PI_CHECK_RELOAD_CONFIG = 86400
SQLALCHEMY_DATABASE_URI = {uri!r}
SQLALCHEMY_ENGINE_OPTIONS = {{"pool_pre_ping": False}}
"""
STATE = """
    SELECT count, failcount, (SELECT count(*) FROM challenge WHERE challenge.serial = token.serial)
    FROM token WHERE serial = %s
"""

State = tuple[int, int, int]  # the token's counter, its failures, its open challenges


@dataclass(frozen=True)
class Orders:
    """Where the database is, where files may lie, and how long and by how many is measured."""

    host: str
    database: str
    role: str
    password: str
    folder: str
    seconds: float
    processes: int


@dataclass(frozen=True)
class Ask:
    """A check that is ready to be made: its arguments, its right answer, and what it has to store."""

    serial: str
    password: str
    options: dict[str, Any]
    right: bool
    stored: Callable[[State, State], bool]


@dataclass
class Times:
    """What one process measured, in seconds, one of each for each check."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def used(before: State, after: State) -> bool:
    return after[0] > before[0]


def failed(before: State, after: State) -> bool:
    return after[1] == before[1] + 1


def answered(before: State, after: State) -> bool:
    return after[0] > before[0] and after[2] == before[2] - 1


def code(secret: bytes, counter: int) -> str:
    """RFC 4226 §5.3, six digits."""
    digest = hmac.digest(secret, struct.pack(">Q", counter), "sha1")
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def enrol(kind: str, **more: str) -> tuple[str, bytes]:
    """A token's serial and secret. It may fail as often as it likes: a locked one would answer sooner."""
    secret = secrets.token_bytes(20)
    token = init_token({"type": kind, "otpkey": secret.hex(), **more})
    token.set_maxfail(10**9)
    token.save()
    return token.token.serial, secret


def totp_asks(app: Flask, *, right: bool) -> Iterator[Ask]:
    with app.app_context():
        tokens = [enrol("totp") for _ in range(TOKENS)]
    for step in count(FIRST_STEP):
        for serial, secret in tokens:
            near = {code(secret, step + shift) for shift in range(-20, 21)}
            wrong = next(f"{number:06}" for number in count() if f"{number:06}" not in near)
            given = code(secret, step) if right else wrong
            yield Ask(serial, given, {"initTime": step * STEP}, right, used if right else failed)


def email_asks(app: Flask) -> Iterator[Ask]:
    """Answers to challenges that are stored as the token's `create_challenge` stores them; nothing is sent."""
    with app.app_context():
        tokens = [enrol("email", email="ada@example.com") for _ in range(TOKENS)]
    while True:
        for serial, secret in tokens:
            with app.app_context():
                token = get_one_token(serial=serial)
                counter = token.inc_otp_counter(token.get_otp_count(), reset=False)
                transaction = create_challenge(serial, validitytime=VALID).transaction_id
            yield Ask(serial, code(secret, counter), {"transaction_id": transaction}, right=True, stored=answered)


def webauthn_asks(app: Flask) -> Iterator[Ask]:
    """Assertions of a key in software. The tokens are stored as enrolment leaves them, which itself is not timed."""
    with app.app_context():
        tokens = [enrol_webauthn() for _ in range(TOKENS)]
    for counter in count(1):
        for serial, credential, key in tokens:
            challenge = secrets.token_bytes(32)
            with app.app_context():
                transaction = create_challenge(serial, challenge=challenge.hex(), validitytime=VALID).transaction_id
            options = {"transaction_id": transaction, "HTTP_ORIGIN": ORIGIN}
            options |= assertion(key, challenge, counter) | {"credential_id": bytes_to_base64url(credential)}
            yield Ask(serial, "", options, right=True, stored=answered)


def enrol_webauthn() -> tuple[str, bytes, ec.EllipticCurvePrivateKey]:
    key, credential = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(32)
    numbers = key.public_key().public_numbers()
    public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}  # COSE, RFC 9053 §7.1.1
    token = init_token({"type": "webauthn"})
    token.set_otpkey(credential.hex())
    token.write_tokeninfo("pubKey", cbor2.dumps(public).hex())
    token.write_tokeninfo("relying_party_id", PARTY)
    token.token.rollout_state = "enrolled"
    token.token.active = True
    token.save()
    return token.token.serial, credential, key


def assertion(key: ec.EllipticCurvePrivateKey, challenge: bytes, counter: int) -> dict[str, str]:
    """WebAuthn §6.3.3: user present and verified."""
    client = json.dumps({"type": "webauthn.get", "challenge": bytes_to_base64url(challenge), "origin": ORIGIN}).encode()
    data = hashlib.sha256(PARTY.encode()).digest() + struct.pack(">BI", 5, counter)
    signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
    parts = {"authenticatorData": data, "clientDataJSON": client, "signature": signature}
    return {name: bytes_to_base64url(part) for name, part in parts.items()}


KINDS: dict[str, Callable[[Flask], Iterator[Ask]]] = {
    "totp right": lambda app: totp_asks(app, right=True),
    "totp wrong": lambda app: totp_asks(app, right=False),
    "e-mail answer": email_asks,
    "webauthn": webauthn_asks,
}


def check(app: Flask, ask: Ask) -> bool:
    """What `check_serial_pass` does, with a user without a name: WebAuthn's check wants one."""
    with app.app_context():
        (right, _) = check_token_list([get_one_token(serial=ask.serial)], ask.password, User(), ask.options)
    return right


def measure(app: Flask, asks: Iterator[Ask], witness: Any, seconds: float) -> Times:
    times = Times()
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        ask = next(asks)
        witness.execute(STATE, [ask.serial])
        before = witness.fetchone()
        wall, cpu = time.perf_counter(), time.process_time()
        right = check(app, ask)
        times.cpu.append(time.process_time() - cpu)
        times.wall.append(time.perf_counter() - wall)
        witness.execute(STATE, [ask.serial])
        if right is not ask.right or not ask.stored(before, witness.fetchone()):
            sys.exit(f"{ask.serial}: answered {right}, had {before}")
    return times


def make_app(orders: Orders, number: int) -> Flask:
    folder = Path(orders.folder)
    uri = sa.URL.create(
        "postgresql+psycopg2", orders.role, orders.password, database=orders.database, query={"host": orders.host}
    )
    settings = folder / f"pi{number}.cfg"
    settings.write_text(
        SETTINGS.format(
            secret=secrets.token_hex(),
            pepper=secrets.token_hex(),
            enckey=str(folder / "enckey"),
            log=str(folder / f"log{number}"),
            number=number,
            uri=uri.render_as_string(hide_password=False),
        )
    )
    return create_app("production", str(settings), silent=True)


def work(orders: Orders, number: int, together: Barrier, results: multiprocessing.Queue[Any]) -> None:
    """One process: all kinds, one after the other, each begun when the other processes are ready for it too."""
    try:
        if number == 0:
            app = make_app(orders, number)
            with app.app_context():
                db.create_all()
                save_config_timestamp()  # without one, all settings would be read again for each check
                db.session.commit()
        together.wait()
        app = make_app(orders, number)
        login = {"host": orders.host, "dbname": orders.database, "user": orders.role, "password": orders.password}
        connection = psycopg2.connect(**login)
        connection.autocommit = True
        witness = connection.cursor()
        for name, kind in KINDS.items():
            asks = kind(app)
            for _ in range(WARM):
                check(app, next(asks))
            together.wait()
            results.put((name, measure(app, asks, witness, orders.seconds)))
    except BaseException:
        together.abort()
        raise


def figures(times: list[Times]) -> dict[str, float]:
    """Of all processes: their rates add up, so `seconds` is what all checks would take at that sum."""
    wall = sorted(one for each in times for one in each.wall)
    rate = sum(len(each.wall) / sum(each.wall) for each in times)
    return {
        "checks": len(wall),
        "seconds": len(wall) / rate,
        "p50_ms": statistics.median(wall) * 1e3,
        "p95_ms": wall[len(wall) * 95 // 100] * 1e3,
        "cpu_ms": statistics.mean(one for each in times for one in each.cpu) * 1e3,
    }


def main() -> int:
    orders = Orders(**json.load(sys.stdin))
    (Path(orders.folder) / "enckey").write_bytes(secrets.token_bytes(96))
    context = multiprocessing.get_context("fork")
    together, results = context.Barrier(orders.processes), context.Queue()
    workers = [
        context.Process(target=work, args=(orders, number, together, results)) for number in range(orders.processes)
    ]
    for worker in workers:
        worker.start()
    found: dict[str, list[Times]] = {name: [] for name in KINDS}
    while any(len(times) < orders.processes for times in found.values()):
        try:
            name, times = results.get(timeout=1)
        except queue.Empty:
            if any(worker.exitcode for worker in workers):
                return 1
        else:
            found[name].append(times)
    for worker in workers:
        worker.join()
    print(json.dumps({name: figures(times) for name, times in found.items()}))
    return 0


if __name__ == "__main__":
    os.environ.pop("PRIVACYIDEA_CONFIGFILE", None)
    sys.exit(main())
