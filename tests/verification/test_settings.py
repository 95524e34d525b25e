"""Settings hold their bounds, and none of them makes anybody need a phone; what is refused is never quoted."""

import contextlib
import itertools
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import SettingsError
from solely.verification.factor import KINDS, SENT, STRONG
from solely.verification.settings import Settings, read_settings

BOUNDS = {  # table, field: the least and the most
    ("factors", "most"): (2, 100),
    ("factors", "drift-steps"): (0, 2),
    ("factors", "sms-proved-days"): (1, 3650),
    ("ages", "challenge-minutes"): (1, 10),
    ("ages", "manage-minutes"): (1, 60),
    ("ages", "device-days"): (1, 30),
    ("ages", "not-me-days"): (1, 90),
    ("ages", "recovery-hours"): (1, 24),
    ("tries", "per-challenge"): (1, 10),
    ("tries", "per-contact-hourly"): (1, 100),
    ("tries", "per-source-hourly"): (1, 10_000),
    ("tries", "challenges-hourly"): (1, 1_000),
    ("tries", "sign-ins-per-source-hourly"): (1, 1_000_000),
    ("fraud", "daily"): (1, None),
    ("fraud", "country-hourly"): (1, None),
    ("fraud", "source-hourly"): (1, None),
    ("", "password-least"): (8, 64),
}
MAIL = {"name": "own", "host": "localhost", "address": "codes@example.org"}
GATEWAY = {
    "name": "one", "driver": "twilio", "user": "AC1", "password-file": "secret", "origin": "Shop",
    "url": "https://sms.example.org", "template": {"a": "{to} {text}"},
}  # fmt: skip
WORDS = {  # table, field: what it may be
    ("factors", "totp-algorithm"): ["SHA1", "SHA256", "SHA512"],
    ("factors", "totp-digits"): [6, 8],
    ("fraud", "mode"): ["enforce", "record"],
    ("email", "driver"): ["smtp"],
    ("email", "security"): ["tls", "starttls", "none"],
    ("sms", "driver"): ["twilio", "vonage", "generic"],
}
TABLES = ["service", "factors", "ages", "tries", "fraud", "email", "sms"]
SECRET = "c0rrect-h0rse"


def toml(value):
    """A value as TOML writes it within a line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {toml(one)}' for key, one in value.items())}}}"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value)


def read(table="", **fields):
    """Settings with these fields in a table; the lists of senders have one that is right otherwise."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    if table in {"email", "sms"}:
        named, table = {table: [{**{"email": MAIL, "sms": GATEWAY}[table], **named}]}, ""
    lines = [f"[{table}]"] if table else []
    return read_settings("\n".join([*lines, *(f"{name} = {toml(value)}" for name, value in named.items())]).encode())


def refused(table="", **fields):
    with pytest.raises(SettingsError) as caught:
        read(table, **fields)
    assert caught.value.__context__ is None
    return str(caught.value)


def test_without_a_file_the_defaults_are_those_of_an_empty_one():
    assert read_settings(b"") == Settings()


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize(("place", "bounds"), BOUNDS.items(), ids=[".".join(place) for place in BOUNDS])
def test_a_number_is_taken_within_its_bounds_and_no_further(place, bounds):
    (table, field), (least, most) = place, bounds
    for value in (least, most or 10**9):
        settings = read(table, **{field: value})
        held = getattr(settings, table) if table else settings
        assert getattr(held, field.replace("-", "_")) == value
    for value in (least - 1, -1, *([most + 1] if most else [])):
        assert refused(table, **{field: value}).startswith(f"verification.toml, {f'{table}.{field}'.lstrip('.')}: ")
    for value in (True, str(least), float(least), [least]):
        refused(table, **{field: value})


@pytest.mark.parametrize("field", ["alarm-below", "stop-below"])
def test_a_share_is_from_0_to_1(field):
    for value in (0.0, 0.5, 1.0, 1):
        assert read("fraud", **{"stop-below": 0, "alarm-below": 1, field: value})
    for value in (-0.01, 1.01, "0.5", True):
        refused("fraud", **{field: value})
    for value in ("nan", "inf", "-inf"):
        with pytest.raises(SettingsError):
            read_settings(f"[fraud]\n{field} = {value}".encode())


def test_a_country_is_closed_after_the_alarm_rang_and_not_before():
    assert read("fraud", **{"alarm-below": 0.4, "stop-below": 0.4})
    assert "alarm" in refused("fraud", **{"alarm-below": 0.3, "stop-below": 0.4})


@pytest.mark.parametrize("driver", ["twilio", "vonage", "generic"])
def test_a_gateway_has_what_its_driver_needs(driver):
    for field in ("url", "template") if driver == "generic" else ("user", "password-file", "origin"):
        assert "need" in refused("sms", **{"driver": driver, field: {} if field == "template" else ""})


