"""Keys in production: what there is, a new primary, rows moved to it, an old key destroyed, files wrapped anew.

- Each act is in the ledger before it takes effect. What may fail is done before it is written down.
- Whoever is at work goes on: a process notices a key file that was written anew at its next use.
- A key is destroyed only when no row needs it, and from that moment on nothing is recorded under it.
- A password goes to the next pepper when it is next right: until then nobody has it to hash it anew.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from solely.app import key_files
from solely.app.parts import Parts
from solely.errors import BadInput, Conflict
from solely.keys import PASSWORDS, Keyring, Use
from solely.keys.settings import WrapName
from solely.purpose import COMPARTMENTS, HOLDS, Compartment
from solely.rotation.rows import BATCH, Sealing, Secrets, Tokens, moved
from solely.store import rotation as store
from solely.store.database import answering
from solely.store.ledger import Words
from solely.store.security import passwords
from solely.tokens import TOKEN_BYTES, Tokeniser

__all__ = [
    "KeyState", "check_of", "destroy", "note_checks", "reseal", "rewrap", "rotate", "status", "use_of",
]  # fmt: skip

SETTLE = 2.0  # seconds that what was begun before a rotation has to end
_PASSES = 5
_WHEN_RIGHT = "each goes to the next pepper when it is next right"
_KNOWN = bytes(TOKEN_BYTES)
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key: how many rows need it. A primary's are those that are new or moved already.

    `purpose` is `passwords` for a pepper.
    """

    compartment: Compartment
    purpose: str
    use: Use
    number: int
    primary: bool
    rows: int


def use_of(compartment: Compartment) -> Use:
    """What a compartment uses its keys for: it seals, or it makes tokens."""
    return "seal" if HOLDS[compartment] == "sealed" else "token"


def check_of(keyring: Keyring, purpose: str, number: int) -> bytes:
    """The token of a known value under a key."""
    return Tokeniser(keyring.tokeniser(purpose)).tokenise(_KNOWN, number)


def note_checks(parts: Parts) -> None:
    """Note of each token key of a new directory what it makes of the known value."""
    for compartment in COMPARTMENTS:
        keyring = parts.ground.keyring(compartment)
        if use_of(compartment) == "token":
            for purpose in keyring.purposes:
                _note_check(parts, compartment, keyring, purpose, keyring.numbers(purpose, "token")[-1])


def _note_check(parts: Parts, compartment: Compartment, keyring: Keyring, purpose: str, number: int) -> None:
    value = check_of(keyring, purpose, number)
    with answering(), parts.ground.database.login(compartment, keyring.secret("database")) as connection:
        store.note_check(connection, compartment, purpose, number, value)


def status(parts: Parts) -> list[KeyState]:
    """Every key that is held, by compartment, purpose and number."""
    return [state for name in COMPARTMENTS for state in _states(parts, name)]


def _states(parts: Parts, compartment: Compartment) -> Iterator[KeyState]:
    keyring, use = parts.ground.keyring(compartment), use_of(compartment)
    kinds: list[tuple[str, Use]] = [(purpose, use) for purpose in sorted(keyring.purposes)]
    with answering():
        connection = parts.login(compartment)
        rows = {(of, use, number): count for (of, number), count in store.counts(connection, compartment).items()}
        if compartment == "security":
            kinds.append((PASSWORDS, "pepper"))
            rows |= {(PASSWORDS, "pepper", number): n for number, n in passwords.by_pepper(connection).items()}
    for purpose, kind in kinds:
        numbers = keyring.numbers(purpose, kind)
        for number in numbers:
            needed = rows.get((purpose, kind, number), 0)
            yield KeyState(compartment, purpose, kind, number, number == numbers[-1], needed)


def rotate(parts: Parts, purpose: str, use: Use) -> int:
    """Give a purpose, or the passwords, a new primary, durably; returns its number.

    Rows stay under the old ones until `reseal`, and a password until it is next right.
    Raises BadInput for a use that its compartment has not, and what opening and wrapping a key file raise.
    """
    compartment = _compartment(parts, purpose, use)
    number, fresh = 0, parts.ground.keyring(compartment)

    def changed(keyring: Keyring) -> Keyring:
        nonlocal number, fresh
        fresh = keyring.rotate(purpose, use, secrets.token_bytes)
        number = fresh.numbers(purpose, use)[-1]
        return fresh

    def write_down() -> None:
        parts.gate.write_down(_words("rotate", purpose, use, number))
        if use == "token":
            _note_check(parts, compartment, fresh, purpose, number)

    key_files.change(parts.ground.directory, compartment, changed, write_down)
    return number


