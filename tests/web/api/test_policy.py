"""The policy and the notices over HTTP: as they are in force, and not sent again to who has them."""

import hashlib

import pytest

from offices import new

pytestmark = pytest.mark.server


def test_the_policy_is_told_with_its_purposes_and_its_digest(api, backend):
    answer = backend("GET", "/v1/policy")
    told, policy = answer.json(), api.solely.policy
    assert (told["digest"], told["audience_floor"]) == (policy.digest, policy.audience_floor)
    assert [one["name"] for one in told["purposes"]] == list(policy.purposes)
    (ads,) = [one for one in told["purposes"] if one["name"] == "tailored-audiences"]
    assert (ads["compartment"], ads["explicit_consent"], ads["marketing"]) == ("advertising", True, True)
    again = backend("GET", "/v1/policy", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert backend("GET", "/v1/policy", headers={"if-none-match": '"another"'}).status_code == 200


def test_notices_are_listed_page_by_page_and_each_has_its_very_words(backend, subject):
    version, words = new("9."), f"We use this to sign you in, {subject}."
    for purpose in ("two-factor", "login-alert"):
        body = {"kind": "email", "value": "ana@example.com", "purpose": purpose}
        body |= {"notice": {"version": version, "text": words, "language": "en-GB"}}
        assert backend("POST", f"/v1/subjects/{subject}/givings", json=body).status_code == 201
    found, cursor = [], {}
    while cursor is not None:
        page = backend("GET", "/v1/notices", params={"limit": 2, **cursor}).json()
        found += [(one["purpose"], one["version"]) for one in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == sorted(set(found))
    assert {("two-factor", version), ("login-alert", version)} <= set(found)
    answer = backend("GET", f"/v1/notices/two-factor/{version}")
    told = answer.json()
    assert (told["text"], told["language"]) == (words, "en-GB")
    assert told["sha256"] == hashlib.sha256(words.encode()).hexdigest()
    assert backend("GET", f"/v1/notices/two-factor/{version}", headers={"if-none-match": "*"}).status_code == 304
    assert backend("GET", "/v1/notices/two-factor/none").status_code == 404
    assert backend("GET", "/v1/notices", params={"cursor": "AA"}).status_code == 400
