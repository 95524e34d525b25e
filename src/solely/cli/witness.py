"""`solely witness`: remembers the newest checkpoint of a log, and cosigns only what continues it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solely.cli.terminal import ERR

__all__ = ["witness"]


def witness(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The witness's own directory; made at first start.")],
    log: Annotated[list[str], typer.Option(help="A log's verifier key, as in its ledger/verifier.key; repeatable.")],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where to serve; 0: wherever there is room.")] = 8402,
    host: Annotated[str, typer.Option(help="An address of this machine; others need TLS in front.")] = "127.0.0.1",
    name: Annotated[str | None, typer.Option(help="What a new witness calls itself, as witness.example/1.")] = None,
) -> None:
    """Serve a witness (C2SP tlog-witness) until Ctrl-C; prints its verifier key, for the log's ledger.toml."""
    from solely.app.witness import Witness  # noqa: PLC0415 - what no other command needs
    from solely.ledger.checkpoint import read_verifier_key  # noqa: PLC0415
    from solely.web.server import reserve  # noqa: PLC0415 - a web server, which few commands need
    from solely.web.witness import serve_witness  # noqa: PLC0415

    at_work = Witness(directory, [read_verifier_key(one.strip()) for one in log], name=name)
    with reserve(port, host) as place:
        print(at_work.key, flush=True)  # noqa: T201 - one line, whole, to be read by a program too
        ERR.print(f"Serving http://{host}:{place.getsockname()[1]} until Ctrl-C.", markup=False, highlight=False)
        try:
            serve_witness(at_work, place)
        except KeyboardInterrupt:
            ERR.print("Ended.")
