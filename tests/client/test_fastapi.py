"""The pages carried by FastAPI: requests in, replies out; accounts by its sessions; a proof as a dependency."""

from datetime import UTC, datetime
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.middleware.sessions import SessionMiddleware

from apis import at_port
from people import App
from solely.client.fastapi import SessionAccounts, pages_router, proved
from solely.client.pages import Pages
from solely.client.verification import Proof
from solely.errors import Conflict
from visitors import Visitor

pytestmark = pytest.mark.server
SECRET = "a secret of sixteen bytes at least"


@pytest.fixture(scope="module")
def base(client):
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    accounts = SessionAccounts({})
    pages = Pages(client, "Chirp", (), SECRET, accounts.current, accounts=accounts, home="/who")
    app.include_router(pages_router(pages, "/me"))

    @app.get("/who")
    def who(request: Request) -> str | None:
        return accounts.current(request)

    @app.get("/pay")
    def pay(proof: Annotated[Proof, proved(client, accounts.current, "pay", prefix="/me")]) -> str:
        return proof.act

    with at_port(app) as found:
        yield found


@pytest.fixture
def visitor(base):
    with httpx.Client(base_url=base, timeout=20) as http:
        yield Visitor(http, "/me")


def test_what_takes_a_proof_is_done_by_who_comes_back_with_one(visitor, subject):
    visitor.sign_up(subject)
    app = visitor.add_app(lambda key: App(f"otpauth://totp/x?secret={key}&algorithm=SHA1&digits=6&period=30"))
    visitor.send("two-step/confirm", code=app.code(datetime.now(UTC)))
    visitor._seen(visitor.http.get("/pay?to=bob", follow_redirects=True))
    assert visitor.page.headings == ["Show that it is you"]
    visitor.send("step-up", code=app.code(datetime.now(UTC), steps=1))
    assert (visitor.answer.url.path, visitor.answer.url.query) == ("/pay", b"to=bob")
    assert visitor.answer.json() == "pay"


def test_a_proof_of_someone_else_or_of_nothing_does_not_count(visitor):
    visitor.http.cookies.set("solely-proof-pay", "not-an-id")
    answer = visitor.http.get("/pay")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/step-up?act=pay&next=%2Fpay")


def test_whoever_is_signed_in_is_known_until_they_sign_out(visitor, subject):
    visitor.sign_up(subject)
    assert visitor.http.get("/who").json()
    visitor.open("privacy")
    visitor.send("sign-out")
    assert visitor.http.get("/who").json() is None


def test_a_body_that_is_too_large_or_no_form_is_no_form_of_ours(visitor):
    for options in ({"content": b"x" * 500_000}, {"json": {"name": "ana"}}, {"data": {"x": "a" * 80_000}}):
        assert visitor.http.post("/me/sign-in", **options).status_code == 403


def test_a_head_request_has_the_headers_of_its_page(visitor):
    answer = visitor.http.head("/me/sign-in")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-security-policy" in answer.headers


def test_a_name_is_one_persons():
    table = {}
    accounts = SessionAccounts(table)
    subject = accounts.create(None, "ana")
    with pytest.raises(Conflict):
        accounts.create(None, "ana")
    assert accounts.find(None, "ana") == subject
    accounts.remove(None, subject)
    assert (accounts.find(None, "ana"), table) == (None, {})
