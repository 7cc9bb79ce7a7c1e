"""A sample configuration that was not filled in: the platform starts, and pages show no placeholder."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import api, backends, checks, conf, constants
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_user

ROOT = Path(__file__).resolve().parents[2]

BRACES = {
    "crypto_key": "{add SoftwareSecure crypto key here}",
    "exam_register_endpoint": "{add enpoint to SoftwareSecure here}",
    "exam_sponsor": "{add SoftwareSecure sponsor here}",
    "organization": "{add SoftwareSecure organization here}",
    "secret_key": "{add SoftwareSecure secret key here}",
    "secret_key_id": "{add SoftwareSecure secret key id here}",
    "software_download_url": "{add SoftwareSecure download url here}",
}
ANGLES: dict[str, Any] = {**dict.fromkeys(BRACES, "<secret>"), "send_email": True}
LINKS = {"faq": "{add link here}", "contact_us": "{add link here}", "tech_requirements": "https://help.example.com"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("{add link here}", True),
        (" <secret> ", True),
        ("{add email address here}", True),
        ("https://{host}/faq", True),
        ("https://<your-site>/faq", True),
        ("https://example.com/faq", False),
        ("<someone@example.com>", False),
        ("Exams <exams@example.com>", False),
        ("a {b} c", False),
        ("{}", False),
        (None, False),
        (7, False),
    ],
)
def test_what_a_placeholder_is(text: Any, is_one: bool) -> None:
    assert conf.is_placeholder(text) is is_one


@pytest.fixture
def sample(settings: Any, backends_registry: dict[str, Any]) -> Any:
    """Load a sample with RPNow as the default."""

    def load(options: dict[str, Any]) -> None:
        settings.PROCTORING_BACKENDS = {"DEFAULT": "software_secure", "software_secure": options}
        settings.PROCTORING_SETTINGS = {
            **settings.PROCTORING_SETTINGS,
            "LINK_URLS": LINKS,
            "STATUS_EMAIL_FROM_ADDRESS": "{add email address here}",
            "CONTACT_EMAIL": "{add email address here}",
        }
        backends_registry.clear()
        backends_registry.update(registry.load(BACKEND_CONFIGURATION_ALLOW_LIST).backends)

    return load


@pytest.mark.parametrize("options", [BRACES, ANGLES])
def test_a_warning_names_each_placeholder_and_not_its_text(sample: Any, options: dict[str, Any]) -> None:
    sample(options)
    found = [message.msg for message in checks.check_placeholders(None)]
    expected = [f"PROCTORING_BACKENDS['software_secure'][{key!r}]" for key in BRACES]
    expected += ["PROCTORING_SETTINGS['LINK_URLS']['faq']", "PROCTORING_SETTINGS['LINK_URLS']['contact_us']"]
    expected += ["PROCTORING_SETTINGS['STATUS_EMAIL_FROM_ADDRESS']", "PROCTORING_SETTINGS['CONTACT_EMAIL']"]
    assert sorted(text.split(" is a ")[0] for text in found) == sorted(expected)
    assert not any("secret>" in text or "{add" in text for text in found)


@pytest.mark.django_db
@pytest.mark.parametrize("options", [BRACES, ANGLES])
def test_entering_an_exam_says_what_is_wrong(sample: Any, options: dict[str, Any]) -> None:
    sample(options)
    exam = make_exam(backend="software_secure")
    learner = APIClient()
    learner.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    answer = learner.post(
        reverse("edx_proctoring:proctored_exam.attempt.collection"),
        {"exam_id": exam.pk, "attempt_proctored": True},
        format="json",
    )
    assert answer.status_code == 502
    assert "not configured correctly" in answer.json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [None, S.created, S.submitted, S.error])
def test_no_page_shows_a_placeholder(sample: Any, status: str | None) -> None:
    sample({**BRACES, "tech_support_email": "{add email address here}", "tech_support_phone": "<phone>"})
    exam, learner = make_exam(backend="software_secure"), make_user()
    if status:
        make_attempt(exam, learner, status)
    page = api.get_student_view(learner.pk, COURSE, exam.content_id, {})
    assert page is not None
    assert "{add" not in page
    assert "&lt;phone&gt;" not in page
    settings_answer = api.get_proctoring_settings_by_exam_id(exam.pk)
    assert "{add" not in repr(settings_answer)
    assert settings_answer["link_urls"] == {"tech_requirements": "https://help.example.com"}


@pytest.mark.django_db
def test_no_mail_leaves_from_a_placeholder(sample: Any, settings: Any) -> None:
    sample({**BRACES, "LINK_URLS": LINKS, "settings": {"REPLY_TO_EMAIL": "{add email address here}"}})
    attempt = make_attempt(make_exam(backend="software_secure"), status=S.started)
    api.update_attempt_status(attempt.pk, S.submitted)
    [message] = mail.outbox
    assert message.from_email == settings.DEFAULT_FROM_EMAIL
    assert message.reply_to == []
    assert "{add" not in message.body
    assert "{add" not in constants.DEFAULT_CONTACT_EMAIL
    assert backends.provider_setting("software_secure", "REPLY_TO_EMAIL") is None


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param({"PROCTORING_BACKENDS": {"DEFAULT": "software_secure", "software_secure": BRACES}}, id="braces"),
        pytest.param({"PROCTORING_BACKENDS": {"DEFAULT": "software_secure", "software_secure": ANGLES}}, id="angles"),
        pytest.param({"PROCTORING_BACKENDS": {"DEFAULT": "a", "a": {"class": "no.such.Class"}}}, id="not-importable"),
        pytest.param({"PROCTORING_BACKENDS": ["software_secure"], "PROCTORING_SETTINGS": "x"}, id="not-a-dict"),
        pytest.param(
            {"PROCTORING_BACKENDS": {"DEFAULT": "null", "null": {}}, "PROCTORING_SETTINGS": {"INBOX_DAYS": "{days}"}},
            id="not-a-number",
        ),
    ],
)
def test_no_mistake_in_a_proctoring_setting_stops_migrate(tmp_path: Path, configuration: dict[str, Any]) -> None:
    lines = "".join(f"{name} = {value!r}\n" for name, value in configuration.items())
    (tmp_path / "sample_settings.py").write_text(
        "from test_settings import *\n"
        f"{lines}DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}}}\n"
    )
    answer = subprocess.run(
        [sys.executable, "manage.py", "migrate", "waffle", "--plan"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "DJANGO_SETTINGS_MODULE": "sample_settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
