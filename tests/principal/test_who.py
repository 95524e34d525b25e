"""A principal may what its key or token says, and a refusal says nothing of what it asked for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from solely.errors import BadInput, Refused
from solely.principal import HOMES, KINDS, OWN, RIGHTS, Agreement, Operator, Principal
from solely.principal.who import check_acts, check_name, check_purposes

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def principal(kind="service", **changed):
    fields = {"name": "web", "compartment": "registry", "acts": frozenset({"give"}), "key": UUID(int=1)}
    return Principal(kind=kind, **{**fields, **changed})


def test_it_may_its_acts_and_no_other():
    principal().require("give")
    with pytest.raises(Refused, match="may not do that"):
        principal().require("erase")


def test_where_it_is_narrowed_it_acts_for_those_purposes_alone():
    principal().require_purpose("two-factor")
    principal(purposes=frozenset({"two-factor"})).require_purpose("two-factor")
    for purposes in (frozenset(), frozenset({"login-alert"})):
        with pytest.raises(Refused, match="that purpose"):
            principal(purposes=purposes).require_purpose("two-factor")


def test_a_person_speaks_for_themselves_and_a_service_for_any():
    principal().require_subject("anyone")
    person = principal("subject", subject="person-1")
    person.require_subject("person-1")
    with pytest.raises(Refused, match="that person alone") as caught:
        person.require_subject("person-2")
    assert "person-1" not in f"{person!r}{person.title}{caught.value}"


def test_an_advertiser_is_itself_and_a_partner_whom_it_has_an_agreement_with():
    principal("advertiser", name="acme").require_advertiser("acme", NOW)
    partner = principal("partner", name="brokers", agreements=(Agreement("acme", NOW - DAY, NOW + DAY),))
    partner.require_advertiser("acme", NOW)
    refused = [
        (principal("advertiser", name="acme"), "other", NOW),
        (partner, "other", NOW),
        (partner, "brokers", NOW),
        (partner, "acme", NOW + DAY),
        (partner, "acme", NOW - 2 * DAY),
        (principal("service", name="acme"), "acme", NOW),
        (principal("officer", name="acme"), "acme", NOW),
    ]
    words = set()
    for who, advertiser, at in refused:
        with pytest.raises(Refused) as caught:
            who.require_advertiser(advertiser, at)
        words.add(str(caught.value))
    assert len(words) == 1


def test_an_agreement_without_an_end_stands_from_its_beginning_on():
    assert Agreement("acme", NOW, None).stands(NOW + 9_999 * DAY)
    assert not Agreement("acme", NOW, None).stands(NOW - DAY)


def test_who_it_is_in_the_ledger():
    assert principal("advertiser", name="acme").title == "advertiser acme"
    assert principal("subject", subject="person-1").title == "subject by web"
    assert Operator().title == "operator"


@pytest.mark.parametrize("name", ["a", "acme", "acme-2.eu_x", "9" * 64])
def test_names_that_are_taken(name):
    check_name(name)


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a" * 65, "eva@example.com", "+4915112345678", "a\n", "é"])
def test_names_that_are_not(name):
    with pytest.raises(BadInput) as caught:
        check_name(name)
    assert len(name) < 3 or name not in str(caught.value)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_gets_all_its_acts_or_some_and_never_another_s(kind, home):
    most = RIGHTS[kind][home] - {OWN}
    if kind == "subject" or not most:
        with pytest.raises(BadInput):
            check_acts(kind, home, None)
        return
    assert check_acts(kind, home, None) == most
    for act in most:
        assert check_acts(kind, home, [act]) == {act}
    for wrong in ([], ["no-such"], [OWN], [*most, "no-such"], ["witness" if kind != "witness" else "give"]):
        with pytest.raises(BadInput):
            check_acts(kind, home, wrong)


def test_purposes_are_those_there_are_each_once_and_none_where_nothing_is_said():
    known = frozenset({"two-factor", "login-alert"})
    assert check_purposes(None, known) is None
    assert check_purposes(["two-factor", "login-alert", "two-factor"], known) == ["login-alert", "two-factor"]
    for wrong in ([], ["typed-secret"], ["two-factor", "typed-secret"]):
        with pytest.raises(BadInput) as caught:
            check_purposes(wrong, known)
        assert "typed-secret" not in str(caught.value)
