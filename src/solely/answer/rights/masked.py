"""A contact as its owner knows it again and nobody else learns it: how it begins, how it ends."""

from __future__ import annotations

import phonenumbers

from solely.contact import Contact

__all__ = ["masked"]

_HIDDEN = "•••"
_LAST = 2  # digits of a phone number that are shown


def masked(contact: Contact) -> str:
    """`a•••@e•••.org`, `+44 ••• ••12`: how long it is does not show."""
    value = contact.expose()
    if contact.kind == "phone":
        return f"+{phonenumbers.parse(value).country_code} {_HIDDEN} ••{value[-_LAST:]}"
    local, domain = value.rsplit("@", 1)
    return f"{local[0]}{_HIDDEN}@{domain[0]}{_HIDDEN}.{domain.rpartition('.')[2]}"
