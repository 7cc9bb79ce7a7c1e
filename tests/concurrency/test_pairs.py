"""Each request meets each other one, at the worst moment.

Two requests at once must end as one of the two orders does, one after the other: then no update was lost. The orders
are tried first, on attempts of their own, so nothing is expected by hand.
"""

from collections import Counter
from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.effects import claiming
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

from .conftest import ThreadSafeProvider, at_the_same_time
from .test_changing import requests_about

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update,
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]

REQUESTS = ["start", "submit", "review", "callback", "reset", "time-out", "error"]
# The first review of an attempt is inserted by a callback, so these two do not race in production.
PAIRS = [pair for pair in combinations_with_replacement(REQUESTS, 2) if set(pair) != {"review", "callback"}]
STATUSES = [S.ready_to_start, S.started, S.submitted]
Events = list[tuple[str, dict[str, Any]]]


class Arena:
    """Runs two requests on a new attempt, in an order or together, and describes the result."""

    def __init__(self, provider: ThreadSafeProvider, events: Events, kind: str, status: str) -> None:
        self._provider, self._events = provider, events
        self._kind, self._status = kind, status

    def run(self, pair: tuple[str, str], runner: Callable[..., list[Any]]) -> dict[str, Any]:
        attempt = make_attempt(make_exam(self._kind, backend="test"), status=self._status)
        requests = requests_about(attempt)
        self._provider.calls.clear()
        self._events.clear()
        mail.outbox.clear()
        outcomes = runner(*[requests[name] for name in pair])
        # Effects that are repeated after another process's lease make no difference.
        api.deliver_due_effects(now=timezone.now() + claiming.LEASE)
        return self._picture(attempt, pair, outcomes)

    def _picture(
        self, attempt: ProctoredExamStudentAttempt, pair: tuple[str, str], outcomes: list[Any]
    ) -> dict[str, Any]:
        live = ProctoredExamStudentAttempt.objects.filter(proctored_exam=attempt.proctored_exam, user=attempt.user)
        review = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=attempt.attempt_code).first()
        return {
            "outcomes": sorted((name, _in_short(outcome)) for name, outcome in zip(pair, outcomes, strict=True)),
            "live": sorted(
                (one.pk == attempt.pk, one.status, bool(one.started_at), bool(one.completed_at), one.is_resumable)
                for one in live
            ),
            "history": list(attempt.history.order_by("history_id").values_list("status", flat=True)),
            "events": Counter(name.rpartition(".")[2] for name, _ in self._events),
            "mails": Counter(message.subject.partition(":")[0] for message in mail.outbox),
            "provider": (set(self._provider.calls), self._provider.calls[-1:]),
            "review": review and review.is_attempt_active,
        }


def _ends_as(together: dict[str, Any], order: dict[str, Any], pair: tuple[str, str]) -> bool:
    """Return whether two requests at once ended as one of the orders did.

    A call that the second change supersedes before it is delivered is never made. So the provider may have heard less,
    but not anything else, and its last call must be the same.
    """
    one, other = _comparable(together, pair), _comparable(order, pair)
    nothing: tuple[set[str], list[str]] = (set(), [])
    heard, last = one.pop("provider", nothing)
    heard_in_order, last_in_order = other.pop("provider", nothing)
    return one == other and last == last_in_order and heard <= heard_in_order


def _comparable(picture: dict[str, Any], pair: tuple[str, str]) -> dict[str, Any]:
    """Return the part that must be as in one of the orders."""
    if set(pair) == {"review", "reset"}:
        # ``make_review`` saves the review first and applies it then; a removal between the two is a moment that neither
        # order has: the verdict is not applied, and the review is marked as that of a removed attempt. The end must be
        # the same, and the review must be there.
        return {**{key: picture[key] for key in ("outcomes", "live")}, "review": picture["review"] is not None}
    return dict(picture)


def _in_short(outcome: Any) -> str:
    if isinstance(outcome, ProctoredBaseException):
        return "refused"
    return type(outcome).__name__ if isinstance(outcome, Exception) else "done"


def one_after_the_other(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions in this order; return results or exceptions."""
    outcomes: list[Any] = []
    for action in actions:
        try:
            outcomes.append(action())
        except Exception as error:
            outcomes.append(error)
    return outcomes


def the_second_first(*actions: Callable[[], Any]) -> list[Any]:
    return one_after_the_other(*actions[::-1])[::-1]


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize("kind", ["proctored", "onboarding"])
@pytest.mark.parametrize("pair", [pytest.param(pair, id=f"{pair[0]}-meets-{pair[1]}") for pair in PAIRS])
def test_two_requests_at_once_end_as_one_of_the_two_orders(
    provider: ThreadSafeProvider, events: Events, meet_before_saving: Any, seed: int, pair: Any, kind: str
) -> None:
    arenas = {status: Arena(provider, events, kind, status) for status in STATUSES}
    orders = {
        status: [arena.run(pair, one_after_the_other), arena.run(pair, the_second_first)]
        for status, arena in arenas.items()
    }
    meet_before_saving(2, timeout=0.1)

    for status, arena in arenas.items():
        together = arena.run(pair, at_the_same_time)
        print(f"from={status} outcomes={together['outcomes']} history={together['history']}")
        assert any(_ends_as(together, order, pair) for order in orders[status]), (status, together, orders[status])


def test_control_without_locks_some_pairs_end_as_no_order_does(
    provider: ThreadSafeProvider, events: Events, meet_before_saving: Any, without_locks: Any, seed: int
) -> None:
    arena = Arena(provider, events, "proctored", S.ready_to_start)
    pairs = [pair for pair in PAIRS if not {"review", "callback"} & set(pair)]
    orders = {pair: [arena.run(pair, one_after_the_other), arena.run(pair, the_second_first)] for pair in pairs}
    without_locks()
    # Longer than with locks, which keep one of the two away: here both arrive, on a busy machine a little later.
    meet_before_saving(2, timeout=2)

    unexplained = []
    for pair in pairs:
        together = arena.run(pair, at_the_same_time)
        if not any(_ends_as(together, order, pair) for order in orders[pair]):
            unexplained.append(pair)

    print(f"pairs={len(pairs)} unexplained={len(unexplained)}: {unexplained}")
    assert ("start", "start") in unexplained, "the clock starts twice"
    assert len(unexplained) >= 3
