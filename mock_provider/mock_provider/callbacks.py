"""What the provider tells the LMS, now or later: the learner is ready, the verdict is in.

A review that the LMS does not accept is sent again (``review_retries``).
Contract: contract/provider-wire#ready, contract/provider-wire#reviewed, contract/mock-provider#callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .constructor import messages, tokens
from .control import Control
from .lms import Lms, Outcome
from .review_retries import Review, ReviewSender
from .rpnow.review import review_document
from .scenario import ReviewPlan
from .scheduler import Scheduler
from .store import Row, Store

DEFAULT_COMMENTS: dict[str, list[dict[str, Any]]] = {
    "passed": [{"comment": "Everything looks good", "status": "ok"}],
    "violation": [{"comment": "Someone else was in the room", "status": "violation", "start": 60, "stop": 95}],
    "suspicious": [{"comment": "The learner looked away often", "status": "suspicious", "start": 120, "stop": 180}],
    "not_reviewed": [{"comment": "The recording could not be played", "status": "error"}],
}


class Callbacks:
    """Sends the provider's callbacks and stores what the LMS answered."""

    def __init__(
        self, store: Store, lms: Lms, control: Control, scheduler: Scheduler, rpnow_callback_secret: str = ""
    ) -> None:
        self._rpnow_callback_secret = rpnow_callback_secret
        self._store = store
        self._lms = lms
        self._control = control
        self._scheduler = scheduler
        self._reviews = ReviewSender(store, self.later)

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Run ``action`` in ``seconds``, which the scenario's ``clock_factor`` multiplies."""
        self._scheduler.after(seconds * self._control.scenario.clock_factor, action)

    def report_ready(self, attempt: Row) -> Outcome:
        """Tell the LMS that the learner finished the set-up."""
        outcome = self._lms.post(attempt, "ready", {"status": "ready"})
        if outcome.accepted:
            self._store.mark_ready(attempt["id"])
        return outcome

    def report_ready_later(self, seconds: float, attempt_id: str) -> None:
        """The same in ``seconds``, unless the attempt is removed by then."""

        def report() -> None:
            attempt = self._store.attempt(attempt_id)
            if attempt is not None:
                self.report_ready(attempt)

        self.later(seconds, report)

    def review_after_submission(self, attempt_id: str) -> None:
        """Send the scenario's verdict after its delay, if it has one, unless the attempt is removed by then."""
        plan = self._control.scenario.review
        if plan.delay is None:
            return

        def review() -> None:
            attempt = self._store.attempt(attempt_id)
            if attempt is not None:
                self.send_review(attempt, plan)

        self.later(plan.delay, review)

    def send_review(self, attempt: Row, plan: ReviewPlan) -> Outcome:
        """Send a verdict, ``plan.repeat`` copies at once; returns the answer to the last.

        If that one is not accepted, the review is sent again later. It replaces an earlier review of the attempt that
        still waits for its retry.
        """
        return self._reviews.send(self._prepare(attempt, plan), copies=plan.repeat)

    def send_message(self, session: Row, kind: str, body: dict[str, Any], *, signed_as: str = "") -> Outcome:
        """Send a message of Constructor Proctor about a session. ``signed_as``: another integration's secret."""
        attempt = self._store.attempt(session["attempt_id"])
        if attempt is None:
            return Outcome(None, "The session is gone.")
        path = messages.WEBHOOK_PATH.format(backend=session["integration"], kind=kind)
        token = tokens.message_token(signed_as or session["integration"])
        return self._lms.post_with_token(attempt, path, body, token)

    def _prepare(self, attempt: Row, plan: ReviewPlan) -> Review:
        comments = plan.comments if plan.comments is not None else DEFAULT_COMMENTS.get(plan.status, [])
        comments = [item for item in comments if isinstance(item, dict)]
        document: dict[str, Any] = {"status": plan.status, "comments": comments}
        if plan.reviewed_by:
            document["reviewed_by"] = plan.reviewed_by
        registration = self._store.registration(attempt["id"])
        session = self._store.constructor_session(attempt["id"])

        def send() -> Outcome:
            return self._lms.post(attempt, "reviewed", document, plan.signed)

        def send_as_rpnow() -> Outcome:
            return self._lms.post_anonymously(attempt, rpnow_document, plan.signed or self._rpnow_callback_secret)

        def send_as_constructor() -> Outcome:
            assert session is not None
            return self.send_message(session, "review", constructor_document)

        if session is not None:
            constructor_document = messages.review(session, plan.status, comments)
        if registration is not None:
            rpnow_document = review_document(
                registration,
                document,
                locator=self._control.scenario.rpnow.locator,
                now=datetime.now(tz=UTC),
            )
        return Review(
            attempt_id=attempt["id"],
            status=plan.status,
            summary="; ".join(str(item.get("comment", "")) for item in comments),
            max_retries=plan.retries,
            send=send_as_constructor if session else send if registration is None else send_as_rpnow,
        )
