"""A provider that was taken out of the configuration: exams are read and end, and the provider hears later.

contract/effects#provider-gone.
"""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.exceptions import BackendProviderCannotRemoveAttempt
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_staff, make_user

from .conftest import RecordingProvider, due_effects

pytestmark = pytest.mark.django_db

KINDS = ["proctored", "practice", "onboarding"]


@pytest.fixture
def gone(provider: RecordingProvider, backends_registry: dict[str, Any]) -> RecordingProvider:
    """The recording provider, for tests that take it away with ``remove`` and bring it back with ``restore``."""
    return provider


def begun(kind: str, **fields: Any) -> ProctoredExamStudentAttempt:
    """An attempt in progress at an exam of the provider ``test``."""
    return make_attempt(make_exam(kind, backend="test"), **{"status": S.started, **fields})


def overdue(kind: str) -> ProctoredExamStudentAttempt:
    """An attempt that began long ago and that nobody ended."""
    return begun(kind, started_at=timezone.now() - timedelta(days=3), allowed_time_limit_mins=30)


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def attempt_url(attempt: ProctoredExamStudentAttempt) -> str:
    return reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])


def get(user: Any, name: str, *args: Any, **query: Any) -> Any:
    return client_of(user).get(reverse(f"edx_proctoring:{name}", args=args), query)


@pytest.mark.contract("effects#provider-gone")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda a: get(a.user, "proctored_exam.attempt.collection"), id="timer"),
        pytest.param(lambda a: get(a.user, "proctored_exam.attempt", a.pk), id="one-attempt"),
        pytest.param(
            lambda a: get(a.user, "proctored_exam.exam_attempts", COURSE, is_learning_mfe=True), id="learning-client"
        ),
    ],
)
@pytest.mark.parametrize("way", ["removed", "course-moved-to-lti"])
def test_reading_over_rest_ends_an_overdue_attempt(
    kind: str, read: Any, way: str, backends_registry: dict[str, Any]
) -> None:
    attempt = overdue(kind)
    if way == "removed":
        del backends_registry["test"]
    else:
        type(attempt.proctored_exam).objects.update(backend="lti_external")

    answer = read(attempt)

    assert answer.status_code == 200, answer.content
    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert ("provider", "stop_exam_attempt") in due_effects()


@pytest.mark.contract("effects#provider-gone")
@pytest.mark.parametrize("kind", KINDS)
def test_outlines_and_active_exams_are_shown(kind: str, backends_registry: dict[str, Any], provider: Any) -> None:
    attempt, other = overdue(kind), make_exam("timed", content_id="other")
    del backends_registry["test"]

    api.get_attempt_status_summary(attempt.user_id, COURSE, attempt.proctored_exam.content_id)
    line = api.get_attempt_status_summary(attempt.user_id, COURSE, other.content_id)

    assert line is not None
    assert api.get_active_exams_for_user(attempt.user_id) == []


@pytest.mark.contract("effects#provider-gone")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("action", "after", "call"),
    [
        ("stop", S.ready_to_submit, None),
        ("submit", S.submitted, "stop_exam_attempt"),
        ("error", S.error, "mark_erroneous_exam_attempt"),
    ],
)
def test_a_learners_action_succeeds_and_the_provider_hears_of_it_when_it_is_back(
    kind: str,
    action: str,
    after: str,
    call: str | None,
    provider: RecordingProvider,
    backends_registry: dict[str, Any],
) -> None:
    attempt = begun(kind)
    del backends_registry["test"]

    answer = client_of(attempt.user).put(attempt_url(attempt), {"action": action}, format="json")

    assert answer.status_code == 200, answer.content
    attempt.refresh_from_db()
    assert attempt.status == after
    backends_registry["test"] = provider
    api.deliver_due_effects(ignore_pause=True)
    assert provider.calls == ([call] if call else [])
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("effects#provider-gone")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("status", "has_page"), [(S.started, False), (S.ready_to_submit, True), (S.submitted, True)])
def test_a_begun_exam_keeps_its_content_and_its_pages(
    kind: str, status: str, has_page: bool, backends_registry: dict[str, Any]
) -> None:
    attempt = begun(kind, status=status)
    del backends_registry["test"]

    page = api.get_student_view(attempt.user_id, COURSE, attempt.proctored_exam.content_id, {})

    assert (page is not None) == has_page


def test_an_exam_that_is_being_set_up_is_still_an_error_for_the_caller(backends_registry: dict[str, Any]) -> None:
    attempt = begun("proctored", status=S.created)
    del backends_registry["test"]
    with pytest.raises(NotImplementedError):
        api.get_student_view(attempt.user_id, COURSE, attempt.proctored_exam.content_id, {})


