"""A provider that fails in each call that we make.

With a REST provider and an intercepted network: no submission is lost, no learner sees a 500, a
reset by staff answers 502 and keeps the row.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import responses
from django.apps import apps
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_staff, make_user

from .conftest import BASE_URL, TOKEN_URL, make_rest_provider

ATTEMPT_URL = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/ext-att/"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("provider-interface#outage"),
    # There is no build of worker scripts here, so pages warn once per provider.
    pytest.mark.filterwarnings("ignore:No proctoring worker script"),
]


@contextmanager
def missing_provider(name: str) -> Iterator[None]:
    """Take a provider out of the configuration for the block."""
    registry = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
    provider = registry.pop(name)
    yield
    registry[name] = provider


# A notification that fails like this is repeated.
FAILURES: dict[str, dict[str, Any]] = {
    "no-connection": {"body": requests.ConnectionError("refused")},
    "timeout": {"body": requests.ReadTimeout("slow")},
    "builtin-error": {"body": ConnectionError("builtin")},
    "error-500": {"status": 500, "body": "out of order"},
    "error-503": {"status": 503, "body": "busy"},
}
# One with such a reply is repeated a few times.
ODD_REPLIES: dict[str, dict[str, Any]] = {
    "not-json": {"body": "<html>maintenance</html>"},
    "a-list": {"json": ["odd"]},
    "empty": {"body": ""},
}
ALL = [pytest.param(reply, id=name) for name, reply in {**FAILURES, **ODD_REPLIES}.items()]
REPEATED = [pytest.param(reply, id=name) for name, reply in FAILURES.items()]


@pytest.fixture
def provider(http: responses.RequestsMock, backends_registry: dict[str, Any]) -> Any:
    """The provider ``test``, over REST."""
    backends_registry["test"] = make_rest_provider()
    return backends_registry["test"]


@pytest.fixture
def exam(backends_registry: dict[str, Any]) -> ProctoredExam:
    """An exam that the provider knows; created while the test provider was registered under the name."""
    return make_exam(backend="test", external_id="ext-exam")


@pytest.fixture
def fail(provider: Any, http: responses.RequestsMock) -> Callable[[dict[str, Any]], None]:
    """Give all calls to the provider this reply."""

    def let(reply: dict[str, Any]) -> None:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            http.add(method, re.compile(re.escape(BASE_URL) + "/api/.*"), **reply)

    return let


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def attempt_url(attempt: ProctoredExamStudentAttempt) -> str:
    return reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])


@pytest.mark.contract("provider-interface#registration")
@pytest.mark.parametrize("reply", ALL)
def test_a_failed_registration_has_a_clear_answer_and_creates_no_attempt(exam, fail, reply):
    fail(reply)
    learner = client_of(make_user())

    answer = learner.post(
        reverse("edx_proctoring:proctored_exam.attempt.collection"),
        {"exam_id": exam.pk, "attempt_proctored": True},
        format="json",
    )

    assert answer.status_code in (502, 503)
    assert list(answer.json()) == ["detail"]
    assert answer.json()["detail"]
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("provider-interface#outage")
@pytest.mark.parametrize("reply", ALL)
@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        pytest.param(S.ready_to_start, "start", S.started, id="start"),
        pytest.param(S.started, "submit", S.submitted, id="submit"),
        pytest.param(S.started, "error", S.error, id="error"),
    ],
)
def test_the_learners_action_succeeds(exam, fail, reply, before, action, after):
    attempt = make_attempt(exam, status=before, external_id="ext-att")
    fail(reply)

    answer = client_of(attempt.user).put(attempt_url(attempt), {"action": action}, format="json")

    assert answer.status_code == 200
    attempt.refresh_from_db()
    assert attempt.status == after


@pytest.mark.contract("provider-interface#outage")
@pytest.mark.parametrize("reply", REPEATED)
def test_a_failed_notification_is_repeated(exam, fail, http, reply):
    attempt = make_attempt(exam, status=S.started, external_id="ext-att")
    fail(reply)
    api.update_attempt_status(attempt.pk, S.submitted)
    [row] = AttemptEffect.objects.all()
    assert (row.call_name, row.state, row.tries) == ("stop_exam_attempt", AttemptEffect.STATE_DUE, 1)

    http.reset()
    http.post(TOKEN_URL, json={"access_token": "token-1", "expires_in": 3600})
    told = http.patch(f"{BASE_URL}/api/v1/exam/ext-exam/attempt/ext-att/", json={"status": "submitted"})
    api.deliver_due_effects(ignore_pause=True)

    assert told.call_count == 1
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("provider-interface#staff-removal")
@pytest.mark.parametrize("reply", ALL)
def test_a_reset_by_staff_answers_502_and_keeps_the_row(exam, fail, reply):
    attempt = make_attempt(exam, status=S.started, external_id="ext-att")
    fail(reply)

    answer = client_of(make_staff()).delete(attempt_url(attempt))

    assert answer.status_code == 502
    assert "temporarily unavailable" in answer.json()["detail"]
    attempt.refresh_from_db()
    assert attempt.status == S.started


@pytest.mark.contract("provider-interface#best-effort-removal")
@pytest.mark.parametrize("reply", ALL)
def test_a_best_effort_removal_deletes_the_row(exam, fail, reply):
    attempt = make_attempt(exam, status=S.started, external_id="ext-att")
    fail(reply)
    api.remove_exam_attempt(attempt.pk, make_staff(), require_backend_removal=False)
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("provider-interface#set-up")
@pytest.mark.parametrize("reply", ALL)
@pytest.mark.parametrize("status", [S.created, S.download_software_clicked, S.started, S.submitted])
def test_every_page_is_shown(exam, fail, reply, status):
    attempt = make_attempt(exam, status=status, external_id="ext-att")
    fail(reply)
    html = api.get_student_view(attempt.user_id, COURSE, exam.content_id, {}, "student")
    # During the exam there is no page of ours: the host shows the content.
    assert (html is None) == (status == S.started)


@pytest.mark.contract("provider-interface#settings-endpoint")
@pytest.mark.parametrize("reply", ALL)
def test_the_settings_endpoint_returns_contact_addresses(exam, fail, reply):
    fail(reply)
    answer = client_of(make_user()).get(reverse("edx_proctoring:proctored_exam.proctoring_settings", args=[exam.pk]))
    assert answer.status_code == 200
    assert answer.json()["exam_proctoring_backend"] == {}
    assert answer.json()["integration_specific_email"]


@pytest.mark.contract("provider-interface#exam-saved")
@pytest.mark.parametrize("reply", ALL)
def test_an_exam_is_saved(exam, fail, reply):
    fail(reply)
    exam.exam_name = "Renamed"
    exam.save()
    exam.refresh_from_db()
    assert (exam.exam_name, exam.external_id) == ("Renamed", "ext-exam")


@pytest.mark.parametrize("reply", ALL)
def test_retirement_reports_the_provider_that_failed(exam, fail, reply):
    attempt = make_attempt(exam, status=S.submitted, external_id="ext-att")
    fail(reply)
    answer = client_of(make_staff()).post(
        reverse("edx_proctoring:backend_user_deletion_api", args=[attempt.user_id]), format="json"
    )
    assert (answer.status_code, answer.json()) == (500, {"test": False})


@pytest.mark.contract("provider-interface#outage")
def test_a_status_change_with_an_unconfigured_provider_is_told_once_the_provider_is_back(exam, provider, http):
    attempt = make_attempt(exam, status=S.started, external_id="ext-att")
    with missing_provider("test"):
        api.update_attempt_status(attempt.pk, S.submitted)
    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    told = http.patch(ATTEMPT_URL, json={"status": "submitted"})
    api.deliver_due_effects(ignore_pause=True)
    assert told.call_count == 1
    assert not AttemptEffect.objects.exists()


# Kind of reply to a reported submission -> how often it is tried in all, before a person has to look.
NOT_DELIVERED = [
    pytest.param({"status": 301, "body": ""}, 4, id="moved"),
    pytest.param({"status": 302, "body": ""}, 4, id="found"),
    pytest.param({"status": 404, "json": {}}, 4, id="unknown-address"),
    pytest.param({"body": "<html>maintenance</html>"}, 4, id="html"),
    pytest.param({"body": "[]"}, 4, id="a-list"),
    pytest.param({"body": '{"status": "subm'}, 4, id="half-a-json"),
    pytest.param({"status": 400, "json": {}}, 1, id="refused"),
    pytest.param({"status": 409, "json": {"status": "error"}}, 1, id="conflict"),
    pytest.param({"status": 501, "json": {}}, 1, id="no-such-call"),
    pytest.param({"status": 401, "json": {}}, None, id="not-signed-in"),
    pytest.param({"status": 403, "json": {}}, None, id="not-allowed"),
    pytest.param({"status": 408, "json": {}}, None, id="too-slow"),
    pytest.param({"status": 425, "json": {}}, None, id="too-early"),
    pytest.param({"status": 429, "json": {}}, None, id="too-often"),
    pytest.param({"status": 500, "json": {}}, None, id="fault"),
    pytest.param({"status": 503, "body": "<html>"}, None, id="busy"),
]


@pytest.mark.contract("effects#delivered")
class TestWhatCountsAsDelivered:
    """docs/decisions/0014-what-delivered-means.rst"""

    @pytest.mark.parametrize(("reply", "most"), NOT_DELIVERED)
    def test_any_other_reply_keeps_the_row_with_its_reason(self, exam, fail, reply, most):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        fail(reply)

        api.update_attempt_status(attempt.pk, S.submitted)
        for _ in range(5):
            api.deliver_due_effects(ignore_pause=True)

        [row] = AttemptEffect.objects.all()
        assert (row.call_name, row.tries) == ("stop_exam_attempt", most or 6)
        assert row.state == (AttemptEffect.STATE_FAILED if most else AttemptEffect.STATE_DUE)
        assert "upstream_status=" in row.last_error

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param({"json": {"status": "submitted"}}, id="object"),
            pytest.param({"json": {}, "status": 202}, id="accepted"),
            pytest.param({"body": ""}, id="empty"),
            pytest.param({"status": 204}, id="no-content"),
        ],
    )
    def test_an_object_or_an_empty_body_is_delivered(self, exam, fail, reply):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        fail(reply)
        api.update_attempt_status(attempt.pk, S.submitted)
        assert not AttemptEffect.objects.exists()

    def test_a_conflict_is_delivered_if_the_provider_has_the_status_already(self, exam, provider, http):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        http.patch(ATTEMPT_URL, status=409, json={})
        asked = http.get(ATTEMPT_URL, json={"status": "submitted"})
        api.update_attempt_status(attempt.pk, S.submitted)
        assert asked.call_count == 1
        assert not AttemptEffect.objects.exists()

    @pytest.mark.parametrize(("status", "left"), [(404, 0), (503, 1)], ids=["gone-already", "control-busy"])
    def test_a_removal_is_delivered_by_a_404(self, exam, provider, http, status, left):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        with missing_provider("test"):
            api.remove_exam_attempt(attempt.pk, make_staff(), if_provider_gone="queue")
        http.delete(ATTEMPT_URL, status=status, json={})
        api.deliver_due_effects(ignore_pause=True)
        assert AttemptEffect.objects.count() == left

    @pytest.mark.contract("effects#conflict")
    @pytest.mark.parametrize(
        "silence",
        [
            pytest.param({"status": 500, "json": {}}, id="error"),
            pytest.param({"body": '{"status": "subm'}, id="half-a-json"),
            pytest.param({"body": requests.ReadTimeout()}, id="no-reply"),
        ],
    )
    def test_a_conflict_that_cannot_be_looked_into_is_reported_again(self, exam, provider, http, silence):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        http.patch(ATTEMPT_URL, status=409, json={})
        http.get(ATTEMPT_URL, **silence)
        http.get(ATTEMPT_URL, json={"status": "submitted"})

        api.update_attempt_status(attempt.pk, S.submitted)
        assert [row.state for row in AttemptEffect.objects.all()] == [AttemptEffect.STATE_DUE]
        api.deliver_due_effects(ignore_pause=True)

        assert not AttemptEffect.objects.exists()

    def test_a_redirect_that_leads_to_a_json_page_is_not_delivered(self, exam, provider, http):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        http.patch(ATTEMPT_URL, status=302, headers={"Location": f"{BASE_URL}/login"})
        http.get(f"{BASE_URL}/login", json={"sign": "in"})
        api.update_attempt_status(attempt.pk, S.submitted)
        [row] = AttemptEffect.objects.all()
        assert "upstream_status=302" in row.last_error

    def test_a_refused_token_is_replaced_once_and_the_call_repeated(self, exam, provider, http):
        attempt = make_attempt(exam, status=S.started, external_id="ext-att")
        http.patch(ATTEMPT_URL, status=401, json={})
        told = http.patch(ATTEMPT_URL, json={"status": "submitted"})
        api.update_attempt_status(attempt.pk, S.submitted)
        assert told.call_count == 1
        assert len([call for call in http.calls if call.request.url == TOKEN_URL]) == 2
        assert not AttemptEffect.objects.exists()

    def test_a_refused_token_is_replaced_at_registration_too(self, exam, provider, http):
        url = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/"
        http.post(url, status=401, json={})
        http.post(url, json={"id": "ext-new"})
        attempt_id = api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
        assert api.get_exam_attempt_by_id(attempt_id)["external_id"] == "ext-new"


def test_an_effect_that_always_fails_is_logged_with_its_traceback_once(exam, fail, caplog):
    attempt = make_attempt(exam, status=S.started, external_id="ext-att")
    fail(FAILURES["error-500"])
    api.update_attempt_status(attempt.pk, S.submitted)
    for _ in range(3):
        api.deliver_due_effects(ignore_pause=True)
    lines = [record for record in caplog.records if record.getMessage().startswith("effect not delivered")]
    assert [record.exc_info is not None and bool(record.exc_info) for record in lines] == [True, False, False, False]
