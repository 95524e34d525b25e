"""Decisions over HTTP: for the ad server alone, by handles, and in the ledger before they are told."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from ads import PEOPLE, Ads, path
from apis import served
from solely.advertising.decision import MOST
from solely.advertising.handle import write_handle
from solely.app.decisions import open_decisions

pytestmark = pytest.mark.server
TOO_MANY = [write_handle("advertising", uuid4())] * (MOST + 1)


@pytest.fixture(scope="module")
def sale(ads):
    """A campaign of an advertiser of its own, and whom it reaches."""
    advertiser, name = ads.new("advertiser"), ads.new("campaign")
    audience, subjects = ads.stage.audience(PEOPLE, advertiser)
    sent = {"name": name, "include": [audience]}
    added = ads.ask("advertiser", "POST", path("campaigns", advertiser=advertiser), advertiser, json=sent)
    assert added.status_code == 201
    return [{"advertiser": advertiser, "campaign": name}], subjects


def decided(ads, handles, **options):
    return ads.ask("service", "POST", "/v1/decisions", json={"handles": handles}, **options)


def test_who_is_in_a_campaigns_audience_is_reached_and_nobody_else(ads, sale):
    reached, subjects = sale
    handles = [ads.handle(one) for one in [*subjects[:2], ads.new("stranger")]]
    handles.append(write_handle("advertising", uuid4()))
    answer = decided(ads, handles)
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [one["handle"] for one in items] == handles
    assert [one["reached"] for one in items] == [reached, reached, [], []]
    acts = ads.solely.uses(subjects[0]).uses.acts
    assert acts[-1].details["campaign"] == reached[0]["campaign"]


def test_many_that_ask_at_once_are_each_told_their_own(ads, sale):
    """More handles than one batch may have, in requests that are answered together."""
    reached, subjects = sale
    mine = [ads.handle(one) for one in subjects[:12]]
    fill = [write_handle("advertising", uuid4()) for _ in range(300)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda one: decided(ads, [one, *fill]).json()["items"], mine))
    assert [one[0]["handle"] for one in answers] == mine
    assert [one[0]["reached"] for one in answers] == [reached] * 12
    assert {len(one) for one in answers} == {301}
    assert len(mine) * 301 > MOST


def test_whom_campaigns_can_reach_is_held_in_memory_once_whoever_asks(ads, sale, monkeypatch):
    opened = []

    def counted(parts):
        opened.append(parts)
        return open_decisions(parts)

    monkeypatch.setattr("solely.web.api.decisions.open_decisions", counted)
    with served(ads.solely, ("advertising",)) as at, ThreadPoolExecutor(8) as pool:
        at._keys = ads.served._keys
        ads.key("advertiser")
        other = Ads(ads.stage, at)
        handles = [ads.handle(one) for one in sale[1][:40]]

        def ask(handle):
            other.ask("advertiser", "GET", path("audiences"))  # so that all threads are at work
            return decided(other, [handle]).json()["items"][0]["reached"]

        answers = list(pool.map(ask, handles))
    assert answers == [sale[0]] * 40
    assert len(opened) == 1


@pytest.mark.parametrize("handles", [[], ["ana"], [write_handle("measurement", uuid4())], TOO_MANY])
def test_what_is_no_handle_too_few_and_too_many_are_bad_input_and_not_repeated(ads, handles):
    answer = decided(ads, handles)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:solely:problem:bad-input"
    assert not handles or handles[0] not in answer.text


@pytest.mark.parametrize("kind", ["advertiser", "partner", "officer"])
def test_nobody_but_the_ad_server_asks(ads, kind):
    answer = ads.ask(kind, "POST", "/v1/decisions", json={"handles": [ads.handle(ads.subjects[0])]})
    assert answer.status_code == 403


def test_a_withdrawal_that_returned_is_never_followed_by_a_decision_through_it(ads, sale):
    reached, subjects = sale
    assert decided(ads, [ads.handle(subjects[-1])]).json()["items"][0]["reached"] == reached
    ads.solely.withdraw(subjects[-1], "tailored-audiences")
    assert decided(ads, [ads.handle(subjects[-1])]).json()["items"][0]["reached"] == []
