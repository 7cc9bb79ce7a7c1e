"""A running provider, an LMS that answers as told, and a client that holds an access token."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mock_provider.app import MockProvider
from mock_provider.web import Reply, Request, Server, json_reply

TOKEN = "lms-token"
USER = "0123456789abcdef0123456789abcdef01234567"
RPNOW_CALLBACK = "/api/edx_proctoring/proctoring_review_callback/"
COURSE = "course-v1:Demo+PROC+2026"


class StandInLms:
    """The four addresses of an LMS that a provider calls. ``status`` is what the callbacks answer."""

    def __init__(self) -> None:
        self.status = 200
        self.tokens_given = 0
        self.tokens_refused = 0
        self.callbacks: list[tuple[str, Any, dict[str, str], bytes]] = []
        self.arrived = threading.Event()
        self._server = Server(("127.0.0.1", 0), self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return self._server.url

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: Request) -> Reply:
        if request.path == "/oauth2/access_token":
            if request.form.get("client_secret") != "lms-secret" or request.form.get("token_type") != "jwt":
                return json_reply({"error": "invalid_client"}, 401)
            self.tokens_given += 1
            return json_reply({"access_token": f"{TOKEN}-{self.tokens_given}", "expires_in": 3600})
        if request.path == RPNOW_CALLBACK and "Authorization" not in request.headers:
            return self._take(request)
        if self.tokens_refused > 0:
            self.tokens_refused -= 1
            return json_reply({"detail": "expired"}, 401)
        if request.headers.get("Authorization") != f"JWT {TOKEN}-{self.tokens_given}":
            return json_reply({"detail": "no token"}, 401)
        return self._take(request)

    def _take(self, request: Request) -> Reply:
        self.callbacks.append((request.path, request.json, dict(request.headers.items()), request.body))
        self.arrived.set()
        return json_reply("OK" if self.status == 200 else {"detail": "no"}, self.status)


@pytest.fixture
def lms() -> Iterator[StandInLms]:
    """An LMS that accepts callbacks of the provider ``lms-id`` with ``lms-secret``."""
    lms = StandInLms()
    yield lms
    lms.stop()


@pytest.fixture
def provider(lms: StandInLms) -> Iterator[MockProvider]:
    """A provider on a free port, its data in memory; verdicts are left to people."""
    with MockProvider("lms-id", "lms-secret", lms.url) as provider:
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
    """Sets keys of the scenario, as a test script does it."""

    def change(**wishes: Any) -> requests.Response:
        return requests.post(f"{provider.url}/_control/scenario", json=wishes, timeout=5)

    return change
