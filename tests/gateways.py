"""A local HTTP server that does as the vendors of SMS do: their paths, forms, codes, throttles and receipts.

`Vendors` answers under /2010-04-01 as Twilio, under /v1/messages as Vonage, under /any as a gateway of its own
kind. What it says for a number is put in `says`; what it took stands in `taken`.
"""

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlencode

ACCOUNT, TOKEN = "AC0123456789abcdef", "twilio-token"
KEY, SECRET = "vonage-key", "vonage-secret"
ANY_KEY = "any-key"
WORDS = "provider's own words about"  # every error has them, with the number: they must go nowhere


class Vendors:
    """A running server; `says` is by number: an HTTP status and a vendor's code, or the name of a way to break."""

    def __init__(self, trust=None):
        self.says, self.taken, self.asked = {}, [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"vendors": self}))
        self.server.daemon_threads = True
        self.server.block_on_close = False
        if trust:
            self.server.socket = trust.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if trust else "http"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base(self):
        return f"{self.scheme}://localhost:{self.server.server_address[1]}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vendors = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.vendors.asked.append((self.path, dict(self.headers), body))
        vendor = {"2010-04-01": _twilio, "v1": _vonage, "any": _any}.get(self.path.split("/")[1])
        status, content, number = vendor(self, body) if vendor else (404, {}, "")
        said = self.vendors.says.get(number)
        if isinstance(said, str):
            getattr(self, f"do_{said}")()
        else:
            self.answer(status, content)

    def answer(self, status, content):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_drop(self):
        self.close_connection = True
        self.connection.close()

    def do_redirect(self):
        self.send_response(307)
        self.send_header("Location", f"{self.vendors.base}/any/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_nonsense(self):
        self.answer(500, b"<html>[" * 10)

    def do_flood(self):
        self.answer(201, b" " * 10_000_000)

    def do_drip(self):
        self.send_response(201)
        self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(100):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)


def _take(handler, number, form, code_of):
    said = handler.vendors.says.get(number)
    if isinstance(said, tuple):
        return said[0], code_of(*said), number
    if said is None:
        handler.vendors.taken.append(form)
    return None


def _signed_in(handler, user, password):
    kind, _, token = handler.headers.get("Authorization", "").partition(" ")
    return kind == "Basic" and b64decode(token).decode() == f"{user}:{password}"


def _twilio(handler, body):
    form = dict(parse_qsl(body.decode(), strict_parsing=True))
    number = form["To"]
    if not _signed_in(handler, ACCOUNT, TOKEN) or handler.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
        return 401, {"code": 20003, "message": "Authenticate", "status": 401}, number
    if not (form.get("From") or form.get("MessagingServiceSid")):
        return 400, {"code": 21603, "message": "A 'From' phone number is required", "status": 400}, number

    def code_of(status, code):
        return {"code": code, "message": f"{WORDS} {number}", "status": status, "more_info": "https://…"}

    sid = f"SM{hashlib.md5(body).hexdigest()}"
    return _take(handler, number, form, code_of) or (201, {"sid": sid, "status": "queued", "to": number}, number)


def _vonage(handler, body):
    form = json.loads(body)
    number = f"+{form['to']}"
    if not _signed_in(handler, KEY, SECRET):
        return 401, {"type": "https://developer.vonage.com/api-errors#unauthorized", "title": "Unauthorized"}, number

    def code_of(status, code):
        return {
            "type": f"https://developer.vonage.com/api-errors/messages#{code}",
            "title": WORDS,
            "detail": f"{WORDS} {number}",
            "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
        }

    return _take(handler, number, form, code_of) or (202, {"message_uuid": form["client_ref"][::-1]}, number)


def _any(handler, body):
    form = json.loads(body)
    number = form["message"]["to"]
    if handler.headers.get("X-Key") != ANY_KEY:
        return 403, {"error": "key"}, number

    def code_of(status, code):
        return {"results": [{"state": code, "words": f"{WORDS} {number}"}]}

    return _take(handler, number, form, code_of) or (
        200, {"results": [{"state": "queued", "id": f"any-{form['id']}"}]}, number,
    )  # fmt: skip


def twilio_receipt(url, fields, token=TOKEN):
    """Headers and body of a receipt as Twilio sends it."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    signature = b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()
    return {"x-twilio-signature": signature}, urlencode(fields).encode()


def token(claims, secret, algorithm="HS256"):
    """A signed token as Vonage makes it."""
    head, middle = (_base64(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, claims))
    return f"{head}.{middle}." + _base64(hmac.digest(secret.encode(), f"{head}.{middle}".encode(), "sha256"))


def vonage_receipt(fields, now, secret=SECRET, **claims):
    """Headers and body of a receipt as Vonage sends it."""
    body = json.dumps(fields).encode()
    said = {
        "iat": int(now.timestamp()),
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": KEY,
    }
    return {"authorization": f"Bearer {token(said | claims, secret)}"}, body


def _base64(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()
