"""The verbs of two-step verification, by the platform's own ids of its people.

Each takes a subject and hands on the pseudonym the compartment knows them by. Of a subject nobody knows, what is
asked is answered as of one who has nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from solely.errors import NotFound, WrongAnswer
from solely.store.database import answering
from solely.store.security import challenges, factors, limits, sends
from solely.verification import challenge, device, manage, notices, passkey, passwords, recovery
from solely.verification.answer import answer
from solely.verification.check import Answer
from solely.verification.factor import Factor
from solely.verification.manage import Wanted
from solely.verification.notices import Delivery
from solely.verification.proof import Challenge, Device, Enrolment, Proof, Recovering, Trusted
from solely.verification.security import Security

__all__ = ["Verification"]

_KEPT = timedelta(days=30)  # challenges and sends, after they ended


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """Two-step verification for one platform.

    `find` gives the pseudonym of a subject, `make` makes it where there is none; `subject_of` is the way back.
    """

    security: Security
    find: Callable[[str], UUID | None]
    make: Callable[[str], UUID]
    subject_of: Callable[[UUID], str]

    # -- factors

    def factors(self, subject: str) -> list[Factor]:
        """The person's factors, oldest first."""
        pseudonym = self.find(subject)
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
        pseudonym = self.find(subject)
        if pseudonym is None:
            return self._nobody(act)
        return challenge.start(self.security, pseudonym, act, after_password=after_password)

    def _nobody(self, act: str) -> Challenge:
        security = self.security
        life = security.settings.ages.recovery if act == challenge.RECOVER else security.settings.ages.challenge
        return Challenge(security.new_id(), act, security.clock() + life, ())

    def send(self, subject: str, of: UUID, factor: UUID, *, source: str | None = None) -> None:
        """Send a challenge's code by a factor, or send it again; see `challenge.send_code`."""
        challenge.send_code(self.security, self._of(subject), of, factor, source=source)

    def answer(
        self, subject: str, to: UUID, factor: UUID, given: Answer, *, source: str | None = None
    ) -> Proof | Recovering:
        """Answer a challenge by a factor; see `answer.answer`. A recovery may ask for more."""
        pseudonym = self._of(subject)
        try:
            asked, proved, at = answer(self.security, pseudonym, to, factor, given, source=source)
        except WrongAnswer:
            notices.deliver(self.security, pseudonym)  # the hundredth disables a factor
            raise
        if proved is None:
            left = [one for one in manage.factors_of(self.security, pseudonym) if one.state == "active"]
            return Recovering(to, recovery.shown(self.security, pseudonym, to), tuple(left))
        if asked.state == "pending" or asked.act == challenge.RECOVER:
            notices.deliver(self.security, pseudonym)
        return Proof(to, asked.act, asked.kind, factor, at, proved)

    def cancel(self, subject: str, of: UUID) -> None:
        """Cancel an open challenge."""
        challenge.cancel(self.security, self._of(subject), of)

    def prove(self, subject: str, proof: UUID, *, max_age: timedelta, acts: Collection[str] | None = None) -> Proof:
        """What a passed challenge proved, if it is no older than `max_age`. Raises ProofNeeded: ask for a step up."""
        return manage.prove(self.security, self._of(subject), proof, acts, max_age)

    def sign_in(self) -> Challenge:
        """A challenge for whoever answers it with a passkey (conditional mediation)."""
        return challenge.start_unknown(self.security)

    def sign_in_answer(self, to: UUID, given: Answer, *, source: str | None = None) -> tuple[str, Proof]:
        """The subject whose passkey answered, and what it proves. Raises WrongAnswer, also for an unknown passkey."""
        if isinstance(given, str):
            raise WrongAnswer("wrong", cure="answer with what the browser returned")
        credential, handle = passkey.named(given)
        pseudonym = UUID(bytes=handle) if handle and len(handle) == 16 else None  # noqa: PLR2004 - a pseudonym's bytes
        with answering():
            known = factors.passkeys(self.security.connection, pseudonym) if pseudonym else []
        factor = next((row.factor for row in known if row.credential == credential), None)
        if pseudonym is None or factor is None:
            raise WrongAnswer("wrong", cure="use a passkey of this service")
        asked, proved, at = answer(self.security, pseudonym, to, factor, given, source=source, home=to)
        assert proved is not None
        return self.subject_of(pseudonym), Proof(to, asked.act, asked.kind, factor, at, proved)

    # -- recovery

    def recover(self, subject: str, *, after_password: bool = False) -> Challenge:
        """Start a recovery; see `recovery.start_recovery`. It is answered by `answer`."""
        pseudonym = self.find(subject)
        if pseudonym is None:
            return self._nobody(challenge.RECOVER)
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
        return device.trust(self.security, self._of(subject), proof=proof, name=name)

    def recognise(self, subject: str, token: str, *, after_password: bool = False) -> Trusted:
        """Know a trusted device by its token; see `device.recognise`."""
        return device.recognise(self.security, self._of(subject), token, after_password=after_password)

    def devices(self, subject: str) -> list[Device]:
        """The devices the person trusts."""
        pseudonym = self.find(subject)
        return device.devices_of(self.security, pseudonym) if pseudonym else []

    def revoke_device(self, subject: str, which: UUID | None = None) -> int:
        """Trust a device no longer, or all of them; returns how many."""
        return device.revoke(self.security, self._known(subject), which)

    # -- passwords

    def set_password(
        self, subject: str, password: str, *, proof: UUID | None = None, words: Collection[str] = ()
    ) -> None:
        """Set a password, for a platform that keeps none; see `passwords.set_password`."""
        passwords.set_password(self.security, self.make(subject), password, proof=proof, words=[subject, *words])

    def check_password(self, subject: str, password: str, *, source: str | None = None) -> None:
        """Return where it is right; see `passwords.check`."""
        passwords.check(self.security, subject, self.find(subject), password, source=source)

    # -- messages

    def speak(self, subject: str, language: str) -> None:
        """Messages to this person are in this language from now on (BCP 47)."""
        pseudonym = self._known(subject)
        with self.security.transaction() as connection:
            factors.set_language(connection, pseudonym, language)

    def deliver(self) -> Delivery:
        """Send the notices that are due and were not taken yet."""
        return notices.deliver(self.security)

    def forget(self) -> int:
        """Delete challenges and sends that ended a month ago, and limits that are empty again."""
        now = self.security.clock()
        with self.security.transaction() as connection:
            return (
                challenges.forget(connection, now - _KEPT)
                + sends.forget(connection, now - _KEPT)
                + limits.forget(connection, now)
            )

    def _known(self, subject: str) -> UUID:
        pseudonym = self.find(subject)
        if pseudonym is None:
            raise NotFound("no subject of that id has factors", cure="use the platform's own id of the person")
        return pseudonym

    def _of(self, subject: str) -> UUID:
        """As `_known`; but who has no challenges is told that none is open, like everyone else."""
        return self.find(subject) or self.security.new_id()
