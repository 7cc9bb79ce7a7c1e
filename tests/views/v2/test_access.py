"""Who may call which operation, what it refuses, and what it costs. Each route of version 2 has a row here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.exams import allowance_changes
from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    ExamMeasure,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views.problem_details import CATALOGUE
from edx_proctoring.views.v2 import urls
from edx_proctoring.views.v2.base import StaffView
from mock_apps.models import Profile
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address, is_ours

pytestmark = pytest.mark.usefixtures("onboarding")

STAFF_ONLY = {
    "anonymous": 403,
    "stranger": 403,
    "owner": 403,
    "foreign_staff": 403,
    "reviewer": 403,
    "course_staff": 200,
    "global_staff": 200,
}
# An object that is named by its id does not exist for those who may not see it.
STAFF_ONLY_BY_ID = {role: 404 if status == 403 else status for role, status in STAFF_ONLY.items()} | {"anonymous": 403}
STAFF_OR_OWNER = STAFF_ONLY_BY_ID | {"owner": 200}
# Course staff decide only where the host lets them.
REVIEWERS = STAFF_ONLY_BY_ID | {"reviewer": 200, "course_staff": 403}
REMOVED_BY_ID = STAFF_ONLY_BY_ID | {"course_staff": 204, "global_staff": 204}
GLOBAL_STAFF_BY_ID = STAFF_ONLY_BY_ID | {"course_staff": 403}
# The test host lets global staff retire users.
RETIRERS = dict.fromkeys(STAFF_ONLY, 403) | {"global_staff": 200}
OUTAGE = {"until": "2026-01-01T00:00:00Z", "reason": "the provider is down"}


@dataclass(frozen=True)
class Row:
    """One operation: its address, body and the status per role. ``takes_body``: some of its members are required.

    ``allowed``: a role that may.
    """

    route: str
    kwargs: Mapping[str, Any]
    statuses: Mapping[str, int]
    method: str = "get"
    body: Mapping[str, Any] = field(default_factory=dict)
    takes_body: bool = True
    allowed: str = "course_staff"

    @property
    def id(self) -> str:
        return f"{self.method}-{self.route}"


TABLE = [
    Row("desk", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("exams", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("exam", {"exam_id": "exam"}, STAFF_ONLY_BY_ID),
    Row("board", {"exam_id": "exam"}, STAFF_ONLY_BY_ID),
    Row("outage", {"exam_id": "exam"}, STAFF_ONLY_BY_ID),
    Row(
        "outage",
        {"exam_id": "exam_without_outage"},
        GLOBAL_STAFF_BY_ID | {"global_staff": 201},
        method="post",
        body=OUTAGE,
        allowed="global_staff",
    ),
    Row(
        "outage",
        {"exam_id": "exam_in_outage"},
        GLOBAL_STAFF_BY_ID,
        method="patch",
        body=OUTAGE,
        allowed="global_staff",
    ),
    Row(
        "outage",
        {"exam_id": "exam_in_outage"},
        GLOBAL_STAFF_BY_ID,
        method="delete",
        body={"reason": "it works"},
        allowed="global_staff",
    ),
    Row(
        "outage-decisions",
        {"exam_id": "exam"},
        REVIEWERS,
        method="post",
        body={"decision": "accept", "reason": "seen by an invigilator", "all": True},
    ),
    Row("learner-deadline", {"exam_id": "exam", "user_id": "owner"}, STAFF_ONLY_BY_ID),
    Row("attempts", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("attempt", {"attempt_id": "attempt"}, STAFF_OR_OWNER),
    Row("attempt-deadline", {"attempt_id": "attempt"}, STAFF_OR_OWNER),
    Row(
        "attempt-extend",
        {"attempt_id": "attempt"},
        STAFF_ONLY_BY_ID,
        method="post",
        body={"minutes": 5, "reason": "fire alarm"},
    ),
    Row("reviews", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("review", {"attempt_id": "reviewed"}, STAFF_ONLY_BY_ID),
    Row(
        "review-decision",
        {"attempt_id": "reviewed"},
        REVIEWERS,
        method="post",
        body={"verdict": "rejected", "expected_status": "second_review_required"},
    ),
    Row("readiness", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("user-data", {"user_id": "owner"}, RETIRERS, allowed="global_staff"),
    Row("summary", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("attempts-file", {"course_id": COURSE_A, "ending": "csv"}, STAFF_ONLY),
    Row("allowances", {"course_id": COURSE_A}, STAFF_ONLY),
    Row(
        "allowances",
        {"course_id": COURSE_A},
        STAFF_ONLY,
        method="post",
        body={"exam_ids": [1], "learners": ["owner"], "type": "additional_time_granted", "value": "5"},
    ),
    Row(
        "allowances-bulk",
        {"course_id": COURSE_A},
        STAFF_ONLY,
        method="post",
        body={"rows": [{"learner": "owner", "exam": 1, "type": "additional_time_granted", "value": "5"}]},
    ),
    Row("allowance", {"allowance_id": "allowance"}, STAFF_ONLY_BY_ID),
    Row("allowance", {"allowance_id": "allowance"}, STAFF_ONLY_BY_ID, method="patch", body={"value": "20"}),
    Row("allowance", {"allowance_id": "allowance"}, REMOVED_BY_ID, method="delete", takes_body=False),
    Row("allowance-undo", {"row_id": "change"}, STAFF_ONLY_BY_ID, method="post", takes_body=False),
    Row("allowances-file", {"course_id": COURSE_A, "ending": "csv"}, STAFF_ONLY),
    Row("onboarding-file", {"course_id": COURSE_A, "ending": "csv"}, STAFF_ONLY),
    Row("violations-file", {"course_id": COURSE_A, "ending": "csv"}, STAFF_ONLY),
    Row("onboarding", {"course_id": COURSE_A}, STAFF_ONLY),
    Row(
        "attempt",
        {"attempt_id": "removable"},
        REMOVED_BY_ID,
        method="delete",
        body={"reason": "began by mistake"},
    ),
    Row("attempt-history", {"attempt_id": "attempt"}, STAFF_OR_OWNER),
    Row("history-by-code", {"attempt_code": "attempt-code"}, STAFF_ONLY_BY_ID),
    Row(
        "attempt-transitions",
        {"attempt_id": "broken"},
        STAFF_ONLY_BY_ID | {"owner": 403},
        method="post",
        body={"action": "resume", "reason": "power cut"},
    ),
    Row(
        "attempts-bulk",
        {"course_id": COURSE_A},
        STAFF_ONLY,
        method="post",
        body={"action": "reset", "all": True, "reason": "fire alarm", "dry_run": True},
    ),
    Row(
        "exam-extend",
        {"exam_id": "exam"},
        STAFF_ONLY_BY_ID,
        method="post",
        body={"minutes": 5, "all": True, "reason": "fire alarm"},
    ),
    Row("jobs", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("job", {"code": "job"}, STAFF_ONLY_BY_ID),
    Row("job-rows", {"code": "job"}, STAFF_ONLY_BY_ID),
    Row("job-work", {"code": "job"}, STAFF_ONLY_BY_ID, method="post", takes_body=False),
    Row("job-stop", {"code": "job"}, STAFF_ONLY_BY_ID, method="post", takes_body=False),
    Row("jobs-file", {"course_id": COURSE_A, "ending": "csv"}, STAFF_ONLY),
    Row("effects", {"course_id": COURSE_A}, STAFF_ONLY),
    Row("effect-retry", {"effect_id": "effect"}, STAFF_ONLY_BY_ID, method="post", takes_body=False),
    Row(
        "effect-give-up", {"effect_id": "due"}, STAFF_ONLY_BY_ID, method="post", body={"reason": "the service is gone"}
    ),
    Row("attempt-notes", {"attempt_id": "attempt"}, STAFF_ONLY_BY_ID),
    Row(
        "attempt-notes",
        {"attempt_id": "attempt"},
        {**STAFF_ONLY_BY_ID, "course_staff": 201, "global_staff": 201},
        method="post",
        body={"category": "conduct", "text": "talks to a person beside"},
    ),
    Row("note", {"note_id": "note"}, STAFF_ONLY_BY_ID, method="delete", body={"reason": "it was the radio"}),
    Row("inbox", {"course_id": COURSE_A}, STAFF_ONLY),
    Row(
        "inbox-replay",
        {"inbox_id": "inbox"},
        GLOBAL_STAFF_BY_ID,
        method="post",
        takes_body=False,
        allowed="global_staff",
    ),
]


def _reviewed(world: World) -> ProctoredExamStudentAttempt:
    """Return an attempt with a review that waits for a person."""
    found = ProctoredExamStudentAttempt.objects.filter(status=S.second_review_required).first()
    if found is None:
        found = factories.make_attempt(world.exam, factories.make_user(), status=S.second_review_required)
        factories.make_review(found, review_status="Suspicious")
    return found


def _effect(world: World) -> AttemptEffect:
    """Return an effect that was given up."""
    failed = {"attempt_id": world.attempt.pk, "state": AttemptEffect.STATE_FAILED}
    return AttemptEffect.objects.filter(**failed).first() or factories.make_effect(world.attempt, **failed)


def _due_effect(world: World) -> AttemptEffect:
    """Return an effect that waits."""
    due = {"attempt_id": world.attempt.pk, "state": AttemptEffect.STATE_DUE}
    return AttemptEffect.objects.filter(**due).first() or factories.make_effect(world.attempt, **due)


def _note(world: World) -> AttemptIncident:
    """Return a note that stands."""
    about = {"attempt_id": world.attempt.pk, "kind": AttemptIncident.KIND_NOTE, "closed_at": None}
    return AttemptIncident.objects.filter(**about).first() or factories.make_incident(world.attempt)


def _entry(world: World) -> ReviewInboxEntry:
    """Return a review as it came in, of an attempt that waits for one."""
    waiting = ProctoredExamStudentAttempt.objects.filter(status=S.submitted).first()
    waiting = waiting or factories.make_attempt(world.exam, factories.make_user(), status=S.submitted)
    received = ReviewInboxEntry.objects.filter(attempt_code=waiting.attempt_code)
    return received.first() or factories.make_inbox_entry(waiting)


def _allowance(world: World) -> ProctoredExamStudentAllowance:
    """Return an allowance of the learner who is in the exam."""
    mine = {"proctored_exam": world.exam, "user": world["owner"], "key": "additional_time_granted"}
    return ProctoredExamStudentAllowance.objects.filter(**mine).first() or factories.make_allowance(
        world.exam, world["owner"], value="10"
    )


def _change(world: World) -> StaffJobRow:
    """Return the record of a change that can be undone: an allowance was given."""
    allowance = _allowance(world)
    value = "30" if allowance.value == "10" else "10"
    allowance_changes.change_allowance(allowance.pk, value=value, by=world["global_staff"])
    return StaffJobRow.objects.latest("pk")


def _without_outage(world: World) -> ProctoredExam:
    ExamMeasure.objects.all().delete()
    return world.exam


def _in_outage(world: World) -> ProctoredExam:
    _without_outage(world)
    factories.make_measure(world.exam)
    return world.exam


def _removable(world: World) -> ProctoredExamStudentAttempt:
    """Return an attempt of another learner."""
    found = ProctoredExamStudentAttempt.objects.filter(status=S.declined).first()
    return found or factories.make_attempt(world.exam, factories.make_user(), status=S.declined)


def _broken(world: World) -> ProctoredExamStudentAttempt:
    """Return an attempt of the owner that can be resumed."""
    broken = {"user": world["owner"], "status": S.error, "is_resumable": True}
    found = ProctoredExamStudentAttempt.objects.filter(**broken).first()
    return found or factories.make_attempt(world.exam, **broken)


def _job(world: World) -> Any:
    """Return a job with many rows; it is named by its code."""
    job = StaffJob.objects.filter(kind="resume").first()
    if job is None:
        job = factories.make_job(world.attempt, kind="resume", created_by=world["course_staff"].pk)  # type: ignore[union-attr]
    new = list(ProctoredExamStudentAttempt.objects.exclude(pk__in=job.rows.values("attempt_id")))
    StaffJobRow.objects.bulk_create(
        StaffJobRow(job=job, position=one.pk, exam_id=world.exam.pk, user_id=one.user_id, attempt_id=one.pk)
        for one in new
    )
    return SimpleNamespace(pk=job.code)


# Word in the addresses of the table → object, made once.
OBJECTS: Mapping[str, Callable[[World], Any]] = {
    "exam": lambda world: world.exam,
    "exam_without_outage": _without_outage,
    "exam_in_outage": _in_outage,
    "attempt": lambda world: world.attempt,
    "owner": lambda world: world["owner"],
    "reviewed": _reviewed,
    "effect": _effect,
    "due": _due_effect,
    "note": _note,
    "inbox": _entry,
    "allowance": _allowance,
    "change": _change,
    "job": _job,
    "attempt-code": lambda world: SimpleNamespace(pk=world.attempt.attempt_code),
    "removable": _removable,
    "broken": _broken,
}


def resolved(row: Row, world: World) -> str:
    arguments = {name: OBJECTS[value](world).pk if value in OBJECTS else value for name, value in row.kwargs.items()}
    return address(row.route, **arguments)


def send(client: APIClient, row: Row, world: World, query: str = "", url: str = "", **headers: str) -> Any:
    """Send the row's request; ``url``: with the ids of existing objects."""
    url = (url or resolved(row, world)) + query
    if row.method == "get":
        return client.get(url, headers=headers)
    body = dict(row.body)
    if "until" in body:
        body["until"] = (timezone.now() + timedelta(hours=1)).isoformat()
    return getattr(client, row.method)(url, body, format="json", headers=headers)


