"""What a removed attempt caused is undone, whoever is down, and what the remaining attempts say stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.api.effects import claiming, delivery, settling
from edx_proctoring.api.lifecycle import transitions
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff, make_user

from .conftest import due_effects

pytestmark = pytest.mark.django_db

# Service -> the call that a removal makes, and the effect that is left if it fails.
CALLS = {
    "instructor": ("delete_student_attempt", ("instructor", "delete_student_attempt")),
    "grades": ("undo_override_subsection_grade", ("grade", "undo_override_of_removed_attempt")),
    "credit": ("remove_credit_requirement_status", ("credit", "settle_credit_of_removed_attempt")),
}


def credit_says(services: dict[str, Any], attempt: ProctoredExamStudentAttempt) -> str | None:
    words = services["credit"].service.status["credit_requirement_status"]
    content_id = attempt.proctored_exam.content_id
    return next((word["status"] for word in words if word["name"] == content_id), None)


def is_overridden(services: dict[str, Any], attempt: ProctoredExamStudentAttempt) -> bool:
    exam = attempt.proctored_exam
    grades = services["grades"].service
    return grades.get_subsection_grade_override(attempt.user_id, exam.course_id, exam.content_id) is not None


@pytest.fixture
def rejected(all_services: dict[str, Any], test_backend: Any) -> ProctoredExamStudentAttempt:
    """An attempt that was rejected with all consequences."""
    attempt = make_attempt(status=S.submitted)
    api.update_attempt_status(attempt.pk, S.rejected)
    assert (credit_says(all_services, attempt), is_overridden(all_services, attempt)) == ("failed", True)
    return attempt


@pytest.fixture
def tick(clock: FrozenDateTimeFactory) -> Callable[[], api.DeliveryReport]:
    """Let an hour pass and deliver what is due."""

    def pass_time() -> api.DeliveryReport:
        clock.tick(timedelta(hours=1))
        return api.deliver_due_effects()

    return pass_time


@pytest.mark.contract("effects#undone", "attempts#removal")
def test_the_services_are_told_before_the_removal_returns(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any]
) -> None:
    api.remove_exam_attempt(rejected.pk, requesting_user=make_staff())

    assert (credit_says(all_services, rejected), is_overridden(all_services, rejected)) == (None, False)
    assert len(all_services["instructor"].called("delete_student_attempt")) == 1
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("effects#undone")
@pytest.mark.parametrize("down", [["instructor"], ["grades"], ["credit"], sorted(CALLS)], ids="+".join)
def test_a_service_that_is_down_is_told_later_and_keeps_nobody_else_waiting(
    rejected: ProctoredExamStudentAttempt,
    all_services: dict[str, Any],
    events: list[Any],
    tick: Callable[[], api.DeliveryReport],
    down: set[str],
) -> None:
    staff = make_staff()
    for name in down:
        all_services[name].failing = {CALLS[name][0]}

    api.remove_exam_attempt(rejected.pk, requesting_user=staff)

    assert not ProctoredExamStudentAttempt.objects.exists()
    assert set(due_effects()) == {CALLS[name][1] for name in down}
    assert credit_says(all_services, rejected) == ("failed" if "credit" in down else None)
    assert is_overridden(all_services, rejected) is ("grades" in down)
    assert events[-1][0].endswith("attempt.deleted")

    for name in down:
        all_services[name].failing = set()
    assert tick().delivered == len(down)

    assert (credit_says(all_services, rejected), is_overridden(all_services, rejected)) == (None, False)
    exam = rejected.proctored_exam
    assert all_services["instructor"].called("delete_student_attempt")[-1] == (
        (rejected.user.username, exam.course_id, exam.content_id),
        {"requesting_user": staff},
    )
    assert not AttemptEffect.objects.exists()


def test_a_row_names_nobody(rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any]) -> None:
    for name, (call, _row) in CALLS.items():
        all_services[name].failing = {call}

    api.remove_exam_attempt(rejected.pk, requesting_user=make_staff())

    rows = AttemptEffect.objects.filter(attempt_id=rejected.pk)
    assert rows.count() == len(CALLS)
    assert not any(rejected.user.username in row.arguments for row in rows)


@pytest.mark.contract("attempts#removal")
def test_a_requesting_user_unknown_to_the_host_is_named_after_the_rest_is_undone(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any]
) -> None:
    with pytest.raises(UserNotFoundException):
        api.remove_exam_attempt(rejected.pk, requesting_user="nobody")

    assert (credit_says(all_services, rejected), is_overridden(all_services, rejected)) == (None, False)
    assert due_effects() == [CALLS["instructor"][1]]


# A newer attempt


def remove_while_down(rejected: ProctoredExamStudentAttempt, services: dict[str, Any]) -> ProctoredExamStudentAttempt:
    """Remove an attempt while no service answers; return the learner's next attempt at the exam."""
    for name, (call, _row) in CALLS.items():
        services[name].failing = {call}
    api.remove_exam_attempt(rejected.pk, requesting_user=make_staff())
    for name in CALLS:
        services[name].failing = set()
    return make_attempt(rejected.proctored_exam, rejected.user, status=S.started)


