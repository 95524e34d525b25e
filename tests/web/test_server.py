"""The page is served to this machine alone, with its headers, until it is told to stop."""

import http.client
import pickle
import signal
import socket
import subprocess
import sys

import pytest

from solely.errors import Unavailable
from solely.web.page import render
from solely.web.server import HOST, reserve

SERVE = """
import pickle, socket, sys
from solely.web.page import render
from solely.web.server import serve
try:
    serve(render(pickle.load(sys.stdin.buffer)), socket.socket(fileno=int(sys.argv[1])))
except KeyboardInterrupt:
    sys.exit(42)
"""


@pytest.fixture
def served(story):
    with reserve(0) as place:
        number = place.fileno()
        command = [sys.executable, "-c", SERVE, str(number)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number]) as process:
            process.stdin.write(pickle.dumps(story))
            process.stdin.close()
            yield render(story), place.getsockname()[1], process
            process.kill()


def ask(port, method="GET", path="/", host=None):
    connection = http.client.HTTPConnection(HOST, port, timeout=20)
    connection.request(method, path, headers={"Host": host or f"{HOST}:{port}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_the_page_comes_with_its_headers(served):
    page, port, _ = served
    answer, body = ask(port)
    assert (answer.status, body) == (200, page.body)
    for name, value in page.headers.items():
        assert answer.headers[name] == value
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert ask(port, "HEAD")[0].status == 200


def test_nothing_else_is_there(served):
    _, port, _ = served
    assert [ask(port, path=path)[0].status for path in ("/docs", "/openapi.json", "/story.css")] == [404, 404, 404]
    assert ask(port, "POST")[0].status == 405


def test_a_strangers_domain_that_points_here_is_refused(served):
    _, port, _ = served
    assert ask(port, host="evil.example")[0].status == 400
    assert ask(port, host=f"localhost:{port}")[0].status == 200


def test_an_interrupt_ends_it_and_is_passed_on(served):
    _, port, process = served
    ask(port)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 42


def test_it_listens_on_this_machine_alone():
    with reserve(0) as place:
        assert place.getsockname()[0] == "127.0.0.1"


def test_who_comes_early_waits():
    with reserve(0) as place, socket.create_connection(place.getsockname(), timeout=5) as early:
        assert early.getpeername() == place.getsockname()


def test_a_taken_port_is_an_error_with_a_cure():
    with reserve(0) as place, pytest.raises(Unavailable) as raised:
        reserve(place.getsockname()[1])
    assert "--port" in raised.value.cure
