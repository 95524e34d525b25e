"""A real data directory for all tests of a worker, and a copy of its own for a test that breaks one.

`solely` is one directory at work, shared: a test that uses it takes subjects of its own (`subject`).
`fresh` is a path to a new directory, not running: it is copied, which takes a tenth of the time of making one.
"""

import itertools
from dataclasses import replace

import hypothesis
import pytest

from callers import Callers, empty
from deployed import deployed, wrapped
from directories import copied
from linked import split
from people import Clock
from solely.app import Solely, init
from solely.app.directory import read_keyring
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

# `make proofs` asks the same properties far more often.
hypothesis.settings.register_profile("quick", max_examples=25)
hypothesis.settings.register_profile("thorough", max_examples=500, deadline=None)
hypothesis.settings.load_profile("quick")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A directory as `init` makes it; nothing runs in it, ever."""
    directory = tmp_path_factory.mktemp("made") / "data"
    init(directory)
    return directory


@pytest.fixture
def fresh(made, tmp_path):
    return copied(made, tmp_path / "data")


@pytest.fixture(scope="session")
def solely(made, tmp_path_factory):
    # Nothing is signed beside: tests look at what was written by what they did, and by nothing else.
    with Solely(copied(made, tmp_path_factory.mktemp("shared") / "data"), signs=False) as application:
        yield application


@pytest.fixture(scope="session")
def apart(made, tmp_path_factory):
    """Another directory, as it is deployed: each compartment apart, with its own key files and links to the others."""
    with split(made, tmp_path_factory.mktemp("apart")) as found:
        yield found


@pytest.fixture(scope="session")
def service(made, tmp_path_factory):
    """The service with a process for each compartment, and passphrases of their own for two of them."""
    folder = tmp_path_factory.mktemp("service")
    directory = copied(made, folder / "data")
    variables = wrapped(directory, security="correct horse", advertising="battery staple")
    (folder / "passphrase").write_text(variables.pop("SOLELY_PASSPHRASE_SECURITY"))
    variables |= {"SOLELY_PASSPHRASE_SECURITY_FILE": str(folder / "passphrase"), "ELSEWHERE_TOKEN": "t"}
    with deployed(directory, **variables) as found:
        yield found


@pytest.fixture(scope="session")
def database(solely):
    """Where the shared directory's server answers; it runs for as long as the session."""
    with running(solely.directory / "postgres") as host:
        yield Database(host)


@pytest.fixture(scope="session")
def superuser(solely, database):
    with database.superuser(SUPERUSER, read_keyring(solely.directory, "owner").secret("database")) as connection:
        yield connection


@pytest.fixture(scope="session")
def login(solely, database):
    """A function: a new connection to the shared directory's database as a role."""
    return lambda role: database.login(role, read_keyring(solely.directory, role).secret("database"))


@pytest.fixture(scope="session")
def _numbers():
    return itertools.count(1)


@pytest.fixture
def subject(_numbers):
    """The id of a person nobody else has."""
    return f"person-{next(_numbers)}"


@pytest.fixture
def desk(solely):
    return solely.desk


@pytest.fixture
def recorded(superuser):
    """Everything that is recorded, to see that nothing was: by table, how many rows, and a digest of them."""
    tables = superuser.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tableowner = 'postgres' AND schemaname = ANY(%s)",
        [["security", "service", "advertising", "measurement", "discovery", "registry", "ledger"]],
    ).fetchall()
    asked = " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
        for (table,) in tables
    )
    return lambda: {table: (count, digest) for table, count, digest in superuser.execute(asked)}


@pytest.fixture(scope="session")
def _callers(solely, login):
    made = Callers(solely.desk.pen, login)
    yield made
    for connection in made.connections.values():
        connection.close()


@pytest.fixture
def callers(_callers, superuser):
    """Whoever calls any compartment: nobody yet, nor after, since where officers are the operator names nobody."""
    empty(superuser)
    yield replace(_callers, clock=Clock(), announced=[])
    empty(superuser)
