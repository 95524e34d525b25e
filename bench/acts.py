"""A platform at work over HTTP, for load: people, audiences and campaigns, and the acts that it asks for all day.

An act is asked as a platform asks: giving a contact, answering a challenge, which campaigns reach a person, a person's
own uses, a list of a thousand rows sent to an audience. Challenges and their codes are written into their tables
beforehand: sending is another matter.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import decide
from answering import Enrolled, enrol, open_challenges, service_key
from wire import Wire, request

from solely.app import Solely
from solely.app.decisions import handle_of
from solely.app.parts import Parts

__all__ = ["MIX", "Act", "Acts", "Made", "make"]

# Of a thousand acts: people sign in and are shown advertising all the time, and rarely look at what was done.
MIX = {"answer": 400, "decision": 350, "giving": 145, "my uses": 100, "upload": 5}
ROWS = 1_000  # of a list that is sent
ANSWERING = 300  # people who answer
ADVERTISER = "shop"
LIFE = timedelta(hours=6)  # of a challenge
Do = Callable[[Wire], Awaitable[int]]


@dataclass(frozen=True)
class Act:
    """One act: who of the processes is asked, and how; the statuses of one that was done."""

    name: str
    home: str
    next: Callable[[], Do]
    done: frozenset[int]


@dataclass(frozen=True)
class Made:
    """What stands in the directory before the service begins."""

    keys: Mapping[str, str]
    handles: list[str]
    people: int
    answering: Enrolled


def make(folder: Path, people: int) -> tuple[Path, Made]:
    """A directory with so many people, each in two audiences of ten on average."""
    given = decide.make(folder, people)
    with Solely(folder / "data", signs=False) as solely:
        solely.give_file(given)
        decide.campaigns(solely, folder, people)
        handles = [handle_of(solely.parts, f"u{n}") for n in range(people)]
        keys = {home: service_key(solely.parts, home) for home in ("registry", "security", "advertising")}
        keys[ADVERTISER] = service_key(solely.parts, "advertising", "advertiser", ADVERTISER)
        return folder / "data", Made(keys, handles, people, enrol(solely, "e-mail", ANSWERING, "person"))


class Acts:
    """The acts, asked with other words each time."""

    def __init__(self, made: Made, parts: Parts, seed: int = 1) -> None:
        self._made, self._parts, self._chance = made, parts, random.Random(seed)
        self._names, self._answers = itertools.count(), list[bytes]()
        self._told = False
        done = frozenset({200, 201, 202})
        self.all = [
            Act("answer", "security", self._answer, done),
            Act("decision", "advertising", self._decision, done),
            Act("giving", "registry", self._giving, done),
            Act("my uses", "registry", self._uses, done),
            Act("upload", "advertising", self._upload, done),
        ]

    def prepare(self, count: int) -> None:
        """Have that many answers ready, each to a challenge of its own."""
        missing = count - len(self._answers)
        if missing > 0:
            key = self._made.keys["security"]
            self._answers += open_challenges(self._parts, self._made.answering, key, missing, LIFE)

    def _answer(self) -> Do:
        return _asking(self._answers.pop())

    def _decision(self) -> Do:
        body = {"handles": [self._chance.choice(self._made.handles)]}
        return _asking(request("POST", "/v1/decisions", body, key=self._made.keys["advertising"]))

    def _giving(self) -> Do:
        name = f"new-{self._chance.getrandbits(40):x}-{next(self._names)}"
        notice = {"version": "1"} if self._told else {"version": "1", "text": "We use it to sign you in."}
        self._told = True
        body = {"kind": "email", "value": f"{name}@example.com", "purpose": "two-factor", "notice": notice}
        return _asking(request("POST", f"/v1/subjects/{name}/givings", body, key=self._made.keys["registry"]))

    def _uses(self) -> Do:
        path = f"/v1/subjects/u{self._chance.randrange(self._made.people)}/uses"
        return _asking(request("GET", path, key=self._made.keys["registry"]))

    def _upload(self) -> Do:
        """A list begun and sent, answered once it is durable; then it is matched, beside all else."""
        key, path = self._made.keys[ADVERTISER], f"/v1/advertisers/{ADVERTISER}/audiences/all/uploads"
        chosen = self._chance.sample(range(2 * self._made.people), ROWS)
        rows = "email\n" + "".join(f"{decide.address(n)}\n" for n in chosen)

        async def do(wire: Wire) -> int:
            status, body = await wire.ask(request("POST", path, {}, key=key))
            if status != 201:
                return status
            sent = request("PUT", f"/v1/uploads/{json.loads(body)['id']}/content", rows, key=key, type_="text/csv")
            return (await wire.ask(sent))[0]

        return do


def _asking(data: bytes) -> Do:
    async def do(wire: Wire) -> int:
        status, _ = await wire.ask(data)
        return status

    return do