@pytest.mark.contract("effects#provider-gone")
class TestBeforeTheStart:
    """Entering: tests/views/test_entering_exams.py"""

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_learner_cannot_start(self, kind: str, backends_registry: dict[str, Any]) -> None:
        attempt = begun(kind, status=S.ready_to_start)
        del backends_registry["test"]

        answer = client_of(attempt.user).put(attempt_url(attempt), {"action": "start"}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (403, "provider_not_configured")
        attempt.refresh_from_db()
        assert attempt.status == S.ready_to_start

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_attempt_is_not_marked_as_ready(self, kind: str, backends_registry: dict[str, Any]) -> None:
        attempt = begun(kind, status=S.created)
        url = reverse("edx_proctoring:proctored_exam.attempt.ready_callback", args=[attempt.external_id])
        del backends_registry["test"]

        answer = client_of(make_staff()).post(url, {}, format="json")

        assert answer.status_code == 500
        attempt.refresh_from_db()
        assert attempt.status == S.created

    def test_a_learner_can_decline(self, backends_registry: dict[str, Any]) -> None:
        attempt = begun("proctored", status=S.created)
        del backends_registry["test"]

        answer = client_of(attempt.user).put(attempt_url(attempt), {"action": "decline"}, format="json")

        assert answer.status_code == 200, answer.content
        attempt.refresh_from_db()
        assert attempt.status == S.declined


@pytest.mark.parametrize("kind", ["practice", "onboarding"])
@pytest.mark.parametrize(
    ("is_gone", "status_code", "kept"), [pytest.param(True, 500, True, id="gone"), pytest.param(False, 200, False)]
)
def test_a_submitted_attempt_is_not_given_away_for_one_that_cannot_be_made(
    kind: str,
    is_gone: bool,
    status_code: int,
    kept: bool,
    provider: RecordingProvider,
    backends_registry: dict[str, Any],
) -> None:
    attempt = begun(kind, status=S.submitted, external_id="ext-1")
    if is_gone:
        del backends_registry["test"]
    client = client_of(attempt.user)
    client.raise_request_exception = False

    answer = client.put(attempt_url(attempt), {"action": "reset_attempt"}, format="json")

    assert answer.status_code == status_code, answer.content
    assert ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk, status=S.submitted).exists() is kept


class TestStaffReset:
    @pytest.mark.contract("effects#removal", "effects#provider-gone")
    def test_the_attempt_goes_and_the_provider_removes_it_when_it_is_back(
        self, provider: RecordingProvider, backends_registry: dict[str, Any]
    ) -> None:
        attempt = begun("proctored", external_id="ext-1")
        del backends_registry["test"]

        answer = client_of(make_staff()).delete(attempt_url(attempt))

        assert answer.status_code == 200
        assert "could not be notified" in answer.json()["detail"]
        assert not ProctoredExamStudentAttempt.objects.exists()
        assert due_effects() == [("provider", "remove_exam_attempt")]
        backends_registry["test"] = provider
        api.deliver_due_effects(ignore_pause=True)
        assert provider.calls == ["remove_exam_attempt"]
        assert provider.last_ids == (attempt.proctored_exam.external_id, "ext-1")
        assert not AttemptEffect.objects.exists()

    def test_all_attempts_of_a_learner_go(self, backends_registry: dict[str, Any]) -> None:
        attempt = begun("proctored")
        del backends_registry["test"]
        url = reverse("edx_proctoring:proctored_exam.attempts.reset", args=[attempt.proctored_exam_id, attempt.user_id])
        answer = client_of(make_staff()).delete(url)
        assert answer.status_code == 200, answer.content
        assert "could not be notified" in answer.json()["detail"]
        assert not ProctoredExamStudentAttempt.objects.exists()

    def test_the_python_api_raises_by_default(self, backends_registry: dict[str, Any]) -> None:
        attempt = begun("proctored")
        del backends_registry["test"]
        with pytest.raises(BackendProviderCannotRemoveAttempt, match="temporarily unavailable"):
            api.remove_exam_attempt(attempt.pk, make_staff())
        assert ProctoredExamStudentAttempt.objects.exists()
        api.remove_exam_attempt(attempt.pk, make_staff(), if_provider_gone="queue")
        assert not ProctoredExamStudentAttempt.objects.exists()

    @pytest.mark.parametrize("status", [405, 501])
    def test_a_provider_that_cannot_remove_attempts_does_not_keep_them_here(
        self, provider: RecordingProvider, status: int
    ) -> None:
        attempt = begun("proctored")
        response = requests.Response()
        response.status_code = status

        def refuse(exam: str, attempt: str) -> bool:
            raise requests.HTTPError(f"{status}", response=response)

        provider.remove_exam_attempt = refuse  # type: ignore[method-assign]

        answer = client_of(make_staff()).delete(attempt_url(attempt))

        assert answer.status_code == 200
        assert not ProctoredExamStudentAttempt.objects.exists()
        [row] = AttemptEffect.objects.all()
        assert (row.call_name, row.state) == ("remove_exam_attempt", AttemptEffect.STATE_FAILED)
        assert "HTTPError" in row.last_error

    def test_a_provider_that_is_down_still_answers_502(self, provider: RecordingProvider) -> None:
        attempt = begun("proctored")
        provider.failing = {"remove_exam_attempt"}
        answer = client_of(make_staff()).delete(attempt_url(attempt))
        assert answer.status_code == 502
        assert ProctoredExamStudentAttempt.objects.exists()
        assert not AttemptEffect.objects.exists()

    @pytest.mark.contract("effects#removal")
    def test_a_forced_reset_leaves_the_provider_s_part_as_an_effect(self, provider: RecordingProvider) -> None:
        attempt = begun("proctored")
        provider.failing = {"remove_exam_attempt"}
        api.remove_exam_attempt(attempt.pk, make_staff(), require_backend_removal=False)
        assert due_effects() == [("provider", "remove_exam_attempt")]


