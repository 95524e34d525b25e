"""Two-step verification: factors, challenges and proofs. Asked of the security compartment.

`source` is from where the person asks, as the platform names places: it is counted, and never kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from solely.client.told import Page, Told
from solely.client.wire import Wire, path

__all__ = ["Challenge", "Enrolment", "Factor", "FactorKind", "Outcome", "Proof", "SignedIn", "Verification"]

FactorKind = Literal["passkey", "totp", "sms", "email", "recovery-codes"]


class Factor(Told):
    """A factor as its person sees it: no secret, no contact. `restricted`: tell them of its risk."""

    id: UUID
    kind: str
    name: str
    state: str
    purpose: str
    created_at: datetime
    activated_at: datetime | None = None
    used_at: datetime | None = None
    stale: bool = False
    left: int | None = None
    restricted: bool = False
    phishing_resistant: bool = False


class Enrolment(Told):
    """A factor to be confirmed by a first right answer to `challenge`. What it holds is shown once.

    `uri`: of an authenticator app, for a QR code. `codes`: recovery codes. `passkey`: for the browser.
    """

    factor: UUID
    kind: str
    challenge: UUID
    expires_at: datetime
    restricted: bool = False
    uri: str | None = Field(None, repr=False)
    codes: tuple[str, ...] = Field((), repr=False)
    passkey: Mapping[str, Any] | None = Field(None, repr=False)


class Challenge(Told):
    """A challenge that is open until `expires_at`, and the factors that may answer it, strong ones first."""

    id: UUID
    act: str
    expires_at: datetime
    factors: tuple[Factor, ...]
    passkey: Mapping[str, Any] | None = Field(None, repr=False)


class Proof(Told):
    """A challenge passed. By its `id` it is asked later whether it still is fresh."""

    id: UUID
    act: str
    kind: str | None = None
    factor: UUID | None = None
    at: datetime
    amr: tuple[str, ...]
    aal: str
    phishing_resistant: bool = False
    restricted: bool = False


class Outcome(Told):
    """A right answer: what it proves; or, of a recovery, what was shown and what may be shown yet."""

    proof: Proof | None = None
    shown: tuple[str, ...] = ()
    factors: tuple[Factor, ...] = ()


class SignedIn(Told):
    """Whose passkey answered."""

    subject: str
    proof: Proof


class Verification:
    """What a client does for two-step verification."""

    _wire: Wire

    def factors(self, subject: str) -> Sequence[Factor]:
        """A person's factors, oldest first. Of someone nobody knows: none."""
        said = self._wire.ask("security", "GET", path("subjects", subject, "factors"))
        return self._wire.read(Page[Factor], said).items

    def enrol(
        self,
        subject: str,
        kind: FactorKind,
        *,
        name: str = "",
        account: str = "",
        purpose: str | None = None,
        giving: UUID | None = None,
        again: UUID | None = None,
        proof: UUID | None = None,
        source: str | None = None,
    ) -> Enrolment:
        """Begin to enrol a factor; it counts once its challenge got a first right answer.

        `account`: what an app or a passkey shows beside the service's name. `giving`: the contact that codes are sent
        to. `again`: a disabled factor to be bound anew. `proof`: needed from the second factor on, else ProofNeeded.
        """
        body = {
            "kind": kind,
            "name": name,
            "account": account,
            "purpose": purpose,
            "giving": giving and str(giving),
            "again": again and str(again),
            "proof": proof and str(proof),
            "source": source,
        }
        said = self._wire.ask("security", "POST", path("subjects", subject, "factors"), body)
        return self._wire.read(Enrolment, said)

    def rename_factor(self, subject: str, factor: UUID, name: str) -> None:
        """Give a factor another name."""
        self._wire.ask("security", "PATCH", path("subjects", subject, "factors", factor), {"name": name})

    def remove_factor(self, subject: str, factor: UUID, *, proof: UUID | None = None) -> None:
        """Remove a factor, with a fresh proof."""
        query = {"proof": str(proof) if proof else None}
        self._wire.ask("security", "DELETE", path("subjects", subject, "factors", factor), query=query)

    def report_lost(self, subject: str, factor: UUID) -> None:
        """Disable a factor at once: its person lost it, or someone else has it."""
        self._wire.ask("security", "POST", path("subjects", subject, "factors", factor, "lost"))

    def ask_again(self, subject: str, factor: UUID) -> Challenge:
        """Prove a phone again that was not proved for long."""
        said = self._wire.ask("security", "POST", path("subjects", subject, "factors", factor, "asked-again"))
        return self._wire.read(Challenge, said)

    def challenge(self, subject: str, act: str = "sign-in", *, after_password: bool = False) -> Challenge:
        """Start a challenge for an act. `after_password`: the platform checked a password just before."""
        body = {"act": act, "after_password": after_password}
        return self._wire.read(
            Challenge, self._wire.ask("security", "POST", path("subjects", subject, "challenges"), body)
        )

    def send_code(self, subject: str, challenge: UUID, factor: UUID, *, source: str | None = None) -> None:
        """Send a challenge's code by a factor, or send it again. Raises Throttled where it is too soon."""
        where = path("subjects", subject, "challenges", challenge, "codes")
        self._wire.ask("security", "POST", where, {"factor": str(factor), "source": source})

    def answer(
        self,
        subject: str,
        challenge: UUID,
        answer: str | Mapping[str, Any],
        factor: UUID | None = None,
        *,
        source: str | None = None,
    ) -> Outcome:
        """Answer a challenge with a code of a factor, or with what the browser returned of a passkey.

        Raises WrongAnswer, which was counted, and Throttled.
        """
        where = path("subjects", subject, "challenges", challenge, "answers")
        body = {"answer": answer, "factor": factor and str(factor), "source": source}
        return self._wire.read(Outcome, self._wire.ask("security", "POST", where, body))

    def cancel(self, subject: str, challenge: UUID) -> None:
        """Cancel an open challenge."""
        self._wire.ask("security", "DELETE", path("subjects", subject, "challenges", challenge))

    def prove(
        self, subject: str, proof: UUID, *, act: str | None = None, max_age: timedelta = timedelta(minutes=5)
    ) -> Proof:
        """What a passed challenge proved, if it is fresh. Raises ProofNeeded: step up, by a challenge for that act."""
        query = {"act": act, "max_age": str(int(max_age.total_seconds()))}
        said = self._wire.ask("security", "GET", path("subjects", subject, "proofs", proof), query=query)
        return self._wire.read(Proof, said)

    def sign_in(self) -> Challenge:
        """A challenge for whoever answers it with a passkey: nobody is named."""
        return self._wire.read(Challenge, self._wire.ask("security", "POST", path("sign-ins")))

    def sign_in_answer(self, challenge: UUID, answer: Mapping[str, Any], *, source: str | None = None) -> SignedIn:
        """Whose passkey answered. Raises WrongAnswer."""
        body = {"answer": answer, "source": source}
        return self._wire.read(
            SignedIn, self._wire.ask("security", "POST", path("sign-ins", challenge, "answers"), body)
        )
