"""Routes: each says in one place who may come by it, what it does, and whether it may be done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.errors import Outdated, Refused, SolelyError
from solely.principal import Home, Principal
from solely.store.requests import Request
from solely.web.api.answer import JSON, Answer
from solely.web.api.kinds import check_kind
from solely.web.api.taking import Taking

__all__ = [
    "FIRST",
    "LAST",
    "Body",
    "Call",
    "Given",
    "Name",
    "Outcomes",
    "Route",
    "Said",
    "Subject",
    "Time",
    "Together",
    "etag",
]

# Visible ASCII without the slash: what stands in a path as it is, and comes out as it went in.
Subject = Annotated[
    str,
    Path(
        min_length=1,
        max_length=128,
        pattern=r"^[!-.0-~]+$",
        description="the platform's own opaque id of a person",
        examples=["ana"],
    ),
]
Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="an opaque id", examples=["shop"])]

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Time = Annotated[AwareDatetime, Field(ge=FIRST, lt=LAST)]  # any calendar has these, in any zone


class Body(BaseModel):
    """What is sent: nothing beside what is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        check_kind(cls.model_fields[info.field_name or ""].annotation, value)
        return value


class Said(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)

    def headers(self) -> Mapping[str, str]:
        """What is told of it in headers, names in small letters."""
        return {}


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One request at work: who calls, the parts of this thread, and the headers as they came (names in small).

    `request`: as what it is known when it is asked again, where it came under an idempotency key; `begun_at`: when it
    was begun under that key, for the first time.
    """

    parts: Parts
    principal: Principal
    headers: Mapping[str, str]
    request: Request | None = None
    begun_at: datetime | None = None

    @property
    def ground(self) -> Ground:
        """What this process stands on."""
        return self.parts.ground

    @property
    def home(self) -> Home:
        """The compartment that is asked."""
        return self.principal.compartment

    @property
    def now(self) -> datetime:
        """The time."""
        return self.parts.ground.clock()

    @property
    def asked_at(self) -> datetime:
        """When it was asked for, the first time where it was cut off and is done again; never in the future here."""
        now = self.now
        return min(self.begun_at or now, now)  # another machine's clock may be ahead

    def asserts_password(self, said: bool) -> bool:  # noqa: FBT001 - as it was said
        """Whether a password was checked before, as said. Raises Refused where a person says it, not the platform."""
        if said and self.principal.kind == "subject":
            raise Refused("only the platform can say that", where="after_password", cure="leave it out")
        return said

    def check_match(self, tag: str) -> None:
        """Raise Outdated where the caller changes what they read, and it was changed since: their `If-Match` says."""
        asked = self.headers.get("if-match")
        if asked is not None and asked != "*" and tag not in {one.strip() for one in asked.split(",")}:
            raise Outdated("it was changed since it was read", where="If-Match", cure="read it again, then change it")


Given = Mapping[str, Any]  # what FastAPI read of path, query and body, by the endpoint's own names
Outcomes = Sequence["BaseModel | Answer | Taking | SolelyError | None"]
Together = Callable[[Parts, Sequence[tuple[Call, Given]]], Outcomes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route: `endpoint` takes a Call as `call`, and by name what it reads of path, query and body.

    `homes`: the compartments that answer it, each for its own keys. `act`: the right it takes, of principal/rights.py.
    `said`: what it answers, where the endpoint does not say. `again`: whether doing it twice is as doing it once, where
    the first time was cut off. `together`: does several at once. `slow`: takes long, and so has threads of its own.
    `alone`: holds much in memory, and so has one thread. `raw`: takes the request's body as it comes, by what the
    endpoint returns (taking.py). `media`: the type of what it answers. `yields`: by the name of a
    path's part, where in the answer it is told, as a JSON pointer.
    """

    method: str
    path: str
    homes: tuple[Home, ...]
    act: str
    endpoint: Callable[..., BaseModel | Answer | Taking | None]
    status: int = 200
    said: type[BaseModel] | None = None
    again: bool = True
    together: Together | None = None
    slow: bool = False
    alone: bool = False
    raw: bool = False
    media: str = JSON
    yields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    problems: tuple[type[SolelyError], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it changes something, once for each key; what comes in parts goes by where each begins."""
        return self.method not in {"GET", "HEAD"} and not self.raw

    @property
    def name(self) -> str:
        """Its name in the schema: of its part of the API, and of what it does there."""
        return f"{self.endpoint.__module__.rpartition('.')[2]}-{self.endpoint.__name__}"

    def run(self, parts: Parts, many: Sequence[tuple[Call, Given]]) -> Outcomes:
        """Do these: what each is answered, or its error."""
        if self.together is not None:
            return self.together(parts, many)
        return [self._alone(call, given) for call, given in many]

    def _alone(self, call: Call, given: Given) -> BaseModel | Answer | Taking | SolelyError | None:
        try:
            return self.endpoint(call=call, **given)
        except SolelyError as error:
            return error


def etag(*of: object) -> str:
    """An entity tag of what a thing is made of: the same as long as all of it is."""
    return f'"{hashlib.sha256(repr(of).encode()).hexdigest()[:32]}"'
