"""Audiences over HTTP: by name and whether they are large enough, to whose they are."""

import pytest

from ads import path

pytestmark = pytest.mark.server


def listed(ads, kind, name=None, advertiser="acme"):
    answer = ads.ask(kind, "GET", path("audiences", advertiser=advertiser), name)
    assert answer.status_code == 200
    return {one["name"]: one for one in answer.json()["items"]}


def test_an_audience_is_listed_and_of_its_size_nothing_is_told_but_whether_it_is_enough(ads):
    told = ads.ask("advertiser", "GET", path("audiences", ads.audience))
    assert told.status_code == 200
    one = told.json()
    assert one.pop("status") == "ready"
    assert one == listed(ads, "advertiser")[ads.audience]
    assert set(one) == {"name", "purpose", "valid_until"}
    small, _ = ads.stage.audience(2)
    assert ads.ask("advertiser", "GET", path("audiences", small)).json()["status"] == "too-small"


def test_a_partner_is_told_of_those_alone_that_it_brought_lists_for(ads):
    name, broker = ads.new("bought"), ads.new("broker")
    ads.agree(broker)
    assert listed(ads, "partner", broker) == {}
    assert ads.ask("partner", "GET", path("audiences", ads.audience), broker).status_code == 404
    listing = ads.stage.list([ads.stage.address()])
    ads.solely.match(listing, "acme", name, "partner-audiences", partner=broker)
    assert set(listed(ads, "partner", broker)) == {name}
    assert ads.ask("partner", "GET", path("audiences", name), broker).json()["purpose"] == "partner-audiences"
    assert name in listed(ads, "advertiser")


def test_they_come_one_page_after_the_other(ads):
    advertiser = ads.new("advertiser")
    names = sorted(ads.stage.audience(1, advertiser)[0] for _ in range(3))
    where = path("audiences", advertiser=advertiser)
    first = ads.ask("advertiser", "GET", where, advertiser, params={"limit": 2}).json()
    second = ads.ask("advertiser", "GET", where, advertiser, params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["name"] for one in [*first["items"], *second["items"]]] == names
    assert second["next"] is None


def test_what_is_another_advertisers_is_answered_like_what_is_not_there(ads):
    answers = {
        ads.ask(kind, "GET", path("audiences", *rest, advertiser=advertiser), name).content
        for kind, name in (("advertiser", "rival"), ("partner", "stranger"))
        for advertiser in ("acme", "nobody")
        for rest in ([], [ads.audience], ["nothing"])
    }
    assert len(answers) == 1


def test_an_agreement_that_ended_ends_it_at_once(ads):
    ads.agree("broker2", "acme")
    assert ads.ask("partner", "GET", path("audiences"), "broker2").status_code == 200
    there = ads.served.principals("advertising")
    there.disagree(there.authenticate(ads.key("service")), "broker2", "acme")
    assert ads.ask("partner", "GET", path("audiences"), "broker2").status_code == 403