@pytest.mark.contract("effects#undone")
def test_what_a_newer_attempt_contradicts_is_superseded(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any], tick: Callable[[], api.DeliveryReport]
) -> None:
    newer = remove_while_down(rejected, all_services)
    api.update_attempt_status(newer.pk, S.submitted)
    api.update_attempt_status(newer.pk, S.rejected)
    answers_deleted = len(all_services["instructor"].called("delete_student_attempt"))

    assert tick().superseded == len(CALLS)

    assert (credit_says(all_services, newer), is_overridden(all_services, newer)) == ("failed", True)
    assert len(all_services["instructor"].called("delete_student_attempt")) == answers_deleted
    assert set(AttemptEffect.objects.values_list("state", flat=True)) == {AttemptEffect.STATE_SUPERSEDED}


@pytest.mark.contract("effects#undone")
def test_a_newer_attempt_that_says_nothing_yet_supersedes_only_the_deletion_of_its_answers(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any], tick: Callable[[], api.DeliveryReport]
) -> None:
    newer = remove_while_down(rejected, all_services)

    assert tick() == api.DeliveryReport(delivered=2, superseded=1)

    assert (credit_says(all_services, newer), is_overridden(all_services, newer)) == (None, False)


def test_the_override_of_the_removed_attempt_goes_although_the_newer_one_is_verified(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any], tick: Callable[[], api.DeliveryReport]
) -> None:
    newer = remove_while_down(rejected, all_services)
    api.update_attempt_status(newer.pk, S.submitted)
    api.update_attempt_status(newer.pk, S.verified)

    tick()

    assert (credit_says(all_services, newer), is_overridden(all_services, newer)) == ("satisfied", False)


def test_a_status_that_changes_while_a_service_is_told_is_told_as_well(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any], tick: Callable[[], api.DeliveryReport]
) -> None:
    newer = remove_while_down(rejected, all_services)
    grades, told = all_services["grades"].service, []
    undo = grades.undo_override_subsection_grade

    def undo_slowly(**subsection: Any) -> None:
        told.append(subsection)
        if len(told) == 1:
            ProctoredExamStudentAttempt.objects.filter(pk=newer.pk).update(status=S.submitted)
        undo(**subsection)

    grades.undo_override_subsection_grade = undo_slowly
    report = tick()

    assert (report.failed, len(told)) == (1, 1)
    assert AttemptEffect.objects.leftovers().get().last_error.startswith("AttemptsChanged")
    assert (tick().delivered, len(told)) == (1, 2)


# Other attempts that are there already


@pytest.mark.contract("effects#undone")
@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        pytest.param(S.verified, S.rejected, "satisfied", id="the-verified-one-remains"),
        pytest.param(S.submitted, S.rejected, "submitted", id="the-submitted-one-remains"),
        pytest.param(S.error, S.submitted, "failed", id="the-broken-one-remains"),
        pytest.param(S.second_review_required, S.error, "submitted", id="the-one-under-review-remains"),
        pytest.param(S.started, S.error, None, id="the-one-that-remains-says-nothing"),
    ],
)
def test_credit_says_what_the_remaining_attempt_says(
    all_services: dict[str, Any], test_backend: Any, first: str, second: str, word: str | None
) -> None:
    former = make_attempt(status=first)
    latter = make_attempt(former.proctored_exam, former.user, status=S.started)
    api.update_attempt_status(latter.pk, second)

    api.remove_exam_attempt(latter.pk, requesting_user=make_staff())

    assert credit_says(all_services, former) == word


@pytest.mark.contract("effects#undone")
def test_the_removal_of_an_attempt_gives_the_newer_one_its_word(all_services: dict[str, Any]) -> None:
    broken = make_attempt(status=S.started)
    api.update_attempt_status(broken.pk, S.error)
    newer = make_attempt(broken.proctored_exam, broken.user, status=S.submitted)
    api.update_attempt_status(newer.pk, S.verified)
    assert credit_says(all_services, newer) == "failed"

    api.remove_exam_attempt(broken.pk, requesting_user=make_staff())

    assert credit_says(all_services, newer) == "satisfied"


