"""The test suite's addresses, and pages that a real host has besides."""

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
