"""Senders come in the order of verification.toml, their secrets from files alone, the console last if at all."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from gateways import ACCOUNT, ANY_KEY, KEY, TOKEN, Vendors
from gateways import SECRET as GATEWAY_SECRET
from solely.app.verification import open_post, settings_in
from solely.contact import Contact
from solely.errors import BadInput, SettingsError
from solely.verification.senders.console import Console
from solely.verification.senders.generic import Generic
from solely.verification.senders.port import Message, SendFailed
from solely.verification.senders.smtp import Smtp
from solely.verification.senders.twilio import Twilio
from solely.verification.senders.vonage import Vonage
from solely.verification.settings import Settings, read_settings

SECRET = "c0rrect-h0rse"
MAIL = {"host": "mail.example.org", "address": "codes@example.org"}
TEMPLATE = {"id": "{send}", "message": {"to": "{to}", "text": "{text}"}}
KEYED = {"user": "AC1", "password-file": "secret", "origin": "Shop"}
DRIVERS = {
    "twilio": KEYED,
    "vonage": KEYED,
    "generic": {"url": "https://sms.example.org", "template": {"a": "{to} {text}"}},
}


def clock():
    return datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def secret_file(tmp_path):
    """A function: a file with these bytes; its path as a text."""

    def write(data):
        path = tmp_path / "of-the-test"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path.name  # from the directory

    return write


@pytest.fixture
def opened(tmp_path):
    """A function: the post of these settings; its connections are closed after the test."""
    posts = []
    (tmp_path / "secret").write_text(SECRET)

    def open_(**tables):
        posts.append(open_post(tmp_path, Settings(**tables), clock))
        return posts[-1]

    yield open_
    for post in posts:
        for sender in post.senders:
            sender.close()


def mail(name="own", **more):
    return {"name": name, **MAIL, **{key.replace("_", "-"): value for key, value in more.items()}}


def gateway(name="one", driver="twilio", **more):
    return {"name": name, "driver": driver, **DRIVERS[driver], **{k.replace("_", "-"): v for k, v in more.items()}}


# ---------------------------------------------------------------- the file


def test_a_directory_without_the_file_has_the_defaults(tmp_path):
    assert settings_in(tmp_path) == Settings()


def test_a_directory_s_settings_are_those_of_its_file(tmp_path):
    data = b'console = false\n[service]\nname = "Shop"\n'
    (tmp_path / "verification.toml").write_bytes(data)
    assert settings_in(tmp_path) == read_settings(data)
    assert settings_in(tmp_path).service.name == "Shop"


def test_a_file_that_does_not_read_is_an_error_and_not_the_defaults(tmp_path):
    (tmp_path / "verification.toml").write_bytes(b"consol = true")
    with pytest.raises(SettingsError, match="consol"):
        settings_in(tmp_path)


# ---------------------------------------------------------------- which senders, in which order


def kinds(post):
    return [(type(sender), sender.name, sender.channel) for sender in post.senders]


def test_senders_come_in_the_order_of_the_file(opened):
    post = opened(
        email=[mail("z"), mail("a")],
        sms=[gateway("y", "vonage"), gateway("b", "generic"), gateway("m", "twilio"), gateway("c", "vonage")],
    )
    assert kinds(post) == [
        (Smtp, "z", "email"),
        (Smtp, "a", "email"),
        (Vonage, "y", "sms"),
        (Generic, "b", "sms"),
        (Twilio, "m", "sms"),
        (Vonage, "c", "sms"),
    ]


@pytest.mark.parametrize(
    ("tables", "printed"),
    [
        ({}, ["sms", "email"]),
        ({"email": [mail()]}, ["sms"]),
        ({"sms": [gateway()]}, ["email"]),
        ({"email": [mail()], "sms": [gateway()]}, []),
    ],
)
def test_the_console_comes_last_and_only_for_what_has_no_sender(opened, tables, printed):
    senders = opened(**tables).senders
    assert [sender.channel for sender in senders if isinstance(sender, Console)] == printed
    assert not any(isinstance(sender, Console) for sender in senders[: len(senders) - len(printed)])
    assert all(sender.stream is sys.stderr for sender in senders if isinstance(sender, Console))
    assert not [sender for sender in opened(**tables, console=False).senders if isinstance(sender, Console)]


def test_the_rules_against_fraud_and_who_rests_come_with_the_senders(opened):
    post = opened(fraud={"countries": ["DE"], "daily": 7})
    assert post.fraud == Settings(fraud={"countries": ["DE"], "daily": 7}).fraud.rules()
    assert post.breaker.clock is clock
    assert opened().breaker is not post.breaker


# ---------------------------------------------------------------- what each is told


def test_a_mail_server_is_told_what_the_file_says(opened, secret_file):
    one = mail(port=465, security="tls", display="Shop", user="codes", password_file=secret_file(SECRET))
    (sender,) = opened(email=[one], console=False).senders
    found = (sender.host, sender.port, sender.security, sender.address, sender.display, sender.user, sender.password)
    assert found == ("mail.example.org", 465, "tls", "codes@example.org", "Shop", "codes", SECRET)
    assert sender.clock is clock


def test_mail_without_tls_goes_nowhere_but_to_this_machine(opened):
    assert opened(email=[{**mail(), "host": "localhost", "security": "none"}])
    with pytest.raises(BadInput, match="TLS"):
        opened(email=[mail(security="none")])


@pytest.mark.parametrize("driver", ["twilio", "vonage"])
def test_a_gateway_is_told_what_the_file_says(opened, driver):
    more = {"origin": "Shop", "callback": "https://shop.example/receipts", "countries": ["DE", "AT"]}
    (own, usual) = opened(
        sms=[gateway("own", driver, **more, base="https://other.example"), gateway("usual", driver)], console=False
    ).senders
    assert (own.origin, own.callback, own.countries) == ("Shop", "https://shop.example/receipts", {"DE", "AT"})
    assert own.base == "https://other.example"
    assert usual.base.startswith("https://api.")
    assert usual.countries == frozenset()


def test_a_gateway_of_one_s_own_is_told_what_the_file_and_the_docs_say(opened, secret_file, tmp_path):
    more = {"header": "X-Key", "password_file": secret_file(SECRET), "statuses": {"409": "stop", "451": "opt-out"}}
    keyed, bare = opened(sms=[gateway("a", "generic", **more), gateway("b", "generic")], console=False).senders
    assert (keyed.url, keyed.template) == ("https://sms.example.org", {"a": "{to} {text}"})
    assert keyed.headers == {"X-Key": SECRET}
    assert keyed.statuses == {409: "stop", 451: "opt-out"}
    page = Path(__file__).resolve().parent.parent.parent / "docs" / "delivery.md"
    shown = re.search(r"```toml\n(\[\[sms\]\]\nname = \"ours\".*?)```", page.read_text(), re.DOTALL)[1]
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sms").write_text(SECRET)
    (told,) = opened(console=False, sms=read_settings(shown.encode()).sms).senders
    assert told.headers == {"Idempotency-Key": "{send}", "X-Key": SECRET}
    assert (told.success, told.verdict_at, told.reference_at) == ({200, 202}, "results.0.state", "results.0.id")
    assert told.values == {"blocked": "opt-out", "bad-number": "stop", "busy": "next"}
    assert (bare.headers, bare.statuses) == ({}, {})


@pytest.mark.parametrize(
    "wrong",
    [
        gateway(base="http://api.example.org"),
        gateway(callback="https://shop.example/?a=b"),
        gateway("one", "generic", url="http://sms.example.org"),
        gateway("one", "generic", template={"text": "{text}"}),
    ],
)
def test_what_a_sender_does_not_take_is_told_at_the_start(opened, wrong):
    with pytest.raises(BadInput):
        opened(sms=[wrong])


# ---------------------------------------------------------------- secrets


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_what_its_file_holds_without_the_line_s_end(opened, secret_file, end):
    (sender,) = opened(email=[mail(password_file=secret_file(f" {SECRET} {end}"))], console=False).senders
    assert sender.password == f" {SECRET} "


@pytest.mark.parametrize("field", ["password", "secret", "token", "auth", "api-key"])
@pytest.mark.parametrize("table", ["email", "sms"])
def test_no_setting_takes_a_secret_itself(table, field):
    one = {"email": mail, "sms": gateway}[table](**{field: SECRET})
    with pytest.raises(ValueError, match="Extra inputs") as caught:
        Settings(**{table: [one]})
    assert SECRET not in str(caught.value)


def unreadable(tmp_path, secret_file):
    locked = tmp_path / "locked"
    locked.mkdir()
    return {
        "missing": str(tmp_path / "none"),
        "a folder": str(locked),
        "no text": secret_file(SECRET.encode() + b"\xff"),
        "no path": "nul\0",
    }


@pytest.mark.parametrize("what", ["missing", "a folder", "no text", "no path"])
@pytest.mark.parametrize("table", ["email", "sms"])
def test_a_secret_that_can_not_be_read_is_a_settings_error_without_what_it_holds(
    opened, tmp_path, secret_file, table, what
):
    path = unreadable(tmp_path, secret_file)[what]
    one = {"email": mail, "sms": gateway}[table](password_file=path)
    with pytest.raises(SettingsError) as caught:
        opened(**{table: [one]})
    assert str(caught.value) == "verification.toml, password-file: this file of a secret can't be read"
    assert caught.value.__context__ is None  # the decoder's error holds the bytes


def test_no_secret_shows_in_what_is_made_of_it(opened, secret_file):
    path = secret_file(SECRET)
    post = opened(
        email=[mail(user="u", password_file=path)],
        sms=[
            gateway("a", "twilio", user="AC1", password_file=path),
            gateway("b", "vonage", user="key", password_file=path),
            gateway("c", "generic", header="Authorization", password_file=path),
        ],
    )
    assert len(post.senders) == 4
    for part in (post, *post.senders):
        assert SECRET not in repr(part) + str(part)


@pytest.mark.parametrize(
    ("one", "secret"),
    [
        (gateway("a", "twilio", user=ACCOUNT, origin="Shop"), TOKEN),
        (gateway("b", "vonage", user=KEY, origin="Shop"), GATEWAY_SECRET),
        (gateway("c", "generic", header="X-Key", template=TEMPLATE), ANY_KEY),
    ],
    ids=DRIVERS,
)
def test_a_gateway_takes_what_is_sent_under_the_secret_of_the_file(opened, secret_file, one, secret):
    contact, message = Contact("phone", "+4915112345678"), Message("", "123456 is your code")
    with Vendors() as vendors:
        at = {"url": f"{vendors.base}/any"} if one["driver"] == "generic" else {"base": vendors.base}
        senders = [
            opened(sms=[{**one, **at, "password-file": secret_file(written)}]).senders[0]
            for written in (f"{secret}\n", f"{secret}-not")
        ]
        senders[0].send(contact, message, send=uuid4())
        with pytest.raises(SendFailed):
            senders[1].send(contact, message, send=uuid4())
        assert len(vendors.taken) == 1
