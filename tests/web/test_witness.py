"""A witness over HTTP answers as C2SP tlog-witness says, and nothing that is too long, too slow or elsewhere."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from solely.app.witness import Witness
from solely.ledger.cosignature import cosigned
from solely.ledger.witness import MAX_BYTES
from solely.web import witness as web
from witnesses import Log, serving


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def witness(log, tmp_path):
    return Witness(tmp_path / "witness", [log.key])


@pytest.fixture
def client(witness):
    with serving(witness) as client:
        yield client


def add(client, body):
    return client.post("/add-checkpoint", content=body)


def test_what_is_consistent_is_cosigned(client, witness, log):
    for old, new in ((0, 5), (5, 5), (5, 90), (90, 150)):
        answer = add(client, log.request(old, new))
        assert answer.status_code == 200
        assert re.fullmatch(r"(— [^ ]+ [A-Za-z0-9+/]+=*\n)+", answer.text)
        assert cosigned(log.note(new) + answer.text, [witness.key], 1).names == (witness.key.name,)


def test_what_is_not_has_the_status_and_the_type_of_the_specification(client, log):
    add(client, log.request(0, 5))
    conflict = add(client, log.request(0, 9))
    assert (conflict.status_code, conflict.text, conflict.headers["Content-Type"]) == (409, "5\n", "text/x.tlog.size")
    assert add(client, log.fork(3).request(5, 9)).status_code == 422
    assert add(client, Log("other.example/log").request(0, 9)).status_code == 404
    assert add(client, Log(log.key.name).request(5, 9)).status_code == 403
    assert add(client, b"\xff").status_code == 400
    assert add(client, b"").status_code == 400


def test_nothing_else_is_there(client):
    assert client.get("/add-checkpoint").status_code == 405
    assert [client.get(path).status_code for path in ("/", "/docs", "/openapi.json")] == [404, 404, 404]


def test_what_is_too_long_is_not_read(client, log):
    longest = log.request(0, 5) + b"x" * (MAX_BYTES - len(log.request(0, 5)))
    assert add(client, longest).status_code == 400
    assert add(client, longest + b"x").status_code == 413
    assert client.post("/add-checkpoint", content=(b"x" * 10_000 for _ in range(100))).status_code == 413
    assert add(client, log.request(0, 5)).status_code == 200


def test_what_is_too_slow_is_not_waited_for(client, log, monkeypatch):
    monkeypatch.setattr(web, "_SECONDS", 0.2)
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=5) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold 0")
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def test_who_leaves_in_the_middle_leaves_nothing(client, log, capfd):
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=5) as gone:
        gone.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold 0")
    assert add(client, log.request(0, 5)).status_code == 200
    assert capfd.readouterr().err == ""


def test_a_memory_that_was_changed_is_a_fault_and_a_disk_that_is_full_is_told(client, witness, log, monkeypatch):
    add(client, log.request(0, 5))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("solely.store.durable.os.fsync", full)
        assert add(client, log.request(5, 9)).status_code == 503
    next((witness.directory / "logs").iterdir()).write_text("nothing")
    answer = add(client, log.request(5, 9))
    assert (answer.status_code, "—" in answer.text) == (500, False)


def test_twenty_at_once_get_one_history(client, log):
    add(client, log.request(0, 5))
    forks = [log.fork(5) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda fork: add(client, fork.request(5, 9)).status_code, forks))
    assert sorted(answers) == [200] + [409] * 19