def test_no_two_senders_have_one_name():
    for tables in ({"email": [MAIL, MAIL]}, {"email": [MAIL], "sms": [{**GATEWAY, "name": "own"}]}):
        assert "one name" in refused(**tables)


def test_the_page_of_not_me_is_a_page_under_https_without_a_query():
    for page in ("", "https://shop.example/not-me", "http://localhost:8000/not-me"):
        assert read("service", **{"not-me": page}).service.not_me == page
    for page in (
        "http://shop.example/",
        "shop.example",
        "https://",
        "https://a.b/?x=1",
        "https://a.b/#x",
        "javascript:",
    ):
        refused("service", **{"not-me": page})


@pytest.mark.parametrize(("place", "words"), WORDS.items(), ids=[".".join(place) for place in WORDS])
def test_a_word_is_one_of_those_there_are(place, words):
    table, field = place
    for word in words:
        assert read(table, **{field: word})
    for word in ("", "other", str(words[0]).title(), 7, [words[0]]):
        refused(table, **{field: word})


@pytest.mark.parametrize("table", ["email", "sms"])
def test_a_sender_has_a_plain_name(table):
    for name in ("a", "a-1", "a" * 32):
        assert read(table, name=name)
    for name in ("", "A", "1a", "-a", "a b", "a" * 33, "a\n"):
        refused(table, name=name)


def test_a_server_has_a_port():
    for port in (1, 65_535):
        assert read("email", port=port).email[0].port == port
    for port in (0, 65_536, "587"):
        refused("email", port=port)


@pytest.mark.parametrize("table", ["fraud", "sms"])
def test_a_country_is_two_capitals(table):
    assert read(table, countries=["DE", "AT", "DE", "001"])  # the last is a satellite's
    for countries in (["de"], ["DEU"], [""], ["D1"], [49], [["DE"]], "DE", {"DE": 1}):
        refused(table, countries=countries)


def test_lists_keep_their_order_because_who_is_listed_first_is_asked_first():
    settings = read(email=[MAIL, {**MAIL, "name": "b"}], sms=[{**GATEWAY, "name": name} for name in ("z", "a", "m")])
    assert [one.name for one in settings.email] == ["own", "b"]
    assert [one.name for one in settings.sms] == ["z", "a", "m"]


# ---------------------------------------------------------------- nobody needs a phone


@pytest.mark.parametrize("enabled", [list(some) for n in range(6) for some in itertools.combinations(KINDS, n)])
def test_passkeys_and_recovery_codes_can_not_be_turned_off(enabled):
    if {"passkey", "recovery-codes"} <= set(enabled):
        assert read("factors", enabled=enabled).factors.enabled == set(enabled)
    else:
        assert "nobody may need a phone number" in refused("factors", enabled=enabled)


def test_whatever_a_platform_sets_there_is_a_strong_factor_that_needs_no_message():
    """So one whose only factors are phones, or phones and mailboxes, can't be configured."""
    for n in range(6):
        for enabled in itertools.combinations(KINDS, n):
            with contextlib.suppress(SettingsError):
                found = read("factors", enabled=list(enabled)).factors.enabled
                assert found & STRONG
                assert found - SENT >= {"passkey", "recovery-codes"}


def test_sms_can_be_turned_off_and_goes_nowhere_until_a_country_is_named():
    assert "sms" not in read("factors", enabled=["passkey", "totp", "recovery-codes"]).factors.enabled
    assert Settings().fraud.countries == Settings().fraud.rules().countries == frozenset()


@pytest.mark.parametrize("enabled", [["fax"], [["passkey"]], [{}], [1], "passkey", {"passkey": True}, True])
def test_what_is_no_list_of_kinds_is_refused(enabled):
    refused("factors", enabled=enabled)


# ---------------------------------------------------------------- who asks


@pytest.mark.parametrize(
    ("domain", "origin"),
    [
        ("example.org", "https://example.org"),
        ("example.org", "https://login.example.org"),
        ("example.org", "https://a.b.example.org:8443"),
        ("localhost", "http://localhost:8000"),
        ("localhost", "https://localhost"),
        ("127.0.0.1", "http://127.0.0.1:5000"),
    ],
)
def test_an_origin_is_the_domain_or_a_name_under_it(domain, origin):
    assert read("service", domain=domain, origins=[origin]).service.origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "http://example.org",  # plain, and not this machine
        "https://example.com",
        "https://badexample.org",
        "https://example.org.evil.net",
        "https://example.org@evil.net",
        "https://user@example.org",
        "https://user:word@example.org",
        "https://example.org/",
        "https://example.org/path",
        "https://example.org?a=b",
        "https://example.org#a",
        "https://EXAMPLE.org",
        "HTTPS://example.org",
        "https://example.org:",
        "https://example.org:port",
        "https://example.org:99999",
        "https://example.org:0443",
        "https://[example.org",
        "https://\u2100.example.org",
        "https://example.org\n",
        " https://example.org",
        "//example.org",
        "example.org",
        "ftp://example.org",
        "null",
        "*",
        "",
    ],
)
def test_what_a_browser_would_not_write_so_is_no_origin_and_is_not_quoted(origin):
    what = refused("service", domain="example.org", origins=["https://example.org", origin])
    assert "an origin is https://, the domain or a name under it, and a port; no path" in what
    assert "example" not in what


