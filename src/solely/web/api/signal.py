"""A browser's signal, Global Privacy Control: with a person's request it is their objection to all marketing.

It is honoured before anything else is done for that request; said again it changes nothing, and leaving it out says
nothing. What it yields to: docs/decisions/0017-objections.md.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from pydantic import Field

from solely.app.parts import Parts
from solely.app.rights import SIGNAL, objected
from solely.web.api.routes import Said

__all__ = ["Gpc", "Signalled", "honour"]

Gpc = Annotated[
    str | None,
    Header(
        alias="Sec-GPC",
        description="as the person's browser sent it: `1` is an objection to all marketing (Global Privacy Control)",
        examples=["1"],
    ),
]


class Signalled(Said):
    """What the browser's signal came to; said again it is not new, and ends nothing."""

    new: bool
    ended: dict[str, int] = Field(description="by purpose, how many givings ended", examples=[{}])


def honour(parts: Parts, subject: str, gpc: str | None) -> Signalled | None:
    """Take a signal as the person's objection, durably on return; None where there is none."""
    if gpc is None or gpc.strip() != SIGNAL:
        return None
    done = objected(parts, subject, source="gpc")
    return Signalled(new=done.new, ended=dict(done.ended))
