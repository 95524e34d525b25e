"""Where things are."""

from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import include, path


def home(request: HttpRequest):  # noqa: ANN201 - Django has no types of its own
    """Where a person lands."""
    return redirect("/account/privacy" if request.user.is_authenticated else "/account/sign-in")


urlpatterns = [path("", home), path("account/", include("solely.client.django.urls"))]
