"""``check_proctoring_backends``."""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone
from waffle.models import Switch

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from tests.factories import make_exam, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("provider-configuration#check-command")]

ROOT = Path(__file__).resolve().parents[2]
BASE_URL = "http://provider.test"
SECRET = "the-client-secret-0123456789"
CONFIG = {
    "name": "Acme Proctoring",
    "download_url": "https://acme.test/get",
    "rules": {"allow_notes": "Notes", "allow_calc": "Calculator"},
    "instructions": ["One", "Two"],
}
RPNOW = {
    "organization": "org",
    "exam_sponsor": "sponsor",
    "exam_register_endpoint": "http://vendor.test/register",
    "secret_key_id": "kid",
    "secret_key": "secret-of-rpnow",
    "crypto_key": "abcdefghijklmnopqrstuvwx",
    "software_download_url": "http://vendor.test/get",
}


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """The network, with a token server that accepts the credentials."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(f"{BASE_URL}/oauth2/access_token", json={"access_token": "the-token-0123", "expires_in": 3600})
        yield mock


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, settings: Any) -> dict[str, Any]:
    """The live providers: one REST provider named ``acme``, the default."""
    config = apps.get_app_config("edx_proctoring")
    settings.PROCTORING_BACKENDS = {
        "DEFAULT": "acme",
        "acme": {"client_id": "id", "client_secret": SECRET, "base_url": BASE_URL},
    }
    live = {"acme": BaseRestProctoringProvider(base_url=BASE_URL, client_id="id", client_secret=SECRET)}
    monkeypatch.setattr(config, "backends", live)
    monkeypatch.setattr(config, "broken_backends", {})
    monkeypatch.setattr(config, "dropped_backend_keys", {})
    return live


@pytest.fixture
def reviewers() -> None:
    group = Group.objects.create(name="acme_review")
    make_user("worker").groups.add(group)


def check(*args: str, **options: Any) -> tuple[str, str | None]:
    """Run the command; return its output and the message of its failure, None if it succeeded."""
    stdout = io.StringIO()
    try:
        call_command("check_proctoring_backends", *args, stdout=stdout, **options)
    except CommandError as error:
        return stdout.getvalue(), str(error)
    return stdout.getvalue(), None


def described(http: responses.RequestsMock, *, seconds_ahead: float = 0, **reply: Any) -> None:
    moment = timezone.now() + timedelta(seconds=seconds_ahead)
    http.get(f"{BASE_URL}/api/v1/config/", headers={"Date": format_datetime(moment, usegmt=True)}, **reply)


def test_a_working_provider_is_described_without_problems(configured, http, reviewers):
    described(http, json=CONFIG)
    printed, failure = check()
    assert failure is None
    lines = [line.split(maxsplit=1) for line in printed.splitlines()]
    assert lines[0] == ["acme", "(default)"]
    facts = dict(lines[1:-1])
    assert facts == {
        "class": "edx_proctoring.backends.rest.BaseRestProctoringProvider",
        "address": BASE_URL,
        "answer": facts["answer"],
        "clock": "as ours",
        "calls": "itself  Acme Proctoring",
        "download": "https://acme.test/get",
        "rules": "allow_calc, allow_notes",
        "instructions": "2",
    }
    assert facts["answer"].startswith("HTTP 200 after")
    assert printed.endswith("No problems.\n")


@pytest.mark.parametrize(
    ("seconds_ahead", "words", "is_problem"),
    [
        pytest.param(0, "as ours", False, id="same-time"),
        pytest.param(20, "ahead of ours", False, id="a-little-ahead"),
        pytest.param(-20, "behind ours", False, id="a-little-behind"),
        pytest.param(300, "ahead of ours", True, id="far-ahead"),
        pytest.param(-300, "behind ours", True, id="far-behind"),
    ],
)
def test_a_clock_that_is_far_off_is_a_problem(configured, http, reviewers, seconds_ahead, words, is_problem):
    described(http, json=CONFIG, seconds_ahead=seconds_ahead)
    printed, failure = check()
    assert words in printed
    assert ("too far apart" in printed) is is_problem
    assert (failure is not None) is is_problem


@pytest.mark.parametrize("date", [None, "yesterday"], ids=["absent", "malformed"])
def test_a_reply_without_a_valid_date_reports_no_clock(configured, http, reviewers, date):
    http.get(f"{BASE_URL}/api/v1/config/", json=CONFIG, headers={"Date": date} if date else {})
    printed, failure = check()
    assert failure is None
    assert "clock" not in printed


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param({"body": requests.ConnectionError("refused")}, "cannot be reached", id="no-connection"),
        pytest.param({"body": requests.ReadTimeout("slow")}, "does not answer in time", id="timeout"),
        pytest.param({"body": requests.exceptions.SSLError("x")}, "certificate", id="bad-certificate"),
        pytest.param({"status": 500, "json": {}}, "refuses to describe itself (HTTP 500)", id="error"),
        pytest.param({"body": "<html>"}, "not JSON", id="not-json"),
        pytest.param({"json": ["a"]}, "no object", id="a-list"),
    ],
)
def test_a_failing_provider_is_a_problem_with_its_reason(configured, http, reviewers, reply, words):
    described(http, **reply)
    printed, failure = check()
    assert words in printed
    assert failure == "Problems: 1."


def test_a_refused_token_request_names_the_credentials(configured, http, reviewers):
    http.replace(responses.POST, f"{BASE_URL}/oauth2/access_token", status=401, json={"error": "invalid_client"})
    printed, failure = check()
    assert "gives no token (HTTP 401)" in printed
    assert "'client_id' and 'client_secret'" in printed
    assert failure is not None


def test_a_cached_reply_is_not_used(configured, http, reviewers):
    described(http, json=CONFIG)
    configured["acme"].get_proctoring_config()
    http.replace(responses.GET, f"{BASE_URL}/api/v1/config/", status=500, json={})
    assert check()[1] is not None


class TestSelection:
    def test_only_the_named_providers_are_checked(self, configured, http, reviewers):
        configured["quiet"] = NullBackendProvider()
        described(http, json=CONFIG)
        assert "acme" not in check("quiet")[0]
        assert "quiet" in check()[0]

    def test_an_unknown_name_is_a_problem(self, configured):
        printed, failure = check("acne")
        assert "it is not configured" in printed
        assert failure == "Problems: 1."

    def test_without_any_provider_the_command_fails(self, configured):
        configured.clear()
        assert check()[1] == "There is no proctoring provider: configure one in PROCTORING_BACKENDS."

    def test_providers_without_a_plugin_are_listed(self, configured, http, reviewers, settings):
        settings.PROCTORING_BACKENDS["lti_external"] = {}
        described(http, json=CONFIG)
        printed, failure = check()
        assert "proctored elsewhere: lti_external." in printed
        assert failure is None

    def test_an_unknown_default_is_a_problem(self, configured, http, reviewers, settings):
        settings.PROCTORING_BACKENDS["DEFAULT"] = "absent"
        described(http, json=CONFIG)
        printed, failure = check()
        assert "'absent', which does not exist" in printed
        assert failure == "Problems: 1."


class TestOtherProviderClasses:
    def test_the_null_provider_has_no_description(self, configured):
        configured["null"] = NullBackendProvider()
        printed, failure = check("null")
        assert "NullBackendProvider" in printed
        assert failure is None

    def test_rpnow_is_not_called_but_its_key_is_tried(self, configured):
        configured["rp"] = SoftwareSecureBackendProvider(**RPNOW)
        printed, failure = check("rp")
        assert "passwords     can be encrypted" in printed
        assert failure is None

    def test_rpnow_with_an_invalid_key_is_a_problem(self, configured):
        configured["rp"] = SoftwareSecureBackendProvider(**{**RPNOW, "crypto_key": "too-short"})
        printed, failure = check("rp")
        assert "correct 'crypto_key'" in printed
        assert "too-short" not in printed
        assert failure is not None

    def test_a_description_made_by_the_plugin_is_printed_on_one_line(self, configured):
        class Plugin(BaseRestProctoringProvider):
            def get_proctoring_config(self) -> dict[str, Any]:
                return {"name": "Described\nby hand"}

        configured["own"] = Plugin(base_url=BASE_URL, client_id="a", client_secret="b")
        printed, failure = check("own")
        assert "calls itself  Described by hand" in printed
        assert failure is None


class TestReviewers:
    def test_an_empty_reviewer_group_is_noted(self, configured, http):
        described(http, json=CONFIG)
        printed, failure = check()
        assert "nobody is in the group 'acme_review'" in printed
        assert failure is None

    def test_a_reviewer_group_with_a_member_is_not_mentioned(self, configured, http, reviewers):
        described(http, json=CONFIG)
        assert "acme_review" not in check()[0]


def test_exams_and_switches_of_removed_providers_are_noted(configured, http, reviewers):
    make_exam(backend="gone")
    Switch.objects.create(name="edx_proctoring.gone_too_ping_failure_passthrough", active=True)
    described(http, json=CONFIG)
    printed, failure = check()
    assert "note: Active exams name the proctoring provider 'gone'" in printed
    assert "note: The switch 'edx_proctoring.gone_too_ping_failure_passthrough' has no effect" in printed
    assert failure is None
    assert "gone" not in check("acme")[0]


def test_a_failing_database_is_reported_beside_the_providers(configured, http, reviewers, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused, password=hush")

    monkeypatch.setattr("edx_proctoring.checks.check_rows", fail)
    described(http, json=CONFIG)
    printed, failure = check()
    assert "the database fails (OperationalError)" in printed
    assert "Acme Proctoring" in printed
    assert ("hush" in printed, failure) == (False, None)


def test_unknown_options_of_a_provider_are_named(configured, http, reviewers):
    apps.get_app_config("edx_proctoring").dropped_backend_keys["acme"] = ["cleint_id"]
    described(http, json=CONFIG)
    assert "no effect: cleint_id" in check()[0]


@pytest.mark.contract("provider-configuration#redaction")
class TestSecrets:
    def test_the_error_of_a_broken_provider_is_redacted(self, configured):
        broken = apps.get_app_config("edx_proctoring").broken_backends
        broken["acme"] = ValueError(f"client_secret={SECRET} is too short")
        configured.clear()
        printed, failure = check()
        assert "There is no provider: ValueError: client_secret=*** is too short" in printed
        assert failure == "Problems: 1."

    def test_an_exception_text_is_redacted(self, configured, http, reviewers):
        class Chatty(BaseRestProctoringProvider):
            def get_proctoring_config(self) -> dict[str, Any]:
                raise RuntimeError(f"cannot sign in as {self.client_id}:{self.client_secret}")

        configured["acme"] = Chatty(base_url=BASE_URL, client_id="id", client_secret=SECRET)
        printed, failure = check()
        assert "cannot sign in as id:***" in printed
        assert failure is not None

    def test_credentials_in_the_address_are_redacted(self, configured, http):
        configured["acme"] = BaseRestProctoringProvider(
            base_url="http://user:pass-word@provider.test", client_id="id", client_secret=SECRET
        )
        printed, _ = check()
        assert "http://provider.test" in printed
        assert "pass-word" not in printed


class TestTimeout:
    @pytest.fixture
    def released(self) -> Iterator[threading.Event]:
        event = threading.Event()
        yield event
        event.set()

    def test_a_plugin_that_never_returns_is_reported_after_the_timeout(self, configured, http, released):
        class Stuck(NullBackendProvider):
            def get_proctoring_config(self) -> None:
                released.wait(30)

        configured.clear()
        configured.update(stuck=Stuck(), stuck_too=Stuck(), null=NullBackendProvider())
        started = time.monotonic()
        printed, failure = check(timeout=0.5)
        assert time.monotonic() - started < 5
        assert printed.count("No answer within 0.5 seconds.") == 2
        assert failure is not None

    @pytest.mark.parametrize("text", ["0", "-1", "soon", "inf", "nan"])
    def test_a_timeout_that_is_not_a_positive_number_is_refused(self, configured, text):
        _, failure = check("--timeout", text)
        assert "is not a number of seconds above 0" in str(failure)


def test_a_provider_without_our_base_class_is_described(configured):
    class Duck:
        def get_proctoring_config(self) -> dict[str, Any]:
            return {"name": "Duck"}

    configured["duck"] = Duck()
    assert not isinstance(configured["duck"], ProctoringBackendProvider)
    assert "calls itself  Duck" in check("duck")[0]


class TestAsAProcess:
    """The command as cron and monitoring run it."""

    @staticmethod
    def manage(*args: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", "check_proctoring_backends", *args],
            cwd=ROOT,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def test_the_help_text_names_options_and_exit_codes(self):
        answer = self.manage("--help")
        assert answer.returncode == 0
        for words in ("NAME", "--timeout SECONDS", "Exit code: 0 if all is well, 1 if there is a problem"):
            assert words in " ".join(answer.stdout.split())

    def test_the_exit_code_is_1_when_there_is_a_problem(self):
        assert self.manage("null").returncode == 0
        assert self.manage("no-such-provider").returncode == 1

    def test_it_runs_although_a_system_check_fails(self, tmp_path):
        (tmp_path / "with_a_broken_default.py").write_text(
            "from test_settings import *\n"
            "ACME = {'class': 'no.such.Class', 'client_secret': 'hush-hush'}\n"
            "PROCTORING_BACKENDS = {'DEFAULT': 'acme', 'acme': ACME}\n"
        )
        answer = self.manage(PYTHONPATH=f"{tmp_path}:{ROOT}", DJANGO_SETTINGS_MODULE="with_a_broken_default")
        assert answer.returncode == 1
        assert "acme (default)" in answer.stdout
        assert "There is no provider: ModuleNotFoundError" in answer.stdout
        assert "SystemCheckError" not in answer.stderr
        assert "hush-hush" not in answer.stdout + answer.stderr


def test_only_token_and_description_are_requested(configured, http, reviewers):
    described(http, json=CONFIG)
    check()
    asked = [(call.request.method, call.request.path_url) for call in http.calls]
    assert asked == [("POST", "/oauth2/access_token"), ("GET", "/api/v1/config/")]
