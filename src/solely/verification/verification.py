"""The verbs of two-step verification, by the platform's own ids of its people.

Each takes a subject and hands on the pseudonym the compartment knows them by. Of a subject nobody knows, what is
asked is answered as of one who has nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from solely.errors import BadInput, NotFound, SolelyError, WrongAnswer
from solely.store.database import answering
from solely.store.security import challenges, factors, limits, sends
from solely.verification import challenge, device, manage, notices, passkey, passwords, recovery
from solely.verification.answer import Answered, Given, answer, answer_all
from solely.verification.check import Answer
from solely.verification.factor import Factor
from solely.verification.manage import Wanted
from solely.verification.notices import Delivery
from solely.verification.proof import Challenge, Conversion, Device, Enrolment, Proof, Recovering, Trusted
from solely.verification.security import Security

__all__ = ["Answering", "Verification"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_KEPT = timedelta(days=30)  # challenges that were passed and sends, after they ended
_UNPASSED = timedelta(days=2)  # the others: conversion looks at a day of them


@dataclass(frozen=True, slots=True)
class Answering:
    """A subject's answer to a challenge, by a factor of theirs. `request`: see `answer.Given`."""

    subject: str
    challenge: UUID
    factor: UUID
    given: Answer = field(repr=False)
    source: str | None = field(default=None, repr=False)
    request: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """Two-step verification for one platform.

    `find` gives the pseudonyms of subjects that are known, `make` makes one where there is none;
    `subject_of` is the way back.
    """

    security: Security
    find: Callable[[Collection[str]], Mapping[str, UUID]]
    make: Callable[[str], UUID]
    subject_of: Callable[[UUID], str]

    # -- factors

    def factors(self, subject: str) -> list[Factor]:
        """The person's factors, oldest first."""
        pseudonym = self._find(subject)
        return manage.factors_of(self.security, pseudonym) if pseudonym else []

    def enrol(self, subject: str, wanted: Wanted, *, proof: UUID | None = None, source: str | None = None) -> Enrolment:
        """Begin to enrol a factor; see `manage.enrol`. Its challenge is answered by `answer`."""
        return manage.enrol(self.security, self.make(subject), wanted, proof=proof, source=source)

    def rename(self, subject: str, factor: UUID, name: str) -> None:
        """Give a factor another name."""
        manage.rename(self.security, self._known(subject), factor, name)

    def remove(self, subject: str, factor: UUID, *, proof: UUID | None = None) -> None:
        """Remove a factor; see `manage.remove`."""
        pseudonym = self._known(subject)
        manage.remove(self.security, pseudonym, factor, proof=proof)
        notices.deliver(self.security, pseudonym)

    def report_lost(self, subject: str, factor: UUID) -> None:
        """Disable a factor at once; see `manage.report_lost`."""
        pseudonym = self._known(subject)
        manage.report_lost(self.security, pseudonym, factor)
        notices.deliver(self.security, pseudonym)

    def ask_again(self, subject: str, factor: UUID, *, source: str | None = None) -> Challenge:
        """Prove a phone again that was not proved for long; see `manage.ask_again`."""
        return manage.ask_again(self.security, self._known(subject), factor, source=source)

    # -- challenges

    def challenge(self, subject: str, *, act: str = challenge.SIGN_IN, after_password: bool = False) -> Challenge:
        """Start a challenge for an act; see `challenge.start`."""
        challenge.purpose_of(act)
        pseudonym = self._find(subject)
        if pseudonym is None:
            return challenge.start_nobody(self.security, subject, act)
        return challenge.start(self.security, pseudonym, act, after_password=after_password)

    def send(self, subject: str, of: UUID, factor: UUID, *, source: str | None = None) -> None:
        """Send a challenge's code by a factor, or send it again; see `challenge.send_code`."""
        challenge.send_code(self.security, self._of(subject), of, factor, source=source)

    def answer(
        self, subject: str, to: UUID, factor: UUID, given: Answer, *, source: str | None = None
    ) -> Proof | Recovering:
        """Answer a challenge by a factor; see `answer.answer`. A recovery may ask for more."""
        (outcome,) = self.answer_all([Answering(subject, to, factor, given, source)])
        if isinstance(outcome, SolelyError):
            raise outcome
        return outcome

    def answer_all(self, many: Sequence[Answering]) -> list[Proof | Recovering | SolelyError]:
        """Many answers at once, which share their commits: for a busy service. Each is as if it were alone."""
        known, given = self.find({one.subject for one in many}), []
        for one in many:
            pseudonym = known.get(one.subject) or self.security.new_id()
            to = challenges.Answering(pseudonym, one.challenge, pseudonym, one.factor)
            given.append(Given(to, one.given, one.source, one.request))
        outcomes = answer_all(self.security, given)
        return [self._told(one.to, outcome) for one, outcome in zip(given, outcomes, strict=True)]

    def _told(self, to: challenges.Answering, outcome: Answered | SolelyError) -> Proof | Recovering | SolelyError:
        if isinstance(outcome, SolelyError):
            return outcome
        asked = outcome.asked
        if outcome.proved is None:
            left = [one for one in manage.factors_of(self.security, to.pseudonym) if one.state == "active"]
            return Recovering(to.challenge, recovery.shown(self.security, to.pseudonym, to.challenge), tuple(left))
        return Proof(to.challenge, asked.act, asked.kind, to.factor, outcome.at, outcome.proved)

    def cancel(self, subject: str, of: UUID) -> None:
        """Cancel an open challenge."""
        challenge.cancel(self.security, self._of(subject), of)

    def prove(self, subject: str, proof: UUID, *, max_age: timedelta, acts: Collection[str] | None = None) -> Proof:
        """What a passed challenge proved, if it is no older than `max_age`. Raises ProofNeeded: ask for a step up."""
        return manage.prove(self.security, self._of(subject), proof, acts, max_age)

    def sign_in(self, *, source: str | None = None) -> Challenge:
        """A challenge for whoever answers it with a passkey (conditional mediation)."""
        return challenge.start_unknown(self.security, source=source)

    def sign_in_answer(self, to: UUID, given: Answer, *, source: str | None = None) -> tuple[str, Proof]:
        """The subject whose passkey answered, and what it proves. Raises WrongAnswer, also for an unknown passkey."""
        _, handle = passkey.named(given if not isinstance(given, str) else {})
        pseudonym = UUID(bytes=handle) if handle and len(handle) == 16 else None  # noqa: PLR2004 - a pseudonym's bytes
        factor = self._passkey(pseudonym, given)
        assert pseudonym is not None
        outcome = answer(self.security, Given(challenges.Answering(to, to, pseudonym, factor), given, source))
        assert outcome.proved is not None
        proof = Proof(to, outcome.asked.act, outcome.asked.kind, factor, outcome.at, outcome.proved)
        return self.subject_of(pseudonym), proof

    def passkey(self, subject: str, given: Answer) -> UUID:
        """Which of the person's factors a browser's answer is of; nothing is proved by that. Raises WrongAnswer."""
        return self._passkey(self._find(subject), given)

    def _passkey(self, pseudonym: UUID | None, given: Answer) -> UUID:
        if isinstance(given, str):
            raise WrongAnswer("wrong", cure="answer with what the browser returned")
        credential, _ = passkey.named(given)
        with answering():
            known = factors.passkeys(self.security.connection, pseudonym) if pseudonym else []
        for row in known:
            if row.credential == credential:
                return row.factor
        raise WrongAnswer("wrong", cure="use a passkey of this service")

    # -- recovery

    def recover(self, subject: str, *, after_password: bool = False) -> Challenge:
        """Start a recovery; see `recovery.start_recovery`. It is answered by `answer`."""
        pseudonym = self._find(subject)
        if pseudonym is None:
            life = self.security.settings.ages.recovery
            return challenge.start_nobody(self.security, subject, challenge.RECOVER, life=life)
        return recovery.start_recovery(self.security, pseudonym, after_password=after_password)

    def repudiate(self, token: str) -> None:
        """A notice's "this was not me"; see `notices.repudiate`."""
        notices.deliver(self.security, notices.repudiate(self.security, token))

    def ask_reset(self, subject: str, officer: str) -> UUID:
        """An officer asks for a reset of all factors; see `recovery.ask_reset`."""
        return recovery.ask_reset(self.security, self._known(subject), officer)

    def approve_reset(self, subject: str, reset: UUID, officer: str) -> None:
        """Another officer approves it; see `recovery.approve_reset`."""
        pseudonym = self._known(subject)
        recovery.approve_reset(self.security, pseudonym, reset, officer)
        notices.deliver(self.security, pseudonym)

    # -- devices

    def trust(self, subject: str, *, proof: UUID, name: str) -> Trusted:
        """Trust the device that just passed a sign-in; see `device.trust`."""
        pseudonym = self._of(subject)
        trusted = device.trust(self.security, pseudonym, proof=proof, name=name)
        notices.deliver(self.security, pseudonym)
        return trusted

    def recognise(self, subject: str, token: str, *, after_password: bool = False) -> Trusted:
        """Know a trusted device by its token; see `device.recognise`."""
        return device.recognise(self.security, self._of(subject), token, after_password=after_password)

    def devices(self, subject: str) -> list[Device]:
        """The devices the person trusts."""
        pseudonym = self._find(subject)
        return device.devices_of(self.security, pseudonym) if pseudonym else []

    def known_by(self, pseudonym: UUID) -> tuple[list[Factor], list[Device]]:
        """The factors and trusted devices of whom this compartment knows by that name: for the registry, which asks."""
        return manage.factors_of(self.security, pseudonym), device.devices_of(self.security, pseudonym)

    def revoke_device(self, subject: str, which: UUID | None = None) -> int:
        """Trust a device no longer, or all of them; returns how many."""
        return device.revoke(self.security, self._known(subject), which)

    # -- passwords

    def set_password(
        self,
        subject: str,
        password: str,
        *,
        current: str | None = None,
        proof: UUID | None = None,
        words: Collection[str] = (),
    ) -> None:
        """Set a password, for a platform that keeps none; see `passwords.set_password`."""
        pseudonym, own = self.make(subject), [subject, *words]
        passwords.set_password(self.security, subject, pseudonym, password, current=current, proof=proof, words=own)
        notices.deliver(self.security, pseudonym)

    def check_password(self, subject: str, password: str, *, source: str | None = None) -> None:
        """Return where it is right; see `passwords.check`."""
        passwords.check(self.security, subject, self._find(subject), password, source=source)

    # -- messages

    def speak(self, subject: str, language: str) -> None:
        """Messages to this person are in this language from now on (BCP 47). Raises BadInput, NotFound."""
        if not _LANGUAGE.fullmatch(language):
            raise BadInput("a language is a tag such as en or pt-BR", where="language")
        pseudonym = self._known(subject)
        with self.security.transaction() as connection:
            factors.set_language(connection, pseudonym, language)

    def deliver(self) -> Delivery:
        """Send the notices that are due and were not taken yet."""
        return notices.deliver(self.security)

    def receive(self, sender: str, *, url: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a sender's delivery receipt; returns whether it says something new. See `receipts.ReceiptReader`.

        Raises NotFound for a sender whose receipts are not set up, Refused for one that it did not sign.
        """
        reader = self.security.post.receipts.get(sender)
        if reader is None:
            raise NotFound("no receipts of that sender are taken", cure="see docs/delivery.md")
        now = self.security.clock()
        read = reader.read_receipt(url=url, headers=headers, body=body, now=now)
        with self.security.transaction() as connection:
            return sends.receipt(connection, sender, read.reference, read.status, now)

    def conversion(self, *, hours: int = 24) -> list[Conversion]:
        """By country, how many SMS with codes were sent in the last hours, and how many of the codes came back."""
        now, rules = self.security.clock(), self.security.post.fraud
        with answering():
            found = sends.conversion(self.security.connection, now - timedelta(hours=hours), "sms", now)
        return [
            Conversion(country, sent, good, sent >= rules.least_sends and good < rules.alarm_below * sent)
            for country, (sent, good) in sorted(found.items())
        ]

    def forget(self) -> int:
        """Delete what is over: passed challenges and sends after a month, others after two days, limits once empty."""
        now = self.security.clock()
        with self.security.transaction() as connection:
            return (
                challenges.forget(connection, now - _KEPT, now - _UNPASSED)
                + sends.forget(connection, now - _KEPT)
                + limits.forget(connection, now)
            )

    def _find(self, subject: str) -> UUID | None:
        return self.find([subject]).get(subject)

    def _known(self, subject: str) -> UUID:
        pseudonym = self._find(subject)
        if pseudonym is None:
            raise NotFound("no subject of that id has factors", cure="use the platform's own id of the person")
        return pseudonym

    def _of(self, subject: str) -> UUID:
        """As `_known`; but who has no challenges is told that none is open, like everyone else."""
        return self._find(subject) or self.security.new_id()
