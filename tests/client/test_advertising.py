"""The advertising side through the client: audiences, campaigns by the tag they were read under, decisions."""

import pytest

from solely.client import Client
from solely.errors import NotFound, Outdated

pytestmark = pytest.mark.server


@pytest.fixture
def acme(ads):
    with Client(ads.served.base, ads.key("advertiser")) as client:
        yield client


def test_an_advertiser_sees_its_audiences_and_whether_they_are_large_enough(ads, acme):
    assert ads.audience in [one.name for one in acme.audiences("acme")]
    assert acme.audience("acme", ads.audience).status == "ready"
    with pytest.raises(NotFound):
        acme.audience("acme", "no such audience")


def test_a_campaign_is_changed_by_who_read_it_as_it_stands(ads, acme):
    added = acme.add_campaign("acme", ads.new("campaign"), [ads.audience])
    assert acme.campaign("acme", added.name) == added
    paused = acme.change_campaign("acme", added, "paused")
    assert paused.state == "paused"
    with pytest.raises(Outdated):
        acme.change_campaign("acme", added, "running")
    assert acme.change_campaign("acme", paused, "running").state == "running"


def test_a_list_is_read_page_by_page_as_one(ads, acme):
    names = [acme.add_campaign("acme", ads.new("campaign"), [ads.audience]).name for _ in range(5)]
    acme._wire.limit = 2
    found = [one.name for one in acme.campaigns("acme")]
    assert found == sorted(set(found))
    assert set(names) <= set(found)


def test_the_ad_server_asks_for_people_by_handles_that_the_registry_gives(ads, acme):
    subject, name = ads.subjects[0], ads.new("campaign")
    acme.add_campaign("acme", name, [ads.audience])
    with Client(ads.served.base, ads.key("service"), ads.served.key("service", "registry")) as server:
        known, stranger = server.handle(subject), server.handle("nobody-in-any-audience")
        reached, unreached = server.decide([known, stranger])
    assert ("acme", name) in [(one.advertiser, one.campaign) for one in reached.reached]
    assert (reached.handle, unreached.reached) == (known, ())
