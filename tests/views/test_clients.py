"""The requests of the real clients, replayed as they send them.

The clients are released independently of this app. The keys that a client reads are listed beside its requests; bodies
are sent in every encoding that a client uses.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.urls import resolve, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import ProctoredExamAttemptView
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]

V1 = "/edx_proctoring/v1"
EXAM = f"{V1}/proctored_exam"
ENCODINGS = ("json", "form", "multipart")
COURSE = factories.COURSE
MINUTES = "additional_time_granted"


def send(client: Any, method: str, path: str, body: dict[str, Any] | None, encoding: str, **headers: Any) -> Any:
    """Send a body as JSON, as jQuery encodes forms, or as a browser's ``FormData``."""
    call = getattr(client, method)
    if body is None:
        return call(path, **headers)
    if encoding == "form":
        content_type = "application/x-www-form-urlencoded; charset=UTF-8"
        return call(path, urlencode(body), content_type=content_type, **headers)
    return call(path, body, format=encoding, **headers)


def newest(user: User) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.filter(user=user).latest("id")


# The React client in the learning micro-frontend: JSON

EXAM_READ = {
    "id",
    "course_id",
    "content_id",
    "type",
    "attempt",
    "passed_due_date",
    "hide_after_due",
    "time_limit_mins",
    "use_legacy_attempt_api",
}
ATTEMPT_READ = {
    "attempt_id",
    "attempt_status",
    "attempt_ready_to_resume",
    "time_remaining_seconds",
    "total_time",
    "exam_type",
    "exam_display_name",
    "exam_url_path",
    "exam_started_poll_url",
    "desktop_application_js_url",
    "external_id",
    "course_id",
    "use_legacy_attempt_api",
}
PROVIDER_READ = {"ping_interval", "attempt_code"}


class ReactClient:
    """The data layer of the special-exams library: the requests it sends and the keys it reads."""

    def __init__(self, client: APIClient, exam: ProctoredExam) -> None:
        self.client = client
        self.exam = exam
        self.state: dict[str, Any] = {}

    def fetch(self, with_exam: bool = True) -> dict[str, Any]:
        """Read exam and running attempt, as on the exam's page or on another page of the course."""
        query = {"is_learning_mfe": "true"}
        if with_exam:
            query = {"content_id": self.exam.content_id, **query}
        path = f"{EXAM}/attempt/course_id/{quote(self.exam.course_id)}?{urlencode(query)}"
        response = self.client.get(path)
        assert response.status_code == 200, response.content
        data: dict[str, Any] = response.json()
        assert isinstance(data["exam"], dict)
        assert isinstance(data["active_attempt"], dict)
        if with_exam:
            assert set(data["exam"]) >= EXAM_READ
        for attempt in (data["exam"].get("attempt"), data["active_attempt"]):
            assert not attempt or set(attempt) >= ATTEMPT_READ
        self.state = data
        return data

    @property
    def attempt(self) -> dict[str, Any]:
        """The attempt at the exam, as last read."""
        attempt: dict[str, Any] = self.state["exam"]["attempt"]
        return attempt

    def enter(self, start_clock: str, attempt_proctored: str) -> None:
        """Create an attempt, then read again, as the client does after an id in the answer."""
        body = {"exam_id": self.exam.pk, "start_clock": start_clock, "attempt_proctored": attempt_proctored}
        response = send(self.client, "post", f"{EXAM}/attempt", body, "json")
        assert response.status_code == 200, response.content
        assert response.json()["exam_attempt_id"]
        self.fetch()

    def act(self, action: str, **more: str) -> Any:
        """Change the attempt, then read again if the answer has an id."""
        body = {"action": action, **more}
        response = send(self.client, "put", f"{EXAM}/attempt/{self.attempt['attempt_id']}", body, "json")
        assert response.status_code == 200, response.content
        changed = response.json()["exam_attempt_id"]
        if changed:
            self.fetch()
        return changed

    def poll(self) -> dict[str, Any]:
        """Poll the URL that came with the attempt."""
        response = self.client.get(self.attempt["exam_started_poll_url"])
        assert response.status_code == 200
        data: dict[str, Any] = response.json()
        assert {"status", "time_remaining_seconds"} <= set(data)
        return data


