"""`solely ledger serve`: the published ledger over HTTP, kept up to each new signed head."""

from __future__ import annotations

from typing import Annotated

import typer

from solely.cli.terminal import ERR, Dir, open_directory

__all__ = ["ledger_serve"]


def ledger_serve(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where to serve; 0: wherever there is room.")] = 8403,
    host: Annotated[str, typer.Option(help="An address of this machine; others need TLS in front.")] = "127.0.0.1",
    directory: Dir = None,
) -> None:
    """Serve the published ledger (C2SP tlog-tiles) until Ctrl-C: for anyone, and up to date within a second."""
    from solely.web.log import serve_log  # noqa: PLC0415 - a web server, which few commands need
    from solely.web.server import reserve  # noqa: PLC0415

    with reserve(port, host) as place, open_directory(directory) as solely, solely.publishing():
        url = f"http://{host}:{place.getsockname()[1]}"
        ERR.print(f"Serving {url}/checkpoint and its tiles until Ctrl-C.", markup=False, highlight=False)
        ERR.print(f"  to verify: solely ledger verify --url {url} --key KEY", markup=False, highlight=False)
        try:
            serve_log(solely.public, place)
        except KeyboardInterrupt:
            ERR.print("Ended.")
