"""Answers to challenges: checked, counted, and made to count once.

1. What is asked and what answers it are read together; what is over, spent or waiting is refused and not counted.
2. The answer is checked, by the factor's kind. A wrong one is counted, durably, before its error leaves.
3. A right one spends the challenge, ends the factor's count and takes the code, step or counter it used, by one
   statement whose conditions are those of the count. Where another was faster it counts as wrong.
4. A right one that is asked again by the same request, as its answer was lost, is told what it was told.

Many answers at once share a statement and a commit, as a busy service needs it; one is a batch of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from solely.errors import NotFound, SolelyError, Throttled, WrongAnswer
from solely.store.database import answering
from solely.store.security import challenges, limits, sends
from solely.store.security.challenges import Answering, Asked, Spending
from solely.store.security.limits import Count, Limit
from solely.verification import binding, notices
from solely.verification.assurance import Assurance
from solely.verification.challenge import ENROL, RECOVER
from solely.verification.check import DIGITS, Answer, Checked, check
from solely.verification.factor import after
from solely.verification.recovery import settle
from solely.verification.security import Security
from solely.verification.throttle import WAITS

__all__ = ["Answered", "Given", "answer", "answer_all"]

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as given: to which challenge, by which factor, what, and from where.

    `request` names the request that it came by, the same each time that this is asked again.
    """

    to: Answering
    answer: Answer = field(repr=False)
    source: str | None = field(default=None, repr=False)
    request: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """A right answer that counted. `proved` is None where a recovery asks for more."""

    asked: Asked
    proved: Assurance | None
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class _Try:
    """An answer on its way: its place among those given, what is asked, what counts it besides."""

    place: int
    given: Given
    asked: Asked
    counts: list[Count]

    @property
    def simple(self) -> bool:
        """Whether it moves nothing but its challenge and its factor, and so shares a statement with others."""
        return self.asked.state == "active" and self.asked.act != RECOVER


_Outcomes = dict[int, Answered | SolelyError]


def answer(security: Security, given: Given) -> Answered:
    """Check an answer and make it count.

    Raises NotFound where no such challenge is open, Throttled where it may not be tried now, WrongAnswer after the
    wrong answer was counted.
    """
    (outcome,) = answer_all(security, [given])
    if isinstance(outcome, SolelyError):
        raise outcome
    return outcome


def answer_all(security: Security, many: Sequence[Given]) -> list[Answered | SolelyError]:
    """The same for many at once, each as if it were alone: what `answer` would raise stands in its place."""
    outcomes: _Outcomes = {}
    for places in _rounds(many):
        _answer_round(security, [(place, many[place]) for place in places], outcomes)
    return [outcomes[place] for place in range(len(many))]


def _rounds(many: Sequence[Given]) -> Iterator[list[int]]:
    """Their places, so that no round has two answers of one person: its rows are locked in the order of persons."""
    left = list(range(len(many)))
    while left:
        taken: set[object] = set()
        later: list[int] = []
        now: list[int] = []
        for place in left:
            keys = {many[place].to.home, many[place].to.pseudonym}
            (later if keys & taken else now).append(place)
            taken |= keys
        yield now
        left = later


def _answer_round(security: Security, some: Sequence[tuple[int, Given]], outcomes: _Outcomes) -> None:
    now = security.clock()
    right: list[tuple[_Try, Checked]] = []
    wrong: list[tuple[_Try, WrongAnswer]] = []
    for one in _open(security, some, now, outcomes):
        try:
            right.append((one, check(security, one.given.to.pseudonym, one.asked, one.given.answer, now)))
        except WrongAnswer as error:
            wrong.append((one, error))
        except SolelyError as error:  # its own trouble, such as a key that is not held: the others are answered
            outcomes[one.place] = error
    lost = _spend_all(security, right, now, outcomes)
    again = _open(security, [(one.place, one.given) for one in lost], now, outcomes)  # spent, or waiting by now?
    wrong += [(one, _no_longer(one.asked)) for one in again]
    _count_all(security, wrong, now, outcomes)


