"""What people meet when something goes wrong: the provider is down, a token is bad, a button is pressed twice."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
import requests
from playwright.sync_api import expect

from demo.credentials import PROVIDER_CLIENT

from .demo_process import COURSE, REPOSITORY, Demo
from .people import MIDTERM, TIMED, Learner

API = "/api/edx_proctoring/v1/proctored_exam"


def test_a_provider_that_is_down_leaves_nothing_half_made(learner: Learner) -> None:
    demo = learner.demo
    learner.open_exam(MIDTERM)
    learner.heading("This exam is proctored")
    demo.scenario(drop_connection=[{"path": "^/api/"}])
    learner.press("Continue to my proctored exam.")
    alert = learner.page.get_by_role("alert").filter(has_text="The proctoring service does not answer.")
    expect(alert.first).to_be_visible()
    learner.look("provider-down")
    assert demo.attempts(learner.username) == []

    # The page goes on by itself once the provider is back; with the circuit breaker open, the next try is later.
    demo.heal()
    learner.heading("Set up and start your proctored exam", seconds=150)
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "created"
    assert attempt["external_id"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"fail": [{"path": "/attempt/$", "status": 500}]}, id="answers-500"),
        pytest.param({"malformed_json": [{"path": "/attempt/$"}]}, id="answers-nonsense"),
        pytest.param({"fail": [{"path": "/attempt/$", "status": 401}]}, id="refuses-the-token"),
        pytest.param({"drop_connection": [{"path": "/attempt/$"}]}, id="breaks-the-connection"),
    ],
)
def test_a_provider_that_fails_leaves_nothing_half_made(learner: Learner, fault: dict) -> None:
    demo = learner.demo
    learner.open_exam(MIDTERM)
    demo.scenario(**fault)
    learner.press("Continue to my proctored exam.")
    expect(learner.page.get_by_role("alert").filter(has_text=re.compile("no time was used")).first).to_be_visible()
    learner.look("provider-fails")
    assert demo.attempts(learner.username) == []


def test_a_provider_that_fails_at_the_end_does_not_lose_the_submission(learner: Learner) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    demo.scenario(fail=[{"method": "PATCH", "path": "/attempt/", "status": 503}])
    learner.submit()
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "submitted"


class TestCallbacks:
    """The provider's messages, sent with the wrong papers."""

    @pytest.fixture
    def attempt(self, demo: Demo) -> dict:
        """A registered attempt of a fresh learner."""
        username = demo.new_learner()
        session = demo.session(username)
        exams = session.get(f"{demo.host}{API}/exam/course_id/{COURSE}", timeout=20).json()
        exam = next(exam for exam in exams if exam["exam_name"] == MIDTERM)
        session.get(f"{demo.host}/courses/{COURSE}/outline", timeout=20)
        reply = session.post(
            f"{demo.host}{API}/attempt",
            data={"exam_id": exam["id"], "attempt_proctored": "true", "start_clock": "false"},
            headers={"X-CSRFToken": session.cookies.get("csrftoken", ""), "Referer": demo.host},
            timeout=20,
        )
        assert reply.status_code == 200, reply.text
        return demo.attempts(username)[0]

    @pytest.fixture
    def good_token(self, demo: Demo) -> str:
        """The provider's own token."""
        client_id, secret = PROVIDER_CLIENT
        reply = requests.post(
            f"{demo.host}/oauth2/access_token",
            data={
                "grant_type": "client_credentials",
                "token_type": "jwt",
                "client_id": client_id,
                "client_secret": secret,
            },
            timeout=20,
        )
        return str(reply.json()["access_token"])

    def send(self, demo: Demo, attempt: dict, kind: str, authorization: str | None) -> requests.Response:
        document = {"ready": {"status": "ready"}, "reviewed": {"status": "passed", "comments": []}}[kind]
        return requests.post(
            f"{demo.host}{API}/attempt/{attempt['external_id']}/{kind}",
            json=document,
            headers={"Authorization": authorization} if authorization else {},
            timeout=20,
        )

    def status_of(self, demo: Demo, attempt: dict) -> str:
        return str(demo.attempts(attempt["user"]["username"])[0]["status"])

    @pytest.mark.parametrize("kind", ["ready", "reviewed"])
    @pytest.mark.parametrize("token", ["missing", "malformed", "forged", "expired"])
    def test_a_bad_token_is_refused_and_changes_nothing(
        self, demo: Demo, attempt: dict, good_token: str, kind: str, token: str
    ) -> None:
        claims = jwt.decode(good_token, options={"verify_signature": False})
        authorization = {
            "missing": None,
            "malformed": "JWT not-a-token",
            "forged": "JWT " + jwt.encode(claims, "some-other-key-of-at-least-32-bytes"),
            "expired": "JWT " + jwt.encode({**claims, "exp": int(time.time()) - 60}, signing_key()),
        }[token]
        reply = self.send(demo, attempt, kind, authorization)
        assert reply.status_code in (401, 403), reply.text
        assert self.status_of(demo, attempt) == "created"

    def test_the_same_message_with_a_good_token_is_taken(self, demo: Demo, attempt: dict, good_token: str) -> None:
        # The counterpart of the refusals: only the token differs, and one that we sign ourselves counts too.
        claims = jwt.decode(good_token, options={"verify_signature": False})
        assert self.send(demo, attempt, "ready", f"JWT {jwt.encode(claims, signing_key())}").status_code == 200
        assert self.status_of(demo, attempt) == "ready_to_start"

    @pytest.mark.parametrize("kind", ["ready", "reviewed"])
    def test_another_learner_may_not_speak_for_the_provider(self, demo: Demo, attempt: dict, kind: str) -> None:
        other = demo.session(demo.new_learner())
        reply = other.post(
            f"{demo.host}{API}/attempt/{attempt['external_id']}/{kind}",
            json={"status": "passed", "comments": []},
            headers={"X-CSRFToken": other.cookies.get("csrftoken", ""), "Referer": demo.host},
            timeout=20,
        )
        assert reply.status_code == 403
        assert self.status_of(demo, attempt) == "created"

    def test_a_callback_about_nothing(self, demo: Demo, good_token: str) -> None:
        ghost = {"external_id": "0" * 32}
        assert self.send(demo, ghost, "ready", f"JWT {good_token}").status_code == 404
        assert self.send(demo, ghost, "reviewed", f"JWT {good_token}").status_code == 400


