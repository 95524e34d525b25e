"""The way to a gateway: bounded in time and size, under a certificate that somebody vouches for, and to it alone."""

import ssl
import threading
import time

import pytest

from gateways import ANY_KEY, Vendors
from mailboxes import self_signed
from solely.verification.senders.gateway import Answer, at
from solely.verification.senders.port import SendFailed

NUMBER = "+4915112345678"


def post(client, vendors):
    return client.post(
        f"{vendors.base}/any/send", json={"message": {"to": NUMBER}, "id": "1"}, headers={"X-Key": ANY_KEY}
    )


def test_an_answer_is_a_status_and_what_json_says(vendors, gateway):
    assert post(gateway("any"), vendors) == Answer(200, {"results": [{"state": "queued", "id": "any-1"}]})
    vendors.says[NUMBER] = "nonsense"
    assert post(gateway("any"), vendors) == Answer(500, None)


@pytest.mark.parametrize("way", ["drop", "redirect", "flood"])
def test_what_is_no_whole_answer_is_left(vendors, gateway, way):
    vendors.says[NUMBER] = way
    with pytest.raises(SendFailed) as caught:
        post(gateway("any"), vendors)
    assert (caught.value.verdict, caught.value.where, len(vendors.asked)) == ("next", "any", 1)


def test_a_gateway_that_is_not_there_is_passed_over(gateway):
    with pytest.raises(SendFailed):
        gateway("any").post("http://localhost:9/any", json={})


def test_an_answer_that_drips_is_left_when_its_time_is_over(vendors, gateway):
    seconds = iter(range(0, 1000, 3))
    vendors.says[NUMBER] = "drip"
    before = time.monotonic()
    with pytest.raises(SendFailed):
        post(gateway("any", ticks=lambda: next(seconds)), vendors)
    assert time.monotonic() - before < 4  # it would drip for five


def test_a_gateway_that_never_answers_is_left_in_time(vendors, gateway, monkeypatch):
    monkeypatch.setattr("solely.verification.senders.gateway.TOTAL", 5.2)
    left = threading.Event()
    monkeypatch.setattr("gateways._Handler.do_drip", lambda handler: left.wait(10))
    vendors.says[NUMBER] = "drip"
    before = time.monotonic()
    with pytest.raises(SendFailed):
        post(gateway("any"), vendors)
    assert time.monotonic() - before < 4
    left.set()


def test_a_certificate_nobody_vouches_for_is_refused(certificate, gateway):
    served, trusting = certificate
    with Vendors(served) as vendors:
        with pytest.raises(SendFailed):
            post(gateway("any"), vendors)
        assert not vendors.asked
        assert post(gateway("any", trust=trusting), vendors).status == 200


def test_proxies_of_the_environment_are_not_used(vendors, gateway, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://localhost:9")
    monkeypatch.setenv("HTTP_PROXY", "http://localhost:9")
    assert post(gateway("any"), vendors).status == 200


def test_a_path_that_leads_nowhere_gives_nothing():
    content = {"a": [{"b": 1}]}
    assert (at(content, "a.0.b"), at(content, "a.1.b"), at(content, "a.x"), at(None, "a"), at(content, "")) == (
        1, None, None, None, None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A server's context and a client's that trusts it; nobody else does."""
    key, chain = self_signed(tmp_path_factory.mktemp("tls"))
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(chain, key)
    return served, ssl.create_default_context(cafile=chain)
