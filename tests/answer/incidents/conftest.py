import pytest

from directories import copied
from offices import START, Office
from people import Clock
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.store.database import Database
from solely.store.server import running


@pytest.fixture(scope="session")
def _office(made, tmp_path_factory):
    """A platform at work, for all tests of a worker."""
    folder = tmp_path_factory.mktemp("office")
    directory, clock = copied(made, folder / "data"), Clock(START)
    with Solely(directory, clock=clock) as solely, running(directory / "postgres") as host:

        def login(role):
            return Database(host).login(role, read_keyring(directory, role).secret("database"))

        yield Office(solely, clock, folder, login)


@pytest.fixture
def office(_office):
    """The same with empty boxes; its clock goes on. A test takes advertisers, incidents and subjects of its own."""
    _office.clock.forward(hours=1)
    for box in (_office.mail, _office.sms):
        box.letters.clear()
        box.fails = None
    _office.affected.clear()
    return _office
