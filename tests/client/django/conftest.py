"""A Django project before the real service, set up once; and people who visit it."""

import django
import httpx
import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command

from apis import at_port
from solely.client.pages import Notice, Offer
from visitors import Visitor

OFFERS = (
    Offer("service-notice", "News about your account", Notice(version="d1", text="About your account."), needed=True),
    Offer("tailored-audiences", "Advertisements", Notice(version="d1", text="Advertisers may."), marketing=True),
)


@pytest.fixture(scope="session")
def project(api, keys, tmp_path_factory):
    """The address of it."""
    settings.configure(
        SECRET_KEY="a secret of sixteen bytes at least",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="django_urls",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": tmp_path_factory.mktemp("django") / "db",
                "CONN_MAX_AGE": 0,
            }
        },
        SOLELY={"url": api.base, "keys": keys, "service": "Chirp", "offers": OFFERS, "home": "/who"},
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from solely.client.django import setting  # noqa: PLC0415 - Django reads its settings first

    with at_port(get_asgi_application()) as base:
        yield base
    setting.client().close()


@pytest.fixture
def visitor(project):
    with httpx.Client(base_url=project, timeout=20) as http:
        yield Visitor(http)
