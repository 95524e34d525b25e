"""Signing up with consent, and in with a password and a second step, for a platform that has people do so here."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from uuid import UUID

from solely.client.pages.asked import Cookie, Reply
from solely.client.pages.check import Check
from solely.client.pages.visit import SIGN_IN, Accounts, Offer, Visit, passkey_of, proof_cookie, uuid_of
from solely.client.pages.words import words
from solely.errors import BadInput, SolelyError, Throttled, WrongAnswer

__all__ = [
    "check",
    "passkey",
    "passkey_answer",
    "password",
    "password_form",
    "sign_in",
    "sign_in_form",
    "sign_out",
    "sign_up",
    "sign_up_form",
]

_STEP, _STEP_SECONDS = "solely-step", 600
_LONGEST_NAME = 64


def sign_up_form(visit: Visit) -> Reply:
    """What one signs up with, and what is asked beside it: nothing of that is ticked."""
    return _sign_up(visit)


def _sign_up(visit: Visit, error: SolelyError | None = None) -> Reply:
    offers = [(number, one) for number, one in enumerate(visit.site.offers) if not (one.marketing and visit.asked.gpc)]
    return visit.show(
        "sign-up",
        error.status if error else 200,
        error=words(error) if error else "",
        offers=offers,
        kinds=sorted({one.kind for _, one in offers}),
        values=visit.asked.form,
    )


def sign_up(visit: Visit) -> Reply:
    """An account, its password, and what its person gave: all of it, or nothing."""
    accounts, name, request = _accounts(visit), visit.field("name"), visit.asked.request
    try:
        wanted = _wanted(visit)
        _check_name(name)
        subject = accounts.create(request, name)
    except SolelyError as error:
        return _sign_up(visit, error)
    try:
        chosen = visit.asked.form.get("password", "")
        visit.client.set_password(subject, chosen, words=[name, visit.site.service])
        _give(visit, subject, wanted)
    except SolelyError as error:
        accounts.remove(request, subject)
        with suppress(SolelyError):  # of what was told is the one that came first
            visit.client.erase(subject)
        return _sign_up(visit, error)
    accounts.sign_in(request, subject)
    return visit.go("two-step?said=welcome")


def _check_name(name: str) -> None:
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput("choose a name", where="name", cure=f"it has up to {_LONGEST_NAME} characters")


def _wanted(visit: Visit) -> list[tuple[Offer, str]]:
    """What is given, and the contact for it: what is needed, and what was ticked."""
    found = []
    for number, one in enumerate(visit.site.offers):
        if one.needed or visit.field(f"offer-{number}"):
            value = visit.field(one.kind)
            if not value:
                kind = {"email": "e-mail address", "phone": "phone number"}[one.kind]
                raise BadInput(f"your {kind} is needed for that", where=one.kind, cure="")
            found.append((one, value))
    return found


def _give(visit: Visit, subject: str, wanted: list[tuple[Offer, str]]) -> None:
    gpc = visit.asked.gpc
    for one, value in wanted:
        visit.client.give(subject, one.kind, value, one.purpose, one.notice, gpc=gpc and one.marketing)
    if gpc:
        visit.client.preferences(subject, gpc=True)


def sign_in_form(visit: Visit) -> Reply:
    """Name and password, or a passkey."""
    return visit.show("sign-in", name="")


def sign_in(visit: Visit) -> Reply:
    """A password is checked; whoever has a second step goes there. A wrong name is told as a wrong password."""
    accounts, name = _accounts(visit), visit.field("name")
    subject = accounts.find(visit.asked.request, name)
    typed = visit.asked.form.get("password", "")
    try:
        # For nobody the same is asked, so that it takes as long.
        someone = subject or f"nobody-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        visit.client.check_password(someone, typed, source=visit.asked.source)
    except Throttled as error:
        return visit.show("sign-in", error.status, name=name, error=words(error))
    except WrongAnswer:
        subject = None
    if subject is None:
        said = "The name or the password is not right."
        return visit.show("sign-in", WrongAnswer.status, name=name, error=said)
    return _second_step(visit, subject)


def _second_step(visit: Visit, subject: str) -> Reply:
    """By all of a person's factors, those that can't be used at the moment too: else they would be a way around it."""
    if all(one.state == "pending" for one in visit.client.factors(subject)):
        return _signed_in(visit, subject)
    begun = visit.client.challenge(subject, after_password=True)
    said = visit.site.signer.write("step", {"subject": subject, "challenge": str(begun.id)})
    page = _check(visit, subject).begin(begun)
    return Reply(page.status, page.body, page.type, page.headers, (Cookie(_STEP, said, _STEP_SECONDS),))


def check(visit: Visit) -> Reply:
    """The second step."""
    step = visit.site.signer.read("step", visit.asked.cookies.get(_STEP, ""))
    if not step or step["challenge"] != visit.field("challenge"):
        return visit.go("sign-in")
    outcome = _check(visit, step["subject"]).take()
    if isinstance(outcome, Reply):
        return outcome
    assert outcome.proof is not None  # only a recovery asks for more, and none is started here
    return _signed_in(visit, step["subject"], outcome.proof.id)


def _check(visit: Visit, subject: str) -> Check:
    return Check(visit, subject, "sign-in/check", "One more step", "Show that it is you.", {})


def passkey(visit: Visit) -> Reply:
    """A challenge for whoever answers it with a passkey: nobody is named."""
    begun = visit.client.sign_in()
    return visit.show("passkey", challenge=begun.id, passkey=dict(begun.passkey or {}))


def passkey_answer(visit: Visit) -> Reply:
    """Whose passkey answered is signed in: a passkey that knows its person is two factors in one."""
    challenge = uuid_of(visit.field("challenge"))
    if challenge is None:
        return visit.go("sign-in")
    try:
        answer = passkey_of(visit.asked.form.get("answer", ""))
        found = visit.client.sign_in_answer(challenge, answer, source=visit.asked.source)
    except (WrongAnswer, Throttled, BadInput) as error:
        return visit.show("sign-in", error.status, name="", error=words(error))
    if "mfa" not in found.proof.amr:
        said = "This security key alone is one factor. Sign in with your password, then use it as the second step."
        return visit.show("sign-in", 401, name="", error=said)
    return _signed_in(visit, found.subject, found.proof.id)


def _signed_in(visit: Visit, subject: str, proof: UUID | None = None) -> Reply:
    _accounts(visit).sign_in(visit.asked.request, subject)
    return visit.leave(visit.site.home, Cookie(_STEP, "", 0), proof_cookie(SIGN_IN, proof))


def password_form(visit: Visit) -> Reply:
    """The password that stands, and another."""
    return visit.show("password")


def password(visit: Visit) -> Reply:
    """Another password takes the place of the one that stands, by whoever knows that."""
    form = visit.asked.form
    try:
        visit.client.set_password(
            visit.subject, form.get("password", ""), current=form.get("current", ""), words=[visit.site.service]
        )
    except (BadInput, WrongAnswer, Throttled) as error:
        return visit.show("password", error.status, error=words(error))
    return visit.go("privacy?said=password")


def sign_out(visit: Visit) -> Reply:
    """The session ends."""
    _accounts(visit).sign_out(visit.asked.request)
    return visit.go("sign-in")


def _accounts(visit: Visit) -> Accounts:
    assert visit.site.accounts is not None  # these pages are there for a platform that has them
    return visit.site.accounts