@pytest.fixture
def react(learner_client: APIClient) -> Callable[[ProctoredExam], ReactClient]:
    """Return a function that makes the learner's React client for an exam."""
    return lambda exam: ReactClient(learner_client, exam)


@pytest.mark.contract("rest-clients#react-timed", "rest-clients#replayed")
@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_react_client_takes_a_timed_exam(react: Callable[[ProctoredExam], ReactClient]) -> None:
    client = react(factories.make_exam("timed"))
    before = client.fetch()
    assert (before["exam"]["type"], before["exam"]["attempt"], before["active_attempt"]) == ("timed", {}, {})
    assert before["exam"]["total_time"] == "1 hour and 30 minutes"
    client.enter("true", "false")
    assert client.attempt["attempt_status"] == S.started
    assert client.state["active_attempt"]["attempt_id"] == client.attempt["attempt_id"]
    assert client.fetch(with_exam=False)["active_attempt"]["attempt_status"] == S.started
    client.fetch()
    assert client.poll()["status"] == S.started
    client.act("stop")
    assert client.attempt["attempt_status"] == S.ready_to_submit
    client.act("start")
    client.act("submit")
    assert client.attempt["attempt_status"] == S.submitted
    assert client.state["active_attempt"] == {}


@pytest.mark.contract("rest-clients#react-proctored", "rest-clients#replayed")
@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_react_client_takes_a_proctored_exam(
    react: Callable[[ProctoredExam], ReactClient], staff_client: APIClient
) -> None:
    exam = factories.make_exam()
    factories.make_policy(exam, review_policy="open book")
    client = react(exam)
    assert client.fetch()["exam"]["type"] == "proctored"
    client.enter("false", "true")
    assert client.attempt["attempt_status"] == S.created
    assert set(client.attempt) >= {*PROVIDER_READ, "software_download_url"}
    settings = client.client.get(f"{EXAM}/settings/exam_id/{exam.pk}/").json()
    assert set(settings) >= {
        "exam_proctoring_backend",
        "provider_name",
        "provider_tech_support_email",
        "provider_tech_support_phone",
        "learner_notification_from_email",
        "integration_specific_email",
        "proctoring_escalation_email",
    }
    client.act("click_download_software")
    assert client.attempt["attempt_status"] == S.download_software_clicked
    external_id = ProctoredExamStudentAttempt.objects.get(pk=client.attempt["attempt_id"]).external_id
    ready = f"{EXAM}/attempt/{external_id}/ready"
    assert send(staff_client, "post", ready, {"status": "ready"}, "json").json() == "OK"
    assert client.poll()["status"] == S.ready_to_start
    assert client.client.get(f"{EXAM}/review_policy/exam_id/{exam.pk}/").json() == {"review_policy": "open book"}
    client.fetch()
    client.act("start")
    assert client.poll()["status"] == S.started
    # The library pings in the middle of the interval.
    assert client.attempt["ping_interval"] % 2 == 0
    client.act("stop")
    client.act("submit")
    assert client.attempt["attempt_status"] == S.submitted


@pytest.mark.contract("rest-clients#react-proctored")
def test_react_client_opts_out_by_entering_as_proctored_and_declining(
    react: Callable[[ProctoredExam], ReactClient],
) -> None:
    """The client sends a legacy flag instead of the choice, so the attempt is a proctored one at first."""
    client = react(factories.make_exam())
    client.fetch()
    client.enter("false", "true")
    client.act("decline")
    assert client.attempt["attempt_status"] == S.declined


@pytest.mark.contract("rest-clients#react-practice")
def test_react_client_repeats_practice(react: Callable[[ProctoredExam], ReactClient], learner: User) -> None:
    exam = factories.make_exam("onboarding")
    factories.make_attempt(exam, learner, status=S.rejected)
    client = react(exam)
    client.fetch()
    first = client.attempt["attempt_id"]
    assert client.act("reset_attempt") != first
    assert (client.attempt["attempt_status"], client.attempt["attempt_id"]) == (S.created, newest(learner).pk)


