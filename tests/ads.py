"""An advertising side over HTTP: a stage with people in an audience, and who calls it."""

from dataclasses import dataclass, field

from apis import Served
from solely.app.decisions import handle_of
from solely.principal import Agreement
from stage import Stage

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
