"""A running provider whose clock the tests move, an LMS that answers as configured, and a client with a token."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests
from flask import Flask, Response, jsonify, request

from mock_provider.app import MockProvider
from mock_provider.server import Server

TOKEN = "lms-token"
USER = "0123456789abcdef0123456789abcdef01234567"
RPNOW_CALLBACK = "/api/edx_proctoring/proctoring_review_callback/"
COURSE = "course-v1:Demo+PROC+2026"
ATTEMPT = "/api/v1/exam/exam-1/attempt/{}/"


class Callback(NamedTuple):
    """One callback as the LMS received it."""

    path: str
    json: Any
    headers: dict[str, str]
    body: bytes


class StandInLms:
    """The addresses of an LMS that a provider calls. ``status`` is the answer to callbacks."""

    def __init__(self) -> None:
        self.status = 200
        self.tokens_given = 0
        self.tokens_refused = 0
        self.callbacks: list[Callback] = []
        app = Flask(__name__)
        app.post("/oauth2/access_token")(self._access_token)
        app.post("/<path:path>")(self._callback)
        self._server = Server(app)
        self._server.start()

    @property
    def url(self) -> str:
        return self._server.url

    def stop(self) -> None:
        self._server.stop()

    def _access_token(self) -> tuple[Response, int]:
        if request.form.get("client_secret") != "lms-secret" or request.form.get("token_type") != "jwt":
            return jsonify(error="invalid_client"), 401
        self.tokens_given += 1
        return jsonify(access_token=f"{TOKEN}-{self.tokens_given}", expires_in=3600), 200

    def _callback(self, path: str) -> tuple[Response, int]:
        # Constructor Proctor signs its messages with a token of its own.
        needs_token = request.path != RPNOW_CALLBACK or "Authorization" in request.headers
        if needs_token and "/constructor/" not in request.path:
            if self.tokens_refused > 0:
                self.tokens_refused -= 1
                return jsonify(detail="expired"), 401
            if request.headers.get("Authorization") != f"JWT {TOKEN}-{self.tokens_given}":
                return jsonify(detail="no token"), 401
        self.callbacks.append(
            Callback(request.path, request.get_json(), dict(request.headers.items()), request.get_data())
        )
        return jsonify("OK" if self.status == 200 else {"detail": "no"}), self.status


class ManualScheduler:
    """A scheduler whose clock only ``advance`` moves. Actions run in the thread of the test."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._actions: list[tuple[float, int, Callable[[], object]]] = []

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        with self._lock:
            self._actions.append((self.now + seconds, next(self._numbers), action))

    def advance(self, seconds: float) -> None:
        """Move the clock, and run what is due, in order; also what becomes due through that."""
        end = self.now + seconds
        while (due := self._take(end)) is not None:
            self.now, _, action = due
            action()
        self.now = end

    def stop(self) -> None:
        self._actions.clear()

    def _take(self, end: float) -> tuple[float, int, Callable[[], object]] | None:
        with self._lock:
            due = min((entry for entry in self._actions if entry[0] <= end), default=None)
            if due is not None:
                self._actions.remove(due)
            return due


@pytest.fixture
def lms() -> Iterator[StandInLms]:
    """An LMS that accepts callbacks of the provider ``lms-id`` with ``lms-secret``."""
    lms = StandInLms()
    yield lms
    lms.stop()


@pytest.fixture
def scheduler() -> ManualScheduler:
    """The provider's clock."""
    return ManualScheduler()


@pytest.fixture
def provider(lms: StandInLms, scheduler: ManualScheduler) -> Iterator[MockProvider]:
    """A provider on a free port, its data in memory; verdicts are left to reviewers."""
    with MockProvider("lms-id", "lms-secret", lms.url, scheduler=scheduler) as provider:
        yield provider


class Client:
    """An LMS's side of the protocol, holding an access token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        reply = self.session.post(
            f"{url}/oauth2/access_token",
            data={
                "grant_type": "client_credentials",
                "client_id": "mock",
                "client_secret": "mocksecret",
                "token_type": "jwt",
            },
            timeout=5,
        )
        reply.raise_for_status()
        self.session.headers["Authorization"] = f"JWT {reply.json()['access_token']}"

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=10, **options)

    def exam(self, exam_id: str = "exam-1", **fields: Any) -> str:
        document = {"course_id": COURSE, "exam_name": "Final", "is_practice_exam": False, **fields}
        return str(self("POST", f"/api/v1/exam/{exam_id}/", json=document).json()["id"])

    def attempt(self, lms_host: str, exam_id: str = "exam-1", **fields: Any) -> str:
        body = {"status": "created", "user_id": USER, "full_name": "Vera Learner", "email": None, "lms_host": lms_host}
        return str(self("POST", f"/api/v1/exam/{exam_id}/attempt/", json={**body, **fields}).json()["id"])


@pytest.fixture
def client(provider: MockProvider) -> Client:
    """A client with a token."""
    return Client(provider.url)


@pytest.fixture
def attempt(client: Client, lms: StandInLms) -> str:
    """A registered attempt in the exam ``exam-1``."""
    client.exam()
    return client.attempt(lms.url)


@pytest.fixture
def scenario(provider: MockProvider) -> Any:
    """Sets keys of the scenario, as a test script does."""

    def change(**keys: Any) -> requests.Response:
        return requests.post(f"{provider.url}/_control/scenario", json=keys, timeout=5)

    return change
