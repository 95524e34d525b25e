"""Where the pages are: all below the path they are included at."""

from __future__ import annotations

from django.urls import path

from solely.client.django.views import page

urlpatterns = [path("", page, {"path": ""}), path("<path:path>", page, name="solely-page")]
