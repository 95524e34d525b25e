"""The published ledger over HTTP: what tlog-tiles names is there, nothing else is, and it follows what is written."""

import time

import httpx
import pytest

from pages import serving
from solely.app import Solely
from solely.app.fetch import from_url
from solely.ledger.checkpoint import verify_checkpoint
from solely.ledger.published import verify_published
from solely.web.log import log_server

FILES = {
    "checkpoint": b"a note",
    "tile/0/000": b"a tile",
    "tile/0/x001/234.p/255": b"part of one",
    "tile/entries/000.p/7": b"entries",
    "tile/0/secret": b"no tile's name",
    "other": b"no file of a log",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "public"
    for name, data in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder.parent / "key").write_text("what is beside the folder")
    with serving(lambda _port: log_server(folder)) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize("path", list(FILES)[:4])
def test_a_file_of_a_log_comes_as_it_stands(client, path):
    answer = client.get(f"/{path}")
    assert (answer.status_code, answer.content) == (200, FILES[path])
    head = client.head(f"/{path}")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(FILES[path])))


def test_a_tile_is_kept_for_ever_and_a_checkpoint_asked_for_again(client):
    tile, checkpoint = client.get("/tile/0/000").headers, client.get("/checkpoint").headers
    assert ("immutable" in tile["Cache-Control"], tile["Content-Type"]) == (True, "application/octet-stream")
    assert (checkpoint["Cache-Control"], checkpoint["Content-Type"]) == ("no-cache", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/other", "/tile/0/secret", "/tile/0/001", "/tile/0", "/tile/64/000", "/tile/00/000", "/docs"),
        *("/tile/0/0000", "/tile/0/x001/x234", "/tile/0/000.p/256", "/tile/0/000.p/0", "/tile/entries/000"),
        *("/tile/../other", "/tile/%2e%2e/other", "/tile/0/%2e%2e/%2e%2e/%2e%2e/key", "/checkpoint/", "//checkpoint"),
        *("/tile/0/" + "x000/" * 20 + "000", "/tile/0/%D9%A0%D9%A0%D9%A0", "/openapi.json"),
    ],
)
def test_nothing_else_is_there(client, path):
    assert client.request("GET", client.base_url.copy_with(raw_path=path.encode())).status_code == 404


def test_nobody_changes_anything(client):
    assert [client.request(verb, "/checkpoint").status_code for verb in ("POST", "PUT", "DELETE")] == [405] * 3


@pytest.mark.server
def test_what_is_served_follows_what_is_written_and_verifies(fresh):
    with Solely(fresh) as solely, solely.publishing(), serving(lambda _port: log_server(solely.public)) as url:
        key = solely.parts.signed._key

        def size():
            return verify_checkpoint(httpx.get(f"{url}/checkpoint").text, key).size

        before = size()
        for _ in range(300):
            solely.note_policy()
        end = time.monotonic() + 30
        while size() < before + 300 and time.monotonic() < end:
            time.sleep(0.02)
        with from_url(url) as fetch:
            assert verify_published(fetch, key).size == before + 300
