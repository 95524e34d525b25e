"""Challenges, and answers to them; signing in by a passkey alone; recoveries, passwords; of the security compartment.

Answers that come at the same time are checked together and share their commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import Field

from solely.app.parts import Parts
from solely.errors import BadInput, NotFound, ProofNeeded, SolelyError, Throttled, WrongAnswer
from solely.principal import Home
from solely.verification import Answering
from solely.verification.check import Answer
from solely.verification.proof import Proof, Recovering
from solely.web.api.factors import Challenged, Factor, Source, challenge_said, factor_said
from solely.web.api.routes import Body, Call, Given, Route, Said, Subject

__all__ = ["ROUTES"]

Act = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["sign-in"])]


_PASSWORD = "four words that nobody guesses"  # noqa: S105 - an example


class Starting(Body):
    """What a challenge is for. `after_password`: the platform checked a password just before."""

    act: Act = "sign-in"
    after_password: bool = False


class Sending(Body):
    """The factor a code is sent by."""

    factor: UUID
    source: Source = None


class Answered(Body):
    """A code, or what the browser returned. A passkey says itself which factor it is."""

    factor: UUID | None = Field(None, examples=["00000000-0000-4000-8000-000000000000"])
    answer: Annotated[str, Field(max_length=256)] | dict[str, Any] = Field(repr=False, examples=["123456"])
    source: Source = None


class Proved(Said):
    """A challenge passed. By its `id` the platform asks later whether it still is fresh."""

    id: UUID
    act: str
    kind: str | None
    factor: UUID | None
    at: datetime
    amr: list[str]
    aal: str
    phishing_resistant: bool
    restricted: bool


class Outcome(Said):
    """A right answer: what it proves, or (of a recovery) what was shown and what may be shown yet."""

    proof: Proved | None = None
    shown: tuple[str, ...] = ()
    factors: tuple[Factor, ...] = ()


class SignedIn(Said):
    """Whose passkey answered."""

    subject: str
    proof: Proved


class SettingPassword(Body):
    """A password, for a platform that keeps none."""

    password: str = Field(min_length=1, max_length=1024, repr=False, examples=[_PASSWORD])
    current: str | None = Field(None, max_length=1024, repr=False)
    proof: UUID | None = None
    words: list[Annotated[str, Field(max_length=128)]] = Field([], max_length=16, repr=False)


class CheckingPassword(Body):
    """A password to be checked."""

    password: str = Field(max_length=1024, repr=False, examples=[_PASSWORD])
    source: Source = None


class Reset(Said):
    """A reset of all of a person's factors, which another officer approves."""

    reset: UUID


class Speaking(Body):
    """The language of messages to a person."""

    language: str = Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$", examples=["pt-BR"])


def start(call: Call, subject: Subject, starting: Starting) -> Challenged:
    """Start a challenge for an act. For someone nobody knows it looks the same, and nothing answers it."""
    after = call.asserts_password(starting.after_password)
    return challenge_said(call.parts.verification.challenge(subject, act=starting.act, after_password=after))


def send(call: Call, subject: Subject, challenge: UUID, sending: Sending) -> None:
    """Send the challenge's code by a factor, or send it again: the same code, and nothing lives longer for it."""
    call.parts.verification.send(subject, challenge, sending.factor, source=sending.source)


def answer(call: Call, subject: Subject, challenge: UUID, answered: Answered) -> Outcome:
    """Answer a challenge. A wrong answer is counted before it is told."""
    (said,) = answer_together(call.parts, [(call, {"subject": subject, "challenge": challenge, "answered": answered})])
    if isinstance(said, SolelyError):
        raise said
    return said


def answer_together(parts: Parts, many: Sequence[tuple[Call, Given]]) -> list[Outcome | SolelyError]:
    """The same for many at once."""
    outcomes: dict[int, Outcome | SolelyError] = {}
    going: dict[int, Answering] = {}
    for place, (call, given) in enumerate(many):
        try:
            going[place] = _answering(call, given["subject"], given["challenge"], given["answered"])
        except SolelyError as error:
            outcomes[place] = error
    for place, said in zip(going, parts.verification.answer_all(list(going.values())), strict=True):
        outcomes[place] = said if isinstance(said, SolelyError) else _outcome(said)
    return [outcomes[place] for place in range(len(many))]


def _answering(call: Call, subject: str, challenge: UUID, answered: Answered) -> Answering:
    factor = answered.factor
    if factor is None:
        if isinstance(answered.answer, str):
            raise BadInput("a code is of a factor", where="factor", cure="name it: the challenge lists them")
        factor = call.parts.verification.passkey(subject, answered.answer)
    request = call.request.digest if call.request else None
    return Answering(subject, challenge, factor, answered.answer, answered.source, request)


