"""What people choose about marketing over HTTP: objections that end what they reach, and what a signal does."""

import pytest

pytestmark = pytest.mark.server

ADS, OTHER_ADS = "tailored-audiences", "partner-audiences"
GPC = {"sec-gpc": "1"}
NOTICE = {"version": "p1", "text": "We use this to show you fitting adverts."}


def giving(purpose=ADS, **more):
    named = {"kind": "email", "value": "pia@example.com", "purpose": purpose, "notice": NOTICE}
    return {**named, **more}


def path(subject, what):
    return f"/v1/subjects/{subject}/{what}"


def states(backend, subject):
    return {one["purpose"]: one["state"] for one in backend("GET", path(subject, "givings")).json()["items"]}


def stance(said, purpose=ADS):
    (found,) = (one for one in said.json()["items"] if one["purpose"] == purpose)
    return {name: found[name] for name in ("objects", "by", "signalled", "told")}


def test_who_chose_nothing_objects_to_nothing(backend, subject):
    said = backend("GET", path(subject, "preferences")).json()
    assert {one["purpose"] for one in said["items"]} == {ADS, OTHER_ADS, "ad-measurement"}
    assert not any(one["objects"] for one in said["items"])
    assert (said["history"], said["signal"]) == ([], None)


def test_an_objection_ends_what_it_reaches_before_it_is_answered(backend, subject):
    for purpose in (ADS, OTHER_ADS, "two-factor"):
        assert backend("POST", path(subject, "givings"), json=giving(purpose)).status_code == 201
    said = backend("POST", path(subject, "objections"), json={"purpose": ADS}).json()
    assert said == {"new": True, "ended": {ADS: 1}, "signal": None}
    assert states(backend, subject) == {ADS: "ended", OTHER_ADS: "stands", "two-factor": "stands"}
    again = backend("POST", path(subject, "objections"), json={"purpose": ADS}).json()
    assert again == {"new": False, "ended": {}, "signal": None}
    assert backend("POST", path(subject, "objections")).json()["ended"] == {OTHER_ADS: 1}
    refused = backend("POST", path(subject, "givings"), json=giving())
    assert (refused.status_code, refused.json()["reason"]) == (400, "objected")
    told = backend("GET", path(subject, "preferences"))
    assert stance(told) == {"objects": True, "by": "person", "signalled": False, "told": False}
    assert [(one["purpose"], one["choice"]) for one in told.json()["history"]] == [(ADS, "object"), ("*", "object")]


def test_an_objection_is_lifted_for_a_purpose_and_revives_nothing(backend, subject):
    backend("POST", path(subject, "givings"), json=giving())
    backend("POST", path(subject, "objections"))
    for lifted in (True, False):
        said = backend("POST", path(subject, "objections/lift"), json={"purpose": ADS}).json()
        assert said == {"lifted": lifted, "signal": None}
    assert states(backend, subject) == {ADS: "ended"}
    assert backend("POST", path(subject, "givings"), json=giving()).status_code == 201
    assert backend("POST", path(subject, "givings"), json=giving(OTHER_ADS)).json()["reason"] == "objected"


@pytest.mark.parametrize(("purpose", "type_"), [("two-factor", "bad-input"), ("no-such", "policy-error")])
def test_only_marketing_is_objected_to(backend, subject, purpose, type_):
    for what in ("objections", "objections/lift"):
        answer = backend("POST", path(subject, what), json={"purpose": purpose})
        assert (answer.status_code, answer.json()["type"]) == (400, f"urn:solely:problem:{type_}")


@pytest.mark.parametrize("by", ["backend", "token"])
def test_a_browser_s_signal_is_an_objection_with_any_look_at_them(api, backend, subject, by):
    backend("POST", path(subject, "givings"), json=giving())
    key = api.key("service", "registry") if by == "backend" else api.token(subject)
    said = api.ask("GET", path(subject, "preferences"), key, headers=GPC)
    assert said.json()["signal"] == {"new": True, "ended": {ADS: 1}}
    assert stance(said) == {"objects": True, "by": "gpc", "signalled": True, "told": False}
    assert states(backend, subject) == {ADS: "ended"}
    assert api.ask("GET", path(subject, "preferences"), key, headers=GPC).json()["signal"] == {
        "new": False,
        "ended": {},
    }
    assert len(api.ask("GET", path(subject, "preferences"), key).json()["history"]) == 1


@pytest.mark.parametrize("said", ["0", "true", "11"])
def test_nothing_else_is_a_signal(backend, subject, said):
    answer = backend("GET", path(subject, "preferences"), headers={"sec-gpc": said}).json()
    assert (answer["signal"], answer["history"]) == (None, [])


def test_a_signal_is_honoured_before_a_giving_for_marketing_is_taken(backend, subject):
    refused = backend("POST", path(subject, "givings"), json=giving(), headers=GPC)
    assert (refused.status_code, refused.json()["reason"]) == (400, "objected")
    assert "Sec-GPC" in refused.json()["cure"]
    assert states(backend, subject) == {}
    assert stance(backend("GET", path(subject, "preferences")))["by"] == "gpc"


def test_a_signal_says_nothing_of_what_is_no_marketing(backend, subject):
    given = backend("POST", path(subject, "givings"), json=giving("two-factor"), headers=GPC)
    assert (given.status_code, given.json()["signal"]) == (201, None)
    assert backend("GET", path(subject, "preferences")).json()["history"] == []


def test_who_was_told_of_the_signal_may_give_nevertheless_and_it_says_no_more(backend, subject):
    given = backend("POST", path(subject, "givings"), json=giving(told=True), headers=GPC)
    assert (given.status_code, given.json()["signal"]) == (201, {"new": True, "ended": {}})
    again = backend("GET", path(subject, "preferences"), headers=GPC)
    assert stance(again) == {"objects": False, "by": "person", "signalled": True, "told": True}
    assert states(backend, subject) == {ADS: "stands"}
    assert stance(again, OTHER_ADS)["objects"]
    assert backend("POST", path(subject, "objections"), json={"purpose": ADS}).json()["ended"] == {ADS: 1}


def test_what_a_signal_made_is_lifted_only_by_who_was_told_of_it(backend, subject):
    lift = path(subject, "objections/lift")
    assert backend("POST", lift, json={"purpose": ADS}, headers=GPC).status_code == 403
    said = backend("POST", lift, json={"purpose": ADS, "told": True}, headers=GPC).json()
    assert said == {"lifted": True, "signal": {"new": False, "ended": {}}}
    assert backend("POST", path(subject, "givings"), json=giving(), headers=GPC).status_code == 201


def test_to_have_been_told_lifts_nothing_where_no_marketing_is_given(backend, subject):
    backend("POST", path(subject, "objections"))
    assert backend("POST", path(subject, "givings"), json=giving("two-factor", told=True)).status_code == 201
    assert len(backend("GET", path(subject, "preferences")).json()["history"]) == 1


def test_who_is_narrowed_to_a_purpose_objects_to_no_other(api, subject):
    key = api.key("service", "registry", "adverts", purposes={ADS})
    assert api.ask("POST", path(subject, "objections"), key).status_code == 403
    assert api.ask("POST", path(subject, "objections"), key, json={"purpose": OTHER_ADS}).status_code == 403
    assert api.ask("POST", path(subject, "objections/lift"), key, json={"purpose": OTHER_ADS}).status_code == 403
    assert api.ask("POST", path(subject, "objections"), key, json={"purpose": ADS}).status_code == 200
