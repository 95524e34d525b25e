"""What settings files have in common: a TOML file as a model has it, and the address of a server that is called."""

from __future__ import annotations

import tomllib
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from solely.errors import BadInput, SettingsError

__all__ = ["LOCAL", "Table", "check_url", "read_tables"]

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})  # where a server may be called without TLS
_Model = TypeVar("_Model", bound=BaseModel)


class Table(BaseModel):
    """A table of a settings file: nothing but its own names, with - for _; what stands in it is in no error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=lambda name: name.replace("_", "-"),
        hide_input_in_errors=True,
    )


def read_tables(model: type[_Model], data: bytes, file: str, cure: str) -> _Model:
    """Read the bytes of a TOML file as a model has it. Raises SettingsError, naming the field and never its value."""
    try:
        content = tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        content = None
    if content is None:  # raised here, away from an error that holds the file
        raise SettingsError("not a TOML file in UTF-8", where=file, cure=cure)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(map(str, fault["loc"]))
    raise SettingsError(fault["msg"], where=f"{file}, {place}" if place else file, cure=cure)


def check_url(url: str) -> None:
    """Raise BadInput where the address of a gateway, or of ours that it calls, is not https://host/path."""
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
    if not (secure and parts.hostname) or parts.username is not None or parts.query or parts.fragment:
        raise BadInput("an address is https://host/path", where="senders", cure="no user, no query, no fragment")
