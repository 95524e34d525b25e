"""An objection to marketing, and what lifts it: a choice and its ledger entry, in the transaction its caller opened.

Which purposes an objection reaches, and what it ends, is the desk's to say (`Desk.object`). Each choice is an entry of
the ledger that commits to its person by a random name of the registry's own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import numpy as np
import psycopg

from solely.preference import ALL, Choice, Preference, Source, Standing, standing
from solely.store import desk as store
from solely.store import preferences
from solely.store.ledger import Pen, Words

__all__ = ["is_new", "lift", "note"]


def is_new(source: Source, purpose: str | None, before: Collection[Standing], history: Collection[Preference]) -> bool:
    """Whether an objection changes anything: a browser sends its signal again and again.

    `before` is what stands for each purpose it reaches.
    """
    if source == "gpc":
        return any(not one.signalled or not (one.objects or one.told) for one in before)
    wide = purpose is not None or any(one.purpose == ALL and one.choice == "object" for one in history)
    return not wide or not all(one.objects for one in before)


def note(
    connection: psycopg.Connection,
    pen: Pen,
    subject: str,
    purpose: str,
    choice: Choice,
    source: Source,
    now: datetime,
    **details: str,
) -> int:
    """Record a choice with its entry; returns the entry's sequence. The caller holds the ledger's head."""
    person = store.introduce(connection, subject, "registry", UUID(bytes=pen.entropy(16)))
    words = Words(
        "preference",
        "subject",
        None if purpose == ALL else purpose,
        np.frombuffer(person.bytes, np.uint8).reshape(1, 16),
        MappingProxyType({"choice": choice, "source": source, **details}),
        keep=True,
    )
    entry = pen.write(connection, [words], now)
    preferences.add(connection, subject, Preference(purpose, choice, source, now, entry))
    return entry


def lift(connection: psycopg.Connection, pen: Pen, subject: str, purpose: str, now: datetime) -> bool:
    """End an objection to a purpose, by its person's own act; returns whether one stood."""
    before = standing(preferences.of(connection, subject), purpose)
    if not before.objects:
        return False
    over = "signal" if before.signalled else "objection"
    note(connection, pen, subject, purpose, "allow", "person", now, over=over)
    return True
