"""Names and paths of the URLs."""

from importlib import import_module
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.urls.exceptions import NoReverseMatch
from rest_framework.test import APIClient

from edx_proctoring import callbacks, urls, views

V1 = "/edx_proctoring/v1"
EXAM = f"{V1}/proctored_exam"
C = {"course_id": "a/b/c"}
BLOCK = "block-v1:Demo+PROC+2026+type@sequential+block@one"

PATHS = [
    ("proctored_exam.exam", {}, f"{EXAM}/exam"),
    ("proctored_exam.exam_by_id", {"exam_id": 7}, f"{EXAM}/exam/exam_id/7"),
    (
        "proctored_exam.exam_by_content_id",
        {**C, "content_id": "test_content"},
        f"{EXAM}/exam/course_id/a/b/c/content_id/test_content",
    ),
    ("proctored_exam.exams_by_course_id", C, f"{EXAM}/exam/course_id/a/b/c"),
    ("proctored_exam.register_exams_by_course_id", C, f"{EXAM}/exam_registration/course_id/a/b/c"),
    ("proctored_exam.attempt", {"attempt_id": 7}, f"{EXAM}/attempt/7"),
    ("proctored_exam.attempts.grouped.course", C, f"{EXAM}/attempt/grouped/course_id/a/b/c"),
    (
        "proctored_exam.attempts.grouped.search",
        {**C, "search_by": "ann"},
        f"{EXAM}/attempt/grouped/course_id/a/b/c/search/ann",
    ),
    ("proctored_exam.attempt.collection", {}, f"{EXAM}/attempt"),
    ("proctored_exam.attempt.review_status", {"attempt_id": 7}, f"{EXAM}/attempt/7/review_status"),
    ("proctored_exam.attempt.ready_callback", {"external_id": "x-1"}, f"{EXAM}/attempt/x-1/ready"),
    ("proctored_exam.attempt.callback", {"external_id": "x-1"}, f"{EXAM}/attempt/x-1/reviewed"),
    ("proctored_exam.allowance", C, f"{EXAM}/a/b/c/allowance"),
    ("proctored_exam.allowance", {}, f"{EXAM}/allowance"),
    ("proctored_exam.bulk_allowance", C, f"{EXAM}/a/b/c/bulk_allowance"),
    ("proctored_exam.bulk_allowance", {}, f"{EXAM}/bulk_allowance"),
    ("proctored_exam.allowance.grouped.course", C, f"{EXAM}/a/b/c/grouped/allowance"),
    ("proctored_exam.active_exams_for_user", {}, f"{EXAM}/active_exams_for_user"),
    ("user_onboarding.status", {}, f"{V1}/user_onboarding/status"),
    ("user_onboarding.status.course", C, f"{V1}/user_onboarding/status/course_id/a/b/c"),
    ("instructor_dashboard_course", C, f"{V1}/instructor/a/b/c"),
    ("instructor_dashboard_exam", {**C, "exam_id": "7"}, f"{V1}/instructor/a/b/c/7"),
    ("backend_user_deletion_api", {"user_id": "7"}, f"{V1}/retire_backend_user/7/"),
    ("user_retirement_api", {"user_id": "7"}, f"{V1}/retire_user/7/"),
    ("proctored_exam.exam_attempts", C, f"{EXAM}/attempt/course_id/a/b/c"),
    ("proctored_exam.active_attempt", {}, f"{EXAM}/active_attempt"),
    ("proctored_exam.proctoring_settings", {"exam_id": 7}, f"{EXAM}/settings/exam_id/7/"),
    ("proctored_exam.review_policy", {"exam_id": 7}, f"{EXAM}/review_policy/exam_id/7/"),
    (
        "anonymous.proctoring_launch_callback.start_exam",
        {"attempt_code": "CODE-1"},
        "/edx_proctoring/proctoring_launch_callback/start_exam/CODE-1",
    ),
    ("anonymous.proctoring_review_callback", {}, "/edx_proctoring/proctoring_review_callback/"),
    (
        "proctored_exam.attempts.reset",
        {"exam_id": "7", "user_id": "8"},
        f"{EXAM}/exam_id/7/user_id/8/reset_attempts",
    ),
    ("rest_framework:login", {}, "/login/"),
]


@pytest.mark.contract("rest-rules#names")
@pytest.mark.parametrize(("name", "kwargs", "path"), PATHS)
def test_each_name_reverses_to_its_published_path(name: str, kwargs: dict[str, Any], path: str) -> None:
    assert reverse(f"edx_proctoring:{name}", kwargs=kwargs) == path


@pytest.mark.contract("rest-rules#trailing-slash")
@pytest.mark.parametrize(("name", "kwargs", "path"), [row for row in PATHS if "rest_framework" not in row[0]])
def test_a_path_is_accepted_with_and_without_a_slash_at_its_end(name: str, kwargs: dict[str, Any], path: str) -> None:
    other = path[:-1] if path.endswith("/") else f"{path}/"
    matches = [resolve(path), resolve(other)]
    assert _what_answers(matches[0]) == _what_answers(matches[1])
    # A search text may itself end in a slash.
    assert matches[0].kwargs == matches[1].kwargs or "search" in name


def _what_answers(match: Any) -> Any:
    return getattr(match.func, "view_class", match.func)


