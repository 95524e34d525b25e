"""Whom uses affected, over HTTP: counted for the officer who asks, and named once two officers agreed."""

import pytest

from offices import new

pytestmark = pytest.mark.server

PEOPLE = 5
WHY = {"reason": "data-breach", "case": "C-1"}


@pytest.fixture(scope="module")
def met(api, tmp_path_factory):
    """An advertiser whose list met five people: its name, and their ids."""
    advertiser, people = new("advertiser"), [new("met-") for _ in range(PEOPLE)]
    backend = api.as_("service", "registry")
    for one in people:
        body = {"kind": "email", "value": f"{one}@example.com", "purpose": "tailored-audiences"}
        body |= {"notice": {"version": "affected", "text": "Advertisers bring lists, and we match yours."}}
        assert backend("POST", f"/v1/subjects/{one}/givings", json=body).status_code == 201
    customers = tmp_path_factory.mktemp("met") / "list.csv"
    customers.write_text("email\n" + "".join(f"{one}@example.com\n" for one in people))
    api.solely.match(customers, advertiser, "summer")
    return advertiser, sorted(people)


@pytest.fixture
def officers(api):
    keys = [api.key("officer", "registry"), api.key("officer", "registry", "second-of-registry")]
    return [lambda method, path, key=key, **more: api.ask(method, path, key, **more) for key in keys]


@pytest.fixture
def incident(officers, met):
    """An incident that asks whom that advertiser's list met."""
    made = officers[0]("POST", "/v1/incidents", json={"title": "A list met people", "id": new("inc-")}).json()
    path = f"/v1/incidents/{made['incident']}"
    narrowed = officers[0]("POST", f"{path}/narrow", json={"question": {"audiences": [f"{met[0]}/summer"]}})
    assert (narrowed.status_code, narrowed.json()["people"]) == (200, PEOPLE)
    return path


@pytest.fixture
def agree(officers):
    """A function: two officers agree that a scope is disclosed."""

    def opened(scope):
        one = officers[0]("POST", "/v1/approvals", json={"act": "disclosure", "scope": scope, **WHY}).json()
        assert officers[1]("POST", f"/v1/approvals/{one['approval']}/approve").status_code == 200

    return opened


def pages(ask, path, limit=2, **params):
    """All items, one page after another."""
    found, cursor = [], {}
    while cursor is not None:
        answer = ask("GET", path, params={"limit": limit, **params, **cursor})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= limit
        found += answer.json()["items"]
        cursor = {"cursor": answer.json()["next"]} if answer.json()["next"] else None
    return found


def test_how_many_are_affected_is_told_by_a_question_and_by_an_incident(officers, met, incident):
    advertiser, _ = met
    counted = officers[0]("POST", "/v1/affected", json={"advertisers": [advertiser]}).json()
    assert (counted["people"], counted["by_audience"]) == (PEOPLE, {f"{advertiser}/summer": PEOPLE})
    assert officers[1]("GET", f"{incident}/affected").json() == counted
    assert officers[0]("POST", "/v1/affected", json={}).status_code == 400
    assert officers[0]("POST", "/v1/affected", json={"advertisers": ["nobody-we-know"]}).status_code == 404


def test_who_they_are_takes_two_officers_and_is_told_page_by_page_to_who_asked(api, officers, met, incident, agree):
    path = f"{incident}/people"
    assert officers[0]("GET", path).status_code == 403
    agree(incident.rpartition("/")[2])
    assert sorted(one["subject"] for one in pages(officers[0], path)) == met[1]
    assert officers[1]("GET", path).status_code == 403
    (act, *_) = [one for one in api.solely.uses(met[1][0]).uses.acts if one.what == "disclosure"]
    assert act.by == "officer officer-of-registry"


def test_once_it_asks_another_question_they_agree_anew(officers, met, incident, agree):
    agree(incident.rpartition("/")[2])
    page = officers[0]("GET", f"{incident}/people", params={"limit": 2}).json()
    officers[0]("POST", f"{incident}/narrow", json={"question": {"advertisers": [met[0]], "purposes": ["two-factor"]}})
    for params in ({}, {"cursor": page["next"]}):
        assert officers[0]("GET", f"{incident}/people", params=params).status_code == 403


def test_a_later_page_is_of_the_time_of_the_first(api, officers, met, incident, agree, tmp_path):
    officers[0]("POST", f"{incident}/narrow", json={"question": {"advertisers": [met[0]]}})
    agree(incident.rpartition("/")[2])
    first = officers[0]("GET", f"{incident}/people", params={"limit": PEOPLE - 1}).json()
    backend, late = api.as_("service", "registry"), new("met-")
    body = {"kind": "email", "value": f"{late}@example.com", "purpose": "tailored-audiences"}
    backend("POST", f"/v1/subjects/{late}/givings", json=body | {"notice": {"version": "affected"}})
    (tmp_path / "list.csv").write_text(f"email\n{late}@example.com\n")
    api.solely.match(tmp_path / "list.csv", met[0], "winter")
    rest = officers[0]("GET", f"{incident}/people", params={"cursor": first["next"]}).json()
    assert late not in {one["subject"] for one in rest["items"]}
    assert len(first["items"]) + len(rest["items"]) == PEOPLE


def test_members_of_an_audience_take_two_officers(officers, met, agree):
    advertiser, people = met
    path = f"/v1/advertisers/{advertiser}/audiences/summer/members"
    assert officers[0]("GET", path).status_code == 403
    agree(f"{advertiser}/summer")
    assert sorted(pages(officers[0], path)) == people
    assert officers[0]("GET", f"/v1/advertisers/{advertiser}/audiences/none/members").status_code == 404


def test_who_was_told_takes_two_officers(officers, incident, agree):
    assert officers[0]("GET", f"{incident}/told").status_code == 403
    agree(incident.rpartition("/")[2])
    assert pages(officers[0], f"{incident}/told", state=["sent", "failed"]) == []
    assert officers[0]("GET", f"{incident}/told", params={"state": "typed-secret"}).status_code == 400


@pytest.mark.parametrize("cursor", ["bm9uZQ", "MjAyNi0wMS0wMSAx", "OTk5OTk5OTk5OTk", "MjAyNi0wMS0wMVQwMDowMDowMFogLTE"])
def test_a_cursor_that_is_none_is_told_so(officers, met, incident, agree, cursor):
    agree(incident.rpartition("/")[2])
    agree(f"{met[0]}/summer")
    for path in (f"{incident}/people", f"/v1/advertisers/{met[0]}/audiences/summer/members"):
        assert officers[0]("GET", path, params={"cursor": cursor}).status_code == 400


def test_a_cursor_of_a_time_to_come_is_none(officers, incident, agree):
    agree(incident.rpartition("/")[2])
    cursor = "MjE5OS0wMS0wMVQwMDowMDowMCswMDowMCAw"  # 2199-01-01T00:00:00+00:00 0
    assert officers[0]("GET", f"{incident}/people", params={"cursor": cursor}).status_code == 400
