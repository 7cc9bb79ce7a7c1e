"""Starting, marking and resuming attempts."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.exceptions import (
    BackendProviderSentNoAttemptID,
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNoTimeLeft,
    ProctoredExamPermissionDenied,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db

UNKNOWN = 4711


def stored(attempt_id: int) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id)


# Starting and marking


@pytest.mark.contract("attempts#start")
def test_a_ready_attempt_starts() -> None:
    attempt = make_attempt(status=S.ready_to_start)

    assert api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id) == attempt.pk
    assert stored(attempt.pk).started_at is not None


@pytest.mark.contract("attempts#start")
def test_a_ready_attempt_starts_by_its_code() -> None:
    attempt = make_attempt(status=S.ready_to_start)

    assert api.start_exam_attempt_by_code(attempt.attempt_code or "") == attempt.pk


@pytest.mark.contract("attempts#start")
def test_a_started_attempt_is_not_started_again() -> None:
    attempt = make_attempt(status=S.started)

    with pytest.raises(StudentExamAttemptedAlreadyStarted):
        api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id)


@pytest.mark.contract("attempts#start")
def test_a_submitted_attempt_is_not_started_again() -> None:
    attempt = make_attempt(status=S.submitted)

    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.start_exam_attempt_by_code(attempt.attempt_code or "")


@pytest.mark.contract("attempts#unknown", "attempts#resume-carry-over")
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: api.start_exam_attempt(UNKNOWN, UNKNOWN), id="start"),
        pytest.param(lambda: api.start_exam_attempt_by_code("NO"), id="start-by-code"),
        pytest.param(lambda: api.stop_exam_attempt(UNKNOWN), id="stop"),
        pytest.param(lambda: api.mark_exam_attempt_timeout(UNKNOWN), id="time-out"),
        pytest.param(lambda: api.mark_exam_attempt_as_ready(UNKNOWN), id="ready"),
        pytest.param(lambda: api.mark_exam_attempt_as_ready_to_resume(UNKNOWN), id="ready-to-resume"),
        pytest.param(lambda: api.mark_exam_attempt_as_resumed(UNKNOWN), id="resumed"),
        pytest.param(lambda: api.update_exam_attempt(UNKNOWN, time_remaining_seconds=1), id="update"),
    ],
)
def test_an_unknown_attempt_is_refused(call: Any) -> None:
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        call()


@pytest.mark.contract("attempts#mark")
@pytest.mark.parametrize(
    ("call", "status"),
    [
        pytest.param(api.stop_exam_attempt, S.ready_to_submit, id="stop"),
        pytest.param(api.mark_exam_attempt_as_ready, S.ready_to_start, id="ready"),
    ],
)
def test_a_marked_attempt_has_the_status(call: Any, status: str) -> None:
    attempt = make_attempt()

    assert call(attempt.pk) == attempt.pk
    assert stored(attempt.pk).status == status


@pytest.mark.contract("attempts#update")
def test_an_update_of_permitted_fields_is_stored_without_event_or_signal(
    events: list[Any], sent_signals: list[Any]
) -> None:
    attempt = make_attempt()
    events.clear()

    api.update_exam_attempt(attempt.pk, is_status_acknowledged=True, time_remaining_seconds=600)

    after = stored(attempt.pk)
    assert (after.is_status_acknowledged, after.time_remaining_seconds) == (True, 600)
    assert (events, sent_signals) == ([], [])


@pytest.mark.contract("attempts#update")
def test_an_update_of_another_field_is_refused_with_nothing_changed() -> None:
    attempt = make_attempt()

    with pytest.raises(ProctoredExamPermissionDenied):
        api.update_exam_attempt(attempt.pk, time_remaining_seconds=600, status=S.verified)

    after = stored(attempt.pk)
    assert (after.status, after.time_remaining_seconds) == (S.created, None)


@pytest.mark.parametrize(
    ("status", "after"),
    [
        pytest.param(S.created, S.ready_to_start, id="being-set-up"),
        pytest.param(S.download_software_clicked, S.ready_to_start, id="software-opened"),
        pytest.param(S.started, S.started, id="started-meanwhile-goes-on"),
        pytest.param(S.submitted, S.submitted, id="submitted-meanwhile-stays"),
    ],
)
def test_a_late_ready_callback_does_not_disturb_an_attempt_that_went_on(status: str, after: str) -> None:
    attempt = make_attempt(status=status)

    assert api.mark_waiting_attempt_as_ready(attempt.pk) == attempt.pk

    assert stored(attempt.pk).status == after


# Resuming


@pytest.mark.contract("attempts#resume-flags")
def test_an_error_makes_an_attempt_resumable_a_submission_does_not() -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.error)
    assert stored(attempt.pk).is_resumable

    api.update_attempt_status(attempt.pk, S.verified)
    assert stored(attempt.pk).is_resumable, "a later review keeps it"

    api.update_attempt_status(attempt.pk, S.submitted)
    assert not stored(attempt.pk).is_resumable


@pytest.mark.contract("attempts#resume-flags")
@pytest.mark.parametrize("flag", ["ready_to_resume", "resumed"])
def test_in_the_resume_process_no_transition_makes_it_resumable(flag: str) -> None:
    attempt = make_attempt(status=S.started, **{flag: True})

    api.update_attempt_status(attempt.pk, S.error)

    assert not stored(attempt.pk).is_resumable


@pytest.mark.contract("attempts#resume-marks")
def test_a_released_attempt_is_ready_to_resume_with_its_status_kept(events: list[Any]) -> None:
    attempt = make_attempt(status=S.error, is_resumable=True)
    events.clear()

    assert api.mark_exam_attempt_as_ready_to_resume(attempt.pk) == attempt.pk

    after = stored(attempt.pk)
    assert (after.ready_to_resume, after.is_resumable, after.status) == (True, False, S.error)
    assert events == []
    assert api.is_attempt_ready_to_resume(attempt_dict(after))
    assert api.is_attempt_in_resume_process(after)


@pytest.mark.contract("attempts#resume-marks")
def test_an_attempt_that_is_not_resumable_is_not_released() -> None:
    attempt = make_attempt(status=S.error)

    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        api.mark_exam_attempt_as_ready_to_resume(attempt.pk)


@pytest.mark.contract("attempts#resume-marks")
def test_a_released_attempt_can_be_marked_as_resumed_twice_another_not_at_all() -> None:
    released = make_attempt(status=S.error, ready_to_resume=True)
    not_released = make_attempt(status=S.error)

    api.mark_exam_attempt_as_resumed(released.pk)
    assert api.mark_exam_attempt_as_resumed(released.pk) == released.pk
    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        api.mark_exam_attempt_as_resumed(not_released.pk)


@pytest.mark.contract("attempts#resume-carry-over")
@pytest.mark.parametrize(
    ("seconds_left", "limit"),
    [
        pytest.param(600, 10, id="ten-minutes"),
        pytest.param(60, 1, id="exactly-a-minute"),
        pytest.param(None, 90, id="unknown"),
    ],
)
def test_the_resuming_attempt_gets_the_time_that_was_left(
    provider: Any, clock: FrozenDateTimeFactory, seconds_left: int | None, limit: int
) -> None:
    former = make_attempt(status=S.error, ready_to_resume=True, time_remaining_seconds=seconds_left)

    attempt_id = api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
    api.update_attempt_status(attempt_id, S.started)

    former.refresh_from_db()
    assert (former.resumed, former.status) == (True, S.error)
    assert stored(attempt_id).time_remaining_seconds == seconds_left
    assert stored(attempt_id).allowed_time_limit_mins == limit
    assert provider.contexts[0]["time_limit_mins"] == limit


@pytest.mark.parametrize("seconds_left", [0, 59])
def test_with_less_than_a_minute_left_nothing_is_resumed(provider: Any, seconds_left: int) -> None:
    former = make_attempt(status=S.error, ready_to_resume=True, time_remaining_seconds=seconds_left)

    with pytest.raises(ProctoredExamNoTimeLeft):
        api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)

    former.refresh_from_db()
    assert (former.resumed, provider.contexts) == (False, [])


@pytest.mark.contract("attempts#resume-carry-over")
def test_a_resumption_that_fails_can_be_tried_again(provider: Any) -> None:
    former = make_attempt(status=S.error, ready_to_resume=True)
    provider.no_attempt_id_error = "busy"
    with pytest.raises(BackendProviderSentNoAttemptID):
        api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
    assert not stored(former.pk).resumed

    provider.no_attempt_id_error = None
    assert api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