def test_every_named_route_is_listed_above() -> None:
    names = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert names == {name for name, _, _ in PATHS if "rest_framework" not in name}


@pytest.mark.contract("rest-rules#content-ids")
def test_a_usage_key_in_the_path_is_the_content_id() -> None:
    course = "course-v1:Demo+PROC+2026"
    match = resolve(f"{EXAM}/exam/course_id/{course}/content_id/{BLOCK}")
    assert match.kwargs == {"course_id": course, "content_id": BLOCK}


@pytest.mark.contract("rest-rules#external-ids")
@pytest.mark.parametrize("external_id", ["a.b", "urn:x:1", "t~1", "YWJj=", "7"])
def test_a_provider_id_may_contain_any_url_safe_character(external_id: str) -> None:
    assert resolve(f"{EXAM}/attempt/{external_id}/reviewed").kwargs == {"external_id": external_id}


@pytest.mark.contract("rest-rules#anonymous-get", "rest-rules#authentication")
@pytest.mark.django_db
def test_an_anonymous_get_of_every_named_route_answers_403() -> None:
    """The rule of contract/rest-rules#anonymous-get, as tests of hosts apply it."""
    for pattern in urls.urlpatterns:
        name = getattr(pattern, "name", None)
        if name is None:
            assert isinstance(pattern, URLResolver), "an unnamed pattern must be in an include()"
            continue
        if "anonymous." in name:
            continue
        assert APIClient().get(_reversed_somehow(name)).status_code == 403, name


def _reversed_somehow(name: str) -> str:
    for args in ((), (0,), ("0/0/0",), ("0/0/0", 0), ("000", 0)):
        try:
            return reverse(f"edx_proctoring:{name}", args=args)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} does not reverse with any of the known arguments")


@pytest.mark.contract("rest-rules#authentication")
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.django_db
def test_an_anonymous_request_with_an_unsupported_method_answers_403(method: str) -> None:
    response = getattr(APIClient(), method)(reverse("edx_proctoring:proctored_exam.review_policy", args=[1]))
    assert response.status_code == 403
    assert list(response.data) == ["detail"]


@pytest.mark.contract("rest-rules#modules")
def test_the_url_modules_have_the_published_namespaces() -> None:
    assert urls.app_name == "edx_proctoring"
    studio = import_module("edx_proctoring.instructor_dashboard_exam_urls")
    assert studio.app_name == "instructor"
    assert [pattern.name for pattern in studio.urlpatterns] == ["instructor_dashboard_exam"]
    assert "(?P<content_id>" in urls.CONTENT_ID_PATTERN


@pytest.mark.contract("effects#non-atomic-requests")
def test_no_route_runs_in_the_transaction_of_the_request() -> None:
    """Views call providers, and no row may be locked meanwhile (contract/effects#non-atomic-requests)."""

    def callbacks(patterns: Any) -> Any:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from callbacks(pattern.url_patterns)
            else:
                yield pattern.callback

    ours = [view for view in callbacks(get_resolver().url_patterns) if view.__module__.startswith("edx_proctoring")]
    assert len(ours) > 60
    atomic = [view.__qualname__ for view in ours if DEFAULT_DB_ALIAS not in getattr(view, "_non_atomic_requests", ())]
    assert atomic == []


CONTRACT_NAMES = [
    "ATTEMPTS_PER_PAGE",
    "LOG",
    "User",
    "constants",
    "get_backend_provider",
    "handle_proctored_exception",
    "is_user_course_or_global_staff",
    "require_course_or_global_staff",
    "require_staff",
    "waffle",
    "ProctoredAPIView",
    "BaseReviewCallback",
    "IgnoreClientContentNegotiation",
    "ActiveExamsForUserView",
    "AnonymousReviewCallback",
    "BackendUserManagementAPI",
    "ExamAllowanceView",
    "ExamBulkAllowanceView",
    "ExamReadyCallback",
    "GroupedExamAllowancesByStudent",
    "InstructorDashboard",
    "ProctoredExamActiveAttemptView",
    "ProctoredExamAttemptReviewStatus",
    "ProctoredExamAttemptView",
    "ProctoredExamReviewCallback",
    "ProctoredExamReviewPolicyView",
    "ProctoredExamView",
    "ProctoredSettingsView",
    "RegisterProctoredExamsView",
    "StudentOnboardingStatusByCourseView",
    "StudentOnboardingStatusView",
    "StudentProctoredExamAttempt",
    "StudentProctoredExamAttemptCollection",
    "StudentProctoredExamResetAttempts",
    "StudentProctoredGroupedExamAttemptsByCourse",
    "UserRetirement",
]


@pytest.mark.contract("rest-rules#imported-names")
@pytest.mark.parametrize("name", CONTRACT_NAMES)
def test_the_views_module_has_the_published_names(name: str) -> None:
    assert hasattr(views, name)


@pytest.mark.contract("rest-rules#imported-names")
@pytest.mark.parametrize(
    "name",
    [
        "start_exam_callback",
        "get_exam_attempt_by_code",
        "update_attempt_status",
        "mark_exam_attempt_as_ready",
        "log",
    ],
)
def test_the_callbacks_module_has_the_published_names(name: str) -> None:
    assert hasattr(callbacks, name)


@pytest.mark.contract("rest-rules#imported-names")
def test_the_page_size_is_25() -> None:
    assert views.ATTEMPTS_PER_PAGE == 25
