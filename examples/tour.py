"""Solely does its main job on a made world, beside a platform without purposes; each step is said.

    python examples/tour.py [--no-serve] [--people 20000] [--seed 1] [--dir DIR] [--world DIR] [--port 8400]

Exit codes: 0 done, 1 something differs from the world's truth, 130 interrupted, others as `solely` has them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from interrupts import interrupted, watch
from reckoning import differences, tell
from terminal import Steps, say, show
from work import make_world, work

from solely.errors import SolelyError
from solely.web.page import render
from solely.web.server import HOST, reserve, serve
from solely.web.story import Story


def main() -> int:
    arguments = _arguments()
    watch()
    try:
        return _tour(arguments)
    except (Exception, KeyboardInterrupt) as error:
        if number := interrupted():  # whatever came of it where it struck
            say("Stopped.")
            return 128 + number
        if not isinstance(error, SolelyError):
            raise
        say(f"tour: {error}", "bold red")
        return error.exit_code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-serve", action="store_true", help="end after the tables")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", type=Path, help="a new directory to keep world and data in (default: none is kept)")
    parser.add_argument("--world", type=Path, help="take this world, made before, instead of making one")
    parser.add_argument("--port", type=int, default=8400, choices=range(1024, 65536), metavar="PORT")
    return parser.parse_args()


def _tour(arguments: argparse.Namespace) -> int:
    place = None if arguments.no_serve else reserve(arguments.port)  # first: not after half a minute's work
    say("Solely: each contact used solely for what it was given for.", "bold")
    with _folder(arguments.dir) as folder:
        steps, world = Steps(), arguments.world or folder / "world"
        if not arguments.world:
            make_world(steps, world, arguments.people, arguments.seed)
        found = work(steps, world, folder / "data")
    story, wrong = tell(found), differences(found)
    show(story)
    for words in wrong:
        say(f"Differs from the truth: {words}", "bold red")
    if not wrong:
        say("All of it agrees with the world's own truth, person by person.", "green")
    if arguments.dir:
        say(f"Kept; try: solely ledger verify --dir {arguments.dir / 'data'}")
    if place and not wrong:
        _serve(story, place, arguments.port)
    return 1 if wrong else 0


def _serve(story: Story, place: socket, port: int) -> None:
    say(f"The same as a page, with a picture: http://{HOST}:{port}/ (Ctrl-C ends)", "bold")
    try:
        serve(render(story), place)
    except KeyboardInterrupt:
        say("Ended.")


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="solely-tour-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
