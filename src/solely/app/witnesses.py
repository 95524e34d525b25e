"""The log's side of its witnesses: asking them over HTTP for cosignatures, and what hangs on their quorum.

- They are asked before a checkpoint is stored, so that it is stored with their cosignatures; what one of them signs
  later is added to the anchor alone. A witness that fails stops nothing but, where `required`, disclosures.
- TLS is verified; plain HTTP goes to this machine alone. No redirects, no proxies of the environment.
- What a witness says of sizes is signed by nobody: it can refuse to start, never change what is stored.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from solely.app.witness_settings import FILE, WitnessSettings
from solely.errors import Tampered, Unavailable
from solely.ledger.checkpoint import Signature, VerifierKey, read_note, verify_checkpoint
from solely.ledger.cosignature import WitnessKey, add_cosignatures, cosignatures, read_cosignatures
from solely.ledger.witness import write_request
from solely.store.durable import locked, put

if TYPE_CHECKING:
    import httpx

__all__ = ["Alarm", "Witnesses"]

CONNECT, TOTAL = 5.0, 10.0  # seconds
MAX_ANSWER = 65_536  # bytes
TRIES = 3  # another size may be remembered by the time of the second
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class Alarm:
    """The newest checkpoint has fewer cosignatures than the quorum; `why` tells of each witness that did not sign."""

    have: int
    quorum: int
    why: tuple[str, ...]

    @override
    def __str__(self) -> str:
        return "; ".join((f"{self.have} of {self.quorum} witnesses cosigned the ledger", *self.why))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of asking one witness: its cosignatures, or why there is none and what it remembers instead."""

    name: str
    signed: tuple[Signature, ...] = ()
    why: str = ""
    ahead: int = 0
    other: bool = False


class Witnesses:
    """The witnesses of one ledger; with none named, nothing is asked and nothing required.

    `grown(old, new)` proves that the first `old` entries are a beginning of the first `new`; `stored()` is how many
    there are. `anchor` is the file of the newest checkpoint.
    """

    def __init__(
        self,
        settings: WitnessSettings,
        key: VerifierKey,
        anchor: Path,
        grown: Callable[[int, int], Sequence[bytes]],
        stored: Callable[[], int],
    ) -> None:
        self.settings, self._key, self._anchor = settings, key, anchor
        self._grown, self._stored = grown, stored
        self._keys = settings.keys
        self._outcomes: tuple[_Outcome, ...] = ()
        self._fresh = ""  # the text that they were asked for since `settle`
        self._signed: Sequence[Signature] = ()  # what they signed of it
        self._met: set[str] = set()  # who signed anything since the start

    def cosign(self, note: str) -> str:
        """A signed checkpoint with what the witnesses sign of it now; with none named, as it is."""
        if not self._keys:
            return note
        self._fresh, self._signed = _text(note), self._ask(note)
        return add_cosignatures(note, self._signed)

    def settle(self) -> Alarm | None:
        """None where the newest checkpoint has its quorum. Without it they are asked, if `cosign` has not just done.

        What they signed then counts, also where another process was first to keep that checkpoint, without it.
        """
        if not self._keys:
            return None
        note = self._newest()
        if note is None:
            return Alarm(0, self.settings.quorum, ("nothing is signed yet",))
        for _ in range(TRIES):  # while they are asked, another process may keep a newer one
            text = _text(note)
            if len(cosignatures(note, self._keys)) < self.settings.quorum:
                note = self._renew(note, self._signed if self._fresh == text else self._ask(note))
            if _text(note) == text:
                break
        self._fresh, have = "", len(cosignatures(note, self._keys))
        return self._alarm(have) if have < self.settings.quorum else None

    def require(self) -> None:
        """Raise Unavailable where a required quorum has not signed the newest checkpoint, or nothing since the start.

        Nothing is disclosed then. The anchor's cosignatures alone are not enough: they come back with an old backup.
        """
        if not self.settings.required:
            return
        if len(self._met) < self.settings.quorum:
            self.compare()
        alarm = self.settle()
        if not alarm and len(self._met) < self.settings.quorum:
            alarm = self._alarm(len(self._met))
        if alarm:
            raise Unavailable(str(alarm), where=FILE, cure="nothing is disclosed until they answer")

    def compare(self) -> None:
        """Where they are required, raise Tampered if a witness remembers more than is stored, or something else."""
        note = self._newest()
        if not self.settings.required or note is None:
            return
        self._renew(note, self._ask(note))
        for one in self._outcomes:
            stored = self._stored()  # after it was asked: others may have written meanwhile
            if one.other or one.ahead > stored:
                what = one.why if one.other else f"{one.why}, and the database has {stored}"
                cure = (
                    "the database is older than what was witnessed: restore a newer backup;"
                    f" or, if the witness is wrong, take it out of {FILE}"
                )
                raise Tampered(what, where=f"witness {one.name}", cure=cure)

    def _alarm(self, have: int) -> Alarm:
        return Alarm(have, self.settings.quorum, tuple(f"{one.name} {one.why}" for one in self._outcomes if one.why))

    def _newest(self) -> str | None:
        return self._anchor.read_text(encoding="utf-8") if self._anchor.exists() else None

    def _renew(self, note: str, added: Sequence[Signature]) -> str:
        """Add what is signed of the newest checkpoint to the anchor."""
        with locked(self._anchor.parent):
            newest = self._newest() or note
            if added and _text(newest) == _text(note):
                newest = add_cosignatures(newest, added)
                put(self._anchor, newest, 0o666)
        return newest

    def _ask(self, note: str) -> Sequence[Signature]:
        """What all sign, asked at once; whoever remembers another size is asked again, with a proof from there."""
        text, size, before = _text(note), verify_checkpoint(note, self._key).size, self._newest()
        known = min(size, verify_checkpoint(before, self._key).size) if before else 0
        olds, outcomes = dict.fromkeys(range(len(self._keys)), known), dict[int, _Outcome]()
        with _client() as client, ThreadPoolExecutor(len(self._keys)) as pool:
            for _ in range(TRIES):
                bodies = [write_request(old, self._grown(old, size), note) for old in olds.values()]
                urls = [f"{self.settings.witness[number].url}/add-checkpoint" for number in olds]
                answers = pool.map(_post, [client] * len(urls), urls, bodies)
                asked = zip(olds.items(), answers, strict=True)
                found = {n: _outcome(self._keys[n], answer, text, old, size) for (n, old), answer in asked}
                outcomes |= {n: one for n, one in found.items() if isinstance(one, _Outcome)}
                olds = {n: one for n, one in found.items() if isinstance(one, int)}
        outcomes |= {n: _Outcome(self._keys[n].name, why="remembers another size each time") for n in olds}
        self._outcomes = tuple(outcomes[n] for n in sorted(outcomes))
        self._met |= {one.name for one in self._outcomes if one.signed}
        return [line for one in self._outcomes for line in one.signed]