def signing_key() -> str:
    """The key of the demo's tokens, from its settings' text: they cannot be imported into another Django process."""
    text = Path(REPOSITORY / "demo" / "settings" / "base.py").read_text()
    return re.search(r'JWT_SIGNING_KEY = "([^"]+)"', text)[1]


def test_two_tabs_press_start_and_one_clock_runs(learner: Learner) -> None:
    demo = learner.demo
    learner.open_exam(MIDTERM)
    learner.register()
    learner.set_up()
    learner.read_rules()
    second = learner.page.context.new_page()
    second.goto(learner.page.url)
    expect(second.get_by_role("heading", name="Important")).to_be_visible()

    for page in (learner.page, second):
        # Pressed without waiting for the first to be done.
        page.get_by_role("button", name="Start my exam").dispatch_event("click")
    learner.see_questions()
    if not second.locator("h3#time_remaining_id b").is_visible():
        second.reload()
    expect(second.locator("h3#time_remaining_id b")).to_be_visible()

    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "started"
    assert len(demo.events("attempt.started", attempt["id"])) == 1
    starts = [entry for entry in demo.provider_saw("PATCH", attempt["external_id"]) if "started" in str(entry["body"])]
    assert len(starts) == 1, "the provider hears of one start"
    clocks = [page.locator("h3#time_remaining_id b").inner_text() for page in (learner.page, second)]
    left = [sum(int(part) * 60**power for power, part in enumerate(reversed(clock.split(":")))) for clock in clocks]
    assert abs(left[0] - left[1]) <= 2, clocks


