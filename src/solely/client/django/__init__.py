"""The pages in a Django project: `path("account/", include("solely.client.django.urls"))` and a setting.

SOLELY = {"url": "https://solely.internal", "keys": [...], "service": "Chirp", "offers": [Offer(...), ...]}

- Accounts are Django's own users, passwords are kept by Solely; `"accounts": None` where people sign in elsewhere.
- `"current_user"`: a function of a request, for a project whose subjects are named otherwise.
- `"home"`: where to go after. `"plain_http"`: as of the client. The secret is the project's SECRET_KEY.
"""
