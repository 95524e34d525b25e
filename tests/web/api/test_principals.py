"""Principals over HTTP: keys shown once, narrowed by who read them, revoked at once; tokens for one person."""

import re
from uuid import uuid4

import pytest

from offices import new

pytestmark = pytest.mark.server

KEY = re.compile(r"solely_reg_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}")


@pytest.fixture
def officer(api):
    return api.as_("officer", "registry")


@pytest.fixture
def added(officer):
    """A function: a service of a new name, as it was added."""

    def add(**scope):
        answer = officer("POST", "/v1/principals", json={"name": new("web-"), "kind": "service", **scope})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return add


def one(made, *rest):
    return "/".join((f"/v1/principals/{made['name']}", *rest))


def test_a_key_is_shown_once_and_opens_what_it_may_at_once(api, officer, added):
    made = added(acts=["read", "tokens.mint"], purposes=["two-factor"], days=10)
    assert KEY.fullmatch(made["key"])
    shown = officer("GET", one(made))
    assert made["key"] not in shown.text
    assert (shown.json()["acts"], shown.json()["purposes"]) == (["read", "tokens.mint"], ["two-factor"])
    (key,) = shown.json()["keys"]
    assert (key["id"], key["stands"], key["used_on"], key["expires_at"]) == (made["id"], True, None, made["expires_at"])
    assert api.ask("GET", "/v1/subjects/nobody/givings", made["key"]).status_code == 200
    assert officer("GET", one(made)).json()["keys"][0]["used_on"] is not None
    assert api.ask("GET", "/v1/policy", made["key"]).status_code == 403


def test_asked_again_under_its_idempotency_key_it_is_the_same_key_and_kept_in_no_clear(api, officer, own_login):
    headers, body = {"idempotency-key": str(uuid4())}, {"name": new("web-"), "kind": "service"}
    first, again = (officer("POST", "/v1/principals", json=body, headers=headers) for _ in range(2))
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    kept = own_login("owner").execute("SELECT answer FROM registry.requests WHERE answer IS NOT NULL").fetchall()
    assert kept
    assert not any(first.json()["key"].encode() in bytes(answer) for (answer,) in kept)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"kind": "subject"}, 400),
        ({"kind": "typed-secret"}, 400),
        ({"name": "typed secret"}, 400),
        ({"acts": ["typed-secret"]}, 400),
        ({"acts": []}, 400),
        ({"purposes": ["typed-secret"]}, 400),
        ({"days": 366}, 400),
        ({"typed-secret": 1}, 400),
        ({"kind": "officer"}, 403),
    ],
)
def test_who_can_t_be_added_is_not(officer, api, changed, status):
    api.key("officer", "registry", "second-of-registry")
    answer = officer("POST", "/v1/principals", json={"name": new("web-"), "kind": "service", **changed})
    assert answer.status_code == status
    assert "typed" not in answer.text


def test_a_name_that_stands_is_not_taken_again(officer, added):
    answer = officer("POST", "/v1/principals", json={"name": added()["name"], "kind": "service"})
    assert answer.json()["type"] == "urn:solely:problem:conflict"


