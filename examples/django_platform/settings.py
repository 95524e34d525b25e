"""A platform on Django: people sign up, choose what their contacts are for, prove themselves, see what is held.

export SECRET=… SOLELY_URL=http://127.0.0.1:8420 SOLELY_KEYS="solely_reg_… solely_sec_…" DJANGO_SETTINGS_MODULE=settings
python -m django migrate && python -m django runserver
"""

import os

from solely.client.pages import Notice, Offer

# What any Django project has, that keeps its people in Django's own users.
SECRET_KEY = os.environ["SECRET"]
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE", "platform.sqlite")}}

# What Solely asks for.
NEWS = Notice(version="1", text="We write to you about your account and this service. Never about anything else.")
CODES = Notice(version="1", text="We send codes to this address when you sign in, and nothing else.")
ADS = Notice(version="1", text="Advertisers who already have this address may have their advertisements shown to you.")
SOLELY = {
    "url": os.environ["SOLELY_URL"],
    "keys": os.environ["SOLELY_KEYS"].split(),
    "service": "Chirp",
    "offers": (
        Offer("service-notice", "News about your account", NEWS, needed=True),
        Offer("two-factor", "Codes by e-mail", CODES),
        Offer("tailored-audiences", "Advertisements that fit you", ADS, marketing=True),
    ),
}
