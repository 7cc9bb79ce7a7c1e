"""The demo's second course over HTTP: open in Safe Exam Browser, closed in others."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from demo.credentials import SEB_CONFIG_KEY, SEB_COURSE_ID
from demo.host import seed
from demo.host.models import Unit
from edx_proctoring.backends.rest import BaseRestProctoringProvider

BLOCKS = SEB_COURSE_ID.replace("course-v1", "block-v1")
READING = f"/courses/{SEB_COURSE_ID}/courseware/{BLOCKS}+type@sequential+block@orbits"


class Browser:
    """Follows redirects by itself, so that each request carries the header for its own address, as in the browser."""

    def __init__(self, origin: str, key: str = "") -> None:
        self.origin, self.key = origin, key
        self.session = requests.Session()

    def get(self, path: str) -> requests.Response:
        address = self.origin + path
        for _ in range(5):
            headers = {}
            if self.key:
                headers["X-SafeExamBrowser-ConfigKeyHash"] = sha256((address + self.key).encode()).hexdigest()
            answer = self.session.get(address, headers=headers, allow_redirects=False, timeout=20)
            if not answer.is_redirect:
                return answer
            address = requests.compat.urljoin(address, answer.headers["Location"])
        raise AssertionError(f"endless redirects from {path}")


@pytest.fixture
def origin(live_server, monkeypatch, transactional_db):
    monkeypatch.setattr(BaseRestProctoringProvider, "on_exam_saved", lambda self, exam: f"external-{exam['id']}")
    seed.seed()
    return live_server.url


def test_the_plugin_is_loaded_through_its_entry_point():
    assert "seb_openedx.apps.SebOpenEdxConfig" in settings.INSTALLED_APPS, "install the distribution again"


@pytest.mark.parametrize(
    ("key", "status"),
    [
        pytest.param(SEB_CONFIG_KEY, 200, id="safe-exam-browser"),
        pytest.param("f" * 64, 403, id="another-configuration-file"),
        pytest.param("", 403, id="another-browser"),
    ],
)
def test_the_course_in(origin, key, status):
    browser = Browser(origin, key)
    assert browser.get("/login/vera").status_code == 200
    assert browser.get(f"/courses/{SEB_COURSE_ID}/outline").status_code == 200  # open to every browser
    answer = browser.get(READING)
    assert answer.status_code == status
    assert ("opens only in Safe Exam Browser" in answer.text) == (status == 403)
    unit = Unit.objects.filter(sequence__section__course__course_id=SEB_COURSE_ID).first()
    # A front end hides the frame of a page with an error status.
    frame = browser.get(f"/xblock/{unit.usage_key}")
    assert frame.status_code == 200
    assert ("This section opens only in Safe Exam Browser" in frame.text) == (status == 403)
    # The other course is not protected.
    assert browser.get(f"/courses/{seed.COURSE_ID}/outline").status_code == 200


def test_global_staff_need_no_safe_exam_browser(origin):
    browser = Browser(origin)
    browser.get("/login/gina")
    assert browser.get(READING).status_code == 200
    assert browser.get("/seb-openedx/seb-info").json()["middleware_installed"] is True
    assert browser.get(f"/seb-openedx/api/v1/course/{SEB_COURSE_ID}/configuration/").json()["CONFIG_KEYS"]


def test_seb_server_authenticates_by_a_bearer_token(origin):
    address = f"{origin}/seb-openedx/api/v1/course/{SEB_COURSE_ID}/configuration/"
    answer = requests.get(address, timeout=20)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for username, status in (("gina", 200), ("vera", 403)):
        get_access_token_model().objects.create(
            user=get_user_model().objects.get(username=username),
            token=username,
            expires=timezone.now() + timedelta(hours=1),
            scope="read write",
        )
        answer = requests.get(address, headers={"Authorization": f"Bearer {username}"}, timeout=20)
        assert answer.status_code == status
