"""No effect is lost, none undoes the status. Spec: beyond.md 1, cross-cutting.md C2-C4."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import responses
from django.conf import settings
from django.core.mail import EmailMessage
from django.template import TemplateDoesNotExist, loader
from freezegun.api import FrozenDateTimeFactory
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring import api
from edx_proctoring.api.attempts import entry
from edx_proctoring.api.effects import delivery, outbox
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect, make_exam, make_staff, make_user

pytestmark = pytest.mark.django_db


def due() -> list[tuple[str, str]]:
    """Return kind and call of the effects that wait."""
    return list(
        AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).order_by("id").values_list("kind", "call_name")
    )


@contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, step: str) -> Iterator[list[Callable[[], Any]]]:
    """A slow process. Inside, what a function of ``effects`` is told to deliver is only taken in hand.

    Yields what is in hand; each item delivers, later.
    """
    deliver = getattr(outbox, step)
    in_hand: list[Callable[[], Any]] = []

    def take_in_hand(*args: Any, **kwargs: Any) -> api.DeliveryReport:
        in_hand.append(partial(deliver, *args, **kwargs))
        return api.DeliveryReport()

    with monkeypatch.context() as slow:
        slow.setattr(outbox, step, take_in_hand)
        yield in_hand


def test_delivered_effects_leave_nothing_behind(all_services: dict[str, Any]) -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert not AttemptEffect.objects.exists()


@pytest.mark.spec("python-api.md", "7.3:order")
def test_effects_are_written_before_anybody_is_told(instructor: Any) -> None:
    seen: list[list[tuple[str, str]]] = []
    instructor.service.complete_student_attempt = lambda username, content_id: seen.append(due())
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


def test_a_mail_that_went_out_is_forgotten_before_the_provider_is_told(provider: Any, mailoutbox: list[Any]) -> None:
    seen: list[Any] = []
    provider.stop_exam_attempt = lambda exam, attempt: seen.append((len(mailoutbox), due()))
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    [(mails, waiting)] = seen
    assert mails == 1
    assert waiting == [
        ("provider", "stop_exam_attempt"),
        ("signal", "tracking_event"),
        ("signal", "exam_attempt_status_signal"),
    ]


def test_rows_hold_no_personal_data(provider: Any, all_services: dict[str, Any]) -> None:
    provider.failing = {"stop_exam_attempt"}
    user = make_user("iris", email="iris@example.com")

    api.update_attempt_status(make_attempt(user=user, status=S.started).pk, S.submitted)

    [row] = AttemptEffect.objects.values()
    assert "iris" not in repr(row)
    assert "@" not in repr(row)
    assert "ConnectionError" in row["last_error"]


@pytest.mark.spec("python-api.md", "18:outages")
@pytest.mark.parametrize(
    ("service", "method", "to_status", "left"),
    [
        pytest.param("credit", "set_credit_requirement_status", S.submitted, "credit", id="credit"),
        pytest.param("instructor", "complete_student_attempt", S.submitted, "instructor", id="instructor"),
        pytest.param("grades", "override_subsection_grade", S.rejected, "grade", id="grades"),
        pytest.param("certificates", "invalidate_certificate", S.rejected, "certificate", id="certificates"),
    ],
)
def test_a_failing_service_keeps_neither_the_status_nor_the_others_back(
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
    assert due() == [(left, method)]
    assert len(mailoutbox) == 1
    assert len(events) == 1


@pytest.mark.spec("python-api.md", "18:outages")
def test_a_provider_that_is_down_hears_of_it_later(provider: Any, clock: FrozenDateTimeFactory) -> None:
    provider.failing = {"stop_exam_attempt"}
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.submitted)
    assert due() == [("provider", "stop_exam_attempt")]

    provider.failing = set()
    clock.tick(timedelta(minutes=1))
    report = api.deliver_due_effects()

    assert report == api.DeliveryReport(delivered=1)
    assert provider.calls == ["stop_exam_attempt", "stop_exam_attempt"]
    assert due() == []


def test_nobody_tries_again_during_the_pause(provider: Any, clock: FrozenDateTimeFactory) -> None:
    provider.failing = {"stop_exam_attempt"}
    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    clock.tick(timedelta(seconds=5))

    assert api.deliver_due_effects() == api.DeliveryReport()
    assert provider.calls == ["stop_exam_attempt"]


def test_given_up_after_a_day(provider: Any, clock: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture) -> None:
    provider.failing = {"stop_exam_attempt"}
    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    clock.tick(timedelta(hours=25))
    report = api.deliver_due_effects()

    assert report == api.DeliveryReport(given_up=1)
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_FAILED
    assert "given up" in caplog.text
    assert api.deliver_due_effects() == api.DeliveryReport()


def test_staff_can_retry_what_was_given_up(provider: Any, clock: FrozenDateTimeFactory) -> None:
    effect = make_effect(state=AttemptEffect.STATE_FAILED)

    assert api.retry_effects([effect.pk]) == api.DeliveryReport(delivered=1)
    assert provider.calls == ["stop_exam_attempt"]


def test_staff_can_give_up() -> None:
    effect = make_effect()

    assert api.give_up_effects([effect.pk]) == 1
    assert api.deliver_due_effects() == api.DeliveryReport()


def test_the_next_change_delivers_what_is_left(provider: Any, credit: Any, clock: FrozenDateTimeFactory) -> None:
    provider.failing = {"stop_exam_attempt"}
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.pk, S.submitted)

    provider.failing = set()
    clock.tick(timedelta(minutes=1))
    api.update_attempt_status(attempt.pk, S.second_review_required)

    assert provider.calls == ["stop_exam_attempt", "stop_exam_attempt"]
    assert due() == []


def test_a_start_that_the_attempt_has_left_behind_is_superseded(provider: Any, clock: FrozenDateTimeFactory) -> None:
    provider.failing = {"start_exam_attempt"}
    attempt = make_attempt(status=S.ready_to_start)
    api.update_attempt_status(attempt.pk, S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()
    assert provider.calls == ["start_exam_attempt", "stop_exam_attempt"]
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_SUPERSEDED


def test_a_newer_credit_word_supersedes_the_older(credit: Any, clock: FrozenDateTimeFactory) -> None:
    credit.failing = {"set_credit_requirement_status"}
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.pk, S.submitted)

    credit.failing = set()
    api.update_attempt_status(attempt.pk, S.verified)
    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()

    words = [kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status")]
    assert words == ["submitted", "satisfied"]


def test_effects_of_a_removed_attempt_are_superseded(provider: Any) -> None:
    attempt = make_attempt(status=S.submitted)
    make_effect(attempt)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()

    assert api.deliver_due_effects() == api.DeliveryReport(superseded=1)
    assert provider.calls == []


def test_a_process_that_died_leaves_work_for_the_next(provider: Any, clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(status=S.started)

    def killed(exam: str, attempt: str) -> None:
        raise SystemExit

    provider.stop_exam_attempt = killed
    with pytest.raises(SystemExit):
        api.update_attempt_status(attempt.pk, S.submitted)
    del provider.stop_exam_attempt

    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert api.deliver_due_effects() == api.DeliveryReport(), "on loan to the process that died"
    clock.tick(outbox.LEASE)
    api.deliver_due_effects()
    assert provider.calls == ["stop_exam_attempt"]
    assert due() == []


@pytest.mark.spec("python-api.md", "8.13:failure", "15:texts")
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
    assert due() == [("mail", "status_email")]


@pytest.mark.spec("python-api.md", "8.13:failure")
def test_a_mail_that_cannot_be_written_is_a_mail_that_cannot_be_sent(
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
    assert due() == [("mail", "status_email")]


def test_a_stale_mail_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any], clock: FrozenDateTimeFactory
) -> None:
    attempt = make_attempt(status=S.started)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", lambda self, fail_silently=False: 1 / 0)
        api.update_attempt_status(attempt.pk, S.submitted)

    api.update_attempt_status(attempt.pk, S.verified)
    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()

    assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ["Proctoring attempt verified"]


@pytest.mark.spec("python-api.md", "11.1:receiver")
def test_a_failing_receiver_of_the_signal_is_asked_again(clock: FrozenDateTimeFactory) -> None:
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
    assert due() == []


def test_a_late_override_is_still_attributed(grades: Any, clock: FrozenDateTimeFactory) -> None:
    grades.failing = {"override_subsection_grade"}
    judge = make_staff()
    api.update_attempt_status(make_attempt(status=S.submitted).pk, S.rejected, update_attributable_to=judge)

    grades.failing = set()
    clock.tick(timedelta(minutes=1))
    api.deliver_due_effects()

    assert [kwargs["overrider"] for _, kwargs in grades.called("override_subsection_grade")] == [judge, judge]


def test_an_effect_of_another_release_is_kept(clock: FrozenDateTimeFactory) -> None:
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
    assert timedelta(seconds=10) <= outbox.pause_after(tries) <= timedelta(hours=1)


@given(tries=st.integers(1, 8))
def test_pauses_grow(tries: int) -> None:
    assert outbox.pause_after(tries + 2) > outbox.pause_after(tries)


# With workers (C4)


@pytest.fixture
def sent_tasks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The Celery tasks sent so far, by name; effects leave the process from now on."""
    from celery import current_app

    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs: sent.append((name, kwargs)))
    monkeypatch.setitem(settings.PROCTORING_SETTINGS, "ASYNC_PROVIDER_CALLS", True)
    return sent


