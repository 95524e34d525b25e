"""Examples of what is sent: each body has one, put together of its fields' own where it has none as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

__all__ = ["put_examples"]

_OF_FORMAT = MappingProxyType({"uuid": "00000000-0000-4000-8000-000000000000", "date-time": "2026-06-01T12:00:00Z"})


class _MissingError(Exception):
    """There is no example of something that must be sent."""


def put_examples(schema: dict[str, Any]) -> None:
    """Give each body an example, but for what must have a field that has none (tests/web/api/test_examples.py)."""
    parts = schema["components"]["schemas"]
    for methods in schema["paths"].values():
        for told in methods.values():
            sent = told.get("requestBody", {}).get("content", {}).get("application/json")
            if sent is not None:
                with suppress(_MissingError):
                    sent["example"] = _example(sent["schema"], parts)


def _example(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """The first example there is; else what its kind, its parts or its format make of it."""
    if "$ref" in schema:
        return _example(parts[schema["$ref"].rpartition("/")[2]], parts)
    if "examples" in schema:
        return schema["examples"][0]
    if some := schema.get("enum", [schema["const"]] if "const" in schema else None):
        return some[0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], parts)
    return _of_kind(schema, parts)


def _of_kind(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    if schema.get("type") == "object":
        return _whole(schema, parts)
    if schema.get("type") == "array":
        return [_example(schema["items"], parts)]
    if schema.get("format") in _OF_FORMAT:
        return _OF_FORMAT[schema["format"]]
    raise _MissingError


def _whole(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    must = schema.get("required", ())
    return {
        name: _example(one, parts)
        for name, one in schema.get("properties", {}).items()
        if name in must or "examples" in one
    }
