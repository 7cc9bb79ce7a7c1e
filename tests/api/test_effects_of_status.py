"""What entering each status causes."""

from typing import Any

import pytest
from django.core.mail import EmailMessage

from edx_proctoring import api
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam, make_staff, make_user

from .conftest import due_effects

pytestmark = pytest.mark.django_db


@pytest.mark.contract("provider-interface#status-notices", "effects#provider", "effects#by-status")
@pytest.mark.parametrize(
    ("from_status", "to_status", "call"),
    [
        pytest.param(S.created, S.started, "start_exam_attempt", id="start"),
        pytest.param(S.started, S.submitted, "stop_exam_attempt", id="submit"),
        pytest.param(S.started, S.timed_out, "stop_exam_attempt", id="time-out"),
        pytest.param(S.started, S.ready_to_start, "stop_exam_attempt", id="entering-a-running-exam-again"),
        pytest.param(S.started, S.error, "mark_erroneous_exam_attempt", id="error"),
        pytest.param(S.created, S.download_software_clicked, None, id="download"),
        pytest.param(S.created, S.ready_to_start, None, id="ready"),
        pytest.param(S.started, S.ready_to_submit, None, id="stop"),
        pytest.param(S.created, S.declined, "remove_exam_attempt", id="decline"),
        pytest.param(S.submitted, S.verified, None, id="verify"),
        pytest.param(S.submitted, S.rejected, None, id="reject"),
        pytest.param(S.submitted, S.second_review_required, None, id="second-review"),
    ],
)
@pytest.mark.parametrize("kind", ["proctored", "practice", "onboarding"])
def test_a_change_with_a_provider_call_calls_the_provider_once(
    provider: Any, kind: str, from_status: str, to_status: str, call: str | None
) -> None:
    attempt = make_attempt(make_exam(kind, backend="test"), status=from_status)
    provider.supports_onboarding = kind == "onboarding"

    api.update_attempt_status(attempt.pk, to_status)

    assert provider.calls == ([call] if call else [])
    if call:
        assert provider.last_ids == (attempt.proctored_exam.external_id, attempt.external_id)


@pytest.mark.contract("effects#by-status", "effects#removal")
def test_a_registration_that_is_declined_while_the_provider_is_down_is_removed_later(provider: Any) -> None:
    attempt = make_attempt(make_exam(backend="test"), status=S.created)
    remove = provider.remove_exam_attempt
    provider.remove_exam_attempt = lambda exam, attempt: 1 / 0

    api.update_attempt_status(attempt.pk, S.declined)

    assert ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).external_id is None
    provider.remove_exam_attempt = remove
    assert api.deliver_due_effects(ignore_pause=True).delivered == 1
    assert provider.last_ids == (attempt.proctored_exam.external_id, attempt.external_id)


@pytest.mark.contract("effects#by-status")
def test_an_attempt_that_was_not_registered_is_declined_without_the_provider(provider: Any) -> None:
    attempt = make_attempt(make_exam(backend="test"), status=S.created, external_id=None)
    api.update_attempt_status(attempt.pk, S.declined)
    assert provider.calls == []


@pytest.mark.contract("transitions#first-start", "effects#provider", "effects#by-status")
def test_a_return_from_the_submit_page_does_not_call_the_provider(provider: Any) -> None:
    attempt = make_attempt(status=S.ready_to_submit)
    started_at = attempt.started_at

    api.update_attempt_status(attempt.pk, S.started)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.started_at) == (S.started, started_at)
    assert provider.calls == []


@pytest.mark.contract("effects#timed-exams", "host-services#absent")
@pytest.mark.parametrize("to_status", [S.started, S.submitted, S.error, S.declined])
def test_a_change_in_a_timed_exam_calls_neither_provider_nor_credit(
    provider: Any, all_services: dict[str, Any], mailoutbox: list[Any], to_status: str
) -> None:
    attempt = make_attempt(make_exam("timed"))

    api.update_attempt_status(attempt.pk, to_status)

    assert provider.calls == []
    assert all_services["credit"].calls == []
    assert mailoutbox == []


