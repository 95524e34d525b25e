"""Who calls is whom a standing key or token says, now; what changes that is in the ledger before it counts."""

import os
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import uuid4

import pytest

from callers import MAC, OPERATOR, PURPOSES
from givings import entries, size
from solely.app.approvals import Wish
from solely.app.principals import open_principals
from solely.errors import BadInput, Conflict, NotFound, Refused, SolelyError, Unauthenticated, Unavailable
from solely.principal import ACTS, ADDS, HOMES, KINDS, RIGHTS, Agreement, new_key
from solely.principal.subject_token import Said, write_token

pytestmark = pytest.mark.server
CELLS = [(kind, home) for kind in KINDS for home in HOMES if kind != "subject" and RIGHTS[kind][home]]
UNKNOWN = "this key opens nothing here"


def refused(there, presented, words=UNKNOWN):
    with pytest.raises(Unauthenticated) as caught:
        there.authenticate(presented)
    return caught.value.what == words and presented not in str(caught.value)


# -- the matrix: kind, compartment, act


@pytest.mark.parametrize(("kind", "home"), CELLS)
def test_a_key_may_in_its_compartment_what_its_kind_may_there_and_nothing_else(kind, home, callers):
    there = callers.at(home)
    key = there.add(OPERATOR, "one", kind).key
    who = there.authenticate(key)
    assert (who.kind, who.name, who.compartment, who.subject) == (kind, "one", home, None)
    for act in sorted(set().union(*ACTS.values())):
        if act in RIGHTS[kind][home]:
            who.require(act)
        else:
            with pytest.raises(Refused):
                who.require(act)
    assert all(refused(callers.at(other), key) for other in HOMES if other != home)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_nothing_in_a_compartment_gets_no_key_there(kind, home, callers, recorded):
    if (kind, home) in CELLS:
        return
    before = recorded()
    with pytest.raises(BadInput):
        callers.at(home).add(OPERATOR, "one", kind)
    assert recorded() == before


@pytest.mark.parametrize("home", ["registry", "security"])
def test_a_person_s_token_may_in_its_compartment_what_a_person_may_there(home, callers):
    there = callers.at(home)
    service = callers.made("service", home)
    person = there.authenticate(there.mint(service, "person-1").token)
    assert (person.kind, person.name, person.subject, person.key) == ("subject", "service-1", "person-1", service.key)
    assert person.acts == RIGHTS["subject"][home]
    person.require_subject("person-1")
    token = there.mint(service, "person-1").token
    assert all(refused(callers.at(other), token) for other in HOMES if other != home)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"service", "subject"}])
def test_only_a_service_mints(kind, callers):
    for home in ("registry", "security"):
        if (kind, home) in CELLS:
            with pytest.raises(Refused):
                callers.at(home).mint(callers.made(kind, home), "person-1")


def test_a_person_mints_for_nobody_and_changes_no_principal(callers):
    there = callers.at()
    person = there.authenticate(there.mint(callers.made("service"), "person-1").token)
    for act in (
        lambda: there.mint(person, "person-2"),
        lambda: there.rotate(person, "service-1"),
        lambda: there.revoke(person, "service-1"),
        lambda: there.add(person, "mine", "service"),
        lambda: there.list(person),
    ):
        with pytest.raises(Refused):
            act()


# -- keys


def test_a_key_is_shown_once_and_kept_as_a_digest(callers, superuser):
    made = callers.at().add(OPERATOR, "web", "service")
    (kept,) = superuser.execute("SELECT k::text FROM registry.api_keys k").fetchone()
    assert made.key.split("_")[2] not in kept + repr(made)
    assert callers.at().authenticate(made.key).key == made.id


def test_an_unknown_key_an_expired_a_revoked_and_one_of_another_compartment_are_told_alike(callers):
    there, elsewhere = callers.at(), callers.at("security")
    unknown, _ = new_key("registry", os.urandom(32))
    other = elsewhere.add(OPERATOR, "web", "service").key
    expired = there.add(OPERATOR, "old", "service", life=timedelta(minutes=1)).key
    revoked = there.add(OPERATOR, "gone", "service").key
    there.revoke(OPERATOR, "gone")
    callers.clock.forward(minutes=1)
    assert all(refused(there, key) for key in (unknown, other, expired, revoked))
    assert refused(there, unknown[:-1] + ("0" if unknown[-1] != "0" else "1"), "not a key, or mistyped")