def test_two_tabs_enter_a_timed_exam_and_there_is_one_attempt(learner: Learner) -> None:
    demo = learner.demo
    learner.open_exam(TIMED)
    second = learner.page.context.new_page()
    second.goto(learner.page.url)
    for page in (learner.page, second):
        page.get_by_role("button", name="I am ready to start this timed exam.").dispatch_event("click")
    learner.page.wait_for_timeout(1500)
    learner.reload()
    learner.see_questions()
    [attempt] = demo.attempts(learner.username)
    assert len(demo.events("attempt.started", attempt["id"])) == 1


def test_many_readers_notice_the_end_of_the_time_at_once(learner: Learner) -> None:
    """Past the limit, whoever asks first ends the exam; it ends once, with one mail."""
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    [attempt] = demo.attempts(learner.username)
    learner.page.goto("about:blank")
    demo.age(learner.username, 31)
    sessions = [demo.session(learner.username) for _ in range(6)]

    def poll(session: requests.Session) -> int:
        return session.get(f"{demo.host}{API}/attempt/{attempt['id']}", timeout=30).status_code

    with ThreadPoolExecutor(len(sessions)) as pool:
        answers = list(pool.map(poll, sessions))
    assert answers == [200] * len(sessions)
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "submitted"
    assert len(demo.events("attempt.submitted", attempt["id"])) == 1
    assert len(demo.mails_to(learner.username)) == 1
    assert len(demo.provider_saw("PATCH", f"/attempt/{attempt['external_id']}/")) == 2, "started and submitted"


class TestTheOtherTab:
    """What happens to an exam behind the back of the page that shows it."""

    @staticmethod
    def start_timed_quiz(learner: Learner) -> None:
        learner.open_exam(TIMED)
        learner.press("I am ready to start this timed exam.")
        learner.see_questions()

    def test_an_exam_started_there_is_not_said_to_be_unstarted_here(self, learner: Learner) -> None:
        learner.open_exam(TIMED)
        here = learner.page
        learner.page = here.context.new_page()
        self.start_timed_quiz(learner)
        here.get_by_role("button", name="I am ready to start this timed exam.").click()
        expect(here.get_by_role("alert").filter(has_text="in another tab").first).to_be_visible()
        learner.look("started-in-another-tab", here)
        assert len(learner.demo.attempts(learner.username)) == 1

    def test_a_reset_is_told_at_the_clock_and_ends_at_the_entrance(self, learner: Learner) -> None:
        demo = learner.demo
        self.start_timed_quiz(learner)
        [attempt] = demo.attempts(learner.username)
        exam_id, user_id = attempt["proctored_exam"]["id"], attempt["user"]["id"]
        demo.session("stan").delete(
            f"{demo.host}{API}/exam_id/{exam_id}/user_id/{user_id}/reset_attempts", timeout=20
        ).raise_for_status()
        # The page asks the server at once when the computer is back online, else within a minute.
        learner.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(learner.page.get_by_role("alert").filter(has_text="may have reset it")).to_be_visible()
        learner.look("reset-meanwhile")
        learner.end()
        expect(learner.page.get_by_role("button", name="I am ready to start this timed exam.")).to_be_visible()

    def test_a_lost_connection_is_there_for_all_to_see(self, learner: Learner) -> None:
        self.start_timed_quiz(learner)
        page = learner.page
        notice = page.get_by_role("alert").filter(has_text="The connection to the server is lost.")
        page.context.set_offline(True)
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(notice).to_be_visible()
        learner.look("offline")
        page.context.set_offline(False)
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(notice).to_have_count(0)


def test_the_software_does_not_ask_to_stay_when_it_says_one_may_go(learner: Learner) -> None:
    learner.reach_the_exam(MIDTERM)
    assert learner.software is not None
    stay = learner.software.get_by_text("Do not close this window")
    expect(stay).to_be_visible()
    learner.submit()
    # The last step of the list says so too, from the beginning.
    expect(learner.software.get_by_role("status").filter(has_text="You can close this window.")).to_be_visible()
    expect(stay).to_be_hidden()
