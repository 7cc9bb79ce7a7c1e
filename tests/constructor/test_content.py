"""What opens the content and starts the exam; who may frame pages."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import django
import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import cookies, frame_ancestors
from edx_proctoring.constructor.checks import MIDDLEWARE
from edx_proctoring.constructor.middleware import ProctoredFramingMiddleware
from edx_proctoring.constructor.models import ConstructorSession, State
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import FRAMED, PREFIX, VENDOR, logged_in
from .pages import Page

pytestmark = pytest.mark.django_db


@pytest.mark.contract("page-context#reentry", "provider-interface#reentry")
class TestWayBack:
    """Outside of the vendor's window the exam's page leads there."""

    def page_of(self, attempt: ProctoredExamStudentAttempt) -> str:
        exam = attempt.proctored_exam
        page = api.get_student_view(
            attempt.user_id, exam.course_id, exam.content_id, {"display_name": "Exam", "default_time_limit_mins": 90}
        )
        assert page is not None
        return str(page)

    @pytest.mark.parametrize("status", [Status.ready_to_start, Status.started])
    def test_a_learner_who_closed_the_window_opens_it_again(
        self, attempt: ProctoredExamStudentAttempt, session: ConstructorSession, status: str
    ) -> None:
        for step in (Status.ready_to_start, status):
            api.update_attempt_status(attempt.pk, step)
        page = self.page_of(attempt)
        assert f"/launch/{session.session_id}/" in page
        assert 'data-action="start"' not in page

    def test_inside_of_it_the_exam_is_started(
        self, attempt: ProctoredExamStudentAttempt, provider: ConstructorProctoringProvider, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(provider, "should_block_access_to_exam_material", lambda: False)
        api.update_attempt_status(attempt.pk, Status.ready_to_start)
        page = self.page_of(attempt)
        assert "/launch/" not in page
        assert 'data-action="start"' in page

    @pytest.mark.parametrize("way", [lambda attempt: 1 / 0, lambda attempt: None, lambda attempt: "javascript:x"])
    def test_a_provider_without_a_way_back_shows_the_page_without_it(
        self,
        attempt: ProctoredExamStudentAttempt,
        provider: ConstructorProctoringProvider,
        monkeypatch: Any,
        way: Callable[..., Any],
    ) -> None:
        monkeypatch.setattr(provider, "get_reentry_url", way)
        api.update_attempt_status(attempt.pk, Status.ready_to_start)
        page = self.page_of(attempt)
        assert 'data-action="start"' in page
        assert "javascript:" not in page


@pytest.mark.contract("constructor#content")
class TestContent:
    @pytest.fixture
    def shows(
        self, page: Page, provider: ConstructorProctoringProvider, learner: User, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., bool]:
        """Ask as the core does, with the cookie of the page."""
        value = page.verify().cookies[cookies.NAME].value

        def ask(user: Any = learner, cookie: str = value, **more: Any) -> bool:
            request = RequestFactory().get("/", headers=more.get("headers", {"sec-fetch-dest": "iframe"}))
            request.user = user
            request.COOKIES = {cookies.NAME: cookie} if cookie else {}
            request.resolver_match = SimpleNamespace(kwargs=more.get("kwargs", {}))  # type: ignore[assignment]
            monkeypatch.setattr("edx_proctoring.backends.constructor.provider.get_current_request", lambda: request)
            return not provider.should_block_access_to_exam_material()

        return ask

    def test_the_proctored_page_shows_it(self, shows: Callable[..., bool]) -> None:
        assert shows()

    def test_without_a_request_it_is_hidden(self, provider: ConstructorProctoringProvider) -> None:
        assert provider.should_block_access_to_exam_material()

    def test_without_the_cookie_it_is_hidden_though_the_attempt_runs(
        self, shows: Callable[..., bool], attempt: ProctoredExamStudentAttempt
    ) -> None:
        api.update_attempt_status(attempt.pk, Status.started)
        assert not shows(cookie="")

    def test_the_cookie_of_somebody_else_shows_nothing(self, shows: Callable[..., bool]) -> None:
        assert not shows(user=factories.make_user())

    @pytest.mark.parametrize("change", ["tampered", "garbage", "long"])
    def test_a_made_up_cookie_shows_nothing(self, shows: Callable[..., bool], change: str) -> None:
        assert not shows(cookie={"tampered": "WyJmIiwxXQ:1x:y", "garbage": "\x00:::", "long": "x" * 9000}[change])

    def test_an_old_cookie_shows_nothing(self, shows: Callable[..., bool], at_noon: Any) -> None:
        at_noon.tick(12 * 60 * 60 + 1)
        ConstructorSession.objects.update(heartbeat_at=timezone.now())
        assert not shows()

    @pytest.mark.parametrize(("seconds", "is_shown"), [(120, True), (121, False)])
    def test_a_page_that_is_silent_for_four_heartbeats_is_gone(
        self, shows: Callable[..., bool], at_noon: Any, seconds: int, is_shown: bool
    ) -> None:
        at_noon.tick(seconds)
        assert shows() is is_shown

    def test_a_tab_of_its_own_shows_nothing(self, shows: Callable[..., bool]) -> None:
        assert not shows(headers={"sec-fetch-dest": "document"})
        assert shows(headers={"sec-fetch-dest": "empty"})
        assert shows(headers={})

    @pytest.mark.parametrize("state", [State.LOST, State.FINISHED, State.RESET, State.READY])
    def test_a_session_that_is_not_proctored_shows_nothing(self, shows: Callable[..., bool], state: State) -> None:
        ConstructorSession.objects.update(state=state)
        assert not shows()

    def test_the_proof_for_one_exam_does_not_show_another(
        self, shows: Callable[..., bool], session: ConstructorSession
    ) -> None:
        other = factories.make_exam(backend="constructor")
        assert shows(kwargs={"usage_key": session.content_id})
        assert not shows(kwargs={"usage_key": other.content_id})

    @pytest.mark.contract("constructor#gate")
    def test_the_proof_for_one_exam_does_not_start_another(self, page: Page, learner: User, browser: Client) -> None:
        page.verify()
        other = factories.make_exam(backend="constructor")
        attempt_id = api.create_exam_attempt(other.pk, learner.pk, taking_as_proctored=True)
        api.update_attempt_status(attempt_id, Status.ready_to_start)
        answer = browser.put(
            f"/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}",
            data=json.dumps({"action": "start"}),
            content_type="application/json",
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "proctoring_required")

    @pytest.mark.contract("constructor#gate")
    def test_the_exam_starts_on_the_proctored_page_only(
        self, page: Page, attempt: ProctoredExamStudentAttempt, status_of: Callable[[], str], learner: User
    ) -> None:
        url = f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.pk}"
        start = {"data": json.dumps({"action": "start"}), "content_type": "application/json"}
        api.update_attempt_status(attempt.pk, Status.ready_to_start)
        answer = logged_in(learner).put(url, **start)
        assert (answer.status_code, answer.json()["code"]) == (403, "proctoring_required")
        assert answer.json()["launch_url"].endswith(f"/launch/{attempt.external_id}/")
        page.verify()
        assert page.browser.put(url, **start).status_code == 200
        assert status_of() == Status.started
        # Submitting is never refused.
        submit = {"data": json.dumps({"action": "submit"}), "content_type": "application/json"}
        assert logged_in(learner).put(url, **submit).status_code == 200
        assert status_of() == Status.submitted


@pytest.mark.contract("constructor#framing")
class TestTheWholeStack:
    """Through the host's middlewares, in the order that the guide asks for."""

    @pytest.fixture(autouse=True)
    def stack(self, settings: Any) -> None:
        """A host that forbids frames, by the header and, where Django can, by a policy."""
        settings.MIDDLEWARE = [
            MIDDLEWARE,
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            *(["django.middleware.csp.ContentSecurityPolicyMiddleware"] if django.VERSION >= (6, 0) else []),
            *settings.MIDDLEWARE,
        ]
        settings.SECURE_CSP = {"default-src": ["'self'"], "frame-ancestors": ["'none'"]}

    def test_the_covered_page_may_be_framed_by_the_vendor(self, page: Page) -> None:
        assert not page.answer.has_header("X-Frame-Options")
        ancestors = page.answer["Content-Security-Policy"].partition("frame-ancestors")[2].partition(";")[0]
        assert ancestors.split() == ["'self'", VENDOR]

    @pytest.mark.parametrize("path", ["finished/{}/", "entry/{}/?examus-client-origin=https://evil.example"])
    def test_refusals_and_the_end_by_the_trusted_origins(
        self, browser: Client, session: ConstructorSession, path: str
    ) -> None:
        answer = browser.get(f"{PREFIX}/{path.format(session.session_id)}", headers=FRAMED)
        assert VENDOR in answer["Content-Security-Policy"]
        assert "evil" not in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("path", ["launch/{}/", "archive/{}/"])
    def test_pages_that_open_alone_by_the_site_only(
        self, session: ConstructorSession, learner: User, path: str
    ) -> None:
        user = factories.make_staff() if "archive" in path else learner
        answer = logged_in(user).get(f"{PREFIX}/{path.format(session.session_id)}", headers=FRAMED)
        assert VENDOR not in answer["Content-Security-Policy"].partition("frame-ancestors")[2].partition(";")[0]

    def test_every_other_page_keeps_the_sites_headers(self, page: Page, browser: Client) -> None:
        page.verify()
        answer = browser.get("/edx_proctoring/v1/proctored_exam/active_exams_for_user", headers=FRAMED)
        assert answer["X-Frame-Options"] == "DENY"
        assert VENDOR not in answer.get("Content-Security-Policy", "")