@pytest.mark.contract("host-services#credit", "effects#credit", "effects#in-process", "effects#by-status")
@pytest.mark.parametrize(
    ("to_status", "word"),
    [
        pytest.param(S.submitted, "submitted", id="submitted"),
        pytest.param(S.verified, "satisfied", id="verified"),
        pytest.param(S.rejected, "failed", id="rejected"),
        pytest.param(S.error, "failed", id="error"),
        pytest.param(S.declined, "declined", id="declined"),
        pytest.param(S.second_review_required, None, id="second-review"),
        pytest.param(S.expired, None, id="expired"),
        pytest.param(S.ready_to_submit, None, id="ready-to-submit"),
    ],
)
def test_a_change_sets_the_credit_requirement_of_its_status(credit: Any, to_status: str, word: str | None) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, to_status)

    expected = {
        "user_id": attempt.user_id,
        "course_key_or_id": attempt.proctored_exam.course_id,
        "req_namespace": "proctored_exam",
        "req_name": attempt.proctored_exam.content_id,
        "status": word,
    }
    assert credit.called("set_credit_requirement_status") == ([((), expected)] if word else [])


@pytest.mark.contract("host-services#credit-state")
@pytest.mark.parametrize("to_status", [S.ready_to_start, S.started, S.submitted, S.error, S.declined, "else"])
@pytest.mark.parametrize("kind", ["proctored", "practice", "onboarding"])
def test_each_change_reads_the_credit_state_once_with_or_without_a_mail(credit: Any, kind: str, to_status: str) -> None:
    attempt = make_attempt(make_exam(kind))

    api.update_attempt_status(attempt.pk, to_status)

    assert credit.called("get_credit_state") == [
        ((attempt.user_id, attempt.proctored_exam.course_id), {"return_course_info": True})
    ]


@pytest.mark.contract("host-services#credit-state")
@pytest.mark.parametrize(
    ("kind", "to_status"),
    [
        pytest.param("proctored", S.ready_to_submit, id="another-attempt-and-nothing-to-report"),
        pytest.param("proctored", S.rejected, id="a-second-rejection"),
        pytest.param("timed", S.submitted, id="timed-exams-have-no-credit"),
    ],
)
def test_a_change_without_consequences_does_not_read_the_credit_state(credit: Any, kind: str, to_status: str) -> None:
    exam, user = make_exam(kind), make_user()
    make_attempt(exam, user, S.rejected)
    attempt = make_attempt(exam, user, S.started)

    api.update_attempt_status(attempt.pk, to_status)

    assert credit.calls == []


