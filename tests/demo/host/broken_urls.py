"""A host with a defect."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from demo.urls import urlpatterns as demo_patterns


def broken(request: HttpRequest) -> HttpResponse:
    """Fail as no page should."""
    raise RuntimeError("the insides of the server")


urlpatterns = [path("broken", broken), *demo_patterns]
