"""A challenge as a page: a code is typed, or sent first, or a passkey is used; as often as there are tries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solely.client.pages.asked import Reply
from solely.client.pages.visit import Visit, passkey_of, uuid_of
from solely.client.pages.words import words
from solely.client.verification import Challenge, Factor, Outcome
from solely.errors import BadInput, SolelyError, Throttled, WrongAnswer

__all__ = ["Check"]

_SENT = frozenset({"sms", "email"})


@dataclass(frozen=True, slots=True)
class Check:
    """Shows a person's challenge and takes what they answer to it. `hidden` goes along with the form."""

    visit: Visit
    subject: str
    action: str
    title: str
    lead: str
    hidden: Mapping[str, str]

    def begin(self, challenge: Challenge) -> Reply:
        """The page of a challenge that was just started."""
        passkey = json.dumps(dict(challenge.passkey)) if challenge.passkey else ""
        return self._page(str(challenge.id), passkey, challenge.factors)

    def take(self) -> Outcome | Reply:
        """What was proved; or the page again, where a code was to be sent, or the answer is not right."""
        visit = self.visit
        challenge = uuid_of(visit.field("challenge"))
        if challenge is None:
            raise BadInput("the form can't be read", where="challenge", cure="start again")
        try:
            if send := uuid_of(visit.field("send")):
                visit.client.send_code(self.subject, challenge, send, source=visit.asked.source)
                return self._again(said="A code is on its way to you.")
            if passkey := visit.asked.form.get("answer"):
                return visit.client.answer(self.subject, challenge, passkey_of(passkey), source=visit.asked.source)
            factor, code = uuid_of(visit.field("factor")), visit.field("code")
            return visit.client.answer(self.subject, challenge, code, factor, source=visit.asked.source)
        except (WrongAnswer, Throttled, BadInput) as error:
            return self._again(error)

    def _again(self, error: SolelyError | None = None, said: str = "") -> Reply:
        """The same challenge again: what was sent for it stays good."""
        factors = [one for one in self.visit.client.factors(self.subject) if one.state == "active"]
        fields = self.visit.field("challenge"), self.visit.asked.form.get("passkey", "")
        return self._page(*fields, factors, error=error, said=said)

    def _page(
        self,
        challenge: str,
        passkey: str,
        factors: Sequence[Factor],
        error: SolelyError | None = None,
        said: str = "",
    ) -> Reply:
        typed = [one for one in factors if one.kind != "passkey"]
        shown: dict[str, Any] = {
            "title": self.title,
            "lead": self.lead,
            "action": self.action,
            "hidden": self.hidden,
            "challenge": challenge,
            "passkey": passkey,
            "typed": typed,
            "sent": [one for one in typed if one.kind in _SENT],
            "chosen": self.visit.field("factor") or self.visit.field("send"),
        }
        status = error.status if error else 200
        return self.visit.show("check", status, error=words(error) if error else "", said=said, **shown)
