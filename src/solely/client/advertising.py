"""The advertising side: audiences and campaigns of an advertiser, decisions for the ad server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import httpx

from solely.client.told import Page, Told
from solely.client.wire import Wire, path

__all__ = ["Advertising", "Audience", "Campaign", "Decision", "Reached"]

State = Literal["running", "paused"]


class Audience(Told):
    """An audience, and until when its last list serves. `status` is told of one that was asked for alone."""

    name: str
    purpose: str
    valid_until: datetime | None = None
    status: Literal["ready", "too-small"] | None = None


class Campaign(Told):
    """A campaign as it stands. `tag` says as what it was read; a change sends it back."""

    name: str
    state: State
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    tag: str = ""


class Reached(Told):
    """A campaign that may reach the person."""

    advertiser: str
    campaign: str


class Decision(Told):
    """Which campaigns may reach the person of this handle, at that time; nothing says why none does."""

    handle: str
    at: datetime
    reached: tuple[Reached, ...]


class Advertising:
    """What a client does on the advertising side."""

    _wire: Wire

    def audiences(self, advertiser: str) -> Iterator[Audience]:
        """The audiences of an advertiser, by name; for a partner those it brought lists for."""
        return self._wire.pages(Page[Audience], "advertising", path("advertisers", advertiser, "audiences"))

    def audience(self, advertiser: str, name: str) -> Audience:
        """An audience, and whether it is large enough to be reached."""
        said = self._wire.ask("advertising", "GET", path("advertisers", advertiser, "audiences", name))
        return self._wire.read(Audience, said)

    def campaigns(self, advertiser: str) -> Iterator[Campaign]:
        """The campaigns of an advertiser, by name; without their tags."""
        return self._wire.pages(Page[Campaign], "advertising", path("advertisers", advertiser, "campaigns"))

    def campaign(self, advertiser: str, name: str) -> Campaign:
        """A campaign."""
        return self._tagged(self._wire.ask("advertising", "GET", path("advertisers", advertiser, "campaigns", name)))

    def add_campaign(
        self,
        advertiser: str,
        name: str,
        include: Iterable[str],
        *,
        exclude: Iterable[str] = (),
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> Campaign:
        """Add a campaign that runs, by audiences of the advertiser's own."""
        body = {
            "name": name,
            "include": list(include),
            "exclude": list(exclude),
            "starts_at": starts_at and starts_at.isoformat(),
            "ends_at": ends_at and ends_at.isoformat(),
        }
        where = path("advertisers", advertiser, "campaigns")
        return self._tagged(self._wire.ask("advertising", "POST", where, body))

    def change_campaign(self, advertiser: str, campaign: Campaign, state: State) -> Campaign:
        """Pause a campaign, or run it again: effective on return. Raises Outdated where it was changed since read."""
        where = path("advertisers", advertiser, "campaigns", campaign.name)
        headers = {"if-match": campaign.tag} if campaign.tag else {}
        return self._tagged(self._wire.ask("advertising", "PATCH", where, {"state": state}, headers=headers))

    def decide(self, handles: Iterable[str]) -> Sequence[Decision]:
        """Which campaigns may reach these people now, in their order. Whatever reaches somebody is in the ledger."""
        said = self._wire.ask("advertising", "POST", path("decisions"), {"handles": list(handles)})
        return self._wire.read(Page[Decision], said).items

    def _tagged(self, said: httpx.Response) -> Campaign:
        return self._wire.read(Campaign, said).model_copy(update={"tag": said.headers.get("etag", "")})
