"""The onboarding panel of one learner."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from opaque_keys.edx.locator import BlockUsageLocator
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from edx_proctoring import constants, runtime, views
from edx_proctoring.backends import get_backend_provider
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockScheduleItemData
from edx_proctoring.utils import obscured_user_id, obscured_user_ids
from tests import factories
from tests.views.conftest import COURSE_A, COURSE_B, World

pytestmark = pytest.mark.django_db

URL = reverse("edx_proctoring:user_onboarding.status")
COURSE_URL = reverse("edx_proctoring:user_onboarding.status.course", args=[factories.COURSE])
NO_EXAM = {"detail": "There is no onboarding exam related to this course id."}
NOT_ACCESSIBLE = {"detail": "There is no onboarding exam accessible to this user."}
YESTERDAY, TOMORROW = -timedelta(days=1), timedelta(days=1)


def panel(client: Any, **query: Any) -> Any:
    return client.get(URL, {"course_id": factories.COURSE, **query})


def key(exam: ProctoredExam) -> BlockUsageLocator:
    return BlockUsageLocator.from_string(exam.content_id)


def opens(when: timedelta, due: timedelta | None = None) -> MockScheduleItemData:
    now = timezone.now()
    return MockScheduleItemData(now + when, None if due is None else now + due)


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_the_panel_of_a_learner_without_an_attempt_has_a_link_and_no_status(
    learner_client: Any, outline: Callable[..., Any]
) -> None:
    exam = factories.make_exam("onboarding")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    outline({key(exam)}, {key(exam): MockScheduleItemData(start)})
    response = panel(learner_client, is_learning_mfe="true")
    assert response.status_code == 200
    assert response.json() == {
        "onboarding_status": None,
        "expiration_date": None,
        "onboarding_link": f"https://learning.test.org/course/{exam.course_id}/{exam.content_id}",
        "onboarding_past_due": False,
        "onboarding_release_date": "2026-01-01T00:00:00+00:00",
        "review_requirements_url": "",
    }


def test_the_link_leads_to_the_legacy_page_unless_the_query_names_the_micro_frontend(learner_client: Any) -> None:
    exam = factories.make_exam("onboarding")
    link = panel(learner_client).json()["onboarding_link"]
    assert link == reverse("jump_to", args=[exam.course_id, exam.content_id])


@pytest.mark.operation("GET /v1/user_onboarding/status")
@pytest.mark.parametrize(
    ("elsewhere", "age", "status", "expires"),
    [
        pytest.param(False, 10, "verified", True, id="verified-here"),
        pytest.param(False, 400, "verified", True, id="verified-here-long-ago"),
        pytest.param(True, 10, "other_course_approved", True, id="verified-elsewhere"),
        pytest.param(True, 366, None, False, id="verified-elsewhere-too-long-ago"),
    ],
)
def test_a_verification_is_valid_for_a_year_in_other_courses(
    learner_client: Any, learner: User, elsewhere: bool, age: int, status: str | None, expires: bool
) -> None:
    here = factories.make_exam("onboarding")
    exam = factories.make_exam("onboarding", course_id="x/y/z") if elsewhere else here
    verified_at = timezone.now() - timedelta(days=age)
    with freeze_time(verified_at):
        factories.make_attempt(exam, learner, status=S.verified)
    data = panel(learner_client).data
    assert data["onboarding_status"] == status
    assert data["expiration_date"] == (verified_at + timedelta(days=365) if expires else None)


@pytest.mark.contract("onboarding#past-due")
@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_the_newest_open_exam_is_linked(learner_client: Any, outline: Callable[..., Any]) -> None:
    open_exam, future, past_due = (factories.make_exam("onboarding") for _ in range(3))
    outline(
        {key(open_exam)},
        {
            key(open_exam): opens(YESTERDAY),
            key(future): opens(TOMORROW),
            key(past_due): opens(2 * YESTERDAY, due=YESTERDAY),
        },
    )
    data = panel(learner_client).json()
    assert data["onboarding_link"].endswith(open_exam.content_id)
    assert data["onboarding_past_due"] is False


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_an_exam_that_is_not_open_yet_has_a_date_and_no_link(learner_client: Any, outline: Callable[..., Any]) -> None:
    future, past_due = (factories.make_exam("onboarding") for _ in range(2))
    item = opens(TOMORROW)
    outline(set(), {key(future): item, key(past_due): opens(2 * YESTERDAY, due=YESTERDAY)})
    data = panel(learner_client).json()
    assert data["onboarding_link"] is None
    assert data["onboarding_release_date"] == item.effective_start.isoformat()
    assert data["onboarding_past_due"] is False


@pytest.mark.contract("onboarding#past-due")
@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_a_course_with_only_past_due_exams_is_marked_past_due(learner_client: Any, outline: Callable[..., Any]) -> None:
    exams = [factories.make_exam("onboarding") for _ in range(2)]
    outline(set(), {key(exam): opens(2 * YESTERDAY, due=YESTERDAY) for exam in exams})
    data = panel(learner_client).json()
    assert (data["onboarding_link"], data["onboarding_past_due"]) == (None, True)


@pytest.mark.operation("GET /v1/user_onboarding/status")
@pytest.mark.parametrize(
    ("hidden", "help_url"),
    [pytest.param(False, "https://new.test/help", id="newest"), pytest.param(True, "https://old.test/help", id="open")],
)
def test_the_help_link_is_that_of_the_linked_exam_s_provider(
    learner_client: Any,
    outline: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    hidden: bool,
    help_url: str,
) -> None:
    older, newer = get_backend_provider(name="null"), get_backend_provider(name="test")
    monkeypatch.setattr(older, "supports_onboarding", True)
    monkeypatch.setattr(older, "help_center_article_url", "https://old.test/help")
    monkeypatch.setattr(newer, "help_center_article_url", "https://new.test/help")
    exams = [factories.make_exam("onboarding", backend=name) for name in ("null", "test")]
    open_keys = {key(exam) for exam in exams[: 1 if hidden else 2]}
    outline(open_keys, {usage_key: opens(YESTERDAY) for usage_key in open_keys})
    assert panel(learner_client).json()["review_requirements_url"] == help_url


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_an_exam_hidden_from_the_learner_answers_404(learner_client: Any, outline: Callable[..., Any]) -> None:
    factories.make_exam("onboarding")
    outline(set(), {})
    response = panel(learner_client)
    assert (response.status_code, response.json()) == (404, NOT_ACCESSIBLE)


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_an_exam_whose_content_id_is_not_a_usage_key_is_skipped(
    learner_client: Any, outline: Callable[..., Any]
) -> None:
    exam = factories.make_exam("onboarding")
    factories.make_exam("onboarding", content_id="word")
    outline({key(exam)}, {})
    data = panel(learner_client).json()
    assert data["onboarding_link"].endswith(exam.content_id)
    assert data["onboarding_release_date"] is None


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_a_failing_outline_service_does_not_hide_the_exam(learner_client: Any) -> None:
    class Broken:
        def get_user_course_outline_details(self, *_args: Any) -> None:
            raise RuntimeError

    exam = factories.make_exam("onboarding")
    runtime.set_runtime_service("learning_sequences", Broken())
    assert panel(learner_client).json()["onboarding_link"].endswith(exam.content_id)


def unconfigured() -> None:
    exam = factories.make_exam("onboarding")
    ProctoredExam.objects.filter(pk=exam.pk).update(backend="gone")


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("GET /v1/user_onboarding/status")
@pytest.mark.parametrize(
    "exams",
    [
        pytest.param(lambda: None, id="no-exam"),
        pytest.param(lambda: factories.make_exam("practice"), id="provider-without-onboarding"),
        pytest.param(lambda: factories.make_exam("onboarding", is_active=False), id="inactive"),
        pytest.param(unconfigured, id="provider-not-configured"),
    ],
)
def test_a_course_without_onboarding_answers_404_with_the_text_that_clients_show(
    learner_client: Any, staff_client: Any, exams: Callable[[], Any]
) -> None:
    exams()
    for response in (panel(learner_client), staff_client.get(COURSE_URL)):
        assert (response.status_code, response.json()) == (404, NO_EXAM)


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_a_query_without_a_course_answers_400(learner_client: Any) -> None:
    response = learner_client.get(URL)
    assert (response.status_code, response.json()) == (400, {"detail": "Missing required query parameter course_id"})


@pytest.mark.operation("GET /v1/user_onboarding/status")
@pytest.mark.parametrize(
    ("role", "course", "code"),
    [
        ("owner", COURSE_A, 200),
        ("stranger", COURSE_A, 403),
        ("course_staff", COURSE_A, 200),
        ("course_staff", COURSE_B, 403),
        ("global_staff", COURSE_B, 404),
    ],
)
def test_only_course_staff_may_read_the_panel_of_another_learner(
    world: World, client_of: Callable[..., Any], role: str, course: str, code: int
) -> None:
    factories.make_exam("onboarding", course_id=COURSE_A)
    response = client_of(world[role]).get(URL, {"course_id": course, "username": "owner"})
    assert response.status_code == code
    if code == 403:
        assert response.json() == {"detail": "Must be a Staff User to Perform this request."}


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_a_course_without_onboarding_is_reported_before_an_unknown_learner(staff_client: Any) -> None:
    response = panel(staff_client, username="nobody")
    assert (response.status_code, response.json()) == (404, NO_EXAM)


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_an_unknown_learner_answers_404(staff_client: Any) -> None:
    factories.make_exam("onboarding")
    assert panel(staff_client, username="nobody").status_code == 404


# By the provider's profile


@pytest.mark.contract("provider-wire#onboarding-profiles")
@pytest.mark.operation("GET /v1/user_onboarding/status")
@pytest.mark.parametrize(
    ("theirs", "shown"),
    [
        ("no-profile", None),
        ("approved-in-course", "verified"),
        ("approved-in-different-course", "other_course_approved"),
        ("rejected", "rejected"),
        ("expired", "expired"),
        ("pending", "submitted"),
    ],
)
def test_the_status_of_the_provider_s_profile_is_shown(
    learner_client: Any, learner: User, profiles: Callable[[Any], list[Any]], theirs: str, shown: str | None
) -> None:
    factories.make_exam("onboarding")
    asked = profiles({"status": theirs, "expiration_date": "2051-05-21"})
    data = panel(learner_client).json()
    assert (data["onboarding_status"], data["expiration_date"]) == (shown, "2051-05-21")
    assert asked == [(factories.COURSE, {"user_id": obscured_user_id(learner.pk, "test")})]


def records(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.operation("GET /v1/user_onboarding/status")
@pytest.mark.parametrize(("ours", "logged"), [(S.submitted, []), (S.rejected, ["ERROR"])])
def test_only_a_profile_that_differs_from_our_status_is_logged_as_an_error(
    learner_client: Any,
    learner: User,
    profiles: Callable[[Any], list[Any]],
    caplog: pytest.LogCaptureFixture,
    ours: str,
    logged: list[str],
) -> None:
    factories.make_attempt(factories.make_exam("onboarding"), learner, status=ours)
    profiles({"status": "pending", "expiration_date": None})
    caplog.clear()
    assert panel(learner_client).json()["onboarding_status"] == "submitted"
    assert records(caplog) == logged


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_our_own_status_is_shown_if_the_provider_fails(
    learner_client: Any, learner: User, profiles: Callable[[Any], list[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.submitted)
    profiles(BackendProviderOnboardingProfilesException("out of order", 503))
    caplog.clear()
    response = panel(learner_client)
    assert (response.status_code, response.json()["onboarding_status"]) == (200, "submitted")
    assert records(caplog) == ["WARNING"]


@pytest.mark.operation("GET /v1/user_onboarding/status")
def test_a_provider_without_profiles_answers_404_with_its_name(
    learner_client: Any, profiles: Callable[[Any], list[Any]]
) -> None:
    factories.make_exam("onboarding")
    profiles(None)
    response = panel(learner_client)
    assert response.status_code == 404
    assert isinstance(response.data, str)
    assert "Unknown" in response.data


# Called directly, as the host's support view does (contract/host-integration#support-view)


def asked_directly(user: User, **query: str) -> Any:
    """Call the view as the host does: with a request whose ``GET`` was replaced, and without ``dispatch``."""
    request = Request(APIRequestFactory().get("/support/onboarding_status/somebody"))
    request.user = user
    replaced = QueryDict(mutable=True)
    replaced.update({"course_id": factories.COURSE, **query})
    request.GET = replaced
    return views.StudentOnboardingStatusView().get(request)


def test_a_direct_call_returns_a_dict_that_the_host_may_change(learner: User) -> None:
    exam = factories.make_exam("onboarding")
    factories.make_attempt(exam, learner, status=S.verified)
    answer = asked_directly(factories.make_staff(), username=learner.username)
    assert answer.status_code == 200
    assert answer.data["onboarding_status"] == S.verified
    answer.data["enrollment_date"] = "added by the host"
    assert "enrollment_date" not in asked_directly(factories.make_staff(), username=learner.username).data


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"course_id": ""}, 400, id="no-course"),
        pytest.param({"course_id": "no course at all"}, 404, id="odd-course"),
        pytest.param({"course_id": "course-v1:No+ONBOARDING+1"}, 404, id="course-without-onboarding"),
        pytest.param({"username": "nobody"}, 404, id="unknown-learner"),
    ],
)
def test_a_direct_call_returns_refusals_instead_of_raising_them(query: dict[str, str], status: int) -> None:
    factories.make_exam("onboarding")
    answer = asked_directly(factories.make_staff(), **query)
    assert answer.status_code == status
    assert set(answer.data) == {"detail"}


def test_a_direct_call_refuses_other_users(learner: User) -> None:
    factories.make_exam("onboarding")
    answer = asked_directly(factories.make_user(), username=learner.username)
    assert (answer.status_code, set(answer.data)) == (403, {"detail"})


def test_a_refused_direct_call_leaves_the_host_s_transaction_usable(
    learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = factories.make_staff()
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert asked_directly(staff, username="nobody").status_code == 404
    assert User.objects.filter(pk=learner.pk).exists()


def test_our_own_status_is_shown_if_the_provider_raises_an_unexpected_exception(
    learner_client: Any, learner: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(course_id: str, **kwargs: Any) -> None:
        raise OSError("the provider's library lost its way")

    factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.submitted)
    monkeypatch.setattr(constants, "ONBOARDING_PROFILE_API", True, raising=False)
    monkeypatch.setattr(test_backend, "get_onboarding_profile_info", fail)
    assert panel(learner_client).json()["onboarding_status"] == S.submitted


@pytest.mark.contract("stored-formats#obscured-user-ids")
@pytest.mark.parametrize(
    ("statuses", "shown", "calls"),
    [
        (["no-profile", "approved-in-course"], "verified", 2),
        (["pending"], "submitted", 1),
        (["no-profile"] * 2, None, 2),
    ],
)
def test_a_profile_from_before_our_key_changed_is_found(
    learner_client: Any,
    learner: User,
    test_backend: Any,
    settings: Any,
    statuses: list[str],
    shown: str | None,
    calls: int,
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "USE_ONBOARDING_PROFILE_API": True}
    settings.PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS = ["former-key"]
    factories.make_exam("onboarding")
    asked: list[str] = []

    def profile(course_id: str, user_id: str) -> dict[str, Any]:
        asked.append(user_id)
        return {"status": statuses[len(asked) - 1], "expiration_date": None}

    test_backend.get_onboarding_profile_info = profile
    data = panel(learner_client).json()
    assert data["onboarding_status"] == shown
    assert asked == obscured_user_ids(learner.pk, "test")[:calls]
