"""The registry's tables, as the officer's role reads them: who is behind a pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import psycopg

from solely.purpose import Compartment

__all__ = ["counts", "subjects_of"]


def subjects_of(connection: psycopg.Connection, compartment: Compartment, pseudonyms: Sequence[UUID]) -> list[str]:
    """The subjects known to a compartment by these pseudonyms, sorted."""
    rows = connection.execute(
        "SELECT subject FROM registry.pseudonyms WHERE compartment = %s AND pseudonym = ANY(%s)",
        [compartment, list(pseudonyms)],
    )
    return sorted(subject for (subject,) in rows)


def counts(connection: psycopg.Connection) -> dict[str, tuple[int, int]]:
    """By purpose: how many givings there are, and how many of them ended."""
    rows = connection.execute(
        "SELECT purpose, count(*), count(e.giving) FROM registry.givings g"
        " LEFT JOIN registry.endings e USING (subject, giving) GROUP BY purpose"
    )
    return {purpose: (given, ended) for purpose, given, ended in rows}
