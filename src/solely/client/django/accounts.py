"""Accounts as Django keeps them: its users and its sessions. A password of theirs is none of Django's.

A subject is named by the user's key and the moment they joined: a key alone comes again after its user is gone.
"""

from __future__ import annotations

from typing import Any

from django.contrib import auth
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from solely.errors import BadInput, Conflict

__all__ = ["UserAccounts", "subject_of"]

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def subject_of(user: Any) -> str:
    """How Solely knows a user."""
    return f"{user.pk}-{int(user.date_joined.timestamp() * 1_000_000):x}"


class UserAccounts:
    """The port of the pages (`pages.Accounts`) on `django.contrib.auth`."""

    def current(self, request: HttpRequest) -> str | None:
        """Who is signed in."""
        user: Any = request.user
        return subject_of(user) if user.is_authenticated else None

    def create(self, request: HttpRequest, name: str) -> str:  # noqa: ARG002 - of the port
        """Make a user. Raises Conflict where the name is taken, BadInput for one that Django does not take."""
        name = _normal(name)
        user = auth.get_user_model()(username=name)
        user.set_unusable_password()
        taken = Conflict("that name is taken", where="name", cure="choose another")
        if auth.get_user_model().objects.filter(username=name).exists():
            raise taken
        if not _is_valid(user):
            raise BadInput("that name can't be taken", where="name", cure="use letters, digits, and . _ - @ +")
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError:
            user = None
        if user is None:
            raise taken
        return subject_of(user)

    def find(self, request: HttpRequest, name: str) -> str | None:  # noqa: ARG002 - of the port
        """The subject of that name; one who may not sign in is nobody."""
        user = auth.get_user_model().objects.filter(username=_normal(name), is_active=True).first()
        return subject_of(user) if user is not None else None

    def remove(self, request: HttpRequest, subject: str) -> None:  # noqa: ARG002 - of the port
        """Remove a user."""
        if (user := _user(subject)) is not None:
            user.delete()

    def sign_in(self, request: HttpRequest, subject: str) -> None:
        """Begin a session."""
        if (user := _user(subject)) is not None:
            auth.login(request, user, backend=_BACKEND)

    def sign_out(self, request: HttpRequest) -> None:
        """End it."""
        auth.logout(request)


def _normal(name: str) -> str:
    """The one spelling of a name, by which it is taken and found."""
    found: str = auth.get_user_model().normalize_username(name)
    return found


def _is_valid(user: Any) -> bool:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError:
        return False
    return True


def _user(subject: str) -> Any:
    """The user that a subject names; None where that one is gone."""
    key = subject.partition("-")[0]
    user = auth.get_user_model().objects.filter(pk=key, is_active=True).first() if key.isdecimal() else None
    return user if user is not None and subject_of(user) == subject else None
