"""Refusals of version 1 name a code; clients that ask for it get problem details."""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from rest_framework.test import APIClient

from edx_proctoring import exceptions
from edx_proctoring.api.attempts import start_gates
from edx_proctoring.api.attempts.start_gates import StartRefusal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views.problem_details import CATALOGUE, CODE_HEADER, CONTENT_TYPE
from tests import factories
from tests.views.conftest import COURSE_A, World

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("all_services"),
    pytest.mark.contract("rest-rules#error-codes"),
]


def path(name: str, *args: Any) -> str:
    return reverse(f"edx_proctoring:{name}", args=args)


ONE = "proctored_exam.attempt"
COLLECTION = "proctored_exam.attempt.collection"
# Role, method, name of the URL, its arguments (words of the world), body → status, code.
REFUSALS = [
    ("anonymous", "get", ONE, ("attempt",), None, 403, "not_authenticated"),
    ("stranger", "get", "proctored_exam.attempts.grouped.course", (COURSE_A,), None, 403, "staff_required"),
    ("stranger", "put", "proctored_exam.allowance", (), {}, 403, "course_unknown"),
    ("stranger", "put", "proctored_exam.bulk_allowance", (), {}, 403, "course_unknown"),
    ("stranger", "get", ONE, ("attempt",), None, 403, "not_allowed"),
    ("stranger", "get", ONE, (999999,), None, 400, "not_found"),
    ("stranger", "get", "proctored_exam.exam_by_id", (999999,), None, 400, "not_found"),
    ("stranger", "put", ONE, ("attempt",), {"action": "stop"}, 403, "not_allowed"),
    ("owner", "put", ONE, ("attempt",), {"action": "dance"}, 400, "bad_request"),
    ("owner", "put", ONE, ("attempt",), {"action": "start"}, 400, "already_started"),
    ("owner", "put", ONE, ("attempt",), {"action": "mark_ready_to_resume"}, 403, "not_allowed"),
    ("owner", "patch", ONE, ("attempt",), {}, 405, "method_not_allowed"),
    ("owner", "post", COLLECTION, (), {"exam_id": "exam"}, 400, "attempt_exists"),
    ("global_staff", "post", "proctored_exam.exam", (), {"course_id": COURSE_A}, 400, "validation_error"),
    ("global_staff", "patch", "proctored_exam.register_exams_by_course_id", (COURSE_A,), {}, 422, "validation_error"),
    ("stranger", "post", "proctored_exam.attempt.ready_callback", ("nobody",), {}, 404, "not_found"),
    ("stranger", "post", "proctored_exam.attempt.callback", ("vendor-1",), {}, 403, "not_allowed"),
    ("stranger", "post", "backend_user_deletion_api", (1,), {}, 403, "not_allowed"),
]
# Of the launch callback, which answers people.
OF_LAUNCHES = [
    ("anonymous", "get", "anonymous.proctoring_launch_callback.start_exam", ("nobody",), None, 404, "not_found"),
    ("anonymous", "put", "anonymous.proctoring_launch_callback.start_exam", ("nobody",), {}, 405, "method_not_allowed"),
]


def send(client: APIClient, world: World, row: Any, **headers: str) -> Any:
    _role, method, name, args, body, *_ = row
    known = {"attempt": world.attempt.pk, "exam": world.exam.pk}
    data = None if body is None else {key: known.get(value, value) for key, value in body.items()}
    url = path(name, *(known.get(arg, arg) for arg in args))
    return getattr(client, method)(url, data, format="json", headers=headers)


def name_of(row: Any) -> str:
    return "-".join(map(str, (row[0], row[1], row[2], row[6])))


class TestEachRefusal:
    @pytest.mark.parametrize("row", [*REFUSALS, *OF_LAUNCHES], ids=name_of)
    def test_the_header_names_the_code(self, row: Any, as_role: Any, world: World) -> None:
        response = send(as_role(row[0]), world, row)
        assert (response.status_code, response.headers[CODE_HEADER]) == row[5:]
        assert CONTENT_TYPE not in response.headers.get("Content-Type", "")
        assert b"urn:" not in response.content

    @pytest.mark.parametrize("row", REFUSALS, ids=name_of)
    def test_problem_details_for_those_who_ask(self, row: Any, as_role: Any, world: World) -> None:
        if row[2].startswith("anonymous."):
            return
        plain = send(as_role(row[0]), world, row)
        response = send(
            as_role(row[0]),
            world,
            row,
            **{"Accept": f"application/json, {CONTENT_TYPE}", "X-Request-Id": "asked-12345"},
        )
        problem = response.json()
        assert (response.status_code, problem["code"], problem["status"]) == (row[5], row[6], row[5])
        assert response.headers["Content-Type"] == CONTENT_TYPE
        assert problem["title"] == CATALOGUE[row[6]].title
        assert problem["request_id"] == response.headers["X-Request-Id"] == "asked-12345"
        given = json.loads(plain.content or "null")
        if isinstance(given, Mapping) and "detail" in given:
            assert problem["detail"] == given["detail"]
        elif isinstance(given, Mapping):
            assert {error["field"] for error in problem["errors"]} == {
                "" if name == "non_field_errors" else name for name in given
            }
        assert problem["detail"]