def test_the_answers_of_a_newer_attempt_stay_when_the_older_one_is_removed(instructor: Any) -> None:
    broken = make_attempt(status=S.error)
    make_attempt(broken.proctored_exam, broken.user, status=S.started)

    api.remove_exam_attempt(broken.pk, requesting_user=make_staff())

    assert instructor.called("delete_student_attempt") == []


def test_the_override_of_another_rejected_attempt_stays(
    rejected: ProctoredExamStudentAttempt, all_services: dict[str, Any]
) -> None:
    newer = make_attempt(rejected.proctored_exam, rejected.user, status=S.submitted)

    api.remove_exam_attempt(newer.pk, requesting_user=make_staff())

    assert (credit_says(all_services, rejected), is_overridden(all_services, rejected)) == ("failed", True)


def test_an_attempt_from_when_the_exam_was_practice_has_no_say(all_services: dict[str, Any]) -> None:
    user = make_user()
    exam = make_exam()
    make_attempt(exam, user, status=S.rejected, is_sample_attempt=True)
    real = make_attempt(exam, user, status=S.submitted)

    api.remove_exam_attempt(real.pk, requesting_user=make_staff())

    assert credit_says(all_services, real) is None


@pytest.mark.parametrize(
    ("statuses", "credit", "overridden_by"),
    [
        pytest.param([], None, None, id="none"),
        pytest.param([S.error, S.verified], "submitted", None, id="verified-after-an-error-has-no-consequences"),
        pytest.param([S.rejected, S.rejected], "failed", 0, id="the-second-rejection-has-no-consequences"),
        pytest.param([S.verified, S.started], "satisfied", None, id="a-newer-one-without-a-word"),
        pytest.param([S.verified, S.rejected], "failed", 1, id="a-later-rejection"),
        pytest.param([S.onboarding_reset], None, None, id="replaced"),
    ],
)
def test_what_several_attempts_say_together(statuses: list[str], credit: str | None, overridden_by: int | None) -> None:
    standing = transitions.standing_of(statuses, is_practice_exam=False)

    assert (standing.credit, standing.grade_overridden_by) == (credit, overridden_by)


# Effects of the attempt that are still on their way


def test_a_slow_process_does_not_have_the_last_word_about_a_removed_attempt(
    all_services: dict[str, Any],
    test_backend: Any,
    monkeypatch: pytest.MonkeyPatch,
    clock: FrozenDateTimeFactory,
) -> None:
    attempt = make_attempt(status=S.submitted)
    deliver, held = delivery.deliver, []
    with monkeypatch.context() as slow:
        slow.setattr(delivery, "deliver", lambda *args, **kwargs: held.append((args, kwargs)))
        api.update_attempt_status(attempt.pk, S.rejected)
    override, removed = all_services["grades"].service.override_subsection_grade, []

    def override_slowly(**values: Any) -> None:
        if not removed:
            removed.append(attempt.pk)
            api.remove_exam_attempt(attempt.pk, requesting_user=make_staff())
        override(**values)

    all_services["grades"].service.override_subsection_grade = override_slowly
    [(args, kwargs)] = held
    deliver(*args, **kwargs)
    assert is_overridden(all_services, attempt), "the slow process had the last word so far"

    clock.tick(claiming.LEASE)
    api.deliver_due_effects()

    assert (credit_says(all_services, attempt), is_overridden(all_services, attempt)) == (None, False)
    assert all_services["certificates"].called("invalidate_certificate") == [], "no longer true when its turn came"
    assert due_effects() == []


def test_an_undelivered_rejection_of_a_removed_attempt_is_superseded(
    all_services: dict[str, Any], test_backend: Any, tick: Callable[[], api.DeliveryReport]
) -> None:
    attempt = make_attempt(status=S.submitted)
    all_services["credit"].failing = {"set_credit_requirement_status"}
    api.update_attempt_status(attempt.pk, S.rejected)
    all_services["credit"].failing = set()

    api.remove_exam_attempt(attempt.pk, requesting_user=make_staff())
    tick()

    assert credit_says(all_services, attempt) is None
    assert due_effects() == []


# How often the table of effects is asked


@pytest.mark.parametrize("with_services", [False, True], ids=["no-services", "all-services"])
def test_a_rejection_without_services_asks_once_whether_its_effects_are_still_due(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, test_backend: Any, with_services: bool
) -> None:
    if with_services:
        request.getfixturevalue("all_services")
    still_due, asked = settling.still_due, []

    def ask(rows: Any) -> set[int]:
        asked.append(len(rows))
        return still_due(rows)

    monkeypatch.setattr(settling, "still_due", ask)

    api.update_attempt_status(make_attempt(status=S.submitted).pk, S.rejected)

    # The services for grades and certificates may each have changed the attempt.
    assert len(asked) == (2 if with_services else 1)
