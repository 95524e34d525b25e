"""Lists sent for an audience: as a stream, gone on from where it was cut off. Asked of advertising."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, Literal
from uuid import UUID

import httpx

from solely.client.told import Told
from solely.client.wire import Wire, checked, path, unanswered
from solely.errors import BadInput, Conflict, SolelyError, Unavailable

__all__ = ["Column", "Report", "Trouble", "Unusable", "Upload", "Uploads"]

Meaning = Literal["email", "phone", "country", "identifier", "ignored"]
_BLOCK = 1 << 18  # bytes that are read at once
_LAST_WORD = 60.0  # seconds: what was sent is made durable before it is answered


class Column(Told):
    """A column and what it was read as."""

    number: int
    header: str | None = None
    meaning: str
    by: str


class Unusable(Told):
    """A row that can't be used by its form."""

    row: int
    line: int
    reason: str


class Report(Told):
    """What a list holds, by its form alone: nothing here says whether a row met anybody."""

    rows: int
    usable: int
    unusable: Mapping[str, int]
    first_unusable: tuple[Unusable, ...]
    columns: tuple[Column, ...]
    format: str
    encoding: str
    delimiter: str
    header: bool


class Trouble(Told):
    """Why a list was refused."""

    error: str
    what: str
    where: str
    cure: str


class Upload(Told):
    """A list on its way (`receiving`, `processing`), or what came of it. `offset`: bytes that have come."""

    id: UUID
    advertiser: str
    audience: str
    purpose: str
    state: str
    offset: int
    begun_at: datetime
    expires_at: datetime
    use: int | None = None
    report: Report | None = None
    problem: Trouble | None = None


class Uploads:
    """What a client does with lists."""

    _wire: Wire

    def upload(
        self,
        advertiser: str,
        audience: str,
        source: BinaryIO,
        *,
        country: str | None = None,
        columns: Mapping[int, Meaning] | None = None,
    ) -> Upload:
        """Send a list for an audience, which is made where there is none of that name; matched a while after.

        `source`: a file open for bytes. `country`: where national phone numbers are from. `columns`: what columns
        mean, by their number from 1, where their reader should not tell it by itself.
        """
        begun = self.begin_upload(advertiser, audience, country=country, columns=columns)
        return self.send_upload(begun.id, source)

    def begin_upload(
        self,
        advertiser: str,
        audience: str,
        *,
        country: str | None = None,
        columns: Mapping[int, Meaning] | None = None,
    ) -> Upload:
        """Begin a list. Keep its `id`: by it `send_upload` goes on, in another process too."""
        body = {"country": country, "columns": {str(one): meaning for one, meaning in (columns or {}).items()}}
        where = path("advertisers", advertiser, "audiences", audience, "uploads")
        return self._wire.read(Upload, self._wire.ask("advertising", "POST", where, body))

    def send_upload(self, upload: UUID, source: BinaryIO) -> Upload:
        """Send what has not come yet of a list that was begun; as long as some comes through, it goes on.

        `source` is the same file each time, and can seek. Raises BadInput where it is shorter than what has come.
        """
        wire, came, tries = self._wire, -1, 0
        end = wire.retry.ticks() + wire.retry.total_seconds
        while True:
            offset, whole = self._come(upload)
            if whole:
                return self.uploaded(upload)
            if offset > came:
                came, tries, end = offset, 0, wire.retry.ticks() + wire.retry.total_seconds
            tries += 1
            outcome = self._send(upload, source, offset)
            if isinstance(outcome, Upload):
                return outcome
            if not wire.retry.until(end, tries):
                raise outcome

    def uploaded(self, upload: UUID) -> Upload:
        """How far a list is, and what came of it."""
        return self._wire.read(Upload, self._wire.ask("advertising", "GET", path("uploads", upload)))

    def remove_upload(self, upload: UUID) -> None:
        """Give up a list on its way; take what a matched one reached out of its audience."""
        self._wire.ask("advertising", "DELETE", path("uploads", upload))

    def _come(self, upload: UUID) -> tuple[int, bool]:
        """How many bytes have come, and whether that is all."""
        headers = self._wire.ask("advertising", "HEAD", path("uploads", upload)).headers
        offset = headers.get("upload-offset", "")
        if not (offset.isascii() and offset.isdecimal()):
            cure = "see that nothing between drops headers"
            raise Unavailable("the answer does not say how much has come", where="Upload-Offset", cure=cure)
        return int(offset), headers.get("upload-complete") == "?1"

    def _send(self, upload: UUID, source: BinaryIO, offset: int) -> Upload | SolelyError:
        """Send the rest; an error where it is to be looked at how much came, and gone on."""
        left = source.seek(0, 2) - offset
        if left < 0:
            raise BadInput("this is shorter than what has come of it", where="source", cure="send the same list")
        headers = {"upload-offset": str(offset), "upload-complete": "?1", "content-length": str(left)}
        where, blocks = path("uploads", upload, "content"), _blocks(source, offset)
        try:
            said = self._wire.stream("advertising", "PUT", where, blocks, headers, _LAST_WORD)
        except httpx.RequestError as error:
            return unanswered(error)
        try:
            return self._wire.read(Upload, checked(said))
        except (Conflict, Unavailable) as error:  # what was cut off is still being written down, or all of it came
            return error


def _blocks(source: BinaryIO, offset: int) -> Iterator[bytes]:
    source.seek(offset)
    while block := source.read(_BLOCK):
        yield block
