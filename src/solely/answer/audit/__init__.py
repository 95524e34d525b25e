"""Answers, from tables a platform already has, whom each advertiser reached through contacts not given for that.

Someone is affected by an audience row when all of these hold at the moment of that row:

1. the row's identifier is a contact point they had given, at that moment or before, whatever for;
2. no giving of that point by them, made by then and not withdrawn by then, was for a lawful purpose.

- Nothing else of Solely is needed: no data directory, key or database.
- Contacts and identifiers may be plain or digests. Plain ones meet every digest an honest advertiser may have made
  of them (`rules`); where both are digests, they meet when they are equal.
- Rows that can't be read are counted by reason. No value of a table is in an error or a progress line.
"""

from __future__ import annotations

from pathlib import Path

from solely.answer.audit.duck import duck
from solely.answer.audit.engine import Tell
from solely.answer.audit.layout import Days, Epoch, Moments
from solely.answer.audit.papers import AuditPapers
from solely.answer.audit.place import Files, Place, Postgres, read_place
from solely.answer.audit.report import AdvertiserAnswer, AuditReport, Question, Source, TableCount
from solely.answer.audit.run import LEGAL, Tables, ask, legal_purposes
from solely.answer.audit.scratch import scratch
from solely.answer.audit.spark import audit_by_spark

__all__ = [
    "LEGAL",
    "AdvertiserAnswer",
    "AuditPapers",
    "AuditReport",
    "Days",
    "Epoch",
    "Files",
    "Moments",
    "Place",
    "Postgres",
    "Question",
    "Source",
    "TableCount",
    "Tables",
    "Tell",
    "ask",
    "audit",
    "audit_by_spark",
    "legal_purposes",
    "read_place",
]


def audit(
    tables: Tables,
    question: Question,
    *,
    memory_bytes: int,
    temp: Path,
    threads: int,
    subjects: Path | None = None,
    tell: Tell = lambda _words, _part: None,
) -> AuditReport:
    """Who was affected, by advertiser, with DuckDB on this machine.

    `memory_bytes` bounds the process; what does not fit spills to a folder in `temp` that is removed at the end,
    plain contacts among it. Whom it names is written to `subjects`. Raises BadInput and Unavailable.
    """
    with scratch(temp) as folder, duck(memory_bytes, folder, threads, tell) as engine:
        return ask(engine, tables, question, subjects)
