"""Errors: exceptions, invalid bodies and URLs, logging."""

import inspect
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.test import APIClient

from edx_proctoring import exceptions, urls
from edx_proctoring.api.learner import mfe
from edx_proctoring.backends.circuit_breakers import BreakerOpen
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingProfilesException,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
    UserNotFoundException,
)
from edx_proctoring.models import ReviewInboxEntry
from edx_proctoring.utils.storable import MAX_ID
from edx_proctoring.views import handle_proctored_exception
from edx_proctoring.views.error_responses import ids_for_log
from tests import factories
from tests.models.test_exceptions import STATUS

PROVIDER_REPLIES = (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    BackendProviderOnboardingProfilesException,
)
OURS = [
    error
    for _name, error in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(error, ProctoredBaseException)
    and not error.__name__.startswith("_")
    and error not in PROVIDER_REPLIES
]


@pytest.mark.contract("reviews#exceptions", "rest-rules#exception-status", "rest-rules#error-body")
@pytest.mark.parametrize("error", OURS)
def test_a_domain_exception_answers_with_its_status_and_one_key(error: type[ProctoredBaseException]) -> None:
    response = handle_proctored_exception(error("the reason"), name="View")
    assert response is not None
    assert response.status_code == STATUS.get(error.__name__, 400)
    assert response.data == {"detail": "the reason"}


@pytest.mark.contract("rest-rules#provider-failures")
@pytest.mark.parametrize("error", PROVIDER_REPLIES)
@pytest.mark.parametrize(
    ("upstream", "answer"),
    [
        (200, 502),
        (201, 502),
        (302, 502),
        (400, 400),
        (401, 502),
        (403, 502),
        (404, 404),
        (407, 502),
        (409, 409),
        (422, 422),
        (429, 429),
        (500, 502),
        (502, 502),
        (503, 503),
        (504, 502),
    ],
)
def test_a_provider_s_failure_is_not_passed_on_as_success_or_as_a_failed_login(
    error: Any, upstream: int, answer: int
) -> None:
    response = handle_proctored_exception(error(b"out of order", upstream))
    assert response is not None
    assert (response.status_code, list(response.data)) == (answer, ["detail"])
    assert response.data["detail"]


@pytest.mark.parametrize("error", PROVIDER_REPLIES)
@pytest.mark.parametrize("upstream", [400, 500])
def test_provider_s_answer_is_neither_shown_nor_logged_but_its_digest_is(
    error: Any, upstream: int, caplog: pytest.LogCaptureFixture
) -> None:
    response = handle_proctored_exception(error(b"Ann Learner <ann@example.com> is locked", upstream))
    assert response is not None
    assert "Ann" not in response.data["detail"]
    assert "Ann" not in caplog.text
    assert f"upstream_status={upstream} answer=sha256:" in caplog.text


@pytest.mark.parametrize("error", PROVIDER_REPLIES[:1])
def test_text_that_a_provider_class_raises_for_the_learner_is_shown(error: Any) -> None:
    response = handle_proctored_exception(error("The proctoring provider does not answer.", 503))
    assert response is not None
    assert response.data == {"detail": "The proctoring provider does not answer."}


@pytest.mark.parametrize("exc", [ValueError("x"), NotFound()])
def test_other_exceptions_are_not_answered(exc: Exception) -> None:
    assert handle_proctored_exception(exc) is None


@pytest.mark.contract("rest-rules#error-log", "rest-rules#loggers")
@pytest.mark.parametrize(
    ("exc", "level", "has_trace"),
    [
        (UserNotFoundException("Cannot find user against ann@example.com"), logging.WARNING, False),
        (BackendProviderSentNoAttemptID("ann@example.com", 200), logging.ERROR, False),
    ],
)
def test_a_refusal_is_logged_with_ids_and_without_its_text(
    exc: ProctoredBaseException, level: int, has_trace: bool, caplog: pytest.LogCaptureFixture
) -> None:
    handle_proctored_exception(exc, name="View", ids={"exam_id": 3, "search_by": "ann@example.com"})
    (record,) = caplog.records
    assert (record.name, record.levelno, bool(record.exc_info)) == ("edx_proctoring_views", level, has_trace)
    assert f"view=View error={type(exc).__name__}" in record.getMessage()
    assert record.getMessage().endswith(" exam_id=3")
    assert "ann@example.com" not in record.getMessage()


