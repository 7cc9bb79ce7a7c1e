"""``deliver_effects``."""

import io
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from edx_proctoring.api.effects import lanes
from edx_proctoring.management.commands import deliver_effects
from edx_proctoring.models import AttemptEffect
from tests.factories import make_effect

pytestmark = [pytest.mark.django_db, pytest.mark.contract("commands#deliver-effects")]


@pytest.fixture
def stopped(test_backend, monkeypatch):
    """The attempts for which the provider's ``stop_exam_attempt`` was called."""
    stopped_attempts = []
    monkeypatch.setattr(test_backend, "stop_exam_attempt", lambda exam, attempt: stopped_attempts.append(attempt))
    return stopped_attempts


def test_a_due_effect_is_delivered(run, stopped):
    make_effect()
    assert "delivered=1" in run("deliver_effects")
    assert len(stopped) == 1
    assert not AttemptEffect.objects.leftovers().exists()


def test_an_effect_that_is_not_due_is_not_delivered(run, stopped):
    make_effect(next_try_at=timezone.now() + timedelta(minutes=1))
    assert run("deliver_effects") == ""
    assert stopped == []


def test_a_failed_effect_is_kept_for_a_retry(run, test_backend, monkeypatch):
    def fail(exam, attempt):
        raise ConnectionError

    monkeypatch.setattr(test_backend, "stop_exam_attempt", fail)
    effect = make_effect()
    assert "failed=1" in run("deliver_effects")
    effect.refresh_from_db()
    assert (effect.state, effect.tries) == (AttemptEffect.STATE_DUE, 1)
    assert effect.next_try_at > timezone.now()


def test_more_effects_than_the_limit_are_delivered_in_several_rounds(run, stopped):
    for _ in range(5):
        make_effect()
    printed = run("deliver_effects", limit=2)
    assert len(stopped) == 5
    assert printed.count("delivered=") == 3


def test_a_dry_run_lists_due_effects_without_delivering_them(run, stopped):
    make_effect()
    make_effect()
    printed = run("deliver_effects", dry_run=True)
    assert "kind=provider call=stop_exam_attempt effects=2" in printed
    assert stopped == []


def test_a_loop_runs_until_it_is_interrupted(run, stopped, monkeypatch):
    make_effect()
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt
        make_effect()

    monkeypatch.setattr(deliver_effects.time, "sleep", sleep)
    # Closing the connection would lose the rows of this test, which are not committed.
    monkeypatch.setattr(deliver_effects, "close_old_connections", lambda: None)
    assert "Interrupted." in run("deliver_effects", loop=True, interval=4)
    assert len(stopped) == 2
    assert pauses == [4, 4]


class TestDatabaseRestart:
    def test_a_loop_survives_it_and_says_so_once(self, run, stopped, monkeypatch):
        make_effect()
        outcomes = [OperationalError("gone"), OperationalError("gone"), InterfaceError("closed"), None, None]
        start_due = lanes.Deliverer.start_due

        def flaky(self):
            outcome = outcomes.pop(0)
            if outcome is not None:
                raise outcome
            start_due(self)

        def sleep(seconds):
            if not outcomes:
                raise KeyboardInterrupt

        monkeypatch.setattr(lanes.Deliverer, "start_due", flaky)
        monkeypatch.setattr(deliver_effects.time, "sleep", sleep)
        monkeypatch.setattr(deliver_effects, "close_old_connections", lambda: None)
        monkeypatch.setattr(deliver_effects.connections, "close_all", lambda: None)
        errors = io.StringIO()
        printed = run("deliver_effects", loop=True, stderr=errors)
        assert errors.getvalue().count("not available") == 1
        assert printed.count("available again") == 1
        assert len(stopped) == 1

    def test_without_a_loop_it_is_an_error(self, run, monkeypatch):
        def away(self):
            raise OperationalError("gone")

        monkeypatch.setattr(lanes.Deliverer, "start_due", away)
        with pytest.raises(OperationalError):
            run("deliver_effects")
