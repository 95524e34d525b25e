"""An answer: status, body, content type and headers, as it is sent and as it is kept for who asks again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import BaseModel
from starlette.responses import Response

__all__ = ["JSON", "OK", "Answer", "answer_of", "read_answer", "unless_known"]

JSON = "application/json"
OK = 200


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What is answered. An empty body has no type."""

    status: int
    body: bytes = b""
    type: str = JSON
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def response(self) -> Response:
        """As it is sent."""
        headers = {**self.headers, "content-type": self.type} if self.body else dict(self.headers)
        return Response(self.body, self.status, headers)

    def to_bytes(self) -> bytes:
        """As it is kept."""
        head = json.dumps([self.status, self.type, dict(self.headers)]).encode()
        return head + b"\n" + self.body


def read_answer(data: bytes) -> Answer:
    """An answer as `to_bytes` wrote it."""
    head, _, body = data.partition(b"\n")
    status, type_, headers = json.loads(head)
    return Answer(status, body, type_, headers)


def answer_of(said: BaseModel | Answer | None, status: int, headers: Mapping[str, str]) -> Answer:
    """What an endpoint returned, as an answer: a model is JSON, nothing is an empty body."""
    if isinstance(said, Answer):
        return said
    body = said.model_dump_json(by_alias=True).encode() if said is not None else b""
    return Answer(status, body, headers=MappingProxyType(dict(headers)))


def unless_known(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """That it was not changed (304), to who has it already, as their `If-None-Match` says (RFC 9110 §13.1.2)."""
    tag = answer.headers.get("etag")
    known = {one.strip().removeprefix("W/") for one in asked.get("if-none-match", "").split(",")}
    if tag is None or answer.status != OK or not known & {tag, "*"}:
        return answer
    return Answer(304, headers=MappingProxyType({"etag": tag}))
