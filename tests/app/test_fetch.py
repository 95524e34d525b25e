"""Files come from a folder or a server, and never more of them than there can be."""

import gzip
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import solely.app.fetch
from published_logs import KEY, bodies, published
from solely.app.fetch import from_folder, from_url
from solely.errors import BadInput, NotFound, Tampered, Unavailable
from solely.ledger.published import verify_published
from solely.ledger.tiles import bundle_path, max_bytes

LOG = published(bodies(300))
PATHS = ("checkpoint", "tile/0/000", "tile/entries/000")


@contextmanager
def server(answer):
    """A server of this machine; `answer` gives status, headers and body for a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answer(self.path.removeprefix("/log/"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/log"
        serving.shutdown()
        thread.join()


def of_log(path):
    return (200, {}, LOG[path]) if path in LOG else (404, {}, b"")


def test_a_folder_s_files_are_read(tmp_path):
    for path, data in LOG.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert verify_published(from_folder(tmp_path), KEY).size == 300
    for missing in ("tile/0/007", "checkpoint/x"):
        with pytest.raises(NotFound):
            from_folder(tmp_path)(missing)


@pytest.mark.parametrize("path", PATHS)
def test_no_file_of_a_folder_is_read_beyond_what_can_be_there(path, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(bytes(max_bytes(path)))
    assert len(from_folder(tmp_path)(path)) == max_bytes(path)
    (tmp_path / path).write_bytes(bytes(max_bytes(path) + 1))
    with pytest.raises(Tampered, match="over"):
        from_folder(tmp_path)(path)


def test_a_log_is_verified_over_http():
    with server(of_log) as url:
        for prefix in (url, f"{url}/"):
            with from_url(prefix) as fetch:
                assert verify_published(fetch, KEY).size == 300


def test_a_bundle_may_come_compressed():
    body = gzip.compress(LOG[bundle_path(0)])
    with server(lambda _path: (200, {"Content-Encoding": "gzip"}, body)) as url, from_url(url) as fetch:
        assert fetch(bundle_path(0)) == LOG[bundle_path(0)]


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_is_read_beyond_what_can_be_there(path):
    body = gzip.compress(bytes(max_bytes(path) + 1))
    answer = 200, {"Content-Encoding": "gzip"}, body
    with server(lambda _: answer) as url, from_url(url) as fetch, pytest.raises(Tampered, match="over"):
        fetch(path)


def test_a_server_that_gives_its_answer_in_drops_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(solely.app.fetch, "_WHOLE_SECONDS", -1.0)
    with server(of_log) as url, from_url(url) as fetch, pytest.raises(Unavailable, match="too long"):
        fetch("checkpoint")


def test_a_redirect_is_not_followed():
    asked = []

    def answer(path):
        asked.append(path)
        return 302, {"Location": "/log/elsewhere"}, b""

    with server(answer) as url, from_url(url) as fetch, pytest.raises(Unavailable, match="answered 302"):
        fetch("checkpoint")
    assert asked == ["checkpoint"]


def test_a_missing_file_is_not_found_and_another_failure_is_told():
    with server(lambda path: (500 if path == "checkpoint" else 404, {}, b"")) as url, from_url(url) as fetch:
        with pytest.raises(NotFound):
            fetch("tile/0/000")
        with pytest.raises(Unavailable, match="answered 500"):
            fetch("checkpoint")
    with from_url(url) as fetch, pytest.raises(Unavailable, match="does not answer"):
        fetch("checkpoint")


@pytest.mark.parametrize("url", ["ftp://example.com", "example.com", "file:///etc"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(BadInput), from_url(url):
        pass


def test_an_address_that_can_t_be_one_is_told():
    with from_url("http://[") as fetch, pytest.raises(Unavailable):
        fetch("checkpoint")
