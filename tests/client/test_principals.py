"""Who may call, through the client: added, narrowed, rotated, revoked; and tokens for people."""

from datetime import UTC, datetime, timedelta

import pytest

from solely.client import Client, Notice
from solely.errors import Outdated, Refused, Unauthenticated

pytestmark = pytest.mark.server


@pytest.fixture
def officer(api):
    with Client(api.base, api.key("officer", "registry"), api.key("officer", "advertising")) as client:
        yield client


def test_a_token_acts_for_its_person_alone(api, client, subject):
    client.give(subject, "email", "ana@example.com", "two-factor", Notice(version="client-2", text="To sign you in."))
    minted = client.mint(subject, acts=["read"], seconds=60)
    assert timedelta(0) < minted.expires_at - datetime.now(UTC) <= timedelta(seconds=60)
    assert minted.token not in repr(minted)
    with Client(api.base, minted.token, client.mint(subject, "security").token) as own:
        assert len(own.givings(subject)) == 1
        assert own.factors(subject) == ()
        with pytest.raises(Refused):
            own.givings(f"{subject}-other")
        with pytest.raises(Refused):
            own.withdraw(subject, "two-factor")


def test_a_principal_is_added_narrowed_and_revoked(api, officer, subject):
    name = f"mailer-{subject}"
    made = officer.add_principal("registry", name, "service", purposes=["service-notice", "two-factor"], days=30)
    assert made.key not in repr(made)
    assert name in [one.name for one in officer.principals("registry")]
    known = officer.principal("registry", name)
    assert [one.stands for one in known.keys] == [True]
    narrowed = officer.narrow_principal("registry", known, purposes=["service-notice"])
    assert narrowed.purposes == ("service-notice",)
    with pytest.raises(Outdated):
        officer.narrow_principal("registry", known, acts=["give"])
    with Client(api.base, made.key) as mailer:
        with pytest.raises(Refused):
            mailer.give(subject, "email", "ana@example.com", "two-factor", Notice(version="client-3", text="x"))
        officer.revoke_principal("registry", name)
        with pytest.raises(Unauthenticated):
            mailer.givings(subject)


def test_keys_are_rotated_by_whose_they_are_and_by_an_officer(api, officer, subject):
    name = f"rotating-{subject}"
    first = officer.add_principal("registry", name, "service")
    with Client(api.base, first.key) as own:
        second = own.rotate_key("registry", overlap_hours=1)
    third = officer.rotate_key("registry", name, days=10)
    with Client(api.base, second.key) as own:
        own.revoke_key("registry", first.id)
    officer.revoke_key("registry", second.id, name)
    stand = {one.id: one.stands for one in officer.principal("registry", name).keys}
    assert stand == {first.id: False, second.id: False, third.id: True}


def test_a_partner_acts_for_an_advertiser_until_that_is_ended(api, officer, subject):
    name = f"partner-{subject}"
    officer.add_principal("advertising", name, "partner")
    with Client(api.base, api.key("service", "advertising")) as server:
        agreed = server.agree(name, "acme", ends=datetime.now(UTC) + timedelta(days=30))
        assert agreed.advertiser == "acme"
        assert [one.advertiser for one in officer.principal("advertising", name).agreements] == ["acme"]
        server.disagree(name, "acme")
    assert [one for one in officer.principal("advertising", name).agreements if one.ends is None] == []


def test_the_policy_says_what_is_marketing(client):
    marketing = {one.name for one in client.policy().purposes if one.marketing}
    assert marketing >= {"tailored-audiences", "ad-measurement"}
