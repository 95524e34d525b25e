"""A local SMTP server: it takes mail, or refuses a mailbox with the words put in `says`; and a certificate for it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "mailer", "mail-password"


class _Held(Controller):
    """Port 0 is given by the system; aiosmtpd's own check of a start needs to know which."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailboxes:
    """A running server; `taken` has each mail as (recipients, message, over TLS); `says` is by address."""

    def __init__(self, trust=None, *, implicit=False, login=False, utf8=True):
        self.says, self.taken, self.data_says = {}, [], ""
        options = {"require_starttls": True, "tls_context": trust} if trust and not implicit else {}
        if login:
            options |= {"authenticator": _known, "auth_required": True, "auth_require_tls": bool(options)}
        self.controller = _Held(
            self, hostname="127.0.0.1", port=0, enable_SMTPUTF8=utf8, ssl_context=trust if implicit else None, **options
        )

    @property
    def port(self):
        return self.controller.port

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if said := self.says.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.data_says:
            return self.data_says
        mail = message_from_bytes(envelope.content, policy=policy.SMTPUTF8)
        self.taken.append((envelope.rcpt_tos, mail, session.ssl is not None))
        return "250 OK"


def _known(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))


def self_signed(folder):
    """The files of a key and of its certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    paths = folder / "key.pem", folder / "chain.pem"
    paths[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[1].write_bytes(made.public_bytes(Encoding.PEM))
    return paths
