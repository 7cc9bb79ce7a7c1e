"""Onboarding, information about providers, and reports."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from freezegun.api import FrozenDateTimeFactory
from opaque_keys.edx.locator import BlockUsageLocator

from edx_proctoring import api, runtime
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.exceptions import BackendProviderNotConfigured, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import (
    COURSE,
    NOON,
    make_attempt,
    make_comment,
    make_exam,
    make_review,
    make_user,
)

pytestmark = pytest.mark.django_db

OTHER_COURSE = "course-v1:Another+One+2026"
YEAR = timedelta(days=365)


# Verifications


@pytest.mark.contract("timing#verification", "onboarding#verified-attempts")
def test_the_latest_valid_verification_of_each_user_is_returned(clock: FrozenDateTimeFactory) -> None:
    anna, boris, carla = make_user(), make_user(), make_user()
    onboarding = make_exam("onboarding", course_id=OTHER_COURSE)
    make_attempt(onboarding, boris, S.verified)
    clock.tick(timedelta(seconds=1))
    make_attempt(onboarding, anna, S.verified)
    latest = make_attempt(onboarding, anna, S.verified)
    make_attempt(onboarding, carla, S.rejected)
    clock.move_to(NOON + YEAR)

    found = api.get_last_verified_onboarding_attempts_per_user([anna, boris, carla], "test")

    assert {user: attempt.pk for user, attempt in found.items()} == {anna.pk: latest.pk}


@pytest.mark.contract("onboarding#learner-state")
@pytest.mark.parametrize(
    ("here", "elsewhere", "status", "expires"),
    [
        pytest.param(None, None, None, False, id="never"),
        pytest.param(S.started, None, S.started, False, id="under-way"),
        pytest.param(S.verified, S.verified, S.verified, True, id="verified-here"),
        pytest.param(S.rejected, S.verified, "other_course_approved", True, id="verified-elsewhere"),
        pytest.param(S.rejected, S.rejected, S.rejected, False, id="rejected"),
    ],
)
def test_the_onboarding_status_follows_from_the_attempts(
    clock: FrozenDateTimeFactory, here: str | None, elsewhere: str | None, status: str | None, expires: bool
) -> None:
    user = make_user()
    for course, attempt_status in ((COURSE, here), (OTHER_COURSE, elsewhere)):
        if attempt_status:
            make_attempt(make_exam("onboarding", course_id=course), user, attempt_status)

    assert api.get_onboarding_attempt_data_for_learner(COURSE, user, "test") == {
        "onboarding_status": status,
        "expiration_date": NOON + YEAR if expires else None,
    }


@pytest.mark.contract("onboarding#learner-state")
def test_a_verified_attempt_wins_over_a_later_attempt(clock: FrozenDateTimeFactory) -> None:
    user = make_user()
    make_attempt(make_exam("onboarding"), user, S.verified)
    clock.tick(timedelta(days=1))
    make_attempt(make_exam("onboarding"), user, S.started)

    assert api.get_onboarding_attempt_data_for_learner(COURSE, user, "test")["onboarding_status"] == S.verified


# The link


def outline_with(visible: list[ProctoredExam], scheduled: dict[ProctoredExam, Any] | None = None) -> Any:
    """Return a learning-sequences service for which these exams are visible or scheduled."""

    def key(exam: ProctoredExam) -> BlockUsageLocator:
        return BlockUsageLocator.from_string(exam.content_id)

    details = SimpleNamespace(
        outline=SimpleNamespace(accessible_sequences={key(exam) for exam in visible}),
        schedule=SimpleNamespace(
            course_end=None, sequences={key(exam): dates for exam, dates in (scheduled or {}).items()}
        ),
    )
    return SimpleNamespace(get_user_course_outline_details=lambda course_key, user, at_time: details)


@pytest.mark.contract("onboarding#exam-link")
def test_the_link_leads_to_the_newest_visible_exam(clock: FrozenDateTimeFactory) -> None:
    visible = make_exam("onboarding")
    clock.tick(timedelta(minutes=1))
    make_exam("onboarding")
    runtime.set_runtime_service("learning_sequences", outline_with([visible]))

    link = api.get_onboarding_exam_link(COURSE, make_user(), is_learning_mfe=True)

    assert link == f"https://learning.test.org/course/{COURSE}/{visible.content_id}"


@pytest.mark.contract("onboarding#exam-link")
def test_the_link_may_lead_to_an_exam_that_is_not_open_yet(clock: FrozenDateTimeFactory) -> None:
    exam = make_exam("onboarding")
    tomorrow = SimpleNamespace(effective_start=NOON + timedelta(days=1), due=None)
    runtime.set_runtime_service("learning_sequences", outline_with([], {exam: tomorrow}))

    assert exam.content_id in api.get_onboarding_exam_link(COURSE, make_user(), is_learning_mfe=True)


@pytest.mark.contract("onboarding#exam-link")
@pytest.mark.parametrize(
    "exam_of",
    [
        pytest.param(lambda: None, id="no-exam"),
        pytest.param(lambda: make_exam("practice"), id="provider-without-onboarding"),
        pytest.param(lambda: make_exam("onboarding"), id="hidden-from-the-learner"),
    ],
)
def test_without_a_reachable_onboarding_exam_the_link_is_empty(exam_of: Any) -> None:
    exam_of()
    runtime.set_runtime_service("learning_sequences", outline_with([]))

    assert api.get_onboarding_exam_link(COURSE, make_user(), is_learning_mfe=False) == ""


@pytest.mark.contract("onboarding#exam-link")
def test_with_an_unknown_provider_the_link_is_empty(caplog: pytest.LogCaptureFixture) -> None:
    make_exam("onboarding")
    ProctoredExam.objects.update(backend="gone")

    assert api.get_onboarding_exam_link(COURSE, make_user(), is_learning_mfe=False) == ""
    assert "provider is not configured" in caplog.text


@pytest.mark.contract("onboarding#provider-support")
def test_onboarding_is_supported_only_by_a_configured_provider_that_says_so() -> None:
    assert api.does_backend_support_onboarding("test")
    assert not api.does_backend_support_onboarding("null")
    assert not api.does_backend_support_onboarding("gone")


@pytest.mark.contract("host-services#enrollments", "onboarding#enrollments")
def test_enrolments_are_requested_from_the_host_with_the_search_text(enrol: Any) -> None:
    recording = enrol(make_user())

    api.get_enrollments_can_take_proctored_exams(COURSE, "text")

    assert recording.called("get_enrollments_can_take_proctored_exams") == [((COURSE, "text"), {})]


# Information about the provider


@pytest.mark.contract("host-services#instructor", "provider-information#settings")
def test_the_settings_of_a_proctored_exam_describe_its_provider(provider: Any, instructor: Any) -> None:
    instructor.service.mock_proctoring_escalation_email("help@example.com")
    provider.tech_support_email, provider.tech_support_phone = "tech@example.com", "123"

    assert api.get_proctoring_settings_by_exam_id(make_exam().pk) == {
        "platform_name": "Open edX",
        "contact_us": "info@edx.org",
        "link_urls": {"online_proctoring_rules": "", "faq": "", "contact_us": "", "tech_requirements": ""},
        "exam_proctoring_backend": {"name": "Recorder"},
        "provider_tech_support_email": "tech@example.com",
        "provider_tech_support_phone": "123",
        "provider_name": "Recorder",
        "learner_notification_from_email": "",
        "integration_specific_email": "info@edx.org",
        "proctoring_escalation_email": "help@example.com",
    }


@pytest.mark.contract("provider-information#settings")
def test_the_settings_of_a_timed_exam_contain_nothing_about_a_provider() -> None:
    seen = api.get_proctoring_settings_by_exam_id(make_exam("timed").pk)

    assert set(seen) == {"platform_name", "contact_us", "link_urls", "exam_proctoring_backend"}
    assert seen["exam_proctoring_backend"] == {}


@pytest.mark.contract("provider-information#settings")
def test_the_settings_of_an_unknown_exam_or_provider_raise() -> None:
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_proctoring_settings_by_exam_id(4711)
    exam = make_exam()
    ProctoredExam.objects.update(backend="gone")
    with pytest.raises(BackendProviderNotConfigured):
        api.get_proctoring_settings_by_exam_id(exam.pk)


@pytest.mark.contract("provider-information#integration-address")
def test_the_integration_specific_email_comes_from_the_provider(provider: Any) -> None:
    provider.integration_specific_email = "integration@example.com"

    assert api.get_integration_specific_email(provider) == "integration@example.com"


@pytest.mark.contract("provider-information#dashboard")
def test_a_course_has_a_dashboard_link_if_a_provider_of_its_exams_has_a_dashboard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    exam = make_exam(backend="null")
    assert not api.is_backend_dashboard_available(COURSE)
    assert api.get_exam_configuration_dashboard_url(COURSE, exam.content_id) is None

    make_exam("timed", backend="gone")
    make_exam()
    url = api.get_exam_configuration_dashboard_url(COURSE, exam.content_id)

    assert url is not None
    assert url.endswith(f"/{exam.pk}?config=true")
    assert "backend=gone" in caplog.text
    assert api.get_exam_configuration_dashboard_url(COURSE, "unknown") is None


# The violation report


@pytest.mark.contract("provider-information#violation-report")
def test_the_report_has_a_row_per_attempt_with_its_review() -> None:
    exam_b, exam_a = make_exam(exam_name="B"), make_exam(exam_name="A")
    reviewed = make_attempt(exam_b, status=S.submitted)
    review = make_review(reviewed)
    make_comment(review, "Looked away", status="Suspicious")
    make_comment(review, "Spoke", status="Suspicious")
    make_comment(review, "Left", status="Rules Violation")
    plain = make_attempt(exam_a)

    first, second = api.get_exam_violation_report(COURSE)

    assert (first["exam_name"], first["attempt_code"], first["review_status"]) == ("A", plain.attempt_code, None)
    assert second == {
        "course_id": COURSE,
        "exam_name": "B",
        "username": reviewed.user.username,
        "email": reviewed.user.email,
        "attempt_code": reviewed.attempt_code,
        "allowed_time_limit_mins": 90,
        "is_sample_attempt": False,
        "started_at": reviewed.started_at,
        "completed_at": reviewed.completed_at,
        "status": S.verified,
        "review_status": "Clean",
        "provider": "test",
        "user_id": reviewed.user_id,
        "Suspicious Comments": ["Looked away", "Spoke"],
        "Rules Violation Comments": ["Left"],
    }


@pytest.mark.contract("provider-information#violation-report")
def test_reviews_of_practice_exams_are_in_the_report_only_on_request() -> None:
    make_review(make_attempt(make_exam("practice"), status=S.submitted))
    make_review(make_attempt(status=S.submitted))

    def verdicts(**kwargs: Any) -> list[Any]:
        return sorted(str(row["review_status"]) for row in api.get_exam_violation_report(COURSE, **kwargs))

    assert verdicts() == ["Clean", "None"]
    assert verdicts(include_practice_exams=True) == ["Clean", "Clean"]


@pytest.mark.contract("provider-information#violation-report")
def test_attempts_without_a_code_are_in_the_report() -> None:
    make_attempt(attempt_code=None)
    make_attempt(attempt_code=None)

    assert len(api.get_exam_violation_report(COURSE)) == 2


# Hosts and providers that fail


def test_an_exam_whose_content_id_is_not_a_key_is_not_linked_to(clock: FrozenDateTimeFactory) -> None:
    visible = make_exam("onboarding")
    clock.tick(timedelta(minutes=1))
    make_exam("onboarding", content_id="no block at all")
    runtime.set_runtime_service("learning_sequences", outline_with([visible]))

    assert visible.content_id in api.get_onboarding_exam_link(COURSE, make_user(), is_learning_mfe=True)


@pytest.mark.contract("outline-status#details")
def test_a_course_without_a_published_outline_hides_no_exam(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*args: Any) -> None:
        raise RuntimeError("no outline is published")

    runtime.set_runtime_service("learning_sequences", SimpleNamespace(get_user_course_outline_details=refuse))
    exam = make_exam("onboarding")

    assert exam.content_id in api.get_onboarding_exam_link(COURSE, make_user(), is_learning_mfe=True)
    assert "course outline not available" in caplog.text


@pytest.mark.contract("provider-interface#settings-endpoint")
@pytest.mark.operation("GET /v1/proctored_exam/settings/exam_id/{exam_id}/")
def test_while_the_provider_fails_the_settings_lack_its_configuration(
    provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ConnectionError

    provider.get_proctoring_config = fail
    provider.tech_support_phone = "123"
    seen = api.get_proctoring_settings_by_exam_id(make_exam().pk)

    assert (seen["exam_proctoring_backend"], seen["provider_tech_support_phone"]) == ({}, "123")
    assert "provider does not tell its configuration" in caplog.text


def test_the_settings_contain_the_providers_support_page_if_it_has_one(provider: Any) -> None:
    exam = make_exam()
    assert "provider_tech_support_url" not in api.get_proctoring_settings_by_exam_id(exam.pk)
    provider.tech_support_url = "https://help.example.com"

    assert api.get_proctoring_settings_by_exam_id(exam.pk)["provider_tech_support_url"] == "https://help.example.com"


@pytest.mark.contract("provider-information#not-configured")
def test_the_error_of_a_broken_provider_keeps_its_cause() -> None:
    exam = make_exam(backend="test")
    type(exam).objects.update(backend="gone")

    with pytest.raises(BackendProviderNotConfigured) as caught:
        api.get_proctoring_settings_by_exam_id(exam.pk)

    assert isinstance(caught.value.__cause__, NotImplementedError)
    assert caught.value.http_status == 500


def test_without_a_default_provider_the_settings_raise(settings: Any) -> None:
    exam = make_exam(backend=None)
    settings.PROCTORING_BACKENDS = {}

    with pytest.raises(BackendProviderNotConfigured):
        api.get_proctoring_settings_by_exam_id(exam.pk)
    assert not api.is_backend_dashboard_available(COURSE)


def test_links_and_email_come_from_the_providers_own_settings(settings: Any, provider: Any) -> None:
    own = {"LINK_URLS": {"faq": "https://own.test/faq"}, "CONTACT_EMAIL": "own@example.com"}
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "test": {"settings": own}}
    settings.PROCTORING_SETTINGS = {"LINK_URLS": {"faq": "https://all.test/faq", "contact_us": "https://all.test/us"}}
    provider.backend_name = "test"
    seen = api.get_proctoring_settings_by_exam_id(make_exam().pk)

    assert seen["link_urls"] == {"faq": "https://own.test/faq", "contact_us": "https://all.test/us"}
    assert seen["integration_specific_email"] == "own@example.com"


def test_without_configured_links_there_are_none(settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {}

    assert api.get_proctoring_settings_by_exam_id(make_exam().pk)["link_urls"] is None


def test_after_its_provider_was_removed_from_the_settings_an_attempt_can_still_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = make_attempt()
    ProctoredExam.objects.update(backend="gone")
    seen = api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)

    assert seen["attempt_status"] == S.created
    assert seen["desktop_application_js_url"] == ""
    assert "software_download_url" not in seen
    assert "backend=gone" in caplog.text


@pytest.mark.contract("provider-interface#set-up")
def test_while_the_provider_fails_the_timers_download_link_is_none(provider: Any) -> None:
    def fail(attempt: Any) -> None:
        raise ConnectionError

    provider.get_attempt = fail
    attempt = make_attempt()

    assert api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)["software_download_url"] is None


# Dashboards


class OlderProvider(TestBackendProvider):
    """A plug-in written before the last two keywords existed."""

    def get_instructor_url(  # type: ignore[override]
        self, course_id: str, user: Any, exam_id: str | None = None, attempt_id: str | None = None
    ) -> str:
        return f"https://dashboard.test/{exam_id}/{attempt_id}"


@pytest.mark.contract("provider-interface#older-signatures")
def test_an_older_provider_is_called_without_the_newer_keywords(backends_registry: dict[str, Any]) -> None:
    backends_registry["test"] = OlderProvider()
    exam = make_exam()

    url = api.exam_dashboard_url(COURSE, exam.pk, make_user(), external_attempt_id="a1", show_configuration=True)

    assert url == f"https://dashboard.test/{exam.external_id}/a1"


@pytest.mark.contract("provider-interface#doubles")
@pytest.mark.parametrize(
    "method",
    [
        pytest.param(MagicMock(return_value="https://dashboard.test"), id="mock"),
        pytest.param(lambda *args, **kwargs: f"{len(kwargs)} keywords", id="takes-anything"),
    ],
)
def test_a_provider_that_accepts_all_keywords_gets_all_keywords(provider: Any, method: Any) -> None:
    provider.get_instructor_url = method

    url = api.course_dashboard_url(make_exam().course_id, make_user())

    if isinstance(method, MagicMock):
        assert set(method.call_args.kwargs) == {
            "exam_id",
            "attempt_id",
            "show_configuration_dashboard",
            "encrypted_video_review_url",
        }
    else:
        assert url == "4 keywords"
