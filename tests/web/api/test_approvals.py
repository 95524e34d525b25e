"""What takes two officers, over HTTP: who asked does not approve, and a person is looked at by break-glass alone."""

from uuid import uuid4

import pytest

from offices import new

pytestmark = pytest.mark.server

WHY = {"reason": "data-breach", "case": "C-1"}


@pytest.fixture
def officers(api):
    """Two of the registry, each a function that asks."""
    keys = [api.key("officer", "registry"), api.key("officer", "registry", "second-of-registry")]
    return [lambda method, path, key=key, **more: api.ask(method, path, key, **more) for key in keys]


@pytest.fixture
def asked(officers):
    """A function: what the first officer asks for."""

    def ask(**about):
        answer = officers[0]("POST", "/v1/approvals", json={"act": "disclosure", **WHY, **about})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return ask


def act(one, what):
    return f"/v1/approvals/{one['approval']}/{what}"


def test_one_asks_and_another_approves(officers, asked):
    first, second = officers
    one = asked(scope="acme/summer", minutes=5)
    assert (one["state"], one["asked_by"], one["uses"]) == ("asked", "officer-of-registry", 0)
    own = first("POST", act(one, "approve"))
    assert (own.status_code, own.json()["type"]) == (403, "urn:solely:problem:refused")
    approved = second("POST", act(one, "approve")).json()
    assert (approved["state"], approved["approved_by"]) == ("open", "second-of-registry")
    assert second("POST", act(one, "approve")).status_code == 403
    assert first("GET", f"/v1/approvals/{one['approval']}").json() == approved
    assert first("GET", f"/v1/approvals/{uuid4()}").status_code == 404


def test_any_officer_refuses_or_ends_it(officers, asked):
    one = asked(scope="acme/summer")
    assert officers[1]("POST", act(one, "end")).json()["state"] == "ended"
    assert officers[1]("POST", act(one, "approve")).status_code == 403
    assert officers[0]("POST", act(one, "end")).status_code == 404


def test_they_are_listed_newest_first_page_by_page_and_an_auditor_sees_them_too(api, asked):
    made = [asked(scope=f"acme/{new('list')}")["approval"] for _ in range(5)]
    auditor = api.as_("auditor", "registry")
    found, cursor = [], {}
    while cursor is not None:
        page = auditor("GET", "/v1/approvals", params={"limit": 2, **cursor}).json()
        found += [one["approval"] for one in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found[:5] == made[::-1]
    assert len(found) == len(set(found))
    for wrong in ("bm9uZQ", "WyJhIiwiYiJd", "WyIyMDI2LTAxLTAxIiwiYiJd"):
        assert auditor("GET", "/v1/approvals", params={"cursor": wrong}).status_code == 400
    assert auditor("POST", "/v1/approvals", json={"act": "disclosure", "scope": "a/b", **WHY}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": "typed-secret"},
        {},
        {"scope": "acme/a", "reason": "typed-secret"},
        {"scope": "acme/a", "case": "typed secret"},
        {"scope": "acme/a", "minutes": 481},
        {"scope": "typed-secret!"},
        {"act": "officers", "scope": "Typed-Secret"},
    ],
)
def test_what_can_t_be_asked_for_is_told_and_not_said_again(officers, wrong):
    answer = officers[0]("POST", "/v1/approvals", json={"act": "disclosure", **WHY, **wrong})
    assert answer.status_code == 400
    assert "secret" not in answer.text.lower()


def test_an_officer_looks_at_one_person_by_break_glass_and_they_see_that(api, officers, backend, asked, subject):
    giving = {"kind": "email", "value": f"{subject}@example.com", "purpose": "two-factor"}
    for one in (subject, f"{subject}-other"):
        body = giving | {"notice": {"version": "1", "text": "We use this to sign you in."}}
        assert backend("POST", f"/v1/subjects/{one}/givings", json=body).status_code == 201
    path = f"/v1/subjects/{subject}/givings"
    assert officers[0]("GET", path).status_code == 403
    one = asked(act="break-glass", person=subject)
    assert one["person"] not in {None, subject}
    assert officers[0]("GET", path).status_code == 403
    assert officers[1]("POST", act(one, "approve")).json()["state"] == "open"
    assert len(officers[0]("GET", path).json()["items"]) == 1
    assert officers[1]("GET", path).status_code == 403
    assert officers[0]("GET", f"/v1/subjects/{subject}-other/givings").status_code == 403
    uses = api.solely.uses(subject).uses.acts
    assert [use.details["step"] for use in uses if use.what == "break-glass"] == ["asked", "approved", "used"]
    assert officers[0]("POST", act(one, "end")).json()["uses"] == 1
    assert officers[0]("GET", path).status_code == 403


def test_a_third_officer_takes_two_and_what_opened_it_is_used_up(api, officers, asked):
    name = new("third-")
    body = {"name": name, "kind": "officer"}
    assert officers[0]("POST", "/v1/principals", json=body).status_code == 403
    one = asked(act="officers", scope=name)
    officers[1]("POST", act(one, "approve"))
    key = officers[0]("POST", "/v1/principals", json=body).json()["key"]
    assert api.ask("GET", "/v1/approvals", key, params={"limit": 1}).status_code == 200
    assert officers[1]("POST", f"/v1/principals/{name}/keys", json={}).status_code == 403
    assert officers[0]("DELETE", f"/v1/principals/{name}").status_code == 204