def test_a_key_lives_90_days_if_nothing_is_said_and_a_year_at_most(callers):
    there = callers.at()
    made = there.add(OPERATOR, "web", "service")
    assert made.expires - callers.clock.now == timedelta(days=90)
    callers.clock.forward(days=90, microseconds=-1)
    there.authenticate(made.key)
    callers.clock.forward(microseconds=1)
    assert refused(there, made.key)
    for life in (timedelta(0), timedelta(days=365, seconds=1)):
        with pytest.raises(BadInput):
            there.add(OPERATOR, "other", "service", life=life)
    with pytest.raises(BadInput, match="30 days"):
        replace(there, longest=timedelta(days=30)).add(OPERATOR, "other", "service")


def test_where_a_clock_is_set_back_before_its_making_a_key_opens_nothing(callers):
    there = callers.at()
    made = there.add(OPERATOR, "web", "service")
    token = there.mint(there.authenticate(made.key), "person-1").token
    callers.clock.forward(minutes=-2)
    assert refused(there, made.key)
    assert refused(there, token)


def test_after_a_rotation_old_and_new_stand_for_the_overlap_and_then_the_new_alone(callers):
    there = callers.at()
    old = there.add(OPERATOR, "web", "service").key
    new = there.rotate(there.authenticate(old), "web", overlap=timedelta(hours=2)).key
    assert there.authenticate(old).name == there.authenticate(new).name == "web"
    callers.clock.forward(hours=2)
    assert refused(there, old)
    assert there.authenticate(new).name == "web"


def test_a_rotation_without_overlap_ends_the_old_key_at_once_and_none_prolongs_it(callers):
    there = callers.at()
    old = there.add(OPERATOR, "web", "service", life=timedelta(hours=1)).key
    newer = there.rotate(OPERATOR, "web", overlap=timedelta(days=7)).key
    newest = there.rotate(OPERATOR, "web", overlap=timedelta(0)).key
    assert refused(there, old)
    assert refused(there, newer)
    assert there.authenticate(newest).name == "web"
    for overlap in (timedelta(-1), timedelta(days=7, seconds=1)):
        with pytest.raises(BadInput):
            there.rotate(OPERATOR, "web", overlap=overlap)


def test_a_principal_has_five_keys_at_a_time(callers):
    there = callers.at()
    there.add(OPERATOR, "web", "service")
    for _ in range(4):
        there.rotate(OPERATOR, "web")
    with pytest.raises(Conflict, match="at most 5"):
        there.rotate(OPERATOR, "web")
    there.rotate(OPERATOR, "web", overlap=timedelta(0))


def test_one_key_is_revoked_or_all_and_its_tokens_with_it_at_once(callers):
    there = callers.at()
    first = there.add(OPERATOR, "web", "service")
    second = there.rotate(OPERATOR, "web")
    tokens = [there.mint(there.authenticate(one.key), "person-1").token for one in (first, second)]
    there.revoke(OPERATOR, "web", first.id)
    assert refused(there, first.key)
    assert refused(there, tokens[0])
    assert there.authenticate(tokens[1]).subject == "person-1"
    with pytest.raises(NotFound):
        there.revoke(OPERATOR, "web", first.id)
    there.revoke(OPERATOR, "web")
    assert refused(there, second.key)
    assert refused(there, tokens[1])


def test_the_day_of_its_last_use_is_kept_and_no_more(callers, superuser):
    there = callers.at()
    key = there.add(OPERATOR, "web", "service").key
    assert there.keys(OPERATOR, "web")[0].used_on is None
    for _ in range(3):
        there.authenticate(key)
    assert there.keys(OPERATOR, "web")[0].used_on == callers.clock.now.astimezone(UTC).date()
    (before,) = superuser.execute("SELECT xmin::text FROM registry.api_keys").fetchone()
    there.authenticate(key)
    assert superuser.execute("SELECT xmin::text FROM registry.api_keys").fetchone() == (before,)


# -- narrower


def test_who_is_added_with_fewer_acts_and_purposes_has_those_and_is_narrowed_and_never_widened(callers):
    there = callers.at()
    key = there.add(OPERATOR, "web", "service", acts=["give", "read", "tokens.mint"], purposes=sorted(PURPOSES)).key
    who = there.authenticate(key)
    assert (who.acts, who.purposes) == ({"give", "read", "tokens.mint", "keys"}, PURPOSES)
    token = there.mint(who, "person-1").token
    there.narrow(OPERATOR, "web", acts=["read", "tokens.mint"], purposes=["two-factor"])
    assert there.authenticate(key).acts == {"read", "tokens.mint", "keys"}
    person = there.authenticate(token)
    assert (person.acts, person.purposes) == ({"read"}, {"two-factor"})
    for wider in ({"acts": ["give", "read"]}, {"purposes": sorted(PURPOSES)}):
        with pytest.raises(Conflict, match="never widened"):
            there.narrow(OPERATOR, "web", **wider)
    new = there.rotate(OPERATOR, "web").key
    assert there.authenticate(new).acts == {"read", "tokens.mint", "keys"}


