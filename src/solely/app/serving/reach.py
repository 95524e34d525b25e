"""Where a process's database answers: another server by settings, the door of a supervisor's, or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from solely.app.serve_settings import ServeSettings, serve_settings_in
from solely.store import server
from solely.store.database import Database

__all__ = ["door", "new_server", "reached"]


def door(directory: Path) -> Path:
    """The folder with the socket by which the processes of other users reach the embedded server."""
    return directory / "run" / "database"


@contextmanager
def reached(directory: Path, settings: ServeSettings | None = None, *, supervised: bool = False) -> Iterator[Database]:
    """The database, for as long as it is used; `settings` are by default the directory's. Raises Unavailable.

    The embedded server is kept running by who uses it; where this process is `supervised`, by its supervisor.
    """
    other = (settings or serve_settings_in(directory)).database
    if other.host:
        yield Database(other.host, other.port, other.tls, other.ca_file)
    elif supervised:
        yield Database(str(door(directory)))
    else:
        with server.running(directory / "postgres") as host:
            yield Database(host)


@contextmanager
def new_server(directory: Path, password: str) -> Iterator[Database]:
    """A server that has nothing of ours yet: the one of the settings, or the embedded one, which is made now.

    `password` is its superuser's.
    """
    if not serve_settings_in(directory).database.host:
        server.create(directory / "postgres", password)
    with reached(directory) as database:
        yield database
