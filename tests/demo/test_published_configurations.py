"""Published configurations boot the demo host as they are, and say what is wrong with them.

Contract: contract/provider-configuration#placeholders, contract/provider-configuration#older-form. Each
configuration has a host of its own, in processes of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.demo_process import free_port

pytestmark = [pytest.mark.slow, pytest.mark.contract("provider-configuration#placeholders")]

REPOSITORY = Path(__file__).resolve().parents[2]
COURSE_ID = "course-v1:Demo+PROC+2026"
API = "/api/edx_proctoring/v1/proctored_exam"
# Two cores may be busy with other test processes.
START_SECONDS = 300

SOFTWARE_SECURE = "edx_proctoring.backends.software_secure.SoftwareSecureBackendProvider"
BRACES = {
    "crypto_key": "{add SoftwareSecure crypto key here}",
    "exam_register_endpoint": "{add enpoint to SoftwareSecure here}",
    "exam_sponsor": "{add SoftwareSecure sponsor here}",
    "organization": "{add SoftwareSecure organization here}",
    "secret_key": "{add SoftwareSecure secret key here}",
    "secret_key_id": "{add SoftwareSecure secret key id here}",
    "software_download_url": "{add SoftwareSecure download url here}",
}
ANGLES = {**dict.fromkeys(BRACES, "<secret>"), "send_email": True}
LINK_URLS = dict.fromkeys(["contact_us", "faq", "online_proctoring_rules", "tech_requirements"], "{add link here}")
OLD_SETTINGS = {
    "SITE_NAME": "{add site name here}",
    "PLATFORM_NAME": "{add platform name here}",
    "STATUS_EMAIL_FROM_ADDRESS": "{add email address here}",
    "CONTACT_EMAIL": "{add email address here}",
    "DEFAULT_REVIEW_POLICY": "{add default review policy here}",
    "REQUIRE_FAILURE_SECOND_REVIEWS": "{add value here}",
    "ALLOW_REVIEW_UPDATES": "{add value here}",
    "LINK_URLS": LINK_URLS,
    "ALLOW_TIMED_OUT_STATE": "{add value here}",
    "MUST_BE_VERIFIED_TRACK": "{add value here}",
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "braces": {
        "PROCTORING_BACKENDS": {"DEFAULT": "software_secure", "software_secure": BRACES},
        "PROCTORING_SETTINGS": {"LINK_URLS": LINK_URLS},
    },
    "angle-brackets": {
        "PROCTORING_BACKENDS": {"DEFAULT": "software_secure", "software_secure": ANGLES},
        "PROCTORING_SETTINGS": {"LINK_URLS": LINK_URLS},
    },
    "not-importable": {
        "PROCTORING_BACKENDS": {"DEFAULT": "proctorco", "proctorco": {"class": "proctorco_plugin.Provider"}},
    },
    "older-form": {
        "PROCTORING_BACKEND_PROVIDERS": {
            "SOFTWARE_SECURE": {"class": SOFTWARE_SECURE, "options": BRACES, "settings": {"LINK_URLS": LINK_URLS}},
            "WEB_ASSISTANT": {
                "class": "web_assistant.backend.WebAssistantBackendProvider",
                "options": BRACES,
                "settings": OLD_SETTINGS,
            },
        },
    },
}


class Host:
    """A demo host with one configuration; ``checks``: what ``check`` and ``migrate`` print."""

    def __init__(self, folder: Path, configuration: dict[str, Any]) -> None:
        tokens = folder / "tokens.json"
        tokens.write_text(json.dumps(configuration), "utf-8")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "host.log"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("DEMO_") and name != "DJANGO_SETTINGS_MODULE"
        }
        self._environment = {
            **inherited,
            "DEMO_DATA_DIR": str(folder / "data"),
            "DEMO_PORT": str(self.port),
            # Nobody listens there.
            "DEMO_PROVIDER_URL": "http://127.0.0.1:9",
            "DEMO_TOKENS_FILE": str(tokens),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command."""
        return subprocess.run(
            [sys.executable, "-m", "demo.manage", *arguments],
            cwd=REPOSITORY,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    def serve(self) -> None:
        """Start the host and return when it answers."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "demo.manage", "serve", "--port", str(self.port)],
                cwd=REPOSITORY,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                requests.get(f"{self.url}/healthz", timeout=5).raise_for_status()
            except requests.RequestException:
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"the host did not start:\n{self.log()}")

    def log(self) -> str:
        """What the host printed."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> None:
        """End the host."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)

    def session(self, persona: str) -> requests.Session:
        """A browser in which somebody is logged in."""
        session = requests.Session()
        session.get(f"{self.url}/login/{persona}", timeout=20).raise_for_status()
        session.headers.update({"X-CSRFToken": session.cookies.get("csrftoken", ""), "Referer": f"{self.url}/"})
        return session

    def choose_provider(self, name: str) -> None:
        """Choose the course's provider in Studio, and publish."""
        staff = self.session("gina")
        reply = staff.post(
            f"{self.url}/api/contentstore/v1/proctored_exam_settings/{COURSE_ID}",
            json={"proctored_exam_settings": {"proctoring_provider": name}},
            timeout=20,
        )
        assert reply.status_code == 200, reply.text
        published = staff.post(f"{self.url}/course/{COURSE_ID}/publish?queue=0", timeout=60)
        assert "Published by a worker process." in published.text

    def page(self, session: requests.Session, path: str) -> requests.Response:
        """A page of the course."""
        return session.get(f"{self.url}/courses/{COURSE_ID}/{path}", timeout=20)


@pytest.fixture(scope="module", params=list(CONFIGURATIONS))
def name(request: pytest.FixtureRequest) -> str:
    """Which configuration."""
    return str(request.param)


@pytest.fixture(scope="module")
def host(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A prepared host that serves."""
    host = Host(tmp_path_factory.mktemp(name), CONFIGURATIONS[name])
    try:
        prepared = host.manage("prepare")
        assert prepared.returncode == 0, prepared.stderr
        host.serve()
        yield host
    finally:
        host.stop()


@pytest.mark.parametrize("command", ["check", "migrate"])
def test_no_command_is_stopped_and_each_placeholder_is_named(host: Host, name: str, command: str) -> None:
    done = host.manage(command)
    assert done.returncode == 0, done.stderr
    output = done.stdout + done.stderr
    expected = {
        "braces": [f"PROCTORING_BACKENDS['software_secure']['{key}'] is a placeholder" for key in BRACES],
        "angle-brackets": [f"PROCTORING_BACKENDS['software_secure']['{key}'] is a placeholder" for key in BRACES],
        "not-importable": ["(edx_proctoring.E003)", "proctorco_plugin"],
        "older-form": [
            *(f"['SOFTWARE_SECURE']['options']['{key}'] is a placeholder" for key in BRACES),
            *(f"['WEB_ASSISTANT']['options']['{key}'] is a placeholder" for key in BRACES),
            "['WEB_ASSISTANT']['settings']['CONTACT_EMAIL'] is a placeholder",
            "ALLOW_REVIEW_UPDATES",
            "web_assistant",
        ],
    }[name]
    if name in ("braces", "angle-brackets"):
        expected += [f"PROCTORING_SETTINGS['LINK_URLS']['{key}'] is a placeholder" for key in LINK_URLS]
    assert [text for text in expected if text not in output] == [], output
    assert "{add" not in output


@pytest.mark.parametrize("persona", ["victor", "stan"])
def test_the_pages_answer(host: Host, persona: str) -> None:
    session = host.session(persona)
    for path in ("outline", "progress", *(["instructor"] if persona == "stan" else [])):
        reply = host.page(session, path)
        assert reply.status_code == 200, path
        assert "{add" not in reply.text
        assert "&lt;secret&gt;" not in reply.text


NOT_FILLED_IN = (200, 502, "The proctoring provider is not configured correctly.")
NO_PROVIDER = (200, 500, "The proctoring service of this exam is not configured.")


@pytest.mark.parametrize("persona", ["victor", "vera"])
def test_entering_the_exam_says_what_is_wrong(host: Host, name: str, persona: str) -> None:
    if name == "older-form":
        # There, the host's default is no provider.
        host.choose_provider("SOFTWARE_SECURE")
    learner = host.session(persona)
    exams = learner.get(f"{host.url}{API}/exam/course_id/{COURSE_ID}", timeout=20).json()
    [exam] = [exam for exam in exams if exam["exam_name"] == "Midterm exam: stars"]

    page = host.page(learner, f"courseware/{exam['content_id']}")
    entered = learner.post(
        f"{host.url}{API}/attempt", json={"exam_id": exam["id"], "attempt_proctored": True}, timeout=20
    )

    page_status, status, text = NO_PROVIDER if name == "not-importable" else NOT_FILLED_IN
    assert page.status_code == page_status
    assert "{add" not in page.text
    assert ("Proctoring is not set up correctly for this exam" in page.text) is (name == "not-importable")
    assert entered.status_code == status
    assert text in entered.json()["detail"]
    assert exam["backend"] in {"software_secure", "SOFTWARE_SECURE", "proctorco"}
    # Staff: the log with ids, and the command that checks providers.
    assert re.search(rf"ERROR edx_proctoring.*exam_id={exam['id']}\b", host.log())
    report = host.manage("check_proctoring_backends").stdout
    assert "PROBLEM" in report.partition(exam["backend"])[2]
