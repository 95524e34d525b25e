"""Promise 2 over HTTP: worlds that differ only in what was given for other purposes answer the same, to the byte."""

import itertools
import re

import pytest

from ads import Ads, path
from apis import served
from lists_sent import begin, csv, digest, ended, part, send
from solely.app.uploads import matching
from stage import make_stage, policy

__all__ = ["make_stage", "policy"]

pytestmark = pytest.mark.server
PEOPLE = 150
_OF_EACH = {"date", "request-id", "x-request-id", "etag"}  # headers; a tag is of what is random too
OTHERS = ("two-factor", "account-recovery", "login-alert", "reauthentication", "service-notice")
RANDOM = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|ad-[0-9a-f]{32}")
ADDRESSES = {f"u{n}": f"someone{n}@example.com" for n in range(PEOPLE)}
PARTNERS = {f"p{n}": f"known{n}@example.com" for n in range(PEOPLE)}
SECRET = [f"secret{n}@example.com" for n in range(40)]


class Observer:
    """Asks, and writes down all that is answered; what is random is named by when it came first."""

    def __init__(self, ads):
        self.ads, self.seen, self.names = ads, [], {}

    def ask(self, kind, method, where, name=None, **options):
        answer = self.ads.ask(kind, method, where, name, **options)
        headers = {one: value for one, value in answer.headers.items() if one not in _OF_EACH}
        self.seen.append((method, answer.status_code, self._named(repr(headers).encode()), self._named(answer.content)))
        return answer

    def _named(self, content):
        return RANDOM.sub(lambda found: b"#%d" % self.names.setdefault(found[0], len(self.names)), content)


def live(ads):
    """What an advertiser, a partner, a rival and the ad server ask, one after the other."""
    asks = Observer(ads)
    content = csv(*ADDRESSES.values(), *SECRET, "nobody@example.net", "no contact")
    where = begin(asks, audience="spring", json={"country": "DE"})
    send(asks, where, content[:500], **part(0))
    send(asks, where, content[:500], **part(0))
    asks.ask("advertiser", "HEAD", where)
    send(asks, where, content[500:], **part(500, last=True), content_digest=digest(content[500:]))
    ended(ads, where)
    asks.ask("advertiser", "GET", where)
    bought = begin(asks, "partner", audience="bought")
    send(asks, bought, csv(*PARTNERS.values(), *SECRET), "partner")
    ended(ads, bought, "partner")
    asks.ask("partner", "GET", bought)
    alone = begin(asks, audience="alone")
    send(asks, alone, csv(*SECRET))
    ended(ads, alone)
    asks.ask("advertiser", "GET", alone)
    for kind, name in (("advertiser", None), ("partner", None), ("advertiser", "rival")):
        for what in ((), ("spring",), ("bought",), ("alone",), ("nothing",)):
            asks.ask(kind, "GET", path("audiences", *what), name)
        asks.ask(kind, "GET", where, name)
    for name, include in (("sale", ["spring"]), ("few", ["alone"])):
        asks.ask("advertiser", "POST", path("campaigns"), json={"name": name, "include": include})
    handles = [ads.handle(one) for one in [*ADDRESSES, *(f"secret{n}" for n in range(9)), "stranger"]]
    asks.ask("service", "POST", "/v1/decisions", json={"handles": handles})
    asks.ask("advertiser", "DELETE", where)
    asks.ask("advertiser", "GET", path("audiences", "spring"))
    asks.ask("service", "POST", "/v1/decisions", json={"handles": handles})
    return asks.seen


def give_more(stage):
    """Much that was given for other purposes, by these people and by others, some of it ended."""
    for place, purpose in enumerate(OTHERS):
        stage.give_all(dict(list(ADDRESSES.items())[place::3]), purpose)
        stage.give_all({f"secret{n}": one for n, one in enumerate(SECRET)}, purpose)
    stage.solely.withdraw("u3", "two-factor")
    stage.solely.withdraw("secret4", "service-notice")
    stage.solely.erase("secret7")


def test_all_that_is_answered_is_the_same_whatever_was_given_for_other_purposes(make_stage):
    base, seen = make_stage(), []
    with base.solely:
        base.give_all(ADDRESSES)
        base.give_all(PARTNERS, "partner-audiences")
    for gives_more in (False, True):
        stage = make_stage(copy_of=base.folder)  # with the same keys: noise is drawn from one of them
        stage.numbers = itertools.count(1)
        with stage.solely as solely, served(solely) as at, matching(solely.ground, print):
            if gives_more:
                give_more(stage)
            ads = Ads(stage, at)
            ads.agree()
            seen.append(live(ads))
    assert len(seen[0]) == len(seen[1])
    for one, other in zip(*seen, strict=True):
        assert one == other
    told = b"".join(content for _, _, _, content in seen[0])
    assert told.count(b'"campaign":"sale"') == PEOPLE
    assert told.count(b'"state":"ready"') == 3, "both lists reached enough, and one is looked at twice"