@pytest.fixture
def _staff_decide(settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "COURSE_STAFF_DECIDE_REVIEWS": True}


def test_each_route_has_a_row() -> None:
    assert {pattern.name for pattern in urls.urlpatterns if pattern.name} == {row.route for row in TABLE}


@pytest.mark.contract("rest-v2#access")
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
@pytest.mark.parametrize("role", STAFF_ONLY)
def test_who_may(row: Row, role: str, world: World, as_role: Callable[[str], APIClient]) -> None:
    response = send(as_role(role), row, world)
    assert response.status_code == row.statuses[role], response.content


@pytest.mark.contract("rest-v2#problems")
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_refusals_are_problem_details(row: Row, world: World, as_role: Callable[[str], APIClient]) -> None:
    response = send(as_role("stranger"), row, world, **{"X-Request-Id": "request-1234"})
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Proctoring-Error"] == problem["code"]
    assert response.headers["X-Request-Id"] == problem["request_id"] == "request-1234"
    assert problem["type"] == f"urn:edx-proctoring:problem:{problem['code']}"
    assert problem["status"] == response.status_code == CATALOGUE[problem["code"]].status
    assert problem["title"] == CATALOGUE[problem["code"]].title
    assert problem["instance"] == response.wsgi_request.path
    assert problem["detail"]


