"""Promise 10: after all of it was used, and misused, nothing is where it must not be.

No code, contact, secret, password or token, and no plain digest of a contact, is in a log (all at DEBUG, httpx's too),
on the terminal, in the ledger, in an error, in the database's own log, or in clear in any table.
"""

import hashlib
import io
import logging
import re
import ssl
import time
import traceback
from base64 import b64encode, urlsafe_b64decode
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

import people
from attackers import wrong_code
from gateways import ACCOUNT, ANY_KEY, TOKEN, WORDS, Vendors
from mailboxes import PASSWORD, USER, Mailboxes, self_signed
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.contact import Contact
from solely.errors import SolelyError
from solely.store import ledger
from solely.store.server import SUPERUSER
from solely.verification import Wanted
from solely.verification.senders.gateway import Gateway
from solely.verification.senders.generic import Generic
from solely.verification.senders.smtp import Smtp
from solely.verification.senders.twilio import Twilio

pytestmark = pytest.mark.server

NOT_ME, SOURCE = "https://example.org/not-me", "192.0.2.77"
FIRST, SECOND, WRONG = "correct horse battery staple 7", "seven staples hold no battery", "Tr0ub4dor-and-three"
TEMPLATE = {"message": {"to": "{to}", "body": "{text}"}, "id": "{send}"}


@dataclass
class Through(people.Box):
    """A box that hands on to a real sender what it keeps."""

    real: object = None

    def send(self, contact, message, *, send):
        reference = self.real.send(contact, message, send=send)
        people.Box.send(self, contact, message, send=send)
        return reference


