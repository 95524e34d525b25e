"""Lists sent over HTTP: begun, sent whole or in parts, and what became of them."""

import base64
import hashlib
import socket
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from ads import path


def begin(ads, kind="advertiser", name=None, audience=None, advertiser="acme", **options):
    """The address of a new one."""
    to = path("audiences", audience or ads.new("list"), "uploads", advertiser=advertiser)
    answer = ads.ask(kind, "POST", to, name, **options)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(ads, where, content, kind="advertiser", name=None, **headers):
    headers = {one.replace("_", "-"): value for one, value in headers.items()}
    return ads.ask(kind, "PUT", f"{where}/content", name, content=content, headers=headers)


def part(at, *, last=False):
    """The headers of a part."""
    return {"upload_offset": str(at), "upload_complete": "?1" if last else "?0"}


def digest(content):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def look(ads, where, kind="advertiser", name=None):
    return ads.ask(kind, "GET", where, name).json()


def came(ads, where):
    """How many bytes have come."""
    answer = ads.ask("advertiser", "HEAD", where)
    assert (answer.status_code, answer.content) == (204, b"")
    return int(answer.headers["upload-offset"])


def ended(ads, where, kind="advertiser", name=None):
    """What is told once it is matched or refused."""
    end = time.monotonic() + 30
    while (told := look(ads, where, kind, name))["state"] in {"receiving", "processing"}:
        assert time.monotonic() < end, told
        time.sleep(0.05)
    return told


def csv(*rows):
    return ("email\n" + "".join(f"{one}\n" for one in rows)).encode()


def file_of(ads, where):
    """Where the bytes of a list on its way are."""
    return ads.solely.directory / "advertising" / "uploads" / where.rpartition("/")[2]


@contextmanager
def half_sent(ads, where, content, *headers, length=None):
    """A connection by which a part came, of a request that says it is longer; it breaks off at the end."""
    at = urlsplit(ads.served.base)
    with socket.create_connection((at.hostname, at.port)) as connection:
        head = [
            f"PUT {where}/content HTTP/1.1",
            f"Host: {at.netloc}",
            f"Authorization: Bearer {ads.key('advertiser')}",
            f"Content-Length: {length or len(content) + 100}",
            *headers,
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + content)
        time.sleep(0.3)  # what came at the moment in which a connection breaks off is not looked at
        yield connection


def until(is_so):
    end = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
