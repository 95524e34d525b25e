"""AWS KMS: what it refuses is said with its cure, and nothing of what was asked is in the words."""

import contextlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from key_servers import AWS, REGION, free_port, kms, kms_client
from solely.app.wraps.aws_kms import AwsKmsWrap
from solely.errors import Tampered, Unavailable
from solely.keys.settings import AwsKms

CONTEXT = {"compartment": "security", "file": "00" * 16}


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch, kms() as (endpoint, key):
        for name, value in AWS.items():
            patch.setenv(name, value)
        yield endpoint, key


def wrap(endpoint, key):
    return AwsKmsWrap(AwsKms(**{"key-id": key, "region": REGION, "endpoint": endpoint}))


def test_a_data_key_opens_under_its_own_context_alone(server):
    one = wrap(*server)
    _, fields = one.new_key(CONTEXT, os.urandom)
    for other in ({**CONTEXT, "compartment": "advertising"}, {**CONTEXT, "file": "11" * 16}):
        with pytest.raises(Tampered):
            one.open_key(fields, other)


def test_a_data_key_of_another_key_does_not_open_whatever_the_file_says(server):
    """Who writes files can't bring a key of their own: the settings name the one that opens."""
    endpoint, _ = server
    other = kms_client(endpoint).create_key()["KeyMetadata"]["Arn"]
    _, fields = wrap(endpoint, other).new_key(CONTEXT, os.urandom)
    with pytest.raises((Tampered, Unavailable)):  # moto refuses it in other words than AWS, whose are below
        wrap(*server).open_key(fields, CONTEXT)


def test_an_unknown_key_is_unavailable_and_the_cure_is_told(server):
    endpoint, key = server
    with pytest.raises(Unavailable, match="key-id and region"):
        wrap(endpoint, key[:-4] + "0000").new_key(CONTEXT, os.urandom)


def test_a_kms_that_does_not_answer_is_unavailable(server):
    with pytest.raises(Unavailable, match="see that KMS is reached"):
        wrap(f"http://127.0.0.1:{free_port()}", server[1]).new_key(CONTEXT, os.urandom)


def test_who_has_no_name_at_aws_is_told_so(server, monkeypatch, tmp_path):
    for name in AWS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="by whom"):
        wrap(*server).new_key(CONTEXT, os.urandom)


def test_without_the_library_the_cure_is_to_install_it(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(Unavailable, match=r"solely\[aws\]"):
        wrap(*server).new_key(CONTEXT, os.urandom)


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("IncorrectKeyException", Tampered, "another key"),
        ("DisabledException", Unavailable, "enable the key"),
        ("KMSInvalidStateException", Unavailable, "cancel that at once"),
        ("AccessDeniedException", Unavailable, "kms:Decrypt"),
        ("ThrottlingException", Unavailable, "aws-kms, ThrottlingException"),
        ("<b>hunter2</b>", Unavailable, "no answer"),
    ],
)
def test_each_refusal_of_aws_has_its_error_and_cure(server, answering, code, error, words):
    """As AWS words them: moto knows few."""
    with pytest.raises(error, match=words) as met:
        wrap(answering(code), server[1]).open_key({"data-key": "00"}, CONTEXT)
    assert "hunter2" not in str(met.value)


@pytest.fixture
def answering():
    """A server that answers with a refusal, whatever is asked."""
    with contextlib.ExitStack() as stack:

        def start(code):
            class Handler(BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    body = json.dumps({"__type": code, "message": "hunter2"}).encode()
                    self.send_response(400)
                    self.send_header("Content-Type", "application/x-amz-json-1.1")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_):
                    pass

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start