@pytest.mark.contract("constructor#framing")
class TestFraming:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("", f"frame-ancestors 'self' {VENDOR}"),
            ("default-src 'self'", f"default-src 'self'; frame-ancestors 'self' {VENDOR}"),
            ("frame-ancestors 'none'; x y", f"frame-ancestors 'self' {VENDOR}; x y"),
            ("x y, frame-ancestors 'none'", f"x y, frame-ancestors 'self' {VENDOR}"),
            (
                "frame-ancestors 'none', frame-ancestors https://a.example",
                f"frame-ancestors 'self' {VENDOR}, frame-ancestors https://a.example 'self' {VENDOR}",
            ),
            ("x y, z", f"x y; frame-ancestors 'self' {VENDOR}, z"),
            (
                "Frame-Ancestors https://mfe.example 'self'",
                f"Frame-Ancestors https://mfe.example 'self' {VENDOR}",
            ),
        ],
    )
    def test_the_directive_is_united_with_what_is_there(self, given: str, expected: str) -> None:
        response = HttpResponse(headers={"X-Frame-Options": "DENY"})
        if given:
            response["Content-Security-Policy"] = given
        frame_ancestors.allow(response, [VENDOR])
        assert response["Content-Security-Policy"] == expected
        assert not response.has_header("X-Frame-Options")

    @pytest.fixture
    def through(self, learner: User) -> Callable[..., HttpResponse]:
        """Send a request for a page of the host through the middleware."""

        def send(user: Any = learner, dest: str | None = "iframe", **kwargs: Any) -> HttpResponse:
            request = RequestFactory().get("/", headers={} if dest is None else {"sec-fetch-dest": dest})
            request.user = user
            request.resolver_match = SimpleNamespace(kwargs=kwargs)  # type: ignore[assignment]
            return ProctoredFramingMiddleware(lambda _: HttpResponse(headers={"X-Frame-Options": "DENY"}))(request)

        return send

    def test_exam_pages_of_a_session_that_runs_may_be_framed(
        self, page: Page, through: Callable[..., HttpResponse]
    ) -> None:
        session = page.session
        for dest in ("iframe", None):
            answer = through(dest=dest, course_id=session.course_id)
            assert answer["Content-Security-Policy"] == f"frame-ancestors 'self' {VENDOR}"
            assert not answer.has_header("X-Frame-Options")
        assert through(usage_key=session.content_id).has_header("Content-Security-Policy")
        unit = session.content_id.replace("sequential", "vertical")
        assert through(usage_key=unit).has_header("Content-Security-Policy")

    def test_other_pages_keep_the_sites_header(
        self, page: Page, through: Callable[..., HttpResponse], provider: Any
    ) -> None:
        session = page.session
        for answer in (
            through(),
            through(course_id="course-v1:Other+C+1"),
            through(dest="document", course_id=session.course_id),
            through(user=factories.make_user(), course_id=session.course_id),
            through(usage_key="block-v1:Demo+PROC+20269+type@vertical+block@x"),
        ):
            assert answer["X-Frame-Options"] == "DENY"
            assert not answer.has_header("Content-Security-Policy")

    @pytest.mark.parametrize("state", [State.NEW, State.LAUNCHED, State.FINISHED, State.RESET])
    def test_pages_of_a_session_that_does_not_run_keep_it(
        self, page: Page, through: Callable[..., HttpResponse], state: State
    ) -> None:
        ConstructorSession.objects.update(state=state)
        assert through(course_id=page.session.course_id)["X-Frame-Options"] == "DENY"
