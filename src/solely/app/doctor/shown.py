"""Every setting of a directory as `doctor` prints it: its value, where it came from, and nothing secret."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from solely.app.incident_settings import FILE as INCIDENTS
from solely.app.incident_settings import IncidentTables
from solely.app.serve_settings import FILE, Told
from solely.app.verification import settings_in
from solely.app.witness_settings import FILE as LEDGER
from solely.app.witness_settings import witness_settings_in
from solely.errors import SolelyError
from solely.settings import read_tables

__all__ = ["MASK", "Shown", "shown_settings"]

MASK = "********"
_VERIFICATION = "verification.toml"
# What may hold a secret although none belongs there: headers and templates are written by hand
_SECRET = re.compile(r"(password|secret|token|headers\..*|template\..*|header|user)$")


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting: FILE and TABLE.NAME, its value, and `default` or what set it."""

    file: str
    name: str
    value: str
    origin: str


def shown_settings(directory: Path, told: Told) -> tuple[Shown, ...]:
    """All settings of all four files. A file that can't be read has none here: its check says why."""
    found = [Shown(FILE, name, value, told.origins[name]) for name, value in _flat(told.settings)]
    for file, read in (
        (_VERIFICATION, settings_in),
        (LEDGER, witness_settings_in),
        (INCIDENTS, _incidents),
    ):
        try:
            model = read(directory)
        except SolelyError:
            continue
        path = directory / file
        here = _names(tomllib.loads(path.read_text(encoding="utf-8"))) if path.exists() else set()
        found += [Shown(file, name, value, file if _is_in(name, here) else "default") for name, value in _flat(model)]
    return tuple(found)


def _incidents(directory: Path) -> IncidentTables:
    path = directory / INCIDENTS
    return read_tables(IncidentTables, path.read_bytes() if path.exists() else b"", INCIDENTS, "")


def _flat(model: BaseModel) -> Iterator[tuple[str, str]]:
    for name, value in _leaves(model.model_dump(mode="json", by_alias=True)):
        yield name, MASK if value not in ("", None) and _SECRET.search(name) else _text(value)


def _leaves(content: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    listed = list(enumerate(content)) if isinstance(content, list) else []
    inner = content.items() if isinstance(content, dict) else listed
    if before and not (isinstance(content, dict) or any(isinstance(one, dict) for _, one in inner)):
        yield before, content
        return
    for key, value in inner:
        yield from _leaves(value, f"{before}.{key}" if before else str(key))


def _names(content: dict[str, Any]) -> set[str]:
    return {name for name, _ in _leaves(content)}


def _is_in(name: str, here: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in here)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value) if value != "" else "none"