@pytest.mark.contract("rest-clients#react-errors")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_react_client_reports_a_failed_ping_and_resumes(
    react: Callable[[ProctoredExam], ReactClient], learner: User, staff_client: APIClient
) -> None:
    exam = factories.make_exam()
    factories.make_attempt(exam, learner, status=S.started)
    client = react(exam)
    client.fetch()
    failed = client.act("error", detail="worker did not answer")
    assert client.attempt["attempt_status"] == S.error
    release = {"action": "mark_ready_to_resume", "user_id": learner.pk}
    assert send(staff_client, "put", f"{EXAM}/attempt/{failed}", release, "json").status_code == 200
    assert client.fetch()["exam"]["attempt"]["attempt_ready_to_resume"] is True
    client.enter("false", "true")
    assert client.attempt["attempt_id"] != failed
    assert client.attempt["attempt_status"] == S.created


@pytest.mark.contract("rest-clients#react-late-submission")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_react_client_submits_after_the_server_has_submitted(
    react: Callable[[ProctoredExam], ReactClient], learner: User
) -> None:
    exam = factories.make_exam("timed")
    attempt = factories.make_attempt(exam, learner, status=S.started, started_at=timezone.now() - timedelta(minutes=91))
    client = react(exam)
    client.fetch()
    attempt.refresh_from_db()
    completed_at = attempt.completed_at
    assert (client.attempt["attempt_status"], completed_at is None) == (S.submitted, False)
    assert client.act("submit") == attempt.pk
    attempt.refresh_from_db()
    assert (attempt.status, attempt.completed_at) == (S.submitted, completed_at)


@pytest.mark.contract("rest-clients#words")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("proctored", "a proctored exam"),
        ("timed", "a timed exam"),
        ("practice", "a practice exam"),
        ("onboarding", "an onboarding exam"),
    ],
)
def test_exam_type_is_a_phrase_and_differs_from_the_word_that_an_lti_check_compares(
    react: Callable[[ProctoredExam], ReactClient], learner: User, kind: str, words: str
) -> None:
    exam = factories.make_exam(kind)
    factories.make_attempt(exam, learner, status=S.started)
    client = react(exam)
    client.fetch()
    assert (client.attempt["exam_type"], client.state["exam"]["type"]) == (words, kind)


# The Backbone clients and the learner's pages: forms, with the CSRF token in a header


@pytest.fixture
def browser(client_of: Callable[..., APIClient]) -> Callable[[User], tuple[APIClient, dict[str, str]]]:
    """Return a function that signs a user in as a browser does and returns client and jQuery's headers."""

    def sign_in(user: User) -> tuple[APIClient, dict[str, str]]:
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.cookies["csrftoken"] = "a" * 32
        return client, {"HTTP_X_CSRFTOKEN": "a" * 32, "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}

    return sign_in


TIMER_READS = {
    "in_timed_exam",
    "attempt_id",
    "attempt_status",
    "taking_as_proctored",
    "exam_display_name",
    "exam_url_path",
    "exam_type",
    "time_remaining_seconds",
    "low_threshold_sec",
    "critically_low_threshold_sec",
    "course_id",
    "accessibility_time_string",
    "desktop_application_js_url",
    "ping_interval",
    "exam_started_poll_url",
}


@pytest.mark.contract("rest-clients#learner-pages", "rest-rules#bodies", "rest-clients#replayed")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_legacy_pages_take_a_proctored_exam(
    browser: Callable[..., Any], learner: User, settings: Any, encoding: str
) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    exam = factories.make_exam()
    client, headers = browser(learner)

    def put(path: str, **body: str) -> Any:
        response = send(client, "put", path, body, encoding, **headers)
        assert response.status_code == 200, response.content
        return response

    body = {"exam_id": exam.pk, "start_clock": "false", "attempt_proctored": "true"}
    assert send(client, "post", f"{EXAM}/attempt", body, encoding, **headers).status_code == 200
    attempt = newest(learner)
    own = f"{EXAM}/attempt/{attempt.pk}"
    put(own, action="click_download_software")
    client.post(f"{EXAM}/attempt/{attempt.external_id}/ready", **headers)
    assert client.get(f"{own}?sourceid=instructions").json()["status"] == S.ready_to_start
    put(own, action="start")
    timer = client.get(f"{EXAM}/attempt").json()
    assert set(timer) >= TIMER_READS
    assert (timer["in_timed_exam"], timer["exam_started_poll_url"]) == (True, own)
    polled = client.get(f"{own}?sourceid=in_exam&proctored=true").json()
    assert {"status", "time_remaining_seconds", "accessibility_time_string"} <= set(polled)
    put(own, action="stop")
    put(own, action="submit")
    assert put(f"{own}/review_status").content == b""
    # The model's URL ends in a slash.
    assert client.get(f"{EXAM}/attempt/{attempt.pk}/").json()["status"] == S.submitted
    assert client.get(f"{EXAM}/attempt").json() == {"in_timed_exam": False, "is_proctored": False}


@pytest.mark.contract("rest-clients#learner-pages", "rest-rules#bodies")
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("action", "kind", "before", "after"),
    [
        ("decline", "proctored", S.created, S.declined),
        ("error", "proctored", S.started, S.error),
        ("reset_attempt", "onboarding", S.error, S.onboarding_reset),
    ],
)
def test_legacy_pages_decline_report_and_reset(
    browser: Callable[..., Any], learner: User, encoding: str, action: str, kind: str, before: str, after: str
) -> None:
    attempt = factories.make_attempt(factories.make_exam(kind), learner, status=before)
    client, headers = browser(learner)
    body = {"action": action, "detail": "ping failed"}
    response = send(client, "put", f"{EXAM}/attempt/{attempt.pk}", body, encoding, **headers)
    assert response.json()["exam_attempt_id"] == newest(learner).pk
    attempt.refresh_from_db()
    assert attempt.status == after


