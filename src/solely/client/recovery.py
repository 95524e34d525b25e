"""Beside the challenges: recoveries, trusted devices, passwords for a platform that keeps none, a reset by officers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from solely.client.told import Page, Told
from solely.client.verification import Challenge
from solely.client.wire import Wire, path

__all__ = ["Device", "Recovery", "Trusted"]


class Device(Told):
    """A device that the person trusts."""

    id: UUID
    name: str
    trusted_at: datetime
    used_at: datetime
    expires_at: datetime


class Trusted(Told):
    """A trusted device is known. `token` takes the place of the one that was shown."""

    device: UUID
    token: str = Field(repr=False)
    expires_at: datetime
    amr: tuple[str, ...]
    aal: str


class _Revoked(Told):
    revoked: int


class _Reset(Told):
    reset: UUID


class Recovery:
    """What a client does for people's devices, passwords and lost factors."""

    _wire: Wire

    def recover(self, subject: str, *, after_password: bool = False) -> Challenge:
        """Start a recovery, answered as any challenge; it may ask for more than one factor."""
        body = {"act": "recover", "after_password": after_password}
        return self._wire.read(
            Challenge, self._wire.ask("security", "POST", path("subjects", subject, "recoveries"), body)
        )

    def devices(self, subject: str) -> Sequence[Device]:
        """The devices a person trusts."""
        said = self._wire.ask("security", "GET", path("subjects", subject, "devices"))
        return self._wire.read(Page[Device], said).items

    def trust(self, subject: str, proof: UUID, name: str) -> Trusted:
        """Trust the device that just passed a sign-in; its token is for that device alone."""
        body = {"proof": str(proof), "name": name}
        return self._wire.read(Trusted, self._wire.ask("security", "POST", path("subjects", subject, "devices"), body))

    def recognise(self, subject: str, token: str, *, after_password: bool = False) -> Trusted:
        """Know a trusted device by its token, which is good once: keep the one that is answered."""
        where = path("subjects", subject, "recognised-devices")
        body = {"token": token, "after_password": after_password}
        return self._wire.read(Trusted, self._wire.ask("security", "POST", where, body))

    def revoke_device(self, subject: str, device: UUID | None = None) -> int:
        """Trust a device no longer, or none of them; returns how many there were."""
        where = path("subjects", subject, "devices", *([device] if device else []))
        return self._wire.read(_Revoked, self._wire.ask("security", "DELETE", where)).revoked

    def set_password(
        self,
        subject: str,
        password: str,
        *,
        current: str | None = None,
        proof: UUID | None = None,
        words: Iterable[str] = (),
    ) -> None:
        """Set a person's password: with the one that stands, or a fresh proof. `words`: what it may not be made of."""
        body = {"password": password, "current": current, "proof": proof and str(proof), "words": list(words)}
        self._wire.ask("security", "PUT", path("subjects", subject, "password"), body)

    def check_password(self, subject: str, password: str, *, source: str | None = None) -> None:
        """Return where it is right. Raises WrongAnswer, which was counted, and Throttled."""
        where = path("subjects", subject, "password", "checks")
        self._wire.ask("security", "POST", where, {"password": password, "source": source})

    def speak(self, subject: str, language: str) -> None:
        """Messages to this person are in this language from now on (BCP 47)."""
        self._wire.ask("security", "PUT", path("subjects", subject, "language"), {"language": language})

    def ask_reset(self, subject: str) -> UUID:
        """As an officer, ask for a reset of all of a person's factors: another officer approves it."""
        said = self._wire.ask("security", "POST", path("subjects", subject, "resets"))
        return self._wire.read(_Reset, said).reset

    def approve_reset(self, subject: str, reset: UUID) -> None:
        """Approve a reset that another officer asked for. The person is told at once, and may still undo it."""
        self._wire.ask("security", "POST", path("subjects", subject, "resets", reset, "approval"))