@pytest.mark.usefixtures("_staff_decide")
@pytest.mark.contract("rest-v2#unknown-names")
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_an_unknown_parameter_is_refused(row: Row, world: World, as_role: Callable[[str], APIClient]) -> None:
    response = send(as_role(row.allowed), row, world, "?stauts=started")
    assert response.status_code == 422
    assert response.json()["code"] == "unknown_parameter"
    assert response.json()["errors"][0]["field"] == "stauts"


@pytest.mark.contract("rest-v2#words")
@pytest.mark.parametrize(
    ("route", "name", "words"),
    [
        ("reviews", "state", "open, decided, all"),
        ("summary", "bucket", "hour, day, week"),
        ("readiness", "offline", "0, 1"),
        ("attempts", "type", "timed, proctored, practice, onboarding"),
        ("exams", "ordering", "name, due_date, type"),
    ],
)
@pytest.mark.parametrize("sent", ["", "Ä <b>", "x" * 5000], ids=["blank", "strange", "long"])
def test_the_words_that_are_expected_are_named(
    sent: str, route: str, name: str, words: str, world: World, team: APIClient
) -> None:
    response = team.get(address(route, course_id=COURSE_A), {name: sent})
    message = f"“{sent[:100]}” is not one of {words}."
    assert (response.status_code, response.json()["code"]) == (422, "validation_error")
    assert response.json()["errors"] == [{"field": name, "message": message}]


