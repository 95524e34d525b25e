"""A directory that sends its mail to a real server."""

import pytest

from mailboxes import Mailboxes
from told import sends


@pytest.fixture
def mail():
    with Mailboxes() as running:
        yield running


@pytest.fixture
def directory(fresh, mail):
    return sends(fresh, mail.port)
