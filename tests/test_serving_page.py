"""What docs/serving.md says of processes, ports, users and commands is so."""

import re
from pathlib import Path

import pytest

from commands import check
from solely.app.serve_settings import ServeSettings
from solely.app.serving.place import GROUP, places

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "serving.md").read_text()
COMMANDS = re.findall(r"^ {4}(solely .+)$", PAGE, re.MULTILINE)


def test_its_table_has_every_process_with_its_port_its_user_and_its_key_files():
    told = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    real = places(Path("data"), ServeSettings(), apart=True)
    assert [(name, int(port), int(user)) for name, port, user, _ in told] == [
        (one.name, one.port, one.account) for one in real
    ]
    for (*_, what), one in zip(told, real, strict=True):
        assert set(re.findall(r"keys/(\w+)\.key", what)) == one.own
    assert f"group {GROUP}" in PAGE


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_commands(command):
    check(command)


def test_what_is_no_command_would_be_seen():
    assert len(COMMANDS) == 3
    with pytest.raises(Exception, match="No such option"):
        check("solely serve --splitt")
    with pytest.raises(AssertionError):
        check("solely sirve")