def test_a_gate_gives_its_own_code(learner_client: APIClient, learner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = StartRefusal("seb_required", "Use the safe browser.", "/seb/")
    monkeypatch.setattr(start_gates, "check_start_gates", lambda *_args, **_kwargs: refusal)
    exam = factories.make_exam("timed")
    body = {"exam_id": exam.pk, "start_clock": "true"}
    plain = learner_client.post(path(COLLECTION), body, format="json")
    assert plain.json() == {"detail": "Use the safe browser.", "code": "seb_required", "launch_url": "/seb/"}
    assert (plain.status_code, plain.headers[CODE_HEADER]) == (403, "seb_required")
    headers = {"Accept": f"{CONTENT_TYPE}, application/json"}
    problem = learner_client.post(path(COLLECTION), body, format="json", headers=headers).json()
    assert (problem["code"], problem["title"], problem["launch_url"]) == ("seb_required", "Start refused", "/seb/")


def test_a_field_of_the_form_is_named(staff_client: APIClient) -> None:
    exam = factories.make_exam("timed")
    body = {"exam_ids": str(exam.pk), "user_ids": "nobody", "allowance_type": "additional_time_granted", "value": "5"}
    response = staff_client.put(path("proctored_exam.bulk_allowance"), body, headers={"Accept": f"*/*, {CONTENT_TYPE}"})
    assert (response.status_code, response.headers[CODE_HEADER]) == (400, "user_not_found")
    assert [error["field"] for error in response.json()["errors"]] == ["user_info"]


def test_any_media_type_is_not_a_wish_for_problem_details(learner_client: APIClient) -> None:
    response = learner_client.get(path(ONE, 999999), headers={"Accept": "*/*"})
    assert list(response.json()) == ["detail"]


def test_an_answer_has_an_id_and_no_code(learner_client: APIClient, learner: Any) -> None:
    attempt = factories.make_attempt(factories.make_exam("timed"), learner, status=S.started)
    response = learner_client.get(path(ONE, attempt.pk))
    assert response.status_code == 200
    assert CODE_HEADER not in response.headers
    assert len(response.headers["X-Request-Id"]) == 32


def test_the_log_of_a_refusal_has_the_id(learner_client: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "edx_proctoring_views"):
        response = learner_client.get(path(ONE, 999999))
    assert f"request_id={response.headers['X-Request-Id']}" in caplog.text


@pytest.mark.contract("exceptions#tree")
def test_every_exception_has_a_code_of_the_catalogue() -> None:
    codes = {
        error().code
        for name, error in vars(exceptions).items()
        if isinstance(error, type)
        and issubclass(error, exceptions.ProctoredBaseException)
        and not name.startswith("_")
        and error not in (*exceptions.PROVIDER_REPLIES, exceptions.BackendProviderSentNoAttemptID)
        and error is not exceptions.BackendProviderOnboardingException
    }
    assert codes - {""} <= set(CATALOGUE)
    assert exceptions.BackendProviderCannotRegisterAttempt("x", 503).code == "provider_unavailable"
    assert exceptions.BackendProviderCannotRegisterAttempt("x", 404).code == "provider_rejected"


@pytest.mark.contract("rest-rules#etags")
class TestEtags:
    @pytest.fixture
    def attempt(self, learner: Any) -> Any:
        return factories.make_attempt(
            factories.make_exam("timed", course_id=COURSE_A), learner, status=S.started, allowed_time_limit_mins=60
        )

    @pytest.mark.parametrize("which", ["attempt", "exam"])
    def test_a_repeated_poll_is_answered_304(self, which: str, attempt: Any, learner_client: APIClient) -> None:
        exam = attempt.proctored_exam
        url = {
            "attempt": path(ONE, attempt.pk),
            "exam": path("proctored_exam.exam_attempts", COURSE_A) + f"?content_id={exam.content_id}",
        }[which]
        first = learner_client.get(url)
        etag = first.headers["ETag"]
        assert etag.startswith('W/"')
        # A browser that kept the answer would show the old seconds.
        assert first.headers["Cache-Control"] == "private, no-store"
        with freeze_time(timezone.now() + timedelta(seconds=70)):
            again = learner_client.get(url, headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        plain = learner_client.get(url)
        assert (plain.status_code, plain.headers["ETag"]) == (200, etag)
        attempt.status = S.submitted
        attempt.save()
        changed = learner_client.get(url, headers={"If-None-Match": etag})
        assert changed.status_code == 200
        assert changed.headers["ETag"] != etag