def _text(note: str) -> str:
    return read_note(note)[0]


def _outcome(key: WitnessKey, answer: tuple[int, str] | None, text: str, old: int, size: int) -> _Outcome | int:
    """What an answer means; a number is the size to ask from instead."""
    if answer is None:
        return _Outcome(key.name, why="does not answer")
    status, said = answer
    if status == HTTPStatus.OK:
        try:
            signed = read_cosignatures(said, text, key)
        except Tampered:
            signed = ()
        return _Outcome(key.name, signed, "" if signed else "answers with no good cosignature")
    remembered = _SIZE.fullmatch(said) if status == HTTPStatus.CONFLICT else None
    if remembered and int(remembered[1]) > size:
        return _Outcome(key.name, why=f"remembers {remembered[1]} entries", ahead=int(remembered[1]))
    if remembered and int(remembered[1]) != old:
        return int(remembered[1])
    if status == HTTPStatus.UNPROCESSABLE_ENTITY or (status == HTTPStatus.CONFLICT and old == size):
        return _Outcome(key.name, why="remembers another history of this ledger", other=True)
    return _Outcome(key.name, why=f"refuses ({status})")


def _client() -> httpx.Client:
    import httpx  # noqa: PLC0415 - most commands and processes ask no witness, and would wait for it and hold it

    return httpx.Client(
        timeout=httpx.Timeout(TOTAL - CONNECT, connect=CONNECT),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "solely", "Accept-Encoding": "identity"},  # nothing small unpacks to much
    )


def _post(client: httpx.Client, url: str, body: bytes) -> tuple[int, str] | None:
    """The status and text of a whole answer in time, else None."""
    import httpx  # noqa: PLC0415 - see above

    end, data = time.monotonic() + TOTAL, bytearray()
    try:
        with client.stream("POST", url, content=body) as response:
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_ANSWER or time.monotonic() > end:
                    return None
            return response.status_code, data.decode()
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeDecodeError):
        return None
