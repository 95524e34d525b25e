"""An advertising side to test: a data directory under a clock that the test moves, and short ways to use it.

A folder of tests takes the fixtures into its conftest.
"""

import csv
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from directories import copied
from solely.app import Solely, init
from solely.app.create import SHIPPED_POLICY
from solely.consent import COLUMNS, Notice
from solely.give.rows import prepare

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
FLOOR = 3


@dataclass
class Stage:
    """Solely at work, its clock, and numbers that no other test uses."""

    solely: Solely
    time: list[datetime]
    folder: object
    numbers: itertools.count

    def new(self, what="name"):
        return f"{what}{next(self.numbers)}"

    def address(self):
        return f"{self.new('someone')}@example.com"

    def pass_time(self, **how):
        self.time[0] += timedelta(**how)

    def give(self, value, purpose="tailored-audiences", kind="email", subject=None):
        """One giving, now; returns the subject."""
        subject = subject or self.new("u")
        row = {
            "subject": subject,
            "kind": kind,
            "value": value,
            "purpose": purpose,
            "notice": f"{purpose}/v1",
            "given_at": self.time[0].isoformat(),
            "withdrawn_at": "",
        }
        self.solely.give(row, Notice(purpose, "v1", f"What it is for: {purpose}"))
        return subject

    def give_all(self, addresses, purpose="tailored-audiences", country=""):
        """Givings of many at once, now: by subject, the address."""
        desk, notice, at = self.solely.desk, Notice(purpose, "v1", f"What it is for: {purpose}"), self.time[0]
        rules = desk.rules((notice,), at).with_columns((*COLUMNS, "country"))
        rows = [
            (number, [subject, "email", address, purpose, notice.name, at.isoformat(), "", country])
            for number, (subject, address) in enumerate(addresses.items(), 1)
        ]
        batch = desk.batch(rows, rules, {})
        assert desk.record(batch, prepare(batch, rules, desk.intakes), rules).given == len(addresses)

    def list(self, rows, header=("email",)):
        """A customer list as a file; a row is a value, or several."""
        path = self.folder / f"{self.new('list')}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *([row] if isinstance(row, str) else row for row in rows)])
        return path

    def match(self, rows, audience, advertiser="acme", purpose="tailored-audiences", header=("email",)):
        return self.solely.match(self.list(rows, header), advertiser, audience, purpose)

    def audience(self, count=5, advertiser="acme", purpose="tailored-audiences"):
        """An audience of that many people, and who they are."""
        name, addresses = self.new("audience"), [self.address() for _ in range(count)]
        subjects = [self.new("u") for _ in addresses]
        self.give_all(dict(zip(subjects, addresses, strict=True)), purpose)
        self.match(addresses, name, advertiser, purpose)
        return name, subjects

    def members(self, audience, advertiser="acme"):
        return self.solely.members(advertiser, audience)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """The policy shipped, with a low floor, and givings for partners that live thirty days."""
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    before, head, after = SHIPPED_POLICY.read_text().partition("[purpose.partner-audiences]")
    text = before.replace("floor = 1000 ", f"floor = {FLOOR} ") + head + after.replace("days = 0", "days = 30", 1)
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def make_stage(policy, tmp_path_factory):
    """A function: a new directory under the policy above, or a copy of one that does not run."""

    def make(copy_of=None):
        folder = tmp_path_factory.mktemp("stage")
        if copy_of:
            copied(copy_of / "data", folder / "data")
        else:
            init(folder / "data", policy)
        time = [START]
        return Stage(Solely(folder / "data", clock=lambda: time[0]), time, folder, itertools.count(1))

    return make


@pytest.fixture(scope="module")
def stage(make_stage):
    made = make_stage()
    with made.solely:
        yield made
