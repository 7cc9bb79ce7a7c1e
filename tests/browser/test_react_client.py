"""The data layer of the learning front end against this host, in real Chromium.

Contract: contract/rest-clients#react-proctored.

The published library runs as it is (``react_client/``); only the platform below it, which signs in and sends, is
replaced. Each test reads the state that the front end would show.
"""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .demo_process import COURSE, REPOSITORY, Demo
from .people import FINAL, MIDTERM, ONBOARDING, TIMED
from .waiting import eventually

CLIENT = REPOSITORY / "tests" / "browser" / "react_client"
EXAMS = "/api/edx_proctoring/v1/proctored_exam/exam/course_id/"
# Minutes of the exams in the demo.
TIMED_SECONDS, PROCTORED_SECONDS = 10 * 60, 30 * 60


@pytest.fixture(scope="module")
def bundle() -> str:
    """The library with our stubs, as one script."""
    if not (CLIENT / "node_modules").is_dir():
        pytest.fail("the client under test is not installed: run `make test-browser`, or `npm ci` in " + str(CLIENT))
    subprocess.run(["node", "build.mjs"], cwd=CLIENT, check=True, timeout=120)
    return (CLIENT / "dist" / "client.js").read_text("utf-8")


class Client:
    """The front end of one learner. Methods of the library by their own names; each returns the store's state."""

    def __init__(self, demo: Demo, page: Page, bundle: str) -> None:
        self.demo, self.page = demo, page
        self.username = demo.new_learner()
        page.goto(f"{demo.host}/login/{self.username}")
        page.add_script_tag(content=bundle)
        listed = demo.session(self.username).get(f"{demo.host}{EXAMS}{COURSE}", timeout=20).json()
        self._sequences = {exam["exam_name"]: exam["content_id"] for exam in listed}

    def do(self, name: str, *arguments: Any) -> dict[str, Any]:
        """Dispatch what a button or a timer dispatches."""
        return self.page.evaluate("([name, values]) => reactClient.dispatch(name, ...values)", [name, arguments])

    def open(self, title: str) -> dict[str, Any]:
        """Open the page of an exam."""
        return self.do("getExamAttemptsData", COURSE, self._sequences[title])

    def poll(self) -> dict[str, Any]:
        """Poll as the timer does: at the address that the running attempt names."""
        return self.do("pollAttempt", self.page.evaluate("reactClient.state().activeAttempt.exam_started_poll_url"))

    @property
    def state(self) -> dict[str, Any]:
        """What the front end shows now."""
        return self.page.evaluate("reactClient.state()")

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        """Requests and answers so far."""
        return self.page.evaluate("reactClient.exchanges")

    def wait_for_status(self, status: str) -> None:
        """Wait until the opened exam's attempt has this status."""
        self.page.wait_for_function("status => reactClient.state().exam.attempt.attempt_status === status", arg=status)

    def ends_heard_by_software(self) -> int:
        """How often the worker has told the provider's software that an exam is over."""
        return len(self.demo.provider_saw("POST", "/desktop/stop"))

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait for something that happens beside the store."""
        eventually(condition, "what the test waits for", seconds, pause=lambda s: self.page.wait_for_timeout(1000 * s))


@pytest.fixture
def client(demo: Demo, new_page: Callable[[], Page], bundle: str) -> Client:
    """The front end of a fresh verified learner."""
    return Client(demo, new_page(), bundle)


def quiet(state: dict[str, Any]) -> bool:
    """Whether the front end shows no error and no spinner."""
    return state["apiErrorMsg"] == "" and state["isLoading"] is False


def become_ready(client: Client) -> None:
    """Do the provider's system check in its own window, as the instructions ask."""
    software = client.page.context.new_page()
    software.goto(client.state["exam"]["attempt"]["software_download_url"])
    software.get_by_role("button", name="I am ready").click()
    expect(software.get_by_text("You are ready.")).to_be_visible()


