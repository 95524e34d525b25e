"""Who may come to a page, from where a form may come, and what every reply carries."""

import httpx
import pytest

from solely.client import Client, Retry
from solely.client.pages import Asked, Pages
from solely.errors import BadInput

SECRET = "a secret of sixteen bytes at least"


def asked(path="privacy", method="GET", **more):
    known = {"prefix": "/me", "host": "chirp.example", "secure": True, "headers": {}, "cookies": {}, "query": {}}
    return Asked(method=method, path=path, **known | {"form": {}, "source": None, "request": None} | more)


def pages(subject="ana", **more):
    def down(request):
        raise httpx.ConnectError("no", request=request)

    client = Client("https://solely.example", "solely_reg_x", transport=httpx.MockTransport(down), retry=Retry(0.01))
    return Pages(client, "Chirp", (), SECRET, lambda _: subject, **more)


@pytest.mark.server
@pytest.mark.parametrize("path", ["", "privacy", "consent", "two-step", "step-up?act=pay", "privacy/erase"])
def test_a_page_of_ones_own_is_for_who_is_signed_in(visitor, path):
    visitor.open(path)
    assert visitor.at == "sign-in"


def test_without_accounts_nobody_signs_up_or_in_here():
    for method, path in (("GET", "sign-up"), ("POST", "sign-in"), ("POST", "sign-out"), ("GET", "password")):
        assert pages().reply(asked(path, method)).status == 404
    assert dict(pages(None, home="/log-in").reply(asked()).headers)["Location"] == "/log-in"


def test_a_page_that_is_not_there_is_not_found():
    assert pages().reply(asked("secrets")).status == 404
    assert pages().reply(asked("privacy", "DELETE")).status == 404


@pytest.mark.server
@pytest.mark.parametrize(
    "spoiled",
    [
        {"token": ""},
        {"token": "x" * 43},
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"cookie": ""},
        {"cookie": "A" * 32},
    ],
)
def test_a_form_of_elsewhere_changes_nothing(person, platform, client, subject, spoiled):
    person.open("privacy")
    if "cookie" in spoiled:
        person.http.cookies.delete("solely-form")
        person.http.cookies.set("solely-form", spoiled["cookie"])
    fields = {"token": spoiled["token"]} if "token" in spoiled else {}
    person.send("privacy/object", headers=spoiled.get("headers", {}), **fields)
    assert person.answer.status_code == 403
    assert not any(one.objects for one in client.preferences(platform.state.people[subject]).items)


@pytest.mark.server
def test_a_form_that_was_shown_to_someone_else_changes_nothing(person, browser, subject):
    person.open("privacy")
    token = person.page.form("privacy/object").fields["token"]
    other = browser()
    other.sign_up(f"{subject}-b")
    other.open("privacy")
    other.send("privacy/object", token=token)
    assert other.answer.status_code == 403


def test_every_reply_carries_the_policy():
    for path in ("privacy", "secrets", "solely.css"):
        headers = pages().reply(asked(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.server
def test_cookies_are_for_no_script_and_no_other_site(person):
    person.http.cookies.clear()
    person.open("sign-in")
    (set_cookie,) = person.answer.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=lax"} <= {one.strip() for one in set_cookie.split(";")}


def test_where_the_service_does_not_answer_the_person_is_told_so():
    reply = pages().reply(asked())
    assert reply.status == 503
    assert b"nothing was changed" in reply.body


def test_a_name_is_shown_as_text():
    assert b"<script>alert" not in pages("<script>alert(1)</script>").reply(asked("secrets")).body
    client = Client("https://solely.example", "solely_reg_x", transport=httpx.MockTransport(lambda _: None))
    made = Pages(client, "<script>alert(1)</script>", (), SECRET, lambda _: "ana")
    assert b"<script>alert" not in made.reply(asked("secrets")).body


def test_a_secret_that_could_be_guessed_is_refused():
    with pytest.raises(BadInput):
        Pages(None, "Chirp", (), "short", lambda _: None)


def test_templates_of_the_platforms_own_take_the_place_of_ours(tmp_path):
    (tmp_path / "problem.html").write_text("{{ service }} says: {{ error }}")
    assert pages(templates=tmp_path).reply(asked("secrets")).body == b"Chirp says: There is no such page."
