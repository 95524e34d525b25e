"""Lists through the client: streamed, gone on from where they were cut off, and each byte sent counted once."""

import io
import time
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from flaky import flaky
from solely.client import Client, Retry
from solely.errors import BadInput, NotFound, TooLarge, Unavailable

pytestmark = pytest.mark.server
ROWS = 20_000


def rows(count=ROWS):
    return b"email\n" + b"".join(b"nobody%06d@example.net\n" % number for number in range(count))


@pytest.fixture
def acme(ads):
    with Client(ads.served.base, ads.key("advertiser"), retry=Retry(20, 0.01)) as client:
        yield client


@contextmanager
def over(ads, *plan):
    """The same over a network that fails so, and what it met."""
    with (
        flaky(ads.served.base) as network,
        Client(network.base, ads.key("advertiser"), retry=Retry(20, 0.01), timeout=3) as client,
    ):
        network.plan += plan
        yield client, network


def ended(client, upload):
    until = time.monotonic() + 30
    while (told := client.uploaded(upload)).state in {"receiving", "processing"}:
        assert time.monotonic() < until, told
        time.sleep(0.05)
    return told


def test_a_list_is_sent_and_told_of_by_its_form(ads, acme):
    sent = acme.upload("acme", ads.new("list"), io.BytesIO(rows(20) + b"no contact\n"))
    assert sent.offset == len(rows(20)) + 11
    told = ended(acme, sent.id)
    assert (told.state, told.report.rows, told.report.usable) == ("too-small", 21, 20)
    assert [one.reason for one in told.report.first_unusable] == ["not-an-email"]


def test_what_a_column_means_is_said_by_its_number(ads, acme):
    content = b"a,b\nx@example.com,y@example.com\n"
    told = ended(acme, acme.upload("acme", ads.new("list"), io.BytesIO(content), columns={1: "ignored"}).id)
    assert [one.meaning for one in told.report.columns] == ["ignored", "email"]


def test_it_goes_on_from_where_it_was_cut_off(ads, acme):
    content, read = rows(), []
    begun = acme.begin_upload("acme", ads.new("list"))

    class Counted(io.BytesIO):
        def read(self, size=-1):
            read.append(self.tell())
            return super().read(size)

    with over(ads, "half:100000", "half:300000", "cut") as (client, network):
        sent = client.send_upload(begun.id, Counted(content))
        assert network.met[:3] == ["half:100000", "half:300000", "cut"]
    assert sent.offset == len(content)
    begins = [at for at in read if at % (1 << 18)]
    assert begins, "it began anew, and not from where it was"
    assert ended(acme, begun.id).report.rows == ROWS


def test_what_came_whole_and_whose_answer_was_lost_is_not_sent_again(ads, acme):
    begun = acme.begin_upload("acme", ads.new("list"))
    content = io.BytesIO(rows(50))
    assert acme.send_upload(begun.id, content).offset == len(rows(50))
    reads = content.read
    content.read = None  # nothing is read for it any more
    assert acme.send_upload(begun.id, content).offset == len(rows(50))
    content.read = reads


def test_where_nothing_comes_through_it_is_told_in_time(ads, acme):
    begun = acme.begin_upload("acme", ads.new("list"))
    with flaky(ads.served.base) as network:
        network.plan += ["cut"] * 1_000
        client = Client(network.base, ads.key("advertiser"), retry=Retry(0.5, 0.01))
        with client, pytest.raises(Unavailable):
            client.send_upload(begun.id, io.BytesIO(rows(10)))
    assert acme.uploaded(begun.id).offset == 0


def test_another_file_than_the_one_that_was_begun_is_told_where_it_is_shorter(ads, acme):
    begun = acme.begin_upload("acme", ads.new("list"))
    key = {"authorization": f"Bearer {ads.key('advertiser')}", "upload-complete": "?0"}
    httpx.put(f"{ads.served.base}/v1/uploads/{begun.id}/content", content=rows(10), headers=key)
    with pytest.raises(BadInput, match="shorter"):
        acme.send_upload(begun.id, io.BytesIO(b"email\n"))
    acme.remove_upload(begun.id)
    with pytest.raises(NotFound):
        acme.send_upload(begun.id, io.BytesIO(b"email\n"))


def test_an_error_of_the_service_ends_it(ads):
    def handle(request):
        if request.method == "HEAD":
            return httpx.Response(204, headers={"upload-offset": "0", "upload-complete": "?0"})
        return httpx.Response(413)

    client = Client("https://solely.example", "solely_adv_x", transport=httpx.MockTransport(handle))
    with client, pytest.raises(TooLarge):
        client.send_upload(uuid4(), io.BytesIO(b"x"))


def test_a_proxy_that_drops_headers_is_told():
    drops = httpx.MockTransport(lambda _: httpx.Response(204))
    client = Client("https://solely.example", "solely_adv_x", transport=drops)
    with client, pytest.raises(Unavailable, match="how much has come"):
        client.send_upload(uuid4(), io.BytesIO(b"x"))
