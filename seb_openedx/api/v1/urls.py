"""URLs of version 1."""

from django.conf import settings
from django.urls import re_path

from seb_openedx.api.v1.views import SebConfiguration

_COURSE = getattr(settings, "COURSE_ID_PATTERN", r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)")

urlpatterns = [
    # Without an end, as published: clients append a format or nothing.
    re_path(rf"^course/{_COURSE}/configuration/", SebConfiguration.as_view(), name="seb-configuration-api"),
]
