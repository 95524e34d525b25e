import pytest

import people


@pytest.fixture(scope="session")
def verification(solely):
    """One for all tests of a worker: each has connections of its own, and a server has only so many."""
    return solely.new_verification()


@pytest.fixture
def world(solely, verification):
    """A platform with two-step verification on the shared directory: nobody else has its subjects or its clock."""
    return people.world(solely, verification=verification)
