"""The pages as a Django view, and a proof as what a view takes: requests in, replies out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from solely.client.django.setting import client, current_user, pages
from solely.client.pages import Asked, Reply, read_form
from solely.errors import BadInput, ProofNeeded

__all__ = ["page", "proved"]

View = Callable[..., Any]


def _page(request: HttpRequest, path: str) -> HttpResponse:
    """One of the pages, by its path below where they are."""
    return _response(pages().reply(_asked(request, path)), request)


# The pages have a token of their own in each form, bound to browser and person.
page: View = csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(_page))


def proved(act: str, *, max_age: timedelta = timedelta(minutes=5)) -> Callable[[View], View]:
    """A view's decorator: it is called with `proof`, the fresh one that the signed-in person gave for an act.

    Who has none goes and gives it, and comes back.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def proving(request: HttpRequest, *args: Any, **more: Any) -> Any:
            subject, kept = current_user()(request), request.COOKIES.get(f"solely-proof-{act}", "")
            try:
                found = client().prove(subject, UUID(kept), act=act, max_age=max_age) if subject else None
            except (ValueError, ProofNeeded):
                found = None
            if found is None:
                query = urlencode({"act": act, "next": request.get_full_path()})
                return HttpResponseRedirect(f"{reverse('solely-page', args=['step-up'])}?{query}")
            return view(request, *args, proof=found, **more)

        return proving

    return decorate


def _asked(request: HttpRequest, path: str) -> Asked:
    try:
        form = read_form(request.body, request.headers.get("Content-Type", ""))
    except BadInput:
        form = {}  # without its token it is no form of ours
    return Asked(
        method=request.method or "",
        path=path,
        prefix=request.path.removesuffix(path).rstrip("/"),
        host=request.get_host(),
        secure=request.is_secure(),
        headers={name.lower(): value for name, value in request.headers.items()},
        cookies=request.COOKIES,
        query=request.GET.dict(),
        form=form,
        source=request.META.get("REMOTE_ADDR") or None,
        request=request,
    )


def _response(reply: Reply, request: HttpRequest) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.type, headers=dict(reply.headers))
    for one in reply.cookies:
        response.set_cookie(
            one.name, one.value, max_age=one.seconds, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response
