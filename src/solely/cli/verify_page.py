"""`solely verify page`: the page of one person's factors, for a trial in a browser of this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from solely.cli.terminal import ERR, Dir, open_directory
from solely.cli.verify_io import Subject

__all__ = ["page"]


def page(
    subject: Subject,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where to serve it; 0: wherever there is room.")] = 8401,
    directory: Dir = None,
) -> None:
    """Serve the page of one person's factors to this machine, for a trial; Ctrl-C ends it.

    Whoever uses this machine can open it: it vouches for the person as your session would.
    """
    from solely.web.security import serve_security  # noqa: PLC0415 - a web server, which no other command needs

    def ready(address: str) -> None:
        ERR.print(f"Serving {address} until Ctrl-C.", markup=False, highlight=False)

    with open_directory(directory) as solely:
        try:
            serve_security(solely.verification, subject, port, ready)
        except KeyboardInterrupt:
            ERR.print("Ended.")
