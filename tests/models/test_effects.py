"""Effects and the review inbox: the methods of their querysets."""

from datetime import timedelta

import pytest

from edx_proctoring.api.effects import outbox
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt, ReviewInboxEntry
from tests.factories import NOON, make_attempt, make_effect, make_exam, make_inbox_entry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "next_try_at", "due"),
    [
        pytest.param("due", NOON, True, id="due-now"),
        pytest.param("due", NOON + timedelta(seconds=1), False, id="due-later"),
        pytest.param("done", NOON, False, id="delivered"),
        pytest.param("superseded", NOON, False, id="superseded"),
        pytest.param("failed", NOON, False, id="given-up"),
    ],
)
def test_only_a_due_effect_whose_time_has_come_is_found(state, next_try_at, due):
    effect = make_effect(state=state, next_try_at=next_try_at)
    assert list(AttemptEffect.objects.due(NOON)) == ([effect] if due else [])


def test_due_effects_are_listed_in_the_order_of_their_creation():
    attempt = make_attempt()
    first = make_effect(attempt, next_try_at=NOON)
    second = make_effect(attempt, next_try_at=NOON - timedelta(hours=1))
    assert list(AttemptEffect.objects.due(NOON)) == [first, second]


def test_leftovers_are_the_effects_that_are_due_or_failed():
    due, failed = make_effect(), make_effect(state="failed")
    make_effect(state="done")
    make_effect(state="superseded")
    assert set(AttemptEffect.objects.leftovers()) == {due, failed}


def test_effects_can_be_limited_to_an_attempt():
    effect = make_effect()
    make_effect()
    assert list(AttemptEffect.objects.of_attempt(effect.attempt_id)) == [effect]


def test_effects_can_be_limited_to_a_course():
    effect = make_effect(make_attempt(make_exam(course_id="course-v1:Other+1+1")))
    make_effect()
    assert list(AttemptEffect.objects.of_course("course-v1:Other+1+1")) == [effect]


def test_call_and_call_name_are_the_same_field():
    """The column cannot be named ``call``, a reserved word in SQL."""
    effect = AttemptEffect(call="start_exam_attempt")
    assert (effect.call, effect.call_name) == ("start_exam_attempt", "start_exam_attempt")


def test_deleting_an_attempt_keeps_its_effects():
    attempt = make_attempt()
    effect = make_effect(attempt)
    attempt.delete()
    assert AttemptEffect.objects.filter(pk=effect.pk).exists()


def test_inbox_entries_of_an_attempt_are_listed_in_order():
    attempt = make_attempt()
    first, second = make_inbox_entry(attempt), make_inbox_entry(attempt)
    make_inbox_entry()
    assert list(ReviewInboxEntry.objects.of_attempt(attempt.attempt_code)) == [first, second]


def test_entries_received_before_a_time_are_found():
    entry = make_inbox_entry()
    assert list(ReviewInboxEntry.objects.received_before(entry.created)) == []
    assert list(ReviewInboxEntry.objects.received_before(entry.created + timedelta(seconds=1))) == [entry]


@pytest.mark.parametrize("state", ["due", "done", "superseded", "failed", "acknowledged"])
def test_attempts_are_read_with_whether_effects_of_them_wait(state: str) -> None:
    attempt, other = make_attempt(), make_attempt()
    make_effect(attempt, state=state)

    attempts = ProctoredExamStudentAttempt.objects.values_list("pk", outbox.HasLeftovers("pk"))
    assert dict(attempts) == {attempt.pk: state == "due", other.pk: False}
    assert bool(outbox.leftovers_of(attempt.pk)) == (state == "due")
