"""Incidents over HTTP, from the first hour to their end: each change to the version that was read."""

from uuid import uuid4

import pytest

from offices import new
from told import affect

pytestmark = pytest.mark.server


@pytest.fixture
def officer(api):
    return api.as_("officer", "registry")


@pytest.fixture
def opened(officer):
    """A function: an incident of a new name, and its path."""

    def open_(**facts):
        answer = officer("POST", "/v1/incidents", json={"title": "A list met people", "id": new("inc-"), **facts})
        assert answer.status_code == 201, answer.text
        return f"/v1/incidents/{answer.json()['incident']}"

    return open_


def test_it_is_opened_and_says_what_is_due_when(api, officer, opened):
    path = opened(noticed_at="2026-02-01T12:00:00Z")
    shown = officer("GET", path).json()
    assert (shown["state"], shown["version"], shown["people"]) == ("open", 1, None)
    due = {one["rule"]: one for one in shown["due"]}
    assert due["gdpr-authority"]["due"] == "2026-02-04T12:00:00Z"
    assert due["gdpr-authority"]["standing"] == "overdue"
    auditor = api.as_("auditor", "registry")
    assert auditor("GET", path).json() == shown
    assert auditor("PATCH", path, json={"title": "Mine"}).status_code == 403
    assert officer("POST", "/v1/incidents", json={"title": "x", "id": shown["incident"]}).status_code == 409
    assert officer("GET", "/v1/incidents/none-of-ours").status_code == 404


def test_an_officer_s_name_is_their_principal_s(officer, opened):
    path = opened()
    assert officer("PATCH", path, json={"title": "Another"}).json()["officer"] == "officer-of-registry"
    assert officer("PATCH", path, json={"officer": "somebody-else"}).status_code == 400


def test_who_changes_what_was_changed_since_they_read_it_changes_nothing(officer, opened):
    path = opened()
    tag = officer("GET", path).headers["etag"]
    texts = {"texts": {"nature": "A list met people it should not have."}, "began_at": "2025-12-01T00:00:00Z"}
    first = officer("PATCH", path, json=texts, headers={"if-match": tag})
    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert first.json()["texts"]["en"]["nature"] == texts["texts"]["nature"]
    late = officer("POST", f"{path}/decide", json={"answers": {"breach": True}, "why": "so"}, headers={"if-match": tag})
    assert (late.status_code, late.json()["type"]) == (412, "urn:solely:problem:outdated")
    assert officer("GET", path).json()["decisions"] == []
    assert officer("GET", path, headers={"if-none-match": first.headers["etag"]}).status_code == 304


def test_what_is_stopped_is_stopped_when_it_is_answered_and_let_go_with_a_reason(officer, opened):
    path, name = opened(), new("advertiser")
    stop = {"stops": [{"what": "advertiser", "name": name}]}
    answer = officer("POST", f"{path}/contain", json=stop)
    assert (answer.json()["state"], answer.json()["stops"]) == ("contained", stop["stops"])
    assert officer("POST", f"{path}/release", json=stop).status_code == 400
    assert officer("POST", f"{path}/release", json={**stop, "why": "mended"}).json()["stops"] == []
    assert officer("POST", f"{path}/release", json={**stop, "why": "again"}).status_code == 404
    for what, wrong in (("typed", "x"), ("advertiser", "!"), ("purpose", "x")):
        assert officer("POST", f"{path}/contain", json={"stops": [{"what": what, "name": wrong}]}).status_code == 400


def test_it_goes_to_its_end_with_everything_decided_and_told(officer, opened):
    path = opened()
    assert officer("POST", f"{path}/narrow", json={"people": 260, "records": 300}).json()["people"] == 260
    assert officer("POST", f"{path}/close", json={"why": "over"}).status_code == 409
    decided = {"answers": {"breach": True, "authority": True, "people": False}, "why": "it was looked at"}
    shown = officer("POST", f"{path}/decide", json=decided).json()
    assert {one["what"]: one["answer"] for one in shown["decisions"]} == decided["answers"]
    for rule in ("gdpr-authority", "ftc-250"):
        told = officer("POST", f"{path}/report", json={"rule": rule, "reference": "IE-1"})
        assert told.status_code == 200, told.text
    assert officer("POST", f"{path}/report", json={"rule": "no-such"}).status_code == 400
    assert officer("GET", f"{path}/progress").json()["states"]["waiting"] == 0
    assert officer("POST", f"{path}/close", json={"why": "over"}).json()["state"] == "closed"
    assert officer("PATCH", path, json={"title": "Late"}).status_code == 409


