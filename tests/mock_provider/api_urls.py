"""An LMS that mounts the package below ``/api/``, as hosts do."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from test_urls import urlpatterns as plain


def jump_to(request: HttpRequest, course_id: str, location: str) -> HttpResponse:
    """Stand for the exam's page of the host."""
    return HttpResponse("the exam")


urlpatterns = [
    path("api/", include(plain)),
    re_path(r"^courses/(?P<course_id>.+)/jump_to/(?P<location>.+)$", jump_to, name="jump_to"),
]
