"""What is written is signed within a second, while its writer goes on, whatever witnesses do."""

import time
from contextlib import nullcontext

import pytest

from solely.app import Solely
from solely.app.beside import EVERY, Beside
from solely.consent import Notice
from solely.errors import Tampered, Unavailable
from solely.ledger.checkpoint import verify_checkpoint

pytestmark = pytest.mark.server

NOTICE = Notice("tailored-audiences", "v1", "I agree.")
ROW = {
    "subject": "u1",
    "kind": "email",
    "value": "u1@example.com",
    "purpose": NOTICE.purpose,
    "notice": NOTICE.name,
    "given_at": "2026-01-01T00:00:00Z",
    "withdrawn_at": "",
}


def wait(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def signed(solely):
    """How many entries the checkpoint outside the database covers."""
    note = (solely.directory / "ledger" / "checkpoint").read_text()
    return verify_checkpoint(note, solely.parts.signed._key).size


class Signing:
    """A ledger that has the next of some faults each time it is to sign."""

    def __init__(self, *faults):
        self.faults, self.asked = list(faults), 0

    def checkpoint_at_once(self):
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)


def test_an_entry_is_signed_while_its_writer_goes_on(fresh):
    assert EVERY < 1
    with Solely(fresh) as solely:
        before = signed(solely)
        solely.give(ROW, NOTICE)
        assert wait(lambda: signed(solely) == before + 1)
        solely.withdraw("u1", NOTICE.purpose)
        assert wait(lambda: signed(solely) == before + 2)


def test_nothing_is_signed_beside_where_that_is_not_wanted(fresh):
    with Solely(fresh, signs=False) as solely:
        before = signed(solely)
        solely.give(ROW, NOTICE)
        time.sleep(3 * EVERY)
        assert signed(solely) == before
        solely.sign_ledger()
        assert signed(solely) == before + 1


def test_a_witness_that_does_not_answer_holds_no_signature_up(fresh):
    """The witness's place is one where nobody listens; it is asked after our own signature is kept."""
    with Solely(fresh, signs=False) as solely:
        order, ledger = [], solely.parts.signed
        ledger.witnesses.cosign = lambda note: order.append("asked first") or note
        ledger.witnesses.settle = lambda: order.append(signed(solely))
        solely.give(ROW, NOTICE)
        ledger.checkpoint_at_once()
        ledger.checkpoint_at_once()  # nothing is unsigned: nobody is asked
        assert order == [signed(solely)]


def test_a_database_that_does_not_answer_is_asked_again():
    signing = Signing(Unavailable("it does not answer"), Unavailable("it does not answer"))
    with Beside(lambda: nullcontext(signing.checkpoint_at_once), every=0.001):
        assert wait(lambda: signing.asked > 3)


def test_what_was_changed_is_not_signed_and_not_tried_again():
    signing = Signing(Tampered("out of its place"))
    with Beside(lambda: nullcontext(signing.checkpoint_at_once), every=0.001) as beside:
        beside._thread.join(30)
        assert not beside._thread.is_alive()
    assert signing.asked == 1
