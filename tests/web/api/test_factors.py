"""Factors and devices over HTTP: enrolled, seen, renamed, lost, removed with a proof; devices trusted and known."""

import pytest

from apis import enrolled, of, proof

pytestmark = pytest.mark.server


@pytest.fixture
def security(api):
    return api.as_("service", "security")


def test_a_factor_is_enrolled_seen_and_renamed(security, subject):
    factor, _ = enrolled(security, subject, name="my phone")
    assert security("PATCH", of(subject, f"factors/{factor}"), json={"name": "old phone"}).status_code == 204
    (one,) = security("GET", of(subject, "factors")).json()["items"]
    assert (one["id"], one["kind"], one["name"], one["state"]) == (factor, "totp", "old phone", "active")


def test_what_is_shown_once_is_shown_no_more(security, subject):
    begun = security("POST", of(subject, "factors"), json={"kind": "totp", "account": subject}).json()
    assert begun["uri"].startswith("otpauth://")
    assert "otpauth" not in security("GET", of(subject, "factors")).text


def test_of_someone_nobody_knows_there_is_nothing(security, subject):
    assert security("GET", of(subject, "factors")).json() == {"items": []}
    assert security("GET", of(subject, "devices")).json() == {"items": []}


def test_removing_needs_a_proof(security, subject):
    factor, app = enrolled(security, subject)
    refused = security("DELETE", of(subject, f"factors/{factor}"))
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:solely:problem:proof-needed")
    shown = proof(security, subject, factor, app, act="manage-factors", password=False)
    done = security("DELETE", of(subject, f"factors/{factor}"), params={"proof": shown["id"]})
    assert done.status_code == 204, done.text
    assert security("GET", of(subject, "factors")).json() == {"items": []}


def test_a_lost_factor_is_off_at_once(security, subject):
    factor, _ = enrolled(security, subject)
    assert security("POST", of(subject, f"factors/{factor}/lost")).status_code == 204
    assert security("GET", of(subject, "factors")).json()["items"][0]["state"] == "disabled"


def test_a_device_is_trusted_known_once_by_each_token_and_revoked(security, subject):
    factor, app = enrolled(security, subject)
    shown = proof(security, subject, factor, app)
    trusted = security("POST", of(subject, "devices"), json={"proof": shown["id"], "name": "laptop"})
    assert trusted.status_code == 201, trusted.text
    known = {"token": trusted.json()["token"], "after_password": True}
    again = security("POST", of(subject, "recognised-devices"), json=known)
    assert again.status_code == 200, again.text
    assert again.json()["token"] != known["token"]
    (one,) = security("GET", of(subject, "devices")).json()["items"]
    assert security("DELETE", of(subject, f"devices/{one['id']}")).json() == {"revoked": 1}
    assert security("DELETE", of(subject, "devices")).json() == {"revoked": 0}


def test_a_person_cares_for_their_own_factors_and_nobody_elses(api, subject):
    def ask(method, path, **options):
        return api.ask(method, path, api.token(subject, "security"), **options)

    factor, _ = enrolled(ask, subject)
    assert ask("GET", of(subject, "factors")).json()["items"][0]["id"] == factor
    assert ask("GET", of(f"{subject}-other", "factors")).status_code == 403
