"""The client as a whole: what it may import, that it closes, and that it has no second way in."""

import subprocess
import sys

import httpx
import pytest

from solely.client import Client

HEAVY = ("psycopg", "cryptography", "fastapi", "django", "jinja2", "solely.app", "solely.store", "solely.keys")


def test_it_needs_httpx_and_pydantic_alone():
    """A platform's process that asks the service has none of its parts in memory."""
    code = f"import sys, solely.client; print([one for one in {HEAVY} if one in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_it_closes_its_connections():
    client = Client("https://solely.example", "solely_reg_x", transport=httpx.MockTransport(lambda _: None))
    with client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        client.givings("ana")


def test_neither_a_proxy_nor_a_password_of_the_environment_is_used(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine solely.example login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    seen = []

    def handle(request):
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"items": []})

    with Client("https://solely.example", "solely_reg_x", transport=httpx.MockTransport(handle)) as client:
        client.givings("ana")
        assert not client._wire._http._trust_env
        assert all(one is None for one in client._wire._http._mounts.values())
    assert seen == ["Bearer solely_reg_x"]