def test_timed_exam_from_entry_to_submission(client: Client) -> None:
    state = client.open(TIMED)
    assert quiet(state)
    assert (state["exam"]["type"], state["exam"]["attempt"], state["activeAttempt"]) == ("timed", {}, None)
    assert (state["exam"]["total_time"], state["exam"]["passed_due_date"]) == ("10 minutes", False)

    state = client.do("startTimedExam")
    assert quiet(state)
    assert state["exam"]["attempt"]["attempt_status"] == "started"
    running = state["activeAttempt"]
    assert running["attempt_id"] == state["exam"]["attempt"]["attempt_id"]
    assert TIMED_SECONDS - 60 < running["time_remaining_seconds"] <= TIMED_SECONDS
    # Made by the library's own timer from the seconds it was given.
    assert running["timer_ends"]
    assert running["exam_type"] == "a timed exam"

    state = client.poll()
    assert quiet(state)
    assert state["activeAttempt"]["attempt_status"] == "started"
    assert 0 < state["activeAttempt"]["time_remaining_seconds"] <= running["time_remaining_seconds"]
    assert state["timeIsOver"] is False

    state = client.do("stopExam")
    assert quiet(state)
    assert state["exam"]["attempt"]["attempt_status"] == "ready_to_submit"
    assert state["activeAttempt"]["attempt_status"] == "ready_to_submit"

    # "No, continue": back to the questions.
    state = client.do("continueExam")
    assert (quiet(state), state["exam"]["attempt"]["attempt_status"]) == (True, "started")

    state = client.do("submitExam")
    assert quiet(state)
    assert (state["exam"]["attempt"]["attempt_status"], state["activeAttempt"]) == ("submitted", None)
    assert [attempt["status"] for attempt in client.demo.attempts(client.username)] == ["submitted"]


def test_timed_exam_has_no_review_policy_and_is_not_reset(client: Client) -> None:
    client.open(TIMED)
    state = client.do("startTimedExam")
    state = client.do("getExamReviewPolicy")
    assert (quiet(state), state["exam"]["reviewPolicy"]) == (True, None)

    state = client.do("resetExam")
    assert state["apiErrorMsg"] == "Request failed with status code 400"
    # The refusal is shown, and the exam goes on.
    assert state["isLoading"] is False
    assert state["activeAttempt"]["attempt_status"] == "started"


def test_poll_after_the_end_leads_out_of_the_exam(client: Client) -> None:
    client.open(TIMED)
    client.do("startTimedExam")
    client.demo.age(client.username, minutes=11)
    state = client.poll()
    assert state["timeIsOver"] is True
    client.wait_for_status("submitted")
    client.page.wait_for_function("() => reactClient.state().activeAttempt === null")
    assert client.state["apiErrorMsg"] == ""


def test_expiry_after_the_host_ended_the_attempt_is_no_error(client: Client) -> None:
    client.open(TIMED)
    client.do("startTimedExam")
    client.demo.age(client.username, minutes=11)
    state = client.do("expireExam")
    assert quiet(state)
    assert (state["timeIsOver"], state["exam"]["attempt"]["attempt_status"]) == (True, "submitted")


def test_proctored_exam_from_entry_to_submission(client: Client) -> None:
    state = client.open(MIDTERM)
    assert quiet(state)
    exam = state["exam"]
    assert (exam["type"], exam["attempt"], exam["total_time"]) == ("proctored", {}, "30 minutes")
    assert exam["prerequisite_status"]["are_prerequisites_satisifed"] is True

    settings = client.do("getProctoringSettings")["proctoringSettings"]
    assert settings["exam_proctoring_backend"]["instructions"]
    assert settings["provider_name"]

    state = client.do("createProctoredExamAttempt")
    assert quiet(state)
    attempt = state["exam"]["attempt"]
    assert (attempt["attempt_status"], state["activeAttempt"]) == ("created", None)
    assert attempt["software_download_url"].startswith(client.demo.provider)
    assert attempt["exam_type"] == "a proctored exam"

    state = client.do("startProctoringSoftwareDownload")
    assert state["exam"]["attempt"]["attempt_status"] == "download_software_clicked"
    become_ready(client)
    # "Start system check" polls for this.
    client.do("pollAttempt", attempt["exam_started_poll_url"])
    state = client.do("getExamAttemptsData", COURSE, exam["content_id"])
    assert (quiet(state), state["exam"]["attempt"]["attempt_status"]) == (True, "ready_to_start")

    state = client.do("getExamReviewPolicy")
    assert state["exam"]["reviewPolicy"] == "One sheet of handwritten notes is allowed. No calculator, no phone."

    # Through the provider's worker, if the page has one.
    client.do("startProctoredExam")
    client.wait_for_status("started")
    state = client.state
    assert quiet(state)
    running = state["activeAttempt"]
    assert PROCTORED_SECONDS - 60 < running["time_remaining_seconds"] <= PROCTORED_SECONDS
    assert running["ping_interval"] % 2 == 0

    state = client.poll()
    assert (quiet(state), state["activeAttempt"]["attempt_status"]) == (True, "started")

    state = client.do("stopExam")
    assert (quiet(state), state["activeAttempt"]["attempt_status"]) == (True, "ready_to_submit")

    state = client.do("submitExam")
    assert quiet(state)
    assert (state["exam"]["attempt"]["attempt_status"], state["activeAttempt"]) == ("submitted", None)
    assert client.demo.provider_saw("PATCH", running["external_id"])


