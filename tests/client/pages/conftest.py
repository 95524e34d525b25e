"""A platform with all pages, before the real service; and people who visit it, each with a browser of their own."""

from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware

from apis import at_port
from people import App
from solely.client.fastapi import SessionAccounts, pages_router
from solely.client.pages import Notice, Offer, Pages
from visitors import Visitor

SECRET = "a secret of sixteen bytes at least"
OFFERS = (
    Offer("service-notice", "News about your account", Notice(version="p1", text="About your account."), needed=True),
    Offer("two-factor", "Codes by e-mail", Notice(version="p1", text="Codes, <b>and</b> nothing else.")),
    Offer("tailored-audiences", "Advertisements", Notice(version="p1", text="Advertisers may."), marketing=True),
)


@pytest.fixture(scope="session")
def platform(client):
    """The application; its people by name are `state.people`."""
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.state.people = {}
    app.state.accounts = SessionAccounts(app.state.people)
    app.state.pages = Pages(
        client,
        "Chirp",
        OFFERS,
        SECRET,
        app.state.accounts.current,
        accounts=app.state.accounts,
        home="/account/privacy",
    )
    app.include_router(pages_router(app.state.pages))
    with at_port(app) as base:
        app.state.base = base
        yield app


@pytest.fixture
def browser(platform):
    """A function: another browser."""
    with ExitStack() as stack:
        yield lambda: Visitor(stack.enter_context(httpx.Client(base_url=platform.state.base, timeout=20)))


@pytest.fixture
def visitor(browser):
    return browser()


@pytest.fixture
def person(visitor, subject):
    """Someone who signed up a moment ago, by the name of `subject`."""
    visitor.sign_up(subject)
    assert visitor.at == "two-step", visitor.text
    return visitor


@pytest.fixture
def app_of():
    """A function: the authenticator app of a key that was typed."""
    return lambda key: App(f"otpauth://totp/x?secret={quote(key)}&algorithm=SHA1&digits=6&period=30")


@pytest.fixture
def with_app(person, app_of):
    """The same, with an authenticator app; and that app."""
    app = person.add_app(app_of)
    person.send("two-step/confirm", code=app.code(datetime.now(UTC)))
    assert person.at == "two-step", person.text
    return person, app
