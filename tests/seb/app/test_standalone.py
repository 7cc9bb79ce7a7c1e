"""The app alone, in processes with its own settings, and in a process like Studio's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

STUDIO = """
import django
from django.conf import settings
settings.configure(SERVICE_VARIANT="cms", INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
django.setup()
from django.apps import apps
from django.test import RequestFactory
from seb_openedx.middleware import SecureExamBrowserMiddleware
middleware = SecureExamBrowserMiddleware(lambda request: "answer")
request = RequestFactory().get("/course/course-v1:a+b+c")
assert middleware(request) == "answer"
assert middleware.process_view(request, lambda: None, (), {"course_key_string": "course-v1:a+b+c"}) is None
assert not apps.is_installed("seb_openedx")
"""

DRIFT = """
import sys
from seb_openedx.settings.test import *
SEB_PERMISSION_COMPONENTS = ["AlwaysGrantAccess"]
SEB_USER_BANNING_ENABLED = SEB_ALLOW_MFE_ACCESS = True
SEB_WHITELIST_PATHS = SEB_BLACKLIST_CHAPTERS = BLACKLIST_SEQUENCES = BLACKLIST_VERTICALS = ["a", "b"]
"""


def run(*command: str, settings: str = "", path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(p) for p in (ROOT, path) if p)}
    environment["DJANGO_SETTINGS_MODULE"] = settings
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.contract("safe-exam-browser#test-settings")
def test_outside_conditions_hold_under_the_published_test_settings():
    done = run(
        "-m", "django", "test", "--pattern", "cases_*.py", "tests/seb/app/standalone",
        settings="seb_openedx.settings.test",
    )  # fmt: skip
    succeeded(done)
    assert "Ran 2" in done.stderr, done.stderr  # twenty and some tests, not none


def test_studio_imports_the_middleware_without_the_app():
    succeeded(run("-c", STUDIO))


@pytest.mark.parametrize("settings", ["seb_openedx.settings.test", "drift"])
def test_no_setting_asks_for_a_migration(tmp_path, settings):
    (tmp_path / "drift.py").write_text(DRIFT)
    succeeded(run("-m", "django", "makemigrations", "--check", "--dry-run", settings=settings, path=tmp_path))
