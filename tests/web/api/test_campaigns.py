"""Campaigns over HTTP: an advertiser's own, added, listed page by page, paused and resumed."""

from datetime import timedelta

import pytest

from ads import path

pytestmark = pytest.mark.server


def add(ads, name, **more):
    sent = {"name": name, "include": [ads.audience], **more}
    return ads.ask("advertiser", "POST", path("campaigns"), json=sent)


def test_a_campaign_is_told_as_it_was_added(ads):
    name, ends = ads.new("campaign"), ads.stage.time[0] + timedelta(days=30)
    added = add(ads, name, ends_at=ends.isoformat())
    assert added.status_code == 201
    told = ads.ask("advertiser", "GET", path("campaigns", name))
    assert told.json() == added.json()
    assert told.headers["etag"] == added.headers["etag"]
    assert told.json() == {
        "name": name,
        "state": "running",
        "include": [ads.audience],
        "exclude": [],
        "starts_at": ads.stage.time[0].isoformat().replace("+00:00", "Z"),
        "ends_at": ends.isoformat().replace("+00:00", "Z"),
    }


def test_it_is_paused_and_resumed_by_who_read_it_as_it_stands(ads):
    name = ads.new("campaign")
    first = add(ads, name).headers["etag"]

    def change(state, tag=None):
        headers = {"if-match": tag} if tag else {}
        return ads.ask("advertiser", "PATCH", path("campaigns", name), json={"state": state}, headers=headers)

    paused = change("paused", first)
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    outdated = change("running", first)
    assert (outdated.status_code, outdated.json()["type"]) == (412, "urn:solely:problem:outdated")
    assert change("running", paused.headers["etag"]).json()["state"] == "running"
    assert change("paused").json()["state"] == "paused"
    assert change("ended").status_code == 400


def test_they_are_listed_by_name_one_page_after_the_other(ads):
    advertiser = ads.new("advertiser")
    audience, _ = ads.stage.audience(1, advertiser)
    names = sorted(f"c{number}" for number in range(5))
    for name in reversed(names):
        sent = {"name": name, "include": [audience]}
        where = path("campaigns", advertiser=advertiser)
        assert ads.ask("advertiser", "POST", where, advertiser, json=sent).status_code == 201
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ads.ask("advertiser", "GET", where, advertiser, params=query).json()
        found, cursor, pages = [*found, *(one["name"] for one in page["items"])], page["next"], pages + 1
    assert (found, pages) == (names, 3)


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        ({"include": ["nowhere"]}, 404, "not-found"),
        ({"include": []}, 400, "bad-input"),
        ({"include": ["a"], "exclude": ["a"]}, 400, "bad-input"),
        ({"include": ["../a"]}, 400, "bad-input"),
        ({"include": ["a"], "starts_at": "0001-01-01T00:00:00+14:00"}, 400, "bad-input"),
        ({"include": ["a"], "starts_at": "2036-01-01T00:00:00"}, 400, "bad-input"),
        ({"include": ["a"], "starts_at": "2036-01-02T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z"}, 400, "bad-input"),
        ({"include": ["a"], "budget": 1}, 400, "bad-input"),
    ],
)
def test_what_is_no_campaign_is_told_so(ads, sent, status, kind):
    answer = ads.ask("advertiser", "POST", path("campaigns"), json={"name": ads.new(), **sent})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:solely:problem:{kind}")


def test_a_name_is_given_once_and_a_repeated_request_is_answered_as_the_first(ads):
    name, headers = ads.new("campaign"), {"idempotency-key": "the-first-campaign"}
    sent = {"name": name, "include": [ads.audience]}
    first, again = (ads.ask("advertiser", "POST", path("campaigns"), json=sent, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert again.headers["etag"] == first.headers["etag"]
    assert add(ads, name).status_code == 409


def test_what_is_another_advertisers_is_answered_like_what_is_not_there(ads):
    name = ads.new("campaign")
    add(ads, name)
    own = path("campaigns", name, advertiser="rival")
    assert ads.ask("advertiser", "GET", own, "rival").status_code == 404
    answers = [
        ads.ask("advertiser", method, path("campaigns", one, advertiser=advertiser), "rival", json=sent).content
        for method, sent in (("GET", None), ("PATCH", {"state": "paused"}))
        for advertiser, one in (("acme", name), ("acme", "nothing"), ("nobody", "nothing"))
    ]
    assert len(set(answers)) == 1
    assert b"does not act for that advertiser" in answers[0]
    assert ads.ask("advertiser", "GET", path("campaigns", name)).json()["state"] == "running"


@pytest.mark.parametrize("kind", ["partner", "service", "officer"])
def test_nobody_but_an_advertiser_has_campaigns(ads, kind):
    assert ads.ask(kind, "GET", path("campaigns")).status_code == 403
