"""People with factors on a data directory, and rounds of challenges for them that are ready to be answered over HTTP.

People come in by the front door. A round's challenges and codes are written straight into their tables, and what was
used before counts as unused again, so that the same code may be given twice within its half a minute.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import psycopg
from checks import CHALLENGE, CODE, SECRET
from wire import request

import people
from solely.app import Solely
from solely.app.environment import now
from solely.app.parts import Parts
from solely.principal import Operator
from solely.verification import sent_code
from solely.web.api.caller import principals

__all__ = ["Enrolled", "Round", "Way", "enrol", "open_challenges", "passed", "round_of", "service_key"]

Way = Literal["totp", "e-mail"]
COPY_CHALLENGES = (
    "COPY security.challenges (pseudonym, challenge, act, purpose, after_password, secret, created_at, expires_at)"
    " FROM STDIN"
)
COPY_CODES = "COPY security.codes (pseudonym, challenge, factor, sends, sent_at, expires_at) FROM STDIN"


@dataclass(frozen=True)
class Enrolled:
    """Some people with one factor each: by subject the factor, and the app where it is one."""

    way: Way
    factors: dict[str, uuid.UUID]
    apps: dict[str, people.App]


@dataclass(frozen=True)
class Round:
    """Requests, one for each person, and the challenges that they answer."""

    requests: list[bytes]
    challenges: list[uuid.UUID]


def passed(connection: psycopg.Connection, challenges: Sequence[uuid.UUID]) -> int:
    """How many of these challenges are passed, as this connection sees it."""
    query = "SELECT count(*) FROM security.challenges WHERE challenge = ANY(%s) AND state = 'passed'"
    (count,) = connection.execute(query, [list(challenges)]).fetchone() or (0,)
    return int(count)


def enrol(solely: Solely, way: Way, count: int, prefix: str) -> Enrolled:
    """Make so many people who have that way, and nothing else."""
    world, found = people.world(solely), Enrolled(way, {}, {})
    for number in range(count):
        world.clock.now, subject = now(), f"{prefix}-{way}-{number}"
        if way == "totp":
            found.factors[subject], found.apps[subject] = world.enrol_app(subject)
        else:
            found.factors[subject], _ = world.enrol_sent(subject, "email")
    return found


def service_key(parts: Parts, home: str, kind: str = "service", name: str | None = None) -> str:
    """A key for a principal of that kind."""
    return principals(parts, home).add(Operator(), name or f"bench-{uuid.uuid4().hex[:8]}", kind).key


def round_of(parts: Parts, of: Enrolled, key: str, *, begun: bool = True) -> Round:
    """A round for these people. Where it is not `begun`, its challenges are still to be asked for."""
    verification, time = parts.verification, now()
    security, over = verification.security, time + timedelta(minutes=10)
    known = verification.find(list(of.factors))
    ids = {subject: uuid.uuid4() for subject in of.factors}
    with security.connection.transaction(), security.connection.cursor() as cursor:
        cursor.execute("UPDATE security.factors SET last_step = -1 WHERE pseudonym = ANY(%s)", [list(known.values())])
        if begun:
            rows = [[known[one], id_, SECRET, time, over] for one, id_ in ids.items()]
            cursor.executemany(CHALLENGE, rows)
        if of.way == "e-mail":
            cursor.executemany(CODE, [[known[one], id_, of.factors[one], time, over] for one, id_ in ids.items()])
    requests = []
    for subject, factor in of.factors.items():
        if of.way == "totp":
            code = of.apps[subject].code(time)
        else:
            challenge, pseudonym = ids[subject], known[subject]
            code = sent_code.code(security.sent, pseudonym=pseudonym, challenge=challenge, factor=factor, digits=8)
        requests.append(answer_of(subject, ids[subject], factor, code, key))
    return Round(requests, list(ids.values()))


def open_challenges(parts: Parts, of: Enrolled, key: str, count: int, life: timedelta) -> list[bytes]:
    """Answers to so many challenges of people who are sent codes, several of each person; they live so long."""
    verification, time = parts.verification, now()
    security, known = verification.security, verification.find(list(of.factors))
    people_ = [(subject, known[subject], factor) for subject, factor in of.factors.items()]
    made = [(*people_[n % len(people_)], uuid.uuid4()) for n in range(count)]
    with security.connection.transaction(), security.connection.cursor() as cursor:
        with cursor.copy(COPY_CHALLENGES) as copy:
            for _, pseudonym, _, id_ in made:
                row = (pseudonym, id_, "sign-in", "two-factor", True, SECRET, time, time + life)
                copy.write_row(row)
        with cursor.copy(COPY_CODES) as copy:
            for _, pseudonym, factor, id_ in made:
                copy.write_row((pseudonym, id_, factor, 1, time, time + life))
    answers = []
    for subject, pseudonym, factor, id_ in made:
        code = sent_code.code(security.sent, pseudonym=pseudonym, challenge=id_, factor=factor, digits=8)
        answers.append(answer_of(subject, id_, factor, code, key))
    return answers


def answer_of(subject: str, challenge: uuid.UUID | str, factor: uuid.UUID, code: str, key: str) -> bytes:
    """An answer to a challenge."""
    path = f"/v1/subjects/{subject}/challenges/{challenge}/answers"
    return request("POST", path, {"factor": str(factor), "answer": code}, key=key)