@dataclass
class Tour:
    """All of it, once; what is secret of it is kept in `secrets`, what was refused in `errors`."""

    world: people.World
    subject: str = "ann"
    secrets: set = field(default_factory=set)
    errors: list = field(default_factory=list)

    def refused(self, act, *given, **named):
        try:
            act(*given, **named)
        except SolelyError as error:
            self.errors.append(error)
            return
        raise AssertionError("it was not refused")

    def give(self, channel, purpose):
        value = self.world.give(self.subject, channel, purpose)
        self.secrets.add(value)
        return value

    def prove(self, act="manage-factors"):
        return self.world.prove(self.subject, *self.app, act=act).id

    def enrol(self):
        world, subject = self.world, self.subject
        for channel in ("sms", "email"):
            self.give(channel, "login-alert")
        self.app = world.enrol_app(subject)
        self.secrets |= {self.app[1].uri, self.app[1].secret, self.app[1].uri.split("secret=")[1].split("&")[0]}
        self.codes = world.enrol_codes(subject, self.prove())
        self.secrets |= {form for code in self.codes[1] for form in (code, code.replace("-", ""))}
        self.key = world.enrol_passkey(subject, self.prove())
        for channel, purpose in (("sms", "two-factor"), ("email", "two-factor"), ("email", "account-recovery")):
            factor, value = world.enrol_sent(subject, channel, purpose, self.prove())
            self.secrets.add(value)
            setattr(self, f"{channel}_{purpose[:3]}", factor)
        self.refused(world.verification.enrol, subject, Wanted("sms", account="x"), proof=self.prove())

    def answer(self):
        world, subject = self.world, self.subject
        begun = world.verification.challenge(subject, after_password=True)
        for factor in (self.sms_two, self.email_two):
            world.verification.send(subject, begun.id, factor, source=SOURCE)
            self.refused(world.verification.send, subject, begun.id, factor)
        self.refused(world.verification.answer, subject, begun.id, self.sms_two, "00000x", source=SOURCE)
        code = self.app[1].code(world.clock())
        self.secrets.add(code)
        self.refused(world.verification.answer, subject, begun.id, self.app[0], wrong_code(self.app[1], world.clock()))
        self.refused(world.verification.answer, subject, begun.id, self.codes[0], self.codes[1][0][:-1])
        self.refused(
            world.verification.answer, subject, begun.id, self.key[0], self.key[1].get({**begun.passkey, "rpId": "x"})
        )
        world.verification.answer(subject, begun.id, self.sms_two, world.code("sms"))
        trusted = world.verification.trust(subject, proof=self.prove("sign-in"), name="laptop")
        for _ in range(3):
            self.secrets |= {trusted.token, urlsafe_b64decode(trusted.token + "==")[-16:]}
            trusted = world.verification.recognise(subject, trusted.token)
        self.refused(world.verification.recognise, subject, trusted.token[::-1])

    def recover(self):
        world, subject = self.world, self.subject
        begun = world.verification.recover(subject)
        world.verification.answer(subject, begun.id, self.codes[0], self.codes[1][1])
        self.refused(world.verification.answer, subject, begun.id, self.codes[0], self.codes[1][1])
        world.verification.send(subject, begun.id, self.email_acc)
        world.verification.answer(subject, begun.id, self.email_acc, world.code("email"))
        self.secrets |= {PASSWORD, TOKEN, ANY_KEY, FIRST, SECOND, WRONG, SOURCE, WORDS}
        self.refused(world.verification.set_password, subject, "password1", proof=self.prove())
        world.verification.set_password(subject, FIRST, proof=self.prove())
        self.refused(world.verification.set_password, subject, SECOND)
        self.refused(world.verification.check_password, subject, WRONG, source=SOURCE)
        world.verification.check_password(subject, FIRST, source=SOURCE)

    def lose(self):
        world, subject = self.world, self.subject
        world.verification.report_lost(subject, self.key[0])
        token = re.search(r"token=([\w-]+)", world.email.letters[-1][1].text)[1]
        self.secrets |= {token, urlsafe_b64decode(token + "==")[-16:]}
        world.verification.repudiate(token)
        self.refused(world.verification.repudiate, token[::-1])
        reset = world.verification.ask_reset(subject, "officer-a")
        self.refused(world.verification.approve_reset, subject, reset, "officer-a")
        world.verification.approve_reset(subject, reset, "officer-b")

    def misuse(self, vendors, superuser):
        """Senders that break, destinations that are refused, a database that says what it was asked to store."""
        world, subject = self.world, self.subject
        before = {one.id for one in world.solely.desk.standing(subject, "two-factor", world.clock())}
        number = self.give("sms", "two-factor")
        vendors.says[number] = (400, "no")
        (giving,) = {one.id for one in world.solely.desk.standing(subject, "two-factor", world.clock())} - before
        self.refused(world.verification.enrol, f"{subject}-nobody", Wanted("sms"))
        self.refused(world.verification.enrol, subject, Wanted("sms", giving=giving))
        superuser.execute(
            "CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            " AS 'BEGIN RAISE disk_full USING MESSAGE = row_to_json(NEW); END'"
        )
        superuser.execute("GRANT EXECUTE ON FUNCTION public.tell TO PUBLIC")
        for table in ("factors", "limits", "passwords"):
            superuser.execute(
                f"CREATE TRIGGER tell BEFORE INSERT OR UPDATE ON security.{table} FOR EACH ROW"
                " EXECUTE FUNCTION public.tell()"
            )
        self.refused(world.verification.enrol, subject, Wanted("totp", account=number))
        self.refused(world.verification.check_password, subject, SECOND)
        for table in ("factors", "limits", "passwords"):
            superuser.execute(f"DROP TRIGGER tell ON security.{table}")


def senders(vendors, mailboxes, trust, clock):
    """SMS by a gateway that refuses our key, then by one that takes it; mail by SMTP."""
    broken = Twilio(
        Gateway("first", ticks=time.monotonic, auth=(ACCOUNT, TOKEN[::-1])), ACCOUNT, "+12025550199", base=vendors.base
    )
    works = Generic(
        Gateway("second", ticks=time.monotonic), f"{vendors.base}/any/send", TEMPLATE, headers={"X-Key": ANY_KEY}
    )
    mail = Smtp(
        "mail",
        "localhost",
        mailboxes.port,
        "starttls",
        "no-reply@example.com",
        clock,
        user=USER,
        password=PASSWORD,
        trust=trust,
    )
    return (
        Through("sms", "first", real=broken),
        Through("sms", "second", real=works),
        Through("email", "mail", real=mail),
    )


@pytest.fixture
def tls(tmp_path):
    """A server's context and a client's that trusts it."""
    key, chain = self_signed(tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain, key)
    return server, ssl.create_default_context(cafile=chain)


