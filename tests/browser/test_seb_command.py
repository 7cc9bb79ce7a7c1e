"""``python -m demo.seb_browser``: the command that the demo's pages show, in a real Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from demo.seb_browser import exam_file, proxy
from seb_openedx.protocol import CONFIG_KEY_HEADER, compute_config_key, encode, generate, header_hash

from .demo_process import REPOSITORY


@dataclass
class School:
    """A small server with the file of an exam, a page, and the address at which the browser ends."""

    server: ThreadingHTTPServer
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, tuple[int, str, bytes, dict[str, str]]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def link(self) -> str:
        """The launch link."""
        return f"seb://127.0.0.1:{self.server.server_port}/exam.seb??st=token"


@pytest.fixture
def school() -> Iterator[School]:
    """The server, with an exam that leads on to its quit link by itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            school.seen[self.path] = dict(self.headers.items())
            status, kind, body, more = school.answers.get(self.path.partition("?")[0], (404, "text/plain", b"", {}))
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    school = School(server)
    settings = generate({}, start_url=f"{school.url}/start/", quit_url=f"{school.url}/quit/")
    leave = f"<script>location.replace({f'{school.url}/quit'!r})</script>".encode()
    school.answers = {
        "/exam.seb": (200, "application/seb", encode(settings), {}),
        "/start/": (302, "text/html", b"", {"Location": "/exam"}),
        "/exam": (200, "text/html", leave, {}),
        "/quit": (200, "text/html", b"over", {}),
    }
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield school
    server.shutdown()
    server.server_close()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command without a screen."""
    return subprocess.run(
        [sys.executable, "-m", "demo.seb_browser", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "DEMO_SEB_HEADLESS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_window_opens_the_exam_and_closes_at_the_quit_link(school: School) -> None:
    done = run(school.link)
    assert done.returncode == 0, done.stderr
    assert "It is not Safe Exam Browser" in done.stdout
    assert "left by its quit link" in done.stdout
    key = compute_config_key(generate({}, start_url=f"{school.url}/start/", quit_url=f"{school.url}/quit/"))
    for path in ("/start/?st=token", "/exam", "/quit"):
        headers = school.seen[path]
        assert headers[CONFIG_KEY_HEADER] == header_hash(school.url + path, key), path
        assert "SEB/3.7.0" in headers["User-Agent"]


def test_without_chromium_the_command_says_what_to_do(school: School) -> None:
    done = run(school.link, CHROMIUM="/no/such/program")
    assert done.returncode == 1
    assert "CHROMIUM names /no/such/program" in done.stderr


@pytest.mark.parametrize(
    ("link", "text"),
    [
        pytest.param("http://127.0.0.1/exam", "This is no launch link", id="no-link"),
        pytest.param("sebs://127.0.0.1/exam.seb", "leads to https", id="https"),
        pytest.param("seb://127.0.0.1:9/exam.seb", "Is the demo running?", id="nobody-answers"),
    ],
)
def test_a_link_that_leads_nowhere_is_explained(link: str, text: str) -> None:
    with pytest.raises(exam_file.LaunchError, match=text.replace("?", r"\?")):
        exam_file.load(link)


@pytest.mark.parametrize(
    ("status", "kind", "body", "text"),
    [
        pytest.param(404, "text/html", b"gone", "answers 404", id="gone"),
        pytest.param(200, "application/seb", b"no file", "cannot be read", id="no-file"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(
    school: School, status: int, kind: str, body: bytes, text: str
) -> None:
    school.answers["/exam.seb"] = (status, kind, body, {})
    with pytest.raises(exam_file.LaunchError, match=text):
        exam_file.load(school.link)


def test_a_link_whose_time_is_over_is_a_page_without_a_key(school: School) -> None:
    school.answers["/exam.seb"] = (401, "text/html", b"This link no longer works", {})
    exam = exam_file.load(school.link)
    assert (exam.config_key, exam.sends_hashes) == ("", False)


def test_an_encrypted_file_asks_for_its_password(school: School) -> None:
    settings = generate({}, start_url=f"{school.url}/start/", quit_url=f"{school.url}/quit/")
    school.answers["/exam.seb"] = (200, "application/seb", encode(settings, password="pw"), {})
    with pytest.raises(exam_file.LaunchError, match="--password"):
        exam_file.load(school.link)
    assert exam_file.load(school.link, password="pw").config_key == compute_config_key(settings)


def test_other_hosts_get_no_headers() -> None:
    exam = exam_file.Exam("http://lms.example.com/start/", "a" * 64, sends_hashes=True)
    with proxy.running(exam) as server:
        assert server.headers_for("http://lms.example.com:8000/page")  # the name counts, not the port
        assert not server.headers_for("http://apps.example.com/page")
