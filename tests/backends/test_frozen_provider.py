"""A provider that accepts connections and does not answer, over a real socket.

Interceptors answer at once, with or without limits: only a socket shows that a call ends.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.urls import reverse
from edx_django_utils.cache import TieredCache
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.backends import call_options, http_limits, oauth_session
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user

pytestmark = pytest.mark.contract("provider-wire#frozen-provider")

PAGE_SECONDS = 0.3
# The full limit. A test that waits as long fails.
FULL_SECONDS = 30
# Between the two limits: a slow machine stays below it, a missing limit does not.
SOON = 8.0

TOKEN = {"access_token": "token", "expires_in": 3600}


class Server:
    """Answers token requests; handles all others with ``behave``."""

    def __init__(self) -> None:
        self.behave: Callable[[socket.socket], None] = self.freeze
        self.requests: list[str] = []
        self.connections = 0
        self.tokens_are_slow = False
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def freeze(self, connection: socket.socket) -> None:
        """Never answer."""
        self.over.wait(FULL_SECONDS)

    def trickle_headers(self, connection: socket.socket) -> None:
        """Send a header without end, one byte at a time, each within the read limit."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.over.wait(PAGE_SECONDS / 4):
            connection.sendall(b"x")

    def trickle_body(self, connection: socket.socket) -> None:
        """Send a body without end, one byte at a time."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not self.over.wait(PAGE_SECONDS / 4):
            connection.sendall(b" ")

    def work(self, connection: socket.socket) -> None:
        """Accept the request and keep the connection."""
        self._reply(connection, {"status": "submitted", "id": "ext"})

    def stop(self) -> None:
        """Close all connections."""
        self.over.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := self._read(connection):
                    self.requests.append(request)
                    if "access_token" in request and not self.tokens_are_slow:
                        self._reply(connection, TOKEN)
                    else:
                        self.behave(connection)
            except OSError:
                pass  # The client closed the connection.

    @staticmethod
    def _read(connection: socket.socket) -> str:
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                return ""
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head.split(b"\r\n")[0].decode()

    @staticmethod
    def _reply(connection: socket.socket, value: Any) -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


@pytest.fixture
def server() -> Iterator[Server]:
    TieredCache.dangerous_clear_all_tiers()
    server = Server()
    yield server
    server.stop()
    TieredCache.dangerous_clear_all_tiers()


@pytest.fixture
def frozen(server: Server, backends_registry: dict[str, Any]) -> BaseRestProctoringProvider:
    """The provider ``test``, which answers only token requests."""
    provider = BaseRestProctoringProvider(
        base_url=server.url, client_id="a", client_secret="b" * 32, page_timeout=PAGE_SECONDS, timeout=FULL_SECONDS
    )
    backends_registry["test"] = provider
    return provider


@pytest.fixture
def quickly() -> Iterator[None]:
    """Assert that the test ends before the full limit."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SOON


@pytest.fixture
def attempt() -> ProctoredExamStudentAttempt:
    exam = make_exam(backend="null", is_proctored=True, external_id="ext-exam")
    # Saved with another provider first, because saving calls the provider, with the full limit.
    type(exam).objects.filter(pk=exam.pk).update(backend="test")
    exam.refresh_from_db()
    return make_attempt(exam=exam, user=make_user("iris"), status=S.started, external_id="ext-attempt")


