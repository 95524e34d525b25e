"""A platform on FastAPI: people sign up, choose what their contacts are for, prove themselves, see what is held.

SECRET=… SOLELY_URL=http://127.0.0.1:8420 SOLELY_KEYS="solely_reg_… solely_sec_…" uvicorn app:app --port 8000
"""

import os

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from solely.client import Client
from solely.client.fastapi import SessionAccounts, pages_router
from solely.client.pages import Notice, Offer, Pages

NEWS = Notice(version="1", text="We write to you about your account and this service. Never about anything else.")
CODES = Notice(version="1", text="We send codes to this address when you sign in, and nothing else.")
ADS = Notice(version="1", text="Advertisers who already have this address may have their advertisements shown to you.")

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ["SECRET"])
people: dict[str, str] = {}  # the platform's own table: who has which name
accounts = SessionAccounts(people)
client = Client(os.environ["SOLELY_URL"], *os.environ["SOLELY_KEYS"].split())
offers = (
    Offer("service-notice", "News about your account", NEWS, needed=True),
    Offer("two-factor", "Codes by e-mail", CODES),
    Offer("tailored-audiences", "Advertisements that fit you", ADS, marketing=True),
)
app.include_router(
    pages_router(Pages(client, "Chirp", offers, os.environ["SECRET"], accounts.current, accounts=accounts))
)


@app.get("/")
def home(request: Request) -> RedirectResponse:
    """Where a person lands."""
    return RedirectResponse("/account/privacy" if accounts.current(request) else "/account/sign-in")
