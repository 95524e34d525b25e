"""A story to be told: small enough to read, with numbers that could be found; and a platform whose page is shown."""

from datetime import UTC, datetime

import pytest

import people
from solely.store.security import limits
from solely.web.story import AuditLine, Flow, LedgerLine, ListLine, Story


@pytest.fixture
def story() -> Story:
    return Story(
        software="0.0.0",
        people=1_000,
        seed=7,
        met=310,
        withdrawn=12,
        lists=(
            ListLine("meta-template.csv", 500, 480, 120, 60, 400, 35),
            ListLine("phones.csv", 500, 500, 80, 0, 300, 210),
        ),
        total=ListLine("", 1_000, 980, 190, 60, 610, 240),
        solely=(
            Flow("email", "service", "none", 1_000),
            Flow("email", "tailored", "tailored", 150),
            Flow("email", "tailored", "none", 250),
            Flow("email", "partner", "partner", 60),
            Flow("email", "partner", "none", 100),
            Flow("email", "security", "none", 200),
            Flow("phone", "tailored", "tailored", 70),
            Flow("phone", "tailored", "none", 80),
            Flow("phone", "security", "none", 600),
        ),
        without=(
            Flow("email", "service", "any", 420),
            Flow("email", "service", "none", 580),
            Flow("email", "tailored", "any", 150),
            Flow("email", "tailored", "none", 250),
            Flow("email", "partner", "any", 60),
            Flow("email", "partner", "none", 100),
            Flow("email", "security", "any", 90),
            Flow("email", "security", "none", 110),
            Flow("phone", "tailored", "any", 70),
            Flow("phone", "tailored", "none", 80),
            Flow("phone", "security", "any", 280),
            Flow("phone", "security", "none", 320),
        ),
        audit=(AuditLine("harbour", 900, 41), AuditLine("lantern", 900, 39)),
        affected=75,
        ledger=LedgerLine(entries=66, root="ab" * 32, signed_heads=2, refusal=65),
    )


@pytest.fixture(scope="session")
def verification(solely):
    """One for all tests of a worker: each has connections of its own, and a server has only so many."""
    return solely.new_verification()


@pytest.fixture
def world(solely, verification):
    """A platform with two-step verification; its limits begin anew."""
    with verification.security.transaction() as connection:
        limits.forget(connection, datetime.max.replace(tzinfo=UTC))
    return people.world(solely, verification=verification)
