"""Fixtures and helpers of the tests of the service layer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.models import AttemptEffect
from edx_proctoring.signals import exam_attempt_status_signal
from seb_openedx.exams import requirements as seb_requirements
from tests.factories import NOON


def due_effects() -> list[tuple[str, str]]:
    """Return kind and call of the effects that are due, oldest first."""
    due = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE)
    return list(due.order_by("id").values_list("kind", "call_name"))


def credit_words(credit: Any) -> list[str]:
    """Return the statuses that the credit service was called with, failed calls included."""
    return [kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status")]


class RecordingProvider(TestBackendProvider):
    """A provider that records its calls. ``failing``: names of methods that fail."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.calls: list[str] = []
        self.contexts: list[dict[str, Any]] = []
        self.failing: set[str] = set()
        self.confirms_removal = True

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        self.contexts.append(dict(context))
        external_id = super().register_exam_attempt(exam, context)
        return f"{external_id}-{len(self.contexts)}"

    def start_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self._record("start_exam_attempt", exam, attempt)

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self._record("stop_exam_attempt", exam, attempt)

    def mark_erroneous_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self._record("mark_erroneous_exam_attempt", exam, attempt)

    def remove_exam_attempt(self, exam: Any, attempt: Any) -> bool:
        self._record("remove_exam_attempt", exam, attempt)
        return self.confirms_removal

    def _record(self, call: str, exam: Any, attempt: Any) -> None:
        self.calls.append(call)
        self.last_ids = (exam, attempt)
        if call in self.failing:
            raise ConnectionError(f"{call}: learner@example.com cannot be reached")


@pytest.fixture
def provider(backends_registry: dict[str, Any]) -> RecordingProvider:
    """The provider named ``test``, recording; it has onboarding."""
    recording = RecordingProvider(verbose_name="Recorder")
    backends_registry["test"] = recording
    return recording


@pytest.fixture
def clock() -> Iterator[FrozenDateTimeFactory]:
    """A clock that stands at noon until the test moves it."""
    with freeze_time(NOON) as frozen:
        yield frozen


@pytest.fixture
def sent_signals() -> Iterator[list[dict[str, Any]]]:
    """The keyword arguments of each status signal sent so far."""
    received: list[dict[str, Any]] = []

    def receiver(sender: Any, signal: Any, **kwargs: Any) -> None:
        received.append({"sender": sender, **kwargs})

    exam_attempt_status_signal.connect(receiver, weak=False)
    yield received
    exam_attempt_status_signal.disconnect(receiver)


@pytest.fixture
def count_queries() -> Callable[[Callable[[], Any]], int]:
    """Return how many statements a call makes; the begin and end of transactions and savepoints are left out."""

    def count(call: Callable[[], Any]) -> int:
        # Another app's question at the end of attempts, which the cache answers for a minute.
        seb_requirements.exist()
        with CaptureQueriesContext(connection) as captured:
            call()
        return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)

    return count
