"""Of two effects that contradict each other the newer one is delivered last.

A slow process here is a delivery that the test holds back, or a receiver that changes the attempt before it returns.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.mail import EmailMessage
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.api.effects import claiming, delivery, outbox, retrying, settling
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect

from .conftest import credit_words, due_effects

pytestmark = pytest.mark.django_db


@contextmanager
def held_back(monkeypatch: pytest.MonkeyPatch, step: str) -> Iterator[list[Callable[[], Any]]]:
    """Hold back the deliveries of a slow process; yield a list of functions, each of which delivers later.

    ``step``: the function of ``delivery`` at which the process is slow.
    """
    deliver = getattr(delivery, step)
    held: list[Callable[[], Any]] = []

    def hold(*args: Any, **kwargs: Any) -> api.DeliveryReport:
        held.append(partial(deliver, *args, **kwargs))
        return api.DeliveryReport()

    with monkeypatch.context() as slow:
        slow.setattr(delivery, step, hold)
        yield held


def test_the_undelivered_start_of_a_submitted_attempt_is_superseded(
    provider: Any, clock: FrozenDateTimeFactory
) -> None:
    provider.failing = {"start_exam_attempt"}
    attempt = make_attempt(status=S.ready_to_start)
    api.update_attempt_status(attempt.pk, S.started)

    api.update_attempt_status(attempt.pk, S.submitted)

    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()
    assert provider.calls == ["start_exam_attempt", "stop_exam_attempt"]
    assert AttemptEffect.objects.get().state == AttemptEffect.STATE_SUPERSEDED


def test_an_undelivered_credit_status_is_superseded_by_a_newer_one(credit: Any, clock: FrozenDateTimeFactory) -> None:
    credit.failing = {"set_credit_requirement_status"}
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.pk, S.submitted)

    credit.failing = set()
    api.update_attempt_status(attempt.pk, S.verified)
    clock.tick(timedelta(hours=1))
    api.deliver_due_effects()

    words = [kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status")]
    assert words == ["submitted", "satisfied"]


def test_an_unsent_mail_about_a_former_status_is_superseded(
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


# While an older effect is being delivered


@pytest.mark.parametrize(
    ("asks_before_each", "words"),
    [
        pytest.param(False, ["satisfied", "submitted"], id="control-without-asking-the-older-word-comes-last"),
        pytest.param(True, ["satisfied"], id="asked-again-before-each-effect"),
    ],
)
def test_a_change_made_by_a_receiver_supersedes_the_effects_that_were_to_follow(
    credit: Any,
    instructor: Any,
    mailoutbox: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    asks_before_each: bool,
    words: list[str],
) -> None:
    if not asks_before_each:
        monkeypatch.setattr(settling, "still_due", lambda rows: {row.pk for row in rows})
    attempt = make_attempt(status=S.started)

    def verify_at_once(username: str, content_id: str) -> None:
        api.update_attempt_status(attempt.pk, S.verified)

    instructor.service.complete_student_attempt = verify_at_once
    api.update_attempt_status(attempt.pk, S.submitted)

    assert credit_words(credit) == words
    if asks_before_each:
        assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ["Proctoring attempt verified"]
        assert due_effects() == [], "what was to repeat the newer word is cancelled"


def test_a_slow_process_that_was_superseded_before_its_next_effect_does_not_deliver_it(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.started)
    with held_back(monkeypatch, "deliver") as held:
        api.update_attempt_status(attempt.pk, S.submitted)
    clock.tick(timedelta(seconds=1))
    api.update_attempt_status(attempt.pk, S.verified)
    assert ("credit", "set_credit_requirement_status") in due_effects(), "repeated, unless the slow process cancels it"

    [deliver_now] = held
    deliver_now()

    assert credit_words(credit) == ["satisfied"]
    assert due_effects() == []


def test_a_batch_that_was_superseded_before_its_next_effect_cancels_the_repetition(
    credit: Any, instructor: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.started)
    instructor.failing, credit.failing = {"complete_student_attempt"}, {"set_credit_requirement_status"}
    api.update_attempt_status(attempt.pk, S.submitted)
    instructor.failing, credit.failing = set(), set()
    clock.tick(timedelta(minutes=1))
    with held_back(monkeypatch, "_deliver_rows") as held:
        api.deliver_due_effects()
    clock.tick(timedelta(seconds=1))
    api.update_attempt_status(attempt.pk, S.verified)

    [deliver_now] = held
    deliver_now()

    assert credit_words(credit) == ["submitted", "satisfied"]
    assert due_effects() == []


@pytest.mark.parametrize(
    ("repeats", "last_word"),
    [
        pytest.param(False, "submitted", id="control-the-slow-process-has-the-last-word"),
        pytest.param(True, "satisfied", id="the-newer-word-is-repeated-after-the-lease"),
    ],
)
def test_a_receiver_that_is_slow_while_the_attempt_moves_on_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch, repeats: bool, last_word: str
) -> None:
    if not repeats:
        monkeypatch.setattr(outbox, "_repetitions", lambda *args: {})
    attempt = make_attempt(status=S.started)
    stored: list[str] = []

    def store(status: str, **kwargs: Any) -> None:
        if status == "submitted":
            # The request is on its way; meanwhile another process handles the review.
            api.update_attempt_status(attempt.pk, S.verified)
        stored.append(status)

    credit.service.set_credit_requirement_status = store
    api.update_attempt_status(attempt.pk, S.submitted)
    clock.tick(claiming.LEASE)
    api.deliver_due_effects()

    assert stored[:2] == ["satisfied", "submitted"]
    assert stored[-1] == last_word
    assert due_effects() == []


@pytest.mark.parametrize(
    ("repeats", "last_word"),
    [
        pytest.param(False, "failed", id="control-the-slow-process-has-the-last-word"),
        pytest.param(True, "satisfied", id="the-newer-word-is-repeated-after-the-lease"),
    ],
)
def test_a_slow_process_whose_first_effect_is_superseded_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch, repeats: bool, last_word: str
) -> None:
    # Its first effect is delivered without asking: nothing ran in this process that could have changed the attempt.
    if not repeats:
        monkeypatch.setattr(outbox, "_repetitions", lambda *args: {})
    attempt = make_attempt(status=S.submitted)
    with held_back(monkeypatch, "deliver") as held:
        api.update_attempt_status(attempt.pk, S.rejected)
    api.update_attempt_status(attempt.pk, S.verified)

    [deliver_now] = held
    deliver_now()
    clock.tick(claiming.LEASE)
    api.deliver_due_effects()

    assert credit_words(credit)[:2] == ["satisfied", "failed"]
    assert credit_words(credit)[-1] == last_word
    assert due_effects() == []


def test_a_superseded_effect_that_fails_does_not_become_due_again(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.submitted)
    with held_back(monkeypatch, "deliver") as held:
        api.update_attempt_status(attempt.pk, S.rejected)
    api.update_attempt_status(attempt.pk, S.verified)

    [deliver_now] = held
    credit.failing = {"set_credit_requirement_status"}
    deliver_now()
    credit.failing = set()

    due = [row for row in due_effects() if row[0] == "credit"]
    assert due == [("credit", "set_credit_requirement_status")], "only the newer word, to be repeated"
    clock.tick(timedelta(hours=2))
    api.deliver_due_effects()
    assert credit_words(credit)[2:] == ["satisfied"]
    assert due_effects() == []


def test_a_retry_by_a_slow_process_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.started)
    credit.failing = {"set_credit_requirement_status"}
    api.update_attempt_status(attempt.pk, S.submitted)
    credit.failing = set()
    clock.tick(timedelta(minutes=1))
    with held_back(monkeypatch, "_deliver_rows") as held:
        api.deliver_due_effects()
    api.update_attempt_status(attempt.pk, S.verified)
    [deliver_now] = held

    deliver_now()
    clock.tick(claiming.LEASE)
    api.deliver_due_effects()

    assert credit_words(credit) == ["submitted", "satisfied", "submitted", "satisfied"]
    assert due_effects() == []


SETTLED_BY_OTHERS = [
    pytest.param(lambda rows: rows.delete(), [], id="delivered-by-another-process"),
    pytest.param(
        lambda rows: api.give_up_effects(rows.values_list("pk", flat=True)),
        [AttemptEffect.STATE_FAILED],
        id="given-up-by-staff",
    ),
]


@pytest.mark.parametrize(("settle", "left"), SETTLED_BY_OTHERS)
def test_an_effect_that_was_settled_before_its_delivery_is_not_delivered(
    credit: Any, monkeypatch: pytest.MonkeyPatch, settle: Any, left: list[str]
) -> None:
    attempt = make_attempt(status=S.started)
    with held_back(monkeypatch, "deliver") as held:
        api.update_attempt_status(attempt.pk, S.submitted)
    settle(AttemptEffect.objects.filter(kind=AttemptEffect.KIND_CREDIT))

    [deliver_now] = held
    deliver_now()

    assert credit_words(credit) == []
    assert list(AttemptEffect.objects.values_list("state", flat=True)) == left


@pytest.mark.parametrize(("settle", "left"), SETTLED_BY_OTHERS)
def test_an_effect_that_was_settled_during_its_failing_delivery_does_not_become_due_again(
    credit: Any, monkeypatch: pytest.MonkeyPatch, settle: Any, left: list[str]
) -> None:
    credit.failing = {"set_credit_requirement_status"}
    note_failure = retrying.note_failure

    def settled_by_others_first(row: AttemptEffect, error: Exception) -> str:
        settle(AttemptEffect.objects.filter(pk=row.pk))
        return note_failure(row, error)

    monkeypatch.setattr(retrying, "note_failure", settled_by_others_first)
    api.update_attempt_status(make_attempt(status=S.started).pk, S.submitted)

    assert credit_words(credit) == ["submitted"]
    assert list(AttemptEffect.objects.values_list("state", flat=True)) == left


# Batches, and leases that end


def test_a_batch_that_outlasts_its_lease_leaves_rows_to_the_host_that_claimed_them(
    provider: Any, clock: FrozenDateTimeFactory, mailoutbox: list[Any]
) -> None:
    slow, other = make_attempt(status=S.submitted), make_attempt(status=S.submitted)
    make_effect(slow)
    make_effect(other, kind=AttemptEffect.KIND_MAIL, call="status_email", to_status=S.submitted)
    by_another_host: list[api.DeliveryReport] = []

    def hang(exam: str, attempt: str) -> None:
        clock.tick(claiming.LEASE)
        del provider.stop_exam_attempt
        by_another_host.append(api.deliver_due_effects())

    provider.stop_exam_attempt = hang
    report = api.deliver_due_effects()

    assert len(mailoutbox) == 1
    assert by_another_host == [api.DeliveryReport(delivered=2)]
    assert report == api.DeliveryReport(delivered=1)
    assert due_effects() == []


def test_a_slow_batch_reads_each_attempt_again_before_delivering(
    provider: Any, credit: Any, clock: FrozenDateTimeFactory, mailoutbox: list[Any]
) -> None:
    slow, other = make_attempt(status=S.submitted), make_attempt(status=S.submitted)
    make_effect(slow)
    make_effect(other, kind=AttemptEffect.KIND_MAIL, call="status_email", to_status=S.submitted)

    def hang(exam: str, attempt: str) -> None:
        clock.tick(claiming.LEASE / 2)
        ProctoredExamStudentAttempt.objects.filter(pk=other.pk).update(status=S.error)

    provider.stop_exam_attempt = hang

    assert api.deliver_due_effects() == api.DeliveryReport(delivered=1, superseded=1)
    assert mailoutbox == []


@pytest.fixture
def claimed_after_the_look(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Another host claims what is due right after a change has read it; the result delivers what it claimed."""
    leftovers_of = outbox.leftovers_of
    held: list[Callable[[], Any]] = []

    def leftovers_then_claim(attempt_id: int) -> list[AttemptEffect]:
        leftovers = leftovers_of(attempt_id)
        with held_back(monkeypatch, "_deliver_rows") as claimed:
            api.deliver_due_effects()
        held.extend(claimed)
        return leftovers

    def deliver_now() -> None:
        for deliver in held:
            deliver()

    monkeypatch.setattr(outbox, "leftovers_of", leftovers_then_claim)
    return deliver_now


