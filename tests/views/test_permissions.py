"""Who may call what: one table of all routes. A route that is missing from it fails the suite.

Spec: rest-api.md 2.2, 9, 10 (number 1).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import URLPattern, reverse
from opaque_keys import InvalidKeyError
from rest_framework.response import Response

from edx_proctoring import runtime, urls
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.views import is_user_course_or_global_staff, require_course_or_global_staff, require_staff
from tests import factories
from tests.views.conftest import COURSE_A, COURSE_B, World

ROLES = ("anonymous", "stranger", "owner", "course_staff", "foreign_staff", "global_staff", "reviewer")
EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"anonymous"}
OWNER = frozenset({"owner"})
COURSE = frozenset({"course_staff", "global_staff"})
GLOBAL = frozenset({"global_staff"})
REVIEWERS = frozenset({"reviewer", "global_staff"})

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Row:
    """One method of one route, and who may use it."""

    name: str
    method: str
    allowed: frozenset[str]
    # Names of World attributes, or literal values.
    kwargs: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | list[Any] | None = None
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.name}" + ("" if not self.kwargs else f" {','.join(self.kwargs)}")


IN_A = {"course_id": COURSE_A}
EXAM = {"exam_id": "exam"}
ATTEMPT = {"attempt_id": "attempt"}
VENDOR = {"external_id": "vendor-1"}
LEARNER = {"user_id": "owner"}
ALLOWANCE = {"exam_id": "exam", "user_id": "owner", "user_info": "owner_name", "key": "k", "value": "v"}
BULK = {"exam_ids": "exam", "user_ids": "owner_name", "allowance_type": "k", "value": "v"}
REVIEW = {"status": "passed", "comments": []}

TABLE = [
    Row("proctored_exam.exam", "get", SIGNED_IN, query="exam_id=exam"),
    Row("proctored_exam.exam", "post", GLOBAL, body={}),
    Row("proctored_exam.exam", "put", GLOBAL, body={"exam_id": "exam"}),
    Row("proctored_exam.exam_by_id", "get", SIGNED_IN, EXAM),
    Row("proctored_exam.exam_by_content_id", "get", SIGNED_IN, {**IN_A, "content_id": "physicsexam"}),
    Row("proctored_exam.exams_by_course_id", "get", SIGNED_IN, IN_A),
    Row("proctored_exam.register_exams_by_course_id", "patch", GLOBAL, IN_A, body=[]),
    Row("proctored_exam.attempt", "get", OWNER, ATTEMPT),
    Row("proctored_exam.attempt", "put", OWNER, ATTEMPT, body={"action": "stop"}),
    Row("proctored_exam.attempt", "delete", COURSE, ATTEMPT),
    Row("proctored_exam.attempts.grouped.course", "get", COURSE, IN_A),
    Row("proctored_exam.attempts.grouped.search", "get", COURSE, {**IN_A, "search_by": "own"}),
    Row("proctored_exam.attempt.collection", "get", SIGNED_IN),
    Row("proctored_exam.attempt.collection", "post", SIGNED_IN, body={"exam_id": "exam"}),
    Row("proctored_exam.attempt.review_status", "put", OWNER, ATTEMPT),
    Row("proctored_exam.attempt.ready_callback", "post", REVIEWERS | OWNER, VENDOR, body={"status": "ready"}),
    Row("proctored_exam.attempt.callback", "post", REVIEWERS, VENDOR, body=REVIEW),
    Row("proctored_exam.allowance", "get", COURSE, IN_A),
    Row("proctored_exam.allowance", "put", COURSE, IN_A, body=ALLOWANCE),
    Row("proctored_exam.allowance", "delete", COURSE, IN_A, body=ALLOWANCE),
    Row("proctored_exam.allowance", "get", COURSE, query="exam_id=exam"),
    Row("proctored_exam.allowance", "put", COURSE, body=ALLOWANCE),
    Row("proctored_exam.allowance", "delete", COURSE, body=ALLOWANCE),
    Row("proctored_exam.bulk_allowance", "put", COURSE, IN_A, body=BULK),
    Row("proctored_exam.bulk_allowance", "put", COURSE, body={**BULK, "course_id": COURSE_A}),
    Row("proctored_exam.allowance.grouped.course", "get", COURSE, IN_A),
    Row("proctored_exam.active_exams_for_user", "get", SIGNED_IN),
    Row("user_onboarding.status", "get", SIGNED_IN, query=f"course_id={COURSE_A}"),
    Row("user_onboarding.status.course", "get", COURSE, IN_A),
    Row("instructor_dashboard_course", "get", COURSE, IN_A),
    Row("instructor_dashboard_exam", "get", COURSE, {**IN_A, **EXAM}),
    Row("backend_user_deletion_api", "post", GLOBAL, LEARNER),
    Row("user_retirement_api", "post", GLOBAL, LEARNER),
    Row("proctored_exam.exam_attempts", "get", SIGNED_IN, IN_A, query="content_id=physicsexam"),
    Row("proctored_exam.active_attempt", "get", SIGNED_IN),
    Row("proctored_exam.proctoring_settings", "get", SIGNED_IN, EXAM),
    Row("proctored_exam.review_policy", "get", SIGNED_IN, EXAM),
    Row("anonymous.proctoring_launch_callback.start_exam", "get", EVERYBODY, {"attempt_code": "no-such-code"}),
    Row("anonymous.proctoring_review_callback", "post", EVERYBODY, body={}),
    Row("proctored_exam.attempts.reset", "delete", COURSE, {**EXAM, **LEARNER}),
]


def resolve(value: Any, world: World) -> Any:
    """Replace the names of the world's objects by their ids."""
    ids = {
        "exam": world.exam.pk,
        "attempt": world.attempt.pk,
        "owner": world["owner"].pk,  # type: ignore[union-attr]
        "owner_name": "owner",
    }
    if isinstance(value, dict):
        return {name: resolve(item, world) for name, item in value.items()}
    return ids.get(value, value) if isinstance(value, str) else value


