"""One place per learner and exam. Spec: python-api.md 8.5, cross-cutting.md C8, C19."""

from dataclasses import replace
from typing import Any

import pytest

from edx_proctoring import api
from edx_proctoring.api.attempts import entry_check
from edx_proctoring.exceptions import StudentExamAttemptAlreadyExistsException
from edx_proctoring.models import OpenAttempt, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db


def holder(exam: Any, user: Any) -> int | None:
    return OpenAttempt.objects.filter(exam_id=exam.pk, user_id=user.pk).values_list("attempt_id", flat=True).first()


def test_a_new_attempt_has_the_place() -> None:
    exam, user = make_exam(), make_user()

    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert holder(exam, user) == attempt_id


@pytest.mark.spec("python-api.md", "8.5:one")
def test_a_finished_attempt_keeps_it() -> None:
    exam, user = make_exam(), make_user()
    attempt_id = api.create_exam_attempt(exam.pk, user.pk)
    api.update_attempt_status(attempt_id, S.submitted)

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(exam.pk, user.pk)
    assert holder(exam, user) == attempt_id


@pytest.mark.spec("python-api.md", "8.5:one")
def test_practice_attempts_need_no_place() -> None:
    exam, user = make_exam("onboarding"), make_user()

    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert not OpenAttempt.objects.exists()


def test_release_for_resumption_frees_it_for_the_next() -> None:
    exam, user = make_exam(), make_user()
    first = api.create_exam_attempt(exam.pk, user.pk)
    api.update_attempt_status(first, S.error)
    api.mark_exam_attempt_as_ready_to_resume(first)
    assert holder(exam, user) is None

    second = api.create_exam_attempt(exam.pk, user.pk)

    assert holder(exam, user) == second


@pytest.mark.parametrize(
    "remove",
    [
        pytest.param(lambda attempt: api.remove_exam_attempt(attempt.pk, attempt.user), id="by-staff"),
        pytest.param(lambda attempt: attempt.delete(), id="by-the-admin"),
        pytest.param(lambda attempt: ProctoredExamStudentAttempt.objects.all().delete(), id="in-bulk"),
        pytest.param(lambda attempt: attempt.user.delete(), id="with-the-learner"),
        pytest.param(lambda attempt: attempt.proctored_exam.delete(), id="with-the-exam"),
    ],
)
def test_it_goes_with_its_attempt(remove: Any) -> None:
    exam, user = make_exam(), make_user()
    attempt_id = api.create_exam_attempt(exam.pk, user.pk)

    remove(ProctoredExamStudentAttempt.objects.get(pk=attempt_id))

    assert not OpenAttempt.objects.exists()


def removed(exam: Any, user: Any) -> int:
    return 4711


def released(exam: Any, user: Any) -> int:
    return make_attempt(exam, user, S.error, ready_to_resume=True).pk


def taken_up_elsewhere(exam: Any, user: Any) -> int:
    first = make_attempt(exam, user, S.error, ready_to_resume=True, resumed=True)
    make_attempt(exam, user, S.error, ready_to_resume=True)
    return first.pk


def of_somebody_else(exam: Any, user: Any) -> int:
    return make_attempt().pk


@pytest.mark.parametrize("left_behind", [removed, released, taken_up_elsewhere, of_somebody_else])
def test_a_row_that_6_1_4_left_behind_heals(left_behind: Any) -> None:
    exam, user = make_exam(), make_user()
    OpenAttempt.objects.create(exam_id=exam.pk, user_id=user.pk, attempt_id=left_behind(exam, user))

    attempt_id = api.create_exam_attempt(exam.pk, user.pk)

    assert holder(exam, user) == attempt_id


def test_an_attempt_of_6_1_4_counts_without_a_row() -> None:
    attempt = make_attempt(status=S.started)

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(attempt.proctored_exam_id, attempt.user_id)


def test_a_refused_creation_leaves_the_callers_transaction_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    exam, user = make_exam(), make_user()
    OpenAttempt.objects.create(exam_id=exam.pk, user_id=user.pk, attempt_id=4711)
    # As in a transaction whose view of the tables is older than the row.
    look = entry_check.look
    monkeypatch.setattr(entry_check, "look", lambda *args: replace(look(*args), place_holder=None))

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(exam.pk, user.pk)

    assert not ProctoredExamStudentAttempt.objects.exists()
