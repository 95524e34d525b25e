"""Logging in as one role, making the schemas once, and errors that quote nothing."""

import traceback

import psycopg
import pytest

from solely.app.directory import read_keyring
from solely.errors import Conflict, Unavailable
from solely.store import migrate
from solely.store.database import Database, answering
from solely.store.roles import ROLES
from solely.store.server import SUPERUSER, create, running

pytestmark = pytest.mark.server

CONTACT = "ada@example.com"
STRUCTURE = """
    SELECT n.nspname, c.relname, c.relkind, c.relacl::text, a.attname, a.atttypid::regtype::text, a.attacl::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname !~ '^pg_toast' ORDER BY 1, 2, 5
"""


def words_of(error):
    """What a traceback prints of it and of what it came from, less the lines of code."""
    chain = traceback.TracebackException.from_exception(error)
    said = []
    while chain:
        said += chain.format_exception_only()
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return "".join(said)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_logs_in_with_its_own_password_and_is_itself(role, login):
    with login(role) as connection:
        assert connection.execute("SELECT session_user, current_user").fetchone() == (f"solely_{role}",) * 2
        assert connection.autocommit


@pytest.mark.parametrize("role", ROLES)
def test_no_role_logs_in_with_the_password_of_another(role, solely, database):
    password = read_keyring(solely.directory, next(other for other in ROLES if other != role)).secret("database")
    with pytest.raises(Unavailable) as caught:
        database.login(role, password)
    assert password not in words_of(caught.value)


def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(Unavailable) as caught:
        Database(str(tmp_path)).login("desk", "secret password")
    assert "secret password" not in words_of(caught.value)


def test_migrating_again_changes_nothing(solely, database, superuser):
    password = read_keyring(solely.directory, "owner").secret("database")
    before = superuser.execute(STRUCTURE).fetchall()
    migrate.migrate(database, SUPERUSER, password)
    migrate.migrate(database, SUPERUSER, password)
    assert superuser.execute(STRUCTURE).fetchall() == before
    assert len(before) > 1_000


def test_a_migration_that_fails_half_way_leaves_nothing(tmp_path):
    create(tmp_path / "postgres", "owner")
    with running(tmp_path / "postgres") as host:
        passwords = dict.fromkeys(ROLES, "secret")
        provisioned = (Database(host), SUPERUSER, "owner")
        with Database(host).superuser(SUPERUSER, "owner", "postgres") as connection:
            connection.execute("CREATE DATABASE solely")
        with pytest.raises(psycopg.errors.UndefinedObject):
            migrate.migrate(*provisioned)  # without the roles
        with Database(host).superuser(SUPERUSER, "owner") as connection:
            assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'advertising'").fetchall() == []
        with Database(host).superuser(SUPERUSER, "owner", "postgres") as connection:
            connection.execute("DROP DATABASE solely")
        migrate.provision(*provisioned, passwords)
        with Database(host).login("desk", "secret") as connection:
            assert connection.execute("SELECT count(*) FROM registry.givings").fetchone() == (0,)


def test_no_statement_holds_a_password(tmp_path):
    """Roles are made with hashed passwords: what a log or the list of activities could show is no password."""
    create(tmp_path / "postgres", "owner")
    passwords = {role: f"password-of-{role}" for role in ROLES}
    with running(tmp_path / "postgres") as host:
        with Database(host).superuser(SUPERUSER, "owner", "postgres") as connection:
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute("SELECT pg_reload_conf()")
        migrate.provision(Database(host), SUPERUSER, "owner", passwords)
        with Database(host).login("desk", passwords["desk"]):
            pass
    log = (tmp_path / "postgres" / "server.log").read_text()
    assert "CREATE ROLE" in log
    assert "password-of" not in log


def test_what_the_database_does_not_do_is_unavailable_and_quotes_no_value(superuser):
    superuser.execute("CREATE TEMPORARY TABLE kept (value text PRIMARY KEY)")
    superuser.execute("INSERT INTO kept VALUES (%s)", [CONTACT])
    for statement in ("INSERT INTO kept VALUES (%s)", "SELECT %s::integer", "SELECT %s::uuid"):
        with pytest.raises(Unavailable) as caught, answering():
            superuser.execute(statement, [CONTACT])
        assert caught.value.where.startswith("SQLSTATE 2")
        assert CONTACT not in words_of(caught.value)
    with pytest.raises(Unavailable) as caught, answering(), superuser.cursor().copy("COPY kept FROM STDIN") as copy:
        copy.write(f"{CONTACT}\n")
    assert CONTACT not in words_of(caught.value)
    superuser.execute("DROP TABLE kept")


def test_our_own_errors_pass_through_as_they_are():
    with pytest.raises(Conflict), answering():
        raise Conflict("it stands already")


def test_a_connection_that_was_cut_is_unavailable(login, superuser):
    connection = login("desk")
    superuser.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.info.backend_pid])
    with pytest.raises(Unavailable), answering():
        connection.execute("SELECT 1")
    connection.close()
