"""The API of all compartments, served once for all tests of a worker; and once more with an advertising side."""

from contextlib import ExitStack

import pytest

from ads import staged
from apis import served
from directories import copied
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.store.server import SUPERUSER
from told import ASKS


@pytest.fixture(scope="session")
def api(made, tmp_path_factory):
    """Of a directory of its own, `api.solely`: other tests change principals and spoil what the shared one holds."""
    directory = copied(made, tmp_path_factory.mktemp("api") / "data")
    (directory / "incidents.toml").write_text(ASKS)
    with Solely(directory, signs=False) as solely, served(solely) as found:
        yield found


@pytest.fixture
def own_login(api):
    """A function: a connection to the API's database as a role, or as its owner; closed with the test."""
    database, directory = api.solely.ground.database, api.solely.directory

    def login(role):
        password = read_keyring(directory, role).secret("database")
        found = database.superuser(SUPERUSER, password) if role == "owner" else database.login(role, password)
        return stack.enter_context(found)

    with ExitStack() as stack:
        yield login


@pytest.fixture
def backend(api):
    """The platform's own backend, as it asks the registry."""
    return api.as_("service", "registry")


@pytest.fixture(scope="session")
def ads(tmp_path_factory):
    with staged(tmp_path_factory.mktemp("ads")) as made:
        yield made
