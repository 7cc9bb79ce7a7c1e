"""The software on the learner's machine, as worker and learner start and stop it."""

from __future__ import annotations

import re

import pytest
import requests

from .conftest import ATTEMPT

pytestmark = pytest.mark.contract("mock-provider#desktop")


def ask(provider, method, action, **params):
    return requests.request(method, f"{provider.url}/desktop/{action}", params=params, timeout=5)


def test_each_attempt_has_software_of_its_own(provider, client, attempt, lms):
    other = client.attempt(lms.url)
    assert ask(provider, "POST", "start", attempt=attempt).json() == {"status": "running"}
    assert ask(provider, "GET", "ping", attempt=attempt).json() == {"status": "running"}
    assert ask(provider, "GET", "ping", attempt=other).json() == {"status": None}
    assert ask(provider, "POST", "stop", attempt=attempt).json() == {"status": "uploading"}
    assert ask(provider, "POST", "quit", attempt=attempt).json() == {"status": None}


@pytest.fixture
def running(client, provider, attempt):
    """An attempt whose exam and software run; the learner has the software's window open."""
    client("PATCH", ATTEMPT.format(attempt), json={"status": "started"})
    ask(provider, "POST", "start", attempt=attempt)
    return attempt


def open_window(provider, attempt):
    text = requests.get(f"{provider.url}/download?attempt={attempt}", timeout=5).text
    return re.search('data-window="([0-9a-f]+)"', text)[1]


def state(provider, attempt):
    return ask(provider, "GET", "ping", attempt=attempt).json()["status"]


def test_closing_the_window_during_the_exam_stops_the_software(provider, running):
    window = open_window(provider, running)
    assert state(provider, running) == "running"
    reply = ask(provider, "POST", "quit", attempt=running, window=window)
    assert reply.json() == {"status": None}
    assert state(provider, running) is None


@pytest.mark.parametrize("new_window_is_first", [True, False])
def test_reloading_the_window_during_the_exam_keeps_the_software_running(provider, running, new_window_is_first):
    old = open_window(provider, running)
    if new_window_is_first:
        open_window(provider, running)
    ask(provider, "POST", "quit", attempt=running, window=old)
    if not new_window_is_first:
        open_window(provider, running)
    assert state(provider, running) == "running"


def test_closing_the_window_before_the_exam_changes_nothing(provider, attempt):
    window = open_window(provider, attempt)
    ask(provider, "POST", "quit", attempt=attempt, window=window)
    assert ask(provider, "POST", "start", attempt=attempt).json() == {"status": "running"}


def test_closing_the_window_after_the_exam_does_not_stop_the_upload(provider, running):
    window = open_window(provider, running)
    ask(provider, "POST", "stop", attempt=running)
    ask(provider, "POST", "quit", attempt=running, window=window)
    assert state(provider, running) == "uploading"


def test_opening_the_window_after_an_error_does_not_start_the_software(provider, client, running):
    ask(provider, "POST", "quit", attempt=running)
    client("PATCH", ATTEMPT.format(running), json={"status": "error"})
    open_window(provider, running)
    assert state(provider, running) is None


def test_callers_without_attempt_share_one_state(provider):
    assert ask(provider, "GET", "ping").json() == {"status": None}
    ask(provider, "POST", "start")
    assert ask(provider, "GET", "ping").json() == {"status": "running"}


def test_an_unknown_attempt_cannot_run(provider):
    assert ask(provider, "POST", "start", attempt="nothing").json() == {"status": None}


def test_a_worker_on_another_site_may_call(provider):
    preflight = requests.options(f"{provider.url}/desktop/start", timeout=5)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    reply = ask(provider, "GET", "ping")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cache-Control"] == "no-cache"
