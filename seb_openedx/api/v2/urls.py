"""URLs of version 2. Paths are exact; a malformed course id is answered by the view."""

from django.urls import re_path

from seb_openedx.api.v2.access_log import AccessLogCsvView, AccessLogView
from seb_openedx.api.v2.bans import BansView, BanView
from seb_openedx.api.v2.configuration import CourseConfigurationView
from seb_openedx.api.v2.keys import ValidateKeysView
from seb_openedx.api.v2.sessions import ReleaseView, SessionsView, SessionView

# Old ids have two slashes.
_COURSE = r"courses/(?P<course_id>[^/]+(?:/[^/]+/[^/]+)?)"

urlpatterns = [
    re_path(r"^validate-keys\Z", ValidateKeysView.as_view(), name="validate-keys"),
    re_path(r"^access-log\Z", AccessLogView.as_view(), name="access-log"),
    re_path(r"^access-log\.csv\Z", AccessLogCsvView.as_view(), name="access-log-csv"),
    re_path(r"^sessions\Z", SessionsView.as_view(), name="sessions"),
    re_path(r"^sessions/(?P<session_id>[^/]+)\Z", SessionView.as_view(), name="session"),
    re_path(r"^bans\Z", BansView.as_view(), name="bans"),
    re_path(r"^bans/(?P<username>[^/]+)/(?P<course_id>[^/]+(?:/[^/]+/[^/]+)?)\Z", BanView.as_view(), name="ban"),
    re_path(rf"^{_COURSE}/exams/(?P<content_id>.+)/release\Z", ReleaseView.as_view(), name="release"),
    re_path(rf"^{_COURSE}/configuration\Z", CourseConfigurationView.as_view(), name="course-configuration"),
]
