"""The ledger as its signer holds it: what is signed covers what was written, and proves it."""

import pytest

from solely.app import Solely
from solely.app.signed import SignedLedger
from solely.errors import Conflict
from solely.ledger.checkpoint import verify_checkpoint
from solely.store import ledger

pytestmark = pytest.mark.server


@pytest.fixture
def signed(fresh):
    with Solely(fresh, signs=False) as solely:
        yield SignedLedger(fresh, solely.ground.keyring("ledger"), solely.parts.login("ledger")), solely


def test_two_who_sign_at_once_tell_one_history(signed):
    mine, solely = signed
    size = solely.note_policy() + 1
    mine.checkpoint_at_once()
    assert verify_checkpoint(solely.sign_ledger(), mine._key).size == size
    solely.note_policy()
    assert verify_checkpoint(mine.sign(), mine._key).size == size + 1
    assert mine.verify().covered == size + 1
    mine.check()


def test_what_is_signed_at_once_is_all_that_was_written(signed):
    mine, solely = signed
    solely.note_policy()
    assert ledger.unsigned(mine._connection)
    mine.checkpoint_at_once()
    assert not ledger.unsigned(mine._connection)


def test_a_folder_of_its_own_is_not_published_to(signed):
    mine, solely = signed
    with pytest.raises(Conflict):
        mine.publish(solely.directory / "ledger")
    assert mine.publish().size == 1
