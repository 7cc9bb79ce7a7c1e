"""The guide for developers of a provider: its blocks run, and ``docs/examples/provider.py`` is a provider."""

import importlib.util
import json
import re
import subprocess
import textwrap
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

import edx_proctoring
from edx_proctoring import api
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from mock_provider.conformance import Kit
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "provider.rst").read_text("utf-8")
SECRET = "a-secret-of-more-than-32-characters"
SIGNING = "hook-secret-0123456789abcdef0123"


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    found = re.findall(rf"^( *)\.\. code-block:: {language}\n\n((?:\1   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [textwrap.dedent(block) for _indent, block in found]


@pytest.fixture
def example() -> Any:
    """The module of the example."""
    spec = importlib.util.spec_from_file_location("example_provider", ROOT / "docs" / "examples" / "provider.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def running(example: Any) -> Iterator[Any]:
    """The example's provider, served. It knows no platform to call back."""
    provider = example.Provider("client", SECRET)
    with example.serve(provider, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield provider
        server.shutdown()
        thread.join()


@pytest.fixture
def backend(running: Any, backends_registry: dict[str, Any]) -> BaseRestProctoringProvider:
    """The guide's backend, configured as ``acme`` for the running provider."""
    space: dict[str, Any] = {}
    exec(blocks("python")[0], space)
    backend = space["AcmeBackend"](client_id="client", client_secret=SECRET, base_url=running.url)
    backend.backend_name = "acme"
    backends_registry["acme"] = backend
    return backend  # type: ignore[no-any-return]


def test_every_block_of_the_guide_is_run_here() -> None:
    assert GUIDE.count(".. code-block::") == 6
    assert [len(blocks(language)) for language in ("toml", "python", "json", "javascript", "sh")] == [1, 1, 2, 1, 1]
    entry = tomllib.loads(blocks("toml")[0])["project"]["entry-points"]["openedx.proctoring"]["acme"]
    assert entry.endswith(":AcmeBackend")
    assert "class AcmeBackend(" in blocks("python")[0]
    serve, check = blocks("sh")[0].split("\n")[:2]
    assert (ROOT / serve.split()[1]).is_file()
    assert check.startswith("python -m mock_provider.conformance http://localhost:8700 client clientsecret")


def test_the_worker_of_the_guide_answers_the_page(tmp_path: Path) -> None:
    """The npm package is the one of this repository; ``fetch`` stands in for the software on the learner's machine."""
    package = tmp_path / "node_modules" / "@edx" / "edx-proctoring"
    package.mkdir(parents=True)
    static = Path(edx_proctoring.__file__).parent / "static" / "index.js"
    (package / "package.json").write_text(json.dumps({"type": "module", "main": "index.js"}))
    (package / "index.js").write_text(static.read_text("utf-8"))
    (tmp_path / "worker.mjs").write_text(blocks("javascript")[0])
    (tmp_path / "page.mjs").write_text(
        """
        const posted = [], asked = [];
        let listener, answered;
        globalThis.fetch = (url) => { asked.push(url); return Promise.resolve({}); };
        globalThis.self = {
            addEventListener: (name, handler) => { listener = handler; },
            postMessage: (message) => { posted.push(message.type); answered(); },
        };
        await import('./worker.mjs');
        for (const type of ['startExamAttempt', 'ping', 'endExamAttempt']) {
            const answer = new Promise((resolve) => { answered = resolve; });
            listener({ data: { type, timeout: 1000, attemptExternalId: 'ext' } });
            await answer;
        }
        console.log(JSON.stringify({ posted, asked }));
        """
    )
    done = subprocess.run(["node", "page.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    result = json.loads(done.stdout)
    assert result["posted"] == ["examAttemptStarted", "echo", "examAttemptEnded"]
    assert [url.rpartition("9876")[2] for url in result["asked"]] == ["/start/ext", "/ping", "/stop/ext"]


@pytest.mark.contract("mock-provider#conformance-kit")
def test_the_example_conforms(running: Any) -> None:
    assert [row for row in Kit(running.url, "client", SECRET).run() if row[1]] == []


@pytest.mark.django_db
@pytest.mark.contract("provider-wire#register", "provider-wire#status", "provider-wire#remove")
def test_the_platform_and_the_example_understand_each_other(
    backend: BaseRestProctoringProvider, running: Any, all_services: Any
) -> None:
    exam = factories.make_exam(backend="acme", external_id=None)
    learner = factories.make_user()
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    [(external_id, registration)] = running.attempts.items()
    assert api.get_exam_attempt_by_id(attempt_id)["external_id"] == external_id
    described = json.loads(blocks("json")[0])
    assert registration.keys() - {"exam_id"} == described.keys()
    assert {key: type(value) for key, value in registration.items() if key in described and key != "email"} == {
        key: type(value) for key, value in described.items() if key != "email"
    }
    assert re.fullmatch(r"[0-9a-f]{40}", registration["user_id"])
    shown = backend.get_attempt(api.get_exam_attempt_by_id(attempt_id))
    assert external_id in shown["download_url"]
    assert shown["instructions"] == ["Start the software."]
    for status in (S.ready_to_start, S.started, S.submitted):
        api.update_attempt_status(attempt_id, status)
    assert registration["status"] == "submitted"
    api.remove_exam_attempt(attempt_id, factories.make_staff())
    assert running.attempts == {}


def test_a_repeated_registration_is_the_same_attempt(backend: BaseRestProctoringProvider, running: Any) -> None:
    exam_id = backend.on_exam_saved({"external_id": None, "exam_name": "Midterm"})
    exam = {"id": 1, "external_id": exam_id}
    context = {**json.loads(blocks("json")[0]), "attempt_code": "CODE"}
    first, second = (backend.register_exam_attempt(exam, context=context) for _time in range(2))
    assert first == second
    assert len(running.attempts) == 1


def test_the_link_of_the_instructor_opens_the_dashboard(backend: BaseRestProctoringProvider) -> None:
    person = {"id": "x", "full_name": "Grace", "email": "grace@example.com"}
    url = backend.get_instructor_url("course", person, exam_id="e", attempt_id="a", show_configuration_dashboard=True)
    token = parse_qs(urlsplit(url).query)["jwt"][0]
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    named = {"course_id", "user", "iss", "jti", "exp", "exam_id", "attempt_id", "config"}
    assert claims.keys() == named
    assert all(f"``{name}``" in GUIDE for name in (*named, *person))
    assert requests.get(url, timeout=30).headers["Content-Type"] == "text/html"
    assert requests.get(url[:-3] + "xxx", timeout=30).status_code == 403


@pytest.mark.django_db
@pytest.mark.contract("provider-wire#ready", "provider-wire#reviewed", "provider-wire#callback-signature")
@pytest.mark.parametrize("secret", ["", SIGNING], ids=["unsigned", "signed"])
def test_the_platform_takes_the_callbacks_of_the_example(
    backend: Any, example: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, all_services: Any, secret: str
) -> None:
    settings.ROOT_URLCONF = "tests.fuzz.openapi_urls"
    backend.callback_secrets = [SIGNING] if secret else []
    attempt = factories.make_attempt(factories.make_exam(backend="acme"), external_id="acme-1")
    reviewer = factories.make_user()
    reviewer.groups.add(Group.objects.create(name="acme_review"))
    client = APIClient()
    client.force_authenticate(reviewer)

    def post(self: Any, url: str, body: bytes, headers: dict[str, str]) -> int:
        headers = {name: value for name, value in headers.items() if name != "Authorization"}
        return int(client.generic("POST", urlsplit(url).path, body, "application/json", headers=headers).status_code)

    monkeypatch.setattr(example.Provider, "post", post)
    monkeypatch.setattr(example.Provider, "access_token", lambda self: "token")
    provider = example.Provider("client", SECRET, lms="http://testserver", callback_secret=secret)
    assert provider.send_ready("acme-1")
    attempt.refresh_from_db()
    assert attempt.status == S.ready_to_start
    for status in (S.started, S.submitted):
        api.update_attempt_status(attempt.pk, status)
    assert provider.send_review("acme-1")
    attempt.refresh_from_db()
    assert attempt.status == S.verified
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
    assert not provider.send_review("acme-unknown")
    if secret:
        provider.callback_secret = "another"
        assert not provider.send_ready("acme-1")
    assert provider.call_back("acme-1", "reviewed", json.loads(blocks("json")[1])) is not bool(secret)


def test_a_callback_is_repeated_until_it_is_taken_or_refused(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[int] = []
    answers = iter([503, 429, 200, 500, 403])
    monkeypatch.setattr(example.time, "sleep", pauses.append)
    monkeypatch.setattr(example.Provider, "access_token", lambda self: "token")
    monkeypatch.setattr(example.Provider, "post", lambda self, url, body, headers: next(answers))
    provider = example.Provider("client", SECRET, lms="http://testserver")
    assert provider.send_ready("a")
    assert pauses == [5, 20]
    assert not provider.send_review("a")
    assert pauses == [5, 20, 5]