def waiting_calls() -> list[str]:
    return list(AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).values_list("call_name", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("quickly")
class TestLearnersDoNotWait:
    @pytest.mark.parametrize("behaviour", ["freeze", "trickle_headers", "trickle_body"])
    @pytest.mark.parametrize(
        ("to_status", "call"),
        [(S.submitted, "stop_exam_attempt"), (S.error, "mark_erroneous_exam_attempt")],
        ids=["submit", "error"],
    )
    def test_the_status_is_saved_and_the_call_is_left_for_later(
        self, server, frozen, attempt, behaviour, to_status, call
    ):
        server.behave = getattr(server, behaviour)

        api.update_attempt_status(attempt.pk, to_status)

        attempt.refresh_from_db()
        assert attempt.status == to_status
        assert waiting_calls() == [call]

    def test_a_start_is_saved_and_the_call_is_left_for_later(self, server, frozen, attempt):
        type(attempt).objects.filter(pk=attempt.pk).update(status=S.ready_to_start, started_at=None)

        api.update_attempt_status(attempt.pk, S.started)

        attempt.refresh_from_db()
        assert attempt.status == S.started
        assert attempt.started_at is not None
        assert waiting_calls() == ["start_exam_attempt"]

    def test_a_submission_over_rest_succeeds(self, server, frozen, attempt):
        client = APIClient()
        client.force_login(attempt.user, backend="django.contrib.auth.backends.ModelBackend")

        answer = client.put(
            reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk]), {"action": "submit"}, format="json"
        )

        assert (answer.status_code, answer.json()) == (200, {"exam_attempt_id": attempt.pk})
        attempt.refresh_from_db()
        assert attempt.status == S.submitted

    def test_the_call_is_repeated_when_the_provider_is_back(self, server, frozen, attempt):
        api.update_attempt_status(attempt.pk, S.submitted)
        server.behave = server.work

        report = api.deliver_due_effects(ignore_pause=True)

        assert (report.delivered, report.failed) == (1, 0)
        assert waiting_calls() == []
        assert server.requests[-1] == "PATCH /api/v1/exam/ext-exam/attempt/ext-attempt/ HTTP/1.1"

    @pytest.mark.parametrize("behaviour", ["freeze", "trickle_headers", "trickle_body"])
    def test_the_token_request_has_a_limit_too(self, server, frozen, attempt, behaviour, monkeypatch):
        monkeypatch.setattr(oauth_session, "TOKEN_TIMEOUT", (PAGE_SECONDS, PAGE_SECONDS))
        server.tokens_are_slow = True
        server.behave = getattr(server, behaviour)

        api.update_attempt_status(attempt.pk, S.submitted)

        assert waiting_calls() == ["stop_exam_attempt"]
        assert [request.split()[1] for request in server.requests] == ["/oauth2/access_token"]

    def test_a_best_effort_removal_deletes_the_row(self, server, frozen, attempt):
        api.remove_exam_attempt(attempt.pk, attempt.user, require_backend_removal=False)
        assert not ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()

    def test_calls_for_pages_time_out(self, server, frozen):
        with pytest.raises(requests.ReadTimeout):
            frozen.get_attempt({"external_id": "a", "proctored_exam": {"external_id": "e"}})
        with pytest.raises(requests.ReadTimeout):
            frozen.get_proctoring_config()

    def test_a_registration_is_refused_after_the_full_limit(self, server, frozen):
        frozen.timeout = PAGE_SECONDS
        exam = make_exam(backend="null", is_proctored=True, external_id="ext-exam")
        type(exam).objects.filter(pk=exam.pk).update(backend="test")
        user = make_user("ravi")
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

        answer = client.post(
            reverse("edx_proctoring:proctored_exam.attempt.collection"),
            {"exam_id": exam.pk, "attempt_proctored": True},
            format="json",
        )

        assert answer.status_code == 503
        assert "does not answer" in answer.json()["detail"]
        assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.usefixtures("quickly")
class TestControls:
    """The tests above pass because of the limits of pages, and the deadline for headers."""

    def test_without_a_waiting_page_the_full_limit_applies(self, server, frozen):
        frozen.timeout = 4 * PAGE_SECONDS
        started = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            frozen.stop_exam_attempt("ext-exam", "ext-attempt")
        assert time.monotonic() - started >= 4 * PAGE_SECONDS

    def test_with_a_waiting_page_its_own_limit_applies(self, server, frozen):
        frozen.timeout = FULL_SECONDS
        with call_options.use(is_page_waiting=True), pytest.raises(requests.ReadTimeout):
            frozen.stop_exam_attempt("ext-exam", "ext-attempt")

    def test_without_our_adapter_requests_waits_for_headers_without_end(self, server):
        server.behave = server.trickle_headers

        def ask() -> None:
            with contextlib.suppress(requests.RequestException):
                requests.get(f"{server.url}/", timeout=PAGE_SECONDS)

        waits = threading.Thread(target=ask, daemon=True)
        waits.start()
        waits.join(http_limits.DEADLINE_FACTOR * PAGE_SECONDS * 3)
        assert waits.is_alive()
        server.over.set()
        waits.join(SOON)


@pytest.mark.contract("provider-wire#reply-size")
@pytest.mark.usefixtures("quickly")
class TestConnectionReuse:
    def test_a_connection_is_reused_after_a_reply_in_time(self, server, frozen):
        server.behave = server.work
        for _ in range(3):
            assert frozen.stop_exam_attempt("ext-exam", "ext-attempt") == "submitted"
        # One more for the token, which is fetched in another session.
        assert server.connections == 2

    def test_a_connection_is_not_reused_after_a_timeout(self, server, frozen):
        with call_options.use(is_page_waiting=True), pytest.raises(requests.ReadTimeout):
            frozen.stop_exam_attempt("ext-exam", "ext-attempt")
        server.behave = server.work
        assert frozen.stop_exam_attempt("ext-exam", "ext-attempt") == "submitted"
