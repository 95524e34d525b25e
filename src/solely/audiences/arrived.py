"""Lists that have come whole: matched one after the other, and what is left of others is cleared away.

- Whatever becomes of a list, its file is gone once that is recorded. A file that nobody waits for is gone at the next
  clearing, which is the first thing a process does.
- A process that was killed while it matched a list matches it again once it is there again: what was acknowledged is
  not lost. One that fails so twice is refused.
- A part that does not answer (the ledger, say) is no fault of the list: it is matched once that answers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from typing_extensions import override

from solely.audiences.lists import ListReport, read_list
from solely.audiences.match import Audiences, Matched
from solely.audiences.spool import poured
from solely.audiences.upload import Uploads, target_of
from solely.errors import BadInput, Conflict, SolelyError, Tampered, Unavailable
from solely.store import incoming
from solely.store.database import answering
from solely.store.incoming import Incoming

__all__ = ["REJECTS", "Arrived"]

REJECTS = 100  # unusable rows that are told one by one
_TRIES = 2


class _First(io.StringIO):
    """The first lines of what is written, a few more than are told."""

    @override
    def write(self, text: str, /) -> int:
        return super().write(text) if self.tell() < 64 * REJECTS else len(text)


@dataclass(frozen=True, slots=True, repr=False)
class Arrived:
    """The lists on their way to one process, and the side that matches them; `ready` raises where it must not now."""

    uploads: Uploads
    audiences: Audiences
    ready: Callable[[], None]

    def clear(self) -> None:
        """Refuse what did not come in time, and remove each file that nobody waits for."""
        there = [path for path in self.uploads.folder.glob("*") if path.is_file()]
        with answering():
            opened = {one.upload: one for one in incoming.opened(self.uploads.connection)}
        for path in there:
            if path.name not in {str(upload) for upload in opened}:
                path.unlink(missing_ok=True)
        now = self.uploads.clock()
        for one in opened.values():
            if one.expires_at <= now:
                with suppress(Conflict), self.uploads.spool(one).held():  # else it is at work
                    late = BadInput("it did not come whole, or was not matched, in time", cure="send it again")
                    self.uploads.finish(one, "refused", {"problem": _problem(late)})

    def match_all(self, report: Callable[[BaseException], None] = lambda _error: None) -> None:
        """Match what has come whole and is not being matched by another process. `report` is told of faults of ours."""
        with answering():
            opened = incoming.opened(self.uploads.connection)
        for one in opened:
            if one.state == "processing" and self.uploads.spool(one).path.exists():
                with suppress(Conflict), self.uploads.spool(one).reading() as pieces:
                    self._match(one, pieces, report)

    def _match(self, one: Incoming, pieces: Iterator[bytes], report: Callable[[BaseException], None]) -> None:
        with answering():
            tries = incoming.try_once(self.uploads.connection, one.advertiser, one.upload)
        if not tries:  # another was faster
            return None
        if tries > _TRIES:
            twice = BadInput("matching it was cut off twice", cure="split the list, and send it again")
            return self.uploads.finish(one, "refused", {"problem": _problem(twice)})
        try:
            rejects = _First()
            matched = self._matched(one, _all(pieces, one.length), rejects)
        except Unavailable:
            with answering():
                incoming.try_once(self.uploads.connection, one.advertiser, one.upload, -1)
            raise
        except SolelyError as error:
            self.uploads.finish(one, "refused", {"problem": _problem(error)})
        except Exception as error:  # noqa: BLE001 - else this list would keep all that came after it
            report(error)
            fault = SolelyError("something went wrong here", cure="tell whoever runs this")
            self.uploads.finish(one, "refused", {"problem": _problem(fault)})
        else:
            told = {"use": matched.ledger, "report": _report(matched.report, rejects)}
            self.uploads.finish(one, matched.status, told)

    def _matched(self, one: Incoming, pieces: Iterator[bytes], rejects: io.StringIO) -> Matched:
        columns = {int(number): meaning for number, meaning in one.options.get("columns", {}).items()}
        self.ready()
        self.audiences.allow(target_of(one), one.purpose)
        country = one.options.get("country")
        reading = read_list(lambda: poured(lambda: pieces), country=country, columns=columns, rejects=rejects)
        with answering():
            return self.audiences.match(reading, target_of(one), one.purpose, self.uploads.clock())


def _all(pieces: Iterator[bytes], length: int | None) -> Iterator[bytes]:
    """The pieces. Raises Tampered where they are not all that came."""
    size = 0
    for piece in pieces:
        size += len(piece)
        yield piece
    if size != length:
        raise Tampered("a list on its way is not what was written", where="its file", cure="send it again")


def _problem(error: SolelyError) -> dict[str, str]:
    return {"error": type(error).__name__, "what": error.what, "where": error.where, "cure": error.cure}


def _report(report: ListReport, rejects: io.StringIO) -> dict[str, Any]:
    rows = list(csv.reader(io.StringIO(rejects.getvalue())))[1 : REJECTS + 1]
    first = [{"row": int(row), "line": int(line), "reason": reason} for row, line, reason in rows]
    return {**asdict(report), "unusable": dict(report.unusable), "first_unusable": first}