@pytest.fixture
def logged():
    """Everything any logger says, as a handler would write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(lambda record: record.name != "mail.log")  # the other side's: the server that takes our mail
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    names = [name for name in logging.root.manager.loggerDict if logging.getLogger(name).level]
    levels = {name: logging.getLogger(name).level for name in ("", *names)}
    root.addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root.removeHandler(handler)


def forms(secret):
    """The ways a secret could stand in a text: as it is, in hex, in base64; of a contact its digest too."""
    found = set()
    raw = secret if isinstance(secret, bytes) else secret.encode()
    if isinstance(secret, str):
        found.add(secret)
    parts = [raw, hashlib.sha256(raw).digest(), hashlib.sha1(raw).digest()]
    if isinstance(secret, str) and re.fullmatch(r"\+\d+|\S+@\S+", secret):
        parts += Contact.read("email" if "@" in secret else "phone", secret).digests()
        found |= {secret.lstrip("+")}
    for part in parts:
        found |= {part.hex(), part.hex().upper(), b64encode(part).decode().rstrip("=")}
    return found


def found_in(text, secrets):
    """Which of these are in a text. A code of digits counts where it stands alone: by chance it is in longer ones."""
    low = []
    for secret in secrets:
        if isinstance(secret, str) and re.fullmatch(r"\d{6}|\d{8}", secret):
            low += [secret] if re.search(rf"(?<![0-9a-fA-F.]){secret}(?![0-9a-fA-F])", text) else []
        else:
            low += [secret] if any(form in text for form in forms(secret)) else []
    return low


def tables_as_text(superuser):
    names = superuser.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tableowner = 'postgres'"
        " AND schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    rows = [text for (name,) in names for (text,) in superuser.execute(f"SELECT t::text FROM {name} t")]
    return "\n".join(rows)


def told(errors):
    """Everything an error says, to whoever prints it."""
    return "\n".join(
        "".join(traceback.format_exception(error)) + repr(error) + str(vars(error)) + repr(error.args)
        for error in errors
    )


def test_nothing_is_where_it_must_not_be(fresh, capfd, logged, tls):
    with Solely(fresh) as solely, Vendors() as vendors, Mailboxes(tls[0], login=True) as mailboxes:
        world = people.world(solely)
        first, sms, email = senders(vendors, mailboxes, tls[1], world.clock)
        security = world.verification.security
        changed = replace(security, post=replace(security.post, senders=(first, sms, email)))
        world = replace(world, verification=replace(world.verification, security=changed), sms=sms, email=email)
        tour = Tour(world.under(service={"not-me": NOT_ME}))
        owner = read_keyring(fresh, "owner").secret("database")
        with solely.ground.database.superuser(SUPERUSER, owner) as superuser:
            for step in (tour.enrol, tour.answer, tour.recover):
                step()
            before = tables_as_text(superuser)  # a reset wipes what factors hold
            tour.lose()
            tour.misuse(vendors, superuser)
            letters = [message.text for box in (sms, email) for _, message in box.letters]
            tour.secrets |= {code for text in letters for code in re.findall(r"\b(?:\d{6}|\d{8})\b", text)}
            places = {"tables": before + tables_as_text(superuser)}
        with closing(ledger.records(solely.parts.login("ledger"))) as records:
            places["ledger"] = "\n".join(record.body.decode() for record in records)
        for one in (first, sms, email):
            one.real.close()
    places["log"], places["errors"] = logged.getvalue(), told(tour.errors)
    places["terminal"] = "\n".join(capfd.readouterr())
    places["server.log"] = (fresh / "postgres" / "server.log").read_text(errors="replace")
    assert {place: found_in(text, tour.secrets) for place, text in places.items()} == {place: [] for place in places}
    assert len(tour.errors) > 15
    assert len(tour.secrets) > 40
    for place, there in (
        ("tables", "officer-a"),
        ("ledger", "sign-in-code"),
        ("log", "HTTP Request: POST"),
        ("errors", "WrongAnswer"),
        ("server.log", "database system is ready"),
    ):
        assert there in places[place], "the search would find what is there"


def test_the_search_finds_what_is_kept_in_any_form():
    for secret, text in (
        ("123456", "code 123456."),
        ("ann@example.org", f"x{hashlib.sha256(b'ann@example.org').hexdigest()}y"),
        ("+4915112345678", "to=4915112345678"),
        (b"\1\2\3\4", "\\x01020304"),
        ("token", b64encode(b"token").decode()),
    ):
        assert found_in(text, {secret}) == [secret]
        assert found_in("nothing", {secret}) == []