def test_with_workers_only_services_are_called_in_process(
    sent_tasks: list[Any],
    provider: Any,
    credit: Any,
    mailoutbox: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    attempt = make_attempt(status=S.started)

    with django_capture_on_commit_callbacks(execute=True):
        api.update_attempt_status(attempt.pk, S.submitted)

    assert (provider.calls, mailoutbox) == ([], [])
    assert len(credit.called("set_credit_requirement_status")) == 1
    ids = list(AttemptEffect.objects.order_by("id").values_list("pk", flat=True))
    assert sent_tasks == [("edx_proctoring.tasks.deliver_effects", {"effect_ids": ids})]
    assert due() == [("mail", "status_email"), ("provider", "stop_exam_attempt")]


def test_the_task_delivers(
    sent_tasks: list[Any], provider: Any, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    from edx_proctoring.tasks import deliver_effects

    with django_capture_on_commit_callbacks(execute=True):
        api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)
    [(_, kwargs)] = sent_tasks

    deliver_effects(**kwargs)

    assert provider.calls == ["stop_exam_attempt"]
    assert len(mailoutbox) == 1
    assert due() == []


def test_without_a_broker_effects_stay_due(
    monkeypatch: pytest.MonkeyPatch,
    sent_tasks: list[Any],
    provider: Any,
    clock: FrozenDateTimeFactory,
    django_capture_on_commit_callbacks: Any,
) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    clock.tick(timedelta(minutes=2))
    api.deliver_due_effects()

    assert provider.calls == ["stop_exam_attempt"]


@responses.activate
def test_a_provider_that_answers_with_an_error_is_told_again(
    backends_registry: dict[str, Any], clock: FrozenDateTimeFactory
) -> None:
    backends_registry["test"] = BaseRestProctoringProvider(
        base_url="http://provider.test", client_id="c", client_secret="s" * 32
    )
    responses.post("http://provider.test/oauth2/access_token", json={"access_token": "t", "expires_in": 3600})
    attempt = make_attempt(status=S.started)
    told = responses.patch(
        f"http://provider.test/api/v1/exam/{attempt.proctored_exam.external_id}/attempt/{attempt.external_id}/",
        status=503,
        json={},
    )

    api.update_attempt_status(attempt.pk, S.submitted)

    assert ProctoredExamStudentAttempt.objects.get().status == S.submitted
    assert due() == [("provider", "stop_exam_attempt")]
    told.status = 200
    clock.tick(timedelta(minutes=1))
    assert api.deliver_due_effects() == api.DeliveryReport(delivered=1)
    assert told.call_count == 2


# The newer word is the last


def words_heard(credit: Any) -> list[str]:
    return [kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status")]


def test_a_change_made_by_a_receiver_overtakes_what_was_to_be_said_after_it(
    credit: Any, instructor: Any, mailoutbox: list[Any]
) -> None:
    attempt = make_attempt(status=S.started)

    def judge_at_once(username: str, content_id: str) -> None:
        api.update_attempt_status(attempt.pk, S.verified)

    instructor.service.complete_student_attempt = judge_at_once
    api.update_attempt_status(attempt.pk, S.submitted)

    assert words_heard(credit) == ["satisfied"]
    assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ["Proctoring attempt verified"]
    assert due() == []


@pytest.mark.parametrize(
    ("leaves_overtaken", "last_word"),
    [
        pytest.param(True, "submitted", id="control-the-slow-process-has-the-last-word"),
        pytest.param(False, "satisfied", id="the-newer-word-is-said-again-after-the-loan"),
    ],
)
def test_a_slow_process_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch, leaves_overtaken: bool, last_word: str
) -> None:
    # What a host that is slow has in hand when another one, in the same minute, handles the review.
    if leaves_overtaken:
        monkeypatch.setattr(outbox, "_heed_those_on_loan", lambda *args: None)
    attempt = make_attempt(status=S.started)
    with held_up(monkeypatch, "deliver") as in_hand:
        api.update_attempt_status(attempt.pk, S.submitted)
    api.update_attempt_status(attempt.pk, S.verified)
    [deliver_now] = in_hand

    deliver_now()
    clock.tick(outbox.LEASE)
    api.deliver_due_effects()

    assert words_heard(credit)[:2] == ["satisfied", "submitted"]
    assert words_heard(credit)[-1] == last_word
    assert due() == []


def test_what_was_overtaken_does_not_come_back_when_it_fails(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.started)
    with held_up(monkeypatch, "deliver") as in_hand:
        api.update_attempt_status(attempt.pk, S.submitted)
    api.update_attempt_status(attempt.pk, S.verified)
    [deliver_now] = in_hand

    credit.failing = {"set_credit_requirement_status"}
    deliver_now()
    credit.failing = set()

    assert due() == [("credit", "set_credit_requirement_status")], "only the newer word, to be said again"
    clock.tick(timedelta(hours=2))
    api.deliver_due_effects()
    assert words_heard(credit)[2:] == ["satisfied"]
    assert due() == []


def test_what_is_told_again_by_a_slow_process_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.started)
    credit.failing = {"set_credit_requirement_status"}
    api.update_attempt_status(attempt.pk, S.submitted)
    credit.failing = set()
    clock.tick(timedelta(minutes=1))
    with held_up(monkeypatch, "_deliver_rows") as in_hand:
        api.deliver_due_effects()
    api.update_attempt_status(attempt.pk, S.verified)
    [deliver_now] = in_hand

    deliver_now()
    clock.tick(outbox.LEASE)
    api.deliver_due_effects()

    assert words_heard(credit) == ["submitted", "satisfied", "submitted", "satisfied"]
    assert due() == []


