"""The desk: a giving, its compartment's row and its ledger entry become durable together or not at all."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from givings import ADS, NOW, PARTNERS, SECURITY, counts, entries, give, givings, held, notice, row, size
from solely.errors import BadInput, GivingError, NotFound, NoticeError, PolicyError
from solely.give.desk import NOTHING, Given
from solely.ledger.members import members_root

pytestmark = pytest.mark.server

LATER = NOW + timedelta(days=1)


def test_one_giving_is_in_the_registry_in_its_compartment_and_in_the_ledger(desk, superuser, subject):
    before = size(superuser)
    assert counts(give(desk, subject)) == (1, 0, 0)
    assert givings(superuser, subject) == [(ADS, "email", None)]
    assert len(held(superuser, subject, "advertising", "givings")) == 1
    (entry,) = entries(superuser, before)
    assert (entry["type"], entry["purpose"], entry["principal"]) == ("giving", ADS, "desk")
    giving, at = superuser.execute(
        "SELECT giving, entry FROM registry.givings WHERE subject = %s", [subject]
    ).fetchone()
    assert at == before == entry["sequence"]
    (secret,) = superuser.execute("SELECT secret FROM ledger.secrets WHERE sequence = %s", [at]).fetchone()
    proven = members_root(secret, np.frombuffer(giving.bytes, np.uint8).reshape(1, 16))
    assert entry["members"] == {"count": 1, "root": proven.root.hex()}


def test_a_contact_for_security_goes_under_seal_and_its_key_apart(desk, superuser, subject):
    give(desk, subject, purpose=SECURITY, value="+4915112345678")
    ((*_, purpose, kind, number, box, expires),) = held(superuser, subject, "security", "contacts")
    assert (purpose, kind, number, len(box), expires) == (SECURITY, "phone", 1, 48, None)
    assert len(held(superuser, subject, "security", "wrapped_keys")) == 1
    assert held(superuser, subject, "advertising", "givings") == []


def test_the_same_giving_again_is_known_and_doubles_nothing(desk, recorded, subject):
    give(desk, subject)
    before = recorded()
    assert counts(give(desk, subject, LATER)) == (0, 1, 0)
    assert counts(give(desk, subject, value=" ADA@Example.com")) == (0, 1, 0)
    assert recorded() == before


def test_the_same_contact_for_two_purposes_is_two_givings_of_which_one_can_end(desk, superuser, subject):
    for purpose in (SECURITY, ADS, PARTNERS):
        assert counts(give(desk, subject, purpose=purpose, value="+4915112345678")) == (1, 0, 0)
    assert desk.withdraw(subject, ADS, None, LATER) == 1
    assert givings(superuser, subject) == [(PARTNERS, "phone", None), (ADS, "phone", LATER), (SECURITY, "phone", None)]


def test_a_person_has_another_pseudonym_in_each_compartment_and_one_in_each(desk, superuser, subject):
    for purpose in (SECURITY, "login-alert", "service-notice", ADS, PARTNERS, "ad-measurement"):
        give(desk, subject, purpose=purpose)
    rows = superuser.execute("SELECT compartment, pseudonym FROM registry.pseudonyms WHERE subject = %s", [subject])
    found = dict(rows.fetchall())
    assert set(found) == {"security", "service", "advertising", "measurement"}
    assert len(set(found.values())) == 4


def test_a_giving_may_come_with_its_end(desk, superuser, subject):
    before = size(superuser)
    assert counts(give(desk, subject, withdrawn_at="2024-06-01")) == (1, 0, 1)
    assert givings(superuser, subject) == [(ADS, "email", datetime(2024, 6, 1, tzinfo=UTC))]
    assert [one["type"] for one in entries(superuser, before)] == ["giving", "withdrawal"]
    assert len(held(superuser, subject, "advertising", "endings")) == 1


def test_an_end_that_is_given_later_ends_what_stands_and_is_recorded_once(desk, superuser, subject):
    give(desk, subject)
    assert counts(give(desk, subject, withdrawn_at="2024-06-01")) == (0, 1, 1)
    assert counts(give(desk, subject, withdrawn_at="2024-07-01")) == (0, 1, 0)
    assert givings(superuser, subject) == [(ADS, "email", datetime(2024, 6, 1, tzinfo=UTC))]


def test_withdrawing_ends_what_stands_for_that_purpose_and_kind(desk, superuser, subject):
    give(desk, subject)
    give(desk, subject, value="+4915112345678")
    give(desk, subject, purpose=SECURITY)
    before = size(superuser)
    assert desk.withdraw(subject, ADS, "phone", NOW) == 1
    assert givings(superuser, subject) == [(ADS, "email", None), (ADS, "phone", NOW), (SECURITY, "email", None)]
    assert desk.withdraw(f" {subject} ", ADS, None, LATER) == 1
    assert desk.withdraw(subject, ADS, None, LATER) == 0
    found = [(one["type"], one["principal"], one["members"]["count"]) for one in entries(superuser, before)]
    assert found == [("withdrawal", "subject", 1)] * 2
    assert len(held(superuser, subject, "advertising", "endings")) == 2
    assert held(superuser, subject, "security", "endings") == []


def test_the_same_row_after_a_withdrawal_does_not_revive_what_ended(desk, superuser, recorded, subject):
    """The act it speaks of is the one that was withdrawn; only a later act of giving permits anew."""
    give(desk, subject)
    desk.withdraw(subject, ADS, None, NOW)
    before = recorded()
    assert counts(give(desk, subject, LATER)) == (0, 1, 0)
    assert recorded() == before
    assert givings(superuser, subject) == [(ADS, "email", NOW)]


def test_giving_again_after_a_withdrawal_is_a_new_giving_that_stands(desk, superuser, subject):
    give(desk, subject)
    desk.withdraw(subject, ADS, None, NOW)
    assert counts(give(desk, subject, LATER + timedelta(days=1), given_at=LATER.isoformat())) == (1, 0, 0)
    assert givings(superuser, subject) == [(ADS, "email", NOW), (ADS, "email", None)]
    assert desk.withdraw(subject, ADS, None, LATER + timedelta(days=2)) == 1


def test_what_was_given_at_this_very_moment_or_while_the_clock_was_ahead_can_be_withdrawn(desk, subject):
    give(desk, subject, given_at=NOW.isoformat())
    assert desk.withdraw(subject, ADS, None, NOW) == 1
    give(desk, subject, LATER, given_at=LATER.isoformat())
    assert desk.withdraw(subject, ADS, None, NOW) == 1


@pytest.mark.parametrize("unknown", ["nobody", "", "nul\0", "half \ud800", "x" * 1_000])
def test_withdrawing_for_someone_who_never_gave_is_not_found(desk, recorded, unknown):
    before = recorded()
    with pytest.raises(NotFound):
        desk.withdraw(unknown, ADS, None, NOW)
    assert recorded() == before


def test_withdrawing_for_a_purpose_or_a_kind_that_is_none_is_an_error_and_not_nothing(desk, recorded, subject):
    give(desk, subject)
    before = recorded()
    with pytest.raises(PolicyError):
        desk.withdraw(subject, "tailored-audience", None, NOW)
    with pytest.raises(GivingError, match="unknown-kind"):
        desk.withdraw(subject, ADS, "Email", NOW)
    assert recorded() == before


def test_a_refused_giving_leaves_nothing_but_its_refusal_in_the_ledger(desk, recorded, superuser, subject):
    before, entry = recorded(), size(superuser)
    with pytest.raises(GivingError, match="not-an-email"):
        give(desk, subject, value="+++", kind="email", notice=f"{ADS}/never-seen")
    after = recorded()
    assert {table for table in after if after[table] != before[table]} == {"ledger.entries", "ledger.head"}
    (refusal,) = entries(superuser, entry)
    assert (refusal["type"], refusal["details"]) == ("refusal", {"of": "giving", "not-an-email": 1})
    assert "+++" not in json.dumps(refusal)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"notice": f"{ADS}/v7", "text": "Other words."}, "notice-changed"),
        ({"notice": f"{SECURITY}/v1"}, "notice-of-another-purpose"),
        ({"notice": f"{ADS}/v1", "purpose": SECURITY}, "notice-of-another-purpose"),
    ],
)
def test_words_that_were_changed_or_were_of_another_purpose_permit_nothing(desk, subject, changed, reason):
    give(desk, subject, notice=f"{ADS}/v7", text="These words.")
    with pytest.raises(GivingError, match=reason):
        give(desk, subject, given_at="2024-06-01", **changed)


def test_a_giving_under_a_notice_nobody_handed_over_is_refused(desk, subject):
    with pytest.raises(GivingError, match="unknown-notice"):
        desk.give(row(subject, notice=f"{ADS}/v8"), notice(ADS, "v1"), NOW)


def test_a_notice_is_recorded_with_the_first_giving_under_it(desk, superuser, subject):
    asked = "SELECT text, digest FROM registry.notices WHERE version = %s"
    with pytest.raises(GivingError):
        give(desk, subject, value="nonsense", kind="email", notice=f"{ADS}/first", text="Draft.")
    assert superuser.execute(asked, ["first"]).fetchall() == []
    give(desk, subject, notice=f"{ADS}/first", text="Final — Ünicode.\n")
    (recorded,) = superuser.execute(asked, ["first"]).fetchall()
    assert recorded == ("Final — Ünicode.\n", notice(ADS, "first", "Final — Ünicode.\n").digest)


@pytest.mark.parametrize("text", ["nul\0", "half \ud800"])
def test_a_notice_that_is_no_text_is_an_error(desk, recorded, subject, text):
    before = recorded()
    with pytest.raises(NoticeError):
        give(desk, subject, text=text)
    assert recorded() == before


def test_a_row_without_a_column_is_an_error_that_names_it(desk, recorded, subject):
    one = row(subject)
    del one["value"]
    before = recorded()
    with pytest.raises(BadInput, match="columns missing: value"):
        desk.give(one, notice(), NOW)
    assert recorded() == before


@pytest.mark.parametrize("strange", [r"back\slash", r"\N", r"\.", "quote\"s'", "ünï 数", "{a,b}", ",", "a" * 128])
def test_a_subject_s_id_comes_back_as_it_was_whatever_it_holds(desk, superuser, subject, strange):
    name = (subject + strange)[-128:]
    assert counts(give(desk, name, withdrawn_at="2024-06-01")) == (1, 0, 1)
    assert counts(give(desk, name, withdrawn_at="2024-06-01")) == (0, 1, 0)
    give(desk, name, purpose=SECURITY)
    assert [purpose for purpose, _, _ in givings(superuser, name)] == [ADS, SECURITY]
    assert desk.withdraw(name, SECURITY, None, NOW) == 1


def test_what_became_of_two_batches_adds_up():
    one, two = Given(3, 1, 1, 0, {"empty": 1}), Given(2, 0, 0, 1, {"empty": 1, "bad-time": 1})
    assert one + two + NOTHING == Given(5, 1, 1, 1, {"empty": 2, "bad-time": 1})


def test_a_pseudonym_is_found_by_subject_and_compartment_and_nothing_is_made(desk, superuser, recorded, subject):
    give(desk, subject)
    asked = "SELECT compartment, pseudonym FROM registry.pseudonyms WHERE subject = %s"
    ((compartment, pseudonym),) = superuser.execute(asked, [subject]).fetchall()
    before = recorded()
    assert desk.find([subject], compartment) == {subject: pseudonym}
    assert desk.find([subject], "security") == {}
    assert desk.find([f" {subject}", "nobody", "", "nul\0", "half \ud800", "x" * 1_000], compartment) == {}
    assert desk.find([], compartment) == {}
    assert recorded() == before


def test_of_many_subjects_those_that_are_known_are_found(desk, subject):
    known = {f"{subject}-{n}": desk.introduce(f"{subject}-{n}", "security") for n in range(3)}
    give(desk, f"{subject}-ads")
    asked = [*known, *known, f"{subject}-ads", f"{subject}-nobody", "nul\0"]
    assert desk.find(asked, "security") == known


def test_who_gives_no_contact_can_be_introduced_and_keeps_the_pseudonym_when_they_give(desk, superuser, subject):
    before = size(superuser)
    pseudonym = desk.introduce(subject, "security")
    assert desk.introduce(subject, "security") == pseudonym
    assert desk.find([subject], "security") == {subject: pseudonym}
    assert size(superuser) == before  # no giving, so nothing that the ledger is to show
    give(desk, subject, purpose=SECURITY)
    assert [row[0] for row in held(superuser, subject, "security", "contacts")] == [pseudonym]
    assert desk.introduce(subject, "security") == pseudonym


def test_who_is_introduced_gave_nothing_so_nothing_stands_and_nothing_can_be_withdrawn(desk, subject):
    desk.introduce(subject, "security")
    assert desk.standing(subject, SECURITY, NOW) == []
    with pytest.raises(NotFound):
        desk.withdraw(subject, SECURITY, None, NOW)


@pytest.mark.parametrize("strange", [r"back\slash", "quote\"s'", "ünï 数", "{a,b}", ",", "NULL"])
def test_a_subject_is_introduced_and_found_under_the_id_they_have(desk, subject, strange):
    name = subject + strange
    pseudonym = desk.introduce(name, "security")
    assert desk.find([name], "security") == {name: pseudonym}
    assert desk.introduce(name, "security") == pseudonym


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("", "no-subject"),
        (" ", "no-subject"),
        (" ada", "no-subject"),
        ("ada\n", "no-subject"),
        ("nul\0", "no-subject"),
        ("half \ud800", "no-subject"),
        ("x" * 129, "subject-too-long"),
    ],
)
def test_what_is_no_subject_s_id_is_not_introduced(desk, recorded, wrong, reason):
    before = recorded()
    with pytest.raises(GivingError, match=reason):
        desk.introduce(wrong, "security")
    assert recorded() == before


def test_what_stands_of_a_subject_comes_oldest_first_for_that_purpose_alone(desk, subject):
    for given_at in ("2024-05-03", "2024-05-01", "2024-05-02"):
        give(desk, subject, given_at=given_at)
    give(desk, subject, purpose=SECURITY)
    give(desk, f"{subject}-other")
    found = desk.standing(subject, ADS, NOW)
    assert [(one.subject, one.purpose, one.kind, one.ended_at) for one in found] == [(subject, ADS, "email", None)] * 3
    assert [one.given_at.day for one in found] == [1, 2, 3]


def test_what_was_withdrawn_or_is_over_does_not_stand(desk, superuser, subject):
    give(desk, subject)
    give(desk, subject, value="+4915112345678")
    (email,) = (one for one in desk.standing(subject, ADS, NOW) if one.kind == "email")
    desk.withdraw(subject, ADS, "phone", NOW)
    assert desk.standing(subject, ADS, LATER) == [email]
    superuser.execute("UPDATE registry.givings SET expires_at = %s WHERE giving = %s", [LATER, email.id])
    assert [one.id for one in desk.standing(subject, ADS, NOW)] == [email.id]
    assert desk.standing(subject, ADS, LATER) == []


@pytest.mark.parametrize("unknown", ["nobody", "", "nul\0", "half \ud800", "x" * 1_000])
def test_nothing_stands_of_who_never_gave_and_for_no_purpose_that_is_none(desk, recorded, unknown):
    before = recorded()
    assert desk.standing(unknown, ADS, NOW) == []
    with pytest.raises(PolicyError):
        desk.standing(unknown, "tailored-audience", NOW)
    assert recorded() == before


def test_what_stands_says_nothing_of_what_was_given(desk, subject):
    give(desk, subject, value="secretive@example.com")
    assert "secretive" not in repr(desk.standing(subject, ADS, NOW))
