"""When the exam page opens inside the vendor's web application, and when it stays shut.

Contract: contract/constructor#guard, contract/constructor#reasons. The questions of the exam are looked for in every
frame: a cover over a visible exam would be found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.browser.demo_process import REPOSITORY

from .people import Candidate

READY = "proctoringReady_n6EY"
GUARD = Path(REPOSITORY, "edx_proctoring/constructor/static/proctoring/js/constructor/guard.js").read_text("utf-8")
WAITING = "Waiting for the proctoring system"
SILENT = "The proctoring system does not answer"
# What the guard asks of the sender of a message, as it is written there.
SENDER_CHECKS = "window.parent === window || event.source !== window.parent || event.origin !== config.expectedOrigin"

# JavaScript values that are not messages of the vendor.
NO_MESSAGES = (
    "'hello'",
    f"'{READY} '",
    f"'{READY.lower()}'",
    f"""'{{"type": "{READY}"'""",
    "'\"" + READY + "\"'",
    f"['{READY}']",
    "'[\"" + READY + "\"]'",
    "null",
    "7",
    "true",
    "{}",
    "{proctoringIsActive: 'true'}",
    "{proctoringIsActive: 1}",
    f"{{kind: '{READY}'}}",
    f"JSON.stringify({{type: '{READY}', padding: 'x'.repeat(4096)}})",
    "new Map([['proctoringIsActive', true]])",
    "new ArrayBuffer(8)",
)
MESSAGES = {
    "text": f"'{READY}'",
    "flag": "{proctoringIsActive: true}",
    "name-with-more": f"{{event: '{READY}', proctoringIsActive: true, assessCode: 7, more: [1]}}",
    "json": f"JSON.stringify({{name: '{READY}', accessCode: 'A'}})",
}


def entry_address(candidate: Candidate) -> str:
    """The exam page that the vendor frames."""
    session = candidate.attempt["external_id"]
    return f"{candidate.demo.host}/api/edx_proctoring/constructor/v1/entry/{session}/"


def calls_to_verify(candidate: Candidate) -> list[str]:
    """Notes the calls by which the guard asks the server, from now on."""
    calls: list[str] = []
    candidate.page.context.on("request", lambda sent: calls.append(sent.url) if sent.url.endswith("/verify") else None)
    return calls


def swap_guard(candidate: Candidate, source: str | None) -> None:
    """Serve another script in place of the guard; None: nothing at all."""

    def answer(route: Route) -> None:
        if source is None:
            route.abort()
        else:
            route.fulfill(body=source, content_type="text/javascript")

    candidate.page.context.route("**/constructor/guard.js", answer)


class TestSilence:
    """The page is in the frame, and the vendor says nothing yet."""

    @pytest.fixture
    def waiting(self, candidate: Candidate) -> Candidate:
        """A learner in front of the spinner."""
        candidate.demo.scenario(constructor={"message": "none"})
        candidate.reach_the_frame()
        expect(candidate.outer.get_by_role("heading", name=WAITING)).to_be_visible()
        return candidate

    @pytest.mark.contract("constructor#guard")
    def test_the_exam_is_hidden_inert_and_not_loaded(self, waiting: Candidate) -> None:
        assert waiting.guard() == {
            "state": "waiting",
            "page": "locked",
            "address": None,
            "isInert": True,
            "isVisible": False,
        }
        expect(waiting.outer.locator(".proctoring-spinner")).to_be_visible()
        assert waiting.frame.evaluate("document.title").startswith(WAITING)
        waiting.look("waiting", waiting.vendor)

    def test_other_data_is_no_message(self, waiting: Candidate) -> None:
        calls = calls_to_verify(waiting)
        for message in NO_MESSAGES:
            waiting.post(message)
        waiting.vendor.wait_for_timeout(500)
        assert waiting.guard()["state"] == "waiting"
        assert calls == []
        # The page heard them all: it hears this one.
        waiting.post(f"'{READY}'")
        waiting.expect_open()

    @pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
    def test_each_form_of_the_message_opens(self, waiting: Candidate, message: str) -> None:
        waiting.post(message)
        waiting.expect_open()
        expect(waiting.inner.get_by_role("button", name="Start my exam")).to_be_visible()

    def test_an_inactive_message_says_so_and_a_later_one_opens(self, waiting: Candidate) -> None:
        waiting.post("{proctoringIsActive: false}")
        waiting.expect_refusal("Proctoring is not active")
        waiting.look("inactive", waiting.vendor)
        waiting.post(f"'{READY}'")
        waiting.expect_open()

    @pytest.mark.contract("constructor#guard")
    def test_messages_of_other_windows_are_ignored(self, waiting: Candidate) -> None:
        calls = calls_to_verify(waiting)
        vendor = waiting.vendor
        # A frame of the vendor's own origin beside the exam, and a window that it has opened.
        vendor.evaluate("document.body.append(document.createElement('iframe'))")
        beside = next(frame for frame in vendor.frames if frame.url == "about:blank")
        beside.evaluate("message => parent.frames[0].postMessage(message, '*')", READY)
        with vendor.expect_popup() as popup:
            vendor.evaluate("address => { window.open(address); }", f"{waiting.demo.provider}/")
        popup.value.wait_for_load_state()
        popup.value.evaluate("message => opener.frames[0].postMessage(message, '*')", READY)
        let_a_stranger_post(waiting)
        # The exam page itself, and its own frame.
        waiting.frame.evaluate("message => window.postMessage(message, '*')", READY)
        vendor.wait_for_timeout(500)
        assert waiting.guard()["state"] == "waiting"
        assert calls == []
        waiting.post(f"'{READY}'")
        waiting.expect_open()


def let_a_stranger_post(candidate: Candidate) -> None:
    """A window of another site, which the vendor's page has opened, posts the message to the exam's frame."""
    port = urlsplit(candidate.demo.provider).port
    with candidate.vendor.expect_popup() as popup:
        candidate.vendor.evaluate("address => { window.open(address); }", f"https://stranger.example:{port}/")
    popup.value.wait_for_load_state()
    popup.value.evaluate("message => opener.frames[0].postMessage(message, '*')", READY)


@pytest.mark.parametrize("is_control", [False, True], ids=["guard", "control-without-the-check"])
def test_a_stranger_cannot_open_it(candidate: Candidate, is_control: bool) -> None:
    """The control shows what the check of origin and source stops: without it, the same message opens the page."""
    candidate.demo.scenario(constructor={"message": "none"})
    if is_control:
        assert SENDER_CHECKS in GUARD
        swap_guard(candidate, GUARD.replace(SENDER_CHECKS, "false"))
    candidate.reach_the_frame()
    expect(candidate.outer.get_by_role("heading", name=WAITING)).to_be_visible()
    let_a_stranger_post(candidate)
    if is_control:
        candidate.expect_open()
    else:
        candidate.vendor.wait_for_timeout(1500)
        assert candidate.guard()["state"] == "waiting"


def strip_framing(candidate: Candidate) -> None:
    """Play a browser that knows no ``frame-ancestors``."""

    def answer(route: Route) -> None:
        response = route.fetch(headers=route.request.all_headers())
        headers = {k: v for k, v in response.headers.items() if k != "content-security-policy"}
        route.fulfill(response=response, headers=headers)

    candidate.page.context.route("**/constructor/v1/entry/**", answer)


class TestStrangers:
    """Somebody else's page frames the exam page, with the learner's own session."""

    @pytest.fixture
    def victim(self, new_candidate: Callable[..., Candidate]) -> Candidate:
        """A learner whose session runs, and whose browser sends cookies everywhere."""
        candidate = new_candidate("constructor_impatient", third_party_cookies=True)
        candidate.reach_the_frame()
        candidate.expect_open()
        candidate.vendor.goto("about:blank")
        return candidate

    def lure(self, victim: Candidate) -> None:
        """Open the exam on the stranger's page."""
        session = victim.attempt["external_id"]
        port = urlsplit(victim.demo.provider).port
        victim.vendor.goto(f"https://stranger.example:{port}/proctor/{session}/")
        victim.vendor.wait_for_timeout(2500)

    @pytest.mark.contract("constructor#framing", "constructor#origins")
    @pytest.mark.parametrize("lies", [False, True], ids=["own-origin", "the-vendors-origin"])
    def test_the_browser_does_not_show_it(self, victim: Candidate, lies: bool) -> None:
        if lies:
            victim.demo.scenario(constructor={"client_origin": victim.demo.provider})
        self.lure(victim)
        assert victim.frame.url.startswith("chrome-error:")
        assert victim.questions_in_frames() == 0

    @pytest.mark.parametrize("is_control", [False, True], ids=["guard", "control-without-the-check"])
    def test_its_message_opens_nothing_either(self, victim: Candidate, is_control: bool) -> None:
        """A browser without ``frame-ancestors`` shows the page; the guard does not take the stranger's message."""
        victim.demo.scenario(constructor={"client_origin": victim.demo.provider})
        strip_framing(victim)
        if is_control:
            swap_guard(victim, GUARD.replace(" || event.origin !== config.expectedOrigin", ""))
        self.lure(victim)
        if is_control:
            victim.expect_open()
        else:
            victim.expect_refusal(SILENT)
        # The exam's own page names the vendor only, so even the control shows no question.
        assert victim.questions_in_frames() == 0

    def test_an_unknown_origin_is_refused_in_words(self, victim: Candidate) -> None:
        strip_framing(victim)
        self.lure(victim)
        victim.expect_refusal("This page was opened from an unknown address")


