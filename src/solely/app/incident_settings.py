"""What a platform may set of its incidents: incidents.toml, read at the start.

controller = "Chirp Ltd, 1 Quay Street, Dublin"
[contact]
officer = "Data Protection Officer"
reach = "privacy@chirp.example"
[[rule]]
name = "gdpr-authority"
source = "GDPR Art. 33(1)"
to = "authority"
hours = 72
by-risk = true
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from solely.answer.incidents import Rule, Settings
from solely.settings import Table, read_tables
from solely.verification.settings import Page

__all__ = ["FILE", "incident_settings_in", "read_incident_settings"]

FILE = "incidents.toml"
_CURE = "see docs/incidents.md"
_YEAR = 8_760  # hours

Line = Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ContactTable(Table):
    """Whom people and the authority can ask: GDPR Art. 33(3)(b)."""

    officer: Line = ""
    reach: Line = ""


class RuleTable(Table):
    """Who is to be told, within how many hours (0: without undue delay), from how many people on."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    source: Annotated[Line, Field(min_length=1)]
    to: Literal["authority", "people"]
    hours: Annotated[int, Field(ge=0, le=_YEAR)] = 0
    least: Annotated[int, Field(ge=1)] = 1
    by_risk: bool = False


class IncidentTables(Table):
    """The whole file."""

    controller: Line = ""
    language: Literal["en", "es", "fr", "de", "pt", "ja"] = "en"
    page: Page = ""
    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    waits_minutes: tuple[Annotated[int, Field(ge=1, le=10_080)], ...] = (1, 10, 60, 360)
    contact: ContactTable = ContactTable()
    rule: tuple[RuleTable, ...] = ()

    @field_validator("rule", "waits_minutes", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("rule")
    @classmethod
    def _each_has_its_name(cls, value: tuple[RuleTable, ...]) -> tuple[RuleTable, ...]:
        if len({one.name for one in value}) < len(value):
            raise ValueError("two rules have one name")
        return value


def read_incident_settings(data: bytes, service: str) -> Settings:
    """Read the bytes of an incidents.toml. Raises SettingsError, naming the field and never its value.

    `service` is what people know the platform as. Rules, where there are some, take the place of those shipped.
    """
    tables = read_tables(IncidentTables, data, FILE, _CURE)
    settings = Settings(
        service=service,
        controller=tables.controller,
        officer=tables.contact.officer,
        reach=tables.contact.reach,
        page=tables.page,
        language=tables.language,
        per_minute=tables.per_minute,
        waits=tuple(timedelta(minutes=one) for one in tables.waits_minutes),
    )
    return replace(settings, rules=tuple(map(_rule, tables.rule))) if tables.rule else settings


def _rule(table: RuleTable) -> Rule:
    within = timedelta(hours=table.hours) if table.hours else None
    return Rule(table.name, table.source, table.to, within, table.least, table.by_risk)


def incident_settings_in(directory: Path, service: str) -> Settings:
    """The settings of a data directory; the defaults where it has no file of them."""
    path = directory / FILE
    return read_incident_settings(path.read_bytes() if path.exists() else b"", service)
