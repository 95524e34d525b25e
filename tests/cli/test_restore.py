"""`solely backup` and `solely restore`: what they say, and what they ask before anything is done."""

import json

import pytest
from typer.testing import CliRunner

from directories import copied
from solely.cli.main import cli
from solely.errors import BadInput, NotFound

pytestmark = pytest.mark.server


def run(*arguments):
    done = CliRunner().invoke(cli, [str(one) for one in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


@pytest.fixture(scope="module")
def place(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    data = copied(made, folder / "data")
    (data / "solely.toml").write_text(f'[backup]\ntarget = "{folder}/rows"\nkeys = "{folder}/keys"\n')
    return folder


def test_a_backup_goes_where_the_settings_say_and_tells_what_it_is(place):
    told = json.loads(run("backup", "--dir", place / "data", "--json"))
    assert told["entries"] == 1
    assert told["backup"].startswith(str(place / "rows"))
    assert told["keys"].startswith(str(place / "keys"))


def test_it_says_that_keys_are_apart_or_that_there_are_none(place, tmp_path, fresh):
    said = run("backup", tmp_path / "one", "--keys", tmp_path / "keys", "--dir", fresh)
    assert "keep the two apart" in " ".join(said.split())
    said = run("backup", tmp_path / "two", "--dir", fresh)
    assert "It holds no key" in said
    with pytest.raises(BadInput, match="no place named"):
        run("backup", "--dir", fresh)


def test_a_restore_asks_for_what_is_newer_before_it_does_anything(place, fresh, tmp_path):
    run("backup", tmp_path / "one", "--keys", tmp_path / "keys", "--dir", fresh)
    restoring = ("restore", tmp_path / "one", tmp_path / "back", "--keys", tmp_path / "keys")
    with pytest.raises(BadInput, match="newest"):
        run(*restoring)
    with pytest.raises(BadInput, match="no other"):
        run(*restoring, "--nothing-newer", "--anchor", fresh / "ledger" / "checkpoint")
    with pytest.raises(NotFound):
        run(*restoring, "--lost", tmp_path)
    assert not (tmp_path / "back").exists()
    told = json.loads(run(*restoring, "--lost", fresh, "--json"))
    assert (told["entries"], told["anchored"], told["erasures"]) == (1, 1, 0)
    said = run("restore", tmp_path / "one", tmp_path / "two", "--keys", tmp_path / "keys", "--nothing-newer")
    assert "Verified: 1 in the ledger" in said
    assert "is back" in said
