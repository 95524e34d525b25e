"""What is held of a person is the same whether one process has all keys, or each its own."""

import io
import zipfile
from uuid import UUID

import pytest

from people import world
from solely.answer.rights.told import holding
from solely.app.rights import allow_again, chosen, erase, exported, held, objected, receipt
from solely.app.uses import proven
from solely.consent import Notice
from solely.errors import NotFound, Unavailable

pytestmark = pytest.mark.server

ADDRESS = "held.apart@example.org"


@pytest.fixture(scope="module")
def known(apart):
    """A person with contacts in two compartments, and an app as a factor."""
    parts = apart.parts("registry")
    for purpose in ("two-factor", "service-notice", "tailored-audiences"):
        notice = Notice(purpose, "apart-1", f"What it is for: {purpose}.")
        row = {"subject": "held-apart", "kind": "email", "value": ADDRESS, "purpose": purpose}
        row |= {"notice": notice.name, "given_at": "2024-01-01T00:00:00Z", "withdrawn_at": ""}
        parts.desk.give(row, notice, apart.whole.clock())
    world(apart.whole).enrol_app("held-apart")
    return "held-apart"


def test_what_is_held_is_told_alike(apart, known):
    one, other = (holding(held(parts, known)) for parts in (apart.parts("registry"), apart.whole.parts))
    shown = {given["purpose"]["name"]: given["contact"] for given in one["givings"]}
    assert shown == {"two-factor": "h•••@e•••.org", "service-notice": "h•••@e•••.org", "tailored-audiences": None}
    assert [factor["kind"] for factor in one["factors"]] == ["totp"]
    for told in (one, other):
        del told["at"], told["acts"]
        for given in told["givings"]:
            given["used"] = [use["what"] for use in given["used"] if use["what"] != "access"]
    assert one == other


def test_all_of_it_is_taken_away_from_the_registry_s_process(apart, known):
    with zipfile.ZipFile(io.BytesIO(exported(apart.parts("registry"), known))) as file:
        assert file.testzip() is None
        names = set(file.namelist())
        assert ADDRESS in file.read("data.json").decode()
        assert file.read("proofs/verifier.key").decode() == apart.whole.parts.verifier()
    assert sum(name.endswith(".tlog-proof") for name in names) >= 3
    assert len([name for name in names if name.startswith("receipts/")]) == 3


def test_a_giving_is_proved_there(apart, known):
    parts = apart.parts("registry")
    giving = held(parts, known).givings[0].giving
    found = receipt(parts, known, giving.giving)
    assert f"{giving.entry:06}.tlog-proof" in found.proofs
    assert proven(parts.sources, known, giving.entry, parts.prove).members[0][0] == giving.giving
    with pytest.raises(NotFound):
        receipt(parts, known, UUID(int=1))


def test_a_compartment_that_does_not_answer_is_named(apart, known):
    apart.stop("service")
    try:
        with pytest.raises(Unavailable, match="process of service does not answer"):
            held(apart.parts("registry"), known)
    finally:
        apart.serve("service")


def test_what_is_chosen_there_is_recorded_and_ends_what_it_reaches(apart, known):
    parts = apart.parts("registry")
    done = objected(parts, known, source="gpc")
    assert (done.new, done.ended) == (True, {"tailored-audiences": 1})
    assert allow_again(parts, known, "tailored-audiences", told=True)
    assert [one.choice for one in chosen(apart.whole.parts, known).history] == ["object", "allow"]


def test_who_is_erased_from_there_is_gone_everywhere(apart):
    notice = Notice("two-factor", "apart-1", "What it is for: two-factor.")
    row = {"subject": "erased-apart", "kind": "email", "value": "e@example.org", "purpose": "two-factor"}
    row |= {"notice": notice.name, "given_at": "2024-01-01T00:00:00Z", "withdrawn_at": ""}
    parts = apart.parts("registry")
    parts.desk.give(row, notice, apart.whole.clock())
    erase(parts, "erased-apart")
    with pytest.raises(NotFound):
        held(parts, "erased-apart")
