"""What was begun before it is told to end is answered; it ends in a time; and TLS is as the settings name it."""

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SERVE = """
import asyncio, socket, sys
from pathlib import Path
from solely.app.serve_settings import read_serve_settings
from solely.web.runner import serve_until_told

async def application(scope, receive, send):
    print("asked", flush=True)
    await asyncio.sleep(float(scope["path"][1:]))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})

settings = read_serve_settings(b"[limits]\\ndrain-seconds = 1\\nconnections = 2\\n" + sys.argv[3].encode(), {}).settings
place = socket.socket(fileno=int(sys.argv[1]))
serve_until_told(application, lambda _: True, place, settings, Path(sys.argv[2]), lambda: print("ready", flush=True))
print("open things are closed", flush=True)
"""


@pytest.fixture
def served():
    """A server of its own process, and its port."""
    with serving() as found:
        yield found


@contextmanager
def serving(directory="", settings=""):
    with socket.create_server(("127.0.0.1", 0)) as place:
        command = [sys.executable, "-W", "error", "-c", SERVE, str(place.fileno()), str(directory), settings]
        with subprocess.Popen(command, pass_fds=[place.fileno()], stdout=subprocess.PIPE, text=True) as process:
            port = place.getsockname()[1]
            place.close()
            assert process.stdout.readline() == "ready\n"
            yield process, port
            process.kill()


@contextmanager
def asking(port, path):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        yield connection


def told_to_end(process, number=signal.SIGTERM):
    assert process.stdout.readline() == "asked\n"
    process.send_signal(number)
    return time.monotonic()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_begun_is_answered_and_nothing_new_is_taken(served, number):
    process, port = served
    with asking(port, "/0.6") as connection:
        told_to_end(process, number)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"done")
    with pytest.raises(OSError, match=r"refused|reset"), asking(port, "/0") as connection:
        connection.getresponse()
    assert process.wait(10) == 0
    assert process.stdout.read() == "open things are closed\n"


def test_what_takes_longer_than_the_drain_does_not_hold_it_up(served):
    process, port = served
    with asking(port, "/30"):
        began = told_to_end(process)
        assert process.wait(10) == 0
    assert 0.9 < time.monotonic() - began < 15


def test_of_more_connections_than_there_may_be_the_rest_are_told_to_come_again(served):
    process, port = served
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(asking(port, "/30"))
            assert process.stdout.readline() == "asked\n"
        began = time.monotonic()
        with asking(port, "/0") as connection:
            assert connection.getresponse().status == 503
        assert time.monotonic() - began < 10


def test_tls_is_of_the_certificate_that_the_settings_name_from_the_directory(tmp_path):
    certificate = self_signed(tmp_path)
    settings = "[listen]\ntls-certificate = 'tls.pem'\ntls-key = 'tls.key'\n"
    with serving(tmp_path, settings) as (_, port):
        answer = httpx.get(f"https://localhost:{port}/0", verify=ssl.create_default_context(cafile=certificate))
        assert (answer.status_code, answer.content) == (200, b"done")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://localhost:{port}/0")


def self_signed(folder):
    """A key and a certificate for this machine, as files."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    begins = datetime.now(UTC) - timedelta(minutes=5)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begins, begins + timedelta(hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = made.sign(key, hashes.SHA256())
    (folder / "tls.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "tls.pem"
