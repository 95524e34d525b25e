"""Challenges over HTTP: answered alone and together, by a person and by nobody, with a passkey alone; resets by two."""

import json
import threading
import uuid
from datetime import UTC, datetime

import pytest

from apis import enrolled, of, proof
from authenticator import Authenticator
from solely.errors import Unavailable
from solely.web.api.once import Once

pytestmark = pytest.mark.server
ORIGIN = "http://localhost:8000"


@pytest.fixture
def security(api):
    return api.as_("service", "security")


def started(ask, subject, **more):
    begun = ask("POST", of(subject, "challenges"), json=more)
    assert begun.status_code == 201, begun.text
    return begun.json()


def test_a_challenge_is_passed_once_and_proves_something_for_a_while(security, subject):
    factor, app = enrolled(security, subject)
    shown = proof(security, subject, factor, app)
    assert (shown["act"], shown["kind"], "otp" in shown["amr"]) == ("sign-in", "totp", True)
    again = security("GET", of(subject, f"proofs/{shown['id']}"), params={"max_age": 60, "act": "sign-in"})
    assert again.json()["id"] == shown["id"]
    other = security("GET", of(subject, f"proofs/{shown['id']}"), params={"act": "pay"})
    assert other.json()["type"] == "urn:solely:problem:proof-needed"
    used = security(
        "POST", of(subject, f"challenges/{shown['id']}/answers"), json={"factor": factor, "answer": "123456"}
    )
    assert used.status_code in {401, 404}


def test_a_wrong_answer_is_counted_and_told_as_such(security, subject):
    factor, _ = enrolled(security, subject)
    begun = started(security, subject)
    answers = of(subject, f"challenges/{begun['id']}/answers")
    told = [security("POST", answers, json={"factor": factor, "answer": "000000"}) for _ in range(12)]
    assert told[0].json()["type"] == "urn:solely:problem:wrong-answer"
    assert told[-1].status_code == 429
    assert "000000" not in "".join(one.text for one in told)


def test_for_someone_nobody_knows_a_challenge_looks_the_same_and_is_never_passed(security, subject):
    begun = started(security, subject)
    told = security(
        "POST", of(subject, f"challenges/{begun['id']}/answers"), json={"answer": "1", "factor": begun["id"]}
    )
    assert told.status_code in {401, 404}


def test_an_answer_says_of_which_factor_its_code_is(security, subject):
    begun = started(security, subject)
    told = security("POST", of(subject, f"challenges/{begun['id']}/answers"), json={"answer": "123456"})
    assert (told.status_code, told.json()["where"]) == (400, "factor")