@pytest.mark.contract("effects#provider-gone")
def test_the_command_changes_the_status_and_says_that_the_provider_waits(backends_registry: dict[str, Any]) -> None:
    attempt = begun("proctored")
    del backends_registry["test"]
    out = StringIO()
    call_command("set_attempt_status", "-a", str(attempt.pk), "-t", S.submitted, stdout=out)
    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert "could not be told" in out.getvalue()


@pytest.mark.contract("reviews#held")
class TestReview:
    def post(self, attempt: ProctoredExamStudentAttempt) -> Any:
        url = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
        body = {"status": "passed", "comments": []}
        return client_of(make_staff()).post(url, body, format="json")

    def test_it_is_held_and_applied_when_the_provider_is_back(
        self, provider: RecordingProvider, backends_registry: dict[str, Any]
    ) -> None:
        attempt = begun("proctored", status=S.submitted, external_id="ext-1")
        del backends_registry["test"]

        answer = self.post(attempt)

        assert answer.status_code == 200
        [entry] = ReviewInboxEntry.objects.all()
        assert entry.outcome == ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER
        api.sweep(kinds=["inbox"])
        assert ReviewInboxEntry.objects.get().outcome == ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER
        backends_registry["test"] = provider
        provider.on_review_callback = lambda attempt, payload: payload  # type: ignore[method-assign]
        api.sweep(kinds=["inbox"])
        attempt.refresh_from_db()
        assert attempt.status == S.verified
        assert ReviewInboxEntry.objects.get().outcome == ReviewInboxEntry.OUTCOME_APPLIED

    def test_of_a_provider_that_signs_its_callbacks_it_waits_for_a_person(
        self, provider: RecordingProvider, backends_registry: dict[str, Any]
    ) -> None:
        attempt = begun("proctored", status=S.submitted, external_id="ext-1")
        del backends_registry["test"]
        self.post(attempt)
        provider.callback_secrets = ["s3cret-s3cret"]  # type: ignore[attr-defined]
        backends_registry["test"] = provider

        api.sweep(kinds=["inbox"])

        assert ReviewInboxEntry.objects.get().outcome == ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER
        assert not ProctoredExamSoftwareSecureReview.objects.exists()

    def test_an_anonymous_one_is_held_for_rpnow_only(self, backends_registry: dict[str, Any]) -> None:
        backends_registry.pop("software_secure", None)
        statuses = {}
        for backend in ("software_secure", "test"):
            exam = make_exam(backend="test")
            type(exam).objects.filter(pk=exam.pk).update(backend=backend)
            attempt = make_attempt(exam, make_user(), S.submitted)
            body = {"examMetaData": {"examCode": attempt.attempt_code}}
            url = reverse("edx_proctoring:anonymous.proctoring_review_callback")
            statuses[backend] = APIClient().post(url, body, format="json").status_code
        assert statuses == {"software_secure": 200, "test": 404}
        assert ReviewInboxEntry.objects.get().outcome == ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER

    def test_an_anonymous_one_waits_for_a_person_if_its_provider_comes_back_as_another_than_rpnow(
        self, provider: RecordingProvider, backends_registry: dict[str, Any]
    ) -> None:
        attempt = make_attempt(make_exam(backend="software_secure"), status=S.submitted)
        del backends_registry["software_secure"]
        body = {"examMetaData": {"examCode": attempt.attempt_code}}
        url = reverse("edx_proctoring:anonymous.proctoring_review_callback")
        assert APIClient().post(url, body, format="json").status_code == 200
        provider.on_review_callback = lambda attempt, payload: {"status": "passed", "comments": []}  # type: ignore[method-assign]
        backends_registry["software_secure"] = provider

        api.sweep(kinds=["inbox"])

        assert ReviewInboxEntry.objects.get().outcome == ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER
        assert not ProctoredExamSoftwareSecureReview.objects.exists()
