"""Sign-up, consent, two-step and privacy pages for a platform: one logic and one set of templates for any framework.

`solely.client.fastapi` and `solely.client.django` carry them. A person never sees a key: the platform's backend asks.
"""

from solely.client.contacts import Notice
from solely.client.pages.asked import Asked, Cookie, Reply, read_form
from solely.client.pages.pages import Pages
from solely.client.pages.visit import Accounts, Offer

__all__ = ["Accounts", "Asked", "Cookie", "Notice", "Offer", "Pages", "Reply", "read_form"]
