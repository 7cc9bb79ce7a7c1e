"""``acknowledge_effects``, and what acknowledged effects are for the alarm and the retention."""

from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect
from tests.factories import make_attempt, make_effect

pytestmark = [pytest.mark.django_db, pytest.mark.contract("commands#acknowledge-effects")]


def states() -> list[str]:
    return list(AttemptEffect.objects.order_by("id").values_list("state", flat=True))


@pytest.fixture
def rows():
    """Two that were given up, and one that is due."""
    return [make_effect(state=state, last_error="gone", tries=3) for state in ("failed", "failed", "due")]


def test_named_effects_are_acknowledged(run, rows):
    output = run("acknowledge_effects", str(rows[0].pk), str(rows[2].pk))
    assert states() == ["acknowledged", "failed", "due"]
    assert f"effect_id={rows[0].pk} " in output
    assert "error=gone" in output
    assert "acknowledged=1" in output


def test_all_that_were_given_up_are_acknowledged_in_batches(run, rows, monkeypatch):
    from edx_proctoring.management.commands import acknowledge_effects

    monkeypatch.setattr(acknowledge_effects, "BATCH_SIZE", 1)
    assert "acknowledged=2" in run("acknowledge_effects", all=True)
    assert states() == ["acknowledged", "acknowledged", "due"]


def test_a_dry_run_lists_and_changes_nothing(run, rows):
    output = run("acknowledge_effects", all=True, dry_run=True)
    assert output.count("effect_id=") == 2
    assert states() == ["failed", "failed", "due"]


def test_without_a_choice_it_refuses(run, rows):
    with pytest.raises(CommandError, match="Name the effects"):
        run("acknowledge_effects")


@pytest.mark.contract("commands#check-effects")
def test_an_acknowledged_effect_is_no_alarm(run, rows):
    assert api.count_stuck(review_days=14).failed == 2
    run("acknowledge_effects", all=True)
    assert api.count_stuck(review_days=14).failed == 0


@pytest.mark.contract("commands#sweep-attempts")
def test_an_acknowledged_effect_is_deleted_by_age(run, rows):
    api.acknowledge_effects([row.pk for row in rows])
    api.sweep(kinds=["retention"])
    assert len(states()) == 3
    AttemptEffect.objects.update(modified=timezone.now() - timedelta(days=91))
    api.sweep(kinds=["retention"])
    assert states() == ["due"]


@pytest.mark.contract("effects#retry")
def test_an_effect_without_a_receiver_of_earlier_states_is_settled_at_once():
    make_effect(make_attempt(), kind="credit", call_name="get_credit_state")
    assert api.deliver_due_effects() == api.DeliveryReport(superseded=1)
    assert states() == ["superseded"]
