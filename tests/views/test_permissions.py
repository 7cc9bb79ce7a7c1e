"""Who may call what, and what they get: the table of ``contract.py``, sent as each role.

A route that is missing from it fails the suite. Spec: rest-api.md 2.2, 9, 10 (number 1).
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
from tests.views.contract import ROLES, TABLE, Empty, Exactly, Keys, Redirect, Row, Rows, Shape

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def stage(world: World, enrol: Callable[..., Any], settings: Any, test_backend: Any) -> Iterator[World]:
    """The world, and besides: an allowance, an onboarding exam, a failed attempt, a worker for retirements."""
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
    """Replace the names of the world's objects by their ids."""
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
        case Redirect():
            assert response["Location"]
        case Exactly(value):
            assert response.json() == value
        case Keys(names):
            assert list(response.json()) == list(names)
        case Rows(names):
            assert [list(item) for item in response.json()] == [list(names)] * max(len(response.json()), 1)


@pytest.mark.spec(
    "rest-api.md", "2.1:403", "9:contract", "10:10", "2.2:staff", "2.2:retire", "2.3:empty", "7.2", "7.3:2"
)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_exactly_these_people_get_this_answer(row: Row, role: str, stage: World, client_of: Callable[..., Any]) -> None:
    status, shape = row.answer_for(role)
    before = snapshot()
    response = send(client_of(stage[role]), row, stage)
    assert response.status_code == status, response.content
    assert_has_shape(response, shape)
    # No proxy may keep what is about a person.
    assert "no-store" in response["Cache-Control"]
    if status == 403:
        assert snapshot() == before


@pytest.mark.spec("rest-api.md", "2.1:403", "1.2:methods")
@pytest.mark.parametrize("row", {row.name: row for row in TABLE}.values(), ids=lambda row: row.name)
def test_a_method_that_a_route_has_not_is_405_for_those_who_are_signed_in(
    row: Row, stage: World, client_of: Callable[..., Any]
) -> None:
    has = {other.method for other in TABLE if other.name == row.name and bool(other.kwargs) == bool(row.kwargs)}
    is_anonymous_door = row.name.startswith("anonymous.")
    if row.name == "anonymous.proctoring_launch_callback.start_exam":
        has |= {"post"}
    for method in set(METHODS) - has:
        response = getattr(client_of(stage["global_staff"]), method)(address(row, stage))
        assert response.status_code == 405, method
        response = getattr(client_of(None), method)(address(row, stage))
        assert response.status_code == (405 if is_anonymous_door else 403), method


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


@pytest.mark.spec("rest-api.md", "2.2:course", "10:1")
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


@pytest.mark.spec("rest-api.md", "10:1")
@pytest.mark.parametrize(
    ("method", "name", "kwargs", "body"),
    [
        pytest.param("put", "proctored_exam.allowance", {}, {"exam_id": "exam", "user_info": "owner", "value": "v"}),
        pytest.param("delete", "proctored_exam.attempt", {"attempt_id": "attempt"}, {}),
        pytest.param("put", "proctored_exam.bulk_allowance", {}, {"exam_ids": "exam", "value": "v"}),
    ],
    ids=["give-an-allowance", "remove-an-attempt", "give-allowances-in-bulk"],
)
def test_naming_a_foreign_course_in_the_body_closes_nothing_either(
    method: str, name: str, kwargs: dict[str, Any], body: dict[str, Any], world: World, client_of: Callable[..., Any]
) -> None:
    """What counts is the object: its course is the caller's own."""
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
    """Return all that a request could have changed."""
    return [list(model.objects.order_by("pk").values()) for model in TABLES]


@pytest.mark.spec("rest-api.md", "10:1")
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


@pytest.mark.spec("rest-api.md", "10:3")
def test_an_exam_of_another_course_is_not_reached_through_the_own_course(
    world: World, client_of: Callable[..., Any]
) -> None:
    path = reverse("edx_proctoring:instructor_dashboard_exam", kwargs={"course_id": COURSE_B, "exam_id": world.exam.pk})
    assert client_of(world["foreign_staff"]).get(path).status_code == 403
    assert client_of(world["global_staff"]).get(path).status_code == 404


@pytest.mark.spec("rest-api.md", "2.2:missing")
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


@pytest.mark.spec("rest-api.md", "2.2:missing", "10:1")
def test_ids_cannot_be_probed(course_staff_client: Any, world: World) -> None:
    answers = [
        course_staff_client.delete(reverse("edx_proctoring:proctored_exam.attempt", args=[pk])).json()
        for pk in (99999, world.foreign_attempt.pk)
    ]
    assert answers[0] == answers[1]


@pytest.mark.spec("rest-api.md", "10:1")
def test_bulk_through_a_foreign_course_is_refused_for_the_own_exams_too(course_staff_client: Any, world: World) -> None:
    path = reverse("edx_proctoring:proctored_exam.bulk_allowance", kwargs={"course_id": COURSE_B})
    body = {"exam_ids": str(world.exam.pk), "user_ids": "owner", "allowance_type": "k", "value": "v"}
    assert course_staff_client.put(path, body, format="json").status_code == 403
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.spec("rest-api.md", "10:1")
def test_body_on_a_get_is_not_looked_at(course_staff_client: Any, world: World) -> None:
    path = reverse("edx_proctoring:proctored_exam.allowance.grouped.course", kwargs={"course_id": COURSE_A})
    for body in ("[]", "{", f'{{"exam_id": {world.foreign_exam.pk}}}'):
        assert course_staff_client.generic("GET", path, body, content_type="application/json").status_code == 200


@pytest.mark.spec("rest-api.md", "2.2:missing")
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


@pytest.mark.spec("rest-api.md", "2.2:decorators")
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


@pytest.mark.spec("rest-api.md", "2.2:decorators")
@pytest.mark.parametrize("decorator", [require_staff, require_course_or_global_staff])
def test_decorator_lets_global_staff_pass(decorator: Callable[..., Any]) -> None:
    request = SimpleNamespace(data={}, user=SimpleNamespace(is_staff=True, pk=1))
    assert decorator(lambda _request: Response("reached"))(request).data == "reached"


@pytest.mark.spec("rest-api.md", "2.2:staff", "7.2")
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
