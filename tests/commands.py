"""Commands as pages and files of a deployment have them, held against the command line as it is."""

import shlex

from typer.main import get_command

from solely.cli.main import cli


def check(command):
    """Raise click's error where a `solely …` is no command, or has an option that is none."""
    words = shlex.split(command)
    assert words.pop(0).rpartition("/")[2] == "solely", command
    found, context = get_command(cli), None
    while words and hasattr(found, "get_command"):
        context = context or found.context_class(found)
        name = words.pop(0)
        found = found.get_command(context, name)
        assert found is not None, f"{command}: no command {name}"
    found.make_context(found.name, words)
