"""A provider that accepts connections and never answers, over a real socket: who waits for it, and how long."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from edx_django_utils.cache import TieredCache

from edx_proctoring import api
from edx_proctoring.api.effects import lanes
from edx_proctoring.backends import oauth_session
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_effect, make_exam

# Seconds. The first calls wait for as long as a call may take; shorter here, so that the test does not.
CALL_LIMIT = 0.3
MOST_SECONDS_OF_DELIVERY = 10
MOST_SECONDS_OF_A_PAGE = 0.5

# Not ``slow``: the seconds are what is promised, so the test runs wherever the other tests with threads run.
pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


class HangingServer:
    """Accepts connections, reads nothing and says nothing until it is closed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def connections(self) -> int:
        return len(self._accepted)

    def close(self) -> None:
        """End the connections, so that nobody waits any longer. May be repeated."""
        if not self._thread.is_alive():
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for accepted in self._accepted:
            accepted.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self._accepted.append(accepted)


class CountingProvider(TestBackendProvider):
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self.told += 1


@pytest.fixture
def server() -> Iterator[HangingServer]:
    """The hanging provider's address."""
    server = HangingServer()
    yield server
    server.close()


@pytest.fixture
def hanging(server: HangingServer, backends_registry: dict[str, Any]) -> BaseRestProctoringProvider:
    """The provider ``hanging``, with the time limits that are the default."""
    TieredCache.dangerous_clear_all_tiers()
    provider = BaseRestProctoringProvider(base_url=server.url, client_id="id", client_secret="secret" * 6)
    provider.backend_name = "hanging"
    backends_registry["hanging"] = provider
    return provider


def attempt_at(backend: str, status: str) -> ProctoredExamStudentAttempt:
    """An attempt that its provider knows; the exam is not sent to it now."""
    exam = make_exam(backend="null", external_id="ext-exam")
    ProctoredExam.objects.filter(pk=exam.pk).update(backend=backend)
    exam.backend = backend
    return make_attempt(exam, status=status, external_id="ext-att")


@pytest.mark.contract("effects#lanes")
def test_one_provider_hangs_and_the_others_and_the_mails_go_on(
    server: HangingServer,
    hanging: BaseRestProctoringProvider,
    backends_registry: dict[str, Any],
    shared_database: None,
    mailoutbox: list[Any],
) -> None:
    backends_registry["test"] = other = CountingProvider()
    waiting = make_effect(attempt_at("hanging", S.submitted), kind="provider", call_name="stop_exam_attempt")
    for _ in range(100):
        make_effect(attempt_at("test", S.submitted), kind="provider", call_name="stop_exam_attempt")
    for _ in range(120):
        make_effect(attempt_at("test", S.submitted), kind="mail", call_name="status_email")
    deliverer = lanes.Deliverer(limit=200, on_report=lambda report: None)

    began = time.monotonic()
    deliverer.start_due()
    # The hanging provider's own thread may be the last to get a turn.
    while time.monotonic() - began < MOST_SECONDS_OF_DELIVERY:
        if server.connections and not AttemptEffect.objects.exclude(pk=waiting.pk).exists():
            break
        time.sleep(0.02)
    seconds = time.monotonic() - began
    left = list(AttemptEffect.objects.values_list("pk", "tries"))
    print(f"mails={len(mailoutbox)} effects={other.told} seconds={seconds:.2f} connections={server.connections}")

    assert (len(mailoutbox), other.told) == (120, 100)
    assert [pk for pk, _ in left] == [waiting.pk]
    assert server.connections > 0
    assert seconds < MOST_SECONDS_OF_DELIVERY

    server.close()
    deliverer.wait()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == (AttemptEffect.STATE_DUE, 1)


@pytest.mark.contract("effects#lanes")
def test_a_loop_does_not_wait_for_the_only_lane(
    server: HangingServer, hanging: BaseRestProctoringProvider, shared_database: None, mailoutbox: list[Any]
) -> None:
    """What becomes due while a provider hangs goes out with the next round of the loop."""
    make_effect(attempt_at("hanging", S.submitted), kind="provider", call_name="stop_exam_attempt")
    deliverer = lanes.Deliverer(limit=200, on_report=lambda report: None, is_loop=True)
    deliverer.start_due()
    make_effect(attempt_at("test", S.submitted), kind="mail", call_name="status_email")
    deliverer.start_due()
    began = time.monotonic()
    while not mailoutbox and time.monotonic() - began < MOST_SECONDS_OF_DELIVERY:
        time.sleep(0.02)
    assert len(mailoutbox) == 1
    server.close()
    deliverer.wait()


@pytest.mark.contract("provider-wire#circuit-breaker")
@pytest.mark.parametrize("has_token", [True, False], ids=["hangs-after-the-token", "gives-no-token"])
@pytest.mark.parametrize(
    ("breaker", "is_spared"),
    [
        pytest.param("page", True, id="the-page-answers-at-once"),
        pytest.param("off", False, id="control-without-the-breaker-each-page-waits"),
    ],
)
def test_a_set_up_page_answers_at_once_from_the_sixth_call_on(
    server: HangingServer,
    hanging: BaseRestProctoringProvider,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    has_token: bool,
    breaker: str,
    is_spared: bool,
) -> None:
    # With the default of 5 s for a page, the first five calls alone would take 25 s.
    hanging.page_timeout = CALL_LIMIT if is_spared else 1.2 * MOST_SECONDS_OF_A_PAGE
    hanging.breaker = breaker
    monkeypatch.setattr(oauth_session, "TOKEN_TIMEOUT", hanging.page_timeout)
    if has_token:
        monkeypatch.setattr(hanging.session, "_fetch_token", lambda url: ("token", oauth_session._utc_now()))
    settings.ROOT_URLCONF = "tests.learner_view.host_urls"
    attempt = attempt_at("hanging", S.created)
    exam = attempt.proctored_exam
    pages: list[tuple[int, float]] = []

    for _ in range(7):
        calls, began = server.connections, time.monotonic()
        html = api.get_student_view(attempt.user_id, exam.course_id, exam.content_id, {}, "student")
        pages.append((calls, time.monotonic() - began))
        assert html is not None
    print(f"calls before, seconds: {[(calls, round(seconds, 3)) for calls, seconds in pages]}")

    before = [seconds for calls, seconds in pages if calls < 5]
    after = [seconds for calls, seconds in pages if calls >= 5]
    assert before
    assert after
    assert all(seconds >= CALL_LIMIT for seconds in before), "the provider was asked"
    assert all(seconds < MOST_SECONDS_OF_A_PAGE for seconds in after) == is_spared
    assert (server.connections == 5) == is_spared