def test_who_narrows_what_was_changed_since_they_looked_changes_nothing(callers, recorded):
    there = callers.at()
    there.add(OPERATOR, "web", "service")
    seen = []

    def check(row):
        seen.append(row)
        raise Conflict("it was changed since")

    before = recorded()
    with pytest.raises(Conflict):
        there.narrow(OPERATOR, "web", acts=["give"], check=check)
    assert recorded() == before
    assert seen == [there.show(OPERATOR, "web")]
    assert there.narrow(OPERATOR, "web", acts=["give"], check=seen.append) == there.show(OPERATOR, "web")
    assert there.show(OPERATOR, "web").acts == ["give"]
    with pytest.raises(NotFound):
        there.show(OPERATOR, "nobody")


def test_what_narrows_names_something_that_is_there(callers):
    there = callers.at()
    there.add(OPERATOR, "web", "service")
    for wrong in ({"acts": []}, {"purposes": []}, {"purposes": ["no-such"]}):
        with pytest.raises(BadInput):
            there.narrow(OPERATOR, "web", **wrong)
    with pytest.raises(BadInput):
        there.add(OPERATOR, "other", "service", purposes=["no-such"])


def test_who_may_no_longer_mint_has_no_tokens_out_there(callers):
    there = callers.at()
    key = there.add(OPERATOR, "web", "service").key
    token = there.mint(there.authenticate(key), "person-1").token
    there.narrow(OPERATOR, "web", acts=["give"])
    assert refused(there, token)


# -- tokens


def test_a_token_has_acts_of_a_person_and_of_its_minter_and_ends_in_15_minutes_at_most(callers):
    there = callers.at()
    web = callers.made("service", acts=["tokens.mint", "read", "give", "policy.read"])
    token = there.mint(web, "person-1", ["read"], seconds=60)
    assert there.authenticate(token.token).acts == {"read"}
    assert there.authenticate(there.mint(web, "person-1").token).acts == {"read", "give"}
    for acts in ([], ["erase"], ["policy.read"], ["tokens.mint"], ["no-such"]):
        with pytest.raises(BadInput):
            there.mint(web, "person-1", acts)
    for seconds in (0, -5, 901, 10**12):
        with pytest.raises(BadInput):
            there.mint(web, "person-1", seconds=seconds)
    with pytest.raises(BadInput):
        there.mint(web, "", ["read"])
    callers.clock.forward(seconds=60)
    assert refused(there, token.token)


def test_a_token_signed_for_a_key_that_is_none_or_no_minter_s_opens_nothing(callers):
    there, officer = callers.at(), callers.made("officer")
    now = callers.clock.now.replace(microsecond=0)
    for key in (uuid4(), officer.key):
        said = Said(key, "person-1", frozenset({"read"}), now, now + timedelta(minutes=1), "00")
        assert refused(there, write_token("registry", said, MAC.mac))


def test_a_token_does_not_print(callers):
    made = callers.at().mint(callers.made("service"), "person-1")
    assert "solelyt_" not in repr(made)


# -- who may change whom


@pytest.mark.parametrize(("kind", "home"), CELLS)
def test_who_has_the_right_changes_the_kinds_it_may_and_no_other(kind, home, callers):
    there = callers.at(home)
    by = callers.made(kind, home, "changer")
    for other, place in CELLS:
        if place != home or other == "officer":
            continue
        may = "principals" in by.acts and other in ADDS[kind]
        there.add(OPERATOR, f"old-{other}", other)
        for act in (
            lambda other=other: there.add(by, f"new-{other}", other),
            lambda other=other: there.rotate(by, f"old-{other}"),
            lambda other=other: there.narrow(by, f"old-{other}", acts=RIGHTS[other][home]),
            lambda other=other: there.revoke(by, f"old-{other}"),
        ):
            if may:
                act()
            else:
                with pytest.raises(Refused):
                    act()


def test_everyone_rotates_and_revokes_their_own_and_narrows_it_for_nobody(callers):
    there = callers.at("advertising")
    acme = callers.made("advertiser", "advertising", "acme")
    new = there.authenticate(there.rotate(acme, "acme").key)
    with pytest.raises(Refused):
        there.rotate(acme, "other") if there.add(OPERATOR, "other", "advertiser") else None
    there.revoke(new, "acme", acme.key)
    there.revoke(new, "acme")
    with pytest.raises(NotFound):
        there.rotate(new, "acme")


