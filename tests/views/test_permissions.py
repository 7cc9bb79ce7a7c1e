"""Permissions: each row of the table in ``contract.py``, sent as each role.

A route that is missing from the table fails the tests.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
import rules
from django.contrib.auth.models import Group
from django.urls import URLPattern, reverse
from opaque_keys import InvalidKeyError
from rest_framework.response import Response

from edx_proctoring import runtime, urls
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import is_user_course_or_global_staff, require_course_or_global_staff, require_staff
from tests import factories
from tests.views.conftest import COURSE_A, COURSE_B, World
from tests.views.contract import ROLES, TABLE, Empty, Exactly, Keys, Page, Redirect, Row, Rows, Shape

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def stage(world: World, enrol: Callable[..., Any], settings: Any, test_backend: Any) -> Iterator[World]:
    """The world, plus an allowance, an onboarding exam, a failed attempt and a user for retirements."""
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    enrol(world["owner"])
    factories.make_allowance(world.exam, world["owner"], key="k")
    factories.make_exam("onboarding", course_id=COURSE_A)
    world.failed_attempt = factories.make_attempt(
        factories.make_exam(course_id=COURSE_A), world["owner"], status=S.error, is_resumable=True
    )
    world.people["retirement"] = worker = factories.make_user("retirement_worker")
    worker.groups.add(Group.objects.create(name="retirement"))
    granted = rules.permissions.permissions[RETIREMENT]
    rules.set_perm(RETIREMENT, granted | rules.is_group_member("retirement"))
    yield world
    rules.set_perm(RETIREMENT, granted)


RETIREMENT = "accounts.can_retire_user"


def resolve(value: Any, world: World) -> Any:
    """Replace names of the world's objects with their ids."""
    owner: Any = world["owner"]
    ids = {
        "course": COURSE_A,
        "exam": world.exam.pk,
        "attempt": world.attempt.pk,
        "failed_attempt": world.failed_attempt and world.failed_attempt.pk,
        "code": world.attempt.attempt_code,
        "owner": owner.pk,
        "owner_name": owner.username,
    }
    if isinstance(value, dict):
        return {name: resolve(item, world) for name, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, world) for item in value]
    return ids.get(value, value) if isinstance(value, str) else value


def address(row: Row, world: World) -> str:
    path = reverse(f"edx_proctoring:{row.name}", kwargs=resolve(row.kwargs, world))
    return f"{path}?{urlencode(resolve(row.query, world))}" if row.query else path


def send(client: Any, row: Row, world: World) -> Any:
    """Send the request of a row."""
    arguments = {} if row.body is None else {"data": resolve(row.body, world), "format": "json"}
    return getattr(client, row.method)(address(row, world), **arguments)


def assert_has_shape(response: Any, shape: Shape) -> None:
    match shape:
        case Empty():
            assert response.content == b""
        case Page(button):
            assert f'<button type="submit">{button}</button>' in response.content.decode()
        case Redirect():
            assert response["Location"]
        case Exactly(value):
            assert response.json() == value
        case Keys(names):
            assert list(response.json()) == list(names)
        case Rows(names):
            assert [list(item) for item in response.json()] == [list(names)] * max(len(response.json()), 1)


@pytest.mark.contract(
    "rest-rules#authentication",
    "rest-rules#permission-table",
    "rest-rules#cache-control",
    "rest-rules#staff-refusal",
    "rest-rules#retirement-permission",
    "rest-rules#empty-answers",
    "rest-rules#matched-texts",
    "rest-rules#whole-bodies",
)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_each_role_gets_the_answer_of_the_table(
    row: Row, role: str, stage: World, client_of: Callable[..., Any]
) -> None:
    status, shape = row.answer_for(role)
    before = snapshot()
    response = send(client_of(stage[role]), row, stage)
    assert response.status_code == status, response.content
    assert_has_shape(response, shape)
    # Personal data must not be cached by a proxy.
    assert "no-store" in response["Cache-Control"]
    if status == 403:
        assert snapshot() == before


