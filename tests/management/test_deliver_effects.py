"""``deliver_effects``."""

from datetime import timedelta

import pytest
from django.utils import timezone

from edx_proctoring.management.commands import deliver_effects
from edx_proctoring.models import AttemptEffect
from tests.factories import make_effect

pytestmark = pytest.mark.django_db


@pytest.fixture
def stopped(test_backend, monkeypatch):
    """The attempts that the provider was told to stop."""
    told = []
    monkeypatch.setattr(test_backend, "stop_exam_attempt", lambda exam, attempt: told.append(attempt))
    return told


def test_what_is_due_is_delivered(run, stopped):
    make_effect()
    assert "delivered=1" in run("deliver_effects")
    assert len(stopped) == 1
    assert not AttemptEffect.objects.leftovers().exists()


def test_what_is_not_due_waits(run, stopped):
    make_effect(next_try_at=timezone.now() + timedelta(minutes=1))
    assert run("deliver_effects") == ""
    assert stopped == []


def test_what_fails_is_kept_for_later(run, test_backend, monkeypatch):
    def fail(exam, attempt):
        raise ConnectionError

    monkeypatch.setattr(test_backend, "stop_exam_attempt", fail)
    effect = make_effect()
    assert "failed=1" in run("deliver_effects")
    effect.refresh_from_db()
    assert (effect.state, effect.tries) == (AttemptEffect.STATE_DUE, 1)
    assert effect.next_try_at > timezone.now()


def test_more_than_the_limit_takes_several_rounds(run, stopped):
    for _ in range(5):
        make_effect()
    printed = run("deliver_effects", limit=2)
    assert len(stopped) == 5
    assert printed.count("delivered=") == 3


def test_a_dry_run_lists_and_delivers_nothing(run, stopped):
    make_effect()
    make_effect()
    printed = run("deliver_effects", dry_run=True)
    assert "kind=provider call=stop_exam_attempt effects=2" in printed
    assert stopped == []


def test_a_loop_goes_on_until_it_is_interrupted(run, stopped, monkeypatch):
    make_effect()
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 2:
            raise KeyboardInterrupt
        make_effect()

    monkeypatch.setattr(deliver_effects.time, "sleep", sleep)
    # The connection of the test is the only one to the test database.
    monkeypatch.setattr(deliver_effects, "close_old_connections", lambda: None)
    assert "Interrupted." in run("deliver_effects", loop=True, interval=4)
    assert len(stopped) == 2
    assert naps == [4, 4]
