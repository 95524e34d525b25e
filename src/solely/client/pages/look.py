"""How the pages look: one set of templates, everything escaped, a policy that lets nothing of elsewhere in."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import segno
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from solely.client.pages.asked import Reply
from solely.client.pages.words import FACTORS

__all__ = ["FILES", "HEADERS", "Look", "picture"]

FILES: Mapping[str, str] = MappingProxyType(
    {"solely.css": "text/css; charset=utf-8", "passkey.js": "text/javascript; charset=utf-8"}
)
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(_POLICY),
        "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
)


class Look:
    """The templates: our own, or the platform's of the same name in a folder of theirs."""

    def __init__(self, folder: Path | None) -> None:
        own = PackageLoader("solely.client.pages")
        loader: BaseLoader = ChoiceLoader([FileSystemLoader(folder), own]) if folder else own
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters["day"] = _day
        self._templates.filters["kind"] = lambda kind: FACTORS.get(kind, kind)

    def page(self, name: str, status: int, content: Mapping[str, Any]) -> Reply:
        """A page of a template."""
        text = self._templates.get_template(f"{name}.html").render(content)
        return Reply(status, text.encode(), headers=HEADERS)

    def file(self, name: str) -> Reply:
        """The style, or the script."""
        assert self._templates.loader is not None
        text = self._templates.loader.get_source(self._templates, name)[0]
        return Reply(200, text.encode(), FILES[name], {**HEADERS, "Cache-Control": "max-age=300"})


def picture(uri: str) -> str:
    """The QR code of an authenticator app's URI, as the address of a picture."""
    out = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(out, kind="svg", scale=5, border=3, xmldecl=False, svgns=True)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()


def _day(moment: datetime | None) -> str:
    return f"{moment.day} {moment:%B %Y}" if moment else ""
