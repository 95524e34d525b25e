"""Another PostgreSQL takes the embedded one's place: made, used, served, backed up and restored there."""

import pytest

from givings import ADS, give
from other_servers import PASSWORD, other_server
from solely.app import Solely, init
from solely.app.backup import back_up
from solely.app.migrate import status
from solely.app.restore import Newer, restore
from solely.app.serving.process import at_work
from solely.app.serving.reach import reached
from solely.errors import BadInput, Conflict

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The environment that names it."""
    with other_server(tmp_path_factory.mktemp("other")) as port:
        yield {
            "SOLELY_DATABASE_HOST": "127.0.0.1",
            "SOLELY_DATABASE_PORT": str(port),
            "SOLELY_DATABASE_TLS": "disable",
        }


@pytest.fixture(scope="module")
def data(other, tmp_path_factory):
    """A directory whose database is there."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "password").write_text(PASSWORD + "\n")
    with pytest.MonkeyPatch.context() as patched:
        for name, text in other.items():
            patched.setenv(name, text)
        init(folder / "data", owner_file=folder / "password")
    return folder / "data"


@pytest.fixture
def _named(other, monkeypatch):
    for name, text in other.items():
        monkeypatch.setenv(name, text)


@pytest.mark.usefixtures("_named")
def test_a_directory_has_no_server_of_its_own_and_everything_works_there(data):
    assert not (data / "postgres").exists()
    with Solely(data) as solely:
        assert give(solely.desk, "elsewhere").given == 1
        assert [one.purpose for one in solely.standing("elsewhere", ADS)] == [ADS]
    assert status(data).pending == ()


@pytest.mark.usefixtures("_named")
def test_a_process_comes_up_on_it(data):
    with reached(data) as database, at_work(data, "ledger", database, print) as ground:
        assert ground.database.host == "127.0.0.1"


@pytest.mark.usefixtures("_named")
def test_it_is_backed_up_and_restored_to_a_fresh_one(data, tmp_path, monkeypatch):
    with Solely(data) as solely:
        give(solely.desk, "kept")
        back_up(solely, tmp_path / "rows", tmp_path / "keys")
    (tmp_path / "fresh").mkdir()
    with other_server(tmp_path / "fresh") as port:
        monkeypatch.setenv("SOLELY_DATABASE_PORT", str(port))
        restore(tmp_path / "rows", tmp_path / "keys", tmp_path / "back", Newer())
        with Solely(tmp_path / "back") as solely:
            assert [one.purpose for one in solely.standing("kept", ADS)] == [ADS]
    assert not (tmp_path / "back" / "postgres").exists()


@pytest.mark.usefixtures("_named")
def test_what_is_there_already_is_not_overwritten(data, tmp_path):
    with pytest.raises(Conflict, match="has a database named solely already"):
        init(tmp_path / "again", owner_file=data.parent / "password")
    assert not (tmp_path / "again").exists()


def test_the_superuser_s_password_is_asked_for_there_and_only_there(tmp_path, monkeypatch):
    (tmp_path / "password").write_text(PASSWORD)
    with pytest.raises(BadInput, match="asked for where"):
        init(tmp_path / "data", owner_file=tmp_path / "password")
    monkeypatch.setenv("SOLELY_DATABASE_HOST", "127.0.0.1")
    with pytest.raises(BadInput, match="asked for where"):
        init(tmp_path / "data")
