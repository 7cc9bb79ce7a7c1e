"""An exam in the demonstration course, a learner, and browsers."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import setup
from tests.seb.app.conftest import COURSE, COURSE_KEY, ORIGIN, block
from tests.seb.app.conftest import _nothing_remembered as _nothing_remembered
from tests.seb.app.conftest import browser as browser
from tests.seb.app.conftest import host as host
from tests.seb.app.conftest import learner as learner
from tests.seb.app.conftest import protect as protect
from tests.seb.app.conftest import staff as staff
from tests.seb.app.conftest import staff_browser as staff_browser
from tests.seb.exams.safe_exam_browser import SafeExamBrowser

EXAM = block("sequence", 1)
# Content of the exam, and content of another part of the course.
PAGE = f"/xblock/{block('vertical', 1)}"
OTHER_PAGE = f"/xblock/{block('vertical', 2)}"
JUMP = f"/courses/{COURSE}/jump_to/{EXAM}"
ATTEMPTS = "/api/edx_proctoring/v1/proctored_exam/attempt"
ANSWER = f"/courses/{COURSE}/xblock/{block('problem', 1)}/handler/xmodule_handler"

NONCE = re.compile(r'data-nonce="([^"]+)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture(autouse=True)
def exam_host(host: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The host of the app's tests, with special exams."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "host"))
    sys.modules.pop("exam_urls", None)
    host.settings.ROOT_URLCONF = "exam_urls"
    yield host
    sys.modules.pop("exam_urls", None)


@pytest.fixture
def require(db: Any) -> Callable[..., SebExamConfiguration]:
    """Demand Safe Exam Browser for the exam."""

    def save(mode: str = "manual", content_id: str = EXAM, **changes: Any) -> SebExamConfiguration:
        row = SebExamConfiguration.objects.filter(course_id=COURSE_KEY, content_id=content_id).first()
        force = changes.pop("force", False)
        return setup.save(
            row or SebExamConfiguration(course_id=COURSE_KEY, content_id=content_id),
            setup.Change(mode=mode, **changes),
            origin=ORIGIN,
            by="gina",
            force=force,
        )

    return save


@pytest.fixture
def seb(learner: User) -> SafeExamBrowser:
    """Safe Exam Browser as on Windows, in which the learner is logged in."""
    browser = SafeExamBrowser()
    browser.client.force_login(learner)
    return browser


@pytest.fixture
def mac(learner: User) -> SafeExamBrowser:
    """Safe Exam Browser that sends no headers, in which the learner is logged in."""
    browser = SafeExamBrowser(sends_headers=False)
    browser.client.force_login(learner)
    return browser


def launch_link(browser: Client, path: str = PAGE) -> str:
    """Return the link that an exam's page shows in another browser."""
    found = re.search(rb'href="(sebs?://[^"]+)"', browser.get(path, HTTP_ACCEPT="text/html").content)
    assert found, "the page shows no link"
    return found[1].decode()


def answer(browser: SafeExamBrowser, page: Any, **changes: Any) -> Any:
    """Send what the script of the check's page sends."""
    text = page.content.decode()
    nonce, token = NONCE.search(text), TOKEN.search(text)
    assert nonce, text
    assert token, text
    body = {"nonce": nonce[1], **browser.script(), **changes}
    return browser.client.post(
        "/seb-openedx/api/v2/verify",
        json.dumps(body),
        content_type="application/json",
        HTTP_X_CSRFTOKEN=token[1],
    )
