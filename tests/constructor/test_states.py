"""What a session may become: the table, and laws that hold for any sequence of requests."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.apps import apps
from django.db import transaction
from django.test import Client, RequestFactory
from django.utils import timezone
from freezegun import freeze_time
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from edx_proctoring import api
from edx_proctoring.backends.constructor import store
from edx_proctoring.constructor import cookies, session_states, sessions
from edx_proctoring.constructor.models import (
    ENDED,
    MAY_BECOME,
    ConstructorSession,
    State,
    may_become,
)
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import NOON, PREFIX, Vendor, logged_in, make_provider, send
from .pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.contract("constructor#states")]

N, L, B, R, P, X = State.NEW, State.LAUNCHED, State.SCHEDULED, State.READY, State.PROCTORED, State.LOST
F, C, T = State.FINISHED, State.CANCELED, State.RESET

# What each state may become, besides itself. Written out, so that a change of the rule is a change here.
TABLE = {
    N: {L, B, R, F, C, T},
    L: {B, R, F, C, T},
    B: {L, R, F, C, T},
    R: {P, F, C, T},
    P: {X, F, C, T},
    X: {P, F, C, T},
    F: {T},
    C: {T},
    T: set(),
}


def test_the_table_is_the_rule() -> None:
    assert {state: set(targets) for state, targets in MAY_BECOME.items()} == TABLE
    assert set(TABLE) == set(State)


def test_from_an_ended_state_none_leads_back() -> None:
    for state in ENDED:
        assert TABLE[state] <= set(ENDED)


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(a, b, id=f"{a.value}-{b.value}") for a, b in itertools.product(State, State)],
)
def test_each_pair(session: ConstructorSession, before: State, after: State) -> None:
    ConstructorSession.objects.update(state=before)
    # As a request has it that has read the session a moment ago.
    is_allowed = after == before or after in TABLE[before]
    assert session_states.advance(session, after, now=timezone.now()) is is_allowed
    assert ConstructorSession.objects.get().state == session.state == (after if is_allowed else before)


@pytest.mark.parametrize("state", [pytest.param(state, id=state.value) for state in State])
def test_staying_can_be_refused(session: ConstructorSession, state: State) -> None:
    ConstructorSession.objects.update(state=state)
    assert not session_states.advance(session, state, now=timezone.now(), may_stay=False)


@pytest.mark.parametrize("state", [pytest.param(state, id=state.value) for state in State])
def test_values_are_kept_while_the_session_is_not_over(session: ConstructorSession, state: State) -> None:
    ConstructorSession.objects.update(state=state)
    assert session_states.keep(session, now=timezone.now(), client_origin="https://x.example") is (state not in ENDED)
    assert ConstructorSession.objects.get().state == state


@pytest.mark.parametrize("state", [pytest.param(state, id=state.value) for state in State])
def test_the_end_and_the_removal(session: ConstructorSession, state: State) -> None:
    current = store.current()
    assert current is not None
    ConstructorSession.objects.update(state=state)
    current.note_end(session.session_id, finish_state="pending")
    ended = {State.SCHEDULED: State.CANCELED, State.CANCELED: State.CANCELED, State.RESET: State.RESET}
    assert ConstructorSession.objects.get().state == ended.get(state, State.FINISHED)
    current.note_removal(session.session_id)
    assert ConstructorSession.objects.get().state == State.RESET


def test_sources_hold_the_state_itself() -> None:
    assert all(state in may_become(state) for state in State)


class SessionMachine(RuleBasedStateMachine):
    """One learner, one exam, and the vendor: requests in any order, with a vendor that may be down or change its mind.

    The model keeps what the vendor said last, and which states each session went through.
    """

    @initialize(
        stage=st.sampled_from(["registered", "opened", "proctored", "started", "started"]), has_verdict=st.booleans()
    )
    def enter(self, stage: str, has_verdict: bool) -> None:
        # Runs share the database of one test: each is undone before the next.
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock = freeze_time(NOON)
        self.now = self.clock.start()
        self.backends = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
        self.backends["constructor"] = self.provider = make_provider(status_ttl_seconds=0)
        self.mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.mock.start()
        self.vendor = Vendor(self.mock)
        self.exam, self.learner = factories.make_exam(backend="constructor"), factories.make_user()
        self.staff = factories.make_staff()
        self.browser: Client = logged_in(self.learner)
        self.states: dict[str, list[str]] = {}
        self.reviews = 0
        self.pages: list[Page] = []
        api.create_exam_attempt(self.exam.pk, self.learner.pk, taking_as_proctored=True)
        # Later stages at once: a random walk seldom gets there.
        if stage != "registered":
            self.launch()
            self.open_the_page()
        if stage in ("proctored", "started"):
            assert self.pages[0].verify().status_code == 200
        if stage == "started":
            assert self._put("start").status_code == 200
        if has_verdict:
            self.a_message_of_the_vendor("review", "accepted", "scheduled", is_repeated=False)

    def teardown(self) -> None:
        try:
            self._nothing_is_lost()
        finally:
            self.mock.stop(allow_assert=False)
            self.clock.stop()
            del self.backends["constructor"]
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def _nothing_is_lost(self) -> None:
        """In the end every submission is told, and every verdict on a submitted attempt has reached the core."""
        # A random walk seldom ends there by itself.
        self.start(is_framed=False)
        self.start(is_framed=True)
        self.submit()
        self.vendor.fails_with, self.vendor.status = None, "finished"
        for _ in range(3):
            self.now.tick(timedelta(hours=2))
            api.deliver_due_effects(limit=1000)
        due = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE, kind=AttemptEffect.KIND_PROVIDER)
        assert not due.exists(), list(due.values_list("call_name", "last_error"))
        for session in ConstructorSession.objects.exclude(draft_review=""):
            attempt = ProctoredExamStudentAttempt.objects.filter(attempt_code=session.attempt_code).first()
            assert attempt is None or not Status.is_completed_status(attempt.status), "a verdict was left"

    def _current(self) -> ProctoredExamStudentAttempt | None:
        return ProctoredExamStudentAttempt.objects.get_current_exam_attempt(self.exam.pk, self.learner.pk)

    def _session(self) -> ConstructorSession | None:
        attempt = self._current()
        return None if attempt is None else sessions.find(attempt.external_id or "")

    # The learner

    @rule()
    def begin_again(self) -> None:
        try:
            api.create_exam_attempt(self.exam.pk, self.learner.pk, taking_as_proctored=True)
        except ProctoredBaseException:
            assert self._current() is not None

    @rule()
    def launch(self) -> None:
        session = self._session()
        if session is not None:
            assert self.browser.get(f"{PREFIX}/launch/{session.session_id}/").status_code == 200

    @rule()
    def open_the_page(self) -> None:
        session = self._session()
        if session is not None:
            page = Page(self.browser, session)
            assert page.answer.status_code == 200
            if "proctoring-guard-config" in page.answer.content.decode():
                self.pages.append(page)

    @precondition(lambda self: self.pages)
    @rule(newest=st.booleans(), code=st.sampled_from([None, "A", "B"]))
    def a_message_comes(self, newest: bool, code: str | None) -> None:
        page = self.pages[-1 if newest else 0]
        answer = page.verify(code)
        assert answer.status_code in (200, 403, 409, 503)
        if answer.status_code == 200:
            assert self.vendor.status == "started" or self.vendor.fails_with is not None
            assert page.session.session_id == getattr(self._session(), "session_id", None)

    @precondition(lambda self: self.pages)
    @rule(newest=st.booleans())
    def the_page_gives_a_sign_of_life(self, newest: bool) -> None:
        page = self.pages[-1 if newest else 0]
        answer = page.heartbeat()
        if answer["state"] == "open":
            assert page.session.session_id == getattr(self._session(), "session_id", None)

    @rule(is_framed=st.booleans())
    def start(self, is_framed: bool) -> None:
        """From the page, or from another browser of the learner, which has not the cookie."""
        attempt, session = self._current(), self._session()
        answer = self._put("start", None if is_framed else logged_in(self.learner))
        if attempt is None or session is None or attempt.status != Status.ready_to_start:
            return
        assert (answer.status_code == 200) is (is_framed and self._is_proven(session)), answer.content

    @rule()
    def submit(self) -> None:
        attempt = self._current()
        was_open = attempt is not None and attempt.status in (Status.started, Status.ready_to_submit)
        answer = self._put("submit")
        if was_open:
            assert answer.status_code == 200, "submitting is never refused"
            session = self._session()
            assert session is not None
            assert session.is_over, "whatever the vendor answers"
            assert session.draft_review == "", "the verdict that waited has reached the core"

    def _is_proven(self, session: ConstructorSession) -> bool:
        """Whether the cookie in the browser is of this session, which is proctored and was alive two minutes ago."""
        request = RequestFactory().get("/")
        request.COOKIES = {name: morsel.value for name, morsel in self.browser.cookies.items()}
        proof = cookies.read(request)
        return (
            proof is not None
            and proof.session_id == session.session_id
            and session.state == State.PROCTORED
            and session.heartbeat_at is not None
            and timezone.now() - session.heartbeat_at <= timedelta(seconds=120)
        )

    def _put(self, action: str, browser: Client | None = None) -> Any:
        attempt = self._current()
        if attempt is None:
            return None
        answer = (browser or self.browser).put(
            f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.pk}",
            data=json.dumps({"action": action}),
            content_type="application/json",
        )
        assert answer.status_code < 500, answer.content
        return answer

    # The vendor and staff

    @rule(status=st.sampled_from(["started", "started", "ready_to_start", "late_to_start", "finished", None]))
    def the_vendor_says(self, status: str | None) -> None:
        self.vendor.status = status

    @rule(failure=st.sampled_from([None, None, 500, 401, "down"]))
    def the_vendor_fails(self, failure: Any) -> None:
        self.vendor.fails_with = requests.ConnectionError("down") if failure == "down" else failure

    @rule(
        kind=st.sampled_from(["review", "schedule", "agreement", "warning"]),
        conclusion=st.sampled_from(["accepted", "rejected", "unknown"]),
        event=st.sampled_from(["scheduled", "canceled"]),
        is_repeated=st.booleans(),
    )
    def a_message_of_the_vendor(self, kind: str, conclusion: str, event: str, is_repeated: bool) -> None:
        session = ConstructorSession.objects.order_by("-pk").first()
        if session is None:
            return
        self.reviews += not is_repeated
        body = {"sessionId": session.session_id, "conclusion": conclusion, "event": event, "n": self.reviews}
        assert send(kind, body).status_code == 200
        assert send(kind, body).status_code == 200
        attempt = ProctoredExamStudentAttempt.objects.filter(attempt_code=session.attempt_code).first()
        if kind == "review" and conclusion != "unknown" and attempt is not None:
            if Status.is_completed_status(attempt.status):
                assert ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=session.attempt_code).exists()
            else:
                assert ConstructorSession.objects.get(pk=session.pk).draft_review != ""

    @rule()
    def reset(self) -> None:
        attempt = self._current()
        if attempt is not None:
            try:
                api.remove_exam_attempt(attempt.pk, self.staff)
            except ProctoredBaseException:
                assert self._current() == attempt, "a removal that failed removes nothing"

    @rule(seconds=st.sampled_from([1, 31, 130, 700]))
    def time_passes(self, seconds: int) -> None:
        self.now.tick(seconds)

    @invariant()
    def every_step_is_in_the_table(self) -> None:
        for session_id, state in ConstructorSession.objects.values_list("session_id", "state"):
            path = self.states.setdefault(session_id, [State.NEW])
            if path[-1] != state:
                assert state in _reachable(State(path[-1])), (path, state)
                path.append(state)

    @invariant()
    def at_most_one_session_is_open(self) -> None:
        open_ones = [
            session
            for session in ConstructorSession.objects.current()
            if ProctoredExamStudentAttempt.objects.filter(
                attempt_code=session.attempt_code, status__in=sessions.OPEN_STATUSES
            ).exists()
        ]
        assert len(open_ones) <= 1

    @invariant()
    def an_attempt_that_is_over_or_gone_shows_nothing(self) -> None:
        """No page of it can open any more, whatever the vendor's server answered at the end."""
        for session in ConstructorSession.objects.filter(state__in=(State.READY, State.PROCTORED, State.LOST)):
            attempt = ProctoredExamStudentAttempt.objects.filter(attempt_code=session.attempt_code).first()
            assert attempt is not None
            assert attempt.status in sessions.OPEN_STATUSES

    @invariant()
    def names_are_forgotten_at_the_end(self) -> None:
        for session in ConstructorSession.objects.filter(state__in=ENDED):
            assert not {"full_name", "email"} & session.registration.keys()


def _reachable(state: State) -> set[State]:
    """What a state may become by one or more steps: a rule may take several."""
    found: set[State] = set()
    todo = [state]
    while todo:
        for target in TABLE[todo.pop()] - found:
            found.add(target)
            todo.append(target)
    return found


def test_laws_hold_for_any_sequence_of_requests() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        SessionMachine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
