"""Requests answered: who calls is looked up, may they is asked, done once, answered and kept. In a worker's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from pydantic import BaseModel

from solely.app.disclosures import require_look
from solely.app.parts import Parts
from solely.app.serving.log import failed
from solely.errors import SolelyError
from solely.principal import LOOKS, Home, Principal
from solely.store.requests import Request
from solely.web.api.answer import Answer, answer_of, unless_known
from solely.web.api.caller import principals
from solely.web.api.once import LEASE, Once
from solely.web.api.problem import other, problem
from solely.web.api.routes import Call, Given, Outcomes, Route, Said
from solely.web.api.taking import Taking
from solely.web.api.times import Times

__all__ = ["Asked", "answer_all", "begin_taking", "once"]

Admit = Callable[[Principal], None]  # raises Throttled for who asks too often


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One request as it came: the key shown, what FastAPI read, headers; its idempotency key, and what it is for."""

    home: Home
    key: str
    given: Given
    headers: Mapping[str, str]
    repeat: str | None
    what: bytes
    times: Times | None = None


def answer_all(
    parts: Parts, route: Route, many: Sequence[Asked], admit: Admit, lease: timedelta = LEASE
) -> list[Answer]:
    """Answer requests of one route and one compartment, each as if it were alone."""
    answers: dict[int, Answer] = {}
    known: dict[str, Principal | SolelyError] = {}
    calls: dict[int, Call] = {}
    for place, one in enumerate(many):
        try:
            calls[place] = _call(parts, route, one, known, admit)
        except SolelyError as error:
            answers[place] = problem(error)
    taken = _take(parts, route, many, calls, answers, lease=lease)
    doing = [place for place in calls if place not in answers]
    for place, said in zip(doing, _run(parts, route, [(calls[n], many[n].given) for n in doing]), strict=True):
        answer = problem(said) if isinstance(said, SolelyError) else _answer(said, route.status)
        answers[place] = answer if route.changes else unless_known(answer, many[place].headers)
    done = [(request, answers[place]) for place, request in taken.items()]
    if done:
        once(parts, many[0].home).keep(done)
    return [answers[place] for place in range(len(many))]


def begin_taking(parts: Parts, route: Route, one: Asked, admit: Admit) -> Taking | Answer:
    """What takes the body of a request as it comes; or the answer, where it is not taken."""
    try:
        (said,) = _run(parts, route, [(_call(parts, route, one, {}, admit), one.given)])
    except SolelyError as error:
        return problem(error)
    if isinstance(said, Taking):
        return said
    return problem(said) if isinstance(said, SolelyError) else _answer(said, route.status)


def _answer(said: BaseModel | Answer | Taking | None, status: int) -> Answer:
    assert not isinstance(said, Taking), "this route is not said to be raw"
    return answer_of(said, status, said.headers() if isinstance(said, Said) else {})


def _run(parts: Parts, route: Route, some: Sequence[tuple[Call, Given]]) -> Outcomes:
    if not some:
        return []
    try:
        return route.run(parts, some)
    except SolelyError as error:
        return [error for _ in some]
    except Exception as error:  # noqa: BLE001 - a fault of ours: told as one, and nothing of what it says
        failed(structlog.get_logger(), error, "a request failed")
        return [other(500, "something went wrong here", "ask again; tell whoever runs this") for _ in some]


def _call(parts: Parts, route: Route, one: Asked, known: dict[str, Principal | SolelyError], admit: Admit) -> Call:
    """Who calls, if they may. Raises Unauthenticated, Refused, Throttled."""
    if one.key not in known:
        try:
            known[one.key] = principals(parts, one.home).authenticate(one.key)
        except SolelyError as error:
            known[one.key] = error
    who = known[one.key]
    if isinstance(who, SolelyError):
        raise who
    admit(who)
    who.require(route.act)
    if "subject" in one.given:
        who.require_subject(one.given["subject"])
        if who.kind == "officer" and route.act in LOOKS:
            require_look(parts, principals(parts, one.home), who, one.given["subject"])
    if "advertiser" in one.given and who.kind in {"advertiser", "partner"}:
        who.require_advertiser(one.given["advertiser"], parts.ground.clock())
    request = None if one.repeat is None else once(parts, one.home).request(who, one.repeat, one.what)
    return Call(parts, who, one.headers, request)


def _take(
    parts: Parts,
    route: Route,
    many: Sequence[Asked],
    calls: dict[int, Call],
    answers: dict[int, Answer],
    *,
    lease: timedelta,
) -> dict[int, Request]:
    """Take what comes with an idempotency key; what was answered before is answered so again."""
    wanted = {place: call.request for place, call in calls.items() if call.request is not None}
    if not wanted:
        return {}
    home = many[0].home
    outcomes = once(parts, home).take(list(wanted.values()), again=route.again, now=parts.ground.clock(), lease=lease)
    for place, outcome in zip(list(wanted), outcomes, strict=True):
        if isinstance(outcome, datetime):
            calls[place] = replace(calls[place], begun_at=outcome)
        else:
            del wanted[place]
            answers[place] = problem(outcome) if isinstance(outcome, SolelyError) else _repeated(outcome)
    return wanted


def _repeated(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, answer.type, {**answer.headers, "idempotent-replayed": "true"})


def once(parts: Parts, home: Home) -> Once:
    """The answers kept by a compartment, opened once for these parts."""
    return parts.keep(("once", home), partial(_open_once, parts, home))


def _open_once(parts: Parts, home: Home) -> Once:
    keyring = parts.ground.keyring(home)
    return Once(principals(parts, home).connection, home, keyring.mac("answers"), keyring.box("answers"))
