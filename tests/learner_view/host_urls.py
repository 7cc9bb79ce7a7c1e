"""The URLs of the test suite, with pages that a real host also has."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

import test_urls


def page(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """Stand-in for a page of the host."""
    return HttpResponse()


urlpatterns = [
    *test_urls.urlpatterns,
    path("password_assistance", page, name="password_assistance"),
    path("courses/<str:course_id>/progress", page, name="progress"),
]
