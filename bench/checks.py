"""Two-step checks of one process on a directory at work: prepared beside the clock, answered under it.

    python bench/checks.py     (started by verification.py, which writes it its orders as JSON on standard input)

Challenges are written straight into their table, codes and assertions made before: what is timed is the answer, from
the subject's id to what is durable. After each kind another connection counts what was kept. The people and their
factors come in by the front door; the clock of the checks is set, so that codes are fresh and waits are over.
"""

from __future__ import annotations

import json
import random
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from fido2.utils import websafe_encode

import people
from solely.app import Solely
from solely.verification import sent_code
from solely.verification.verification import Answering

PERSONS, ROUNDS = 200, 20
CHALLENGE = (
    "INSERT INTO security.challenges (pseudonym, challenge, act, purpose, after_password, secret, created_at,"
    " expires_at) VALUES (%s, %s, 'sign-in', 'two-factor', true, %s, %s, %s)"
)
CODE = "INSERT INTO security.codes VALUES (%s, %s, %s, 1, %s, %s)"
SECRET = bytes(32)

Made = Callable[[str, uuid.UUID], Answering]


class Bench:
    """One process's people, each with one factor of the kind that is checked."""

    def __init__(self, solely: Solely, prefix: str) -> None:
        self.world = people.world(solely)
        self.verification, self.prefix = self.world.verification, prefix
        self.security = self.verification.security

    def subjects(self, kind: str) -> list[str]:
        return [f"{self.prefix}-{kind}-{n}" for n in range(PERSONS)]

    def totp(self, *, right: bool) -> dict[str, Made]:
        def made(factor: uuid.UUID, app: people.App) -> Made:
            def one(subject: str, challenge: uuid.UUID) -> Answering:
                return Answering(subject, challenge, factor, app.code(self.world.clock()) if right else "000000")

            return one

        return {one: made(*self.world.enrol_app(one)) for one in self.subjects(f"totp-{right}")}

    def email(self) -> dict[str, Made]:
        def made(subject: str) -> Made:
            factor, _ = self.world.enrol_sent(subject, "email")
            pseudonym = self.verification.find([subject])[subject]

            def one(subject: str, challenge: uuid.UUID) -> Answering:
                now = self.world.clock()
                self.security.connection.execute(CODE, [pseudonym, challenge, factor, now, now + timedelta(minutes=10)])
                code = sent_code.code(
                    self.security.sent, pseudonym=pseudonym, challenge=challenge, factor=factor, digits=8
                )
                return Answering(subject, challenge, factor, code)

            return one

        return {one: made(one) for one in self.subjects("email")}

    def codes(self) -> dict[str, Made]:
        def made(subject: str) -> Made:
            factor, left = self.world.enrol_codes(subject)
            pseudonym = self.verification.find([subject])[subject]
            ready = list(left)

            def one(subject: str, challenge: uuid.UUID) -> Answering:
                if not ready:  # the set is used up: its codes count as unused again
                    self.security.connection.execute(
                        "UPDATE security.recovery_codes SET used_at = NULL WHERE pseudonym = %s", [pseudonym]
                    )
                    ready.extend(left)
                return Answering(subject, challenge, factor, ready.pop())

            return one

        return {one: made(one) for one in self.subjects("codes")}

    def passkey(self) -> dict[str, Made]:
        def made(subject: str) -> Made:
            factor, authenticator = self.world.enrol_passkey(subject)
            options = {"challenge": websafe_encode(SECRET), "rpId": "localhost"}
            return lambda subject, challenge: Answering(subject, challenge, factor, authenticator.get(options))

        return {one: made(one) for one in self.subjects("passkey")}

    def round(self, made: dict[str, Made]) -> list[Answering]:
        """Fresh challenges and their answers, a round of one for each person."""
        self.world.clock.forward(hours=1)
        now, known = self.world.clock(), self.verification.find(list(made))
        ids = {subject: uuid.uuid4() for subject in made}
        with self.security.connection.transaction(), self.security.connection.cursor() as cursor:
            cursor.executemany(
                CHALLENGE,
                [[known[one], ids[one], SECRET, now, now + timedelta(minutes=10)] for one in made],
            )
            return [make(subject, ids[subject]) for subject, make in made.items()]


