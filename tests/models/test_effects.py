"""Effects and the inbox: the questions asked of them."""

from datetime import timedelta

import pytest

from edx_proctoring.models import AttemptEffect, ReviewInboxEntry
from tests.factories import NOON, make_attempt, make_effect, make_exam, make_inbox_entry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "next_try_at", "due"),
    [
        pytest.param("due", NOON, True, id="its-time-has-come"),
        pytest.param("due", NOON + timedelta(seconds=1), False, id="not-yet"),
        pytest.param("done", NOON, False, id="delivered"),
        pytest.param("superseded", NOON, False, id="no-longer-true"),
        pytest.param("failed", NOON, False, id="given-up"),
    ],
)
def test_what_is_due(state, next_try_at, due):
    effect = make_effect(state=state, next_try_at=next_try_at)
    assert list(AttemptEffect.objects.due(NOON)) == ([effect] if due else [])


def test_due_effects_come_in_the_order_in_which_they_were_caused():
    attempt = make_attempt()
    first = make_effect(attempt, next_try_at=NOON)
    second = make_effect(attempt, next_try_at=NOON - timedelta(hours=1))
    assert list(AttemptEffect.objects.due(NOON)) == [first, second]


def test_leftovers_are_what_nobody_has_received():
    waiting, given_up = make_effect(), make_effect(state="failed")
    make_effect(state="done")
    make_effect(state="superseded")
    assert set(AttemptEffect.objects.leftovers()) == {waiting, given_up}


def test_effects_of_an_attempt():
    effect = make_effect()
    make_effect()
    assert list(AttemptEffect.objects.of_attempt(effect.attempt_id)) == [effect]


def test_effects_of_a_course():
    effect = make_effect(make_attempt(make_exam(course_id="course-v1:Other+1+1")))
    make_effect()
    assert list(AttemptEffect.objects.of_course("course-v1:Other+1+1")) == [effect]


def test_the_call_goes_by_two_names():
    """The column may not be called ``call``, a reserved word of SQL."""
    effect = AttemptEffect(call="start_exam_attempt")
    assert (effect.call, effect.call_name) == ("start_exam_attempt", "start_exam_attempt")


def test_effects_outlive_their_attempt():
    attempt = make_attempt()
    effect = make_effect(attempt)
    attempt.delete()
    assert AttemptEffect.objects.filter(pk=effect.pk).exists()


def test_what_was_received_about_an_attempt_in_order():
    attempt = make_attempt()
    first, second = make_inbox_entry(attempt), make_inbox_entry(attempt)
    make_inbox_entry()
    assert list(ReviewInboxEntry.objects.of_attempt(attempt.attempt_code)) == [first, second]


def test_what_is_old_enough_to_be_purged():
    entry = make_inbox_entry()
    assert list(ReviewInboxEntry.objects.received_before(entry.created)) == []
    assert list(ReviewInboxEntry.objects.received_before(entry.created + timedelta(seconds=1))) == [entry]