def reseal(
    parts: Parts,
    purpose: str,
    told: Told = lambda _rows: None,
    wait: Callable[[float], None] = time.sleep,
    batch: int = BATCH,
) -> int:
    """Move the rows of a purpose to its primary, batch by batch; returns how many. Killed, it is done again to the end.

    `told` is told how many after each batch, which is durable then.
    """
    compartment = parts.ground.policy.purpose(purpose).compartment
    wait(max(0.0, SETTLE - key_files.age(parts.ground.directory, compartment, parts.ground.clock())))
    parts.renew()
    keyring, use = parts.ground.keyring(compartment), use_of(compartment)
    if not _behind(parts, compartment, purpose):
        return 0
    parts.gate.write_down(_words("reseal", purpose, use, keyring.numbers(purpose, use)[-1]))
    done = 0
    for _ in range(_PASSES):  # one is enough, unless a process has not noticed the new primary yet
        for kind in _rows(parts, keyring, compartment, purpose):
            for count in moved(kind, batch):
                done += count
                told(done)
        if not _behind(parts, compartment, purpose):
            break
    return done


def _rows(
    parts: Parts, keyring: Keyring, compartment: Compartment, purpose: str
) -> Iterator[Sealing | Secrets | Tokens]:
    connection = parts.login(compartment)
    if HOLDS[compartment] == "sealed":
        keys = keyring.sealer(purpose)
        yield Sealing(connection, compartment, keys, secrets.token_bytes)
        if purpose == "two-factor":
            yield Secrets(connection, keys, secrets.token_bytes)
    else:
        yield Tokens(connection, compartment, Tokeniser(keyring.tokeniser(purpose)))
        if compartment == "advertising" and parts.audiences.key_numbers(purpose):
            parts.audiences.rebuild(purpose)


def _behind(parts: Parts, compartment: Compartment, purpose: str) -> bool:
    """Whether anything of a purpose is under another key than its primary: rows, or the index of its tokens."""
    primary = parts.ground.keyring(compartment).numbers(purpose, use_of(compartment))[-1]
    with answering():
        rows = store.counts(parts.login(compartment), compartment)
    indexed = parts.audiences.key_numbers(purpose) if compartment == "advertising" else frozenset()
    return bool(indexed - {primary}) or any(one == purpose and number != primary for one, number in rows)


def destroy(parts: Parts, purpose: str, use: Use, number: int) -> None:
    """Destroy a key that nothing needs, for good: what lies under it in old backups opens no more.

    Raises Conflict for the primary, and where rows need it (it says how many); NotFound where it is not held.
    """
    compartment = _compartment(parts, purpose, use)
    connection = parts.login(compartment)

    def write_down() -> None:
        cure = _WHEN_RIGHT if use == "pepper" else f"move them first: solely keys reseal {purpose}"
        if compartment == "advertising" and number in parts.audiences.key_numbers(purpose):
            raise Conflict("the index of tokens is under this key", where=purpose, cure=cure)
        # The head is held first, as giving does; then whoever still records under the key ends, or it is seen here.
        with parts.gate.still() as still, answering(), connection.transaction():
            if rows := store.destroy(connection, compartment, purpose, use, number):
                raise Conflict(f"{rows:,} rows need key {number}", where=purpose, cure=cure)
            still.write(_words("destroy", purpose, use, number))

    def changed(keyring: Keyring) -> Keyring:
        return keyring.destroy(purpose, use, number)

    key_files.change(parts.ground.directory, compartment, changed, write_down)


def rewrap(parts: Parts, wrap: WrapName, told: Callable[[str], None] = lambda _name: None) -> list[str]:
    """Wrap every key file anew, each whole or as it was; returns their names. Killed, it is done by doing it again.

    keys.toml says `wrap` from then on. Raises what the wrap raises, SettingsError where it is not set up.
    """
    directory = parts.ground.directory
    names = key_files.names(directory)
    if wrap == "none":  # else a plain file would be refused in between
        key_files.choose(directory, wrap)
    for name in names:
        key_files.change(directory, name, _same, partial(_note_wrap, parts, wrap, name), wrap)
        told(name)
    key_files.choose(directory, wrap)
    return names


def _note_wrap(parts: Parts, wrap: WrapName, name: str) -> None:
    details = MappingProxyType({"act": "rewrap", "wrap": wrap, "file": name})
    parts.gate.write_down(Words("key", "operator", details=details))


def _same(keyring: Keyring) -> Keyring:
    return keyring


def _compartment(parts: Parts, purpose: str, use: Use) -> Compartment:
    if use == "pepper":
        if purpose != PASSWORDS:
            raise BadInput("only passwords have peppers", where=purpose, cure=f"say {PASSWORDS} pepper")
        return "security"
    compartment = parts.ground.policy.purpose(purpose).compartment
    if use != use_of(compartment):
        what = f"{compartment} has no use for keys to {use}"
        raise BadInput(what, where=purpose, cure=f"its keys are to {use_of(compartment)}")
    return compartment


def _words(act: str, purpose: str, use: Use, number: int) -> Words:
    details = MappingProxyType[str, str | int]({"act": act, "use": use, "number": number})
    return Words("key", "operator", None if use == "pepper" else purpose, details=details)
