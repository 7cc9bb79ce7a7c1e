"""Error pages of the demo: friendly, and without internals of the server."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.template.loader import get_template
from django.test import Client

pytestmark = pytest.mark.django_db

# Shown by Django's own pages with DEBUG, or in any traceback.
INTERNALS = ("Traceback", "URLconf", "DJANGO_SETTINGS_MODULE", "DEBUG", "Exception", settings.SECRET_KEY)


def assert_friendly(reply, status, heading):
    text = reply.content.decode()
    assert reply.status_code == status
    assert f"<h1>{heading}</h1>" in text
    assert "demo/demo.css" in text
    assert not [word for word in INTERNALS if word in text]
    return text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/nothing/",
        "/courses/course-v1:No+SUCH+Course/outline",
        "/login/nobody",
        "/api/edx_proctoring/nothing",
        "/%00",
    ],
)
@pytest.mark.parametrize("logged_in", [False, True], ids=["anonymous", "learner"])
def test_an_unknown_address_is_not_found(client, learner, path, logged_in):
    if logged_in:
        client.force_login(learner)
    text = assert_friendly(client.get(path), 404, "This page does not exist")
    assert 'href="/"' in text


@pytest.mark.urls("tests.demo.host.broken_urls")
def test_a_failing_view_shows_the_demos_error_page(client):
    client.raise_request_exception = False
    text = assert_friendly(client.get("/broken"), 500, "Something went wrong on our side")
    assert 'href="/"' in text


def test_a_failing_database_shows_the_demos_error_page(client, monkeypatch):
    """The error page itself must not query it."""

    def fail(*args, **kwargs):
        raise OperationalError("no such table")

    client.raise_request_exception = False
    monkeypatch.setattr(CursorWrapper, "execute", fail)
    assert_friendly(client.get("/"), 500, "Something went wrong on our side")


def test_the_error_page_needs_no_context():
    assert "{" not in get_template("500.html").render({})


def test_a_form_without_csrf_token_is_refused(learner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert_friendly(client.post("/logout"), 403, "This form has expired")


def test_an_unknown_host_name_is_refused(client):
    assert_friendly(client.get("/", headers={"host": "evil.example"}), 400, "This address is not served here")


@pytest.mark.parametrize(("value", "debug"), [("", "False"), ("1", "True"), ("0", "False")], ids=["unset", "on", "off"])
def test_demo_debug_switches_details_on(tmp_path, value, debug):
    done = subprocess.run(
        [sys.executable, "-c", "from demo.settings import combined; print(combined.DEBUG, combined.DEMO_TOOLS)"],
        env={**os.environ, "DEMO_DEBUG": value, "DEMO_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [debug, "True"]