def test_there_is_at_least_one_origin_and_each_is_a_text():
    for origins in ([], [1], ["https://localhost", 2], "https://localhost", [["https://localhost"]], {}):
        refused("service", origins=origins)


@pytest.mark.parametrize("domain", ["", ".", "a..b", ".org", "org.", "Example.org", "a b", "a/b", "münchen.de", "a\n"])
def test_a_domain_is_names_with_dots_between(domain):
    assert refused("service", domain=domain, origins=[f"https://{domain}"])


@pytest.mark.parametrize("name", ["", " ", "a:b", "a\nb", "\u200b", "a" * 65])
def test_a_service_s_name_is_one_that_an_authenticator_app_can_show(name):
    refused("service", name=name)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("table", ["", *TABLES])
def test_a_field_that_is_not_known_is_refused_by_its_name(table):
    assert "more: Extra inputs are not permitted" in refused(table, more=SECRET)


def test_a_field_is_written_as_the_docs_write_it_and_in_no_other_way():
    with pytest.raises(SettingsError, match="drift_steps"):
        read_settings(b"[factors]\ndrift_steps = 1")


@pytest.mark.parametrize("missing", ["name", "host", "address"])
def test_what_a_server_needs_is_asked_for(missing):
    del (one := dict(MAIL))[missing]
    assert f"email.0.{missing}: " in refused(email=[one])


@pytest.mark.parametrize("data", [b"\xff", b"=", b"[a]\n[a]", b"a = " + b"[" * 5000, b"\xef\xbb\xbf", b"a = 1\0"])
def test_what_is_no_toml_is_refused_without_what_it_says(data):
    with pytest.raises(SettingsError) as caught:
        read_settings(data)
    assert str(caught.value) == "verification.toml: not a TOML file in UTF-8 (see docs/verification.md)"
    assert caught.value.__context__ is None


toml_values = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.text("abz:/.- é\u2100", max_size=8) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "name"]), inner, max_size=2),
    max_leaves=5,
)
FIELDS = [
    (name, field.alias)
    for name, one in Settings.model_fields.items()
    if name not in {"email", "sms", "console", "password_least"}
    for field in one.annotation.model_fields.values()
]


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")))
def test_reading_any_bytes_raises_our_error_and_nothing_else(data):
    with contextlib.suppress(SettingsError):
        read_settings(data)


@given(st.sampled_from(FIELDS), toml_values)
def test_reading_any_value_of_any_field_raises_our_error_and_nothing_else(place, value):
    table, field = place
    with contextlib.suppress(SettingsError):
        read(table, **{field: value})


SECRETS = [
    SECRET,
    [SECRET],
    [[SECRET]],
    {"a": SECRET},
    [{"a": SECRET}],
    [f"https://{SECRET}\u2100"],
    f"https://[{SECRET}",
]


@pytest.mark.parametrize("value", SECRETS, ids=range(len(SECRETS)))
@pytest.mark.parametrize(("table", "field"), [*FIELDS, ("email", "port"), ("sms", "driver"), ("sms", "statuses")])
def test_no_refusal_quotes_the_value_it_refuses(table, field, value):
    said = None
    try:
        read(table, **{field: value})
    except SettingsError as error:
        said = [repr(error), str(error), error.where, error.cure, error.__context__]
    assert said is None or (SECRET not in "".join(said[:4]) and said[4] is None)


# ---------------------------------------------------------------- as the code takes them


def test_settings_are_values_that_do_not_change():
    for part in (Settings(), Settings().service, Settings().factors):
        name = next(iter(type(part).model_fields))
        with pytest.raises(ValueError, match="frozen"):
            setattr(part, name, getattr(part, name))


def test_ages_are_durations():
    ages = Settings().ages
    assert (ages.challenge, ages.manage) == (timedelta(minutes=10), timedelta(minutes=10))
    assert (ages.device, ages.not_me, ages.recovery) == (timedelta(days=30), timedelta(days=14), timedelta(hours=24))


def test_the_rules_against_fraud_are_those_of_the_file():
    rules = read(
        "fraud",
        countries=["DE"],
        mode="record",
        daily=7,
        country_hourly=6,
        source_hourly=5,
        alarm_below=0.5,
        stop_below=0.25,
    ).fraud.rules()
    assert (rules.countries, rules.mode, rules.alarm_below, rules.stop_below) == ({"DE"}, "record", 0.5, 0.25)
    found = [(one.count, one.period) for (one,) in (rules.total, rules.country, rules.source)]
    assert found == [(7, timedelta(days=1)), (6, timedelta(hours=1)), (5, timedelta(hours=1))]