def test_answers_at_the_same_time_are_each_their_own(security, subject):
    """They share their commits, and one right answer still passes one challenge, once."""
    people = [f"{subject}-{n}" for n in range(6)]
    apps = {one: enrolled(security, one) for one in people}
    begun = {one: started(security, one)["id"] for one in people}
    told, go = {}, threading.Barrier(2 * len(people))

    def answer(place, one, right):
        factor, app = apps[one]
        code = app.code(datetime.now(UTC), steps=1) if right else "000000"
        go.wait(20)
        path = of(one, f"challenges/{begun[one]}/answers")
        told[place] = (right, security("POST", path, json={"factor": factor, "answer": code}).status_code)

    each = [threading.Thread(target=answer, args=((one, right), one, right)) for one in people for right in (0, 1)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    assert [status for right, status in told.values() if right] == [200] * len(people)
    assert {status for right, status in told.values() if not right} <= {401, 404}


def test_the_answer_under_a_key_is_the_first_one_though_a_challenge_is_passed_once(security, subject):
    factor, app = enrolled(security, subject)
    begun, headers = started(security, subject), {"idempotency-key": str(uuid.uuid4())}
    given = {"factor": factor, "answer": app.code(datetime.now(UTC), steps=1)}
    path = of(subject, f"challenges/{begun['id']}/answers")
    first, second = (security("POST", path, json=given, headers=headers) for _ in range(2))
    assert (first.status_code, second.content) == (200, first.content)


def test_an_answer_that_was_lost_before_it_was_told_is_the_same_when_it_is_asked_again(
    security, own_login, subject, monkeypatch
):
    factor, app = enrolled(security, subject)
    begun, headers = started(security, subject), {"idempotency-key": str(uuid.uuid4())}
    given = {"factor": factor, "answer": app.code(datetime.now(UTC), steps=1)}
    path = of(subject, f"challenges/{begun['id']}/answers")

    def cut(*_):
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(Once, "keep", cut)
    assert security("POST", path, json=given, headers=headers).status_code == 503
    monkeypatch.undo()
    assert security("POST", path, json=given, headers=headers).status_code == 503  # it may be at work yet
    owner = own_login("owner")
    owner.execute("UPDATE security.requests SET until = now() WHERE answer IS NULL")
    told = security("POST", path, json=given, headers=headers)
    assert (told.status_code, told.json()["proof"]["id"]) == (200, begun["id"])
    assert security("POST", path, json=given).status_code == 404


def test_whoever_answers_with_a_passkey_is_signed_in_unnamed(security, subject):
    begun = security("POST", of(subject, "factors"), json={"kind": "passkey", "account": subject}).json()
    passkey = Authenticator(origin=ORIGIN)
    created = {"factor": begun["factor"], "answer": passkey.create(begun["passkey"])}
    confirmed = security("POST", of(subject, f"challenges/{begun['challenge']}/answers"), json=created)
    assert confirmed.status_code == 200, confirmed.text
    asked = security("POST", "/v1/sign-ins").json()
    told = security("POST", f"/v1/sign-ins/{asked['id']}/answers", json={"answer": passkey.get(asked["passkey"])})
    assert (told.status_code, told.json()["subject"]) == (200, subject)
    assert told.json()["proof"]["phishing_resistant"]


@pytest.mark.parametrize("answer", [{}, {"id": 1}, {"id": "\x00", "response": []}, {"response": {"x": "\ud800"}}, "x"])
def test_what_no_browser_returns_signs_nobody_in(security, answer):
    asked = security("POST", "/v1/sign-ins").json()
    body, headers = json.dumps({"answer": answer}), {"content-type": "application/json"}
    told = security("POST", f"/v1/sign-ins/{asked['id']}/answers", content=body, headers=headers)
    assert told.status_code in {400, 401}


def test_a_person_can_not_say_that_a_password_was_checked(api, subject):
    token = api.token(subject, "security")
    told = api.ask("POST", of(subject, "challenges"), token, json={"after_password": True})
    assert (told.status_code, told.json()["where"]) == (403, "after_password")


def test_a_password_is_set_with_the_one_that_stands_and_checked(security, subject):
    path = of(subject, "password")
    first = {"password": "a river runs through 7 towns"}
    assert security("PUT", path, json=first).status_code == 204
    assert security("POST", f"{path}/checks", json=first).status_code == 204
    assert security("POST", f"{path}/checks", json={"password": "something else"}).status_code == 401
    other = {"password": "a hill stands by 9 lakes"}
    assert security("PUT", path, json=other).status_code in {401, 403}
    assert security("PUT", path, json={**other, "current": first["password"]}).status_code == 204


def test_a_challenge_is_cancelled_and_a_recovery_begun(security, subject):
    enrolled(security, subject)
    begun = started(security, subject)
    assert security("DELETE", of(subject, f"challenges/{begun['id']}")).status_code == 204
    assert security("POST", of(subject, "recoveries"), json={}).json()["act"] == "recover"
    assert security("PUT", of(subject, "language"), json={"language": "pt-BR"}).status_code == 204


def test_a_reset_takes_two_officers(api, security, subject):
    enrolled(security, subject)
    one, other = api.key("officer", "security"), api.key("officer", "security", "second-officer")
    asked = api.ask("POST", of(subject, "resets"), one).json()["reset"]
    path = of(subject, f"resets/{asked}/approval")
    assert api.ask("POST", path, one).status_code == 403
    assert api.ask("POST", path, other).status_code == 204
    assert security("GET", of(subject, "factors")).json() == {"items": []}
