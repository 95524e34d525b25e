"""A small world around two-step verification: a clock that is set, a letter box for what is sent, people's apps."""

import base64
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

from authenticator import Authenticator
from solely.consent import Notice
from solely.verification import Proof, Wanted, totp
from solely.verification.fraud import FraudSettings
from solely.verification.security import Post
from solely.verification.senders.failover import Breaker
from solely.verification.senders.port import SendFailed
from solely.verification.settings import Settings

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
GIVEN = "2026-01-01T00:00:00Z"
# Each number is in a range of its own: a range has its cap (fraud.py), and the worlds of all tests share one store.
VALUES = {"sms": ("phone", "+49151{:04d}0000"), "email": ("email", "person{}@example.org")}
_numbers = count(1)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self):
        return self.now

    def forward(self, **step):
        self.now += timedelta(**step)


@dataclass
class Box:
    """A sender that keeps what it is given: (contact in clear, message). `fails` is a verdict it gives instead."""

    channel: str
    name: str = "box"
    countries: frozenset = frozenset()
    letters: list = field(default_factory=list)
    fails: str | None = None

    def send(self, contact, message, *, send):
        if self.fails:
            raise SendFailed(self.fails, self.name)
        self.letters.append((contact.expose(), message))
        return str(send)

    def close(self):
        pass


@dataclass
class App:
    """An authenticator app that was shown a URI once."""

    uri: str

    @property
    def secret(self):
        return base64.b32decode(parse_qs(urlsplit(self.uri).query)["secret"][0])

    def code(self, now, steps=0):
        settings = totp.Settings()
        return totp.code(self.secret, settings, totp.step_of(settings, now) + steps)


@dataclass
class World:
    """A platform with two-step verification: what its people do, step by step."""

    solely: object
    verification: object
    clock: Clock
    sms: Box
    email: Box

    def give(self, subject, channel, purpose, value=None):
        """Give a contact for a purpose; returns its value."""
        kind, pattern = VALUES[channel]
        value = value or pattern.format(next(_numbers))
        row = {"subject": subject, "kind": kind, "value": value, "purpose": purpose, "notice": f"{purpose}/people"}
        notice = Notice(purpose, "people", f"what {purpose} is")
        self.solely.desk.give({**row, "given_at": GIVEN, "withdrawn_at": ""}, notice, self.clock())
        return value

    def box(self, channel):
        return {"sms": self.sms, "email": self.email}[channel]

    def code(self, channel, to=None):
        """The code in the last letter (to a contact)."""
        text = next(m.text for at, m in reversed(self.box(channel).letters) if to in {None, at})
        return re.search(r"\b(\d{6}|\d{8})\b", text)[1]

    def states(self, subject):
        """By factor of the person, the state it is in."""
        return {factor.id: factor.state for factor in self.verification.factors(subject)}

    def kinds(self, subject):
        """What kinds of factors the person has, and their states."""
        return sorted((factor.kind, factor.state) for factor in self.verification.factors(subject))

    def under(self, **tables):
        """The same platform with other settings."""
        security = replace(self.verification.security, settings=Settings(**tables))
        return replace(self, verification=replace(self.verification, security=security))

    def enrol_app(self, subject, proof=None):
        """An authenticator app, confirmed: (factor, app). The clock moves on, so that its next code is a fresh one."""
        begun = self.verification.enrol(subject, Wanted("totp", account=subject), proof=proof)
        app = App(begun.uri)
        self.verification.answer(subject, begun.challenge, begun.factor, app.code(self.clock()))
        self.clock.forward(seconds=30)
        return begun.factor, app

    def enrol_codes(self, subject, proof=None):
        """Recovery codes, one of them burned to confirm: (factor, the nine that are left)."""
        begun = self.verification.enrol(subject, Wanted("recovery-codes"), proof=proof)
        self.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])
        return begun.factor, begun.codes[1:]

    def enrol_passkey(self, subject, proof=None, authenticator=None):
        """A passkey in software, confirmed: (factor, authenticator)."""
        begun = self.verification.enrol(subject, Wanted("passkey", account=subject), proof=proof)
        authenticator = authenticator or Authenticator(origin="http://localhost:8000")
        created = authenticator.create(begun.passkey)
        self.verification.answer(subject, begun.challenge, begun.factor, created)
        return begun.factor, authenticator

    def enrol_sent(self, subject, channel, purpose="two-factor", proof=None):
        """A contact given for a purpose and confirmed by its code: (factor, contact)."""
        value = self.give(subject, channel, purpose)
        begun = self.verification.enrol(subject, Wanted(channel, purpose=purpose), proof=proof)
        self.verification.answer(subject, begun.challenge, begun.factor, self.code(channel, value))
        return begun.factor, value

    def prove(self, subject, factor, app, *, act="manage-factors", after_password=True) -> Proof:
        """A challenge passed by an authenticator app with a fresh code."""
        self.clock.forward(seconds=30)
        begun = self.verification.challenge(subject, act=act, after_password=after_password)
        return self.verification.answer(subject, begun.id, factor, app.code(self.clock()))

    def prove_passkey(self, subject, factor, authenticator, *, act="manage-factors", after_password=False):
        """A challenge passed by a passkey; by it alone, if nothing else is said."""
        begun = self.verification.challenge(subject, act=act, after_password=after_password)
        return self.verification.answer(subject, begun.id, factor, authenticator.get(begun.passkey))

    def prove_sent(self, subject, factor, channel, *, act="sign-in", after_password=True):
        """A challenge passed by a code that was sent for it."""
        begun = self.verification.challenge(subject, act=act, after_password=after_password)
        self.verification.send(subject, begun.id, factor)
        return self.verification.answer(subject, begun.id, factor, self.code(channel))


def world(solely, settings=None, countries=("DE",), verification=None):
    """A world on a directory at work, with connections of its own if none come; its clock stands at START."""
    clock, verification = Clock(), verification or solely.new_verification()
    boxes = Box("sms"), Box("email")
    post = Post(boxes, Breaker(clock), FraudSettings(countries=frozenset(countries)))
    security = replace(verification.security, clock=clock, post=post)
    security = replace(security, gate=replace(security.gate, clock=clock))
    if settings:
        security = replace(security, settings=settings)
    return World(solely, replace(verification, security=security), clock, *boxes)
