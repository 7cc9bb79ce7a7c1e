"""Status lines of outlines, and prerequisites of exams."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api, runtime
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests import mock_perm
from edx_proctoring.tests.test_services import (
    MockCreditService,
    MockCreditServiceNone,
    MockCreditServiceWithCourseEndDate,
)
from tests.factories import COURSE, NOON, make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db

PENCIL, WARNING = "fa-pencil-square-o", "fa-exclamation-triangle"


@pytest.mark.contract("host-services#take-permission")
def test_the_permission_is_checked_with_the_exam_dict(credit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        get_user_model(), "has_perm", lambda self, perm, obj=None: bool(asked.append((perm, obj)) or True)
    )
    exam, user = make_exam(), make_user()

    assert summary(exam, user) is not None
    assert asked == [("edx_proctoring.can_take_proctored_exam", api.get_exam_by_id(exam.pk))]
    asked.clear()
    api.get_student_view(user.pk, exam.course_id, exam.content_id, {})
    [(perm, seen)] = asked
    assert perm == "edx_proctoring.can_take_proctored_exam"
    assert seen.keys() == api.get_exam_by_id(exam.pk).keys()


def summary(exam: Any, user: Any) -> dict[str, Any] | None:
    return api.get_attempt_status_summary(user.pk, exam.course_id, exam.content_id)


@pytest.mark.contract("outline-status#line", "statuses#meaning")
@pytest.mark.parametrize(
    ("kind", "status", "line"),
    [
        pytest.param("proctored", None, ("Proctored Option Available", PENCIL, False), id="not-entered"),
        pytest.param("proctored", S.started, ("Taking As Proctored Exam", PENCIL, False), id="in-progress"),
        pytest.param("proctored", S.onboarding_missing, ("Taking As Proctored Exam", PENCIL, False), id="refused"),
        pytest.param("proctored", S.declined, ("Taking As Open Exam", PENCIL, False), id="opted-out"),
        pytest.param("proctored", S.submitted, ("Pending Session Review", "fa-spinner fa-spin", True), id="waiting"),
        pytest.param(
            "proctored",
            S.second_review_required,
            ("Pending Session Review", "fa-spinner fa-spin", True),
            id="waiting-for-a-person",
        ),
        pytest.param("proctored", S.verified, ("Passed Proctoring", "fa-check", True), id="passed"),
        pytest.param("proctored", S.rejected, ("Failed Proctoring", WARNING, True), id="rejected"),
        pytest.param("proctored", S.error, ("Failed Proctoring", WARNING, True), id="error"),
        pytest.param("practice", None, ("Ungraded Practice Exam", "", False), id="practice"),
        pytest.param("onboarding", S.started, ("Ungraded Practice Exam", "", False), id="onboarding-under-way"),
        pytest.param("onboarding", S.submitted, ("Practice Exam Completed", "fa-check", True), id="practice-done"),
        pytest.param("practice", S.error, ("Practice Exam Failed", WARNING, True), id="practice-error"),
    ],
)
def test_each_status_has_its_line(kind: str, status: str | None, line: tuple[str, str, bool]) -> None:
    exam, user = make_exam(kind), make_user()
    if status:
        make_attempt(exam, user, status)

    assert summary(exam, user) == {
        "status": status or S.eligible,
        "short_description": line[0],
        "suggested_icon": line[1],
        "in_completed_state": line[2],
    }


@pytest.mark.contract("outline-status#line")
def test_the_line_of_a_timed_exam_has_no_status() -> None:
    exam = make_exam("timed")

    assert summary(exam, make_user()) == {
        "short_description": "Timed Exam",
        "suggested_icon": "fa-clock-o",
        "in_completed_state": False,
    }


@pytest.mark.contract("outline-status#status", "statuses#meaning")
def test_after_the_end_of_the_course_the_line_is_expired() -> None:
    runtime.set_runtime_service("credit", MockCreditServiceWithCourseEndDate())

    seen = summary(make_exam(), make_user())

    assert seen is not None
    assert (seen["status"], seen["short_description"]) == (S.expired, "Proctored Option No Longer Available")


@pytest.mark.contract("statuses#meaning")
@pytest.mark.parametrize(
    ("credit", "status"), [(MockCreditService, S.eligible), (MockCreditServiceWithCourseEndDate, S.expired)]
)
def test_the_status_of_a_line_without_an_attempt_is_not_stored(credit: Any, status: str) -> None:
    runtime.set_runtime_service("credit", credit())

    seen = summary(make_exam(), make_user())

    assert seen is not None
    assert seen["status"] == status
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("outline-status#permission")
def test_a_learner_without_the_permission_gets_only_practice_lines(credit: Any) -> None:
    with mock_perm():
        assert summary(make_exam(), make_user()) is None
        assert summary(make_exam("practice"), make_user()) is not None


@pytest.mark.contract("outline-status#permission")
def test_without_a_credit_service_every_learner_gets_the_line() -> None:
    with mock_perm():
        assert summary(make_exam(), make_user()) is not None


@pytest.mark.contract("outline-status#unknown-exam", "outline-status#permission")
def test_an_unknown_exam_is_logged_and_has_no_line(caplog: pytest.LogCaptureFixture) -> None:
    assert api.get_attempt_status_summary(make_user().pk, COURSE, "unknown") is None
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.contract("data-shapes#fresh")
def test_a_line_changed_by_the_caller_does_not_change_the_next_one() -> None:
    exam, user = make_exam(), make_user()
    first = summary(exam, user)
    assert first is not None
    first["short_description"] = "changed"

    assert summary(exam, user) != first


@pytest.mark.contract("outline-status#status")
def test_an_attempt_whose_time_is_up_is_ended(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(status=S.started, started_at=NOON, allowed_time_limit_mins=90)
    clock.tick(timedelta(minutes=91))

    seen = summary(attempt.proctored_exam, attempt.user)

    assert seen is not None
    assert seen["status"] == S.submitted


@pytest.mark.contract("outline-status#whole-course")
def test_the_lines_of_a_course_equal_the_single_lines(credit: Any) -> None:
    user = make_user()
    exams = [make_exam(kind) for kind in ("timed", "proctored", "practice", "onboarding", "proctored")]
    make_attempt(exams[1], user, S.error)
    make_attempt(exams[1], user, S.submitted)

    assert api.get_attempt_status_summaries(user.pk, COURSE) == {exam.content_id: summary(exam, user) for exam in exams}


@pytest.mark.contract("outline-status#whole-course", "attempts#queries")
def test_the_lines_of_a_course_take_the_same_queries_at_any_size(
    credit: Any, count_queries: Callable[..., int]
) -> None:
    user = make_user()

    def cost() -> int:
        credit.calls.clear()
        queries = count_queries(lambda: api.get_attempt_status_summaries(user.pk, COURSE))
        assert len(credit.called("get_credit_state")) <= 1
        return queries

    for _ in range(5):
        make_attempt(make_exam(), user)
    make_exam()
    few = cost()
    for _ in range(45):
        make_attempt(make_exam(), user)

    assert cost() == few


# Prerequisites


def requirement(name: str, status: str | None, order: int, namespace: str = "proctored_exam") -> dict[str, Any]:
    return {"namespace": namespace, "name": name, "order": order, "status": status}


ALL_KINDS = [
    requirement("final", None, 9),
    requirement("grade", "failed", 0, "grade"),
    requirement("check", "satisfied", 1, "reverification"),
    requirement("midterm", "failed", 2),
    requirement("quiz", None, 3),
    requirement("open", "declined", 4),
]


def names(requirements: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in requirements]


@pytest.mark.contract("prerequisites#order", "prerequisites#by-status")
def test_prerequisites_are_sorted_by_status() -> None:
    result = api._are_prerequirements_satisfied(ALL_KINDS, "final", ["grade"])

    assert {key: names(value) for key, value in result.items() if isinstance(value, list)} == {
        "satisfied_prerequisites": ["check"],
        "failed_prerequisites": ["midterm"],
        "pending_prerequisites": ["quiz"],
        "declined_prerequisites": ["open"],
    }
    assert result["are_prerequisites_satisifed"] is False


@pytest.mark.contract("prerequisites#order", "prerequisites#by-status")
@pytest.mark.parametrize(
    ("before", "considered"),
    [
        pytest.param("midterm", ["check"], id="only-those-before"),
        pytest.param("unknown", ["check", "midterm", "quiz", "open", "final"], id="all-if-unknown"),
        pytest.param(None, ["check", "midterm", "quiz", "open", "final"], id="all-if-not-named"),
    ],
)
def test_only_requirements_before_the_named_one_count(before: str | None, considered: list[str]) -> None:
    result = api._are_prerequirements_satisfied(ALL_KINDS, before, ["grade"])

    found = [name for value in result.values() if isinstance(value, list) for name in names(value)]
    assert sorted(found) == sorted(considered)


@pytest.mark.contract("prerequisites#order", "prerequisites#by-status")
def test_requirements_are_sorted_by_order_without_the_ignored_namespaces() -> None:
    assert names(api._get_ordered_prerequisites(ALL_KINDS)) == ["grade", "check", "midterm", "quiz", "open", "final"]


@pytest.fixture
def requirements() -> list[dict[str, Any]]:
    """The requirements of the credit service, filled by the test."""
    service = MockCreditService()
    runtime.set_runtime_service("credit", service)
    listed: list[dict[str, Any]] = service.status["credit_requirement_status"]
    return listed


def checked(exam: Any, user: Any) -> dict[str, Any]:
    return api.check_prerequisites(api.get_exam_by_id(exam.pk), user.pk)


@pytest.mark.contract("prerequisites#links", "prerequisites#check")
def test_failed_prerequisites_get_links(requirements: list[dict[str, Any]]) -> None:
    exam, former = make_exam(), make_exam()
    requirements += [
        requirement(former.content_id, "failed", 1),
        requirement("selfie", "failed", 2, "reverification"),
        requirement("quiz", None, 3),
    ]

    status = checked(exam, make_user())["prerequisite_status"]

    links = [item["jumpto_url"] for item in status["failed_prerequisites"]]
    assert links[0].endswith(former.content_id)
    assert links[1] is None
    assert "jumpto_url" not in status["pending_prerequisites"][0]


@pytest.mark.contract("prerequisites#links", "prerequisites#check")
def test_pending_prerequisites_get_links(requirements: list[dict[str, Any]]) -> None:
    requirements.append(requirement("quiz", None, 1))

    status = checked(make_exam(), make_user())["prerequisite_status"]

    assert status["pending_prerequisites"][0]["jumpto_url"].endswith("quiz")


@pytest.mark.contract("prerequisites#declined", "prerequisites#check")
def test_a_declined_prerequisite_declines_the_exam(requirements: list[dict[str, Any]]) -> None:
    exam, user = make_exam(), make_user()
    requirements.append(requirement("open", "declined", 1))

    checked(exam, user)

    assert ProctoredExamStudentAttempt.objects.get().status == S.declined


@pytest.mark.contract("prerequisites#declined", "host-services#reads-never-fail", "prerequisites#check")
def test_a_declined_prerequisite_does_not_change_an_existing_attempt(
    requirements: list[dict[str, Any]],
) -> None:
    exam, user = make_exam(), make_user()
    requirements.append(requirement("open", "declined", 1))
    make_attempt(exam, user, S.started)

    status = checked(exam, user)["prerequisite_status"]

    assert [item["name"] for item in status["declined_prerequisites"]] == ["open"]
    assert ProctoredExamStudentAttempt.objects.get().status == S.started


@pytest.mark.contract("prerequisites#declined", "host-services#reads-never-fail", "prerequisites#check")
def test_a_declined_prerequisite_of_a_deleted_user_is_no_error(requirements: list[dict[str, Any]]) -> None:
    exam = make_exam()
    requirements.append(requirement("open", "declined", 1))

    checked(exam, SimpleNamespace(pk=4711))

    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("host-services#absent", "prerequisites#check")
@pytest.mark.parametrize("service", [None, MockCreditServiceNone()], ids=["no-service", "no-state"])
def test_without_a_credit_state_nothing_is_added(service: Any) -> None:
    runtime.set_runtime_service("credit", service)
    exam = make_exam()

    assert checked(exam, make_user()) == api.get_exam_by_id(exam.pk)


# Hosts without data, or with failing services (contract/outline-status#permission,
# contract/host-services#reads-never-fail)


@pytest.mark.parametrize("with_credit", [True, False])
@pytest.mark.parametrize(
    ("kind", "line"), [("proctored", None), ("practice", "Ungraded Practice Exam"), ("timed", "Timed Exam")]
)
def test_an_anonymous_visitor_gets_lines_that_need_no_permission(
    kind: str, line: str | None, with_credit: bool
) -> None:
    if with_credit:
        runtime.set_runtime_service("credit", MockCreditService())
    exam = make_exam(kind)
    seen = api.get_attempt_status_summary(None, COURSE, exam.content_id)

    assert (seen and seen["short_description"]) == line
    assert api.get_attempt_status_summaries(None, COURSE) == ({} if seen is None else {exam.content_id: seen})


def test_a_deleted_user_gets_no_line(credit: Any) -> None:
    exam = make_exam()

    assert api.get_attempt_status_summary(4711, COURSE, exam.content_id) is None


def test_a_failing_credit_service_counts_as_one_without_data(credit: Any, caplog: pytest.LogCaptureFixture) -> None:
    credit.failing.add("get_credit_state")
    exam, user = make_exam(), make_user()
    seen = summary(exam, user)

    assert seen is not None
    assert seen["status"] == S.eligible
    assert api.get_attempt_status_summaries(user.pk, COURSE) == {exam.content_id: seen}
    assert "prerequisite_status" not in api.check_prerequisites(api.get_exam_by_id(exam.pk), user.pk)
    assert "credit state not available" in caplog.text
