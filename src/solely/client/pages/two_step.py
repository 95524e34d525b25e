"""Two-step verification: factors seen, added, confirmed, removed; and the step up that comes before what matters."""

from __future__ import annotations

import re
from typing import get_args
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from solely.client.pages.asked import Reply
from solely.client.pages.check import Check
from solely.client.pages.look import picture
from solely.client.pages.visit import SIGN_IN, Offer, Visit, local, passkey_of, proof_cookie, uuid_of
from solely.client.pages.words import words
from solely.client.verification import Enrolment, FactorKind
from solely.errors import BadInput, Conflict, ProofNeeded, SolelyError, Throttled, WrongAnswer

__all__ = ["MANAGE", "add", "confirm", "lost", "remove", "step_up", "step_up_answer", "step_up_to", "two_step"]

MANAGE = "manage-factors"
_ACT = re.compile(r"[a-z][a-z0-9-]{0,63}")
_CODES = "two-factor"
_SAID = {
    "welcome": "Your account is ready. Add a way to prove that it is you, so that a stolen password opens nothing.",
    "added": "That is added. You will be asked for it when you sign in.",
    "removed": "That is removed.",
    "lost": "That is switched off: it signs nobody in any more.",
    "proved": "Thank you. Now go on with what you wanted to change.",
}


def two_step(visit: Visit) -> Reply:
    """A person's factors, and what may be added."""
    if visit.asked.gpc:
        visit.client.preferences(visit.subject, gpc=True)
    return _page(visit, said=_SAID.get(visit.asked.query.get("said", ""), ""))


def _page(visit: Visit, error: SolelyError | None = None, said: str = "") -> Reply:
    factors = [one for one in visit.client.factors(visit.subject) if one.state in {"active", "disabled"}]
    status = error.status if error else 200
    wrong = words(error) if error else ""
    return visit.show("two-step", status, factors=factors, by_email=_by_email(visit), error=wrong, said=said)


def _by_email(visit: Visit) -> Offer | None:
    """The offer under which an address is given for codes."""
    return next((one for one in visit.site.offers if (one.purpose, one.kind) == (_CODES, "email")), None)


def add(visit: Visit) -> Reply:
    """A factor is begun; what it holds is shown once."""
    kind = next((one for one in get_args(FactorKind) if one == visit.field("kind")), None)
    if kind is None:
        raise BadInput("that can't be added", where="kind", cure="load the page again")
    try:
        giving = _given(visit) if kind == "email" else None
        begun = visit.client.enrol(
            visit.subject,
            kind,
            name=visit.field("name"),
            account=visit.field("name") or visit.site.service,
            giving=giving,
            proof=_proof(visit),
            source=visit.asked.source,
        )
    except ProofNeeded as error:
        return _prove_first(visit, error)
    except (BadInput, Conflict, Throttled) as error:
        return _page(visit, error)
    return _confirm(visit, begun)


def _given(visit: Visit) -> UUID:
    """The address that codes are sent to, given for that."""
    offer = _by_email(visit)
    if offer is None:
        raise BadInput("that can't be added", where="kind", cure="load the page again")
    return visit.client.give(visit.subject, "email", visit.field("value"), _CODES, offer.notice).giving


def _confirm(visit: Visit, begun: Enrolment) -> Reply:
    return visit.show(
        "confirm",
        kind=begun.kind,
        factor=begun.factor,
        challenge=begun.challenge,
        picture=picture(begun.uri) if begun.uri else "",
        secret=_secret(begun.uri) if begun.uri else "",
        codes=begun.codes,
        passkey=dict(begun.passkey) if begun.passkey else None,
    )


def _secret(uri: str) -> str:
    """The same to be typed: groups of four, which apps read."""
    text = parse_qs(urlsplit(uri).query)["secret"][0]
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def confirm(visit: Visit) -> Reply:
    """A factor's first right answer; from then on it counts."""
    challenge, factor = uuid_of(visit.field("challenge")), uuid_of(visit.field("factor"))
    if challenge is None or factor is None:
        raise BadInput("the form can't be read", where="challenge", cure="start again")
    try:
        passkey = visit.asked.form.get("answer")
        answer = passkey_of(passkey) if passkey else visit.field("code")
        visit.client.answer(visit.subject, challenge, answer, factor, source=visit.asked.source)
    except (WrongAnswer, Throttled, BadInput) as error:
        kept = {"kind": visit.field("kind"), "factor": factor, "challenge": challenge}
        shown = {"picture": "", "secret": "", "codes": (), "passkey": None}  # that was for once
        return visit.show("confirm", error.status, error=words(error), **kept, **shown)
    return visit.go("two-step?said=added")


def remove(visit: Visit) -> Reply:
    """A factor is removed, by whoever just proved who they are."""
    try:
        visit.client.remove_factor(visit.subject, _factor(visit), proof=_proof(visit))
    except ProofNeeded as error:
        return _prove_first(visit, error)
    return visit.go("two-step?said=removed")


def lost(visit: Visit) -> Reply:
    """A factor is switched off at once."""
    visit.client.report_lost(visit.subject, _factor(visit))
    return visit.go("two-step?said=lost")


def _factor(visit: Visit) -> UUID:
    factor = uuid_of(visit.field("factor"))
    if factor is None:
        raise BadInput("the form can't be read", where="factor", cure="load the page again")
    return factor


def _proof(visit: Visit) -> UUID | None:
    """What was proved for this, or a moment ago at the sign-in."""
    return visit.proof(MANAGE) or visit.proof(SIGN_IN)


def _prove_first(visit: Visit, error: ProofNeeded) -> Reply:
    """To the step up; whoever was there already is told what is wanted."""
    if visit.proof(MANAGE) is not None:
        return _page(visit, error)
    return step_up_to(visit, MANAGE, f"{visit.asked.prefix}/two-step?said=proved")


def step_up_to(visit: Visit, act: str, after: str) -> Reply:
    """To the page on which a person proves anew who they are, and back."""
    return visit.go(f"step-up?{urlencode({'act': act, 'next': after})}")


def step_up(visit: Visit) -> Reply:
    """A challenge for one act."""
    check = _check(visit, visit.asked.query.get("act", ""), visit.asked.query.get("next", ""))
    return check.begin(visit.client.challenge(visit.subject, check.hidden["act"]))


def step_up_answer(visit: Visit) -> Reply:
    """What was proved is kept in the browser by its id; the service knows whose it is, and how old."""
    check = _check(visit, visit.field("act"), visit.field("next"))
    outcome = check.take()
    if isinstance(outcome, Reply):
        return outcome
    assert outcome.proof is not None  # only a recovery asks for more, and none is started here
    return visit.leave(check.hidden["next"], proof_cookie(check.hidden["act"], outcome.proof.id))


def _check(visit: Visit, act: str, after: str) -> Check:
    if not _ACT.fullmatch(act):
        raise BadInput("there is no such act", where="act", cure="go back, and try again")
    hidden = {"act": act, "next": local(after, visit.site.home)}
    return Check(visit, visit.subject, "step-up", "Show that it is you", "This comes before what matters.", hidden)