@pytest.mark.parametrize(
    ("settle", "left"),
    [
        pytest.param(lambda rows: rows.delete(), [], id="delivered-by-another-process"),
        pytest.param(
            lambda rows: api.give_up_effects(rows.values_list("pk", flat=True)),
            [AttemptEffect.STATE_FAILED],
            id="given-up-by-staff",
        ),
    ],
)
def test_what_was_settled_meanwhile_does_not_come_back_when_it_fails(
    credit: Any, monkeypatch: pytest.MonkeyPatch, settle: Any, left: list[str]
) -> None:
    attempt = make_attempt(status=S.started)
    with held_up(monkeypatch, "deliver") as in_hand:
        api.update_attempt_status(attempt.pk, S.submitted)
    settle(AttemptEffect.objects.filter(kind=AttemptEffect.KIND_CREDIT))
    [deliver_now] = in_hand

    credit.failing = {"set_credit_requirement_status"}
    deliver_now()

    assert list(AttemptEffect.objects.values_list("state", flat=True)) == left


def test_a_batch_that_takes_longer_than_a_loan_leaves_to_others_what_they_have_taken(
    provider: Any, clock: FrozenDateTimeFactory, mailoutbox: list[Any]
) -> None:
    slow, other = make_attempt(status=S.submitted), make_attempt(status=S.submitted)
    make_effect(slow)
    make_effect(other, kind=AttemptEffect.KIND_MAIL, call="status_email", to_status=S.submitted)
    by_another_host: list[api.DeliveryReport] = []

    def hang(exam: str, attempt: str) -> None:
        clock.tick(outbox.LEASE)
        del provider.stop_exam_attempt
        by_another_host.append(api.deliver_due_effects())

    provider.stop_exam_attempt = hang
    report = api.deliver_due_effects()

    assert len(mailoutbox) == 1
    assert by_another_host == [api.DeliveryReport(delivered=2)]
    assert report == api.DeliveryReport(delivered=1)
    assert due() == []