def test_a_member_of_a_body_that_is_no_word_is_refused_in_the_same_way(world: World, team: APIClient) -> None:
    body = {"action": ["reset"] * 9999, "all": True, "reason": "x"}
    response = team.post(address("attempts-bulk", course_id=COURSE_A), body, format="json")
    [error] = response.json()["errors"]
    assert (response.status_code, error["field"]) == (422, "action")
    assert error["message"].endswith("is not one of reset, resume.")
    assert len(error["message"]) < 200


@pytest.mark.contract("rest-v2#words")
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"action": "\ud800"}, "action"),
        ({"all": False, "filter": {"status": "\ud800"}}, "filter.status"),
        ({"\ud800": 1}, "\N{REPLACEMENT CHARACTER}"),
    ],
    ids=["word", "words", "name"],
)
def test_half_a_character_is_quoted_as_a_mark(more: Any, field: str, world: World, team: APIClient) -> None:
    body = {"action": "reset", "all": True, "reason": "x", **more}
    url = address("attempts-bulk", course_id=COURSE_A)
    response = team.post(url, json.dumps(body), content_type="application/json")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_other_methods_are_refused(row: Row, world: World, as_role: Callable[[str], APIClient]) -> None:
    view: type[StaffView] = get_resolver().resolve(resolved(row, world)).func.cls  # type: ignore[attr-defined]
    for method in {"get", "post", "put", "patch", "delete"} - {method.lower() for method in view.operations}:
        response = getattr(as_role(row.allowed), method)(resolved(row, world))
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("application/problem+json", 200),
        ("text/html, */*;q=0.1", 200),
        ("text/html", 406),
    ],
)
def test_json_or_406(accept: str, status: int, world: World, team: APIClient) -> None:
    response = team.get(address("exam", exam_id=world.exam.pk), headers={"Accept": accept})
    assert response.status_code == status
    assert response.json()


