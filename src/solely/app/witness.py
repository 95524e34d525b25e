"""A witness at work: its own directory, its own key, and of each log it knows the one checkpoint it remembers.

- What is remembered is compared, stored durably, then cosigned, all under one lock: who is killed anywhere
  between has given no cosignature over less than is remembered.
- `witness.key` is a key file of its own, made at the first start; `logs/` has a note for each log, and is what the
  witness is trusted for: without it, it begins anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from solely.app.environment import now
from solely.app.key_files import passphrase_wrap
from solely.errors import BadInput, Conflict, NotFound
from solely.keys import Keyring, new_keyring
from solely.ledger.checkpoint import VerifierKey
from solely.ledger.cosignature import WitnessKey, cosign
from solely.ledger.witness import Accepted, Refusal, Request, judge, read_request
from solely.store.durable import locked, put

__all__ = ["Answer", "Witness"]

_NAME = "witness"  # the secret that holds its name: a ledger's key file has none, so that is not taken for a witness's


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered over HTTP: a status, a type, a text."""

    status: int
    text: str
    type: str = "text/plain"


class Witness:
    """Any number of threads and processes may share one directory."""

    def __init__(
        self,
        directory: Path,
        logs: Collection[VerifierKey],
        *,
        name: str | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """Open a witness's directory, or make it. `name` is what a new one calls itself; by default a random one.

        Raises BadInput for no log, or two of one name; Conflict where the directory is something else's.
        """
        self._logs = {key.name: key for key in logs}
        if not logs or len(self._logs) != len(logs):
            raise BadInput("a witness knows at least one log, each by one key", where="--log")
        self.directory, self._clock = directory.absolute(), clock
        keyring = _open(self.directory, name)
        self._keys = keyring.ledger()
        self.key = WitnessKey(keyring.secret(_NAME), self._keys.public_key)

    def add_checkpoint(self, body: bytes) -> Answer:
        """C2SP tlog-witness `add-checkpoint`. Raises Tampered where what was remembered was changed, and OSError."""
        try:
            request = read_request(body)
        except BadInput as error:
            return Answer(error.status, f"{error.what}\n")
        key = self._logs.get(request.origin)
        with locked(self.directory):
            decision = judge(request, key, self._remembered(request))
            if isinstance(decision, Refusal):
                return _refused(decision)
            put(self._path(request.origin), decision.note)
            return self._cosigned(decision)  # under the lock: at its time, nothing larger was remembered

    def _cosigned(self, accepted: Accepted) -> Answer:
        time = int(self._clock().timestamp())
        return Answer(200, str(cosign(accepted.text, time, self.key, self._keys.sign)))

    def _path(self, origin: str) -> Path:
        return self.directory / "logs" / sha256(origin.encode()).hexdigest()

    def _remembered(self, request: Request) -> str | None:
        try:
            return self._path(request.origin).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None


def _refused(refusal: Refusal) -> Answer:
    if refusal.size is not None:
        return Answer(refusal.status, f"{refusal.size}\n", "text/x.tlog.size")
    return Answer(refusal.status, f"{refusal.why}\n")


def _open(directory: Path, name: str | None) -> Keyring:
    """The witness's keys; made, with its directory, at the first start."""
    if (directory / "policy.toml").exists():
        raise Conflict("this is a log's directory", where=str(directory), cure="a witness has one of its own")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    path = directory / "witness.key"
    with locked(directory):
        if not path.exists():
            if any((directory / "logs").iterdir()):
                raise NotFound("its key file is missing", where=str(path), cure="restore it from its backup")
            named = name or f"solely.local/witness/{secrets.token_hex(8)}"
            WitnessKey(named, bytes(32))  # says so, where that can't be a name
            keyring = new_keyring("ledger", [], secrets.token_bytes, secrets={_NAME: named})
            put(path, keyring.to_bytes(passphrase_wrap("witness"), secrets.token_bytes).decode())
    keyring = Keyring.from_bytes(path.read_bytes(), passphrase_wrap("witness"))
    if name not in {None, keyring.secret(_NAME)}:
        raise Conflict("this witness has another name", where=str(path), cure="leave the name out")
    return keyring
