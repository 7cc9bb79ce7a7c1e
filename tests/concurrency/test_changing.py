"""Concurrent changes of one attempt."""

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.signals import pre_save
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.attempts import learner_actions
from edx_proctoring.api.effects import delivery, outbox
from edx_proctoring.api.lifecycle import queries, status_change, transitions
from edx_proctoring.api.reviews import receiving
from edx_proctoring.exceptions import (
    ProctoredBaseException,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
)
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from tests.factories import make_attempt, make_exam, make_review

from .conftest import ThreadSafeProvider, at_the_same_time

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update,
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]

READERS = 6
ROUNDS = 25


def count(events: list[tuple[str, dict[str, Any]]], name: str) -> int:
    """How many tracking events of this name were emitted."""
    return sum(event.endswith(name) for event, _ in events)


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize(
    ("locked", "starts"),
    [
        pytest.param(False, 2, id="control-without-the-lock-both-start"),
        pytest.param(True, 1, id="with-the-lock-one-starts"),
    ],
)
def test_two_tabs_that_start_at_once_start_the_clock_once(
    provider, events, seed, without_locks, meet_before_saving, locked, starts
):
    attempt = make_attempt(status=S.ready_to_start)
    if not locked:
        without_locks()
    meet_before_saving(2)

    outcomes = at_the_same_time(
        *[lambda: api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id)] * 2,
    )

    print(f"tabs=2 started={outcomes.count(attempt.pk)} events={count(events, 'attempt.started')}")
    assert outcomes.count(attempt.pk) == starts
    assert sum(isinstance(outcome, StudentExamAttemptedAlreadyStarted) for outcome in outcomes) == 2 - starts
    assert count(events, "attempt.started") == starts
    assert provider.calls.count("start_exam_attempt") == starts


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize("over_rest", [True, False], ids=["over-rest", "read-before"])
@pytest.mark.parametrize(
    ("locked", "mails"),
    [
        pytest.param(False, 2, id="control-without-the-lock-two-mails"),
        pytest.param(True, 1, id="with-the-lock-one-mail"),
    ],
)
def test_two_tabs_that_submit_at_once_submit_once(
    provider, events, seed, without_locks, meet_before_saving, mailoutbox, locked, mails, over_rest
):
    attempt = make_attempt(status=S.ready_to_submit)
    if not locked:
        without_locks()
    meet_before_saving(2)

    def submit() -> int:
        if over_rest:
            client = APIClient()
            client.force_authenticate(attempt.user)
            path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
            reply = client.put(path, {"action": "submit"}, format="json")
            assert reply.status_code == 200, reply.content
            return reply.json()["exam_attempt_id"]
        return learner_actions.perform_action("submit", learner_actions.ActionRequest(attempt, attempt.user))

    outcomes = at_the_same_time(submit, submit)

    print(f"tabs=2 mails={len(mailoutbox)} events={count(events, 'attempt.submitted')}")
    assert outcomes == [attempt.pk] * 2, "for the learner the exam is submitted, whichever tab was first"
    assert count(events, "attempt.submitted") == len(mailoutbox) == mails
    assert provider.calls.count("stop_exam_attempt") == mails


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize(
    ("locked", "mails"),
    [
        pytest.param(False, READERS, id="control-without-the-lock-each-reader-ends-it"),
        pytest.param(True, 1, id="with-the-lock-it-ends-once"),
    ],
)
def test_six_readers_of_an_expired_attempt_at_once_submit_it_once(
    provider, events, seed, without_locks, meet_before_saving, mailoutbox, locked, mails
):
    started_at = timezone.now().replace(microsecond=0) - timedelta(minutes=100)
    attempt = make_attempt(status=S.started, started_at=started_at, allowed_time_limit_mins=90)
    if not locked:
        without_locks()
    meet_before_saving(READERS)

    outcomes = at_the_same_time(*[lambda: api.get_exam_attempt_by_id(attempt.pk)["status"]] * READERS)

    print(f"readers={READERS} mails={len(mailoutbox)} events={count(events, 'attempt.submitted')}")
    assert outcomes == [S.submitted] * READERS
    assert count(events, "attempt.submitted") == len(mailoutbox) == mails
    attempt.refresh_from_db()
    assert attempt.completed_at == started_at + timedelta(minutes=90)


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize(
    ("reads_under_the_lock", "due_starts"),
    [
        pytest.param(False, 1, id="control-with-effects-read-before-the-lock-one-is-missed"),
        pytest.param(True, 0, id="with-effects-read-under-the-lock"),
    ],
)
@pytest.mark.parametrize("has_read", [False, True], ids=["by-id", "read-before"])
def test_a_change_that_waited_for_the_lock_supersedes_the_effects_of_the_one_before(
    provider, seed, monkeypatch, reads_under_the_lock, due_starts, has_read
):
    """A slow host has started the attempt and not called the provider yet; the next change is a submission."""
    attempt = make_attempt(status=S.ready_to_start)
    seen = queries.existing_attempt(attempt.pk)
    starting, deliver, leftovers_of = threading.Event(), delivery.deliver, outbox.leftovers_of
    slow_host: list[int] = []

    def deliver_unless_slow(recorded, attempt, **kwargs):
        return None if threading.get_ident() in slow_host else deliver(recorded, attempt, **kwargs)

    def hold_the_lock(**kwargs):
        if threading.get_ident() in slow_host:
            starting.set()
            time.sleep(0.5)

    def start():
        slow_host.append(threading.get_ident())
        return api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id)

    def submit():
        starting.wait(timeout=10)
        if not reads_under_the_lock:
            submitting, read_early = threading.get_ident(), [leftovers_of(attempt.pk)]

            def read_before_the_lock(attempt_id):
                is_first_look = threading.get_ident() == submitting and read_early
                return read_early.pop() if is_first_look else leftovers_of(attempt_id)

            monkeypatch.setattr(outbox, "leftovers_of", read_before_the_lock)
        return status_change.change_status(seen.pk, S.submitted, seen=seen if has_read else None)

    monkeypatch.setattr(delivery, "deliver", deliver_unless_slow)
    pre_save.connect(hold_the_lock, sender=ProctoredExamStudentAttempt)
    try:
        outcomes = at_the_same_time(start, submit)
    finally:
        pre_save.disconnect(hold_the_lock, sender=ProctoredExamStudentAttempt)

    assert outcomes == [attempt.pk] * 2
    started = AttemptEffect.objects.filter(call_name="start_exam_attempt", state=AttemptEffect.STATE_DUE)
    print(f"has_read={has_read} due_starts={started.count()}")
    assert started.count() == due_starts


