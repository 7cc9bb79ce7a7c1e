"""Conditions and options of a status change are arguments, and apply to that change only.

Contract: contract/transitions#update.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

import edx_proctoring
from edx_proctoring import api
from edx_proctoring.api.effects import claiming
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.backends import call_options
from edx_proctoring.backends.call_options import CallOptions
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db


# The condition


def test_a_change_whose_condition_does_not_hold_changes_nothing(
    provider: Any, events: list[Any], sent_signals: list[Any]
) -> None:
    attempt = make_attempt(status=S.started)

    assert status_change.change_status(attempt.pk, S.submitted, condition=lambda current: False) == attempt.pk

    attempt.refresh_from_db()
    assert attempt.status == S.started
    assert attempt.history.count() == 1
    assert (provider.calls, events, sent_signals) == ([], [], [])
    assert not AttemptEffect.objects.exists()


def test_a_condition_is_asked_about_the_attempt_as_it_is_now_not_as_it_was_read() -> None:
    attempt = make_attempt(status=S.started)
    seen = queries.existing_attempt(attempt.pk)
    api.update_attempt_status(attempt.pk, S.submitted)
    asked: list[str] = []

    def is_open(current: ProctoredExamStudentAttempt) -> bool:
        asked.append(current.status)
        return current.status == S.started

    status_change.change_status(attempt.pk, S.error, seen=seen, condition=is_open)

    attempt.refresh_from_db()
    assert (asked, attempt.status) == ([S.submitted], S.submitted)


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize("time_of_day", ["running", "standing"])
def test_what_was_saved_after_the_attempt_was_read_is_part_of_the_change(
    request: pytest.FixtureRequest, time_of_day: str
) -> None:
    """Also if both saves have the same time, as on databases whose columns hold whole seconds."""
    if time_of_day == "standing":
        request.getfixturevalue("clock")
    attempt = make_attempt(status=S.started)
    seen = queries.existing_attempt(attempt.pk)
    api.update_exam_attempt(attempt.pk, time_remaining_seconds=30)
    asked: list[int | None] = []

    def note(current: ProctoredExamStudentAttempt) -> bool:
        asked.append(current.time_remaining_seconds)
        return True

    status_change.change_status(attempt.pk, S.ready_to_submit, seen=seen, condition=note)

    recorded = attempt.history.latest("history_id")
    assert (asked, recorded.status, recorded.time_remaining_seconds) == ([30], S.ready_to_submit, 30)


def test_an_attempt_that_was_not_saved_since_it_was_read_is_not_read_again(
    count_queries: Callable[[Callable[[], Any]], int],
) -> None:
    attempt = make_attempt(status=S.started)
    seen = queries.existing_attempt(attempt.pk)
    before = attempt_dict(seen)

    def stop() -> None:
        status_change.change_status(attempt.pk, S.ready_to_submit, seen=seen)

    # The lock, which also looks for effects of earlier changes, and the update with its history row.
    assert count_queries(stop) == 3
    assert attempt_dict(seen) == before, "the caller's object stays as it was read"
    # Now it is another one than what is stored: it is read, and the look for effects is repeated.
    assert count_queries(stop) == 5


def test_an_exception_of_a_condition_is_raised_with_nothing_changed() -> None:
    attempt = make_attempt(status=S.started)

    def refuse(current: ProctoredExamStudentAttempt) -> bool:
        raise PermissionError

    with pytest.raises(PermissionError):
        status_change.change_status(attempt.pk, S.submitted, condition=refuse)

    attempt.refresh_from_db()
    assert attempt.status == S.started


def test_a_change_made_by_a_receiver_is_not_subject_to_the_condition_of_the_outer_change(instructor: Any) -> None:
    attempt, other = make_attempt(status=S.started), make_attempt(status=S.submitted)
    asked: list[int] = []

    def once(current: ProctoredExamStudentAttempt) -> bool:
        asked.append(current.pk)
        return True

    instructor.service.complete_student_attempt = lambda *args: api.update_attempt_status(other.pk, S.verified)
    status_change.change_status(attempt.pk, S.submitted, condition=once)

    other.refresh_from_db()
    assert (asked, other.status) == ([attempt.pk], S.verified)


# Mails


@pytest.mark.parametrize(
    ("options", "mails"),
    [pytest.param({}, 1, id="by-default"), pytest.param({"sends_mail": False}, 0, id="without-mail")],
)
def test_a_change_without_mail_has_its_other_effects(
    credit: Any, provider: Any, mailoutbox: list[Any], options: dict[str, bool], mails: int
) -> None:
    attempt = make_attempt(status=S.started)

    status_change.change_status(attempt.pk, S.submitted, **options)

    assert len(mailoutbox) == mails
    assert provider.calls == ["stop_exam_attempt"]
    assert len(credit.called("set_credit_requirement_status")) == 1
    assert len(credit.called("get_credit_state")) == 1, "once per change, with or without a mail"
    assert not AttemptEffect.objects.exists()


def test_a_change_made_by_a_receiver_mails_although_the_outer_change_does_not(
    instructor: Any, mailoutbox: list[Any]
) -> None:
    attempt, other = make_attempt(status=S.started), make_attempt(status=S.submitted)
    instructor.service.complete_student_attempt = lambda *args: api.update_attempt_status(other.pk, S.verified)

    status_change.change_status(attempt.pk, S.submitted, sends_mail=False)

    assert [mail.to for mail in mailoutbox] == [[other.user.email]]


# Options of the provider calls


def test_a_provider_call_of_a_change_is_short_and_of_a_retry_is_patient(
    provider: Any, clock: FrozenDateTimeFactory
) -> None:
    options: list[CallOptions] = []

    def down(exam: str, attempt: str) -> None:
        options.append(call_options.current())
        raise ConnectionError

    provider.stop_exam_attempt = down
    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)
    clock.tick(claiming.LEASE)
    api.deliver_due_effects()

    assert options == [
        CallOptions(is_page_waiting=True, raises_on_error=True),
        CallOptions(is_page_waiting=False, raises_on_error=True),
    ]
    assert call_options.current() == CallOptions()


def test_a_signal_receiver_is_called_without_the_option_of_the_provider_call(provider: Any) -> None:
    options: list[bool] = []

    def receiver(**kwargs: Any) -> None:
        options.append(call_options.current().raises_on_error)

    exam_attempt_status_signal.connect(receiver)
    try:
        api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)
    finally:
        exam_attempt_status_signal.disconnect(receiver)

    assert options == [False]


def test_the_package_has_one_context_variable() -> None:
    package = Path(edx_proctoring.__file__).parent
    made_in = [
        path.relative_to(package).as_posix()
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("ContextVar", "local")
    ]

    assert made_in == ["backends/call_options.py"]