def test_they_are_listed_page_by_page_each_once(officer, added):
    names = {added()["name"] for _ in range(5)}
    found, cursor = [], {}
    while cursor is not None:
        page = officer("GET", "/v1/principals", params={"limit": 2, **cursor}).json()
        assert len(page["items"]) <= 2
        found += [one["name"] for one in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == sorted(set(found))
    assert names <= set(found)
    assert officer("GET", "/v1/principals", params={"cursor": "AA"}).status_code == 400
    assert officer("GET", "/v1/principals", params={"limit": 0}).status_code == 400


def test_who_narrows_what_was_changed_since_they_read_it_changes_nothing(officer, added):
    made = added()
    tag = officer("GET", one(made)).headers["etag"]
    assert officer("GET", one(made), headers={"if-none-match": tag}).status_code == 304
    answer = officer("PATCH", one(made), json={"acts": ["read", "give"]}, headers={"if-match": tag})
    assert (answer.status_code, answer.json()["acts"]) == (200, ["give", "read"])
    late = officer("PATCH", one(made), json={"acts": ["read"]}, headers={"if-match": tag})
    assert (late.status_code, late.json()["type"]) == (412, "urn:solely:problem:outdated")
    assert answer.headers["etag"] == officer("GET", one(made)).headers["etag"] != tag
    assert officer("GET", one(made)).json()["acts"] == ["give", "read"]
    assert officer("PATCH", one(made), json={"acts": ["erase"]}).status_code == 409
    assert officer("PATCH", one(made), json={}).status_code == 400


def test_a_principal_that_is_revoked_and_its_tokens_open_nothing_from_then_on(api, officer, added, subject):
    made = added()
    token = api.ask("POST", "/v1/tokens", made["key"], json={"subject": subject}).json()["token"]
    path = f"/v1/subjects/{subject}/givings"
    assert api.ask("GET", path, token).status_code == 200
    assert (answer := officer("DELETE", one(made))).status_code == 204
    assert answer.content == b""
    assert [api.ask("GET", path, key).status_code for key in (token, made["key"])] == [401, 401]
    assert officer("DELETE", one(made)).status_code == 404
    assert officer("GET", one(made)).json()["ended_at"] is not None


def test_keys_are_rotated_with_overlap_by_an_officer_and_by_their_owner_and_revoked_one_by_one(api, officer, added):
    made = added(acts=["read"])
    path = "/v1/subjects/nobody/givings"
    second = officer("POST", one(made, "keys"), json={"overlap_hours": 1}).json()
    third = api.ask("POST", "/v1/keys", second["key"], json={}).json()
    assert len({made["key"], second["key"], third["key"]}) == 3
    assert {api.ask("GET", path, one_["key"]).status_code for one_ in (made, second, third)} == {200}
    listed = api.ask("GET", "/v1/keys", third["key"]).json()["items"]
    assert [key["id"] for key in listed] == [third["id"], second["id"], made["id"]]
    assert officer("DELETE", one(made, "keys", made["id"])).status_code == 204
    assert api.ask("DELETE", f"/v1/keys/{second['id']}", third["key"]).status_code == 204
    assert [api.ask("GET", path, one_["key"]).status_code for one_ in (made, second, third)] == [401, 401, 200]
    assert api.ask("DELETE", f"/v1/keys/{second['id']}", third["key"]).status_code == 404


def test_nobody_sees_or_revokes_another_s_key_by_their_own_routes(api, added):
    mine, other = added(), added()
    assert api.ask("DELETE", f"/v1/keys/{other['id']}", mine["key"]).status_code == 404
    assert [key["id"] for key in api.ask("GET", "/v1/keys", mine["key"]).json()["items"]] == [mine["id"]]


def test_a_partner_acts_for_an_advertiser_while_it_is_agreed(api):
    officer, name = api.as_("officer", "advertising"), new("brokers-")
    assert officer("POST", "/v1/principals", json={"name": name, "kind": "partner"}).status_code == 201
    path = f"/v1/principals/{name}/agreements/acme"
    ends = {"begins": "2026-01-01T00:00:00Z", "ends": "2036-01-01T00:00:00Z"}
    assert officer("PUT", path, json=ends).json() == {"advertiser": "acme", **ends}
    backend = api.as_("service", "advertising")
    assert backend("PUT", path, json={}).json()["ends"] is None
    (agreed,) = officer("GET", f"/v1/principals/{name}").json()["agreements"]
    assert (agreed["advertiser"], agreed["ends"]) == ("acme", None)
    assert officer("PUT", path, json={"ends": "2020-01-01T00:00:00Z"}).status_code == 400
    assert officer("DELETE", path).status_code == 204
    assert officer("DELETE", path).status_code == 404


def test_a_token_speaks_for_one_person_and_for_what_it_was_minted(api, backend, subject):
    minted = backend("POST", "/v1/tokens", json={"subject": subject, "acts": ["read"], "seconds": 60})
    assert minted.status_code == 201
    token = minted.json()["token"]
    assert api.ask("GET", f"/v1/subjects/{subject}/givings", token).status_code == 200
    assert api.ask("GET", f"/v1/subjects/{subject}-other/givings", token).status_code == 403
    body = {"purpose": "two-factor"}
    assert api.ask("POST", f"/v1/subjects/{subject}/withdrawals", token, json=body).status_code == 403
    assert api.ask("GET", "/v1/keys", token).status_code == 403
    for wrong in ({"acts": ["members"]}, {"seconds": 901}, {"subject": "typed\x00secret"}, {"subject": ""}):
        answer = backend("POST", "/v1/tokens", json={"subject": subject, **wrong})
        assert (answer.status_code, "typed" in answer.text) == (400, False)
