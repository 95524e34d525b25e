"""What a person gives their contacts for: each by itself, under its notice, and as easily ended as given."""

from __future__ import annotations

from dataclasses import dataclass

from solely.client.contacts import Giving
from solely.client.pages.asked import Reply
from solely.client.pages.visit import Offer, Visit
from solely.client.pages.words import words
from solely.client.rights import Stance
from solely.errors import BadInput, SolelyError

__all__ = ["allow", "consent", "withdraw"]

_SAID = {"allowed": "That is recorded.", "withdrawn": "That has ended, as of now."}


@dataclass(frozen=True, slots=True)
class _Card:
    """An offer as it stands for the person. `stands` is what they gave, `against` what speaks against it."""

    number: int
    offer: Offer
    stands: Giving | None
    against: Stance | None


def consent(visit: Visit) -> Reply:
    """All that is offered, and how it stands."""
    return _page(visit, said=_SAID.get(visit.asked.query.get("said", ""), ""))


def _page(visit: Visit, error: SolelyError | None = None, said: str = "", at: int | None = None) -> Reply:
    given = {(one.purpose, one.kind): one for one in visit.client.givings(visit.subject) if one.state == "stands"}
    chosen = visit.client.preferences(visit.subject, gpc=visit.asked.gpc)
    against = {one.purpose: one for one in chosen.items if one.objects}
    cards = [
        _Card(number, one, given.get((one.purpose, one.kind)), against.get(one.purpose))
        for number, one in enumerate(visit.site.offers)
    ]
    ended = sum(chosen.signal.ended.values()) if chosen.signal else 0
    status = error.status if error else 200
    wrong = words(error) if error else ""
    return visit.show("consent", status, cards=cards, error=wrong, at_card=at, said=said, ended=ended)


def allow(visit: Visit) -> Reply:
    """A contact is given for what was offered, under the notice that was shown."""
    number, one = _offer(visit)
    gpc = visit.asked.gpc and one.marketing
    try:
        visit.client.give(
            visit.subject,
            one.kind,
            visit.field("value"),
            one.purpose,
            one.notice,
            told=one.marketing and visit.field("told") == "yes",
            gpc=gpc,
        )
    except BadInput as error:
        return _page(visit, error, at=number)
    return visit.go("consent?said=allowed")


def withdraw(visit: Visit) -> Reply:
    """What was given for it ends."""
    _, one = _offer(visit)
    visit.client.withdraw(visit.subject, one.purpose, one.kind)
    return visit.go("consent?said=withdrawn")


def _offer(visit: Visit) -> tuple[int, Offer]:
    number = visit.field("offer")
    offers = dict(enumerate(visit.site.offers))
    if not number.isascii() or not number.isdecimal() or int(number[:4]) not in offers:
        raise BadInput("that is not offered here", where="offer", cure="load the page again")
    return int(number[:4]), offers[int(number[:4])]