def _outcome(said: Proof | Recovering) -> Outcome:
    if isinstance(said, Proof):
        return Outcome(proof=_proved(said))
    return Outcome(shown=said.shown, factors=tuple(factor_said(one) for one in said.factors))


def _proved(one: Proof) -> Proved:
    return Proved(
        id=one.id,
        act=one.act,
        kind=one.kind,
        factor=one.factor,
        at=one.at,
        amr=list(one.assurance.amr),
        aal=one.assurance.aal,
        phishing_resistant=one.assurance.phishing_resistant,
        restricted=one.assurance.restricted,
    )


def cancel(call: Call, subject: Subject, challenge: UUID) -> None:
    """Cancel an open challenge."""
    call.parts.verification.cancel(subject, challenge)


def prove(
    call: Call,
    subject: Subject,
    proof: UUID,
    max_age: Annotated[int, Query(ge=1, le=86_400, description="seconds")] = 300,
    act: Annotated[Act | None, Query()] = None,
) -> Proved:
    """What a passed challenge proved, if it is fresh enough; else a proof is needed: step up."""
    acts = None if act is None else (act,)
    return _proved(call.parts.verification.prove(subject, proof, max_age=timedelta(seconds=max_age), acts=acts))


def recover(call: Call, subject: Subject, starting: Starting) -> Challenged:
    """Start a recovery, answered as any challenge; it may ask for more than one factor."""
    after = call.asserts_password(starting.after_password)
    return challenge_said(call.parts.verification.recover(subject, after_password=after))


def sign_in(call: Call) -> Challenged:
    """A challenge for whoever answers it with a passkey: nobody is named."""
    return challenge_said(call.parts.verification.sign_in())


def sign_in_answer(call: Call, challenge: UUID, answered: Answered) -> SignedIn:
    """Whose passkey answered."""
    given: Answer = answered.answer
    subject, proof = call.parts.verification.sign_in_answer(challenge, given, source=answered.source)
    return SignedIn(subject=subject, proof=_proved(proof))


def set_password(call: Call, subject: Subject, setting: SettingPassword) -> None:
    """Set a person's password: with the one that stands, or a fresh proof."""
    call.parts.verification.set_password(
        subject, setting.password, current=setting.current, proof=setting.proof, words=setting.words
    )


def check_password(call: Call, subject: Subject, checking: CheckingPassword) -> None:
    """Whether a password is right: 204, or a wrong answer, which is counted."""
    call.parts.verification.check_password(subject, checking.password, source=checking.source)


def speak(call: Call, subject: Subject, speaking: Speaking) -> None:
    """Messages to this person are in this language from now on."""
    call.parts.verification.speak(subject, speaking.language)


def ask_reset(call: Call, subject: Subject) -> Reset:
    """Ask for a reset of all of a person's factors: another officer approves it."""
    return Reset(reset=call.parts.verification.ask_reset(subject, call.principal.name))


def approve_reset(call: Call, subject: Subject, reset: UUID) -> None:
    """Approve a reset that another officer asked for. The person is told at once, and may still undo it."""
    call.parts.verification.approve_reset(subject, reset, call.principal.name)


_OF = "/v1/subjects/{subject}"
_HOME: tuple[Home, ...] = ("security",)
_CHALLENGE, _PROOF = {"challenge": "/id"}, {"proof": "/proof/id"}
_MAY = (WrongAnswer, ProofNeeded, NotFound, Throttled)


def _route(method: str, path: str, endpoint: Any, status: int = 200, *, act: str = "verify", **more: Any) -> Route:
    return Route(
        method=method, path=path, homes=_HOME, act=act, endpoint=endpoint, status=status, problems=_MAY, **more
    )


ROUTES = (
    _route("POST", f"{_OF}/challenges", start, 201, yields=_CHALLENGE),
    _route("DELETE", f"{_OF}/challenges/{{challenge}}", cancel, 204),
    _route("POST", f"{_OF}/challenges/{{challenge}}/codes", send, 204, again=False),
    _route("POST", f"{_OF}/challenges/{{challenge}}/answers", answer, together=answer_together, yields=_PROOF),
    _route("GET", f"{_OF}/proofs/{{proof}}", prove),
    _route("POST", f"{_OF}/recoveries", recover, 201, yields=_CHALLENGE),
    _route("PUT", f"{_OF}/password", set_password, 204),
    _route("POST", f"{_OF}/password/checks", check_password, 204, again=False),
    _route("PUT", f"{_OF}/language", speak, 204),
    _route("POST", "/v1/sign-ins", sign_in, 201, yields=_CHALLENGE),
    _route("POST", "/v1/sign-ins/{challenge}/answers", sign_in_answer, again=False),
    _route("POST", f"{_OF}/resets", ask_reset, 201, act="reset", yields={"reset": "/reset"}),
    _route("POST", f"{_OF}/resets/{{reset}}/approval", approve_reset, 204, act="reset"),
)
