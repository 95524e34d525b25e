"""The links of one process wired: what it answers to the others, and its way to them."""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from solely.app import showing
from solely.app.ground import Ground
from solely.app.parts import SOFTWARE, Parts
from solely.app.serving.log import place_of
from solely.links.answers import answer_entries, answer_evidence
from solely.links.channel import Side
from solely.links.client import Links
from solely.links.giving import answer_names, answer_take
from solely.links.ledger import HOLD, Writer
from solely.links.server import MOST, Answers, Listener
from solely.links.showing import answer_factors, answer_show
from solely.links.table import PAIRS, secret_name
from solely.purpose import COMPARTMENTS, Compartment
from solely.store.roles import ROLES

__all__ = ["open_links", "serve_links", "socket_folder"]


def socket_folder(directory: Path) -> Path:
    """Where each process of a directory has a folder with its socket, by default."""
    return directory / "run"


@contextmanager
def open_links(ground: Ground, folder: Path | None = None) -> Iterator[Ground]:
    """A ground from which other processes are asked for what their key files are needed for.

    One that has every key file asks nobody, and stays as it is.
    """
    if ground.own >= set(ROLES):
        yield ground
        return
    with Links(_side(ground), folder or socket_folder(ground.directory)) as links:
        yield replace(ground, links=links)


@contextmanager
def serve_links(
    ground: Ground,
    folder: Path | None = None,
    *,
    report: Callable[[BaseException], None] | None = None,
    most: int = MOST,
    hold: float = HOLD,
) -> Iterator[None]:
    """Answer the other processes, by a socket in the folder NAME of `folder`; `ground` is one that `open_links` gave.

    `report` is told of an error that is none of ours; by default it goes to standard error, by its kind and place.

    At the end what is being answered is answered first. A process with every key file answers nobody.
    """
    if ground.own >= set(ROLES):
        yield
        return
    sockets = folder or socket_folder(ground.directory)

    @contextmanager
    def answerer(caller: str) -> Iterator[Answers]:
        with Parts(ground) as parts:
            yield _answers(parts, caller, hold)

    with Listener(_side(ground), sockets, answerer, report or _report, most):
        yield


def _side(ground: Ground) -> Side:
    """This process as the others know it: by secrets in its key file, its policy and its version."""
    keyring = ground.keyring(ground.name)
    others = [other for pair in PAIRS if ground.name in pair for other in pair - {ground.name}]
    macs = {other: keyring.mac(secret_name(ground.name, other)).mac for other in others}
    under = hashlib.sha256(f"{ground.policy.digest} {SOFTWARE}".encode()).digest()
    return Side(ground.name, macs, under, secrets.token_bytes)


def _answers(parts: Parts, caller: str, hold: float) -> Answers:
    """All that this process can answer; the table says what of it that caller may ask."""
    made: dict[str, Callable[[], Answers]] = {
        "ledger": lambda: _ledger(parts, caller, hold),
        "registry": lambda: answer_names(lambda: parts.names(_compartment(caller))),
        "advertising": lambda: _advertising(parts),
        "security": lambda: _security(parts),
        "service": lambda: _service(parts),
    }
    name = parts.ground.name
    takes = answer_take(parts.ground.policy, name, lambda: parts.intake(_compartment(name)))
    return {one: _renewed(parts, call) for one, call in {**takes, **(made[name]() if name in made else {})}.items()}


def _renewed(parts: Parts, call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, made with the key files as they are when it is asked for."""

    def answer(*asked: Any) -> Any:
        parts.renew()
        return call(*asked)

    return answer


def _compartment(name: str) -> Compartment:
    """The compartment of that name: this is asked only by, or of, one."""
    return next(one for one in COMPARTMENTS if one == name)


def _ledger(parts: Parts, caller: str, hold: float) -> Answers:
    writer = Writer(
        caller,
        parts.ground.policy,
        gate=lambda: parts.gate,
        macs=lambda: parts.pen.macs,
        size=lambda: parts.entries.size(),  # noqa: PLW0108 - opened when it is asked for
        hold=hold,
    )
    return {
        **writer.answers(),
        **answer_entries(lambda: parts.entries),
        "witnessed": parts.require_witnesses,
        "prove": lambda sequences: _prove(parts, sequences),
        "verifier": parts.verifier,
    }


def _prove(parts: Parts, sequences: Sequence[int]) -> Iterator[str]:
    yield from parts.signed.prove_all(sequences)


def _advertising(parts: Parts) -> Answers:
    return {
        **answer_evidence(lambda: parts.evidence),
        "members": parts.members,
        "compact": parts.compact,
    }


def _security(parts: Parts) -> Answers:
    return {
        **answer_show(lambda: showing.contacts(parts, "security")),
        **answer_factors(lambda pseudonym: showing.known(parts, pseudonym)),
    }


def _service(parts: Parts) -> Answers:
    from solely.app.notices import way  # noqa: PLC0415 - what one process needs, and what takes a while to load
    from solely.links.notices import answer_notices  # noqa: PLC0415

    return {
        **answer_show(lambda: showing.contacts(parts, "service")),
        **answer_notices(lambda: parts.keep("the way to people", lambda: parts.enter(way(parts)))),
    }


def _report(error: BaseException) -> None:
    """What failed and where; not what it says, which may quote a value."""
    place = place_of(error.__traceback__)
    sys.stderr.write(f"a call from another process failed: {type(error).__name__} at {place}\n")