def test_a_format_in_the_address_is_refused_after_the_login(
    world: World, team: APIClient, as_role: Callable[[str], APIClient]
) -> None:
    url = address("exam", exam_id=world.exam.pk) + "?format=api"
    assert as_role("anonymous").get(url).status_code == 403
    assert team.get(url).json()["code"] == "unknown_parameter"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_options_names_the_methods_and_no_class(row: Row, world: World, team: APIClient) -> None:
    response = team.options(resolved(row, world))
    assert response.status_code == 204
    assert row.method.upper() in response.headers["Allow"]
    assert not response.content


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_a_slash_at_the_end_changes_nothing(row: Row, world: World, team: APIClient) -> None:
    url = resolved(row, world)
    match = get_resolver().resolve(f"{url}/")
    assert match.func.cls is get_resolver().resolve(url).func.cls  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_staff_decide")
@pytest.mark.parametrize("row", [row for row in TABLE if row.method != "get"], ids=lambda row: row.id)
@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", '{"x": 1}', "{}"], ids=str)
def test_bodies_that_make_no_sense_are_refused(
    row: Row, body: str, world: World, as_role: Callable[[str], APIClient]
) -> None:
    if body == "{}" and not row.takes_body:
        return
    response = getattr(as_role(row.allowed), row.method)(resolved(row, world), body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("route", "kwargs"),
    [
        ("exam", {"exam_id": 987654}),
        ("exam", {"exam_id": 2**40}),
        ("attempt", {"attempt_id": 987654}),
        ("attempts", {"course_id": "x+y+z"}),
    ],
    ids=["exam", "huge-id", "attempt", "not-a-course"],
)
def test_what_does_not_exist(route: str, kwargs: Any, world: World, as_role: Callable[[str], APIClient]) -> None:
    response = as_role("global_staff").get(address(route, **kwargs))
    assert response.status_code in (400, 404)


