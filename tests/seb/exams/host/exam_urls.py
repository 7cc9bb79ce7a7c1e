"""The host's URLs, and those of special exams as the LMS mounts them."""

from django.http import HttpResponse
from django.urls import include, path, re_path
from host_urls import COURSE_ID, USAGE_ID
from host_urls import urlpatterns as host_urlpatterns


def handle_xblock_callback_noauth(request, *args, **kwargs):
    return HttpResponse("handle_xblock_callback_noauth")


urlpatterns = [
    path("api/", include("edx_proctoring.urls", namespace="edx_proctoring")),
    re_path(
        rf"^courses/{COURSE_ID}/xblock/{USAGE_ID}/handler_noauth/(?P<handler>[^/]*)$", handle_xblock_callback_noauth
    ),
    *host_urlpatterns,
]
