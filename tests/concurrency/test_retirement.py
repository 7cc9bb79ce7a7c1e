"""A note about a learner meets the learner's retirement: its text does not survive, whichever comes first."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.attempts import notes
from edx_proctoring.models import AttemptIncident, ProctoredExamStudentAttempt, RetiredLearner
from tests.factories import make_attempt, make_exam, make_staff

from .conftest import JOIN_SECONDS

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("shared_database"),
]

# Long enough to reach the lock. A waiter on SQLite gives up after half a second.
WAIT_SECONDS = 0.2


class HeldBeforeCommit:
    """Stops a transaction after its first statement that begins like this, until it may go on."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self.arrived, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.replace("`", '"').startswith(self._statement) and not self.arrived.is_set():
            self.arrived.set()
            self.may_go_on.wait(JOIN_SECONDS)
        return result


@contextmanager
def running(action: Callable[[], Any], *wrappers: Any) -> Iterator[threading.Thread]:
    """Run an action in a thread with a connection of its own; what it raises fails the test."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            for wrapper in wrappers:
                connection.execute_wrappers.append(wrapper)
            action()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield thread
    thread.join(JOIN_SECONDS)
    assert not thread.is_alive(), "a thread waits for ever"
    assert not errors, errors


@pytest.mark.contract("staff-jobs#retired", "privacy#retirement-at-the-same-time")
@pytest.mark.parametrize("is_note_first", [pytest.param(True, id="note-first"), pytest.param(False, id="note-second")])
@pytest.mark.parametrize(
    ("locked", "text"),
    [
        pytest.param(
            False,
            "looked away",
            id="control-without-the-lock-the-text-survives",
            marks=pytest.mark.skipif(
                not connection.features.has_select_for_update, reason="SQLite lets one writer in at a time"
            ),
        ),
        pytest.param(True, "", id="with-the-lock-it-is-blank"),
    ],
)
def test_a_note_and_a_retirement_at_the_same_time(
    seed: int, without_locks: Callable[[], None], locked: bool, text: str, is_note_first: bool
) -> None:
    if is_note_first and not locked and connection.vendor == "mysql":
        pytest.skip("MariaDB updates wait for rows that are not committed, so this order needs no lock of ours")
    attempt, staff = make_attempt(make_exam()), make_staff()
    if not locked:
        without_locks()

    def retire() -> None:
        api.retire_learner(attempt.user_id)

    def write() -> None:
        notes.add_note(attempt.pk, category="conduct", text="looked away", by=staff, now=timezone.now())

    # Each is held when all that it does to notes is done, and is not committed.
    actions = [(write, 'INSERT INTO "proctoring_incident"'), (retire, 'UPDATE "proctoring_incident"')]
    (first, statement), (second, _) = actions if is_note_first else actions[::-1]
    held = HeldBeforeCommit(statement)
    with running(first, held):
        assert held.arrived.wait(JOIN_SECONDS)
        with running(second) as later:
            later.join(WAIT_SECONDS if locked else JOIN_SECONDS)
            assert later.is_alive() is locked, "the second waits for the first"
            held.may_go_on.set()

    assert RetiredLearner.objects.includes(attempt.user_id)
    assert AttemptIncident.objects.values_list("text", flat=True).get() == text
    assert ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()
