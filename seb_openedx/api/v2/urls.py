"""URLs of version 2. Paths are exact; a malformed course id is answered by the view."""

from django.urls import re_path

from seb_openedx.api.v2.access_log import AccessLogCsvView, AccessLogView
from seb_openedx.api.v2.bans import BansView, BanView
from seb_openedx.api.v2.config_key import ConfigKeyView
from seb_openedx.api.v2.configuration import CourseConfigurationView
from seb_openedx.api.v2.exam_files import ExamFileView, ExamLaunchView
from seb_openedx.api.v2.exam_uploads import ExamUploadView
from seb_openedx.api.v2.exams import ExamsView, ExamView
from seb_openedx.api.v2.key_validation import ValidateKeysView
from seb_openedx.api.v2.sessions import ReleaseView, SessionsView, SessionView
from seb_openedx.api.v2.templates import TemplatesView, TemplateView

# Old ids have two slashes.
_COURSE = r"courses/(?P<course_id>[^/]+(?:/[^/]+/[^/]+)?)"
_EXAM = rf"{_COURSE}/exams/(?P<content_id>.*[^/])"

urlpatterns = [
    re_path(r"^config-key\Z", ConfigKeyView.as_view(), name="config-key"),
    re_path(r"^templates\Z", TemplatesView.as_view(), name="templates"),
    re_path(r"^templates/(?P<template_id>[^/]+)\Z", TemplateView.as_view(), name="template"),
    re_path(r"^validate-keys\Z", ValidateKeysView.as_view(), name="validate-keys"),
    re_path(r"^access-log\Z", AccessLogView.as_view(), name="access-log"),
    re_path(r"^access-log\.csv\Z", AccessLogCsvView.as_view(), name="access-log-csv"),
    re_path(r"^sessions\Z", SessionsView.as_view(), name="sessions"),
    re_path(r"^sessions/(?P<session_id>[^/]+)\Z", SessionView.as_view(), name="session"),
    re_path(r"^bans\Z", BansView.as_view(), name="bans"),
    re_path(r"^bans/(?P<username>[^/]+)/(?P<course_id>[^/]+(?:/[^/]+/[^/]+)?)\Z", BanView.as_view(), name="ban"),
    re_path(rf"^{_COURSE}/exams\Z", ExamsView.as_view(), name="exams"),
    re_path(rf"^{_EXAM}/release\Z", ReleaseView.as_view(), name="release"),
    re_path(rf"^{_EXAM}/config\.seb\Z", ExamFileView.as_view(), name="exam-file"),
    re_path(rf"^{_EXAM}/launch\Z", ExamLaunchView.as_view(), name="exam-launch"),
    re_path(rf"^{_EXAM}/upload\Z", ExamUploadView.as_view(), name="exam-upload"),
    # Last, because old ids of sections have slashes.
    re_path(rf"^{_EXAM}\Z", ExamView.as_view(), name="exam"),
    re_path(rf"^{_COURSE}/configuration\Z", CourseConfigurationView.as_view(), name="course-configuration"),
]
