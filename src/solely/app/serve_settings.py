"""The service's own settings: solely.toml in the data directory, each of them overridden by SOLELY_TABLE_NAME.

[listen]
host = "127.0.0.1"          SOLELY_LISTEN_HOST=127.0.0.1
[limits]
body-bytes = 1048576        SOLELY_LIMITS_BODY_BYTES=1048576

- Nothing secret stands here: passwords and keys are in key files, and nowhere else.
- A name that is none is an error, in the file and in the environment: a limit misspelt would be a limit not set.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from solely.app.environment import settings_from_environment
from solely.errors import BadInput, SettingsError
from solely.settings import Table, check_url, read_tables

__all__ = ["FILE", "ServeSettings", "Told", "read_serve_settings", "serve_settings_in", "told_settings_in"]

FILE = "solely.toml"
_CURE = "see docs/operating.md"
_PREFIX = "SOLELY_"


def _is_url(value: str) -> str:
    """The text, where it is none at all or an address that may be called."""
    if value:
        try:
            check_url(value)
        except BadInput as error:
            raise ValueError(error.what) from None
    return value


Count = Annotated[int, Field(ge=1, le=1_000_000)]
Size = Annotated[int, Field(ge=1, le=1 << 50)]  # bytes
Seconds = Annotated[float, Field(gt=0, le=3_600)]


class Listen(Table):
    """Where the service listens. A compartment that runs alone takes the next port after the one before it."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_000)] = 8420
    tls_certificate: str = ""
    tls_key: str = ""
    behind_proxy: bool = False  # a proxy on this machine, or in this network alone, ends TLS

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls-certificate and tls-key go together")
        return self


class DatabaseTable(Table):
    """An external PostgreSQL; with no host, the embedded one of the data directory."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 5432
    tls: Literal["verify-full", "verify-ca", "require", "disable"] = "verify-full"
    ca_file: str = ""


class Pool(Table):
    """Connections that each process keeps for its role, and how long a request waits for one."""

    size: Annotated[int, Field(ge=1, le=500)] = 2
    wait_seconds: Seconds = 2.0


class Limits(Table):
    """What one request, and one principal, may take."""

    body_bytes: Size = 1 << 20
    upload_bytes: Size = 20 << 30
    header_bytes: Size = 16 << 10
    json_depth: Annotated[int, Field(ge=1, le=256)] = 32
    at_once: Count = 32
    connections: Count = 2_000
    rate: Annotated[float, Field(gt=0, le=1_000_000)] = 2_000.0  # requests of a key, each second
    burst: Count = 4_000
    request_seconds: Seconds = 10.0
    read_seconds: Seconds = 10.0  # how long a client may be silent
    drain_seconds: Seconds = 20.0


class Idempotency(Table):
    """How long the answer to a change is kept, for the one who asks again."""

    keep_hours: Annotated[int, Field(ge=1, le=24 * 90)] = 24


class Log(Table):
    """What is written of the service's own doings."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Telemetry(Table):
    """Metrics for Prometheus, and where traces go, if anywhere."""

    metrics: bool = True
    otel_endpoint: Annotated[str, AfterValidator(_is_url)] = ""


class BackupTable(Table):
    """Where backups and their keys are put, and how old the newest may be before `doctor` says so."""

    target: str = ""
    keys: str = ""
    most_hours: Annotated[int, Field(ge=1, le=24 * 366)] = 26

    @model_validator(mode="after")
    def _is_apart(self) -> Self:
        if self.target and self.keys and _within(Path(self.keys), Path(self.target)):
            raise ValueError("keys are kept apart from backups: name another place")
        return self


def _within(one: Path, other: Path) -> bool:
    return one.absolute().is_relative_to(other.absolute()) or other.absolute().is_relative_to(one.absolute())


class ServeSettings(Table):
    """solely.toml."""

    listen: Listen = Listen()
    database: DatabaseTable = DatabaseTable()
    pool: Pool = Pool()
    limits: Limits = Limits()
    idempotency: Idempotency = Idempotency()
    log: Log = Log()
    telemetry: Telemetry = Telemetry()
    backup: BackupTable = BackupTable()


@dataclass(frozen=True, slots=True)
class Told:
    """The settings, and by TABLE.NAME where each came from: the file, a variable, or the default."""

    settings: ServeSettings
    origins: Mapping[str, str]


def read_serve_settings(data: bytes, environment: Mapping[str, str]) -> Told:
    """Settings from the bytes of solely.toml and variables that override it.

    Raises SettingsError, naming the place and never a value.
    """
    read_tables(ServeSettings, data, FILE, _CURE)
    content: dict[str, dict[str, Any]] = tomllib.loads(data.decode())
    given = {f"{table}.{name}": FILE for table, fields in content.items() for name in fields}
    for place, variable, value in _from_environment(environment):
        table, name = place.split(".")
        content.setdefault(table, {})[name] = value
        given[place] = variable
    try:
        settings = ServeSettings.model_validate(content)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    else:
        return Told(settings, MappingProxyType({place: given.get(place, "default") for place in _places()}))
    place = ".".join(map(str, fault["loc"]))
    raise SettingsError(fault["msg"], where=given.get(place, f"environment, {place}"), cure=_CURE)


def serve_settings_in(directory: Path) -> ServeSettings:
    """The settings of a data directory. Raises SettingsError."""
    return told_settings_in(directory).settings


def told_settings_in(directory: Path) -> Told:
    """The settings of a data directory, and where each came from. Raises SettingsError."""
    path = directory / FILE
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise SettingsError("can't be read", where=str(path), cure="check its rights") from error
    return read_serve_settings(data, settings_from_environment())


def _places() -> dict[str, type[Any]]:
    """The type of each setting, by TABLE.NAME."""
    return {
        f"{table}.{name.replace('_', '-')}": type(default)
        for table, field in ServeSettings.model_fields.items()
        for name, default in field.default
    }


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    known = {_PREFIX + place.upper().replace(".", "_").replace("-", "_"): place for place in _places()}
    tables = tuple(f"{_PREFIX}{table.upper()}_" for table in ServeSettings.model_fields)
    for name in environment:
        if name.startswith(tables) and name not in known:
            raise SettingsError("there is no such setting", where=name, cure=_CURE)
    types = _places()
    return [
        (place, variable, _value(environment[variable], types[place]))
        for variable, place in known.items()
        if variable in environment
    ]


def _value(text: str, kind: type[Any]) -> Any:
    """A variable's value: a text as it is, all else as TOML would have it."""
    if kind is str:
        return text
    try:
        value = tomllib.loads(f"it = {text}")
    except (ValueError, RecursionError):
        return text  # which its type then refuses
    return value["it"] if len(value) == 1 else text
