"""One compartment's process: what comes before it serves, and that nothing of another's is in it."""

from contextlib import ExitStack, contextmanager

import pytest

from directories import copied
from givings import give
from solely.app import Solely, erased
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.app.serving.process import at_work
from solely.app.starting import erasures
from solely.errors import NotFound, Refused, Tampered
from solely.ledger.checkpoint import verify_checkpoint
from solely.store import server
from solely.store.database import Database
from solely.store.ledger import Words

pytestmark = pytest.mark.server


@contextmanager
def processes(directory, *names):
    with ExitStack() as stack:
        database = Database(stack.enter_context(server.running(directory / "postgres")))
        yield [stack.enter_context(at_work(directory, name, database, print)) for name in names]


def signed(solely):
    return verify_checkpoint((solely.directory / "ledger" / "checkpoint").read_text(), solely.parts.signed._key).size


def test_the_ledger_s_notes_a_new_policy_before_anybody_writes_and_signs_all_at_its_end(fresh):
    policy = fresh / "policy.toml"
    policy.write_text(policy.read_text() + "\n# changed\n")
    with processes(fresh, "ledger", "advertising") as (ledger, advertising):
        with Parts(advertising) as parts, pytest.raises(Refused):
            parts.ground.keyring("ledger")
        with Parts(ledger) as parts:
            assert [parts.entries.read([number])[number].type for number in (0, 1)] == ["policy", "policy"]
        with Parts(advertising) as parts:
            parts.gate.write_down(Words("refusal", "advertiser acme"))
    with Solely(fresh, signs=False) as solely:
        assert signed(solely) == 3


def test_the_ledger_s_does_not_go_on_behind_its_anchor(fresh, made, tmp_path):
    with Solely(fresh) as solely:
        solely.note_policy()
    behind = copied(made, tmp_path / "behind")
    (behind / "ledger" / "checkpoint").write_bytes((fresh / "ledger" / "checkpoint").read_bytes())
    with pytest.raises(Tampered), processes(behind, "ledger"):
        pass


def test_the_registry_s_erases_again_whom_a_restore_brought_back(fresh):
    with Solely(fresh) as solely:
        give(solely.desk, "back-again")
        names = solely.desk.names("back-again")
    erased.add(erasures(fresh), names[0], names)
    with processes(fresh, "ledger", "advertising", "registry"):
        pass
    with Solely(fresh) as solely, pytest.raises(NotFound):
        solely.desk.names("back-again")


def test_where_no_directory_is_nothing_is_at_work(tmp_path):
    with pytest.raises(NotFound), at_work(tmp_path, "ledger", Database("nowhere"), print):
        pass


def test_a_process_is_known_by_the_compartment_whose_key_files_it_has(fresh):
    with processes(fresh, "security") as (security,):
        assert isinstance(security, Ground)
        assert (security.name, security.own) == ("security", {"security"})
