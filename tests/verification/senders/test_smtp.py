"""Mail as it leaves: under TLS, to one mailbox, with a part for each kind of reader; and what refusals mean."""

import ssl
from datetime import UTC, datetime
from uuid import UUID

import pytest

from mailboxes import PASSWORD, USER, Mailboxes, self_signed
from solely.contact import Contact
from solely.errors import BadInput
from solely.verification.senders.port import Message, SendFailed
from solely.verification.senders.smtp import Smtp

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
EMAIL = Contact.read("email", "anna@example.org")
MESSAGE = Message("Ihr Code für Beispiel", "Ihr Code ist 417293.\n", "<p>Ihr Code ist <b>417293</b>.</p>")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    key, chain = self_signed(tmp_path_factory.mktemp("tls"))
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(chain, key)
    return served, ssl.create_default_context(cafile=chain)


def smtp(mailboxes, security="none", **options):
    return Smtp("mail", "localhost", mailboxes.port, security, "no-reply@example.com", lambda: NOW, **options)


def verdict(sender, contact=EMAIL):
    with pytest.raises(SendFailed) as caught:
        sender.send(contact, MESSAGE, send=SEND)
    return caught.value.verdict


def test_a_mail_has_what_a_mail_needs_and_nothing_that_tracks():
    with Mailboxes() as mailboxes:
        reference = smtp(mailboxes, display="Beispiel, GmbH").send(EMAIL, MESSAGE, send=SEND)
        ((recipients, mail, _),) = mailboxes.taken
    assert reference == str(SEND)
    assert recipients == ["anna@example.org"]
    assert mail["To"] == "anna@example.org"
    assert mail["From"].addresses[0].display_name == "Beispiel, GmbH"
    assert mail["Subject"] == "Ihr Code für Beispiel"
    assert mail["Message-ID"] == f"<{SEND}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == MESSAGE.text
    assert mail.get_body(("html",)).get_content().strip() == MESSAGE.html
    assert set(mail.keys()) - {"X-Peer"} == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_a_mail_without_html_is_plain():
    with Mailboxes() as mailboxes:
        smtp(mailboxes).send(EMAIL, Message("s", "text\n"), send=SEND)
        ((_, mail, _),) = mailboxes.taken
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize("address", ["jörg@example.org", "anna@xn--bcher-kva.example", "o'x+y@example.org"])
def test_odd_addresses_arrive_as_they_are(address):
    contact = Contact("email", address)
    with Mailboxes() as mailboxes:
        smtp(mailboxes).send(contact, MESSAGE, send=SEND)
        ((recipients, _, _),) = mailboxes.taken
    assert recipients == [address]


def test_a_server_that_knows_no_unicode_is_passed_over():
    with Mailboxes(utf8=False) as mailboxes:
        assert verdict(smtp(mailboxes), Contact("email", "jörg@example.org")) == "next"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # of the server: it has TLS from the start
@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
def test_under_tls_with_a_login(contexts, security, implicit):
    served, trusting = contexts
    with Mailboxes(served, implicit=implicit, login=True) as mailboxes:
        options = {"trust": trusting, "user": USER}
        smtp(mailboxes, security, password=PASSWORD, **options).send(EMAIL, MESSAGE, send=SEND)
        ((_, _, encrypted),) = mailboxes.taken
        assert encrypted or implicit  # aiosmtpd tells of STARTTLS alone
        assert verdict(smtp(mailboxes, security, password="wrong", timeout=1, **options)) == "next"
        assert verdict(smtp(mailboxes, security, password=PASSWORD, user=USER, timeout=1)) == "next"  # nobody vouches
        assert len(mailboxes.taken) == 1


def test_starttls_is_insisted_on():
    with Mailboxes() as mailboxes:
        assert verdict(smtp(mailboxes, "starttls")) == "next"
        assert not mailboxes.taken


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("550 5.1.1 no such user", "stop"),
        ("553 bad name", "stop"),
        ("550 5.7.1 relaying denied", "next"),
        ("450 4.2.1 full", "next"),
        ("421 4.3.2 going down", "next"),
    ],
)
def test_a_refused_mailbox_ends_it_only_where_it_is_for_good(said, expected):
    with Mailboxes() as mailboxes:
        mailboxes.says["anna@example.org"] = said
        assert verdict(smtp(mailboxes)) == expected


@pytest.mark.parametrize("said", ["451 4.3.0 try later", "554 5.6.0 looks like spam"])
def test_what_is_refused_after_the_mailbox_another_server_may_take(said):
    with Mailboxes() as mailboxes:
        mailboxes.data_says = said
        assert verdict(smtp(mailboxes)) == "next"


def test_a_server_that_is_not_there_is_passed_over():
    assert verdict(Smtp("mail", "localhost", 9, "none", "no-reply@example.com", lambda: NOW)) == "next"


def test_plain_text_stays_on_this_machine_and_timeouts_short():
    with pytest.raises(BadInput):
        Smtp("mail", "mail.example.com", 25, "none", "no-reply@example.com", lambda: NOW)
    with pytest.raises(BadInput):
        Smtp("mail", "localhost", 25, "none", "no-reply@example.com", lambda: NOW, timeout=60)
    with pytest.raises(BadInput):
        Smtp("mail", "localhost", 25, "none", "not an address", lambda: NOW)
