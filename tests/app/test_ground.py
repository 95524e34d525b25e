"""What a process stands on: the key files it was given, and no other."""

from pathlib import Path

import pytest

from solely.app.ground import Ground
from solely.errors import Refused
from solely.store.database import Database


@pytest.fixture
def advertising(solely):
    return Ground(solely.directory, solely.ground.database, solely.policy, own=frozenset({"advertising"}))


def test_a_keyring_is_opened_once(solely):
    assert solely.ground.keyring("security") is solely.ground.keyring("security")


def test_a_process_has_no_key_file_but_its_own(advertising):
    assert advertising.keyring("advertising").compartment == "advertising"
    with pytest.raises(Refused, match="no such key file"):
        advertising.keyring("security")


def test_another_process_s_key_file_is_not_even_looked_for(solely):
    nowhere = Ground(Path("/nowhere"), Database("/nowhere"), solely.policy, own=frozenset())
    with pytest.raises(Refused, match="no such key file"):
        nowhere.keyring("security")
