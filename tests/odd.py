"""Odd requests: what no client sends that means well, and what some do. Bytes to a socket, as no library would."""

import copy
import itertools
import json
import re
import socket
from urllib.parse import urlsplit

METHODS = ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "G\x01T")
IN_A_PATH = ("%00", "%2F", "%2e%2e", "%ED%A0%80", "%FF", "%", "%zz", "a;b=c", "é", "\xff", "%0d%0aX-Y: z", "x" * 5_000)
QUERIES = (
    "limit=1&limit=2",
    "limit=" + "9" * 400,
    "limit=1e3",
    "limit=%00",
    "limit=",
    "limit=-1",
    "limit=٣",
    "cursor=%FF",
    "cursor=" + "A" * 700,
    "cursor=MTo6MTo6MQ&limit=500",
    "cursor=MjE5OS0xMi0zMVQyMzo1OTo1OSswMDowMCA5OTk5OTk5OTk5",
    "cursor=MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSA1",
    "max_age=" + "9" * 30,
    "max_age=1.0",
    "act=%ED%A0%80",
    "proof=%00",
    "state=told&state=told",
    "unknown[]=1&&&=&%00=%00",
)
HEADERS = (
    "Idempotency-Key: short",
    "Idempotency-Key: " + "k" * 129,
    "Idempotency-Key: \xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9",
    "If-Match: \xe9",
    'If-Match: W/"a", "b",,',
    "If-None-Match: *",
    "Sec-GPC: \xe9",
    "Sec-GPC: 1\r\nSec-GPC: 0",
    "Range: bytes=0-1",
    "Accept: text/html;q=x",
    "Content-Type: application/json; charset=utf-16",
    "Content-Type: \xe9",
    "Content-Encoding: gzip",
    "X-Forwarded-For: \xe9",
    "Cookie: a=\xe9; =; ;",
    "Upload-Offset: " + "9" * 40,
    "Upload-Complete: \xe9",
    "Content-Digest: sha-256=:\xe9:",
    "Host:",
)
VALUES = (
    None,
    True,
    0,
    -1,
    10**40,
    1e300,
    "",
    " ",
    "\0",
    "a\0b",
    "\u202e",
    "\uffff",
    "x" * 600,
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-02-30T00:00:00Z",
    "-1",
    [],
    {},
    [[]],
)
RAW = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe{\0}\0",
    b"\xef\xbb\xbf{}",
    b"{} {}",
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5_000 + b"}",
    b'{"a": "\\ud800"}',
    b'{"\\ud800": 1}',
    b'{"a": "\xed\xa0\x80"}',
)


def requests(route, path, example):
    """Odd requests of a route: the request line, headers and a body, each odd in one thing."""
    body = b"" if example is None else json.dumps(example).encode()
    yield from ((method, path, "", b"") for method in METHODS)
    yield from ((route.method, odd, "", b"") for odd in _paths(route.path, path))
    yield from ((route.method, f"{path}?{query}", "", b"") for query in QUERIES)
    yield from ((route.method, path, header, body) for header in HEADERS)
    if example is not None:
        yield from ((route.method, path, "", odd) for odd in _bodies(example))


def _paths(pattern, path):
    for part in re.findall(r"{(\w+)}", pattern):
        yield from (_with(pattern, path, part, odd) for odd in IN_A_PATH)
    yield from (
        f"{path}/",
        f"{path}//",
        path.replace("/v1", "//v1"),
        f"{path}?",
        f"{path}#a",
        f"http://elsewhere{path}",
    )


def _bodies(example):
    yield from RAW
    for changed in _changed(example):
        data = json.dumps(changed).encode()
        yield data
        if b"\\u0000" in data:
            yield data.replace(b"\\u0000", b"\\udfff")


def _with(pattern, path, part, odd):
    places = pattern.split("/")
    return "/".join(odd if place == f"{{{part}}}" else had for place, had in zip(places, path.split("/"), strict=True))


def _changed(example):
    """The same with one value that is odd, wherever one stands."""
    for place in places(example):
        for odd in VALUES:
            made = copy.deepcopy(example)
            at = made
            for step in place[:-1]:
                at = at[step]
            at[place[-1]] = odd
            yield made
    yield {**example, "é\0": 1}


def places(value, before=()):
    """Each place of what is sent, by the steps to it."""
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*before, step)
        if isinstance(inner, dict | list):
            yield from places(inner, (*before, step))


def answers(base, asked, every=1):
    """Each of them asked (or one of so many): what was sent, and what came back. `asked`: route, path, example, key."""
    line = Line(base)
    try:
        for route, path, example, key in asked:
            for sent in itertools.islice(requests(route, path, example), len(path) % every, None, every):
                yield route, sent, line.ask(*sent[:2], key, *sent[2:])
    finally:
        line.close()


class Line:
    """One connection, made anew where the other side ended it."""

    def __init__(self, base):
        self._to = urlsplit(base)
        self._socket = None

    def ask(self, method, path, key, header="", body=b""):
        """The status, headers and body that are answered; None where the other side said nothing."""
        names = {line.partition(":")[0].lower() for line in header.split("\r\n")}
        head = [f"{method} {path} HTTP/1.1"]
        given = {"host": "x", "authorization": f"Bearer {key}", "content-type": "application/json"}
        head += [f"{name}: {value}" for name, value in given.items() if name not in names]
        head += [f"content-length: {len(body)}"] if body or method not in {"GET", "HEAD"} else []
        head += [header] if header else []
        data = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1", "replace") + body
        self._socket = self._socket or socket.create_connection((self._to.hostname, self._to.port), timeout=20)
        try:
            self._socket.sendall(data)
            return self._read(method)
        except ConnectionError:
            self.close()
            return None

    def _read(self, method):
        file = self._socket.makefile("rb")
        first = file.readline()
        if not first:
            self.close()
            return None
        status, headers = int(first.split()[1]), {}
        while (line := file.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if method == "HEAD" or status in {204, 304} else int(headers.get("content-length", 0))
        body = file.read(length)
        if headers.get("connection") == "close":
            self.close()
        return status, headers, body

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