def _no_longer(asked: Asked) -> WrongAnswer:
    """Of an answer that is right by itself, and can't be spent: it was before, or (a recovery code) never could be."""
    what = "used" if asked.kind == "totp" else "wrong"
    return WrongAnswer(what, cure="take a code that was not used yet")


def _open(security: Security, some: Sequence[tuple[int, Given]], now: datetime, outcomes: _Outcomes) -> list[_Try]:
    """Those that may be tried now; why not stands among the outcomes of the others."""
    if not some:
        return []
    with answering():
        read = challenges.read(security.connection, [given.to for _, given in some])
    tries = []
    for n, (place, given) in enumerate(some):
        found = read.get(n)
        if (said := _said_before(found, given)) is not None:
            outcomes[place] = said
            continue
        try:
            asked = _admitted(security, found, given, now)
            tries.append(_Try(place, given, asked, _counts(security, asked, given.source)))
        except (NotFound, Throttled) as refused:
            outcomes[place] = refused
    with answering():
        full = limits.full(security.connection, [count for one in tries for count in one.counts], now)
    for one in tries:
        for count in one.counts:
            if retry_at := full.get((count.key, count.limit.name)):
                outcomes[one.place] = limits.throttled(count.limit, retry_at)
    return [one for one in tries if one.place not in outcomes]


def _said_before(asked: Asked | None, given: Given) -> Answered | None:
    """What came of it, where this very request counted before and its answer was lost on the way."""
    if asked is None or given.request is None or asked.request != given.request or asked.passed_at is None:
        return None
    if asked.standing == "open":
        return Answered(asked, None, asked.passed_at)
    if asked.standing == "passed" and asked.assurance is not None:
        return Answered(asked, Assurance.from_text(asked.assurance), asked.passed_at)
    return None


def _admitted(security: Security, asked: Asked | None, given: Given, now: datetime) -> Asked:
    only = asked.only if asked else None
    if asked is None or asked.standing != "open" or asked.expires_at <= now or only not in {None, given.to.factor}:
        raise NotFound("no such challenge is open", cure="start another")
    if asked.wrong >= security.settings.tries.per_challenge:
        raise Throttled("too many wrong answers to this challenge", cure="start another", retry_at=now)
    if asked.state not in ({"active"} if only is None else {"active", "pending"}):
        raise Throttled("this factor is disabled", cure="use another, or bind it again")
    if asked.wait_until and asked.wait_until > now:
        raise Throttled("too many wrong answers of this factor", cure="wait", retry_at=asked.wait_until)
    if asked.kind in DIGITS and asked.factor_purpose != asked.purpose:
        raise NotFound("this contact was not given for that", where=asked.purpose, cure="use another factor")
    return asked


def _counts(security: Security, asked: Asked, source: str | None) -> list[Count]:
    tries = security.settings.tries
    counts = security.source_counts(source, Limit("wrong-by-source", tries.per_source_hourly, _HOUR))
    if asked.kind in DIGITS and asked.fingerprint is not None:
        counts.append(Count(Limit("wrong-by-contact", tries.per_contact_hourly, _HOUR), asked.fingerprint))
    return counts


def _spend_all(
    security: Security, right: Sequence[tuple[_Try, Checked]], now: datetime, outcomes: _Outcomes
) -> list[_Try]:
    """Make right answers count; returns those that could not: another was faster, or they may not be tried now."""
    lost: list[_Try] = []
    alike: dict[str, list[tuple[_Try, Checked]]] = defaultdict(list)
    for one, checked in right:
        if one.simple:
            alike[one.asked.kind].append((one, checked))
        elif not _spend_alone(security, one, checked, now, outcomes):
            lost.append(one)
    for group in alike.values():
        proved = [checked.assurance for _, checked in group]
        spent = _spend(security, group, proved, now)
        for n, (one, _) in enumerate(group):
            if n in spent:
                outcomes[one.place] = Answered(one.asked, proved[n], now)
            else:
                lost.append(one)
    return lost