def test_a_principal_of_another_compartment_changes_nothing_here(callers):
    officer = callers.made("officer", "security")
    there = callers.at()
    callers.made("service", name="web")
    for act in (
        lambda: there.add(officer, "new", "service"),
        lambda: there.revoke(officer, "web"),
        lambda: there.rotate(callers.made("service", "security", "web"), "web"),
        lambda: there.mint(callers.made("service", "security"), "person-1"),
        lambda: there.list(officer),
    ):
        with pytest.raises(Refused, match="another compartment"):
            act()


def test_a_name_that_stands_is_not_taken_again_and_one_that_ended_only_by_its_kind(callers):
    there = callers.at()
    there.add(OPERATOR, "web", "service")
    with pytest.raises(Conflict):
        there.add(OPERATOR, "web", "service")
    there.revoke(OPERATOR, "web")
    with pytest.raises(Conflict):
        there.add(OPERATOR, "web", "auditor")
    assert there.authenticate(there.add(OPERATOR, "web", "service", acts=["give"]).key).acts == {"give", "keys"}
    assert [(row.name, row.ended_at) for row in there.list(OPERATOR)] == [("web", None)]


# -- officers


def test_the_operator_adds_two_officers_and_a_third_takes_two_officers(callers):
    there = callers.at()
    eva, max_ = callers.officers()
    for by in (OPERATOR, eva):
        with pytest.raises(Refused, match="two officers"):
            there.add(by, "kim", "officer")
    asked = there.approvals.ask(eva, Wish(act="officers", scope="kim", reason="staff", case="HR-7"))
    with pytest.raises(Refused, match="two officers"):
        there.add(OPERATOR, "kim", "officer")
    there.approvals.approve(max_, asked.approval)
    with pytest.raises(Refused, match="two officers"):
        there.add(OPERATOR, "lee", "officer")
    kim = there.authenticate(there.add(OPERATOR, "kim", "officer").key)
    assert kim.kind == "officer"
    with pytest.raises(Refused, match="two officers"):
        there.rotate(OPERATOR, "kim")


def test_an_officer_s_key_is_made_by_themselves_or_by_two(callers):
    there = callers.at()
    eva, max_ = callers.officers()
    for by in (OPERATOR, eva):
        with pytest.raises(Refused, match="two officers"):
            there.rotate(by, "max")
    assert there.authenticate(there.rotate(max_, "max").key).name == "max"
    asked = there.approvals.ask(eva, Wish(act="officers", scope="max", reason="staff", case="HR-7"))
    there.approvals.approve(max_, asked.approval)
    assert there.authenticate(there.rotate(eva, "max").key).name == "max"
    with pytest.raises(Refused, match="two officers"):
        there.rotate(eva, "max")  # once is once


def test_officers_whose_keys_all_ended_are_none_and_the_operator_begins_anew(callers):
    there = callers.at()
    callers.officers()
    callers.clock.forward(days=91)
    there.rotate(OPERATOR, "eva")
    there.rotate(OPERATOR, "max")
    with pytest.raises(Refused):
        there.rotate(OPERATOR, "max")


def test_a_revoked_officer_s_askings_and_approvals_end_with_them(callers):
    there = callers.at()
    eva, max_ = callers.officers()
    asked = there.approvals.ask(eva, Wish(act="disclosure", scope="inc-1", reason="data-breach", case="C1"))
    there.approvals.approve(max_, asked.approval)
    there.revoke(eva, "max")
    with pytest.raises(Refused):
        there.approvals.require_two(eva, "disclosure", scope="inc-1")


# -- partners


def test_a_partner_acts_for_an_advertiser_while_an_agreement_stands(callers):
    there, now = callers.at("advertising"), callers.clock.now
    key = there.add(OPERATOR, "brokers", "partner").key
    there.agree(OPERATOR, "brokers", Agreement("acme", now, now + timedelta(days=1)))
    there.authenticate(key).require_advertiser("acme", now)
    assert there.agreements(OPERATOR, "brokers") == [Agreement("acme", now, now + timedelta(days=1))]
    there.disagree(OPERATOR, "brokers", "acme")
    with pytest.raises(Refused):
        there.authenticate(key).require_advertiser("acme", now)
    with pytest.raises(NotFound):
        there.disagree(OPERATOR, "brokers", "acme")


