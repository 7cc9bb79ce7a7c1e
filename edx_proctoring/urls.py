"""URLs of the REST API. Contract: contract/rest-rules#names.

The LMS mounts them below ``api/``. Names, arguments and paths are contract. Each path is accepted with and without a
slash at the end.

Put new URLs into an ``include()``d list: every named pattern of ``urlpatterns`` itself must answer an anonymous GET
with 403 (contract/rest-rules#anonymous-get).
"""

from collections.abc import Callable

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path

from edx_proctoring import callbacks, instructor_dashboard_exam_urls, views
from edx_proctoring.views.login import ApiLogin

app_name = "edx_proctoring"

# A usage key, or a plain word in tests and older courses. May contain slashes, but does not end in one.
CONTENT_ID_PATTERN = r"(?P<content_id>.*[^/])"

# A provider's id of an attempt: one path segment of URL-safe characters.
EXTERNAL_ID_PATTERN = r"(?P<external_id>[-a-zA-Z0-9_.:~=]+)"

_COURSE = settings.COURSE_ID_PATTERN
_V1 = "edx_proctoring/v1"
_EXAM = f"{_V1}/proctored_exam"

View = Callable[..., HttpResponseBase]
Routes = list[tuple[str, View, str]]

exams = views.ProctoredExamView.as_view()
# URLs that name an exam are read-only; changes name the exam in the body.
exam = views.ProctoredExamView.as_view(http_method_names=["get", "head", "options"])
attempt = views.StudentProctoredExamAttempt.as_view()
grouped_attempts = views.StudentProctoredGroupedExamAttemptsByCourse.as_view()
allowance = views.ExamAllowanceView.as_view()
dashboard = views.InstructorDashboard.as_view()
bulk_allowance = views.ExamBulkAllowanceView.as_view()

# Order matters only where one path matches two patterns: the specific one comes first.
_PATHS: Routes = [
    (f"{_EXAM}/exam", exams, "proctored_exam.exam"),
    (f"{_EXAM}/exam/exam_id/<int:exam_id>", exam, "proctored_exam.exam_by_id"),
    (f"{_EXAM}/attempt/<int:attempt_id>", attempt, "proctored_exam.attempt"),
    (
        f"{_EXAM}/attempt",
        views.StudentProctoredExamAttemptCollection.as_view(),
        "proctored_exam.attempt.collection",
    ),
    (
        f"{_EXAM}/attempt/<int:attempt_id>/review_status",
        views.ProctoredExamAttemptReviewStatus.as_view(),
        "proctored_exam.attempt.review_status",
    ),
    (f"{_EXAM}/allowance", allowance, "proctored_exam.allowance"),
    (f"{_EXAM}/bulk_allowance", bulk_allowance, "proctored_exam.bulk_allowance"),
    (
        f"{_EXAM}/active_exams_for_user",
        views.ActiveExamsForUserView.as_view(),
        "proctored_exam.active_exams_for_user",
    ),
    (f"{_V1}/user_onboarding/status", views.StudentOnboardingStatusView.as_view(), "user_onboarding.status"),
    (
        f"{_EXAM}/active_attempt",
        views.ProctoredExamActiveAttemptView.as_view(),
        "proctored_exam.active_attempt",
    ),
    (
        f"{_EXAM}/settings/exam_id/<int:exam_id>/",
        views.ProctoredSettingsView.as_view(),
        "proctored_exam.proctoring_settings",
    ),
    (
        f"{_EXAM}/review_policy/exam_id/<int:exam_id>/",
        views.ProctoredExamReviewPolicyView.as_view(),
        "proctored_exam.review_policy",
    ),
    (
        "edx_proctoring/proctoring_launch_callback/start_exam/<slug:attempt_code>",
        callbacks.start_exam_callback,
        "anonymous.proctoring_launch_callback.start_exam",
    ),
    (
        "edx_proctoring/proctoring_review_callback/",
        views.AnonymousReviewCallback.as_view(),
        "anonymous.proctoring_review_callback",
    ),
]

