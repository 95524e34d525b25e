"""The drill finds what a recovery would stumble over, key file by key file, and changes nothing."""

import pytest

from givings import SECURITY, give
from solely.app import Solely, init, key_files
from solely.app.drill import drill
from solely.app.keys import rotate
from solely.errors import NotFound
from solely.keys import PASSWORDS

pytestmark = pytest.mark.server


@pytest.fixture
def kept(fresh):
    with Solely(fresh) as solely:
        give(solely.desk, "u1")
        give(solely.desk, "u2", purpose=SECURITY)
        rotate(solely.parts, "tailored-audiences", "token")
    return fresh


def failures(directory):
    return {(one.file, one.check) for one in drill(directory) if not one.passed}


def files(directory):
    return {path.name: path.read_bytes() for folder in ("keys", "ledger") for path in (directory / folder).glob("*.*")}


def test_a_whole_directory_passes_and_is_left_as_it_was(kept):
    before = files(kept)
    assert failures(kept) == set()
    assert files(kept) == before
    assert {one.file for one in drill(kept)} >= {"security", "advertising", "ledger", "owner", "desk"}


def test_each_key_file_that_is_lost_or_of_another_directory_is_named(kept, made):
    key_files.folder(kept).joinpath("service.key").unlink()
    for name in ("security", "advertising", "ledger"):
        ring, other = key_files.read(kept, name), key_files.read(made, name)
        key_files.write(kept, name, other.with_secret("database", ring.secret("database")))
    found = failures(kept)
    assert ("service", "opens") in found
    assert ("advertising", "keys to token fit the rows") in found


def test_a_ring_of_other_keys_fits_nothing(kept, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "data"
    init(elsewhere)
    for name in ("security", "advertising", "ledger", "service"):
        own = key_files.read(kept, name)
        key_files.write(kept, name, key_files.read(elsewhere, name).with_secret("database", own.secret("database")))
    assert failures(kept) == {
        ("security", "keys to seal fit the rows"),
        ("advertising", "keys to token fit the rows"),
        ("ledger", "verifies the newest checkpoint"),
    }


def test_a_key_file_without_the_pepper_of_a_password_is_found(fresh):
    older = key_files.read(fresh, "security")
    with Solely(fresh) as solely:
        rotate(solely.parts, PASSWORDS, "pepper")
        solely.verification.set_password("ann", "angstrom fish pond")
    assert failures(fresh) == set()
    key_files.write(fresh, "security", older)
    assert failures(fresh) == {("security", "keys to seal fit the rows")}


def test_a_wrong_passphrase_fails_each_file_and_stops_no_other(kept, monkeypatch):
    monkeypatch.setenv("SOLELY_PASSPHRASE_DESK", "correct horse")

    key_files.choose(kept, "none")
    desk = key_files.read(kept, "desk")
    key_files.write(kept, "desk", desk, "passphrase")
    assert failures(kept) == set()
    monkeypatch.setenv("SOLELY_PASSPHRASE_DESK", "battery staple")
    assert failures(kept) == {("desk", "opens")}


def test_what_is_no_directory_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        drill(tmp_path)