def test_agreements_are_a_partner_s_in_advertising_and_end_after_they_begin(callers):
    there, now = callers.at("advertising"), callers.clock.now
    there.add(OPERATOR, "acme", "advertiser")
    there.add(OPERATOR, "brokers", "partner")
    with pytest.raises(Conflict, match="no partner"):
        there.agree(OPERATOR, "acme", Agreement("beta", now, None))
    with pytest.raises(NotFound):
        there.agree(OPERATOR, "nobody", Agreement("beta", now, None))
    with pytest.raises(BadInput, match="after it begins"):
        there.agree(OPERATOR, "brokers", Agreement("beta", now, now))
    with pytest.raises(BadInput, match="advertising"):
        callers.at().agree(OPERATOR, "brokers", Agreement("beta", now, None))
    with pytest.raises(Refused):
        there.agree(callers.made("advertiser", "advertising", "self"), "brokers", Agreement("self", now, None))
    assert callers.at().agreements(OPERATOR, "brokers") == []


# -- the ledger


def test_each_change_is_an_entry_that_names_no_secret(callers, superuser):
    before, there = size(superuser), callers.at("advertising")
    web = callers.made("service", "advertising", "web")
    made = there.add(web, "brokers", "partner", purposes=["two-factor"])
    there.agree(web, "brokers", Agreement("acme", callers.clock.now, None))
    there.disagree(web, "brokers", "acme")
    new = there.rotate(web, "brokers")
    there.narrow(web, "brokers", acts=["upload"])
    there.revoke(web, "brokers", made.id)
    there.revoke(web, "brokers")
    found = entries(superuser, before)
    assert [one["type"] for one in found] == ["principal"] * 8
    said = [(one["principal"], one["details"]["of"], one["details"]["name"]) for one in found]
    assert said == [
        ("operator", "added", "web"),
        ("service web", "added", "brokers"),
        ("service web", "agreed", "brokers"),
        ("service web", "agreement ended", "brokers"),
        ("service web", "rotated", "brokers"),
        ("service web", "narrowed", "brokers"),
        ("service web", "revoked", "brokers"),
        ("service web", "revoked", "brokers"),
    ]
    assert found[1]["details"]["purposes"] == "two-factor"
    assert found[5]["details"]["acts"] == "upload"
    assert not any(one.key.split("_")[2] in str(found) for one in (made, new))


def test_where_the_ledger_can_t_be_written_nothing_changes(callers, superuser, recorded):
    there = callers.at()
    key = there.add(OPERATOR, "web", "service").key
    there.authenticate(key)
    superuser.execute("ALTER TABLE ledger.entries ADD CONSTRAINT broken CHECK (sequence < 0) NOT VALID")
    try:
        before = recorded()
        for act in (
            lambda: there.add(OPERATOR, "other", "service"),
            lambda: there.rotate(OPERATOR, "web"),
            lambda: there.narrow(OPERATOR, "web", acts=["give"]),
            lambda: there.revoke(OPERATOR, "web"),
        ):
            with pytest.raises(Unavailable):
                act()
        assert recorded() == before
    finally:
        superuser.execute("ALTER TABLE ledger.entries DROP CONSTRAINT broken")
    assert there.authenticate(key).name == "web"


def test_what_is_refused_changes_nothing_and_says_nothing_that_was_handed_over(callers, recorded):
    there, web = callers.at(), callers.made("service", name="web")
    before = recorded()
    for act in (
        lambda: there.add(web, "typed-secret", "auditor"),
        lambda: there.add(OPERATOR, "Typed-secret", "auditor"),
        lambda: there.add(OPERATOR, "new", "auditor", acts=["typed-secret"]),
        lambda: there.narrow(OPERATOR, "typed-secret", acts=["give"]),
        lambda: there.revoke(OPERATOR, "typed-secret"),
        lambda: there.authenticate("typed-secret"),
        lambda: there.authenticate("solelyt_reg_typed-secret.x"),
    ):
        with pytest.raises(SolelyError) as caught:
            act()
        assert "yped-secret" not in str(caught.value)
    assert recorded() == before


def test_the_directory_s_own_compartments_have_principals_each(solely, callers):
    there = open_principals(solely.parts, "security", callers.announced.append)
    assert there.purposes == {one.name for one in solely.policy.purposes.values() if one.compartment == "security"}
    made = there.add(OPERATOR, "web", "service")
    who = there.authenticate(made.key)
    assert there.authenticate(there.mint(who, "person-1").token).subject == "person-1"
    everywhere = open_principals(solely.parts, "registry", callers.announced.append)
    assert everywhere.purposes == set(solely.policy.purposes)
    assert refused(everywhere, made.key)
