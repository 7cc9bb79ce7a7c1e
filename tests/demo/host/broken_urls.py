"""The demo's URLs and a view that fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from demo.urls import urlpatterns as demo_patterns


def broken(request: HttpRequest) -> HttpResponse:
    """Raise an unexpected error."""
    raise RuntimeError("internals of the server")


urlpatterns = [path("broken", broken), *demo_patterns]