@pytest.mark.contract("transitions#lock")
def test_a_host_that_read_the_attempt_in_its_own_transaction_changes_it_as_it_is_now(
    provider: ThreadSafeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under ATOMIC_REQUESTS: attempt and effects are read again under the lock."""
    attempt = make_attempt(status=S.started)
    has_looked, is_submitted, deliver = threading.Event(), threading.Event(), delivery.deliver
    slow_host: list[int] = []

    def deliver_unless_slow(recorded: Any, attempt: Any, **kwargs: Any) -> Any:
        return None if threading.get_ident() in slow_host else deliver(recorded, attempt, **kwargs)

    def submit() -> None:
        slow_host.append(threading.get_ident())
        has_looked.wait(timeout=10)
        api.update_attempt_status(attempt.pk, S.submitted)
        is_submitted.set()

    def report_an_error() -> Any:
        with transaction.atomic():
            seen = api.get_exam_attempt_by_id(attempt.pk)
            due_then = AttemptEffect.objects.count()
            has_looked.set()
            assert is_submitted.wait(timeout=10)
            api.update_attempt_status(attempt.pk, S.error)
        return seen["status"], due_then

    monkeypatch.setattr(delivery, "deliver", deliver_unless_slow)
    outcomes = at_the_same_time(report_an_error, submit)

    assert outcomes == [(S.started, 0), None]
    kept = attempt.history.order_by("history_id").values_list("status", flat=True)
    assert list(kept) == [S.started, S.submitted, S.error]
    left = dict(AttemptEffect.objects.values_list("call_name", "state"))
    assert left["stop_exam_attempt"] == AttemptEffect.STATE_SUPERSEDED
    assert provider.calls == ["mark_erroneous_exam_attempt"]


@pytest.mark.skipif(connection.vendor != "mysql", reason="what a lock shows to an older transaction")
def test_a_transaction_older_than_the_attempt_does_not_find_it(provider: ThreadSafeProvider) -> None:
    """A host that has set REPEATABLE READ, against the platform's rule, and calls from a transaction of its own."""
    has_looked, is_made = threading.Event(), threading.Event()
    made: list[int] = []

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with transaction.atomic():
            assert not ProctoredExamStudentAttempt.objects.exists()
            has_looked.set()
            is_made.wait(timeout=10)
            api.update_attempt_status(made[0], S.submitted)

    def make() -> None:
        has_looked.wait(timeout=10)
        made.append(make_attempt(status=S.started).pk)
        is_made.set()

    outcomes = at_the_same_time(change, make)

    assert [type(outcome) for outcome in outcomes] == [StudentExamAttemptDoesNotExistsException, type(None)]
    assert ProctoredExamStudentAttempt.objects.get().status == S.started


def sibling_of(attempt: ProctoredExamStudentAttempt) -> ProctoredExamStudentAttempt:
    """Return a former attempt of the same learner at the same exam."""
    return make_attempt(attempt.proctored_exam, attempt.user, S.error, ready_to_resume=True)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no row locks: nothing could wait")
@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize(
    ("row_of", "waits"),
    [
        pytest.param(lambda attempt: attempt, True, id="control-the-attempt-waits"),
        pytest.param(lambda attempt: sibling_of(attempt), True, id="another-attempt-of-the-learner-waits"),
        pytest.param(lambda attempt: attempt.proctored_exam, False, id="its-exam-does-not"),
        pytest.param(lambda attempt: attempt.user, False, id="its-learner-does-not"),
    ],
)
def test_a_change_locks_the_learners_attempts_at_the_exam_and_nothing_else(
    row_of: Callable[[Any], Any], waits: bool
) -> None:
    attempt = make_attempt(status=S.started)
    row = row_of(attempt)
    siblings = ProctoredExamStudentAttempt.objects.exclude(pk=attempt.pk)
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            held, others, _ = status_change.lock(attempt.pk, attempt.proctored_exam_id, attempt.user_id)
            assert held == attempt
            assert others == [sibling.status for sibling in siblings]
            is_held.set()
            is_over.wait(timeout=10)

    def update() -> None:
        is_held.wait(timeout=10)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                seconds = "SET SESSION innodb_lock_wait_timeout = 1"
                cursor.execute("SET LOCAL lock_timeout = '1s'" if connection.vendor == "postgresql" else seconds)
                type(row)._base_manager.filter(pk=row.pk).select_for_update().get()
        finally:
            is_over.set()

    outcomes = at_the_same_time(hold, update)

    assert outcomes[0] is None
    assert (isinstance(outcomes[1], OperationalError), outcomes[1] is None) == (waits, not waits), outcomes[1]


# Any request may meet any other


def requests_about(attempt: ProctoredExamStudentAttempt) -> dict[str, Callable[[], Any]]:
    """Return each request about this attempt, by name."""
    exam_id, user_id, attempt_id = attempt.proctored_exam_id, attempt.user_id, attempt.pk
    return {
        "start": lambda: api.start_exam_attempt(exam_id, user_id),
        "submit": lambda: api.update_attempt_status(attempt_id, S.submitted),
        "review": lambda: make_review(attempt, SoftwareSecureReviewStatus.clean).pk,
        "callback": lambda: receiving.receive_review(attempt_dict(attempt), {"status": "passed", "comments": []}),
        "reset": lambda: (
            api.reset_practice_exam(exam_id, user_id, requesting_user=attempt.user)
            if attempt.is_sample_attempt
            else api.remove_exam_attempt(attempt_id, attempt.user)
        ),
        "time-out": lambda: api.mark_exam_attempt_timeout(attempt_id),
        "error": lambda: api.update_attempt_status(attempt_id, S.error),
        "time-left": lambda: api.update_exam_attempt(attempt_id, time_remaining_seconds=1234),
        "acknowledge": lambda: api.update_exam_attempt(attempt_id, is_status_acknowledged=True),
    }


def faults_of(
    attempt: ProctoredExamStudentAttempt, requests: list[str], outcomes: list[Any], signals: list[str]
) -> list[str]:
    """Return what is wrong afterwards; empty if some order of the requests explains it."""
    faults = [
        f"{name} got {outcome!r}"
        for name, outcome in zip(requests, outcomes, strict=True)
        if isinstance(outcome, Exception) and not isinstance(outcome, ProctoredBaseException)
    ]
    kept = list(attempt.history.order_by("history_id"))
    for before, after in pairwise(kept):
        if transitions.find_refusal(before.status, after.status):
            faults.append(f"{after.status} after {before.status}")
        for field in ("started_at", "completed_at", "time_remaining_seconds", "is_status_acknowledged"):
            if getattr(before, field) and not getattr(after, field):
                faults.append(f"{field} lost")
    changes = [after.status for before, after in pairwise(kept) if after.status != before.status]
    expected = [status for status in changes if status != S.onboarding_reset]
    if not set(expected) <= set(signals):
        faults.append(f"kept {expected}, signalled {signals}")
    current = ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).first()
    if current is not None and current.status != kept[-1].status:
        faults.append(f"is {current.status}, archived {kept[-1].status}")
    live = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam_id=attempt.proctored_exam_id, user_id=attempt.user_id
    )
    if sum(S.is_incomplete_status(other.status) for other in live) > 1:
        faults.append("two attempts are open")
    return faults