def answered(bench: Bench, answers: Sequence[Answering], batch: int, kept: list[float]) -> tuple[float, float]:
    """Seconds and processor seconds in the answers; each one's time is kept."""
    wall = processor = 0.0
    for start in range(0, len(answers), batch):
        some = answers[start : start + batch]
        before, used = time.perf_counter(), time.process_time()
        outcomes = bench.verification.answer_all(some)
        took = time.perf_counter() - before
        wall, processor = wall + took, processor + time.process_time() - used
        kept += [took] * len(some)
        kinds = {type(one).__name__ for one in outcomes}
        if len(kinds) != 1 or not kinds <= {"Proof", "WrongAnswer"}:
            sys.exit(f"answers came out as {kinds}")
    return wall, processor


def seen(other: Any, subjects: Sequence[uuid.UUID], *, wrong: bool) -> int:
    """What another connection sees: challenges passed, or wrong answers counted."""
    asked = "sum(failures)" if wrong else "count(*) FILTER (WHERE state = 'passed' AND act = 'sign-in')"
    (count,) = other.execute(
        f"SELECT {asked} FROM security.challenges WHERE pseudonym = ANY(%s)", [list(subjects)]
    ).fetchone()
    return int(count or 0)


def measured(bench: Bench, other: Any, kind: str, batch: int) -> dict[str, float]:
    ways: dict[str, Callable[[], dict[str, Made]]] = {
        "totp right": lambda: bench.totp(right=True),
        "totp wrong": lambda: bench.totp(right=False),
        "e-mail answer": bench.email,
        "recovery code": bench.codes,
        "webauthn": bench.passkey,
    }
    if (made := MADE.get(kind)) is None:
        made = MADE[kind] = ways[kind]()
    pseudonyms = list(bench.verification.find(list(made)).values())
    before = seen(other, pseudonyms, wrong=kind == "totp wrong")
    kept: list[float] = []
    wall = processor = 0.0
    rounds = ROUNDS if batch > 1 else ROUNDS // 4
    for _ in range(rounds):
        took, used = answered(bench, bench.round(made), batch, kept)
        wall, processor = wall + took, processor + used
    if seen(other, pseudonyms, wrong=kind == "totp wrong") - before != len(kept):
        sys.exit(f"{kind}: not all that was acknowledged was kept")
    kept.sort()
    return {
        "checks": len(kept),
        "seconds": wall,
        "p50": kept[len(kept) // 2],
        "p95": kept[len(kept) * 95 // 100],
        "processor": processor,
    }


def offered(bench: Bench, rate: int, seconds: int) -> dict[str, float]:
    """Answers that come at random at a rate, whoever waits answered together; from coming to being durable."""
    made = MADE.get("totp right") or bench.totp(right=True)
    random.seed(1)
    kept: list[float] = []
    late = 0.0
    while len(kept) < rate * seconds:
        answers, at, due = bench.round(made), 0.0, []
        for _ in answers:
            at += random.expovariate(rate)
            due.append(at)
        start, place = time.perf_counter(), 0
        while place < len(answers):
            now = time.perf_counter() - start
            if due[place] > now:
                time.sleep(due[place] - now)
                continue
            some = [one for one, when in zip(answers[place:], due[place:], strict=True) if when <= now][:64]
            bench.verification.answer_all(some)
            done = time.perf_counter() - start
            kept += [done - when for when in due[place : place + len(some)]]
            place += len(some)
        late = max(late, time.perf_counter() - start - due[-1])
    kept.sort()
    return {"p50": kept[len(kept) // 2], "p95": kept[len(kept) * 95 // 100], "p99": kept[len(kept) * 99 // 100]}


MADE: dict[str, dict[str, Made]] = {}


def main() -> None:
    orders = json.loads(sys.stdin.readline())
    directory = Path(orders["directory"])
    with Solely(directory) as solely:
        bench, other = Bench(solely, orders["prefix"]), solely.new_verification().security.connection
        for line in sys.stdin:
            order = json.loads(line)
            if "rate" in order:
                answer = offered(bench, order["rate"], order["seconds"])
            else:
                answer = measured(bench, other, order["kind"], order["batch"])
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
