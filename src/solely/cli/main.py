"""The command line itself: joins the commands, and turns what they raise into a message and an exit code."""

from __future__ import annotations

import sys
from traceback import walk_tb
from types import FrameType

import typer

from solely.cli.affected import affected
from solely.cli.assurance import assurance
from solely.cli.audience import audience_cli
from solely.cli.audit import audit
from solely.cli.erase import erase
from solely.cli.give import give, withdraw
from solely.cli.incident import incident_cli
from solely.cli.init import init
from solely.cli.ledger import ledger_cli
from solely.cli.ledger_serve import ledger_serve
from solely.cli.match import match
from solely.cli.terminal import QUIET, complain
from solely.cli.uses import uses
from solely.cli.verify import verify_cli
from solely.cli.witness import witness
from solely.errors import SolelyError, Unavailable

__all__ = ["main"]

cli = typer.Typer(**QUIET, add_completion=False, help="Each contact used solely for what it was given for.")
for verb in (init, give, withdraw, erase, match, uses, affected, assurance, audit, witness):
    cli.command()(verb)
cli.add_typer(audience_cli, name="audience")
ledger_cli.command("serve")(ledger_serve)
cli.add_typer(incident_cli, name="incident")
cli.add_typer(ledger_cli, name="ledger")
cli.add_typer(verify_cli, name="verify")


def main() -> None:
    """Run the command line; errors become one message and an exit code, never a traceback."""
    try:
        cli()
    except SolelyError as error:
        complain(error)
        sys.exit(error.exit_code)
    except OSError as error:
        complain(Unavailable(error.strerror or "the system refused", where=str(error.filename or "")))
        sys.exit(Unavailable.exit_code)
    except Exception as error:  # noqa: BLE001 - its message may hold what a person typed; its kind and place do not
        frames = [frame for frame, _ in walk_tb(error.__traceback__)]
        place = next((f"{f.f_globals['__name__']}:{f.f_lineno}" for f in reversed(frames) if _is_ours(f)), "")
        complain(
            SolelyError(f"a fault ({type(error).__name__})", where=place, cure="nothing was done by halves: report it")
        )
        sys.exit(SolelyError.exit_code)


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("solely")
