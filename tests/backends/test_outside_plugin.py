"""An installed provider of another distribution, with an old interface.

The distribution is a folder on the path with the metadata that an installer writes; the test imports
nothing from it. Its methods have the parameters of an old release. The tests use the interfaces of
learners, staff and vendors.
"""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_exam, make_staff, make_user

pytestmark = pytest.mark.contract("provider-interface#older-signatures")

ROOT = Path(__file__).resolve().parents[2]

MODULE = '''
"""A provider that has not been maintained for years."""

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import ProctoredExamSuspiciousLookup


class OldTimer(ProctoringBackendProvider):
    verbose_name = "Old Timer"
    tech_support_email = "help@old-timer.test"
    passing_statuses = ["Clean"]

    def __init__(self, client_id, client_secret, **kwargs):
        super().__init__(**kwargs)
        self.client_id = client_id
        self.told = []

    def register_exam_attempt(self, exam, context):
        # It changes its argument, as old plug-ins do.
        code = context.pop("attempt_code")
        context["status"] = "created"
        self.told.append(("register", exam["external_id"], sorted(context)))
        return "old-" + code[:8].lower()

    def start_exam_attempt(self, exam, attempt):
        self.told.append(("start", exam, attempt))

    def stop_exam_attempt(self, exam, attempt):
        self.told.append(("stop", exam, attempt))

    def mark_erroneous_exam_attempt(self, exam, attempt):
        self.told.append(("error", exam, attempt))

    def remove_exam_attempt(self, exam, attempt):
        self.told.append(("remove", exam, attempt))
        return True

    def get_software_download_url(self):
        return "https://old-timer.test/download"

    def on_review_callback(self, attempt, payload):
        if payload.get("session") != attempt["external_id"]:
            raise ProctoredExamSuspiciousLookup("not ours")
        return {"status": payload["verdict"], "comments": []}

    def on_exam_saved(self, exam):
        self.told.append(("saved", exam["exam_name"], exam["is_active"]))
        return exam.get("external_id") or "old-exam"

    # Without the keywords for the configuration dashboard and for recordings.
    def get_instructor_url(self, course_id, user, exam_id=None, attempt_id=None):
        return "https://old-timer.test/%s/%s/%s/%s" % (self.client_id, course_id, exam_id, attempt_id)
'''


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    """A folder with the installed distribution."""
    package = tmp_path / "old_timer_proctoring"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "backend.py").write_text(MODULE)
    info = tmp_path / "old_timer_proctoring-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        textwrap.dedent(
            """\
            Metadata-Version: 2.1
            Name: old-timer-proctoring
            Version: 0.3
            Requires-Dist: edx-proctoring (>=1.0)
            """
        )
    )
    (info / "INSTALLER").write_text("pip\n")
    (info / "entry_points.txt").write_text("[openedx.proctoring]\nold_timer = old_timer_proctoring.backend:OldTimer\n")
    return tmp_path


@pytest.fixture
def old_timer(
    distribution: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, backends_registry: dict[str, Any]
) -> Iterator[Any]:
    """The provider, built at start-up from the configuration."""
    monkeypatch.syspath_prepend(str(distribution))
    settings.PROCTORING_BACKENDS = {
        "DEFAULT": "null",
        "null": {},
        "old_timer": {
            "client_id": "campus",
            "client_secret": "hush",
            "tech_support_phone": "123",
            "show_review_rules": True,
        },
    }
    loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
    assert loaded.broken == {}
    assert loaded.dropped_keys == {}
    backends_registry.update(loaded.backends)
    yield loaded.backends["old_timer"]
    for name in [name for name in sys.modules if name.startswith("old_timer_proctoring")]:
        del sys.modules[name]


@pytest.fixture
def browser_of() -> Callable[[User], APIClient]:
    def sign_in(user: User) -> APIClient:
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def exam(old_timer: Any) -> ProctoredExam:
    return make_exam(backend="old_timer", external_id="old-exam")


@pytest.fixture
def reviewer() -> User:
    user = make_user("old_timer_worker")
    user.groups.add(Group.objects.create(name="old_timer_review"))
    return user