_EXPRESSIONS: Routes = [
    (
        rf"{_EXAM}/exam/course_id/{_COURSE}/content_id/{CONTENT_ID_PATTERN}$",
        exam,
        "proctored_exam.exam_by_content_id",
    ),
    (rf"{_EXAM}/exam/course_id/{_COURSE}$", exam, "proctored_exam.exams_by_course_id"),
    (
        rf"{_EXAM}/exam_registration/course_id/{_COURSE}$",
        views.RegisterProctoredExamsView.as_view(),
        "proctored_exam.register_exams_by_course_id",
    ),
    (
        rf"{_EXAM}/attempt/grouped/course_id/{_COURSE}$",
        grouped_attempts,
        "proctored_exam.attempts.grouped.course",
    ),
    (
        rf"{_EXAM}/attempt/grouped/course_id/{_COURSE}/search/(?P<search_by>.+)$",
        grouped_attempts,
        "proctored_exam.attempts.grouped.search",
    ),
    (
        rf"{_EXAM}/attempt/{EXTERNAL_ID_PATTERN}/ready$",
        views.ExamReadyCallback.as_view(),
        "proctored_exam.attempt.ready_callback",
    ),
    (
        rf"{_EXAM}/attempt/{EXTERNAL_ID_PATTERN}/reviewed$",
        views.ProctoredExamReviewCallback.as_view(),
        "proctored_exam.attempt.callback",
    ),
    (rf"{_EXAM}/{_COURSE}/allowance$", allowance, "proctored_exam.allowance"),
    (rf"{_EXAM}/{_COURSE}/bulk_allowance$", bulk_allowance, "proctored_exam.bulk_allowance"),
    (
        rf"{_EXAM}/{_COURSE}/grouped/allowance$",
        views.GroupedExamAllowancesByStudent.as_view(),
        "proctored_exam.allowance.grouped.course",
    ),
    (
        rf"{_V1}/user_onboarding/status/course_id/{_COURSE}$",
        views.StudentOnboardingStatusByCourseView.as_view(),
        "user_onboarding.status.course",
    ),
    (rf"{_V1}/instructor/{_COURSE}$", dashboard, "instructor_dashboard_course"),
    (
        rf"{_V1}/retire_backend_user/(?P<user_id>[\d]+)/$",
        views.BackendUserManagementAPI.as_view(),
        "backend_user_deletion_api",
    ),
    (rf"{_V1}/retire_user/(?P<user_id>[\d]+)/$", views.UserRetirement.as_view(), "user_retirement_api"),
    (
        rf"{_EXAM}/attempt/course_id/{_COURSE}$",
        views.ProctoredExamAttemptView.as_view(),
        "proctored_exam.exam_attempts",
    ),
    (
        rf"{_EXAM}/exam_id/(?P<exam_id>\d+)/user_id/(?P<user_id>[\d]+)/reset_attempts$",
        views.StudentProctoredExamResetAttempts.as_view(),
        "proctored_exam.attempts.reset",
    ),
]


def _with_other_ending() -> list[URLPattern]:
    """Return each URL with the slash at its end added or removed.

    They have no names, so that ``reverse()`` returns the published ones.
    """
    tolerant = [re_path(rf"^{_V1}/instructor/{_COURSE}/(?P<exam_id>\d+)/$", dashboard)]
    for route, view, _name in _PATHS:
        tolerant.append(path(route[:-1] if route.endswith("/") else f"{route}/", view))
    for route, view, _name in _EXPRESSIONS:
        route = route[:-1]
        tolerant.append(re_path(rf"^{route[:-1]}$" if route.endswith("/") else rf"^{route}/$", view))
    return tolerant


# The URLs of ``rest_framework.urls``.
_REST_FRAMEWORK = [
    path("login/", ApiLogin.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route, view, name=name) for route, view, name in _PATHS),
    *(re_path(rf"^{route}", view, name=name) for route, view, name in _EXPRESSIONS),
    # Studio mounts only these.
    *instructor_dashboard_exam_urls.urlpatterns,
    path("", include(_with_other_ending())),
    path("", include((_REST_FRAMEWORK, "rest_framework"), namespace="rest_framework")),
    path("edx_proctoring/v2/", include("edx_proctoring.views.v2.urls")),
]

# Opt-in apps (contract/constructor#app).
if apps.is_installed("edx_proctoring.constructor"):
    urlpatterns.append(path("edx_proctoring/constructor/v1/", include("edx_proctoring.constructor.urls")))
