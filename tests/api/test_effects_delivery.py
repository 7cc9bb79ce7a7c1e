"""Effects are delivered after the commit, in order; none is lost and none undoes the status."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.core.mail import EmailMessage
from django.db import connection
from django.template import TemplateDoesNotExist, loader
from freezegun.api import FrozenDateTimeFactory
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring import api
from edx_proctoring.api.attempts import entry
from edx_proctoring.api.effects import claiming, retrying
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect, make_exam, make_staff, make_user

from .conftest import due_effects

pytestmark = pytest.mark.django_db


@pytest.mark.contract("effects#recorded")
def test_delivered_effects_leave_nothing_behind(all_services: dict[str, Any]) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert not AttemptEffect.objects.exists()


@pytest.mark.contract("effects#order")
def test_effects_are_recorded_before_the_first_receiver_is_called(instructor: Any) -> None:
    seen: list[list[tuple[str, str]]] = []
    instructor.service.complete_student_attempt = lambda username, content_id: seen.append(due_effects())
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    [while_the_first_is_told] = seen
    assert while_the_first_is_told == [
        ("instructor", "complete_student_attempt"),
        ("credit", "set_credit_requirement_status"),
        ("mail", "status_email"),
        ("provider", "stop_exam_attempt"),
        ("signal", "tracking_event"),
        ("signal", "exam_attempt_status_signal"),
    ]


def test_the_row_of_a_sent_mail_is_deleted_before_the_provider_is_called(provider: Any, mailoutbox: list[Any]) -> None:
    seen: list[Any] = []
    provider.stop_exam_attempt = lambda exam, attempt: seen.append((len(mailoutbox), due_effects()))
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    [(mails, waiting)] = seen
    assert mails == 1
    assert waiting == [
        ("provider", "stop_exam_attempt"),
        ("signal", "tracking_event"),
        ("signal", "exam_attempt_status_signal"),
    ]


@pytest.mark.django_db(transaction=True)
def test_services_mail_and_provider_are_called_after_the_commit(
    provider: Any, instructor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction: dict[str, bool] = {}

    def note(name: str) -> Any:
        return lambda *args, **kwargs: in_transaction.update({name: connection.in_atomic_block})

    instructor.service.complete_student_attempt = note("instructor")
    provider.stop_exam_attempt = note("provider")
    monkeypatch.setattr(EmailMessage, "send", note("mail"))

    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    assert in_transaction == {"instructor": False, "mail": False, "provider": False}


@pytest.mark.contract("effects#recorded")
def test_rows_hold_no_personal_data(provider: Any, all_services: dict[str, Any]) -> None:
    provider.failing = {"stop_exam_attempt"}
    user = make_user("iris", email="iris@example.com")

    api.update_attempt_status(make_attempt(user=user, status=S.started).pk, S.submitted)

    [row] = AttemptEffect.objects.values()
    assert "iris" not in repr(row)
    assert "@" not in repr(row)
    assert "ConnectionError" in row["last_error"]


@pytest.mark.contract("effects#failure")
@pytest.mark.parametrize(
    ("service", "method", "to_status", "left"),
    [
        pytest.param("credit", "set_credit_requirement_status", S.submitted, "credit", id="credit"),
        pytest.param("instructor", "complete_student_attempt", S.submitted, "instructor", id="instructor"),
        pytest.param("grades", "override_subsection_grade", S.rejected, "grade", id="grades"),
        pytest.param("certificates", "invalidate_certificate", S.rejected, "certificate", id="certificates"),
    ],
)
def test_a_failing_service_leaves_its_row_while_status_and_other_effects_go_on(
    provider: Any,
    all_services: dict[str, Any],
    mailoutbox: list[Any],
    events: list[Any],
    service: str,
    method: str,
    to_status: str,
    left: str,
) -> None:
    all_services[service].failing = {method}
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, to_status)

    attempt.refresh_from_db()
    assert attempt.status == to_status
    assert due_effects() == [(left, method)]
    assert len(mailoutbox) == 1
    assert len(events) == 1


@pytest.mark.contract("effects#failure")
def test_a_provider_that_was_down_is_called_again_later(provider: Any, clock: FrozenDateTimeFactory) -> None:
    provider.failing = {"stop_exam_attempt"}
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)
    assert due_effects() == [("provider", "stop_exam_attempt")]

    provider.failing = set()
    clock.tick(timedelta(minutes=1))
    report = api.deliver_due_effects()

    assert report == api.DeliveryReport(delivered=1)
    assert provider.calls == ["stop_exam_attempt", "stop_exam_attempt"]
    assert due_effects() == []


def test_during_the_pause_a_failed_effect_is_not_tried_again(provider: Any, clock: FrozenDateTimeFactory) -> None:
    provider.failing = {"stop_exam_attempt"}
    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    clock.tick(timedelta(seconds=5))

    assert api.deliver_due_effects() == api.DeliveryReport()
    assert provider.calls == ["stop_exam_attempt"]


def test_an_effect_that_fails_for_a_day_is_given_up(
    provider: Any, clock: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    provider.failing = {"stop_exam_attempt"}
    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    clock.tick(timedelta(hours=25))
    report = api.deliver_due_effects()

    assert report == api.DeliveryReport(given_up=1)
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_FAILED
    assert "given up" in caplog.text
    assert api.deliver_due_effects() == api.DeliveryReport()


@pytest.mark.contract("effects#retry")
def test_a_given_up_effect_is_delivered_when_staff_retry_it(provider: Any, clock: FrozenDateTimeFactory) -> None:
    effect = make_effect(state=AttemptEffect.STATE_FAILED)

    assert api.retry_effects([effect.pk]) == api.DeliveryReport(delivered=1)
    assert provider.calls == ["stop_exam_attempt"]


@pytest.mark.contract("effects#retry")
def test_an_effect_that_staff_give_up_is_not_delivered() -> None:
    effect = make_effect()

    assert api.give_up_effects([effect.pk]) == 1
    assert api.deliver_due_effects() == api.DeliveryReport()


def test_a_due_leftover_is_delivered_with_the_next_change(
    provider: Any, credit: Any, clock: FrozenDateTimeFactory
) -> None:
    provider.failing = {"stop_exam_attempt"}
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.pk, S.submitted)

    provider.failing = set()
    clock.tick(timedelta(minutes=1))
    api.update_attempt_status(attempt.pk, S.second_review_required)

    assert provider.calls == ["stop_exam_attempt", "stop_exam_attempt"]


@pytest.mark.contract("effects#superseded")
def test_effects_of_a_removed_attempt_are_superseded(provider: Any) -> None:
    attempt = make_attempt(status=S.submitted)
    make_effect(attempt)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()

    assert api.deliver_due_effects() == api.DeliveryReport(superseded=1)
    assert provider.calls == []


def test_the_effects_of_a_killed_process_are_delivered_after_its_lease(
    provider: Any, clock: FrozenDateTimeFactory
) -> None:
    attempt = make_attempt(status=S.started)

    def killed(exam: str, attempt: str) -> None:
        raise SystemExit

    provider.stop_exam_attempt = killed
    with pytest.raises(SystemExit):
        api.update_attempt_status(attempt.pk, S.submitted)
    del provider.stop_exam_attempt

    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert api.deliver_due_effects() == api.DeliveryReport(), "leased to the process that died"
    clock.tick(claiming.LEASE)
    api.deliver_due_effects()
    assert provider.calls == ["stop_exam_attempt"]
    assert due_effects() == []


@pytest.mark.contract("emails#failure", "events-and-logs#texts")
def test_a_mail_that_cannot_be_sent_is_logged_in_the_words_of_the_contract(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    error = ConnectionError("no mail server")

    def send(self: EmailMessage, fail_silently: bool = False) -> int:
        raise error

    monkeypatch.setattr(EmailMessage, "send", send)
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.msg == (
        "Exception occurred while trying to send proctoring attempt status email for user_id=%(user_id)s "
        "in course_id=%(course_id)s -- %(err)s"
    )
    assert record.args == {
        "user_id": attempt.user_id,
        "course_id": attempt.proctored_exam.course_id,
        "err": error,
    }
    assert due_effects() == [("mail", "status_email")]


@pytest.mark.contract("events-and-logs#personal-data")
@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        pytest.param(smtplib.SMTPRecipientsRefused({"learner@example.com": (451, b"later")}), "451", id="recipient"),
        pytest.param(smtplib.SMTPDataError(550, b"<learner@example.com> is over quota"), "550", id="content"),
    ],
)
def test_a_mail_server_that_refuses_a_mail_leaves_no_address_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, refusal: smtplib.SMTPException, code: str
) -> None:
    def send(self: EmailMessage, fail_silently: bool = False) -> int:
        raise refusal

    monkeypatch.setattr(EmailMessage, "send", send)

    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    [effect] = AttemptEffect.objects.all()
    logged = caplog.text + effect.last_error
    assert "learner@example.com" not in logged
    assert logged.count(type(refusal).__name__) > 1, "what went wrong is still said"
    assert code in effect.last_error


@pytest.mark.contract("emails#failure")
def test_a_mail_whose_template_fails_is_logged_and_kept_like_one_that_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, provider: Any
) -> None:
    def no_such_template(names: list[str]) -> Any:
        raise TemplateDoesNotExist(names[0])

    monkeypatch.setattr(loader, "select_template", no_such_template)
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    attempt.refresh_from_db()
    assert (attempt.status, provider.calls) == (S.submitted, ["stop_exam_attempt"])
    assert "Exception occurred while trying to send proctoring attempt status email" in caplog.text
    assert due_effects() == [("mail", "status_email")]


def test_a_failing_receiver_of_the_signal_is_called_again_later(clock: FrozenDateTimeFactory) -> None:
    calls: list[str] = []

    def receiver(status: str, **kwargs: Any) -> None:
        calls.append(status)
        if len(calls) == 1:
            raise RuntimeError("not ready yet")

    exam_attempt_status_signal.connect(receiver)
    try:
        api.update_attempt_status(make_attempt().pk, S.started)
        clock.tick(timedelta(minutes=1))
        api.deliver_due_effects()
    finally:
        exam_attempt_status_signal.disconnect(receiver)

    assert calls == [S.started, S.started]
    assert due_effects() == []


def test_an_override_on_a_later_try_is_attributed_to_the_same_person(grades: Any, clock: FrozenDateTimeFactory) -> None:
    grades.failing = {"override_subsection_grade"}
    judge = make_staff()
    api.update_attempt_status(make_attempt(status=S.submitted).pk, S.rejected, update_attributable_to=judge)

    grades.failing = set()
    clock.tick(timedelta(minutes=1))
    api.deliver_due_effects()

    assert [kwargs["overrider"] for _, kwargs in grades.called("override_subsection_grade")] == [judge, judge]


def test_an_effect_unknown_to_this_release_is_kept_and_retried(clock: FrozenDateTimeFactory) -> None:
    effect = make_effect(kind="telegram", call_name="send_telegram")

    assert api.deliver_due_effects() == api.DeliveryReport(failed=1)
    effect.refresh_from_db()
    assert effect.state == AttemptEffect.STATE_DUE
    assert "send_telegram" in effect.last_error


def test_a_failed_cascade_is_completed_later(monkeypatch: pytest.MonkeyPatch, clock: FrozenDateTimeFactory) -> None:
    user, first, second = make_user(), make_exam(), make_exam()
    attempt = make_attempt(make_exam(), user)
    create = entry.create_exam_attempt

    def fails_for_the_first(exam_id: int, *args: Any, **kwargs: Any) -> int:
        if exam_id == first.pk:
            raise RuntimeError("no")
        return create(exam_id, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(entry, "create_exam_attempt", fails_for_the_first)
        api.update_attempt_status(attempt.pk, S.declined)
    declined = ProctoredExamStudentAttempt.objects.filter(user=user, status=S.declined)
    assert set(declined.values_list("proctored_exam_id", flat=True)) == {attempt.proctored_exam_id, second.pk}

    clock.tick(timedelta(minutes=1))
    api.deliver_due_effects()

    assert declined.filter(proctored_exam=first).exists()


@given(tries=st.integers(1, 60))
def test_pauses_are_between_ten_seconds_and_an_hour(tries: int) -> None:
    assert timedelta(seconds=10) <= retrying.pause_after(tries) <= timedelta(hours=1)


@given(tries=st.integers(1, 8))
def test_pauses_grow_with_the_number_of_tries(tries: int) -> None:
    assert retrying.pause_after(tries + 2) > retrying.pause_after(tries)


@responses.activate
def test_a_provider_that_replies_with_an_error_is_called_again(
    backends_registry: dict[str, Any], clock: FrozenDateTimeFactory
) -> None:
    attempt = make_attempt(status=S.started)
    backends_registry["test"] = BaseRestProctoringProvider(
        base_url="http://provider.test", client_id="c", client_secret="s" * 32
    )
    responses.post("http://provider.test/oauth2/access_token", json={"access_token": "t", "expires_in": 3600})
    told = responses.patch(
        f"http://provider.test/api/v1/exam/{attempt.proctored_exam.external_id}/attempt/{attempt.external_id}/",
        status=503,
        json={},
    )

    api.update_attempt_status(attempt.pk, S.submitted)

    assert ProctoredExamStudentAttempt.objects.get().status == S.submitted
    assert due_effects() == [("provider", "stop_exam_attempt")]
    told.status = 200
    clock.tick(timedelta(minutes=1))
    assert api.deliver_due_effects() == api.DeliveryReport(delivered=1)
    assert told.call_count == 2
