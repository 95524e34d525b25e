"""incidents.toml says who can be asked, by which rules there are clocks, and how fast people are told."""

import contextlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.incidents import Settings
from solely.answer.incidents.clocks import RULES
from solely.app.incident_settings import incident_settings_in, read_incident_settings
from solely.errors import SettingsError

RULE = '[[rule]]\nname = "state"\nsource = "a law"\nto = "authority"\n'


def read(text):
    return read_incident_settings(text.encode(), "Chirp")


def test_without_the_file_the_shipped_rules_hold_and_nobody_is_named(tmp_path):
    assert incident_settings_in(tmp_path, "Chirp") == Settings(service="Chirp")
    assert [(one.name, one.within, one.least) for one in RULES] == [
        ("gdpr-authority", timedelta(hours=72), 1),
        ("gdpr-people", None, 1),
        ("ftc-250", timedelta(days=30), 250),
        ("ftc-500", timedelta(days=30), 500),
    ]


def test_all_that_can_be_set_is_read(tmp_path):
    (tmp_path / "incidents.toml").write_text(
        'controller = "Chirp Ltd"\nlanguage = "de"\npage = "https://chirp.example/i"\nper-minute = 60\n'
        'waits-minutes = [5]\n[contact]\nofficer = "DPO"\nreach = "privacy@chirp.example"\n'
        + RULE.replace("to =", "hours = 360\nleast = 501\nby-risk = true\nto =")
    )
    settings = incident_settings_in(tmp_path, "Chirp")
    assert (settings.controller, settings.language, settings.page) == ("Chirp Ltd", "de", "https://chirp.example/i")
    assert (settings.officer, settings.reach, settings.per_minute) == ("DPO", "privacy@chirp.example", 60)
    assert settings.waits == (timedelta(minutes=5),)
    (rule,) = settings.rules
    assert (rule.name, rule.source, rule.to, rule.within) == ("state", "a law", "authority", timedelta(hours=360))
    assert (rule.least, rule.by_risk) == (501, True)


def test_the_example_of_the_page_is_read():
    page = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text()
    settings = read(re.search(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1])
    assert settings.officer
    assert settings.rules[0].name == "gdpr-authority"


def test_a_rule_without_hours_means_without_undue_delay():
    assert read(RULE).rules[0].within is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("secret", "incidents.toml"),
        ('secrets = "x"', "secrets"),
        ('language = "secret"', "language"),
        ('page = "secret"', "page"),
        ("per-minute = 0", "per-minute"),
        ('per-minute = "secret"', "per-minute"),
        ("waits-minutes = [0]", "waits-minutes"),
        ('[contact]\nofficer = "a\\nsecret"', "contact.officer"),
        (RULE + RULE, "rule"),
        (RULE + "hours = 100000", "rule.0.hours"),
        (RULE.replace("state", "Secret State"), "rule.0.name"),
        (RULE.replace("authority", "secret"), "rule.0.to"),
        (RULE.replace("a law", ""), "rule.0.source"),
    ],
)
def test_what_can_t_be_is_refused_by_its_field_and_without_its_value(text, where):
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert where in caught.value.where
    assert "secret" not in caught.value.what.lower()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_our_error(data):
    with contextlib.suppress(SettingsError):
        read_incident_settings(data, "Chirp")