@pytest.mark.contract("host-services#credit-state", "effects#order")
def test_a_rejection_calls_credit_grades_certificates_then_mails(
    all_services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for service in all_services.values():
        monkeypatch.setattr(service, "calls", _SharedList(order))
    monkeypatch.setattr(EmailMessage, "send", lambda self, fail_silently=False: order.append("mail"))

    api.update_attempt_status(make_attempt(status=S.submitted).pk, S.rejected)

    assert [call for call in order if not call.startswith(("should", "get_proctoring"))] == [
        "set_credit_requirement_status",
        "override_subsection_grade",
        "invalidate_certificate",
        "get_credit_state",
        "mail",
    ]


class _SharedList(list[Any]):
    """A list of calls that adds their names to a list shared by all services."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names

    def append(self, call: Any) -> None:
        self._names.append(call[0])
        super().append(call)


@pytest.mark.contract("host-services#credit-state")
def test_a_credit_state_that_cannot_be_read_is_not_retried(credit: Any, sent_signals: list[dict[str, Any]]) -> None:
    credit.failing = {"get_credit_state"}
    attempt = make_attempt()

    api.update_attempt_status(attempt.pk, S.started)

    assert [signal["status"] for signal in sent_signals] == [S.started]
    assert not AttemptEffect.objects.exists(), "nothing depends on the answer, so it is not asked for again"


@pytest.mark.contract("effects#mail", "emails#subject", "effects#in-process", "effects#by-status")
@pytest.mark.parametrize(
    ("to_status", "subject"),
    [
        pytest.param(S.submitted, "Proctoring attempt submitted", id="submitted"),
        pytest.param(S.verified, "Proctoring attempt verified", id="verified"),
        pytest.param(S.rejected, "Proctoring attempt rejected", id="rejected"),
        pytest.param(S.error, None, id="error"),
        pytest.param(S.declined, None, id="declined"),
        pytest.param(S.second_review_required, None, id="second-review"),
    ],
)
def test_a_change_mails_the_learner_about_its_status(
    mailoutbox: list[Any], to_status: str, subject: str | None
) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, to_status)

    # Outside code looks for these words in the subject; exam and course follow them.
    assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ([subject] if subject else [])
    assert all(mail.to == [attempt.user.email] for mail in mailoutbox)


@pytest.mark.contract("effects#mail")
@pytest.mark.parametrize("kind", ["timed", "practice", "onboarding"])
def test_a_timed_or_practice_attempt_is_not_mailed_about(mailoutbox: list[Any], kind: str) -> None:
    attempt = make_attempt(make_exam(kind), status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert mailoutbox == []


@pytest.mark.contract("host-services#grades", "host-services#certificates", "effects#grades", "effects#by-status")
def test_a_rejection_overrides_the_grade_then_invalidates_the_certificate(all_services: dict[str, Any]) -> None:
    attempt, judge = make_attempt(status=S.submitted), make_staff()
    attempt_course = attempt.proctored_exam.course_id

    api.update_attempt_status(attempt.pk, S.rejected, update_attributable_to=judge)

    [(_, override)] = all_services["grades"].called("override_subsection_grade")
    assert (override["earned_all"], override["earned_graded"], override["overrider"]) == (0.0, 0.0, judge)
    assert (override["course_key_or_id"], override["usage_key_or_id"]) == (
        attempt_course,
        attempt.proctored_exam.content_id,
    )
    assert all_services["certificates"].called("invalidate_certificate") == [
        ((), {"user_id": attempt.user_id, "course_key_or_id": attempt_course})
    ]


@pytest.mark.contract("effects#grades")
def test_the_comment_of_a_grade_override_names_the_provider(provider: Any, grades: Any) -> None:
    attempt = make_attempt(status=S.submitted)

    api.update_attempt_status(attempt.pk, S.rejected)

    [(_, override)] = grades.called("override_subsection_grade")
    assert "Recorder" in override["comment"]


@pytest.mark.contract("effects#grades")
def test_a_rejection_in_a_course_that_keeps_grades_keeps_the_certificate(all_services: dict[str, Any]) -> None:
    all_services["grades"].service.rejected_exam_overrides_grade = False
    attempt = make_attempt(status=S.submitted)

    api.update_attempt_status(attempt.pk, S.rejected)

    assert all_services["grades"].called("override_subsection_grade") == []
    assert all_services["certificates"].calls == []


@pytest.mark.contract("effects#grades", "effects#by-status")
@pytest.mark.parametrize(
    ("from_status", "times"),
    [pytest.param(S.rejected, 1, id="after-a-rejection"), pytest.param(S.submitted, 0, id="never-rejected")],
)
def test_a_verification_undoes_the_grade_override_of_a_rejection(grades: Any, from_status: str, times: int) -> None:
    attempt = make_attempt(status=from_status)

    api.update_attempt_status(attempt.pk, S.verified)

    assert len(grades.called("undo_override_subsection_grade")) == times


@pytest.mark.contract("host-services#instructor", "effects#completion", "effects#by-status")
def test_a_completion_is_reported_once_for_two_submissions(instructor: Any) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)
    api.update_attempt_status(attempt.pk, S.submitted)

    assert instructor.called("complete_student_attempt") == [
        ((attempt.user.username, attempt.proctored_exam.content_id), {})
    ]


def test_a_completion_that_is_saved_directly_is_reported(instructor: Any) -> None:
    attempt = make_attempt(status=S.started)

    attempt.completed_at = NOON
    attempt.save()

    assert len(instructor.called("complete_student_attempt")) == 1


@pytest.mark.contract("signals#transition", "signals#status")
def test_a_change_emits_one_event_then_one_signal(
    events: list[Any], sent_signals: list[dict[str, Any]], test_backend: Any
) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    [(name, data)] = events
    assert name == "edx.special_exam.proctored.attempt.submitted"
    assert (data["attempt_id"], data["attempt_status"]) == (attempt.pk, S.submitted)
    assert sent_signals == [
        {
            "sender": "edx_proctoring",
            "attempt_id": attempt.pk,
            "user_id": attempt.user_id,
            "status": S.submitted,
            "full_name": None,
            "profile_name": None,
            "is_practice_exam": False,
            "is_proctored": True,
            "backend_supports_onboarding": True,
        }
    ]


@pytest.mark.contract("signals#transition")
def test_the_signal_of_a_timed_exam_says_no_onboarding_support(sent_signals: list[dict[str, Any]]) -> None:
    attempt = make_attempt(make_exam("timed"))

    api.update_attempt_status(attempt.pk, S.started)

    assert sent_signals[0]["backend_supports_onboarding"] is False


@pytest.mark.contract("host-services#absent")
def test_a_change_without_any_service_leaves_nothing_due(mailoutbox: list[Any]) -> None:
    attempt = make_attempt(status=S.submitted)

    api.update_attempt_status(attempt.pk, S.rejected)

    assert not AttemptEffect.objects.exists()
    assert "your course" in mailoutbox[0].body


@pytest.mark.contract("effects#by-status")
@pytest.mark.parametrize(
    "to_status",
    [S.created, S.download_software_clicked, S.ready_to_start, S.ready_to_submit, S.second_review_required, S.expired],
)
def test_any_other_status_causes_an_event_and_a_signal_only(
    provider: Any,
    all_services: dict[str, Any],
    mailoutbox: list[Any],
    events: list[Any],
    sent_signals: list[dict[str, Any]],
    to_status: str,
) -> None:
    attempt = make_attempt()
    events.clear()

    api.update_attempt_status(attempt.pk, to_status)

    assert [name.rpartition(".")[2] for name, _ in events] == [to_status]
    assert [signal["status"] for signal in sent_signals] == [to_status]
    told = [name for service in all_services.values() for name, _, _ in service.calls]
    assert [name for name in told if not name.startswith("get_")] == []
    assert (provider.calls, mailoutbox) == ([], [])
    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("effects#by-status")
def test_an_error_makes_the_attempt_resumable() -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.error)

    attempt.refresh_from_db()
    assert attempt.is_resumable is True


@pytest.mark.contract("effects#consequences")
@pytest.mark.parametrize(
    ("to_status", "others", "is_practice", "expected"),
    [
        pytest.param(S.submitted, [], False, True, id="the-only-attempt"),
        pytest.param(S.started, [], False, True, id="the-only-attempt-whatever-the-status"),
        pytest.param(S.rejected, [S.rejected], True, True, id="practice-always"),
        pytest.param(S.declined, [S.rejected], False, True, id="declined-always"),
        pytest.param(S.error, [S.rejected], False, True, id="error-always"),
        pytest.param(S.submitted, [S.error], False, True, id="submitted-after-an-error"),
        pytest.param(S.submitted, [S.rejected], False, False, id="submitted-after-a-rejection"),
        pytest.param(S.verified, [S.verified], False, True, id="verified-like-all-others"),
        pytest.param(S.verified, [S.submitted], False, False, id="verified-while-another-waits"),
        pytest.param(S.rejected, [S.submitted], False, True, id="the-first-rejection"),
        pytest.param(S.rejected, [S.rejected], False, False, id="the-second-rejection"),
        pytest.param(S.rejected, [S.declined], False, False, id="rejected-after-declining"),
        pytest.param(S.second_review_required, [S.error], False, False, id="anything-else"),
    ],
)
def test_consequences_are_allowed(to_status: str, others: list[str], is_practice: bool, expected: bool) -> None:
    attempts = [{"status": status} for status in (to_status, *others)]

    assert api.can_update_credit_grades_and_email(attempts, to_status, {"is_practice_exam": is_practice}) is expected


@pytest.mark.contract("effects#consequences")
def test_a_second_rejection_has_no_consequences(all_services: dict[str, Any], mailoutbox: list[Any]) -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.rejected)
    attempt = make_attempt(exam, user, S.submitted)

    api.update_attempt_status(attempt.pk, S.rejected)

    assert all_services["credit"].calls == []
    assert all_services["grades"].calls == []
    assert mailoutbox == []


# The cascade


def statuses_of(user: Any) -> dict[int, str]:
    return dict(ProctoredExamStudentAttempt.objects.filter(user=user).values_list("proctored_exam_id", "status"))


@pytest.mark.contract("effects#cascade", "effects#by-status")
def test_declining_closes_the_other_proctored_exams_of_the_course(credit: Any) -> None:
    user = make_user()
    declined = make_attempt(make_exam(), user)
    untouched = make_exam()
    entered = make_attempt(make_exam(), user, S.ready_to_start)
    finished = make_attempt(make_exam(), user, S.verified)

    api.update_attempt_status(declined.pk, S.declined)

    assert statuses_of(user) == {
        declined.proctored_exam_id: S.declined,
        untouched.pk: S.declined,
        entered.proctored_exam_id: S.declined,
        finished.proctored_exam_id: S.verified,
    }
    for attempt in ProctoredExamStudentAttempt.objects.filter(user=user, status=S.declined):
        assert (attempt.taking_as_proctored, attempt.external_id) == (False, None)


@pytest.mark.contract("effects#cascade")
@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"kind": "timed"}, id="timed"),
        pytest.param({"kind": "onboarding"}, id="onboarding"),
        pytest.param({"is_active": False}, id="inactive"),
        pytest.param({"course_id": "course-v1:Another+One+2026"}, id="of-another-course"),
    ],
)
def test_declining_leaves_other_exams_alone(other: dict[str, Any]) -> None:
    user = make_user()
    make_exam(**other)
    attempt = make_attempt(make_exam(), user)

    api.update_attempt_status(attempt.pk, S.declined)

    assert statuses_of(user) == {attempt.proctored_exam_id: S.declined}


@pytest.mark.contract("effects#cascade")
@pytest.mark.parametrize("kind", ["timed", "practice"])
def test_declining_an_exam_without_credit_closes_no_other(kind: str) -> None:
    user = make_user()
    make_exam("proctored")
    attempt = make_attempt(make_exam(kind), user)

    api.update_attempt_status(attempt.pk, S.declined)

    assert statuses_of(user) == {attempt.proctored_exam_id: S.declined}


@pytest.mark.contract("effects#cascade")
def test_declining_without_cascade_leaves_the_other_exams() -> None:
    user = make_user()
    make_exam()
    attempt = make_attempt(make_exam(), user)

    api.update_attempt_status(attempt.pk, S.declined, cascade_effects=False)

    assert statuses_of(user) == {attempt.proctored_exam_id: S.declined}


# Onboarding clean-up


@pytest.mark.contract("effects#onboarding-clean-up")
def test_a_finished_onboarding_clears_the_onboarding_errors_of_its_provider(
    provider: Any, backends_registry: dict[str, Any]
) -> None:
    user = make_user()
    refused = make_attempt(make_exam(), user, S.onboarding_missing)
    of_another_provider = make_attempt(make_exam(backend="null"), user, S.onboarding_missing)
    onboarding = make_attempt(make_exam("onboarding"), user, S.started)

    api.update_attempt_status(onboarding.pk, S.submitted)

    assert refused.proctored_exam_id not in statuses_of(user)
    assert of_another_provider.proctored_exam_id in statuses_of(user)
    assert provider.calls == ["remove_exam_attempt", "stop_exam_attempt"]


@pytest.mark.contract("effects#onboarding-clean-up")
def test_an_open_onboarding_clears_no_onboarding_error(provider: Any) -> None:
    user = make_user()
    refused = make_attempt(make_exam(), user, S.onboarding_missing)
    onboarding = make_attempt(make_exam("onboarding"), user, S.created)

    api.update_attempt_status(onboarding.pk, S.started)

    assert refused.proctored_exam_id in statuses_of(user)


# Return values and errors


@pytest.mark.contract("transitions#update")
def test_a_change_by_an_id_in_digits_returns_the_number() -> None:
    attempt = make_attempt()

    assert api.update_attempt_status(str(attempt.pk), S.started) == attempt.pk  # type: ignore[arg-type]


@pytest.mark.contract("transitions#update")
def test_an_unknown_attempt_raises_or_returns_none() -> None:
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.update_attempt_status(4711, S.started)
    assert api.update_attempt_status(4711, S.started, raise_if_not_found=False) is None


@pytest.mark.contract("transitions#provider-not-configured")
def test_with_an_unknown_provider_the_status_changes_and_the_providers_part_is_due() -> None:
    attempt = make_attempt(status=S.started)
    type(attempt.proctored_exam).objects.update(backend="gone")

    api.update_attempt_status(attempt.pk, S.submitted)

    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert due_effects() == [("provider", "stop_exam_attempt")]


@pytest.mark.contract("events-and-logs#levels")
def test_changes_that_succeed_log_nothing_above_info(
    all_services: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    user = make_user()
    attempt_id = api.create_exam_attempt(make_exam().pk, user.pk, taking_as_proctored=True)
    for status in (
        S.download_software_clicked,
        S.ready_to_start,
        S.started,
        S.submitted,
        S.rejected,
        S.verified,
        S.error,
    ):
        api.update_attempt_status(attempt_id, status)

    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
