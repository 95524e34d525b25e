"""A person's rights over HTTP: to be forgotten."""

import pytest

from solely.app import erased
from solely.app.starting import erasures

pytestmark = pytest.mark.server

NOTICE = {"version": "1", "text": "We use this to sign you in."}


def path(subject, what=""):
    return f"/v1/subjects/{subject}{what}"


def give(backend, subject, purpose="two-factor", value="rita@example.com"):
    one = {"kind": "email", "value": value, "purpose": purpose, "notice": NOTICE}
    answer = backend("POST", path(subject, "/givings"), json=one)
    assert answer.status_code == 201, answer.text
    return answer.json()["giving"]


def test_who_is_erased_is_unknown_when_it_is_answered_and_asked_again_it_is_the_same(solely, backend, subject):
    give(backend, subject)
    names, before = set(solely.desk.names(subject)), len(erased.read(erasures(solely.directory)))
    for _ in range(2):
        answer = backend("DELETE", path(subject))
        assert (answer.status_code, answer.content) == (204, b"")
        assert backend("GET", path(subject, "/givings")).json() == {"items": []}
    listed = list(erased.read(erasures(solely.directory)).values())
    assert len(listed) == before + 1
    assert set(listed[-1]) == names


def test_nobody_is_erased_who_is_not_on_the_list_first(solely, backend, subject, monkeypatch):
    give(backend, subject)

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(erased, "add", full)
    assert backend("DELETE", path(subject)).status_code == 500
    assert len(backend("GET", path(subject, "/givings")).json()["items"]) == 1


def test_a_person_erases_themselves_and_nobody_else(api, backend, subject):
    give(backend, subject)
    give(backend, f"{subject}-other")
    token = api.token(subject)
    assert api.ask("DELETE", path(f"{subject}-other"), token).status_code == 403
    assert api.ask("DELETE", path(subject), token).status_code == 204
    assert len(backend("GET", path(f"{subject}-other", "/givings")).json()["items"]) == 1


def test_who_is_narrowed_to_purposes_is_not_asked_about_all_of_a_person(api, backend, subject):
    give(backend, subject)
    key = api.key("service", "registry", "sign-in", purposes={"two-factor"})
    assert api.ask("DELETE", path(subject), key).status_code == 403
