"""The HTTP API at a port of its own, served by a real server in a thread; and who calls it."""

import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import httpx
import uvicorn

from people import App
from solely.app.serve_settings import ServeSettings
from solely.principal import HOMES, Operator
from solely.web.api import open_api
from solely.web.api.caller import principals
from solely.web.server import reserve

OPERATOR = Operator()


@contextmanager
def at_port(app):
    """Any ASGI application, served; yields its address."""
    with reserve(0) as place:
        config = uvicorn.Config(app, log_level="error", access_log=False, server_header=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Served:
    """An API at work. `key(kind, home)` is a key of a principal of that kind; `client` says nothing of who calls."""

    def __init__(self, solely, api, base):
        self.solely, self.api, self.base = solely, api, base
        self.client = httpx.Client(base_url=base, timeout=20)
        self._parts, self._keys = solely.new_parts(), {}

    def principals(self, home):
        return principals(self._parts, home)

    def key(self, kind, home, name=None, **scope):
        name = name or f"{kind}-of-{home}"
        if (name, home) not in self._keys:
            self._keys[name, home] = self.principals(home).add(OPERATOR, name, kind, **scope).key
        return self._keys[name, home]

    def token(self, subject, home="registry"):
        there = self.principals(home)
        return there.mint(there.authenticate(self.key("service", home)), subject).token

    def ask(self, method, path, key=None, **options):
        headers = {**({"authorization": f"Bearer {key}"} if key else {}), **options.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **options)

    def as_(self, kind, home):
        """A function that asks with the key of that kind."""
        return lambda method, path, **options: self.ask(method, path, self.key(kind, home), **options)


@contextmanager
def served(solely, homes=HOMES, **settings):
    """All of a directory at work, or some compartments of it, over HTTP."""
    api = open_api(solely.ground, homes, ServeSettings.model_validate(settings))
    with closing(api), at_port(api.door) as base:
        found = Served(solely, api, base)
        with closing(found.client):
            yield found


def of(subject, what=""):
    return f"/v1/subjects/{subject}/{what}"


def enrolled(ask, subject, **more):
    """An authenticator app, confirmed: the factor's id, and the app."""
    begun = ask("POST", of(subject, "factors"), json={"kind": "totp", "account": subject, **more})
    assert begun.status_code == 201, begun.text
    told = begun.json()
    app, answers = App(told["uri"]), of(subject, f"challenges/{told['challenge']}/answers")
    code = app.code(datetime.now(UTC))
    assert ask("POST", answers, json={"factor": told["factor"], "answer": code}).status_code == 200
    return told["factor"], app


def proof(ask, subject, factor, app, act="sign-in", *, password=True):
    """A challenge passed with the app's next code; its proof."""
    begun = ask("POST", of(subject, "challenges"), json={"act": act, "after_password": password}).json()
    answers = of(subject, f"challenges/{begun['id']}/answers")
    done = ask("POST", answers, json={"factor": factor, "answer": app.code(datetime.now(UTC), steps=1)})
    assert done.status_code == 200, done.text
    return done.json()["proof"]