@pytest.mark.contract("constructor#reasons")
def test_opened_alone_it_explains_how_to_take_the_exam(candidate: Candidate) -> None:
    candidate.launch()
    candidate.vendor.close()
    page = candidate.page
    page.goto(entry_address(candidate))
    expect(page.get_by_role("alertdialog", name="This exam opens in the proctoring system only")).to_be_visible()
    assert page.locator("#proctoring-guarded-content").get_attribute("src") is None
    candidate.look("opened-alone")
    page.get_by_role("link", name="Start with proctoring").click()
    expect(page.get_by_role("button", name="Open the exam")).to_be_visible()


def test_a_vendor_that_says_nothing_is_named_and_may_be_late(new_candidate: Callable[..., Candidate]) -> None:
    candidate = new_candidate("constructor_impatient")
    candidate.demo.scenario(constructor={"delay_ms": 4000})
    candidate.reach_the_frame()
    candidate.expect_refusal(SILENT)
    candidate.look("no-message", candidate.vendor)
    restart = candidate.outer.get_by_role("link", name="Start with proctoring")
    expect(restart).to_have_attribute("target", "_top")
    candidate.expect_open()


def test_the_restart_leads_the_whole_tab(new_candidate: Callable[..., Candidate]) -> None:
    candidate = new_candidate("constructor_impatient")
    candidate.demo.scenario(constructor={"message": "none"})
    candidate.reach_the_frame()
    candidate.expect_refusal(SILENT)
    candidate.demo.heal()
    candidate.outer.get_by_role("link", name="Start with proctoring").click()
    # The vendor knows the session and goes on where it was.
    candidate.expect_open()