@pytest.mark.contract("rest-rules#authentication", "rest-rules#methods")
@pytest.mark.parametrize("row", {row.name: row for row in TABLE}.values(), ids=lambda row: row.name)
def test_an_unsupported_method_answers_405_to_signed_in_users(
    row: Row, stage: World, client_of: Callable[..., Any]
) -> None:
    has = {other.method for other in TABLE if other.name == row.name and bool(other.kwargs) == bool(row.kwargs)}
    needs_no_login = row.name.startswith("anonymous.")
    if row.name == "anonymous.proctoring_launch_callback.start_exam":
        has |= {"post"}
    for method in set(METHODS) - has:
        response = getattr(client_of(stage["global_staff"]), method)(address(row, stage))
        assert response.status_code == 405, method
        response = getattr(client_of(None), method)(address(row, stage))
        assert response.status_code == (405 if needs_no_login else 403), method


def test_every_route_and_method_is_in_the_table() -> None:
    """A new route or method needs a row that says who may use it."""
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


def test_every_row_of_the_table_has_a_route() -> None:
    named = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert {row.name for row in TABLE} <= named


# Staff of one course, objects of another


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


@pytest.mark.contract("rest-rules#course-staff", "rest-rules#course-scope")
@pytest.mark.parametrize(("method", "name", "kwargs", "body"), FOREIGN)
@pytest.mark.parametrize("format_", ["json", "multipart"])
def test_naming_one_s_own_course_in_the_body_gives_no_access_to_another_course(
    method: str,
    name: str,
    kwargs: dict[str, Any],
    body: dict[str, Any],
    format_: str,
    world: World,
    client_of: Callable[..., Any],
) -> None:
    factories.make_allowance(world.exam, world["owner"], key="k")
    before = snapshot()
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
    assert snapshot() == before


@pytest.mark.contract("rest-rules#course-scope")
@pytest.mark.parametrize(
    ("method", "name", "kwargs", "body"),
    [
        pytest.param("put", "proctored_exam.allowance", {}, {"exam_id": "exam", "user_info": "owner", "value": "v"}),
        pytest.param("delete", "proctored_exam.attempt", {"attempt_id": "attempt"}, {}),
        pytest.param("put", "proctored_exam.bulk_allowance", {}, {"exam_ids": "exam", "value": "v"}),
    ],
    ids=["give-an-allowance", "remove-an-attempt", "give-allowances-in-bulk"],
)
def test_naming_another_course_in_the_body_does_not_remove_access(
    method: str, name: str, kwargs: dict[str, Any], body: dict[str, Any], world: World, client_of: Callable[..., Any]
) -> None:
    """The course of the object counts, and it is the caller's own."""
    full = {"course_id": COURSE_B, "key": "k", "allowance_type": "k", "user_ids": "owner", **resolve(body, world)}
    path = reverse(f"edx_proctoring:{name}", kwargs=resolve(kwargs, world))
    response = getattr(client_of(world["course_staff"]), method)(path, data=full, format="json")
    assert response.status_code == 200, response.content


TABLES = (
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoredExamStudentAllowance,
    ProctoredExamSoftwareSecureReview,
    ReviewInboxEntry,
)


def snapshot() -> list[Any]:
    """Return all rows that a request could change."""
    return [list(model.objects.order_by("pk").values()) for model in TABLES]


@pytest.mark.contract("rest-rules#course-scope")
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
def test_a_course_in_the_body_of_a_get_gives_no_access(name: str, world: World, client_of: Callable[..., Any]) -> None:
    path = reverse(f"edx_proctoring:{name}", kwargs={"course_id": COURSE_A})
    response = client_of(world["foreign_staff"]).generic(
        "GET", path, f'{{"course_id": "{COURSE_B}"}}', content_type="application/json"
    )
    assert response.status_code == 403


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
def test_an_exam_of_another_course_is_not_found_through_one_s_own_course(
    world: World, client_of: Callable[..., Any]
) -> None:
    path = reverse("edx_proctoring:instructor_dashboard_exam", kwargs={"course_id": COURSE_B, "exam_id": world.exam.pk})
    assert client_of(world["foreign_staff"]).get(path).status_code == 403
    assert client_of(world["global_staff"]).get(path).status_code == 404


@pytest.mark.contract("rest-rules#missing-objects")
@pytest.mark.parametrize(
    ("name", "kwargs", "method"),
    [
        pytest.param("proctored_exam.attempt", {"attempt_id": 99999}, "delete", id="attempt"),
        pytest.param("proctored_exam.attempts.reset", {"exam_id": 99999, "user_id": 1}, "delete", id="exam"),
        pytest.param("proctored_exam.allowance", {}, "put", id="nothing-at-all"),
    ],
)
def test_a_missing_object_answers_403_to_course_staff(
    name: str, kwargs: dict[str, Any], method: str, course_staff_client: Any
) -> None:
    response = getattr(course_staff_client, method)(reverse(f"edx_proctoring:{name}", kwargs=kwargs))
    assert response.status_code == 403
    assert list(response.data) == ["detail"]


