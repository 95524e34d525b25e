"""ledger.toml says who the witnesses are; what could not be met, or would be met too easily, is refused."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.app.witness_settings import WitnessSettings, read_witness_settings, witness_settings_in
from solely.errors import SettingsError
from solely.keys import new_keyring
from solely.ledger.checkpoint import VerifierKey
from solely.ledger.cosignature import WitnessKey

KEYS = [WitnessKey(f"witness.example/{n}", new_keyring("ledger", [], os.urandom).ledger().public_key) for n in range(2)]
ONE = f'[[witness]]\nurl = "https://witness.example/1/"\nkey = "{KEYS[0]}"\n'
TWO = f'[[witness]]\nurl = "http://127.0.0.1:8402"\nkey = "{KEYS[1]}"\n'
TWIN = f'[[witness]]\nurl = "https://twin.example"\nkey = "{WitnessKey("twin", KEYS[0].public_key)}"\n'
NAMESAKE = f'[[witness]]\nurl = "https://twin.example"\nkey = "{WitnessKey(KEYS[0].name, KEYS[1].public_key)}"\n'
AS_LOG = f'[[witness]]\nurl = "https://log.example"\nkey = "{VerifierKey("log", KEYS[0].public_key)}"\n'


def test_witnesses_are_read_with_their_quorum(tmp_path):
    (tmp_path / "ledger.toml").write_text(f"quorum = 2\nrequired = true\n{ONE}{TWO}")
    settings = witness_settings_in(tmp_path)
    assert (settings.keys, settings.quorum, settings.required) == (tuple(KEYS), 2, True)
    assert [one.url for one in settings.witness] == ["https://witness.example/1", "http://127.0.0.1:8402"]


def test_the_example_of_the_page_is_read():
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    settings = read_witness_settings(re.search(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1].encode())
    assert (len(settings.witness), settings.quorum, settings.required) == (2, 2, True)


def test_without_the_file_there_are_none_and_nothing_is_required(tmp_path):
    assert witness_settings_in(tmp_path) == WitnessSettings()
    assert (WitnessSettings().keys, WitnessSettings().required) == ((), False)


@pytest.mark.parametrize(
    "text",
    [
        f"quorum = 0\n{ONE}",
        ONE,
        f"quorum = 3\n{ONE}{TWO}",
        "quorum = 1\n",
        "required = true\n",
        f"quorum = 1\n{ONE}{ONE}",
        f"quorum = 1\n{ONE}{TWIN}",
        f"quorum = 1\n{ONE}{NAMESAKE}",
        f"quorum = 1\n{AS_LOG}",
        f"quorum = '1'\n{ONE}",
        f"quorum = -1\n{ONE}",
        f"quorum = 1\nrequierd = true\n{ONE}",
        f"quorum = 1\n{ONE}".replace("https:", "http:"),
        f"quorum = 1\n{ONE}".replace("https://", "https://user@"),
        f"quorum = 1\n{ONE}".replace("/1/", "/1/?a=b"),
        f"quorum = 1\n{ONE}".replace("+", "-"),
        "quorum = 1\n[[witness]]\nurl = 'https://witness.example'\n",
        "quorum =\n",
        "\xff",
    ],
)
def test_what_is_not_so_is_refused_and_the_place_named(text):
    with pytest.raises(SettingsError) as raised:
        read_witness_settings(text.encode("latin-1"))
    assert raised.value.where.startswith("ledger.toml")
    assert str(KEYS[0]) not in str(raised.value)


@given(st.binary(max_size=60) | st.text("quorm=12[]\nwites'\"", max_size=60).map(str.encode))
def test_reading_anything_raises_settings_error_and_nothing_else(data):
    try:
        read_witness_settings(data)
    except SettingsError:
        pass
    else:
        assert not read_witness_settings(data).witness