@pytest.mark.contract("rest-rules#csrf")
def test_legacy_page_without_the_csrf_token_changes_nothing(browser: Callable[..., Any], learner: User) -> None:
    attempt = factories.make_attempt(user=learner)
    client, _headers = browser(learner)
    response = send(client, "put", f"{EXAM}/attempt/{attempt.pk}", {"action": "decline"}, "form")
    assert response.status_code == 403
    attempt.refresh_from_db()
    assert attempt.status == S.created


LIST_READS = {
    "id",
    "user",
    "proctored_exam",
    "allowed_time_limit_mins",
    "started_at",
    "completed_at",
    "status",
    "is_resumable",
    "ready_to_resume",
    "resumed",
    "all_attempts",
}


@pytest.mark.contract("rest-clients#staff-attempts", "rest-rules#bodies", "rest-clients#replayed")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_dashboard_lists_resumes_and_resets_attempts(
    browser: Callable[..., Any], staff: User, learner: User, encoding: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.error, is_resumable=True)
    client, headers = browser(staff)
    listing = f"{EXAM}/attempt/grouped/course_id/{COURSE}"
    for path in (listing, f"{listing}/search/learner", f"{listing}?page=2%20"):
        data = client.get(path).json()
        assert set(data["proctored_exam_attempts"][0]) >= LIST_READS
        assert set(data["pagination_info"]) == {"has_previous", "has_next", "current_page", "total_pages"}
        assert resolve(data["attempt_url"])
    body = {"action": "mark_ready_to_resume", "user_id": learner.pk}
    assert send(client, "put", f"{EXAM}/attempt/{attempt.pk}", body, encoding, **headers).status_code == 200
    attempt.refresh_from_db()
    assert attempt.ready_to_resume is True
    path = f"{EXAM}/exam_id/{attempt.proctored_exam_id}/user_id/{learner.pk}/reset_attempts"
    assert client.delete(path, **headers).status_code == 200
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("rest-clients#staff-allowances", "rest-rules#bodies", "rest-clients#replayed")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_dashboard_adds_and_removes_allowances(
    browser: Callable[..., Any], staff: User, learner: User, encoding: str
) -> None:
    exam = factories.make_exam("timed")
    client, headers = browser(staff)
    listed = client.get(f"{EXAM}/exam/course_id/{COURSE}").json()
    assert {"id", "exam_name", "is_proctored"} <= set(listed[0])
    body = {
        "course_id": COURSE,
        "exam_ids": f"{exam.pk},",
        "user_ids": "learner",
        "allowance_type": MINUTES,
        "value": "15",
    }
    assert send(client, "put", f"{EXAM}/bulk_allowance", body, encoding, **headers).status_code == 200
    grouped = client.get(f"{EXAM}/{COURSE}/grouped/allowance").json()
    (row,) = grouped["learner"]
    assert (row["user"]["email"], row["key"], row["value"]) == (learner.email, MINUTES, "15")
    assert row["proctored_exam"]["exam_name"] == exam.exam_name
    body = {**body, "value": "-5"}
    refused = send(client, "put", f"{EXAM}/bulk_allowance", body, encoding, **headers)
    assert (refused.status_code, set(refused.json())) == (400, {"field", "detail"})
    body = {"exam_id": exam.pk, "user_id": learner.pk, "key": MINUTES}
    assert send(client, "delete", f"{EXAM}/allowance", body, encoding, **headers).status_code == 200
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.contract("rest-clients#staff-onboarding", "rest-clients#course-home", "rest-clients#replayed")
def test_onboarding_panel_and_list_get_the_values_they_read(
    browser: Callable[..., Any], staff: User, learner: User, enrol: Callable[..., Any]
) -> None:
    factories.make_exam("onboarding")
    enrol(learner)
    panel = {
        "onboarding_status",
        "onboarding_link",
        "expiration_date",
        "onboarding_past_due",
        "onboarding_release_date",
        "review_requirements_url",
    }
    client, _headers = browser(learner)
    query = urlencode({"is_learning_mfe": "true", "course_id": COURSE, "username": "learner"})
    for path in (f"{V1}/user_onboarding/status?course_id={quote(COURSE)}", f"{V1}/user_onboarding/status?{query}"):
        assert set(client.get(path).json()) == panel
    client, _headers = browser(staff)
    assert set(client.get(f"{V1}/user_onboarding/status?{query}").json()) == panel
    query = urlencode({"page": 1, "text_search": "", "statuses": ""})
    data = client.get(f"{V1}/user_onboarding/status/course_id/{COURSE}?{query}").json()
    assert [row["username"] for row in data["results"]] == ["learner"]