@pytest.mark.contract("rest-rules#cache-control")
@pytest.mark.django_db
@pytest.mark.parametrize("path", ["proctored_exam.attempt.collection", "proctored_exam.exam"])
def test_answers_about_people_are_not_cacheable(learner_client: Any, path: str) -> None:
    """Including refusals, which a proxy would return to the next learner."""
    for response in (
        learner_client.get(reverse(f"edx_proctoring:{path}")),
        learner_client.post(reverse(f"edx_proctoring:{path}"), {}, format="json"),
    ):
        assert response["Cache-Control"] == "private, no-store"


@pytest.mark.contract("rest-rules#csrf")
@pytest.mark.django_db
def test_a_session_without_a_csrf_token_cannot_change_anything(learner: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("edx_proctoring:proctored_exam.attempt.collection")).status_code == 200
    response = client.post(reverse("edx_proctoring:proctored_exam.attempt.collection"), {})
    assert response.status_code == 403
    assert "CSRF" in response.data["detail"]


@pytest.mark.contract("rest-rules#no-rollback")
@pytest.mark.django_db
def test_a_refusal_keeps_changes_made_before_it(learner_client: Any, learner: Any, all_services: Any) -> None:
    """Domain exceptions roll nothing back: reading the attempt submits it, then the action is refused."""
    attempt = factories.make_attempt(user=learner, status="started", started_at=timezone.now() - timedelta(minutes=91))
    path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    assert learner_client.put(path, {"action": "stop"}, format="json").status_code == 400
    attempt.refresh_from_db()
    assert attempt.status == "submitted"