def _spend(
    security: Security,
    group: Sequence[tuple[_Try, Checked]],
    proved: Sequence[Assurance | None],
    now: datetime,
) -> set[int]:
    spendings = [
        Spending(
            old=one.asked.state,
            new=after("pending", "confirm") if one.asked.state == "pending" else one.asked.state,
            shown=checked.shown,
            whole=proves is not None,
            assurance=(proves or checked.assurance).to_text(),
            request=one.given.request,
        )
        for (one, checked), proves in zip(group, proved, strict=True)
    ]
    to, kind = [one.given.to for one, _ in group], group[0][0].asked.kind
    most = security.settings.tries.per_challenge
    with answering():
        spent = challenges.spend(security.connection, kind, to, spendings, most=most, now=now)
        if kind in DIGITS and spent:
            sends.verified(security.connection, [(to[n].pseudonym, to[n].challenge) for n in spent], now)
    return spent


class _LostError(Exception):
    """Rolls a transaction back whose conditions did not hold."""


def _spend_alone(security: Security, one: _Try, checked: Checked, now: datetime, outcomes: _Outcomes) -> bool:
    """Make an answer count that moves more than its challenge and its factor: all of it, or nothing."""
    asked, pseudonym = one.asked, one.given.to.pseudonym
    try:
        with security.transaction():
            proved = settle(security, pseudonym, asked, now) if asked.act == RECOVER else checked.assurance
            if not _spend(security, [(one, checked)], [proved], now):
                raise _LostError  # noqa: TRY301 - it is what rolls the transaction back
            if asked.act == RECOVER and proved is not None:
                notices.changed(security, pseudonym, "recovered", "recovery", None, now)
            if asked.state == "pending":
                binding.activated(security, pseudonym, asked, checked.credential, now)
    except _LostError:
        return False
    except SolelyError as error:
        outcomes[one.place] = error
    else:
        outcomes[one.place] = Answered(asked, proved, now)
        if proved is not None:
            notices.deliver(security, pseudonym)
    return True


def _count_all(
    security: Security, wrong: Sequence[tuple[_Try, WrongAnswer]], now: datetime, outcomes: _Outcomes
) -> None:
    """Count wrong answers. One that may not be tried by now is told what a right one would be told."""
    if not wrong:
        return
    counted = _count(security, [one for one, _ in wrong], now)
    for n, (one, error) in enumerate(wrong):
        if n in counted:
            outcomes[one.place] = _limited(security, one, now) or error
    late = [(one.place, one.given) for one, _ in wrong if one.place not in outcomes]
    for one in _open(security, late, now, outcomes):
        outcomes[one.place] = Throttled("too many answers at once", cure="start another challenge")


def _count(security: Security, tries: Sequence[_Try], now: datetime) -> set[int]:
    """The places, among these, of those that were counted; whom it concerns is told of the last of a row."""
    most, told = security.settings.tries.per_challenge, []
    with security.transaction() as connection:
        to, states = [one.given.to for one in tries], [one.asked.state for one in tries]
        counted = challenges.fail(connection, to, states, waits=WAITS, most=most, now=now)
        for n, state in counted.items():
            asked = tries[n].asked
            if state == "disabled":
                notices.changed(security, to[n].pseudonym, "factor-disabled", asked.kind, asked.factor, now)
                told.append(to[n].pseudonym)
            elif asked.wrong + 1 >= most and asked.act != ENROL:  # whoever it is knows the password (ASVS 5.0 6.3.5)
                notices.tell(security, to[n].pseudonym, "attempts", asked.kind, None, now)
                told.append(to[n].pseudonym)
    for pseudonym in told:
        notices.deliver(security, pseudonym)
    return set(counted)


def _limited(security: Security, one: _Try, now: datetime) -> Throttled | None:
    """Count a wrong answer for its source and contact too: its factor has counted it, whether they have room or not.

    As many as are on their way at once may so be looked at beyond these limits; beyond the factor's, none is.
    """
    if not one.counts:
        return None
    try:
        with security.transaction() as connection:
            limits.take(connection, one.counts, now)
    except Throttled as throttled:
        return throttled
    return None
