"""SMS through any gateway that takes JSON: a template says what is sent, tables say what the answer means.

- `{to}` (+ and digits), `{digits}`, `{text}` and `{send}` stand in texts of the template; headers know `{send}` alone.
- Values are put in once: a text that holds `{send}` itself is sent as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from solely.contact import Contact
from solely.errors import BadInput
from solely.settings import check_url
from solely.verification.senders.gateway import Answer, Gateway, at
from solely.verification.senders.port import Channel, Message, SendFailed, Verdict, reference_of

__all__ = ["Generic"]

_PLACE = re.compile(r"\{(to|digits|text|send)\}")


@dataclass(frozen=True, slots=True)
class Generic:
    """`statuses` says what an HTTP status means, `values` what the text or number at `verdict_at` does, if named.

    A status in `success` without a verdict of `values` is a success; all that is not named is `next`.
    `reference_at` is where the gateway's own id stands. Raises BadInput for a template without number or text.
    """

    gateway: Gateway = field(repr=False)
    url: str
    template: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # they hold a key
    success: frozenset[int] = frozenset({200, 201, 202})
    statuses: Mapping[int, Verdict] = field(default_factory=dict)
    verdict_at: str = ""
    values: Mapping[str, Verdict] = field(default_factory=dict)
    reference_at: str = ""
    countries: frozenset[str] = frozenset()
    channel: ClassVar[Channel] = "sms"

    def __post_init__(self) -> None:
        check_url(self.url)
        named = set(_places(self.template))
        if "text" not in named or not named & {"to", "digits"}:
            raise BadInput("a template sends no number or no text", where=self.name, cure="use {to} and {text} in it")

    @property
    def name(self) -> str:
        return self.gateway.name

    def send(self, contact: Contact, message: Message, *, send: UUID) -> str:
        number = contact.expose()
        words = {"to": number, "digits": number.removeprefix("+"), "text": message.text, "send": str(send)}
        headers = {name: value.replace("{send}", words["send"]) for name, value in self.headers.items()}
        answer = self.gateway.post(self.url, json=_filled(self.template, words), headers=headers)
        if verdict := self._verdict(answer):
            raise SendFailed(verdict, self.name)
        return reference_of(at(answer.content, self.reference_at), contact, send)

    def close(self) -> None:
        self.gateway.close()

    def _verdict(self, answer: Answer) -> Verdict | None:
        said = at(answer.content, self.verdict_at) if self.verdict_at else None
        if said is not None and str(said) in self.values:
            return self.values[str(said)]
        return None if answer.status in self.success else self.statuses.get(answer.status, "next")


def _filled(part: Any, words: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return _PLACE.sub(lambda place: words[place[1]], part)
    if isinstance(part, Mapping):
        return {name: _filled(value, words) for name, value in part.items()}
    return [_filled(value, words) for value in part] if isinstance(part, list) else part


def _places(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield from _PLACE.findall(part)
    elif isinstance(part, (Mapping, list)):
        for value in part.values() if isinstance(part, Mapping) else part:
            yield from _places(value)
