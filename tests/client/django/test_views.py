"""The pages carried by Django: signed up, consented, a second step, a step up for a view, erased."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from people import App
from visitors import PASSWORD

pytestmark = pytest.mark.server


def app_of(key):
    return App(f"otpauth://totp/x?secret={quote(key)}&algorithm=SHA1&digits=6&period=30")


def test_a_person_goes_all_the_way(visitor, client, subject):
    visitor.sign_up(subject)
    assert visitor.at == "two-step"
    known = visitor.http.get("/who").text
    assert [one.purpose for one in client.givings(known)] == ["service-notice"]
    visitor.open("consent")
    visitor.send("/consent", having={"offer": "1"}, value="ana@example.com")
    assert {one.purpose for one in client.givings(known)} == {"service-notice", "tailored-audiences"}
    app = visitor.add_app(app_of)
    visitor.send("two-step/confirm", code=app.code(datetime.now(UTC)))
    visitor.send("sign-out")
    assert visitor.http.get("/who").text == "nobody"
    visitor.sign_in(subject)
    visitor.send("sign-in/check", code=app.code(datetime.now(UTC), steps=1))
    assert visitor.text == known


def test_what_takes_a_proof_is_done_by_who_comes_back_with_one(visitor, subject):
    visitor.sign_up(subject)
    app = visitor.add_app(app_of)
    visitor.send("two-step/confirm", code=app.code(datetime.now(UTC)))
    visitor.http.cookies.set("solely-proof-pay", "not-an-id")
    visitor._seen(visitor.http.get("/pay?to=bob", follow_redirects=True))
    assert visitor.page.headings == ["Show that it is you"]
    visitor.http.cookies.delete("solely-proof-pay")
    visitor.send("step-up", code=app.code(datetime.now(UTC), steps=1))
    assert (str(visitor.answer.url.path), visitor.answer.url.query, visitor.text) == ("/pay", b"to=bob", "pay")


def test_a_browsers_signal_is_passed_on(visitor, client, subject):
    visitor.sign_up(subject, headers={"Sec-GPC": "1"})
    assert all(one.objects for one in client.preferences(visitor.http.get("/who").text).items)


def test_an_account_is_erased_with_its_user(visitor, client, subject):
    visitor.sign_up(subject)
    known = visitor.http.get("/who").text
    visitor.open("privacy/erase")
    visitor.send("privacy/erase", password=PASSWORD)
    assert visitor.http.get("/who").text == "nobody"
    assert client.givings(known) == ()
    visitor.sign_in(subject)
    assert visitor.answer.status_code == 401


def test_a_form_of_elsewhere_and_what_is_no_form_changes_nothing(visitor):
    assert visitor.http.post("/account/sign-in", json={"name": "ana"}).status_code == 403
    assert visitor.http.post("/account/sign-in", data={"name": "ana", "password": "x"}).status_code == 403
    assert visitor.http.put("/account/sign-in").status_code == 405
    assert visitor.http.get("/account/nothing-here").status_code == 404
    assert visitor.http.get("/account/").headers["location"] == "/account/sign-in"


def test_every_page_carries_the_policy_and_cookies_are_for_no_script(visitor):
    visitor.open("sign-in")
    assert "default-src 'none'" in visitor.answer.headers["content-security-policy"]
    (set_cookie,) = visitor.answer.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=Lax"} <= {one.strip() for one in set_cookie.split(";")}
    assert visitor.http.get("/account/solely.css").headers["content-type"] == "text/css; charset=utf-8"
