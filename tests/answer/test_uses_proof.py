"""The proofs beside my uses: each verifies offline, shows this person alone, and breaks where anything was changed."""

import pytest

from acts import ADS, SECURITY
from solely.answer import uses_proof
from solely.app.directory import read_keyring, verifier_key
from solely.errors import Tampered
from solely.ledger.member_receipt import verify_member_receipt
from solely.ledger.members import PART
from solely.ledger.receipt import verify_receipt

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def told(platform):
    """Ann among others: given, matched, sent to, disclosed, told, withdrawn."""
    rows = [("ann", ADS, "ann@example.com", "v1", None), ("ann", ADS, "+4915100000001", "v1", None)]
    rows += [(f"other{n}", ADS, f"other{n}@example.com", "v1", None) for n in range(PART + 10)]
    platform.give([*rows, ("ann", SECURITY, "ann@example.com", "v1", None)])
    platform.match([value for _, _, value, _, _ in rows], "acme", "summer")
    platform.send(platform.gave[-1])
    platform.disclose("acme", "summer")
    platform.withdraw("ann", ADS)
    return platform


def test_each_proof_verifies_offline_with_the_key_alone_and_names_the_person_alone(told, tmp_path):
    key = verifier_key(read_keyring(told.solely.directory, "ledger"))
    shown = told.solely.uses("ann", receipts=tmp_path / "out")
    assert [act.what for act in shown.uses.acts] == [
        *["giving"] * 3, "use", "use", "use", "send", "disclosure", "withdrawal", "withdrawal",
    ]  # fmt: skip
    assert len(shown.files) == len(shown.uses.acts) == len({member for _, member in shown.files})
    for act, (entry, member) in zip(shown.uses.acts, shown.files, strict=True):
        proven = verify_receipt(entry.read_text(), key)
        assert (proven.entry.sequence, proven.entry.type) == (act.sequence, act.what)
        assert verify_member_receipt(member.read_text(), proven.entry.members).member == act.member


def test_no_proof_is_written_into_a_folder_that_holds_something(told, tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(Exception, match="not empty"):
        told.solely.uses("ann", receipts=tmp_path)


def test_many_proofs_of_one_entry_read_its_members_once(told, monkeypatch):
    read = []
    real = uses_proof._members
    monkeypatch.setattr(uses_proof, "_members", lambda *args: read.append(args[1].sequence) or real(*args))
    acts = told.solely.uses("ann").uses.acts
    assert len(list(uses_proof.member_receipts(told.solely.parts.sources, acts))) == len(acts)
    assert len(read) == len(set(read)) == len({act.sequence for act in acts})


def test_what_is_stored_and_is_not_what_was_written_down_is_no_proof(told, monkeypatch):
    acts = told.solely.uses("ann").uses.acts
    real = uses_proof._members
    for wrong in (lambda ids: ids[1:], lambda ids: ids[:-1], lambda ids: ids[:0], lambda ids: ids[::-1].copy()):
        monkeypatch.setattr(uses_proof, "_members", lambda *args, wrong=wrong: wrong(real(*args)))
        with pytest.raises(Tampered):
            list(uses_proof.member_receipts(told.solely.parts.sources, acts))
