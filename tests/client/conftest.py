"""The API served once for the tests of a worker; a client of it, and one behind a network that fails."""

import pytest

from ads import staged
from apis import served
from directories import copied
from flaky import flaky
from solely.app import Solely
from solely.client import Client, Retry

PATIENT = Retry(total_seconds=20, first_seconds=0.01)


@pytest.fixture(scope="session")
def api(made, tmp_path_factory):
    """Of a directory of its own: its principals are nobody else's."""
    directory = copied(made, tmp_path_factory.mktemp("client") / "data")
    with Solely(directory, signs=False) as solely, served(solely) as found:
        yield found


@pytest.fixture(scope="session")
def keys(api):
    """A key of the platform's backend in each compartment that knows one."""
    return [api.key("service", home) for home in ("registry", "security", "advertising")]


@pytest.fixture(scope="session")
def client(api, keys):
    with Client(api.base, *keys, retry=PATIENT) as found:
        yield found


@pytest.fixture
def network(api):
    with flaky(api.base) as found:
        yield found


@pytest.fixture
def shaken(network, keys):
    """A client whose every connection is the network's to spoil: none is kept."""
    with Client(network.base, *keys, retry=PATIENT) as found:
        yield found


@pytest.fixture(scope="session")
def ads(tmp_path_factory):
    with staged(tmp_path_factory.mktemp("client-ads")) as made:
        yield made
