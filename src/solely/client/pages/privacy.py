"""What is held of a person, and what they may do about it: object, take it away, have it erased."""

from __future__ import annotations

from solely.client.pages.asked import Reply
from solely.client.pages.look import HEADERS
from solely.client.pages.two_step import step_up_to
from solely.client.pages.visit import Visit
from solely.client.pages.words import words
from solely.errors import ProofNeeded, Throttled, WrongAnswer

__all__ = ["erase", "erase_form", "export", "held", "object_to", "privacy", "start"]

_ERASE, _EXPORT = "erase-account", "take-away"
_SAID = {
    "objected": "Your objection is recorded. It counts from now on, and nothing revives what it ended.",
    "proved": "Thank you. Now take your data away.",
    "password": "Your password is changed.",
}


def start(visit: Visit) -> Reply:
    """Where one comes in by the pages' own address."""
    return visit.go("privacy")


def privacy(visit: Visit) -> Reply:
    """All of it on one page."""
    chosen = visit.client.preferences(visit.subject, gpc=visit.asked.gpc)
    return visit.show(
        "privacy",
        givings=visit.client.givings(visit.subject),
        chosen=chosen,
        objects_to_all=all(one.objects for one in chosen.items),
        titles={one.purpose: one.title for one in visit.site.offers},
        said=_SAID.get(visit.asked.query.get("said", ""), ""),
    )


def held(visit: Visit) -> Reply:
    """Each giving with the words it was given under and who used it. Contacts are shown masked."""
    return visit.show("held", held=visit.client.held(visit.subject))


def export(visit: Visit) -> Reply:
    """All of it to take away; contacts are in it whole, so whoever has a factor shows it first."""
    if _has_factors(visit) and not _is_proved(visit, _EXPORT):
        return step_up_to(visit, _EXPORT, f"{visit.asked.prefix}/privacy?said=proved")
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="my-data.zip"'}
    return Reply(200, visit.client.export(visit.subject), "application/zip", headers)


def object_to(visit: Visit) -> Reply:
    """An objection to all marketing."""
    visit.client.object_to(visit.subject)
    return visit.go("privacy?said=objected")


def erase_form(visit: Visit) -> Reply:
    """What erasing means, before it is done."""
    return _erase_form(visit)


def _erase_form(visit: Visit, error: str = "", status: int = 200) -> Reply:
    return visit.show("erase", status, by_password=not _has_factors(visit), error=error)


def erase(visit: Visit) -> Reply:
    """Everything goes, by whoever just proved who they are: with a factor, or, where there is none, the password."""
    accounts = visit.site.accounts
    if _has_factors(visit):
        if not _is_proved(visit, _ERASE):
            return step_up_to(visit, _ERASE, f"{visit.asked.prefix}/privacy/erase")
    elif accounts is not None:
        try:
            password = visit.asked.form.get("password", "")
            visit.client.check_password(visit.subject, password, source=visit.asked.source)
        except (WrongAnswer, Throttled) as error:
            return _erase_form(visit, words(error), error.status)
    visit.client.erase(visit.subject)
    if accounts is not None:
        accounts.remove(visit.asked.request, visit.subject)
        accounts.sign_out(visit.asked.request)
    return visit.leave(visit.site.home)


def _is_proved(visit: Visit, act: str) -> bool:
    proof = visit.proof(act)
    try:
        return proof is not None and bool(visit.client.prove(visit.subject, proof, act=act).id)
    except ProofNeeded:
        return False


def _has_factors(visit: Visit) -> bool:
    return any(one.state != "pending" for one in visit.client.factors(visit.subject))
