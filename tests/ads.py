"""An advertising side over HTTP: a stage with people in an audience, and who calls it."""

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from apis import Served, served
from solely.app import Solely, init
from solely.app.create import SHIPPED_POLICY
from solely.app.decisions import handle_of
from solely.app.uploads import matching
from solely.principal import Agreement
from stage import FLOOR, START, Stage
from told import ASKS

PEOPLE = 150  # so many are enough for this policy, whatever was drawn


@dataclass
class Ads:
    """`acme` has an audience of `subjects`; `partner` acts for it, `rival` is another advertiser."""

    stage: Stage
    served: Served
    audience: str = ""
    subjects: list = field(default_factory=list)

    @property
    def solely(self):
        return self.stage.solely

    def new(self, what="name"):
        return self.stage.new(what)

    def ask(self, kind, method, path, name=None, **options):
        """As an advertiser, a partner, the ad server (`service`) or an officer."""
        return self.served.ask(method, path, self.key(kind, name), **options)

    def key(self, kind, name=None):
        names = {"advertiser": "acme", "partner": "databroker", "service": "adserver", "officer": "ada"}
        return self.served.key(kind, "advertising", name or names[kind])

    def agree(self, partner="databroker", advertiser="acme"):
        self.key("partner", partner)
        there = self.served.principals("advertising")
        agreement = Agreement(advertiser, self.stage.time[0], None)
        there.agree(there.authenticate(self.key("service")), partner, agreement)

    def handle(self, subject):
        return handle_of(self.stage.solely.parts, subject)


def path(what, *rest, advertiser="acme"):
    return "/".join((f"/v1/advertisers/{advertiser}/{what}", *rest))


@contextmanager
def staged(folder):
    """Under a clock that stands still, and a policy with a low floor."""
    policy = folder / "policy.toml"
    policy.write_text(SHIPPED_POLICY.read_text().replace("floor = 1000 ", f"floor = {FLOOR} "))
    init(folder / "data", policy)
    (folder / "data" / "incidents.toml").write_text(ASKS)
    time = [START + timedelta(days=3650)]  # the ledger's first entry is of today, and its time never goes back
    with Solely(folder / "data", clock=lambda: time[0], signs=False) as solely:
        stage = Stage(solely, time, folder, itertools.count(1))
        with served(solely) as at, matching(solely.ground, print):
            made = Ads(stage, at)
            made.audience, made.subjects = stage.audience(PEOPLE)
            made.agree()
            yield made