@pytest.mark.contract("rest-rules#missing-objects", "rest-rules#course-scope")
def test_missing_and_foreign_objects_get_the_same_refusal(course_staff_client: Any, world: World) -> None:
    answers = [
        course_staff_client.delete(reverse("edx_proctoring:proctored_exam.attempt", args=[pk])).json()
        for pk in (99999, world.foreign_attempt.pk)
    ]
    assert answers[0] == answers[1]


@pytest.mark.contract("rest-rules#course-scope")
def test_bulk_through_the_url_of_another_course_is_refused_even_for_one_s_own_exams(
    course_staff_client: Any, world: World
) -> None:
    path = reverse("edx_proctoring:proctored_exam.bulk_allowance", kwargs={"course_id": COURSE_B})
    body = {"exam_ids": str(world.exam.pk), "user_ids": "owner", "allowance_type": "k", "value": "v"}
    assert course_staff_client.put(path, body, format="json").status_code == 403
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.contract("rest-rules#course-scope")
def test_a_get_does_not_read_its_body(course_staff_client: Any, world: World) -> None:
    path = reverse("edx_proctoring:proctored_exam.allowance.grouped.course", kwargs={"course_id": COURSE_A})
    for body in ("[]", "{", f'{{"exam_id": {world.foreign_exam.pk}}}'):
        assert course_staff_client.generic("GET", path, body, content_type="application/json").status_code == 200


@pytest.mark.contract("rest-rules#missing-objects", "host-services#course-staff")
def test_without_an_instructor_service_only_global_staff_are_allowed(
    world: World, client_of: Callable[..., Any]
) -> None:
    runtime.set_runtime_service("instructor", None)
    path = reverse("edx_proctoring:proctored_exam.attempts.grouped.course", kwargs={"course_id": COURSE_A})
    assert client_of(world["course_staff"]).get(path).status_code == 403
    assert client_of(world["global_staff"]).get(path).status_code == 200


def test_nobody_is_staff_of_a_course_id_that_the_host_cannot_parse(learner: Any) -> None:
    class Picky:
        def is_course_staff(self, user: Any, course_id: str) -> bool:
            raise InvalidKeyError(Any, course_id)

    runtime.set_runtime_service("instructor", Picky())
    assert is_user_course_or_global_staff(learner, "no course") is False


# The decorators on plain functions, as outside code uses them


@pytest.mark.contract("rest-rules#decorators")
@pytest.mark.parametrize("decorator", [require_staff, require_course_or_global_staff])
def test_a_refusing_decorator_does_not_call_the_function(decorator: Callable[..., Any]) -> None:
    calls: list[Any] = []

    def func(request: Any) -> Response:
        calls.append(request)
        return Response("reached")

    request = SimpleNamespace(data={}, user=SimpleNamespace(is_staff=False, pk=1))
    response = decorator(func)(request)
    assert response.status_code == 403
    assert calls == []


@pytest.mark.contract("rest-rules#decorators")
@pytest.mark.parametrize("decorator", [require_staff, require_course_or_global_staff])
def test_the_decorators_allow_global_staff(decorator: Callable[..., Any]) -> None:
    request = SimpleNamespace(data={}, user=SimpleNamespace(is_staff=True, pk=1))
    assert decorator(lambda _request: Response("reached"))(request).data == "reached"


@pytest.mark.contract("rest-rules#staff-refusal", "rest-rules#matched-texts")
def test_the_staff_refusal_has_the_text_that_clients_compare(learner_client: Any) -> None:
    response = learner_client.post(reverse("edx_proctoring:proctored_exam.exam"), {}, format="json")
    assert response.data == {"detail": "Must be a Staff User to Perform this request."}


@pytest.mark.contract("host-services#course-staff")
def test_nobody_is_course_staff_while_the_host_service_fails(
    learner: Any, instructor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert is_user_course_or_global_staff(learner, COURSE_A) is True
    instructor.failing.add("is_course_staff")
    assert is_user_course_or_global_staff(learner, COURSE_A) is False
    assert is_user_course_or_global_staff(factories.make_staff(), COURSE_A) is True
    assert "host does not tell who is course staff" in caplog.text
