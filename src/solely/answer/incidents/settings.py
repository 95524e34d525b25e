"""What a platform may set of its incidents; read from incidents.toml by app/incident_settings.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from solely.answer.incidents.clocks import RULES, Rule

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """`service` is what people know the platform as; `officer` and `reach` whom they can ask (Art. 33(3)(b)).

    `page` is where more is told. `per_minute` bounds how many people are written to; a message that was not taken
    is tried again after each of `waits`.
    """

    service: str = "Solely"
    controller: str = ""
    officer: str = ""
    reach: str = ""
    page: str = ""
    language: str = "en"
    rules: tuple[Rule, ...] = RULES
    per_minute: int = 600
    waits: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=6),
    )