@pytest.mark.contract("rest-rules#provider-failures")
@pytest.mark.parametrize("content", [b"", "", None, b"  \n"], ids=["no-bytes", "no-text", "nothing", "blanks"])
def test_a_provider_error_without_a_text_gets_a_default_text(
    learner_client: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    def refuse(exam: Any, context: Any) -> None:
        raise BackendProviderCannotRegisterAttempt(content, 503)

    monkeypatch.setattr(test_backend, "register_exam_attempt", refuse)
    response = learner_client.post(
        reverse("edx_proctoring:proctored_exam.attempt.collection"),
        {"exam_id": factories.make_exam().pk, "attempt_proctored": "true"},
        format="json",
    )
    assert response.status_code == 503
    assert response.json()["detail"].startswith("The proctoring service is not responding correctly.")


@pytest.mark.contract("rest-rules#provider-failures")
def test_who_could_not_be_registered_is_told_when_to_come_back() -> None:
    response = handle_proctored_exception(BackendProviderCannotRegisterAttempt("busy", 503))
    assert response is not None
    assert 10 <= int(response["Retry-After"]) <= 20
    assert list(response.data) == ["detail"]

    refused = BackendProviderCannotRegisterAttempt("not asked", 503)
    refused.__cause__ = BreakerOpen(27.2)
    response = handle_proctored_exception(refused)
    assert response is not None
    assert response["Retry-After"] == "28"


@pytest.mark.parametrize("status", [400, 500])
def test_a_refusal_of_the_provider_names_no_time(status: int) -> None:
    response = handle_proctored_exception(BackendProviderCannotRegisterAttempt("no", status))
    assert response is not None
    assert "Retry-After" not in response


@pytest.mark.contract("provider-wire#registrations-at-once")
def test_a_refusal_for_lack_of_a_slot_writes_nothing_and_says_when_to_come_back(
    backends_registry: dict[str, Any], learner_client: Any
) -> None:
    exam = factories.make_exam(backend="null", external_id="exam")
    type(exam).objects.filter(pk=exam.pk).update(backend="full")
    backends_registry["full"] = full = BaseRestProctoringProvider(
        base_url="http://127.0.0.1:1", client_id="id", client_secret="secret" * 6, registrations_at_once=0
    )
    full.backend_name = "full"
    with CaptureQueriesContext(connection) as captured:
        response = learner_client.post(
            reverse("edx_proctoring:proctored_exam.attempt.collection"),
            {"exam_id": exam.pk, "attempt_proctored": "true"},
            format="json",
        )
    assert response.status_code == 503
    assert response.json() == {
        "detail": "Many learners are starting at this moment. Your exam has not started and no time was used. "
        "Try again in a minute."
    }
    assert 10 <= int(response["Retry-After"]) <= 20
    written = [
        query["sql"] for query in captured.captured_queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert written == []


def test_another_exception_without_a_text_gets_a_default_text() -> None:
    response = handle_proctored_exception(UserNotFoundException())
    assert response is not None
    assert response.data["detail"]


# Invalid bodies and URLs


@pytest.mark.contract("rest-rules#unreadable-bodies", "rest-rules#body-limits")
@pytest.mark.parametrize("depth", [51, 900, 100_000])
@pytest.mark.parametrize("route", ["proctored_exam.attempt.collection", "anonymous.proctoring_review_callback"])
def test_a_body_nested_too_deeply_answers_400(learner_client: Any, route: str, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    response = learner_client.post(reverse(f"edx_proctoring:{route}"), deep, content_type="application/json")
    assert (response.status_code, response.data) == (400, {"detail": "The request body is nested too deeply."})


@pytest.mark.contract("rest-rules#body-limits")
@pytest.mark.parametrize("route", ["proctored_exam.attempt.collection", "anonymous.proctoring_review_callback"])
def test_a_body_of_fifty_levels_is_read(learner_client: Any, route: str) -> None:
    body = '{"exam_id": ' + "[" * 49 + "]" * 49 + "}"
    response = learner_client.post(reverse(f"edx_proctoring:{route}"), body, content_type="application/json")
    assert response.status_code == 400
    assert "nested too deeply" not in response.data["detail"]


@pytest.mark.django_db
def test_a_recursion_error_of_our_own_is_not_answered_as_the_client_s(
    learner_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recurse(*_args: Any, **_kwargs: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(mfe, "active_attempt_data", recurse)
    with pytest.raises(RecursionError):
        learner_client.get(reverse("edx_proctoring:proctored_exam.attempt.collection"))


@pytest.mark.contract("rest-rules#unreadable-bodies")
@pytest.mark.parametrize("charset", ["base64", "hex", "no-such-charset", "utf-7"])
def test_an_unknown_charset_answers_400(learner_client: Any, charset: str) -> None:
    path = reverse("edx_proctoring:proctored_exam.attempt.collection")
    response = learner_client.post(path, b"%%%", content_type=f"application/json; charset={charset}")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.contract("rest-rules#unreadable-bodies", "rest-rules#body-limits")
@pytest.mark.parametrize("format_", ["json", "multipart"])
@pytest.mark.parametrize(("limit", "code"), [(1000, 413), (None, 400), (100_000, 400)])
def test_a_body_above_the_host_s_limit_answers_413(
    learner_client: Any, settings: Any, format_: str, limit: int | None, code: int
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = limit
    path = reverse("edx_proctoring:proctored_exam.attempt.collection")
    response = learner_client.post(path, {"exam_id": 99999, "padding": "x" * 5000}, format=format_)
    assert (response.status_code, list(response.data)) == (code, ["detail"])


ROUTES_WITH_IDS = [
    ("get", "proctored_exam.exam_by_id", ("exam_id",)),
    ("get", "proctored_exam.attempt", ("attempt_id",)),
    ("put", "proctored_exam.attempt", ("attempt_id",)),
    ("delete", "proctored_exam.attempt", ("attempt_id",)),
    ("put", "proctored_exam.attempt.review_status", ("attempt_id",)),
    ("get", "proctored_exam.proctoring_settings", ("exam_id",)),
    ("get", "proctored_exam.review_policy", ("exam_id",)),
    ("get", "instructor_dashboard_exam", ("course_id", "exam_id")),
    ("delete", "proctored_exam.attempts.reset", ("exam_id", "user_id")),
    ("post", "backend_user_deletion_api", ("user_id",)),
    ("post", "user_retirement_api", ("user_id",)),
]


@pytest.mark.contract("rest-rules#ids")
@pytest.mark.parametrize(("method", "name", "arguments"), ROUTES_WITH_IDS)
@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_an_id_that_no_row_can_have_answers_400_on_every_route(
    staff_client: Any, settings: Any, method: str, name: str, arguments: tuple[str, ...], number: int
) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    kwargs = {argument: "a/b/c" if argument == "course_id" else number for argument in arguments}
    path = reverse(f"edx_proctoring:{name}", kwargs=kwargs)
    response = getattr(staff_client, method)(path)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert f"from 0 to {MAX_ID}" in response.data["detail"]
    assert APIClient().get(path).status_code == 403


@pytest.mark.contract("rest-rules#ids")
def test_every_route_with_an_id_is_in_the_list_above() -> None:
    with_ids = {
        pattern.name
        for pattern in urls.urlpatterns
        if isinstance(pattern, URLPattern)
        and {"exam_id", "attempt_id", "user_id"}
        & (set(pattern.pattern.regex.groupindex) | set(pattern.pattern.converters))
    }
    assert with_ids == {name for _method, name, _arguments in ROUTES_WITH_IDS}


FORGED = "A\n2026-01-01 CRITICAL forged"
BY_CONTENT = "proctored_exam.exam_by_content_id"
FORGED_ADDRESSES = [
    pytest.param(
        "proctored_exam.exam_by_content_id", {"course_id": f"x/{FORGED}/y", "content_id": "x"}, {}, id="course"
    ),
    # This URL pattern does not match a line feed.
    pytest.param("proctored_exam.exam_by_content_id", {"course_id": "x/y/z", "content_id": "A\x85B"}, {}, id="content"),
    pytest.param("proctored_exam.exams_by_course_id", {"course_id": f"x/{FORGED}/y"}, {}, id="list"),
    pytest.param("user_onboarding.status", {}, {"course_id": FORGED}, id="course-of-a-query"),
    pytest.param("user_onboarding.status", {}, {"course_id": "a/b/c", "username": FORGED}, id="name-of-a-query"),
    pytest.param(
        "proctored_exam.exam_attempts", {"course_id": "x/y/z"}, {"content_id": FORGED}, id="content-of-a-query"
    ),
    pytest.param("proctored_exam.exam", {}, {"course_id": "a/b/\u2028", "content_id": "x"}, id="unicode-line-end"),
    pytest.param("instructor_dashboard_course", {"course_id": "x/y/z"}, {"attempt": FORGED}, id="attempt-of-a-query"),
    pytest.param(
        "proctored_exam.attempts.grouped.course", {"course_id": "x/y/z"}, {"status": FORGED}, id="status-of-a-query"
    ),
]


@pytest.mark.contract("rest-rules#names-in-addresses")
@pytest.mark.parametrize(("name", "kwargs", "query"), FORGED_ADDRESSES)
def test_a_url_cannot_forge_log_lines(
    staff_client: Any, caplog: pytest.LogCaptureFixture, name: str, kwargs: dict[str, str], query: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    response = staff_client.get(reverse(f"edx_proctoring:{name}", kwargs=kwargs), query)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("edx_proctoring")]
    assert [line for line in lines if len(line.splitlines()) > 1] == []


@pytest.mark.contract("rest-rules#names-in-addresses")
@pytest.mark.parametrize("field", ["course_id", "content_id", "external_id", "backend"])
def test_ids_of_an_exam_in_a_body_cannot_forge_log_lines(staff_client: Any, field: str) -> None:
    body = {
        "course_id": "a/b/c",
        "content_id": "x",
        "exam_name": "Exam",
        "time_limit_mins": 90,
        "is_proctored": True,
        "is_practice_exam": False,
        "external_id": "123",
        "is_active": True,
        "hide_after_due": False,
        field: FORGED,
    }
    created = staff_client.post(reverse("edx_proctoring:proctored_exam.exam"), body, format="json")
    assert (created.status_code, list(created.data)) == (400, [field])
    path = reverse("edx_proctoring:proctored_exam.register_exams_by_course_id", args=["a/b/c"])
    assert staff_client.patch(path, [body], format="json").status_code == 422


@pytest.mark.contract("rest-rules#names-in-addresses")
def test_the_code_of_an_anonymous_review_cannot_forge_log_lines(db: None, caplog: pytest.LogCaptureFixture) -> None:
    body = {"examMetaData": {"examCode": FORGED}}
    path = reverse("edx_proctoring:anonymous.proctoring_review_callback")
    assert APIClient().post(path, body, format="json").status_code == 400
    assert not [record for record in caplog.records if "forged" in record.getMessage()]


UNSTORABLE = ["nul\x00", "half of a pair \ud800"]


@pytest.mark.parametrize("text", UNSTORABLE, ids=["nul", "surrogate"])
@pytest.mark.parametrize("field", ["user_info", "key", "value"])
def test_text_that_no_database_can_store_answers_400(staff_client: Any, learner: Any, text: str, field: str) -> None:
    body = {"exam_id": factories.make_exam().pk, "user_info": "learner", "key": "k", "value": "v", field: text}
    path = reverse("edx_proctoring:proctored_exam.allowance")
    response = staff_client.put(path, json.dumps(body), content_type="application/json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.parametrize("text", UNSTORABLE, ids=["nul", "surrogate"])
def test_a_verdict_that_no_database_can_store_answers_400_and_is_noted_in_the_inbox(
    staff_client: Any, all_services: Any, text: str
) -> None:
    attempt = factories.make_attempt(status="submitted")
    path = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
    response = staff_client.post(path, json.dumps({"status": text, "comments": []}), content_type="application/json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert ReviewInboxEntry.objects.get().outcome.startswith("refused: ")
    attempt.refresh_from_db()
    assert attempt.status == "submitted"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "kwargs", "query"),
    [
        pytest.param(
            "proctored_exam.attempts.grouped.search", {"course_id": "a/b/c", "search_by": "\x00"}, {}, id="path"
        ),
        pytest.param("proctored_exam.attempts.grouped.course", {"course_id": "a/b/c"}, {"status": "\x00"}, id="query"),
        pytest.param("user_onboarding.status.course", {"course_id": "a/b/c"}, {"text_search": "\x00"}, id="search"),
    ],
)
def test_a_url_with_text_that_no_database_can_store_answers_400(
    staff_client: Any, name: str, kwargs: dict[str, str], query: dict[str, str]
) -> None:
    assert staff_client.get(reverse(f"edx_proctoring:{name}", kwargs=kwargs), query).status_code == 400


@pytest.mark.contract("rest-rules#unreadable-bodies")
@pytest.mark.parametrize("kind", ["ready_callback", "callback"])
def test_a_callback_as_a_form_that_the_csrf_check_has_read_answers_415(learner: Any, kind: str) -> None:
    client, token = browser_of(learner)
    attempt = factories.make_attempt(user=learner)
    path = reverse(f"edx_proctoring:proctored_exam.attempt.{kind}", args=[attempt.external_id])
    response = client.post(path, {"status": "ready"}, format="multipart", HTTP_X_CSRFTOKEN=token)
    assert response.status_code == 415


@pytest.mark.django_db
def test_a_callback_as_json_is_accepted_from_a_session_whose_csrf_check_reads_it(learner: Any) -> None:
    client, token = browser_of(learner)
    attempt = factories.make_attempt(user=learner, status="created")
    path = reverse("edx_proctoring:proctored_exam.attempt.ready_callback", args=[attempt.external_id])
    response = client.post(path, {"status": "ready"}, format="json", HTTP_X_CSRFTOKEN=token)
    assert response.status_code == 200, response.content


def browser_of(user: Any) -> tuple[APIClient, str]:
    """Return a client with CSRF checks, and its token."""
    client, token = APIClient(enforce_csrf_checks=True), "a" * 32
    client.force_login(user)
    client.cookies["csrftoken"] = token
    return client, token


@pytest.mark.contract("rest-rules#names-in-addresses")
def test_each_id_in_the_log_is_one_short_word() -> None:
    logged = ids_for_log({"course_id": "a\nb c\u2028" + "x" * 300, "exam_id": 7, "search_by": "ann@example.com"})
    assert logged == " course_id=a?b?c?" + "x" * (255 - 6) + " exam_id=7"
    assert ids_for_log(None) == ""