def grow(world: World, size: int) -> None:
    """Make learners with everything that a row shows, and as many of all that is listed."""
    for _ in range(size):
        user = factories.make_user()
        Profile.objects.create(user=user, name=user.username)
        older = factories.make_attempt(world.exam, user, status=S.error)
        attempt = factories.make_attempt(world.exam, user, status=S.second_review_required)
        factories.make_review(attempt, review_status="Suspicious")
        given = {"user_info": user.pk, "key": "additional_time_granted", "value": 15}
        api.add_allowance_for_user(world.exam.pk, **given, by=world["global_staff"])
        factories.make_effect(older)
        factories.make_inbox_entry(attempt)
        factories.make_job(attempt)


def make_exams(size: int) -> None:
    for _ in range(size):
        factories.make_exam("timed", course_id=COURSE_A)


def listed(response: Any) -> int | None:
    """Return how many rows an answer is about, None for an answer about one object. Reads a file to its end."""
    if response.streaming:
        text = b"".join(response)
        return None if response.headers["Content-Type"] == "application/json" else len(text.splitlines())
    content = response.json() if response.content else {}
    return content.get("count")


@pytest.mark.usefixtures("_staff_decide")
@pytest.mark.contract("rest-v2#queries")
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_queries_do_not_grow_and_stay_below_the_ceiling(
    row: Row, world: World, as_role: Callable[[str], APIClient]
) -> None:
    view: type[StaffView] = get_resolver().resolve(resolved(row, world)).func.cls  # type: ignore[attr-defined]
    operation, client = view.operations[row.method.upper()], as_role(row.allowed)
    counted, rows = [], []
    for size in (3, 30):
        grow(world, size)
        if row.route == "exams":
            make_exams(size)
        if row.route == "attempt-notes":
            for _ in range(size):
                factories.make_incident(world.attempt, opened_by=factories.make_user().pk)
        if row.route == "user-data":
            for _ in range(size):
                factories.make_attempt(world.exam, world["owner"], status=S.submitted)
        url = resolved(row, world)
        cache.clear()  # what it knows of the smaller number is looked up again
        with CaptureQueriesContext(connection) as queries:
            response = send(client, row, world, "?page_size=100" if operation.is_list else "", url)
            rows.append(listed(response))
        assert response.status_code == operation.status, response
        counted.append(sum(is_ours(query["sql"]) for query in queries.captured_queries))
    assert rows == [None, None] or rows[1] >= rows[0] + 30
    assert counted[0] >= counted[1]
    # Session and user.
    assert counted[1] <= operation.queries + 2


@pytest.mark.contract("rest-v2#queries")
@pytest.mark.parametrize(("route", "more"), [("attempts", 0), ("attempts-file", 10)])
def test_attempts_are_read_exam_by_exam(route: str, more: int, world: World, team: APIClient) -> None:
    row = next(row for row in TABLE if (row.route, row.method) == (route, "get"))
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            listed(team.get(resolved(row, world)))
        counted.append(sum(is_ours(query["sql"]) for query in queries.captured_queries))
        make_exams(10)
    assert counted[1] == counted[0] + more
