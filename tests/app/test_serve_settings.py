"""The service's settings: a file, variables over it, where each came from, and nothing misspelt or echoed."""

import pytest
from pydantic import ValidationError

from solely.app.serve_settings import FILE, ServeSettings, read_serve_settings, serve_settings_in
from solely.errors import SettingsError

SECRET = "something-typed"


def read(text="", **environment):
    return read_serve_settings(text.encode(), environment)


def test_without_a_file_all_are_defaults_and_listen_to_this_machine_alone():
    told = read()
    assert told.settings == ServeSettings()
    assert told.settings.listen.host == "127.0.0.1"
    assert set(told.origins.values()) == {"default"}
    assert len(told.origins) == sum(
        len(table.model_fields_set or type(table).model_fields) for _, table in ServeSettings()
    )


def test_a_variable_overrides_the_file_which_overrides_the_default_and_each_is_told():
    text = "[limits]\nbody-bytes = 5\njson-depth = 7\n[log]\nlevel = 'error'\n"
    told = read(text, SOLELY_LIMITS_BODY_BYTES="9", SOLELY_TELEMETRY_METRICS="false", SOLELY_LISTEN_HOST="0.0.0.0")
    assert (told.settings.limits.body_bytes, told.settings.limits.json_depth) == (9, 7)
    assert (told.settings.log.level, told.settings.telemetry.metrics, told.settings.listen.host) == (
        "error", False, "0.0.0.0",
    )  # fmt: skip
    assert told.origins["limits.body-bytes"] == "SOLELY_LIMITS_BODY_BYTES"
    assert told.origins["limits.json-depth"] == told.origins["log.level"] == FILE
    assert told.origins["limits.rate"] == "default"


def test_they_are_values_that_nobody_changes():
    with pytest.raises(ValidationError):
        read().settings.limits.body_bytes = 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[limits]\nbody-byte = 1", f"{FILE}, limits.body-byte"),
        ("[limit]\n", f"{FILE}, limit"),
        (f"[limits]\nbody-bytes = '{SECRET}'", f"{FILE}, limits.body-bytes"),
        ("[limits]\nbody-bytes = 0", f"{FILE}, limits.body-bytes"),
        ("limits = 3", f"{FILE}, limits"),
        ("[limits", FILE),
        ("[listen]\ntls-key = 'a'", f"{FILE}, listen"),
        (f"[telemetry]\notel-endpoint = 'http://{SECRET}.example'", f"{FILE}, telemetry.otel-endpoint"),
        ("[backup]\ntarget = '/b'\nkeys = '/b/keys'", f"{FILE}, backup"),
        ("[database]\ntls = 'prefer'", f"{FILE}, database.tls"),
    ],
)
def test_what_is_none_in_the_file_is_an_error_that_names_the_place(text, where):
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert caught.value.where == where
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SOLELY_LIMITS_BODY_BYTE", "1"),
        ("SOLELY_LIMITS_BODY_BYTES", SECRET),
        ("SOLELY_LIMITS_BODY_BYTES", "1\nother = 2"),
        ("SOLELY_LIMITS_BODY_BYTES", ""),
        ("SOLELY_TELEMETRY_METRICS", "yes"),
        ("SOLELY_LOG_LEVEL", SECRET),
    ],
)
def test_what_is_none_in_the_environment_is_an_error_that_names_the_variable(variable, value):
    with pytest.raises(SettingsError) as caught:
        read(**{variable: value})
    assert caught.value.where == variable
    assert SECRET not in str(caught.value)


def test_variables_of_other_parts_are_none_of_these():
    assert read(SOLELY_DIR="data", SOLELY_KEYS="x").settings == ServeSettings()


def test_a_directory_has_its_file_and_the_process_its_environment(tmp_path, monkeypatch):
    assert serve_settings_in(tmp_path) == ServeSettings()
    (tmp_path / FILE).write_text("[pool]\nsize = 2\n")
    monkeypatch.setenv("SOLELY_POOL_WAIT_SECONDS", "0.5")
    assert (serve_settings_in(tmp_path).pool.size, serve_settings_in(tmp_path).pool.wait_seconds) == (2, 0.5)
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(SettingsError):
        serve_settings_in(tmp_path)