@pytest.fixture
def affecting(api, subject, tmp_path):
    """An incident of which two people are to be told."""
    names = [f"{subject}-{letter}" for letter in "ab"]
    return f"/v1/incidents/{affect(api.solely, tmp_path, names, new('advertiser'))}"


def test_the_people_are_enlisted_once_it_was_decided_and_each_is_told_after(api, officer, opened, affecting):
    assert officer("POST", f"{opened()}/notify", json={}).status_code == 409
    answer = officer("POST", f"{affecting}/notify", json={})
    assert (answer.status_code, answer.json()["states"]["waiting"]) == (202, 2)
    shown = officer("GET", affecting).json()
    assert (shown["state"], shown["officer"]) == ("notified", "officer-of-registry")
    assert officer("POST", f"{affecting}/notify", json={}).json()["states"]["waiting"] == 2
    assert officer("GET", affecting).json()["version"] == shown["version"]
    incident = affecting.rpartition("/")[2]
    assert incident in api.solely.incidents.owed()
    assert api.as_("auditor", "registry")("POST", f"{affecting}/notify", json={}).status_code == 403


def test_whom_no_message_reached_is_told_anew_where_that_is_asked(api, officer, affecting):
    officer("POST", f"{affecting}/notify", json={})
    api.solely.parts.registry.execute(
        "UPDATE registry.notified SET state = 'failed' WHERE incident = %s", [affecting.rpartition("/")[2]]
    )
    assert officer("POST", f"{affecting}/notify", json={}).json()["states"]["failed"] == 2
    again = officer("POST", f"{affecting}/notify", json={"again": ["failed"]}).json()["states"]
    assert (again["failed"], again["waiting"]) == (0, 2)
    for wrong in ("sent", "waiting", "typed-secret"):
        assert officer("POST", f"{affecting}/notify", json={"again": [wrong]}).status_code == 400


def test_nobody_is_enlisted_by_who_read_another_version(officer, affecting):
    tag = officer("GET", affecting).headers["etag"]
    officer("PATCH", affecting, json={"title": "Another"})
    assert officer("POST", f"{affecting}/notify", json={}, headers={"if-match": tag}).status_code == 412
    assert officer("GET", f"{affecting}/progress").json()["states"]["waiting"] == 0


@pytest.mark.parametrize(("to", "says"), [("people", "DRAFT"), ("authority", "Art. 33")])
def test_a_draft_is_a_page_that_runs_nothing(api, officer, opened, to, says):
    path = opened(title="A <b>list</b> met people")
    answer = officer("GET", f"{path}/drafts/{to}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert says in answer.text
    assert "<b>" not in answer.text
    assert api.as_("auditor", "registry")("GET", f"{path}/drafts/{to}").text == answer.text


def test_a_draft_is_in_the_language_that_is_asked_for(officer, affecting):
    german = officer("GET", f"{affecting}/drafts/people", params={"language": "de"}).text
    assert "Es fehlt noch" in german
    for wrong in ("people?language=xx", "press"):
        assert officer("GET", f"{affecting}/drafts/{wrong}").status_code == 400


def test_they_are_listed_page_by_page_each_once(officer, opened):
    made = {opened().rpartition("/")[2] for _ in range(3)}
    found, cursor = [], {}
    while cursor is not None:
        page = officer("GET", "/v1/incidents", params={"limit": 2, **cursor}).json()
        found += [one["incident"] for one in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == sorted(set(found))
    assert made <= set(found)


def test_opened_again_under_its_idempotency_key_it_is_one_incident(officer):
    headers, body = {"idempotency-key": str(uuid4())}, {"title": "Once"}
    first, again = (officer("POST", "/v1/incidents", json=body, headers=headers) for _ in range(2))
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotent-replayed" in again.headers


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("", {"title": "typed\x00secret"}),
        ("", {"began_at": "1999-01-01T00:00:00Z"}),
        ("", {"began_at": "2999-01-01T00:00:00Z"}),
        ("", {"language": "xx"}),
        ("/narrow", {"question": {}}),
        ("/narrow", {"question": {"advertisers": ["typed\x00secret"]}}),
        ("/narrow", {"question": {"typed-secret": ["x"]}}),
        ("/narrow", {"people": -1}),
        ("/decide", {"answers": {}, "why": "so"}),
        ("/decide", {"answers": {"typed-secret": True}, "why": "so"}),
        ("/decide", {"answers": {"breach": True}, "why": ""}),
    ],
)
def test_what_can_t_be_taken_is_told_and_not_said_again(officer, opened, what, body):
    path = opened()
    answer = officer("POST" if what else "PATCH", path + what, json=body)
    assert (answer.status_code, "secret" in answer.text) == (400, False)
    assert officer("GET", path).json()["version"] == 1
