"""What one process serves: all compartments for a trial, or one with its own role, key files and links alone."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from solely.app import Solely
from solely.app.environment import tell_service_manager
from solely.app.ground import Ground
from solely.app.serve_settings import ServeSettings
from solely.app.serving.hardened import end_with_parent, harden, make_room, share_memory
from solely.app.serving.log import Log, failed, open_log
from solely.app.serving.place import places, url
from solely.app.serving.process import at_work
from solely.app.serving.reach import reached
from solely.app.serving.signals import answered
from solely.app.serving.supervisor import supervise
from solely.app.uploads import matching
from solely.errors import SettingsError, SolelyError
from solely.principal import HOMES, Home
from solely.web.access import Logged
from solely.web.api import open_api
from solely.web.bounded import Room
from solely.web.runner import serve_until_told
from solely.web.server import reserve
from solely.web.upkeep import upkeep

__all__ = ["serve_one", "serve_split", "serve_supervised", "serve_trial"]


@contextmanager
def _application(
    ground: Ground, homes: Sequence[Home], settings: ServeSettings, log: Log
) -> Iterator[tuple[ASGIApp, Room]]:
    """What the compartments of a process answer over HTTP, and whether it has room for a request."""
    kept = timedelta(hours=settings.idempotency.keep_hours)
    with ExitStack() as stack:
        api = stack.enter_context(closing(open_api(ground, homes, settings)))
        stack.enter_context(upkeep(ground, homes, kept))
        if "registry" in homes:
            from solely.app.notices import telling  # noqa: PLC0415 - what one process needs, and slow to load

            stack.enter_context(telling(ground, partial(failed, log, event="people were not told of an incident")))
        if "advertising" in homes:
            stack.enter_context(matching(ground, partial(failed, log, event="a list was not matched")))
        yield stack.enter_context(_traced(api.door, homes, settings.telemetry.otel_endpoint)), api.door.has_room


def _traced(app: ASGIApp, homes: Sequence[Home], endpoint: str) -> AbstractContextManager[ASGIApp]:
    """The same, traced where a setting says who gathers traces. Raises SettingsError where that is not installed."""
    if not endpoint:
        return nullcontext(app)
    try:
        from solely.web.api.traces import sent_to, traced  # noqa: PLC0415 - of an extra, and slow to load
    except ImportError:
        what, cure = "OpenTelemetry is not installed", "pip install 'solely[telemetry]', or leave the setting out"
        raise SettingsError(what, where="telemetry.otel-endpoint", cure=cure) from None
    return traced(app, homes[0] if len(homes) == 1 else "all", sent_to(endpoint))


def _make_ready(settings: ServeSettings) -> None:
    harden()
    make_room(settings.limits.connections)
    share_memory()


def serve_trial(
    directory: Path, settings: ServeSettings, place: socket.socket, ready: Callable[[], None] = lambda: None
) -> None:
    """All compartments in one process, until SIGTERM or SIGINT. Raises what `Solely` raises."""
    _make_ready(settings)
    log = open_log(sys.stderr, "all", settings.log.level)
    with _ended_by_sigterm(), Solely(directory) as solely:
        _serve(solely.ground, HOMES, settings, place, log, ready)
    log.info("ended")


def serve_one(
    directory: Path,
    name: str,
    settings: ServeSettings,
    place: socket.socket,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """One compartment, until SIGTERM or SIGINT. Raises what `at_work` raises."""
    _make_ready(settings)
    log = open_log(sys.stderr, name, settings.log.level)
    if os.geteuid() == 0:
        log.warning("this process is root's: start it as a user of its own")
    with (
        _ended_by_sigterm(),
        reached(directory, settings) as database,
        at_work(directory, name, database, partial(_report, log)) as ground,
    ):
        _serve(ground, [_home(name)], settings, place, log, ready)
    log.info("ended")


def serve_split(directory: Path, settings: ServeSettings, ready: Callable[[Mapping[str, str]], None]) -> None:
    """Each compartment by a process of its own, until SIGTERM or SIGINT. Raises what `supervise` raises.

    `ready` is told where each is. Nothing is started where a port is taken.
    """
    log = open_log(sys.stderr, "supervisor", settings.log.level)
    found = places(directory, settings, apart=os.geteuid() == 0)

    def all_ready(at: Mapping[str, str]) -> None:
        tell_service_manager("READY=1")
        ready(at)

    with _ended_by_sigterm(), ExitStack() as stack:
        sockets = {one.name: stack.enter_context(reserve(one.port, one.host)) for one in found}
        at = {name: url(settings, one.getsockname()[1]) for name, one in sockets.items()}
        supervise(found, sockets, settings, log, partial(all_ready, at))


def serve_supervised(directory: Path, name: str, settings: ServeSettings, place: socket.socket) -> None:
    """One compartment, for the supervisor that started this process: see `app/serving/child.py`."""
    _make_ready(settings)
    end_with_parent(os.getppid())
    log = open_log(sys.stderr, name, settings.log.level)
    try:
        with (
            _ended_by_sigterm(),
            reached(directory, settings, supervised=True) as database,
            at_work(directory, name, database, partial(_report, log)) as ground,
        ):
            _say("settled")
            if sys.stdin.readline() == "open\n":
                _serve(ground, [_home(name)], settings, place, log, partial(_say, "ready"))
                _say("drained")
                sys.stdin.read()  # until all have drained: others' last requests need this one's links
    except SolelyError as error:
        name = type(error).__name__
        log.error("failed", error=name, what=error.what, where=error.where, cure=error.cure)  # noqa: TRY400 - no trace
        sys.exit(error.exit_code)
    log.info("ended")


def _say(word: str) -> None:
    with suppress(OSError):  # a supervisor that died: this process is told so otherwise
        os.write(sys.stdout.fileno(), f"{word}\n".encode())


def _serve(
    ground: Ground,
    homes: Sequence[Home],
    settings: ServeSettings,
    place: socket.socket,
    log: Log,
    ready: Callable[[], None],
) -> None:
    def begun() -> None:
        log.info("ready", port=place.getsockname()[1])
        tell_service_manager("READY=1")
        ready()

    with _application(ground, homes, settings, log) as (app, has_room):
        logged = Logged(app, log, time.perf_counter)
        serve_until_told(logged, has_room, place, settings, ground.directory, begun)
    log.info("drained")


def _home(name: str) -> Home:
    return next(one for one in HOMES if one == name)


def _report(log: Log, error: BaseException) -> None:
    failed(log, error, "a call from another process failed")


def _ended_by_sigterm() -> AbstractContextManager[None]:
    """SIGTERM before it serves, or after, closes what is open and ends it."""
    return answered(lambda _number, _frame: sys.exit(0), signal.SIGTERM)
