"""Vendors at work, and clients for them that are closed afterwards."""

import time

import pytest

from gateways import Vendors
from solely.verification.senders.gateway import Gateway


@pytest.fixture
def vendors():
    with Vendors() as vendors:
        yield vendors


@pytest.fixture
def gateway():
    """A function that makes one, closed afterwards."""
    made = []

    def make(name, auth=None, ticks=time.monotonic, **options):
        made.append(Gateway(name, ticks=ticks, auth=auth, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