@pytest.mark.django_db
class TestJourney:
    def take(self, client: APIClient, exam: ProctoredExam) -> ProctoredExamStudentAttempt:
        """Enter the exam, as a learner does."""
        answer = client.post(
            reverse("edx_proctoring:proctored_exam.attempt.collection"),
            {"exam_id": exam.pk, "attempt_proctored": True},
            format="json",
        )
        assert answer.status_code == 200
        return ProctoredExamStudentAttempt.objects.get(pk=answer.json()["exam_attempt_id"])

    def act(self, client: APIClient, attempt: ProctoredExamStudentAttempt, action: str) -> str:
        answer = client.put(
            reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk]), {"action": action}, format="json"
        )
        assert answer.status_code == 200
        attempt.refresh_from_db()
        return attempt.status

    def callback(self, user: User, attempt: ProctoredExamStudentAttempt, name: str, body: Any) -> Any:
        client = APIClient()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client.post(
            reverse(f"edx_proctoring:proctored_exam.attempt.{name}", args=[attempt.external_id]), body, format="json"
        )

    def test_an_attempt_passes_from_registration_to_verdict(self, old_timer, exam, browser_of, reviewer):
        learner = make_user("iris")
        browser = browser_of(learner)
        old_timer.told.clear()

        attempt = self.take(browser, exam)
        assert attempt.external_id == "old-" + attempt.attempt_code[:8].lower()
        assert self.callback(reviewer, attempt, "ready_callback", {"status": "ready"}).status_code == 200
        assert self.act(browser, attempt, "start") == S.started
        assert self.act(browser, attempt, "submit") == S.submitted
        review = {"session": attempt.external_id, "verdict": "passed"}
        assert self.callback(reviewer, attempt, "callback", review).status_code == 200

        attempt.refresh_from_db()
        assert attempt.status == S.verified
        keys = ["email", "full_name", "is_sample_attempt", "lms_host", "status", "time_limit_mins", "user_id"]
        assert old_timer.told == [
            ("register", "old-exam", keys),
            ("start", "old-exam", attempt.external_id),
            ("stop", "old-exam", attempt.external_id),
        ]

    @pytest.mark.parametrize(
        ("body", "status"),
        [({"session": "another", "verdict": "passed"}, 400), ({"verdict": "violation"}, 400)],
        ids=["of-another-session", "without-a-session"],
    )
    def test_a_review_that_the_plugin_refuses_is_refused(self, old_timer, exam, browser_of, reviewer, body, status):
        attempt = self.take(browser_of(make_user()), exam)
        assert self.callback(reviewer, attempt, "callback", body).status_code == status
        attempt.refresh_from_db()
        assert attempt.status == S.created

    def test_a_failing_verdict_is_judged_by_the_plugins_own_list(self, old_timer, exam, browser_of, reviewer):
        browser = browser_of(make_user())
        attempt = self.take(browser, exam)
        self.act(browser, attempt, "start")
        self.act(browser, attempt, "submit")
        self.callback(reviewer, attempt, "callback", {"session": attempt.external_id, "verdict": "violation"})
        attempt.refresh_from_db()
        assert attempt.status == S.second_review_required

    def test_an_error_in_the_browser_is_reported_to_the_plugin(self, old_timer, exam, browser_of):
        browser = browser_of(make_user())
        attempt = self.take(browser, exam)
        self.act(browser, attempt, "start")
        assert self.act(browser, attempt, "error") == S.error
        assert old_timer.told[-1] == ("error", "old-exam", attempt.external_id)

    def test_a_removal_by_staff_reaches_the_plugin(self, old_timer, exam, browser_of):
        attempt = self.take(browser_of(make_user()), exam)
        staff = browser_of(make_staff())
        assert staff.delete(reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])).status_code == 200
        assert not ProctoredExamStudentAttempt.objects.exists()
        assert old_timer.told[-1] == ("remove", "old-exam", attempt.external_id)

    @pytest.mark.contract("provider-interface#dashboard")
    def test_staff_are_redirected_to_the_plugins_dashboard(self, old_timer, exam, browser_of):
        attempt = self.take(browser_of(make_user()), exam)
        url = reverse("edx_proctoring:instructor_dashboard_exam", args=[COURSE, exam.pk])
        answer = browser_of(make_staff()).get(url, {"attempt": attempt.external_id, "config": "true"})
        assert answer.status_code == 302
        assert answer["Location"] == f"https://old-timer.test/campus/{COURSE}/old-exam/{attempt.external_id}"

    def test_pages_and_the_settings_endpoint_show_the_plugins_texts(self, old_timer, exam, browser_of):
        learner = make_user()
        self.take(browser_of(learner), exam)
        html = api.get_student_view(learner.pk, COURSE, exam.content_id, {}, "student")
        assert "https://old-timer.test/download" in html
        answer = (
            browser_of(learner).get(reverse("edx_proctoring:proctored_exam.proctoring_settings", args=[exam.pk])).json()
        )
        assert answer["provider_name"] == "Old Timer"
        assert (answer["provider_tech_support_email"], answer["provider_tech_support_phone"]) == (
            "help@old-timer.test",
            "123",
        )

    def test_a_saved_exam_is_sent_to_the_plugin(self, old_timer):
        exam = make_exam(backend="old_timer", external_id=None)
        exam.refresh_from_db()
        assert exam.external_id == "old-exam"
        assert old_timer.told[0] == ("saved", exam.exam_name, True)


def test_a_new_process_finds_the_installed_plugin(distribution: Path) -> None:
    (distribution / "campus_settings.py").write_text(
        "from test_settings import *\n"
        "OLD_TIMER = {'client_id': 'campus', 'client_secret': 'hush'}\n"
        "PROCTORING_BACKENDS = {'DEFAULT': 'old_timer', 'old_timer': OLD_TIMER}\n"
    )
    answer = subprocess.run(
        [sys.executable, "manage.py", "check_proctoring_backends"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{distribution}:{ROOT}", "DJANGO_SETTINGS_MODULE": "campus_settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "old_timer (default)\n  class         old_timer_proctoring.backend.OldTimer\n" in answer.stdout