def test_an_account_may_take_texts_only(new_candidate: Callable[..., Candidate]) -> None:
    candidate = new_candidate("constructor_strings")
    candidate.demo.scenario(constructor={"message": "object"})
    candidate.reach_the_frame()
    expect(candidate.outer.get_by_role("heading", name=WAITING)).to_be_visible()
    candidate.post(f"JSON.stringify({{type: '{READY}'}})")
    candidate.vendor.wait_for_timeout(500)
    assert candidate.guard()["state"] == "waiting"
    candidate.post(f"'{READY}'")
    candidate.expect_open()


class TestServer:
    """The message came; the platform's server, or the vendor's, says no."""

    @pytest.mark.parametrize("allowed", [False, True], ids=["blocked", "allowed"])
    def test_the_vendors_server_must_say_that_it_runs(
        self, new_candidate: Callable[..., Candidate], allowed: bool
    ) -> None:
        candidate = new_candidate(third_party_cookies=allowed)
        candidate.demo.scenario(constructor={"status": "ready_to_start"})
        candidate.reach_the_frame()
        candidate.expect_refusal("The checks are not finished")
        candidate.look("not-started", candidate.vendor)
        assert candidate.attempt["status"] == "download_software_clicked"
        candidate.demo.heal()
        candidate.expect_open()

    @pytest.mark.parametrize("allowed", [False, True], ids=["blocked", "allowed"])
    def test_a_vendor_that_is_down_is_asked_again(self, new_candidate: Callable[..., Candidate], allowed: bool) -> None:
        candidate = new_candidate(third_party_cookies=allowed)
        candidate.demo.scenario(fail=[{"path": "^/api/v2/", "status": 503}])
        candidate.reach_the_frame()
        candidate.expect_refusal("The proctoring system cannot be reached at the moment")
        candidate.look("server-unavailable", candidate.vendor)
        candidate.demo.heal()
        candidate.expect_open()

    @pytest.mark.contract("constructor#assess-code")
    def test_another_code_is_another_exam(self, candidate: Candidate) -> None:
        candidate.demo.scenario(constructor={"message": "json", "assess_code": "A"})
        candidate.reach_the_frame()
        candidate.expect_open()
        candidate.vendor.reload()
        candidate.expect_open()
        candidate.demo.scenario(constructor={"message": "json", "assess_code": "B"})
        candidate.vendor.reload()
        candidate.expect_refusal("This page belongs to another exam session")
        candidate.look("another-exam", candidate.vendor)
        expect(candidate.outer.get_by_role("link", name="Back to the course")).to_be_visible()

    def test_the_code_of_another_exam_is_refused_the_first_time(
        self, candidate: Candidate, new_candidate: Callable[..., Candidate]
    ) -> None:
        other = new_candidate("constructor_strings")
        other.launch()
        candidate.demo.scenario(constructor={"message": "object", "assess_code": other.attempt["external_id"]})
        candidate.reach_the_frame()
        candidate.expect_refusal("This page belongs to another exam session")

    @pytest.mark.contract("constructor#content", "constructor#gate")
    def test_without_the_script_the_server_shows_no_content(self, candidate: Candidate) -> None:
        """Somebody removes the guard and opens the exam's address in the frame: nothing is decided in the browser."""
        swap_guard(candidate, None)
        candidate.reach_the_frame()
        expect(candidate.cover).to_be_visible()
        assert candidate.guard()["page"] == "locked"
        candidate.frame.evaluate(
            """address => {
                document.documentElement.dataset.proctoringGuard = 'open';
                const content = document.getElementById('proctoring-guarded-content');
                content.inert = false;
                content.src = address;
            }""",
            candidate.exam_address,
        )
        # The set-up, which is no secret, and from which nothing starts.
        expect(candidate.inner.get_by_role("button", name="Start Proctored Exam")).to_be_visible()
        answer = candidate.frame.evaluate(
            """async exam => {
                const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
                const reply = await fetch('/api/edx_proctoring/v1/proctored_exam/attempt/' + exam, {
                    method: 'PUT',
                    headers: {'X-CSRFToken': token, 'Content-Type': 'application/json'},
                    body: JSON.stringify({action: 'start'})
                });
                return [reply.status, (await reply.json()).code];
            }""",
            candidate.attempt["id"],
        )
        assert answer == [403, "proctoring_required"]
        assert candidate.questions_in_frames() == 0

    def test_a_login_of_somebody_else_is_named(self, new_candidate: Callable[..., Candidate]) -> None:
        candidate = new_candidate(third_party_cookies=True)
        candidate.launch()
        candidate.page.goto(f"{candidate.demo.host}/login/adam")
        candidate.finish_checks()
        candidate.expect_refusal("You are logged in as someone else")
        candidate.look("wrong-user", candidate.vendor)

    @pytest.mark.parametrize(
        ("allowed", "heading"),
        [(False, "You are not logged in here"), (True, None)],
        ids=["blocked", "allowed"],
    )
    def test_without_a_login_in_the_frame_it_says_what_to_do(
        self, new_candidate: Callable[..., Candidate], allowed: bool, heading: str | None
    ) -> None:
        candidate = new_candidate("constructor_without_login", third_party_cookies=allowed)
        candidate.reach_the_frame()
        if heading is None:
            candidate.expect_open()
        else:
            candidate.expect_refusal(heading)
            candidate.look("login-required", candidate.vendor)

    @pytest.mark.contract("constructor#tokens")
    def test_an_expired_start_token_is_the_vendors_to_refuse(self, new_candidate: Callable[..., Candidate]) -> None:
        candidate = new_candidate("constructor_impatient", scripts=False)
        # Without scripts there is no registration, so another browser of the same learner makes it.
        helper = new_candidate("constructor_impatient")
        helper.page.goto(f"{helper.demo.host}/login/{candidate.username}")
        helper.username = candidate.username
        helper.open_exam()
        helper.register()
        page = candidate.page
        page.goto(entry_address(candidate).replace("/entry/", "/launch/"))
        page.wait_for_timeout(3500)
        page.get_by_role("button", name="Continue to the proctoring system").click()
        expect(page.get_by_role("heading", name="The link is not valid")).to_be_visible()

    @pytest.mark.contract("constructor#entry-login")
    def test_the_entry_address_logs_in_a_few_times_only(self, candidate: Candidate) -> None:
        candidate.reach_the_frame()
        candidate.expect_open()
        for number in range(5):
            # The login in the frame is lost, as in a browser that forgets: the address has to log in again.
            candidate.page.context.clear_cookies()
            candidate.vendor.reload()
            if number < 4:
                candidate.expect_open()
        candidate.expect_refusal("You are not logged in here")


