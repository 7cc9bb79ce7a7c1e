"""The npm package's wrapper in a real worker, started as both clients start it.

``tests/learner_view/test_worker_wrapper.py`` goes through more cases, in Node; here the messages pass
the border between page and worker, where what cannot be cloned is lost.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

import edx_proctoring

pytestmark = pytest.mark.contract("browser-worker#messages", "browser-worker#missing-methods")

INDEX = Path(edx_proctoring.__file__).parent / "static" / "index.js"

# What a build makes of the module: a classic script, because pages load it with ``importScripts``.
WRAPPER = re.sub(r"^export (default \w+;)?", "", INDEX.read_text("utf-8"), flags=re.MULTILINE)

HANDLERS = {
    "agrees": """{
        onStartExamAttempt(...args) { return Promise.resolve(args); }
        onEndExamAttempt(...args) { return Promise.resolve(args); }
        onPing(...args) { return Promise.resolve(args); }
    }""",
    "refuses": """{
        onStartExamAttempt() { return Promise.reject(new TypeError('closed')); }
        onEndExamAttempt() { return Promise.reject('closed'); }
        onPing() { return Promise.reject({message: 'closed', callback() {}}); }
    }""",
    "throws": """{
        onStartExamAttempt() { throw new Error('at once'); }
        onEndExamAttempt() { throw 'at once'; }
        onPing() { return undefined.status; }
    }""",
    "has-no-methods": "{}",
    "needs-its-options": """{
        constructor(options) { this.options = options; }
        onPing() { return this.options.port === 9876 ? Promise.resolve() : Promise.reject('no port'); }
    }""",
    "waits": """{
        onPing(timeout) {
            return new Promise((resolve, reject) => { setTimeout(() => reject('waited ' + timeout), timeout); });
        }
    }""",
}

# As the React client and the legacy pages do it.
ASK = """([url, messages]) => new Promise((resolve) => {
    const blob = new Blob([`importScripts('${url}');`], {type: 'application/javascript'});
    const objectUrl = URL.createObjectURL(blob);
    const worker = new Worker(objectUrl);
    const done = (answer) => { worker.terminate(); URL.revokeObjectURL(objectUrl); resolve(answer); };
    worker.onmessage = (event) => done(event.data);
    worker.onerror = (event) => done({broken: event.message});
    setTimeout(() => done({silent: true}), 10000);
    messages.forEach((message) => worker.postMessage(message));
})"""


@pytest.fixture(autouse=True)
def healthy_provider() -> None:
    """In the place of the fixture that heals the demo: nothing here needs the demo."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """A server with an empty page and the script of each handler."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/").removesuffix(".js")
            if name in HANDLERS:
                kind, body = "text/javascript", f"{WRAPPER}\nhandlerWrapper(class {HANDLERS[name]});"
            else:
                kind, body = "text/html", "<!DOCTYPE html><title>page</title>"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(new_page: Callable[[], Page], origin: str) -> Callable[..., Any]:
    """Send messages to a worker with this handler; return its first answer."""
    page = new_page()
    page.goto(origin)

    def send(handler: str, *messages: Any) -> Any:
        return page.evaluate(ASK, [f"{origin}/{handler}.js", list(messages)])

    return send


def message(kind: str) -> dict[str, Any]:
    return {"type": kind, "timeout": 5000, "attemptExternalId": "ext"}


@pytest.mark.parametrize(
    ("handler", "kind", "answer"),
    [
        ("agrees", "startExamAttempt", {"type": "examAttemptStarted"}),
        ("agrees", "endExamAttempt", {"type": "examAttemptEnded"}),
        ("agrees", "ping", {"type": "echo"}),
        (
            "refuses",
            "startExamAttempt",
            {"type": "examAttemptStartFailed", "error": {"name": "TypeError", "message": "closed"}},
        ),
        ("refuses", "endExamAttempt", {"type": "examAttemptEndFailed", "error": "closed"}),
        ("refuses", "ping", {"type": "pingFailed", "error": {"message": "closed"}}),
        (
            "throws",
            "startExamAttempt",
            {"type": "examAttemptStartFailed", "error": {"name": "Error", "message": "at once"}},
        ),
        ("throws", "endExamAttempt", {"type": "examAttemptEndFailed", "error": "at once"}),
        ("has-no-methods", "startExamAttempt", {"type": "examAttemptStarted"}),
        ("has-no-methods", "endExamAttempt", {"type": "examAttemptEnded"}),
        ("has-no-methods", "ping", {"type": "echo"}),
    ],
)
def test_the_page_gets(ask: Callable[..., Any], handler: str, kind: str, answer: Any) -> None:
    assert ask(handler, message(kind)) == answer


def test_an_exception_in_the_handler_says_what_it_was(ask: Callable[..., Any]) -> None:
    answer = ask("throws", message("ping"))
    assert answer["type"] == "pingFailed"
    assert answer["error"]["name"] == "TypeError"


@pytest.mark.parametrize(
    ("options", "answer"), [({"port": 9876}, {"type": "echo"}), ({}, {"type": "pingFailed", "error": "no port"})]
)
def test_options_of_the_page_reach_the_handler(ask: Callable[..., Any], options: Any, answer: Any) -> None:
    assert ask("needs-its-options", {"type": "config", "options": options}, message("ping")) == answer


def test_other_messages_are_ignored(ask: Callable[..., Any]) -> None:
    assert ask("agrees", {"type": "toString"}, None, "text", message("ping")) == {"type": "echo"}


def test_the_time_limit_is_passed_on_in_milliseconds(ask: Callable[..., Any]) -> None:
    assert ask("waits", {**message("ping"), "timeout": 150}) == {"type": "pingFailed", "error": "waited 150"}


def test_the_script_is_what_a_build_makes_of_the_package() -> None:
    package = json.loads((INDEX.parents[2] / "package.json").read_text("utf-8"))
    assert INDEX.parents[2] / package["main"] == INDEX
    assert "export" not in re.sub(r"/\*.*?\*/", "", WRAPPER, flags=re.DOTALL)
