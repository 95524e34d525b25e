from datetime import UTC, datetime

import pytest

import people
from solely.store.security import limits, sends


@pytest.fixture(scope="session")
def verification(solely):
    """One for all tests of a worker: each has connections of its own, and a server has only so many."""
    return solely.new_verification()


@pytest.fixture
def world(solely, verification):
    """A platform with two-step verification on the shared directory: nobody else has its subjects or its clock.

    Limits and what was sent begin anew: some count everybody, and another test's clock may have stood far ahead.
    """
    with verification.security.transaction() as connection:
        for counted in (limits, sends):
            counted.forget(connection, datetime.max.replace(tzinfo=UTC))
    return people.world(solely, verification=verification)


@pytest.fixture(scope="session")
def second_verification(solely):
    return solely.new_verification()


@pytest.fixture
def second_world(solely, second_verification):
    """The same platform from another thread or machine, with connections and a clock of its own."""
    return people.world(solely, verification=second_verification)
