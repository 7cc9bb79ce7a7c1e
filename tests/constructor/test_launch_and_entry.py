"""Launch, entry, login inside the frame, and what comes afterwards."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import entry_login
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorExamSettings, ConstructorSession, State
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import FRAMED, PREFIX, SECRET, VENDOR, Vendor, logged_in, set_options
from .pages import ORIGIN, TOKEN, Page, code_of

pytestmark = pytest.mark.django_db
# The address that a refusal opens by itself.
RETRY = re.compile('data-address="([^"]*)"')


@pytest.mark.contract("constructor#launch")
class TestLaunch:
    def test_it_sends_the_learner_on_with_a_signed_token(
        self, browser: Client, session: ConstructorSession, status_of: Callable[[], str]
    ) -> None:
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        claims = jwt.decode(TOKEN.findall(answer.content.decode())[0], SECRET, algorithms=["HS256"])
        assert claims["sessionId"] == session.session_id
        assert claims["sessionUrl"].endswith(f"/entry/{session.session_id}/")
        assert claims["userId"] == session.user_subject
        assert claims["duration"] == 90
        assert f'action="{VENDOR}/integration/simple/demo/start/"' in answer.content.decode()
        assert f"form-action 'self' {VENDOR}" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        session.refresh_from_db()
        assert (session.state, session.attempt_id is not None) == (State.LAUNCHED, True)
        assert status_of() == Status.download_software_clicked

    def test_it_needs_a_login(self, session: ConstructorSession) -> None:
        answer = Client().get(f"{PREFIX}/launch/{session.session_id}/")
        assert answer.status_code == 302
        assert "next=" in answer["Location"]

    @pytest.mark.parametrize("who", ["another-learner", "staff"])
    def test_it_is_for_the_learner_only(self, session: ConstructorSession, who: str) -> None:
        user = factories.make_staff() if who == "staff" else factories.make_user()
        assert logged_in(user).get(f"{PREFIX}/launch/{session.session_id}/").status_code == 404

    def test_an_unknown_session_is_404(self, browser: Client, provider: Any) -> None:
        assert browser.get(f"{PREFIX}/launch/{'f' * 32}/").status_code == 404

    def test_a_submitted_attempt_says_so(
        self, browser: Client, session: ConstructorSession, submitted: ProctoredExamStudentAttempt
    ) -> None:
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        assert (answer.status_code, code_of(answer)) == (200, "attempt_not_active")

    def test_a_replaced_session_leads_to_the_new_one(
        self,
        browser: Client,
        session: ConstructorSession,
        attempt: ProctoredExamStudentAttempt,
        exam: ProctoredExam,
        learner: User,
        vendor: Vendor,
    ) -> None:
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        newest = ConstructorSession.objects.latest("pk")
        assert code_of(answer) == "session_reset"
        assert f"/launch/{newest.session_id}/" in answer.content.decode()

    def test_settings_of_the_exam_are_in_the_token(self, browser: Client, session: ConstructorSession) -> None:
        ConstructorExamSettings.objects.create(
            course_id=session.course_id, content_id=session.content_id, overrides={"mode": "online"}
        )
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        claims = jwt.decode(TOKEN.findall(answer.content.decode())[0], SECRET, algorithms=["HS256"])
        assert claims["proctoring"] == "online"

    def test_a_booked_time_that_was_missed_can_be_booked_again(
        self, browser: Client, session: ConstructorSession, at_noon: Any
    ) -> None:
        ConstructorSession.objects.update(state=State.SCHEDULED, scheduled_at=timezone.now())
        browser.get(f"{PREFIX}/launch/{session.session_id}/")
        session.refresh_from_db()
        assert session.state == State.SCHEDULED
        at_noon.tick(16 * 60)
        browser.get(f"{PREFIX}/launch/{session.session_id}/")
        session.refresh_from_db()
        assert session.state == State.LAUNCHED

    def test_no_name_or_token_is_logged(
        self, browser: Client, session: ConstructorSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        assert TOKEN.findall(answer.content.decode())[0] not in caplog.text


@pytest.mark.contract("constructor#entry", "constructor#guard")
class TestEntry:
    def test_it_shows_the_covered_page(self, page: Page, session: ConstructorSession) -> None:
        content = page.answer.content.decode()
        assert 'data-proctoring-guard="locked"' in content
        assert '<iframe id="proctoring-guarded-content"' in content
        assert "jump_to" not in re.sub(r"<script.*?</script>", "", content, flags=re.DOTALL).partition("<iframe")[2]
        assert content.index("proctoring-guard-config") < content.index("guard.js") < content.index("<title>")
        assert page.config["expectedOrigin"] == VENDOR
        assert page.config["refusal"] is None
        session.refresh_from_db()
        assert (session.state, session.client_origin) == (State.READY, VENDOR)

    @pytest.mark.contract("constructor#framing")
    def test_only_the_vendor_and_the_site_may_frame_it(self, page: Page) -> None:
        assert page.answer["Content-Security-Policy"] == f"frame-ancestors 'self' {VENDOR}"
        assert not page.answer.has_header("X-Frame-Options")
        assert page.answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("?examus-client-origin=https://evil.example", "origin_untrusted"),
            ("?examus-client-origin=null", "origin_untrusted"),
            ("?examus-client-origin=https://a.proctor.example.evil.org", "origin_untrusted"),
        ],
    )
    def test_another_place_is_refused(
        self, browser: Client, session: ConstructorSession, vendor: Vendor, query: str, code: str
    ) -> None:
        answer = Page(browser, session, query).answer
        assert (answer.status_code, code_of(answer)) == (200, code)
        assert "proctoring-guarded-content" not in answer.content.decode()
        assert ConstructorEvent.objects.get().kind == code

    def test_without_the_parameter_a_list_of_several_is_refused(
        self, browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider
    ) -> None:
        set_options(provider, trusted_origins=[VENDOR, "https://b.proctor.example"])
        assert code_of(Page(browser, session, "").answer) == "origin_missing"
        assert Page(browser, session).config["expectedOrigin"] == VENDOR
        assert Page(browser, session, "").config["expectedOrigin"] == VENDOR

    def test_another_trusted_origin_later_replaces_the_first_and_is_noted(
        self, browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider
    ) -> None:
        set_options(provider, trusted_origins=[VENDOR, "https://b.proctor.example"])
        Page(browser, session)
        Page(browser, session, "?examus-client-origin=https://b.proctor.example")
        session.refresh_from_db()
        assert session.client_origin == "https://b.proctor.example"
        assert ConstructorEvent.objects.get().kind == "origin_changed"

    def test_somebody_else_is_refused(self, session: ConstructorSession) -> None:
        assert code_of(Page(logged_in(factories.make_user()), session).answer) == "wrong_user"

    def test_nobody_is_asked_to_log_in(self, session: ConstructorSession) -> None:
        assert code_of(Page(Client(), session).answer) == "login_required"

    def test_a_login_that_does_not_come_back_is_about_cookies(self, session: ConstructorSession) -> None:
        assert code_of(Page(Client(), session, f"{ORIGIN}&constructor_login=1").answer) == "cookies_blocked"

    def test_an_attempt_that_is_over_is_refused(
        self, browser: Client, session: ConstructorSession, submitted: ProctoredExamStudentAttempt
    ) -> None:
        assert code_of(Page(browser, session).answer) == "attempt_not_active"

    def test_texts_of_the_vendor_and_of_exams_are_escaped(self, browser: Client, session: ConstructorSession) -> None:
        ConstructorSession.objects.update(registration={"exam_name": "</script><script>alert(1)</script>"})
        assert "<script>alert(1)" not in Page(browser, session).answer.content.decode()


@pytest.mark.contract("constructor#entry-login")
class TestEntryLogin:
    @pytest.fixture
    def entry_url(
        self, browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider, vendor: Vendor
    ) -> str:
        """The address that the vendor opens in its frame."""
        set_options(provider, entry_login=True)
        page = browser.get(f"{PREFIX}/launch/{session.session_id}/").content.decode()
        claims = jwt.decode(TOKEN.findall(page)[0], SECRET, algorithms=["HS256"])
        return str(claims["sessionUrl"]).removeprefix("http://localhost:8000") + ORIGIN

    def open(self, url: str, **headers: str) -> Any:
        return Client().get(url, headers={**FRAMED, **headers})

    def test_it_logs_the_learner_in_and_takes_the_token_out_of_the_address(self, entry_url: str, session: Any) -> None:
        client = Client()
        answer = client.get(entry_url, headers=FRAMED)
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"{PREFIX}/entry/{session.session_id}/?examus-client-origin=")
        assert 'data-proctoring-guard="locked"' in client.get(answer["Location"], headers=FRAMED).content.decode()

    def test_the_cookies_of_the_login_are_partitioned(self, entry_url: str, settings: Any) -> None:
        settings.MIDDLEWARE = [
            "edx_proctoring.constructor.middleware.ProctoredFramingMiddleware",
            *settings.MIDDLEWARE,
        ]
        header = self.open(entry_url).cookies[settings.SESSION_COOKIE_NAME].OutputString()
        for part in ("HttpOnly", "Secure", "SameSite=None", "Partitioned"):
            assert f"; {part}" in header

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-dest": "document"},
            {"sec-fetch-site": "none"},
            {"sec-fetch-site": "same-origin"},
            {"sec-fetch-dest": "empty"},
        ],
    )
    def test_a_page_that_is_not_framed_by_another_site_logs_nobody_in(
        self, entry_url: str, headers: dict[str, str]
    ) -> None:
        assert code_of(self.open(entry_url, **headers)) == "login_required"

    @pytest.mark.parametrize(
        ("status", "code", "asks_again"),
        [
            ("ready_to_start", "not_started", True),
            (None, "not_started", True),
            ("finished", "session_reset", False),
        ],
        ids=["ready", "unknown", "finished"],
    )
    def test_a_session_that_does_not_run_logs_nobody_in(
        self, entry_url: str, vendor: Vendor, status: str | None, code: str, asks_again: bool
    ) -> None:
        vendor.status = status
        answer = self.open(entry_url)
        assert code_of(answer) == code
        assert (RETRY.search(answer.content.decode()) is not None) == asks_again
        assert not answer.cookies

    def test_a_vendor_that_is_down_logs_nobody_in(self, entry_url: str, vendor: Vendor) -> None:
        vendor.fails_with = requests.ConnectionError("down")
        answer = self.open(entry_url)
        assert code_of(answer) == "server_unavailable"
        assert RETRY.search(answer.content.decode())

    def test_the_page_asks_again_by_an_address_that_stands_for_the_frame(self, entry_url: str, vendor: Vendor) -> None:
        """A page that loads itself is of the same origin for the browser, whoever frames it."""
        vendor.status = "ready_to_start"
        retry = html.unescape(RETRY.findall(self.open(entry_url).content.decode())[0])
        assert retry.partition("?")[0] == entry_url.partition("?")[0]
        vendor.status = "started"
        itself = {"sec-fetch-site": "same-origin"}
        assert code_of(self.open(retry, **{**itself, "sec-fetch-dest": "document"})) == "login_required"
        forged = retry.replace("constructor_retry=", "constructor_retry=x")
        assert code_of(self.open(forged, **itself)) == "login_required"
        assert self.open(retry, **itself).status_code == 302

    def test_an_address_to_ask_again_is_good_for_an_hour_and_one_session(
        self, entry_url: str, vendor: Vendor, session: ConstructorSession, at_noon: Any
    ) -> None:
        itself = {"sec-fetch-site": "same-origin"}
        other = entry_login.retry_marker(ConstructorSession(session_id="0" * 32))
        assert code_of(self.open(f"{entry_url}&constructor_retry={other}", **itself)) == "login_required"
        marker = entry_login.retry_marker(session)
        at_noon.tick(timedelta(hours=1, seconds=1))
        assert code_of(self.open(f"{entry_url}&constructor_retry={marker}", **itself)) == "login_required"

    def test_a_token_is_good_five_times(self, entry_url: str) -> None:
        answers = [self.open(entry_url).status_code for _ in range(6)]
        assert answers == [302] * 5 + [200]

    def test_a_token_is_good_for_three_days_at_most(self, entry_url: str, at_noon: Any) -> None:
        at_noon.tick(timedelta(days=3, seconds=1))
        assert code_of(self.open(entry_url)) == "login_required"

    def test_a_token_ends_with_the_exam(
        self,
        browser: Client,
        session: ConstructorSession,
        provider: ConstructorProctoringProvider,
        vendor: Vendor,
        at_noon: Any,
    ) -> None:
        set_options(provider, entry_login=True, window_days=1)
        page = browser.get(f"{PREFIX}/launch/{session.session_id}/").content.decode()
        claims = jwt.decode(TOKEN.findall(page)[0], SECRET, algorithms=["HS256"])
        url = str(claims["sessionUrl"]).removeprefix("http://localhost:8000") + ORIGIN
        at_noon.tick(timedelta(days=1, seconds=1))
        assert code_of(self.open(url)) == "login_required"

    def test_a_token_of_another_session_logs_nobody_in(self, entry_url: str, learner: User) -> None:
        other = factories.make_exam(backend="constructor")
        api.create_exam_attempt(other.pk, learner.pk, taking_as_proctored=True)
        foreign = ConstructorSession.objects.latest("pk")
        token = entry_url.partition("/?")[0].rpartition("/")[2]
        answer = self.open(f"{PREFIX}/entry/{foreign.session_id}/{token}/{ORIGIN}")
        assert code_of(answer) == "login_required"

    def test_switched_off_it_logs_nobody_in(self, entry_url: str, provider: ConstructorProctoringProvider) -> None:
        set_options(provider, entry_login=False)
        assert code_of(self.open(entry_url)) == "login_required"


@pytest.mark.contract("constructor#finished", "constructor#archive")
class TestAfterwards:
    def test_the_end_leads_back_to_the_course(self, session: ConstructorSession) -> None:
        answer = Client().get(f"{PREFIX}/finished/{session.session_id}/")
        assert answer.status_code == 200
        assert "/course/" in answer.content.decode()

    def test_staff_are_led_to_the_record(self, session: ConstructorSession) -> None:
        answer = logged_in(factories.make_staff()).get(f"{PREFIX}/archive/{session.session_id}/")
        claims = jwt.decode(TOKEN.findall(answer.content.decode())[0], SECRET, algorithms=["HS256"])
        assert claims["sessionId"] == session.session_id
        assert f"/integration/simple/demo/archive/{session.session_id}/" in answer.content.decode()

    def test_a_learner_is_not(self, browser: Client, session: ConstructorSession) -> None:
        assert browser.get(f"{PREFIX}/archive/{session.session_id}/").status_code == 404
        assert Client().get(f"{PREFIX}/archive/{session.session_id}/").status_code == 302


@pytest.mark.contract("constructor#launch", "constructor#entry", "constructor#finished")
@pytest.mark.parametrize("name", ["launch", "entry", "finished"])
@pytest.mark.parametrize(
    "query",
    ["content_url", "contentUrl", "restartUrl", "returnUrl", "next", "sessionFinishUrl", "sessionUrl", "redirect"],
)
def test_no_address_of_a_request_is_followed(
    browser: Client, session: ConstructorSession, vendor: Vendor, name: str, query: str
) -> None:
    path = f"{PREFIX}/{name}/{session.session_id}/{ORIGIN}&{query}=https://evil.example/"
    answer = browser.get(path, headers={**FRAMED, "referer": "https://evil.example/"})
    content = answer.content.decode()
    assert answer.status_code == 200
    assert "evil.example" not in content
    for token in TOKEN.findall(content):
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        assert claims["sessionUrl"].startswith("http://localhost:8000/")
        assert claims["sessionFinishUrl"].startswith("http://localhost:8000/")


def test_the_login_inside_the_frame_leads_to_our_own_page_only(
    browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider, vendor: Vendor
) -> None:
    set_options(provider, entry_login=True)
    page = browser.get(f"{PREFIX}/launch/{session.session_id}/").content.decode()
    claims = jwt.decode(TOKEN.findall(page)[0], SECRET, algorithms=["HS256"])
    url = str(claims["sessionUrl"]).removeprefix("http://localhost:8000") + f"{ORIGIN}&next=https://evil.example/"
    answer = Client().get(url, headers=FRAMED)
    assert answer["Location"].startswith(f"{PREFIX}/entry/{session.session_id}/?")
    assert "evil.example" not in answer["Location"]
