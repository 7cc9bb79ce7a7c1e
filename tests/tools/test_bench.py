"""The benchmark measures what it says, and the load driver keeps within its bounds."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench import load

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_reads_cost_the_same_queries_with_a_thousand_and_two_thousand_learners(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    command = ["-m", "bench", "--learners", "1000", "2000", "--runs", "1", "--rounds", "1", "--only", "GET"]

    done = subprocess.run(
        [sys.executable, *command, "--output", str(results)], cwd=ROOT, capture_output=True, text=True, timeout=500
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    rows = json.loads(results.read_text("utf-8"))["routes"]
    assert len(rows) > 25
    assert [row["name"] for row in rows if len({cost["queries"] for cost in row["costs"]}) != 1] == []


class Host(BaseHTTPRequestHandler):
    """Answers everything, and remembers who asked for what."""

    seen: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Cookie", "")))
        self.send_response(500 if "broken" in self.path else 200)
        if self.path.startswith("/login/"):
            self.send_header("Set-Cookie", f"sessionid={self.path.rpartition('/')[2]}; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Any:
    Host.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_load_asks_as_often_as_it_may_by_signed_in_clients(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = load.main(
        ["--url", host, "--path", "/a", "--path", "/b", "--users", "ann,ben", "--clients", "3", "--requests", "20"]
    )

    result = json.loads(capsys.readouterr().out)
    assert (code, result["answers"], result["statuses"]) == (0, 20, {"200": 20})
    asked = [(path, cookie) for path, cookie in Host.seen if not path.startswith("/login/")]
    assert len(asked) == 20
    assert {cookie for _path, cookie in asked} <= {"sessionid=ann", "sessionid=ben"}


def test_load_on_a_broken_page_fails(host: str) -> None:
    assert load.main(["--url", host, "--path", "/broken", "--requests", "3"]) == 1


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://192.0.2.1:80", id="another-machine"),
        pytest.param("https://127.0.0.1", id="https"),
        pytest.param("127.0.0.1:80", id="no-scheme"),
    ],
)
def test_load_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(SystemExit):
        load.parse(["--url", url, "--path", "/"])


def test_load_has_bounds_whatever_is_asked() -> None:
    options = load.parse(
        ["--url", "http://127.0.0.1", "--path", "/", "--clients", "999", "--requests", "9999999", "--seconds", "99999"]
    )

    assert (options.clients, options.requests, options.seconds) == (64, 100_000, 600)
