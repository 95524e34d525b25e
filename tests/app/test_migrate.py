"""A migration while others give and verify: none of them meets an error, and none waits for one that can't be made."""

import json
import threading
import time
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from backups import ADS, SECURITY, address, give
from directories import copied
from people import world
from solely.app import Solely, migrate
from solely.app.directory import read_keyring
from solely.cli.main import cli
from solely.errors import NotFound, Unavailable
from solely.store import server
from solely.store.database import Database
from solely.store.migrate import migrate as bring_up
from solely.store.migrate import revisions

pytestmark = pytest.mark.server

EXTRA = '''
"""A column more, as the rule wants it: nothing that stands is read or written otherwise."""
from alembic import op
revision = "9001"
down_revision = "{newest}"
def upgrade():
    op.execute("ALTER TABLE registry.givings ADD COLUMN later text")
    op.execute("ALTER TABLE security.people ADD COLUMN later integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE security.challenges ADD COLUMN later text")
    op.execute("CREATE TABLE registry.later (subject text PRIMARY KEY)")
'''


@pytest.fixture
def extra(tmp_path):
    """A folder with one migration more than this version has."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "9001_later.py").write_text(EXTRA.format(newest=revisions()[-1]))
    return folder


@pytest.fixture
def busy(made, tmp_path):
    """A directory at work: someone gives, signs in and withdraws. Yields it, what was done, what failed."""
    with Solely(copied(made, tmp_path / "data"), signs=False) as solely:
        give(solely, "known", address("known"), SECURITY)
        world(solely).enrol_app("known")
        ended, done, failed = threading.Event(), [], []

        def work():
            try:
                with Solely(solely.directory, signs=False) as other:
                    while not ended.is_set():
                        who = f"p{len(done)}"
                        give(other, who, address(who), ADS)
                        other.verification.factors("known")
                        if len(done) % 10 == 0 and len(done) < 500:  # a person may start sixty an hour
                            other.verification.challenge("known", after_password=True)
                        other.withdraw(who, ADS)
                        done.append(time.monotonic())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is shown below
                failed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            while len(done) < 3 and not failed:
                ended.wait(0.01)
            yield solely, done, failed
        finally:
            ended.set()
            thread.join()
    assert failed == []


def test_while_others_work_a_column_comes_and_none_of_them_meets_an_error(busy, extra):
    solely, done, failed = busy
    before = len(done)
    assert migrate.up(solely.directory, [extra]) == ("9001",)
    after = len(done)
    while len(done) < after + 3 and not failed:
        time.sleep(0.01)
    assert failed == []
    assert len(done) > before
    assert max(b - a for a, b in pairwise(done)) < 3
    assert migrate.up(solely.directory, [extra]) == ()
    assert migrate.status(solely.directory) == migrate.Status((), ("9001",))  # this version goes on with it
    assert solely.verify_ledger().size > 3


def test_where_it_gets_no_lock_it_lets_go_and_others_go_on(busy, extra):
    solely, done, failed = busy
    password = read_keyring(solely.directory, "owner").secret("database")
    where = solely.ground.database
    with where.superuser(server.SUPERUSER, password) as connection:
        with connection.transaction():
            connection.execute("SELECT count(*) FROM registry.givings")  # a long question holds a lock as this does
            before = len(done)
            with pytest.raises(Unavailable, match="nothing was changed"):
                bring_up(where, server.SUPERUSER, password, tries=2, versions=[extra])
            assert len(done) > before
        assert bring_up(where, server.SUPERUSER, password, versions=[extra]) == ("9001",)
    assert failed == []


def test_up_gives_back_what_a_role_lost(fresh):
    with server.running(fresh / "postgres") as host:
        owner = Database(host).superuser(server.SUPERUSER, read_keyring(fresh, "owner").secret("database"))
        with owner:
            owner.execute("REVOKE SELECT (subject) ON registry.givings FROM solely_registry")
        assert migrate.up(fresh) == ()
    with Solely(fresh, signs=False) as solely:
        assert solely.counts() == {}


def test_the_command_tells_what_is_pending(fresh):
    def run(*arguments):
        return CliRunner().invoke(cli, ["migrate", *arguments, "--dir", str(fresh)], catch_exceptions=False).stdout

    assert run("status") == "Nothing is pending.\n"
    assert json.loads(run("up", "--json")) == {"made": [], "newer": []}
    with pytest.raises(NotFound):
        migrate.status(fresh / "none")
