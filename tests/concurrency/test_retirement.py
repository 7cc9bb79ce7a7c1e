"""A text about a learner meets the learner's retirement: it does not survive, whichever comes first."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.attempts import notes
from edx_proctoring.api.reviews import receiving
from edx_proctoring.exceptions import ReviewNotUnderstood
from edx_proctoring.models import (
    AttemptIncident,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    RetiredLearner,
    ReviewInboxEntry,
    StaffJob,
)
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff

from .conftest import JOIN_SECONDS

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("shared_database"),
]

# Long enough to reach the lock. A waiter on SQLite gives up after half a second.
WAIT_SECONDS = 0.2
# Long enough to get past the text.
CONTROL_SECONDS = 5


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
    try:
        yield thread
    finally:
        # Also when the block has failed: a thread that goes on would disturb the next test.
        for wrapper in wrappers:
            wrapper.may_go_on.set()
        thread.join(JOIN_SECONDS)
    assert not thread.is_alive(), "a thread waits for ever"
    assert not errors, errors


class Writer(NamedTuple):
    """Writes a text about a learner.

    ``written``, ``forgotten``: how the statements begin after which the writer, and the retirement, have done all that
    they do to the text. ``prepare``: write what has to be there before; return the writing. ``texts``: what is stored.
    """

    written: str
    forgotten: str
    prepare: Callable[[ProctoredExamStudentAttempt], Callable[[], Any]]
    texts: Callable[[], list[str]]


def prepare_note(attempt: ProctoredExamStudentAttempt) -> Callable[[], Any]:
    staff = make_staff()
    return lambda: notes.add_note(attempt.pk, category="conduct", text="looked away", by=staff, now=timezone.now())


def prepare_retraction(attempt: ProctoredExamStudentAttempt) -> Callable[[], Any]:
    staff = make_staff()
    note_id = notes.add_note(attempt.pk, category="conduct", text="", by=staff, now=timezone.now())
    return lambda: notes.retract_note(note_id, by=staff, reason="looked away", now=timezone.now())


def prepare_review(attempt: ProctoredExamStudentAttempt) -> Callable[[], Any]:
    comment = {"comment": "looked away", "status": "suspicious", "start": 4, "stop": 9, "duration": 5}
    data = {"status": "passed", "comments": [comment]}
    return lambda: receiving.receive_review(attempt_dict(attempt), data, seen=attempt)


def prepare_refused_review(attempt: ProctoredExamStudentAttempt) -> Callable[[], Any]:
    def write() -> None:
        with pytest.raises(ReviewNotUnderstood):
            receiving.receive_review(attempt_dict(attempt), {"status": "passed", "comments": "looked away"})

    return write


def texts_of_review() -> list[str]:
    return [
        *ProctoredExamSoftwareSecureReview.objects.values_list("raw_data", flat=True),
        *ProctoredExamSoftwareSecureComment.objects.values_list("comment", flat=True),
        *ReviewInboxEntry.objects.values_list("body", flat=True),
    ]


NOTE = Writer(
    'INSERT INTO "proctoring_incident"',
    'UPDATE "proctoring_incident"',
    prepare_note,
    lambda: list(AttemptIncident.objects.values_list("text", flat=True)),
)
RETRACTION = Writer(
    'INSERT INTO "proctoring_staffjobrow"',
    'UPDATE "proctoring_staffjobrow"',
    prepare_retraction,
    lambda: list(StaffJob.objects.values_list("reason", flat=True)),
)
REVIEW = Writer(
    'INSERT INTO "proctoring_proctoredexamstudentattemptcomment"',
    'UPDATE "proctoring_reviewinbox"',
    prepare_review,
    texts_of_review,
)
REFUSED_REVIEW = REVIEW._replace(prepare=prepare_refused_review)


@pytest.mark.contract("staff-jobs#retired", "privacy#retirement-at-the-same-time")
@pytest.mark.parametrize(
    ("writer", "is_text_first"),
    [
        pytest.param(NOTE, True, id="note-first"),
        pytest.param(NOTE, False, id="note-second"),
        pytest.param(RETRACTION, True, id="retraction-first"),
        pytest.param(RETRACTION, False, id="retraction-second"),
        pytest.param(REVIEW, True, id="review-first"),
        pytest.param(REVIEW, False, id="review-second"),
        # Its entry is committed before anything else, so in the other order the retirement finds it in any case.
        pytest.param(REFUSED_REVIEW, False, id="refused-review-second"),
    ],
)
@pytest.mark.parametrize(
    "locked",
    [
        pytest.param(
            False,
            id="control-without-the-lock-the-text-survives",
            marks=pytest.mark.skipif(
                not connection.features.has_select_for_update, reason="SQLite lets one writer in at a time"
            ),
        ),
        pytest.param(True, id="with-the-lock-it-is-blank"),
    ],
)
def test_a_text_and_a_retirement_at_the_same_time(
    seed: int, without_locks: Callable[[], None], locked: bool, writer: Writer, is_text_first: bool
) -> None:
    if is_text_first and not locked and connection.vendor == "mysql":
        pytest.skip("MariaDB updates wait for rows that are not committed, so this order needs no lock of ours")
    attempt = make_attempt(make_exam(backend="test"), status=S.submitted)
    write = writer.prepare(attempt)
    if not locked:
        without_locks()

    def retire() -> None:
        api.retire_learner(attempt.user_id)

    # Each is held when all that it does to the text is done, and is not committed.
    actions = [(write, writer.written), (retire, writer.forgotten)]
    (first, statement), (second, _) = actions if is_text_first else actions[::-1]
    held = HeldBeforeCommit(statement)
    with running(first, held):
        assert held.arrived.wait(JOIN_SECONDS)
        with running(second) as later:
            try:
                later.join(WAIT_SECONDS if locked else CONTROL_SECONDS)
                # Without the lock, too, a retirement waits for a row that was changed, but has passed the text by then.
                assert later.is_alive() or not locked, "the second waits for the first"
            finally:
                held.may_go_on.set()

    assert RetiredLearner.objects.includes(attempt.user_id)
    assert any("looked away" in text for text in writer.texts()) is not locked
    assert ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()
    if writer is REVIEW and not is_text_first:
        assert len(mail.outbox) == (0 if locked else 1)
