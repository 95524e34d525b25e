"""The command line itself: joins the commands, and turns what they raise into a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from traceback import walk_tb
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from solely.cli.terminal import QUIET, complain
from solely.errors import SolelyError, Unavailable

__all__ = ["main"]

_VERBS = (
    *("init", "give", "withdraw", "erase", "match", "decide"),
    *("uses", "affected", "assurance", "audit", "witness"),
    *("backup", "restore", "doctor", "serve"),
)
_RIGHTS = ("held", "receipt", "export", "object", "preferences")  # verbs too: a person's own
_GROUPS = ("approval", "audience", "campaign", "incident", "keys", "ledger", "migrate", "principal", "verify")


# A command is loaded when it is asked for: some bring much along, and none needs all of it. Imports that tools can see.


def _verb(name: str) -> Callable[..., None]:  # noqa: PLR0911 - a table
    match name:
        case "init":
            from solely.cli.init import init

            return init
        case "give":
            from solely.cli.give import give

            return give
        case "withdraw":
            from solely.cli.give import withdraw

            return withdraw
        case "erase":
            from solely.cli.erase import erase

            return erase
        case "match":
            from solely.cli.match import match

            return match
        case "decide":
            from solely.cli.campaign import decide

            return decide
        case "uses":
            from solely.cli.uses import uses

            return uses
        case _:
            return _verb_of_the_office(name)


def _verb_of_the_office(name: str) -> Callable[..., None]:  # noqa: PLR0911 - a table
    match name:
        case "affected":
            from solely.cli.affected import affected

            return affected
        case "backup":
            from solely.cli.backup import backup

            return backup
        case "doctor":
            from solely.cli.doctor import doctor

            return doctor
        case "restore":
            from solely.cli.restore import restore

            return restore
        case "serve":
            from solely.cli.serve import serve

            return serve
        case "assurance":
            from solely.cli.assurance import assurance

            return assurance
        case "audit":
            from solely.cli.audit import audit

            return audit
        case _:
            from solely.cli.witness import witness

            return witness


def _right(name: str) -> Callable[..., None]:
    match name:
        case "object":
            from solely.cli.object import object_

            return object_
        case "preferences":
            from solely.cli.preferences import preferences

            return preferences
        case "held":
            from solely.cli.held import held

            return held
        case "receipt":
            from solely.cli.receipt import receipt

            return receipt
        case _:
            from solely.cli.export import export

            return export


def _group(name: str) -> typer.Typer:  # noqa: C901, PLR0911 - a table
    match name:
        case "approval":
            from solely.cli.approval import approval_cli

            return approval_cli
        case "audience":
            from solely.cli.audience import audience_cli

            return audience_cli
        case "campaign":
            from solely.cli.campaign import campaign_cli

            return campaign_cli
        case "incident":
            from solely.cli.incident import incident_cli

            return incident_cli
        case "keys":
            from solely.cli.keys import keys_cli

            return keys_cli
        case "ledger":
            from solely.cli.ledger import ledger_cli

            return ledger_cli
        case "migrate":
            from solely.cli.migrate import migrate_cli

            return migrate_cli
        case "principal":
            from solely.cli.principal import principal_cli

            return principal_cli
        case _:
            from solely.cli.verify import verify_cli

            return verify_cli


class _Commands(TyperGroup):
    """The commands by their names, each loaded when it is asked for."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return [*_VERBS, *_RIGHTS, *_GROUPS]

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in _GROUPS:
            group = typer.main.get_group(_group(cmd_name))
            group.name = cmd_name
            return group
        if cmd_name in (*_VERBS, *_RIGHTS):
            one = typer.Typer(add_completion=False)
            one.command(cmd_name)((_right if cmd_name in _RIGHTS else _verb)(cmd_name))
            return typer.main.get_command(one)
        return None


cli = typer.Typer(cls=_Commands, **QUIET, add_completion=False)


@cli.callback()
def _about() -> None:
    """Each contact used solely for what it was given for."""


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
