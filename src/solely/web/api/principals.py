"""Who may call a compartment: added, shown, narrowed, revoked; their keys, which are shown once; tokens for people."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from solely.app.principals import Principals
from solely.errors import BadInput
from solely.principal import HOMES, OWN, Agreement
from solely.web.api.caller import principals
from solely.web.api.pages import Cursor, Limit, after, cut
from solely.web.api.principal_words import (
    Agreed,
    AgreementTerm,
    Keys,
    KeyShown,
    Narrower,
    NewPrincipal,
    PrincipalPage,
    PrincipalShown,
    Rotation,
    TokenShown,
    TokenWanted,
    agreed,
    key_shown,
    listed,
    standing,
    tag_of,
)
from solely.web.api.routes import Call, Name, Route

__all__ = ["ROUTES"]


def _there(call: Call) -> Principals:
    return principals(call.parts, call.home)


# -- principals


def every(call: Call, cursor: Cursor = None, limit: Limit = 100) -> PrincipalPage:
    """List the principals of a compartment."""
    rows = _there(call).list(call.principal, after(cursor), limit + 1)
    page, more = cut(rows, limit, lambda row: row.name)
    return PrincipalPage(items=[listed(row) for row in page], next=more)


def add(call: Call, principal: NewPrincipal) -> KeyShown:
    """Add a principal, and show its key, this once.

    A narrow one gets no wider later. Adding an officer takes two, once there are two.
    """
    made = _there(call).add(
        call.principal,
        principal.name,
        principal.kind,
        acts=principal.acts,
        purposes=principal.purposes,
        life=timedelta(days=principal.days),
    )
    return key_shown(made)


def show(call: Call, name: Name) -> PrincipalShown:
    """Show a principal, and how its keys stand."""
    there = _there(call)
    row = there.show(call.principal, name)
    return PrincipalShown(
        **listed(row).model_dump(),
        keys=standing(there.keys(call.principal, name), call.now),
        agreements=[agreed(one) for one in there.agreements(call.principal, name)],
    )


def narrow(call: Call, name: Name, narrower: Narrower) -> PrincipalShown:
    """Leave a principal some of its acts and purposes.

    It has taken effect when this is answered, for the keys and tokens that are out there too.
    """
    if narrower.acts is None and narrower.purposes is None:
        raise BadInput("nothing to narrow it to", where="body", cure="name acts, or purposes")
    _there(call).narrow(
        call.principal,
        name,
        acts=narrower.acts,
        purposes=narrower.purposes,
        check=lambda row: call.check_match(tag_of(row)),
    )
    return show(call, name)


def revoke(call: Call, name: Name) -> None:
    """Revoke a principal with all its keys and the tokens minted by them, at once."""
    _there(call).revoke(call.principal, name)


# -- keys


def rotate(call: Call, name: Name, rotation: Rotation) -> KeyShown:
    """Give a principal a new key, and show it, this once."""
    return _rotated(call, name, rotation)


def revoke_key(call: Call, name: Name, key: UUID) -> None:
    """Revoke one key of a principal, at once."""
    _there(call).revoke(call.principal, name, key)


def own_keys(call: Call) -> Keys:
    """Show how one's own keys stand."""
    return Keys(items=standing(_there(call).keys(call.principal, call.principal.name), call.now))


def rotate_own(call: Call, rotation: Rotation) -> KeyShown:
    """Get oneself a new key, shown this once."""
    return _rotated(call, call.principal.name, rotation)


def revoke_own(call: Call, key: UUID) -> None:
    """Revoke one of one's own keys, at once: also the one that is shown with this."""
    _there(call).revoke(call.principal, call.principal.name, key)


def _rotated(call: Call, name: str, rotation: Rotation) -> KeyShown:
    overlap, life = timedelta(hours=rotation.overlap_hours), timedelta(days=rotation.days)
    return key_shown(_there(call).rotate(call.principal, name, overlap=overlap, life=life))


# -- agreements and tokens


def agree(call: Call, name: Name, advertiser: Name, term: AgreementTerm) -> Agreed:
    """Let a partner act for an advertiser, in place of what was agreed before."""
    agreement = Agreement(advertiser, term.begins or call.now, term.ends)
    _there(call).agree(call.principal, name, agreement)
    return agreed(agreement)


def disagree(call: Call, name: Name, advertiser: Name) -> None:
    """End a partner's agreement, at once."""
    _there(call).disagree(call.principal, name, advertiser)


def mint(call: Call, wanted: TokenWanted) -> TokenShown:
    """Mint a token for one person who is signed in with you.

    Whoever shows it acts for that person alone, up to 15 minutes, and no longer than your key stands.
    """
    made = _there(call).mint(call.principal, wanted.subject, wanted.acts, seconds=wanted.seconds)
    return TokenShown(token=made.token, expires_at=made.expires)


_ALL, _ONE = "/v1/principals", "/v1/principals/{name}"
_AGREEMENT = f"{_ONE}/agreements/{{advertiser}}"
_KEY = {"key": "/id"}
_MINTS = tuple(home for home in HOMES if home in {"registry", "security"})
ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        homes=HOMES,
        act="principals.read",
        endpoint=every,
        yields={"name": "/items/0/name"},
    ),
    Route(
        method="POST",
        path=_ALL,
        homes=HOMES,
        act="principals",
        endpoint=add,
        status=201,
        again=False,
        yields={"name": "/name", "key": "/id"},
    ),
    Route(
        method="GET",
        path=_ONE,
        homes=HOMES,
        act="principals.read",
        endpoint=show,
        yields={"key": "/keys/0/id"},
    ),
    Route(method="PATCH", path=_ONE, homes=HOMES, act="principals", endpoint=narrow),
    Route(method="DELETE", path=_ONE, homes=HOMES, act="principals", endpoint=revoke, status=204),
    Route(
        method="POST",
        path=f"{_ONE}/keys",
        homes=HOMES,
        act="principals",
        endpoint=rotate,
        status=201,
        again=False,
        yields=_KEY,
    ),
    Route(method="DELETE", path=f"{_ONE}/keys/{{key}}", homes=HOMES, act="principals", endpoint=revoke_key, status=204),
    Route(method="GET", path="/v1/keys", homes=HOMES, act=OWN, endpoint=own_keys),
    Route(
        method="POST",
        path="/v1/keys",
        homes=HOMES,
        act=OWN,
        endpoint=rotate_own,
        status=201,
        again=False,
        yields=_KEY,
    ),
    Route(method="DELETE", path="/v1/keys/{key}", homes=HOMES, act=OWN, endpoint=revoke_own, status=204),
    Route(method="PUT", path=_AGREEMENT, homes=("advertising",), act="principals", endpoint=agree),
    Route(method="DELETE", path=_AGREEMENT, homes=("advertising",), act="principals", endpoint=disagree, status=204),
    Route(method="POST", path="/v1/tokens", homes=_MINTS, act="tokens.mint", endpoint=mint, status=201),
)
