"""rights.toml: who the controller is, each field by its name; what is wrong is named and never shown."""

import pytest

from solely.answer.rights.receipt import Controller, Party
from solely.app.rights_settings import controller_in, read_rights_settings
from solely.errors import SettingsError

WHOLE = b"""
jurisdiction = "IE"
locations = ["Dublin, IE", "Cork, IE"]
withdraw = "https://chirp.example/privacy"
[controller]
name = "Chirp Ltd"
address = "1 Quay Street, Dublin"
contact = "privacy@chirp.example"
url = "https://chirp.example"
[authority]
name = "Data Protection Commission"
"""


def test_each_field_is_read():
    assert read_rights_settings(WHOLE) == Controller(
        Party("Chirp Ltd", "1 Quay Street, Dublin", "privacy@chirp.example", "https://chirp.example"),
        Party("Data Protection Commission"),
        "IE",
        ("Dublin, IE", "Cork, IE"),
        "https://chirp.example/privacy",
    )


def test_without_the_file_what_incidents_say_is_taken_and_the_rest_is_empty(tmp_path):
    assert controller_in(tmp_path) == Controller()
    (tmp_path / "incidents.toml").write_text('controller = "Chirp Ltd"\n[contact]\nreach = "p@chirp.example"\n')
    assert controller_in(tmp_path).party == Party("Chirp Ltd", contact="p@chirp.example")
    (tmp_path / "rights.toml").write_text('[controller]\nname = "Chirp Group"\n')
    assert controller_in(tmp_path).party == Party("Chirp Group", contact="p@chirp.example")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"jurisdicton = 'XX-secret'", "jurisdicton"),
        (b"withdraw = 'javascript:XX-secret'", "withdraw"),
        (b"locations = 'XX-secret'", "locations"),
        (b"locations = ['']", "locations"),
        (b'[controller]\nname = "XX-secret\\u0000"', "rights.toml"),
        (b"\xff", "rights.toml"),
    ],
)
def test_what_can_t_be_read_is_named_and_not_shown(text, where):
    with pytest.raises(SettingsError) as caught:
        read_rights_settings(text)
    assert where in str(caught.value)
    assert "XX-secret" not in str(caught.value)
