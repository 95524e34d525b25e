"""A settings file is a TOML file as its model has it, or an error that names the field and never its value."""

import pytest
from pydantic import BaseModel, ConfigDict

from solely.errors import BadInput, SettingsError
from solely.settings import check_url, read_tables


class Tables(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
    count: int = 3


def read(text):
    return read_tables(Tables, text if isinstance(text, bytes) else text.encode(), "some.toml", "look it up")


def test_a_table_is_read_as_its_model_has_it():
    assert (read("").count, read("count = 7").count) == (3, 7)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("count = 'secret'", "some.toml, count"),
        ("secret = 1", "some.toml, secret"),
        ("count = ", "some.toml"),
        (b"\xff", "some.toml"),
        ("a = " + "[" * 5_000, "some.toml"),
    ],
)
def test_what_is_none_is_an_error_that_names_the_place_and_the_cure(text, where):
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert (caught.value.where, caught.value.cure) == (where, "look it up")
    assert "'secret'" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://sms.example.com", "ftp://x.example", "https://", "https://u:p@x.example", "https://x.example/?to=1"]
)
def test_an_address_that_is_not_https_or_holds_more_is_refused(url):
    with pytest.raises(BadInput):
        check_url(url)
