"""What an audit leaves behind as files: whom it names, a page to hand on, a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from solely.answer.audit.page import drawn, page
from solely.answer.audit.report import AuditReport
from solely.answer.audit.subjects import check_subjects
from solely.answer.document import write
from solely.answer.document.write import check
from solely.errors import BadInput

__all__ = ["AuditPapers"]


@dataclass(frozen=True, slots=True)
class AuditPapers:
    """Where to write what; None for what is not wanted."""

    subjects: Path | None = None
    report: Path | None = None
    picture: Path | None = None

    def check(self) -> None:
        """Before the work is done: can all be written? Raises BadInput."""
        if self.subjects:
            check_subjects(self.subjects)
        if self.report:
            check(self.report)
        if self.picture and self.picture.suffix.lower() != ".svg":
            raise BadInput("not a format for a picture", where=self.picture.name, cure="end its name in .svg")
        for path in self.written():
            if not path.absolute().parent.is_dir():
                raise BadInput("its folder is not there", where=path.name, cure="make the folder first")

    def write(self, report: AuditReport, written: datetime, version: str) -> None:
        """The page and the picture; whom it names is written while it is counted."""
        if self.report:
            write(page(report, written, version), self.report)
        if self.picture:
            self.picture.write_text(drawn(report), encoding="utf-8")

    def written(self) -> Iterator[Path]:
        yield from (path for path in (self.subjects, self.report, self.picture) if path)
