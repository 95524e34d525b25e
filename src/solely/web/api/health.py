"""Whether a process lives, and whether it is ready for requests."""

from __future__ import annotations

from solely.app.parts import Parts
from solely.errors import SolelyError
from solely.principal import Home
from solely.store.database import answering
from solely.web.api.answer import Answer
from solely.web.api.caller import principals
from solely.web.api.problem import problem

__all__ = ["LIVE", "is_ready"]

LIVE = Answer(204)
_READY = Answer(204)


def is_ready(parts: Parts, homes: tuple[Home, ...]) -> Answer:
    """Whether the database answers each compartment's role, and the ledger can be written to."""
    try:
        with answering():
            for home in homes:
                principals(parts, home).connection.execute("SELECT 1")
        parts.require_witnesses() if "ledger" in homes else parts.gate
    except SolelyError as error:
        return problem(error)
    return _READY