# Other callers


@pytest.mark.contract("rest-clients#exams-service", "rest-clients#replayed")
def test_exams_service_registers_exams_and_reads_learners(staff_client: Any, learner: User) -> None:
    item = {
        "course_id": COURSE,
        "content_id": "block-v1:Demo+PROC+2026+type@sequential+block@service",
        "exam_name": "Exam",
        "time_limit_mins": 60,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "hide_after_due": False,
        "due_date": None,
        "external_id": None,
        "backend": "test",
        "exam_type": "unknown keys are left alone",
    }
    path = f"{EXAM}/exam_registration/course_id/{COURSE}"
    response = staff_client.patch(path, json.dumps([item]), content_type="application/json")
    exam = ProctoredExam.objects.get(content_id=item["content_id"])
    assert response.json() == [{"exam_id": exam.pk}]
    attempt = factories.make_attempt(exam, learner, status=S.started)
    query = urlencode({"content_id": exam.content_id, "user_id": learner.pk})
    data = staff_client.get(f"{EXAM}/attempt/course_id/{COURSE}?{query}").json()
    assert data["exam"]["attempt"]["attempt_id"] == attempt.pk
    data = staff_client.get(f"{EXAM}/active_attempt?user_id={learner.pk}").json()
    assert data["attempt_id"] == attempt.pk
    assert staff_client.get(f"{EXAM}/settings/exam_id/{exam.pk}/").status_code == 200


@pytest.mark.contract("rest-clients#retirement-scripts", "rest-clients#replayed")
def test_retirement_scripts_repeat_until_every_provider_confirms(
    staff_client: Any, learner: User, test_backend: Any
) -> None:
    factories.make_attempt(user=learner)
    test_backend.last_retire_user = "somebody was refused"
    codes = []
    for _ in range(2):
        codes.append(staff_client.post(f"{V1}/retire_backend_user/{learner.pk}/").status_code)
        test_backend.last_retire_user = None
    assert codes == [500, 200]
    assert [staff_client.post(f"{V1}/retire_user/{learner.pk}/").status_code for _ in range(2)] == [204, 204]


@pytest.mark.contract("rest-clients#secure-browser")
def test_url_that_the_secure_browser_gate_allows_is_unchanged() -> None:
    match = resolve(f"{EXAM}/attempt/course_id/{COURSE}")
    assert match.func.view_class is ProctoredExamAttemptView
    assert reverse("edx_proctoring:proctored_exam.exam_attempts", args=[COURSE]).endswith(f"/course_id/{COURSE}")
