"""The paths of the Django project of the tests: the pages, who is signed in, and what takes a proof."""

from django.http import HttpResponse
from django.urls import include, path

from solely.client.django.setting import current_user
from solely.client.django.views import proved


def who(request):
    return HttpResponse(current_user()(request) or "nobody")


@proved("pay")
def pay(request, proof):
    return HttpResponse(proof.act)


urlpatterns = [path("account/", include("solely.client.django.urls")), path("who", who), path("pay", pay)]
