"""The fuzzer detects views that are broken on purpose."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring import urls, views
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from tests.fuzz.checks import Fault, fuzz
from tests.fuzz.routes import ROUTES, Address, named_routes
from tests.fuzz.world import MoodyProvider, World

Handler = Callable[..., Any]
ALLOWANCE = Address("proctored_exam.allowance")


def trips_over_a_list(self: Any, request: Any, course_id: str | None = None) -> Response:
    return Response({"length": request.data["value"] + ""})


def writes_before_it_looks(self: Any, request: Any, course_id: str | None = None) -> Response:
    ProctoredExamStudentAllowance.objects.update(value="half done")
    return Response(status=400, data={"detail": "no"})


def answers_500(self: Any, request: Any, course_id: str | None = None) -> Response:
    return Response(status=503, data={"detail": "a provider, says a view that has none"})


def shows_everything(self: Any, request: Any, course_id: str | None = None) -> Response:
    return Response(list(ProctoredExamStudentAllowance.objects.values("user__email")))


@pytest.mark.parametrize(
    ("role", "broken", "caught"),
    [
        ("global_staff", trips_over_a_list, (TypeError, KeyError)),
        ("global_staff", writes_before_it_looks, Fault),
        ("global_staff", answers_500, Fault),
        ("stranger", shows_everything, Fault),
    ],
)
def test_a_broken_view_is_caught(
    world: World, provider: MoodyProvider, monkeypatch: pytest.MonkeyPatch, role: str, broken: Handler, caught: Any
) -> None:
    monkeypatch.setattr(views.ExamAllowanceView, "put", broken)
    with pytest.raises(caught):
        fuzz(world, ALLOWANCE, [role], provider)


def test_a_view_without_login_is_caught(world: World, provider: MoodyProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.ExamAllowanceView, "permission_classes", ())
    monkeypatch.setattr(views.ExamAllowanceView, "put", lambda self, request: Response())
    with pytest.raises(Fault):
        fuzz(world, ALLOWANCE, ["anonymous"], provider)


def test_a_write_that_the_view_reverts_is_not_a_fault(
    world: World, provider: MoodyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables are compared, not the statements."""

    def takes_it_back(self: Any, request: Any, course_id: str | None = None) -> Response:
        ProctoredExam.objects.filter(pk=world.exams["timed"].pk).update(exam_name="other")
        ProctoredExam.objects.filter(pk=world.exams["timed"].pk).update(exam_name="timed")
        return Response(status=400, data={"detail": "no"})

    monkeypatch.setattr(views.ExamAllowanceView, "put", takes_it_back)
    fuzz(world, ALLOWANCE, ["global_staff"], provider)


def test_a_route_without_a_strategy_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    new = path("edx_proctoring/v1/new", APIView.as_view(), name="a.new.address")
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, new])
    assert {address.name for address in named_routes()} - set(ROUTES) == {"a.new.address"}


def test_every_run_sends_the_same_requests(world: World, provider: MoodyProvider) -> None:
    runs: list[list[str]] = [[], []]
    for run in runs:
        fuzz(world, ALLOWANCE, ["owner"], provider, also=lambda sent, _response, run=run: run.append(str(sent)))
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > len(runs[0]) / 2
