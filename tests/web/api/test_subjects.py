"""Givings over HTTP: given, listed and withdrawn, by a backend and by the person."""

from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.server

NOTICE = {"version": "1", "text": "We use this to sign you in."}


def giving(value="ana@example.com", purpose="two-factor", kind="email", **more):
    return {"kind": kind, "value": value, "purpose": purpose, "notice": NOTICE, **more}


def path(subject, what="givings"):
    return f"/v1/subjects/{subject}/{what}"


def test_what_is_given_stands_until_it_is_withdrawn(backend, subject):
    given = backend("POST", path(subject), json=giving())
    assert given.status_code == 201
    (one,) = backend("GET", path(subject)).json()["items"]
    assert one["giving"] == given.json()["giving"]
    assert (one["purpose"], one["kind"], one["notice"], one["state"]) == ("two-factor", "email", "1", "stands")
    assert backend("POST", path(subject, "withdrawals"), json={"purpose": "two-factor"}).json() == {"ended": 1}
    assert backend("GET", path(subject)).json()["items"][0]["state"] == "ended"


def test_a_contact_is_never_told_again(backend, subject):
    backend("POST", path(subject), json=giving("very.own@example.com"))
    assert "very.own" not in backend("GET", path(subject)).text


def test_the_same_giving_is_one_giving(backend, subject):
    now = datetime.now(UTC) - timedelta(minutes=1)
    first, second = (backend("POST", path(subject), json=giving(given_at=now.isoformat())) for _ in range(2))
    assert first.json()["giving"] == second.json()["giving"]
    assert len(backend("GET", path(subject)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (giving("no contact"), "not-an-email"),
        (giving(purpose="tailored-audience"), "unknown-purpose"),
        (giving("12", kind="phone"), None),
        (giving(given_at="2999-01-01T00:00:00Z"), "given-in-the-future"),
        ({**giving(), "notice": {"version": "9"}}, "unknown-notice"),
        ({**giving(), "notice": {"version": "1", "text": "Another text."}}, "notice-changed"),
    ],
)
def test_what_can_not_be_taken_is_refused_with_its_reason(backend, subject, wrong, reason):
    backend("POST", path(f"{subject}-other"), json=giving())  # so that version 1 is known
    answer = backend("POST", path(subject), json=wrong)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["cure"]
    assert reason in {None, problem["reason"]}
    assert wrong["value"] not in answer.text
    assert backend("GET", path(subject)).json() == {"items": []}


def test_a_person_gives_and_withdraws_their_own_with_a_token(api, backend, subject):
    backend("POST", path(f"{subject}-other"), json=giving())
    token = api.token(subject)
    own = {**giving(), "notice": {"version": "1"}}
    assert api.ask("POST", path(subject), token, json=own).status_code == 201
    assert api.ask("POST", path(f"{subject}-other"), token, json=own).status_code == 403
    assert api.ask("GET", path(f"{subject}-other"), token).status_code == 403
    assert api.ask("POST", path(subject, "withdrawals"), token, json={"purpose": "two-factor"}).json() == {"ended": 1}


def test_a_person_brings_no_notice_of_their_own(api, subject):
    own = {**giving(), "notice": {"version": "77", "text": "I agree to nothing."}}
    assert api.ask("POST", path(subject), api.token(subject), json=own).status_code == 403


def test_a_principal_narrowed_to_a_purpose_gives_for_no_other(api, subject):
    key = api.key("service", "registry", "mailer", purposes={"service-notice"})
    assert api.ask("POST", path(subject), key, json=giving()).status_code == 403
    assert api.ask("POST", path(subject), key, json=giving(purpose="service-notice")).status_code == 201


def test_who_gave_nothing_has_nothing(backend, subject):
    assert backend("GET", path(subject)).json() == {"items": []}
    assert backend("POST", path(subject, "withdrawals"), json={"purpose": "two-factor"}).json() == {"ended": 0}


def test_everyone_has_a_handle_that_stays(backend, subject):
    first, second = (backend("POST", path(subject, "handle")).json()["handle"] for _ in range(2))
    assert first == second
    assert first.startswith("ad-")
    assert backend("POST", path(f"{subject}-other", "handle")).json()["handle"] != first