def send(client: Any, row: Row, world: World) -> Any:
    """Send the request of a row."""
    path = reverse(f"edx_proctoring:{row.name}", kwargs=resolve(row.kwargs, world))
    if row.query:
        name, _, value = row.query.partition("=")
        path += f"?{name}={resolve(value, world)}"
    arguments = {} if row.body is None else {"data": resolve(row.body, world), "format": "json"}
    return getattr(client, row.method)(path, **arguments)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_exactly_these_people_may_call_the_route(
    row: Row, role: str, world: World, client_of: Callable[..., Any], enrol: Callable[..., Any], settings: Any
) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    enrol(world["owner"])
    response = send(client_of(world[role]), row, world)
    if role in row.allowed:
        assert response.status_code not in (401, 403), response.content
        assert response.status_code < 500, response.content
    else:
        assert response.status_code == 403, response.content


def test_every_route_is_in_the_table() -> None:
    """A new route, or a new method of an old one, has to say here who may use it."""
    missing = []
    in_table = {(row.name, row.method) for row in TABLE}
    for pattern in urls.urlpatterns:
        if not isinstance(pattern, URLPattern):
            continue
        view = getattr(pattern.callback, "view_class", None)
        names = getattr(pattern.callback, "view_initkwargs", {}).get("http_method_names", METHODS)
        methods = ["get"] if view is None else [name for name in METHODS if name in names and hasattr(view, name)]
        missing += [(pattern.name, method) for method in methods if (pattern.name, method) not in in_table]
    assert missing == []


def test_table_names_no_route_that_is_gone() -> None:
    named = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert {row.name for row in TABLE} <= named


# Course staff of one course, objects of another: refused, and nothing has changed


FOREIGN = [
    pytest.param("delete", "proctored_exam.attempt", {"attempt_id": "attempt"}, {}, id="remove-an-attempt"),
    pytest.param("put", "proctored_exam.allowance", {}, {"user_info": "owner", "value": "v"}, id="give-an-allowance"),
    pytest.param(
        "put",
        "proctored_exam.allowance",
        {"course_id": COURSE_B},
        {"user_info": "owner", "value": "v"},
        id="give-an-allowance-through-the-own-course",
    ),
    pytest.param("delete", "proctored_exam.allowance", {}, {"user_id": "owner"}, id="take-an-allowance"),
    pytest.param("put", "proctored_exam.bulk_allowance", {}, {}, id="give-allowances-in-bulk"),
    pytest.param(
        "delete", "proctored_exam.attempts.reset", {"exam_id": "exam", "user_id": "owner"}, {}, id="reset-attempts"
    ),
]


@pytest.mark.parametrize(("method", "name", "kwargs", "body"), FOREIGN)
@pytest.mark.parametrize("format_", ["json", "multipart"])
def test_naming_the_own_course_in_the_body_does_not_open_another_one(
    method: str,
    name: str,
    kwargs: dict[str, Any],
    body: dict[str, Any],
    format_: str,
    world: World,
    client_of: Callable[..., Any],
) -> None:
    factories.make_allowance(world.exam, world["owner"], key="k")
    before = _snapshot()
    full = {
        "course_id": COURSE_B,
        "exam_id": world.exam.pk,
        "exam_ids": str(world.exam.pk),
        "user_ids": "owner",
        "key": "k",
        "allowance_type": "k",
        "value": "new",
        **resolve(body, world),
    }
    path = reverse(f"edx_proctoring:{name}", kwargs=resolve(kwargs, world))
    response = getattr(client_of(world["foreign_staff"]), method)(path, data=full, format=format_)
    assert response.status_code == 403
    assert _snapshot() == before