def test_proctored_exam_is_not_reset(client: Client) -> None:
    client.open(FINAL)
    client.do("createProctoredExamAttempt")
    state = client.do("resetExam")
    assert state["apiErrorMsg"] == "Request failed with status code 400"
    assert (state["isLoading"], state["exam"]["attempt"]["attempt_status"]) == (False, "created")


def test_onboarding_exam_is_reset_to_a_new_attempt(client: Client) -> None:
    state = client.open(ONBOARDING)
    assert state["exam"]["type"] == "onboarding"
    first = client.do("createProctoredExamAttempt")["exam"]["attempt"]
    become_ready(client)
    client.open(ONBOARDING)
    assert client.do("continueExam")["exam"]["attempt"]["attempt_status"] == "started"
    ends_heard = client.ends_heard_by_software()
    assert client.do("submitExam")["exam"]["attempt"]["attempt_status"] == "submitted"
    # Nobody is as fast as this test: the software hears of the end before its attempt is removed.
    client.wait_until(lambda: client.ends_heard_by_software() > ends_heard)
    state = client.do("resetExam")
    assert quiet(state)
    second = state["exam"]["attempt"]
    assert (second["attempt_status"], second["time_remaining_seconds"]) == ("created", 0)
    assert second["attempt_id"] > first["attempt_id"]


def test_proctored_exam_is_declined(client: Client) -> None:
    client.open(MIDTERM)
    client.do("createProctoredExamAttempt")
    state = client.do("skipProctoringExam")
    assert (quiet(state), state["exam"]["attempt"]["attempt_status"]) == (True, "declined")


def test_timer_runs_on_every_page_of_the_course(client: Client) -> None:
    client.open(TIMED)
    started = client.do("startTimedExam")["activeAttempt"]
    state = client.do("getLatestAttemptData", COURSE)
    assert quiet(state)
    assert state["exam"] == {}
    assert state["activeAttempt"]["attempt_id"] == started["attempt_id"]
    assert state["activeAttempt"]["exam_url_path"].endswith(client._sequences[TIMED])


def test_provider_that_is_down_is_shown_and_leaves_no_attempt(client: Client) -> None:
    client.open(MIDTERM)
    client.demo.scenario(drop_connection=[{"path": "^/api/"}])
    state = client.do("createProctoredExamAttempt")
    assert state["apiErrorMsg"].startswith("Request failed with status code 50")
    assert (state["isLoading"], state["exam"]["attempt"]) == (False, {})
    client.demo.heal()
    state = client.do("createProctoredExamAttempt")
    assert state["exam"]["attempt"]["attempt_status"] == "created"


def test_no_request_of_the_client_was_refused_for_its_form(client: Client) -> None:
    """Its own spelling: JSON with the strings "true" and "false", and a usage key in the query."""
    client.open(TIMED)
    client.do("startTimedExam")
    client.do("stopExam")
    client.do("submitExam")
    sent = [(exchange["method"], exchange["status"]) for exchange in client.exchanges]
    assert sent == [("GET", 200), ("POST", 200), ("GET", 200), ("PUT", 200), ("GET", 200), ("PUT", 200), ("GET", 200)]
    assert client.exchanges[1]["body"] == {
        "exam_id": client.exchanges[0]["data"]["exam"]["id"],
        "start_clock": "true",
        "attempt_proctored": "false",
    }
    assert client.page.evaluate("reactClient.complaints") == []