def test_without_scripts_it_says_so(new_candidate: Callable[..., Candidate]) -> None:
    helper = new_candidate()
    helper.open_exam()
    helper.register()
    candidate = new_candidate(scripts=False)
    page = candidate.page
    page.goto(f"{candidate.demo.host}/login/{helper.username}")
    page.goto(entry_address(helper))
    expect(page.get_by_role("heading", name="Scripts are switched off")).to_be_visible()
    expect(page.get_by_text("Waiting for the proctoring system")).to_be_hidden()
    expect(page.locator("#proctoring-guarded-content")).to_be_hidden()
    candidate.look("without-scripts")


class TestRedirect:
    """The operator wants pages that are opened alone to go to the launch page."""

    @pytest.fixture
    def lone(self, new_candidate: Callable[..., Candidate]) -> Candidate:
        """A learner who opened the exam page alone."""
        candidate = new_candidate("constructor_redirecting")
        candidate.launch()
        candidate.vendor.close()
        candidate.page.goto(entry_address(candidate))
        expect(candidate.page.get_by_role("timer")).to_contain_text(re.compile(r"in \d+ seconds"))
        return candidate

    def test_it_goes_after_a_countdown(self, lone: Candidate) -> None:
        lone.look("countdown")
        expect(lone.page.get_by_role("button", name="Open the exam")).to_be_visible(timeout=25_000)

    def test_the_learner_may_stay(self, lone: Candidate) -> None:
        lone.page.get_by_role("button", name="Cancel").click()
        expect(lone.page.get_by_role("timer")).to_be_hidden()
        expect(lone.page.locator("#proctoring-guard-title")).to_be_focused()
        lone.page.wait_for_timeout(12_000)
        assert "/entry/" in lone.page.url


def test_an_exam_with_appointments_is_booked_at_the_vendor(new_candidate: Callable[..., Candidate]) -> None:
    candidate = new_candidate("constructor_booking")
    vendor = candidate.launch()
    vendor.get_by_role("button", name="Book the time").click()
    candidate.finish_checks()
    candidate.expect_open()


def test_the_mocks_journal_does_not_hold_the_start_token(candidate: Candidate) -> None:
    expect(candidate.launch().get_by_role("button", name="Open the exam")).to_be_visible()
    [start] = candidate.demo.provider_saw("POST", "/start/")
    assert start["body"] == {"token": "***"}
