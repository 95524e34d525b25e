import pytest

import people


@pytest.fixture
def world(solely):
    """A platform with two-step verification on the shared directory: nobody else has its subjects or its clock."""
    return people.world(solely)
