"""URLs of version 2. Paths are exact; a malformed course id is answered by the view."""

from django.urls import re_path

from seb_openedx.api.v2.configuration import CourseConfigurationView
from seb_openedx.api.v2.keys import ValidateKeysView

# Old ids have two slashes.
_COURSE = r"courses/(?P<course_id>[^/]+(?:/[^/]+/[^/]+)?)"

urlpatterns = [
    re_path(r"^validate-keys\Z", ValidateKeysView.as_view(), name="validate-keys"),
    re_path(rf"^{_COURSE}/configuration\Z", CourseConfigurationView.as_view(), name="course-configuration"),
]
