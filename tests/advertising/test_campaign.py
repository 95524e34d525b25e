"""Campaigns: what makes one, what is refused, what pausing does to the list of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from solely.advertising.campaign import Campaign
from solely.app.decisions import open_campaigns
from solely.errors import BadInput, Conflict, NotFound, Refused, Unavailable
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server


def test_a_campaign_is_listed_as_it_was_added_and_paused_and_resumed(delivery):
    stage, campaigns = delivery.stage, delivery.campaigns
    advertiser = stage.new("advertiser")
    first, second = stage.audience(1, advertiser)[0], stage.audience(1, advertiser)[0]
    now = stage.time[0]
    made = [
        Campaign(advertiser, "autumn", (first,), (second,), now, now + timedelta(days=1)),
        Campaign(advertiser, "spring", (first, second), (), now, None),
    ]
    for one in reversed(made):
        campaigns.add(one)
    assert campaigns.all_of(advertiser) == made
    campaigns.pause(advertiser, "spring")
    assert campaigns.all_of(advertiser) == [made[0], replace(made[1], state="paused")]
    campaigns.resume(advertiser, "spring")
    assert campaigns.all_of(advertiser) == made
    assert campaigns.all_of("nobody") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"include": ()}, "includes nobody"),
        ({"exclude": ("a",)}, "stands twice"),
        ({"include": ("a", "a")}, "stands twice"),
        ({"include": tuple(map(str, range(51)))}, "over 50"),
        ({"name": "a/b"}, "a campaign"),
        ({"advertiser": ""}, "an advertiser"),
        ({"exclude": ("../x",)}, "an audience"),
        ({"starts_at": datetime(2026, 1, 1)}, "a zone"),  # noqa: DTZ001 - the point
        ({"ends_at": datetime.fromisoformat("2025-01-01T00:00Z")}, "before it begins"),
    ],
)
def test_what_is_no_campaign_is_bad_input(change, words):
    start = datetime.fromisoformat("2026-01-01T00:00Z")
    whole = {"advertiser": "acme", "name": "x", "include": ("a",), "exclude": (), "starts_at": start, "ends_at": None}
    Campaign(**whole)
    with pytest.raises(BadInput, match=words):
        Campaign(**whole | change)


def test_a_campaign_takes_the_advertisers_own_audiences_of_one_purpose_alone(delivery):
    stage = delivery.stage
    own, foreign = stage.audience(1)[0], stage.audience(1, "globex")[0]
    other_purpose = stage.audience(1, purpose="partner-audiences")[0]
    for include, exclude in (((foreign,), ()), ((own,), (foreign,)), (("nowhere",), ())):
        with pytest.raises(NotFound, match="no such audience"):
            delivery.campaign(*include, exclude=exclude)
    for include, exclude in (((own, other_purpose), ()), ((own,), (other_purpose,))):
        with pytest.raises(Conflict, match="different purposes"):
            delivery.campaign(*include, exclude=exclude)


def test_a_name_is_given_once_and_one_that_is_not_there_is_not_found(delivery):
    own = delivery.stage.audience(1)[0]
    name, now = delivery.campaign(own), delivery.stage.time[0]
    with pytest.raises(Conflict, match="of that name"):
        delivery.campaigns.add(Campaign("acme", name, (own,), (), now, None))
    for change in (delivery.campaigns.pause, delivery.campaigns.resume):
        with pytest.raises(NotFound):
            change("globex", name)


def test_a_campaign_that_would_be_over_already_is_bad_input(delivery):
    own, now = delivery.stage.audience(1)[0], delivery.stage.time[0]
    with pytest.raises(BadInput, match="over already"):
        delivery.campaign(own, after=now - timedelta(days=2), days=timedelta(days=2))
    delivery.campaign(own, after=now - timedelta(days=2), days=timedelta(days=2, seconds=1))


def test_no_campaign_of_what_is_stopped_is_added_or_resumed(delivery):
    stage = delivery.stage
    own = stage.audience(1)[0]
    name, gate = delivery.campaign(own), stage.solely.parts.gate
    delivery.campaigns.pause("acme", name)
    stop = [Concern("audience", f"acme/{own}")]
    gate.contain(Words("incident", "officer ada"), stop, (), "2026-010")
    for act in (lambda: delivery.campaigns.resume("acme", name), lambda: delivery.campaign(own)):
        with pytest.raises(Refused, match="this audience is stopped"):
            act()
    gate.contain(Words("incident", "officer ada"), (), stop, "2026-010")
    delivery.campaigns.resume("acme", name)


def test_where_the_database_does_not_answer_all_say_so(delivery):
    stage = delivery.stage
    campaigns = open_campaigns(stage.solely.parts)
    campaigns.connection.close()
    one = Campaign("acme", "sale", ("spring",), (), stage.time[0], None)
    for act in (
        lambda: campaigns.add(one),
        lambda: campaigns.pause("acme", "sale"),
        lambda: campaigns.resume("acme", "sale"),
        lambda: campaigns.all_of("acme"),
    ):
        with pytest.raises(Unavailable):
            act()