def _snapshot() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (ProctoredExam, ProctoredExamStudentAttempt, ProctoredExamStudentAllowance)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "proctored_exam.attempts.grouped.course",
        "proctored_exam.allowance",
        "proctored_exam.allowance.grouped.course",
        "user_onboarding.status.course",
        "instructor_dashboard_course",
    ],
)
def test_a_body_on_a_get_does_not_open_another_course(name: str, world: World, client_of: Callable[..., Any]) -> None:
    path = reverse(f"edx_proctoring:{name}", kwargs={"course_id": COURSE_A})
    response = client_of(world["foreign_staff"]).generic(
        "GET", path, f'{{"course_id": "{COURSE_B}"}}', content_type="application/json"
    )
    assert response.status_code == 403


def test_an_exam_of_another_course_is_not_reached_through_the_own_course(
    world: World, client_of: Callable[..., Any]
) -> None:
    path = reverse("edx_proctoring:instructor_dashboard_exam", kwargs={"course_id": COURSE_B, "exam_id": world.exam.pk})
    assert client_of(world["foreign_staff"]).get(path).status_code == 403
    assert client_of(world["global_staff"]).get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "kwargs", "method"),
    [
        pytest.param("proctored_exam.attempt", {"attempt_id": 99999}, "delete", id="attempt"),
        pytest.param("proctored_exam.attempts.reset", {"exam_id": 99999, "user_id": 1}, "delete", id="exam"),
        pytest.param("proctored_exam.allowance", {}, "put", id="nothing-at-all"),
    ],
)
def test_what_is_missing_is_refused_like_what_is_foreign(
    name: str, kwargs: dict[str, Any], method: str, course_staff_client: Any
) -> None:
    response = getattr(course_staff_client, method)(reverse(f"edx_proctoring:{name}", kwargs=kwargs))
    assert response.status_code == 403
    assert list(response.data) == ["detail"]


def test_without_an_instructor_service_only_global_staff_pass(world: World, client_of: Callable[..., Any]) -> None:
    runtime.set_runtime_service("instructor", None)
    path = reverse("edx_proctoring:proctored_exam.attempts.grouped.course", kwargs={"course_id": COURSE_A})
    assert client_of(world["course_staff"]).get(path).status_code == 403
    assert client_of(world["global_staff"]).get(path).status_code == 200


def test_a_course_id_that_the_host_cannot_read_has_no_staff(learner: Any) -> None:
    class Picky:
        def is_course_staff(self, user: Any, course_id: str) -> bool:
            raise InvalidKeyError(Any, course_id)

    runtime.set_runtime_service("instructor", Picky())
    assert is_user_course_or_global_staff(learner, "no course") is False


# The decorators on plain functions, as outside code uses them


@pytest.mark.parametrize("decorator", [require_staff, require_course_or_global_staff])
def test_decorator_refuses_without_calling(decorator: Callable[..., Any]) -> None:
    calls: list[Any] = []

    def func(request: Any) -> Response:
        calls.append(request)
        return Response("reached")

    request = SimpleNamespace(data={}, user=SimpleNamespace(is_staff=False, pk=1))
    response = decorator(func)(request)
    assert response.status_code == 403
    assert calls == []


@pytest.mark.parametrize("decorator", [require_staff, require_course_or_global_staff])
def test_decorator_lets_global_staff_pass(decorator: Callable[..., Any]) -> None:
    request = SimpleNamespace(data={}, user=SimpleNamespace(is_staff=True, pk=1))
    assert decorator(lambda _request: Response("reached"))(request).data == "reached"


def test_refusal_has_the_text_that_clients_compare(learner_client: Any) -> None:
    response = learner_client.post(reverse("edx_proctoring:proctored_exam.exam"), {}, format="json")
    assert response.data == {"detail": "Must be a Staff User to Perform this request."}


def test_while_the_host_does_not_tell_who_is_staff_nobody_is(
    learner: Any, instructor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert is_user_course_or_global_staff(learner, COURSE_A) is True
    instructor.failing.add("is_course_staff")
    assert is_user_course_or_global_staff(learner, COURSE_A) is False
    assert is_user_course_or_global_staff(factories.make_staff(), COURSE_A) is True
    assert "host does not tell who is course staff" in caplog.text