def test_a_leftover_that_another_host_claims_during_our_change_is_delivered_by_it_alone(
    instructor: Any, clock: FrozenDateTimeFactory, request: pytest.FixtureRequest
) -> None:
    attempt = make_attempt(status=S.started)
    instructor.failing = {"complete_student_attempt"}
    api.update_attempt_status(attempt.pk, S.submitted)
    instructor.failing = set()
    clock.tick(timedelta(minutes=1))
    deliver_now = request.getfixturevalue("claimed_after_the_look")

    api.update_attempt_status(attempt.pk, S.second_review_required)
    assert len(instructor.called("complete_student_attempt")) == 1, "the first try"
    deliver_now()

    assert len(instructor.called("complete_student_attempt")) == 2
    assert due_effects() == []


def test_a_leftover_that_another_host_claims_during_our_change_does_not_have_the_last_word(
    credit: Any, clock: FrozenDateTimeFactory, request: pytest.FixtureRequest
) -> None:
    attempt = make_attempt(status=S.started)
    credit.failing = {"set_credit_requirement_status"}
    api.update_attempt_status(attempt.pk, S.submitted)
    credit.failing = set()
    clock.tick(timedelta(minutes=1))
    deliver_now = request.getfixturevalue("claimed_after_the_look")

    api.update_attempt_status(attempt.pk, S.verified)
    deliver_now()
    clock.tick(claiming.LEASE)
    api.deliver_due_effects()

    assert credit_words(credit) == ["submitted", "satisfied", "submitted", "satisfied"]
    assert due_effects() == []
