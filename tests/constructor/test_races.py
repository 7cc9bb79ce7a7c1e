"""Requests at the same moment, by real threads. Each has a control that shows the fault without what prevents it."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.db.models import QuerySet
from django.test import Client

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, store
from edx_proctoring.backends.constructor.store import Registration
from edx_proctoring.constructor import session_states
from edx_proctoring.constructor.entry_login import MOST_USES
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State
from edx_proctoring.constructor.views import webhooks
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt, ReviewInboxEntry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests.concurrency.conftest import at_the_same_time

from .account import FRAMED, PREFIX, SECRET, Vendor, send, set_options
from .pages import ORIGIN, TOKEN, Page

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "not __import__('django.db').db.connection.features.has_select_for_update",
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]

MANY = 4


def meeting(number: int, seconds: float = 1.5) -> Callable[[], None]:
    """Hold each thread until so many have arrived; if the others never do, the first goes on alone."""
    barrier = threading.Barrier(number)

    def meet() -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=seconds)

    return meet


def failures(outcomes: list[Any]) -> list[Any]:
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


@pytest.mark.contract("constructor#webhooks")
@pytest.mark.parametrize(
    ("claims", "effects"),
    [
        pytest.param(False, MANY, id="control-without-the-claim-it-counts-each-time"),
        pytest.param(True, 1, id="with-the-claim-it-counts-once"),
    ],
)
def test_one_message_in_several_deliveries_at_once(
    session: ConstructorSession, monkeypatch: pytest.MonkeyPatch, claims: bool, effects: int
) -> None:
    if not claims:
        monkeypatch.setattr(webhooks, "_claim", lambda event: True)
    meet, emitted = meeting(MANY), []

    def at_once(*args: Any, **kwargs: Any) -> None:
        meet()
        emitted.append(args)

    monkeypatch.setattr(webhooks, "_emit_event", at_once)
    body = {"sessionId": session.session_id, "type": "VOICE"}
    outcomes = at_the_same_time(*[lambda: send("warning", body).status_code] * MANY)
    assert failures(outcomes) == []
    assert len(emitted) == effects
    if claims:
        assert sorted(outcomes) == [200] + [409] * (MANY - 1)
        assert send("warning", body).json() == {"status": "ok"}
    assert ConstructorEvent.objects.filter(kind="warning").count() == 1


@pytest.mark.contract("constructor#webhooks")
def test_one_review_in_several_deliveries_at_once(
    submitted: ProctoredExamStudentAttempt, status_of: Callable[[], str]
) -> None:
    body = {"sessionId": submitted.external_id, "conclusion": "accepted"}
    outcomes = at_the_same_time(*[lambda: send("review", body).status_code] * MANY)
    assert failures(outcomes) == []
    assert set(outcomes) <= {200, 409}
    assert 200 in outcomes
    assert ReviewInboxEntry.objects.count() == ProctoredExamSoftwareSecureReview.objects.count() == 1
    assert status_of() == Status.verified


@pytest.mark.contract("constructor#review")
@pytest.mark.parametrize("attempt_number", range(3))
def test_a_review_and_the_submission_at_once(
    attempt: ProctoredExamStudentAttempt, vendor: Vendor, status_of: Callable[[], str], attempt_number: int
) -> None:
    for status in (Status.ready_to_start, Status.started):
        api.update_attempt_status(attempt.pk, status)
    body = {"sessionId": attempt.external_id, "conclusion": "accepted"}
    outcomes = at_the_same_time(
        lambda: send("review", body).status_code,
        lambda: api.update_attempt_status(attempt.pk, Status.submitted),
    )
    assert failures(outcomes) == []
    assert status_of() == Status.verified
    assert ConstructorSession.objects.get().draft_review == ""


@pytest.mark.contract("constructor#review")
def test_different_reviews_at_once_all_reach_the_core_or_are_followed_by_a_later_one(
    submitted: ProctoredExamStudentAttempt, status_of: Callable[[], str]
) -> None:
    words = ["accepted", "rejected", "odd", "accepted"]
    bodies = [
        {"sessionId": submitted.external_id, "conclusion": word, "comment": str(number)}
        for number, word in enumerate(words)
    ]
    outcomes = at_the_same_time(*[lambda body=body: send("review", body).status_code for body in bodies])
    assert outcomes == [200] * len(words)
    session = ConstructorSession.objects.get()
    assert (session.draft_review, session.draft_claimed_at) == ("", None)
    review = ProctoredExamSoftwareSecureReview.objects.get()
    expected = Status.verified if review.review_status == "Clean" else Status.second_review_required
    assert status_of() == expected, "the attempt follows the review that is stored"


@pytest.mark.contract("constructor#assess-code")
@pytest.mark.parametrize(
    ("locked", "opened"),
    [
        pytest.param(False, 2, id="control-without-the-lock-both-open"),
        pytest.param(True, 1, id="with-the-lock-one-opens"),
    ],
)
def test_two_codes_at_once(
    page: Page,
    provider: ConstructorProctoringProvider,
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
    opened: int,
) -> None:
    set_options(provider, require_server_confirmation=False)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    meet, advance = meeting(2), session_states.advance

    def at_once(session: ConstructorSession, to_state: State, **kwargs: Any) -> bool:
        meet()
        return advance(session, to_state, **kwargs)

    config = page.config
    monkeypatch.setattr(session_states, "advance", at_once)
    assert config["verifyUrl"]
    outcomes = at_the_same_time(
        lambda: page.verify("A", headers={"X-Proctoring-Page-Token": config["pageToken"]}).status_code,
        lambda: page.verify("B", headers={"X-Proctoring-Page-Token": config["pageToken"]}).status_code,
    )
    assert failures(outcomes) == []
    assert outcomes.count(200) == opened


@pytest.mark.contract("constructor#provider")
@pytest.mark.parametrize("codes", [("SAME", "SAME"), ("ONE", "TWO")], ids=["one-attempt", "two-attempts"])
def test_two_registrations_at_once(exam: Any, codes: tuple[str, str]) -> None:
    current = store.current()
    assert current is not None

    def register(number: int) -> str:
        return current.create(
            Registration(
                session_id=f"{number:032x}",
                backend="constructor",
                attempt_code=codes[number],
                user_subject="s",
                course_id=exam.course_id,
                content_id=exam.content_id,
                exam_external_id="e",
                values={},
            )
        )

    outcomes = at_the_same_time(lambda: register(0), lambda: register(1))
    assert failures(outcomes) == []
    assert len(set(outcomes)) == len(set(codes))
    # Which of two attempts will be made is not known here.
    assert set(ConstructorSession.objects.values_list("state", flat=True)) == {State.NEW}


@pytest.mark.contract("constructor#states")
def test_a_page_and_the_removal_at_once(page: Page, attempt: ProctoredExamStudentAttempt, provider: Any) -> None:
    set_options(provider, require_server_confirmation=False)
    token = {"X-Proctoring-Page-Token": page.config["pageToken"]}
    current = store.current()
    assert current is not None
    outcomes = at_the_same_time(
        lambda: current.note_removal(attempt.external_id or ""),
        *[lambda: page.verify(headers=token).status_code] * 3,
    )
    assert failures(outcomes) == []
    assert set(outcomes[1:]) <= {200, 409}
    assert ConstructorSession.objects.get().state == State.RESET


@pytest.mark.contract("constructor#entry-login")
def test_a_token_at_once_is_good_five_times(
    browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider, vendor: Vendor
) -> None:
    set_options(provider, entry_login=True)
    page = browser.get(f"{PREFIX}/launch/{session.session_id}/").content.decode()
    claims = jwt.decode(TOKEN.findall(page)[0], SECRET, algorithms=["HS256"])
    path = str(claims["sessionUrl"]).removeprefix("http://localhost:8000") + ORIGIN
    outcomes = at_the_same_time(*[lambda: Client().get(path, headers=FRAMED).status_code] * 8)
    assert failures(outcomes) == []
    assert outcomes.count(302) == MOST_USES
