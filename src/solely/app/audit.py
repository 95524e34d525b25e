"""A verb that needs no data directory: audit a platform's existing tables."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from solely.answer.audit import (
    AuditPapers,
    AuditReport,
    Moments,
    Postgres,
    Question,
    Tables,
    Tell,
    audit,
    audit_by_spark,
    legal_purposes,
    read_place,
)
from solely.app.environment import cores, hide_in_process_list, memory, now, prepare_spark

__all__ = ["audit_tables"]

MAX_MEMORY = 8 * 10**9  # bytes; beyond that an audit spills to disk, however much there is


def audit_tables(  # noqa: PLR0913 - the question, how to read the tables, where answers go, what the machine may give
    contacts: str,
    audiences: str,
    *,
    legal: Collection[str] = (),
    rules: Collection[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
    moments: Moments | None = None,
    contact_columns: Mapping[str, str] | None = None,
    audience_columns: Mapping[str, str] | None = None,
    papers: AuditPapers | None = None,
    memory_bytes: int | None = None,
    temp: Path | None = None,
    spark: str | None = None,
    tell: Tell = lambda _words, _part: None,
) -> AuditReport:
    """Audit a platform's existing tables; see `solely.answer.audit`. `contacts`, `audiences`: see `read_place`.

    By DuckDB on this machine, within `memory_bytes` (of this machine's memory a half, and at most 8 GB), or by
    the Spark that `spark` names. What spills goes to a folder in `temp` that is removed at the end.
    """
    places = read_place(contacts), read_place(audiences)
    for place in places:
        if isinstance(place, Postgres) and place.password:
            hide_in_process_list(place.password)
    papers = papers or AuditPapers()
    papers.check()
    tables = Tables(*places, contact_columns or {}, audience_columns or {}, moments or Moments())
    question = Question(legal_purposes(legal), start, end, tuple(sorted(set(rules))))
    if spark:
        prepare_spark()
        found = audit_by_spark(tables, question, master=spark, subjects=papers.subjects, tell=tell)
    else:
        found = audit(
            tables,
            question,
            memory_bytes=memory_bytes or min(MAX_MEMORY, memory() // 2),
            temp=temp or Path(tempfile.gettempdir()),
            threads=cores(),
            subjects=papers.subjects,
            tell=tell,
        )
    papers.write(found, now(), version("solely"))
    return found
