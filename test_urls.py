"""URLs of the test suite: the app at the root, and a stand-in for the host's ``jump_to``.

Contract: contract/test-support#settings.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, re_path


def jump_to(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Stand-in for the host's page that redirects to a block of a course."""
    return HttpResponse()


urlpatterns = [
    re_path(r"^", include("edx_proctoring.urls", namespace="edx_proctoring")),
    re_path(rf"^courses/{settings.COURSE_ID_PATTERN}/jump_to/(?P<location>.*)$", jump_to, name="jump_to"),
]
