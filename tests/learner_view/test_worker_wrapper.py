"""The npm package's ``handlerWrapper``, run by Node instead of a browser's worker.

Each case: a handler class, messages from the page, and what the page gets back.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import edx_proctoring

INDEX = Path(edx_proctoring.__file__).parent / "static" / "index.js"

HARNESS = """
const posted = [];
let listener;
globalThis.self = {
    addEventListener: (name, handler) => { listener = handler; },
    postMessage: (message) => { posted.push(structuredClone(message)); },
};
const { handlerWrapper, default: byDefault } = await import(process.argv[1]);
const seen = [];
class Handler { constructor(options) { seen.push({ made: options }); } %(methods)s }
(process.argv[2] === 'default' ? byDefault : handlerWrapper)(Handler);
for (const data of JSON.parse(process.argv[3])) {
    listener({ data });
    await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(JSON.stringify({ posted, seen }));
"""


def run(methods: str, *messages: Any, export: str = "named") -> dict[str, Any]:
    script = HARNESS % {"methods": methods}
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", script, INDEX.as_uri(), export, json.dumps(messages)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


@pytest.mark.contract("browser-worker#messages")
@pytest.mark.parametrize(
    ("message", "method", "arguments", "reply"),
    [
        ("startExamAttempt", "onStartExamAttempt", [5000, "ext"], "examAttemptStarted"),
        ("endExamAttempt", "onEndExamAttempt", ["ext"], "examAttemptEnded"),
        ("ping", "onPing", [5000, "ext"], "echo"),
    ],
)
def test_a_message_calls_its_method(message, method, arguments, reply):
    result = run(
        f"{method}(...args) {{ seen.push(args); return Promise.resolve(1); }}",
        {"type": message, "timeout": 5000, "attemptExternalId": "ext"},
    )
    assert result["seen"] == [{"made": {}}, arguments]
    assert result["posted"] == [{"type": reply}]


@pytest.mark.contract("browser-worker#messages", "browser-worker#missing-methods")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param("return Promise.reject('closed');", "closed", id="rejected-with-text"),
        pytest.param(
            "return Promise.reject(new TypeError('no'));", {"name": "TypeError", "message": "no"}, id="rejected"
        ),
        pytest.param("throw new Error('at once');", {"name": "Error", "message": "at once"}, id="thrown-at-once"),
        pytest.param(
            "return Promise.reject({message: 'odd', f() {}});", {"message": "odd"}, id="rejected-with-uncloneable"
        ),
    ],
)
@pytest.mark.parametrize(
    ("message", "method", "reply"),
    [
        ("startExamAttempt", "onStartExamAttempt", "examAttemptStartFailed"),
        ("endExamAttempt", "onEndExamAttempt", "examAttemptEndFailed"),
        ("ping", "onPing", "pingFailed"),
    ],
)
def test_a_failing_method_sends_its_error_to_the_page(message, method, reply, body, error):
    result = run(f"{method}() {{ {body} }}", {"type": message})
    assert result["posted"] == [{"type": reply, "error": error}]


@pytest.mark.contract("browser-worker#missing-methods")
@pytest.mark.parametrize(
    ("message", "reply"),
    [("startExamAttempt", "examAttemptStarted"), ("endExamAttempt", "examAttemptEnded"), ("ping", "echo")],
)
def test_a_missing_method_counts_as_success(message, reply):
    assert run("", {"type": message})["posted"] == [{"type": reply}]


@pytest.mark.contract("browser-worker#missing-methods")
def test_a_method_need_not_return_a_promise():
    assert run("onPing() { return true; }", {"type": "ping"})["posted"] == [{"type": "echo"}]


@pytest.mark.contract("browser-worker#messages")
def test_a_configuration_message_creates_a_new_handler():
    result = run("", {"type": "config", "options": {"port": 1}})
    assert result == {"seen": [{"made": {}}, {"made": {"port": 1}}], "posted": []}


@pytest.mark.contract("browser-worker#messages")
@pytest.mark.parametrize("message", [{"type": "other"}, {"type": "toString"}, {}, None])
def test_other_messages_are_ignored(message):
    assert run("", message)["posted"] == []


@pytest.mark.contract("browser-worker#messages")
def test_the_wrapper_is_also_the_default_export():
    assert run("", {"type": "ping"}, export="default")["posted"] == [{"type": "echo"}]
