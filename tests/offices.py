"""A small world around incidents: a platform at work under a clock that is set, an officer, boxes for what is sent.

Who is affected is what a test says (`affected`), unless it asks `solely.incidents` itself.
"""

import csv
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count

from people import Box, Clock
from solely.answer.incidents import Extent, Facts, Settings, Texts
from solely.answer.incidents.notify import Post
from solely.answer.incidents.opening import PURPOSE, Service
from solely.answer.incidents.way import OwnWay
from solely.answer.question import Question
from solely.app.directory import read_keyring
from solely.app.notices import carry
from solely.consent import Notice
from solely.ledger.entry import decode
from solely.store import ledger
from solely.verification.fraud import FraudSettings
from solely.verification.security import Post as Senders
from solely.verification.senders.failover import Breaker

START = datetime(2031, 6, 1, 12, tzinfo=UTC)  # after whenever the directory was made: a ledger's time only goes on
OFFICER = "Eva Adler"
SETTINGS = Settings("Chirp", "Chirp Ltd", "Data Protection Officer", "privacy@chirp.example", per_minute=60)
TEXTS = Texts("A list was matched that should not have been.", "You may have seen advertising.", "We stopped it.")
GERMAN = Texts("Eine Liste wurde abgeglichen.", "Vielleicht sahen Sie Werbung.", "Wir haben es gestoppt.")
IN_GERMAN = Facts(texts=GERMAN, language="de")
_numbers = count(1)


def new(what):
    """A name that nobody else has."""
    return f"{what}{next(_numbers)}"


@dataclass
class Office:
    """The officer's platform. `registry` and `service` are connections as those roles, for telling people."""

    solely: object
    clock: Clock
    folder: object
    login: object
    mail: Box = field(default_factory=lambda: Box("email", "mail"))
    sms: Box = field(default_factory=lambda: Box("sms", "sms"))
    affected: list = field(default_factory=list)
    settings: Settings = SETTINGS

    @property
    def incidents(self):
        return replace(
            self.solely.incidents,
            settings=self.settings,
            count=lambda _: Extent(self.clock(), len(self.affected)),
            subjects=lambda _: iter(self.affected),
            post=self.post,
        )

    @contextmanager
    def post(self, carrier=None):
        """The way to people; `carrier` takes the place of the senders."""
        keyring = read_keyring(self.solely.directory, "service")
        senders = Senders((self.mail, self.sms), Breaker(self.clock), FraudSettings(countries=frozenset({"DE"})))
        with self.login("registry") as registry, self.login("service") as service:
            opened = Service(service, keyring.sealer(PURPOSE), self.solely.incidents.book.gate)
            yield Post(
                registry,
                OwnWay(opened, carrier or partial(carry, senders), self.clock),
                self.settings,
                self.clock,
                pause=lambda seconds: self.clock.forward(seconds=seconds),
            )

    def give(self, subject, value=None, purpose="tailored-audiences", language="en"):
        value = value or f"{new('someone')}@example.org"
        kind, version = "email" if "@" in value else "phone", f"v-{language}"
        row = {"subject": subject, "kind": kind, "value": value, "purpose": purpose, "notice": f"{purpose}/{version}"}
        notice = Notice(purpose, version, f"{language}: what {purpose} is", language)
        self.solely.give({**row, "given_at": "2026-01-02T00:00:00Z", "withdrawn_at": ""}, notice)
        return value

    def list(self, values):
        path = self.folder / f"{new('list')}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["email"], *([one] for one in values)])
        return path

    def match(self, values, advertiser, audience="spring", **options):
        return self.solely.match(self.list(values), advertiser, audience, **options)

    def used(self, *subjects, advertiser=None):
        """These people gave for advertising, and an advertiser's list met them; returns the advertiser."""
        advertiser = advertiser or new("advertiser")
        self.match([self.give(one) for one in subjects], advertiser)
        self.affected[:] = subjects
        return advertiser

    def opened(self, advertiser="acme", texts=TEXTS, language="en"):
        """An incident about an advertiser, with what notices need."""
        incident = self.incidents.open("A list met people it should not have", officer=OFFICER)
        self.incidents.describe(incident.id, Facts(texts=texts, language=language), officer=OFFICER)
        self.incidents.narrow(incident.id, Question(advertisers=frozenset({advertiser})), officer=OFFICER)
        return incident.id

    def decided(self, advertiser="acme", **answers):
        """The same, decided: the people are told, if nothing else is said."""
        incident = self.opened(advertiser)
        answers = {"breach": True, "authority": False, "people": True} | answers
        self.incidents.decide(incident, answers, officer=OFFICER, why="it was looked at")
        return incident

    def entries(self, first=0):
        """The ledger's entries from there on."""
        with self.login("ledger") as connection:
            return [decode(record.body) for record in ledger.records(connection, first)]

    def size(self):
        with self.login("ledger") as connection:
            return ledger.size(connection)