def test_a_batch_that_takes_long_looks_at_each_attempt_again(
    provider: Any, credit: Any, clock: FrozenDateTimeFactory, mailoutbox: list[Any]
) -> None:
    slow, other = make_attempt(status=S.submitted), make_attempt(status=S.submitted)
    make_effect(slow)
    make_effect(other, kind=AttemptEffect.KIND_MAIL, call="status_email", to_status=S.submitted)

    def hang(exam: str, attempt: str) -> None:
        clock.tick(outbox.LEASE / 2)
        ProctoredExamStudentAttempt.objects.filter(pk=other.pk).update(status=S.error)

    provider.stop_exam_attempt = hang

    assert api.deliver_due_effects() == api.DeliveryReport(delivered=1, superseded=1)
    assert mailoutbox == []


@pytest.fixture
def claimed_in_between(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let another host take what is due right after a change has looked at it; return what to call for its delivery."""
    tell_apart = outbox._told_apart
    in_hand: list[Callable[[], Any]] = []

    def told_apart_before_the_claim(*args: Any) -> Any:
        known = tell_apart(*args)
        with held_up(monkeypatch, "_deliver_rows") as claimed:
            api.deliver_due_effects()
        in_hand.extend(claimed)
        return known

    def deliver_now() -> None:
        for deliver in in_hand:
            deliver()

    monkeypatch.setattr(outbox, "_told_apart", told_apart_before_the_claim)
    return deliver_now


def test_what_another_host_takes_under_our_eyes_is_told_by_it_alone(
    instructor: Any, clock: FrozenDateTimeFactory, request: pytest.FixtureRequest
) -> None:
    attempt = make_attempt(status=S.started)
    instructor.failing = {"complete_student_attempt"}
    api.update_attempt_status(attempt.pk, S.submitted)
    instructor.failing = set()
    clock.tick(timedelta(minutes=1))
    deliver_now = request.getfixturevalue("claimed_in_between")

    api.update_attempt_status(attempt.pk, S.second_review_required)
    assert len(instructor.called("complete_student_attempt")) == 1, "the first try"
    deliver_now()

    assert len(instructor.called("complete_student_attempt")) == 2
    assert due() == []


def test_what_another_host_takes_under_our_eyes_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, request: pytest.FixtureRequest
) -> None:
    attempt = make_attempt(status=S.started)
    credit.failing = {"set_credit_requirement_status"}
    api.update_attempt_status(attempt.pk, S.submitted)
    credit.failing = set()
    clock.tick(timedelta(minutes=1))
    deliver_now = request.getfixturevalue("claimed_in_between")

    api.update_attempt_status(attempt.pk, S.verified)
    deliver_now()
    clock.tick(outbox.LEASE)
    api.deliver_due_effects()

    assert words_heard(credit) == ["submitted", "satisfied", "submitted", "satisfied"]
    assert due() == []
