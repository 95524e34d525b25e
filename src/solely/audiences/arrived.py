"""Lists that have come whole: matched one after the other, and what is left of others is cleared away.

- Whatever becomes of a list, its file is gone once that is recorded. A file that nobody waits for is gone at the next
  clearing, which is the first thing a process does.
- A process that was killed while it matched a list matches it again once it is there again: what was acknowledged is
  not lost. One that fails so twice is refused.
- What came of a matched list is told, and is part of its audience, at a time that depends on its length (`told_at`):
  not when its match was done, which would say of whom it met.
- A part that does not answer (the ledger, say) is no fault of the list: it is matched once that answers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from solely.audiences.lists import ListReport, read_list
from solely.audiences.match import Audiences, Used
from solely.audiences.spool import poured
from solely.audiences.upload import Uploads, target_of
from solely.errors import BadInput, Conflict, SolelyError, Tampered, Unavailable
from solely.store import incoming
from solely.store.advertising import Made
from solely.store.database import answering
from solely.store.incoming import Incoming

__all__ = ["REJECTS", "Arrived"]

REJECTS = 100  # unusable rows that are told one by one
_TRIES = 2

Report = Callable[[BaseException], None]


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
            if one.expires_at <= now and one.due_at is None:
                with suppress(Conflict), self.uploads.spool(one).held():  # else it is at work
                    late = BadInput("it did not come whole, or was not matched, in time", cure="send it again")
                    self.uploads.finish(one, "refused", {"problem": _problem(late)})

    def match_all(self, report: Report = lambda _error: None) -> None:
        """Match what has come whole, and tell what is due. `report` is told of faults of ours.

        What another process is at is left to it.
        """
        with answering():
            opened = incoming.opened(self.uploads.connection)
        for one in opened:
            if one.state == "processing" and one.due_at is None and self.uploads.spool(one).path.exists():
                with suppress(Conflict), self.uploads.spool(one).reading() as pieces, self._refusing(one, report):
                    self._match(one, pieces)
        with answering():
            opened = incoming.opened(self.uploads.connection)
        for one in opened:
            if one.due_at is not None and one.due_at <= self.uploads.clock():
                with self._refusing(one, report):
                    self._tell(one)

    def _match(self, one: Incoming, pieces: Iterator[bytes]) -> None:
        with answering():
            tries = incoming.try_once(self.uploads.connection, one.advertiser, one.upload)
        if not tries:  # another was faster
            return
        if tries > _TRIES:
            raise BadInput("matching it was cut off twice", cure="split the list, and send it again")
        rejects = _First()
        try:
            report, used = self._used(one, _all(pieces, one.length), rejects)
        except Unavailable:
            with answering():
                incoming.try_once(self.uploads.connection, one.advertiser, one.upload, -1)
            raise
        told = {"use": used.number, "report": _report(report, rejects)}
        self.uploads.matched(one, {"told": told, "used": _written(used)})

    def _tell(self, one: Incoming) -> None:
        assert one.told is not None, "it was not matched"
        used = _read(one.told["used"], one.told["told"]["use"], one.partner)
        with answering():
            status = self.audiences.keep(used, target_of(one), one.purpose, self.uploads.clock())
        self.uploads.finish(one, status, one.told["told"])

    @contextmanager
    def _refusing(self, one: Incoming, report: Report) -> Iterator[None]:
        """Whatever the list is refused for is told of it; what is no fault of it is raised."""
        try:
            yield
        except Unavailable:
            raise
        except SolelyError as error:
            self.uploads.finish(one, "refused", {"problem": _problem(error)})
        except Exception as error:  # noqa: BLE001 - else this list would keep all that came after it
            report(error)
            fault = SolelyError("something went wrong here", cure="tell whoever runs this")
            self.uploads.finish(one, "refused", {"problem": _problem(fault)})

    def _used(self, one: Incoming, pieces: Iterator[bytes], rejects: io.StringIO) -> tuple[ListReport, Used]:
        columns = {int(number): meaning for number, meaning in one.options.get("columns", {}).items()}
        self.ready()
        self.audiences.allow(target_of(one), one.purpose)
        country = one.options.get("country")
        reading = read_list(lambda: poured(lambda: pieces), country=country, columns=columns, rejects=rejects)
        with answering():
            return self.audiences.use(reading, target_of(one), one.purpose, self.uploads.clock())


def _all(pieces: Iterator[bytes], length: int | None) -> Iterator[bytes]:
    """The pieces. Raises Tampered where they are not all that came."""
    size = 0
    for piece in pieces:
        size += len(piece)
        yield piece
    if size != length:
        raise Tampered("a list on its way is not what was written", where="its file", cure="send it again")


def _written(used: Used) -> dict[str, str]:
    """A match that is told later, as its row keeps it."""
    made = used.made
    at = {"matched_at": made.matched_at.isoformat(), "valid_until": made.valid_until.isoformat()}
    return {"upload": str(used.upload), "policy": made.policy, "software": made.software, **at}


def _read(kept: Mapping[str, str], number: int, partner: str | None) -> Used:
    matched_at, valid_until = (datetime.fromisoformat(kept[one]) for one in ("matched_at", "valid_until"))
    return Used(UUID(kept["upload"]), number, Made(partner, kept["policy"], kept["software"], matched_at, valid_until))


def _problem(error: SolelyError) -> dict[str, str]:
    return {"error": type(error).__name__, "what": error.what, "where": error.where, "cure": error.cure}


def _report(report: ListReport, rejects: io.StringIO) -> dict[str, Any]:
    rows = list(csv.reader(io.StringIO(rejects.getvalue())))[1 : REJECTS + 1]
    first = [{"row": int(row), "line": int(line), "reason": reason} for row, line, reason in rows]
    return {**asdict(report), "unusable": dict(report.unusable), "first_unusable": first}