@pytest.mark.contract("transitions#lock")
@pytest.mark.parametrize("kind", ["proctored", "onboarding"])
@pytest.mark.parametrize(
    "locked",
    [
        pytest.param(False, id="control-without-locks-updates-are-lost"),
        pytest.param(True, id="with-locks-nothing-is-lost"),
    ],
)
def test_random_requests_at_once_end_in_a_state_that_some_order_explains(
    provider: ThreadSafeProvider, seed: int, without_locks: Any, kind: str, locked: bool
) -> None:
    chance = random.Random(seed)
    if not locked:
        without_locks()
    faults: list[str] = []
    performed = refused = 0

    def dawdle(**kwargs: Any) -> None:
        time.sleep(0.01)

    signals: list[tuple[int, str]] = []

    def receive(attempt_id: int, status: str, **kwargs: Any) -> None:
        signals.append((attempt_id, status))

    pre_save.connect(dawdle, sender=ProctoredExamStudentAttempt)
    exam_attempt_status_signal.connect(receive)
    try:
        for number in range(ROUNDS):
            attempt = make_attempt(
                make_exam(kind, backend="test"), status=chance.choice([S.ready_to_start, S.started, S.submitted])
            )
            possible = requests_about(attempt)
            # The first review of an attempt is inserted by a callback, so the two do not race in production.
            del possible[chance.choice(["review", "callback"])]
            names = chance.sample(sorted(possible), k=chance.randint(3, len(possible)))
            delays = [chance.uniform(0, 0.03) for _ in names]

            def send(name: str, delay: float, possible: Any = possible) -> Any:
                time.sleep(delay)
                return possible[name]()

            outcomes = at_the_same_time(
                *[
                    lambda name=name, delay=delay, send=send: send(name, delay)
                    for name, delay in zip(names, delays, strict=True)
                ]
            )
            refused += sum(isinstance(outcome, ProctoredBaseException) for outcome in outcomes)
            performed += sum(not isinstance(outcome, Exception) for outcome in outcomes)
            of_attempt = [status for attempt_id, status in signals if attempt_id == attempt.pk]
            faults += [f"round {number} {names}: {fault}" for fault in faults_of(attempt, names, outcomes, of_attempt)]
    finally:
        pre_save.disconnect(dawdle, sender=ProctoredExamStudentAttempt)
        exam_attempt_status_signal.disconnect(receive)

    print(f"rounds={ROUNDS} performed={performed} refused={refused} faults={len(faults)}")
    for fault in faults[:10]:
        print(fault)
    if locked:
        assert faults == []
    else:
        assert faults
