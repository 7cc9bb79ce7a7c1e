"""What becomes of an attempt when its reviews come late, twice, in the wrong order, or for one that is gone.

Through the doors that providers use: ``/reviewed`` for REST providers, the anonymous callback for RPNow.
Spec: backends.md 9, 9.5, architecture journey 3.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from edx_proctoring import api, constants
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff

from .conftest import rest_review

pytestmark = [pytest.mark.django_db, pytest.mark.spec("backends.md", "18:6")]

ANONYMOUS = "/edx_proctoring/proctoring_review_callback/"
VENDOR_WORDS = {
    "passed": "Clean",
    "violation": "Rules Violation",
    "suspicious": "Suspicious",
    "not_reviewed": "Not Reviewed",
}


@pytest.fixture(autouse=True)
def services(all_services):
    """An LMS around it."""


class Story:
    """One attempt and what happens to it, in words. ``door`` names the provider: ``rest`` or ``rpnow``."""

    def __init__(self, door: str, kind: str = "proctored") -> None:
        self.door = door
        self.exam = make_exam(kind, backend=door)
        self.attempt = make_attempt(self.exam, status=S.started, external_id="locator-1")
        self.replies: list[int] = []

    def happens(self, *events: str) -> None:
        """``submit``, ``reset``, ``time-out``, ``staff:<verdict>``, or a verdict that the provider sends."""
        for event in events:
            word, _, verdict = event.partition(":")
            if event == "submit":
                api.update_attempt_status(self.attempt.pk, S.submitted)
            elif event == "reset":
                api.remove_exam_attempt(self.attempt.pk, make_staff())
            elif word == "staff":
                review = ProctoredExamSoftwareSecureReview.objects.get(attempt_code=self.attempt.attempt_code)
                review.review_status, review.reviewed_by = VENDOR_WORDS[verdict], make_staff()
                review.save()
            else:
                self.replies.append(self._deliver(event))

    def _deliver(self, verdict: str) -> int:
        client = APIClient()
        if self.door == "rpnow":
            body = create_test_review_payload(
                attempt_code=self.attempt.attempt_code,
                external_id=self.attempt.external_id,
                review_status=VENDOR_WORDS[verdict],
            )
            return client.post(ANONYMOUS, body, content_type="application/json").status_code
        client.force_authenticate(make_staff())
        address = f"/edx_proctoring/v1/proctored_exam/attempt/{self.attempt.external_id}/reviewed"
        return client.post(address, json.dumps(rest_review(verdict)), content_type="application/json").status_code

    @property
    def status(self) -> str | None:
        """Status of the live attempt; None when it was removed."""
        found = ProctoredExamStudentAttempt.objects.filter(pk=self.attempt.pk).first()
        return found and found.status

    @property
    def verdict(self) -> str | None:
        """The current review."""
        review = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=self.attempt.attempt_code).first()
        return review and review.review_status

    @property
    def archived(self) -> list[str]:
        """Former reviews, oldest first."""
        rows = ProctoredExamSoftwareSecureReviewHistory.objects.order_by("id")
        return list(rows.values_list("review_status", flat=True))


@pytest.fixture
def story() -> Callable[..., Story]:
    """Begin one."""
    return Story


# events, status at the end, current verdict, former verdicts. RPNow's violations pass, so they are not used here.
STORIES: dict[str, tuple[list[str], str, str, list[str]]] = {
    "in-order": (["submit", "passed"], S.verified, "Clean", []),
    "the-same-again": (["submit", "passed", "passed"], S.verified, "Clean", ["Clean"]),
    "a-correction": (["submit", "suspicious", "passed"], S.verified, "Clean", ["Suspicious"]),
    "the-correction-came-first": (
        ["submit", "passed", "suspicious"],
        S.second_review_required,
        "Suspicious",
        ["Clean"],
    ),
    "before-the-submission": (["passed"], S.error, "Clean", []),
    "a-failing-one-before-the-submission": (["suspicious"], S.second_review_required, "Suspicious", []),
    "again-after-the-submission-it-was-too-early-for": (
        ["passed", "submit", "passed"],
        S.verified,
        "Clean",
        ["Clean"],
    ),
    "not-reviewed-then-reviewed": (["submit", "not_reviewed", "passed"], S.verified, "Clean", ["Not Reviewed"]),
    "a-person-decided": (["submit", "suspicious", "staff:violation"], S.verified, "Rules Violation", ["Suspicious"]),
    "late-after-a-person-s-decision": (
        ["submit", "suspicious", "staff:passed", "suspicious"],
        S.verified,
        "Clean",
        ["Suspicious"],
    ),
}


@pytest.mark.spec("backends.md", "9.1:orders", "9.4:table")
@pytest.mark.parametrize("door", ["rest", "rpnow"])
@pytest.mark.parametrize(("events", "status", "verdict", "former"), STORIES.values(), ids=STORIES.keys())
def test_reviews_in_any_order(story, door, events, status, verdict, former):
    if door == "rest" and "staff:violation" in events:
        status = S.rejected  # REST providers pass clean reviews only
    told = story(door)
    told.happens(*events)
    assert (told.status, told.verdict, told.archived) == (status, verdict, former)
    assert set(told.replies) <= {200}
    # A redelivery replaces the comments, it does not add to them.
    per_review = 6 if door == "rpnow" else 1
    assert ProctoredExamSoftwareSecureComment.objects.count() == per_review


@pytest.mark.spec("backends.md", "9.1:again")
@pytest.mark.parametrize("door", ["rest", "rpnow"])
def test_where_reviews_are_final_the_second_is_refused(story, monkeypatch, door):
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
    told = story(door)
    told.happens("submit", "suspicious", "passed")
    assert told.replies == [200, 400]
    assert (told.status, told.verdict, told.archived) == (S.second_review_required, "Suspicious", [])
    outcomes = ReviewInboxEntry.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["applied", "duplicate"]


@pytest.mark.spec("backends.md", "9.4:never-submitted")
@pytest.mark.parametrize("door", ["rest", "rpnow"])
def test_an_attempt_that_timed_out_was_submitted(story, settings, door):
    settings.PROCTORING_SETTINGS = {"ALLOW_TIMED_OUT_STATE": True}
    told = story(door)
    api.update_attempt_status(told.attempt.pk, S.timed_out)
    told.happens("suspicious", "passed")
    assert told.status == S.verified


@pytest.mark.spec("backends.md", "9.4:stays", "9.5:lookup")
class TestResetAttempts:
    """A REST provider names the attempt by an id that died with it; RPNow names a code that is archived."""

    @pytest.mark.parametrize(
        ("door", "reply", "verdict"), [("rest", 400, None), ("rpnow", 200, "Clean")], ids=["rest", "rpnow"]
    )
    def test_a_review_that_comes_after_the_reset(self, story, door, reply, verdict):
        told = story(door)
        told.happens("submit", "reset", "passed")
        assert told.replies == [reply]
        assert (told.status, told.verdict) == (None, verdict)

    @pytest.mark.parametrize(
        ("door", "reply", "verdict"), [("rest", 400, "Suspicious"), ("rpnow", 200, "Clean")], ids=["rest", "rpnow"]
    )
    def test_a_second_review_that_comes_after_the_reset(self, story, door, reply, verdict):
        told = story(door)
        told.happens("submit", "suspicious", "reset", "passed")
        assert told.replies == [200, reply]
        assert (told.status, told.verdict) == (None, verdict)
        # It stays the review of an attempt that is gone.
        assert ProctoredExamSoftwareSecureReview.objects.get().is_attempt_active is False

    @pytest.mark.parametrize("door", ["rest", "rpnow"])
    def test_the_attempt_that_follows_is_not_touched_by_it(self, story, door):
        told = story(door)
        told.happens("submit", "reset")
        new = make_attempt(told.exam, user=told.attempt.user, status=S.submitted, external_id="locator-2")
        mail.outbox.clear()
        told.happens("passed")
        new.refresh_from_db()
        assert new.status == S.submitted
        assert mail.outbox == []

    @pytest.mark.parametrize("door", ["rest", "rpnow"])
    def test_the_attempt_that_follows_gets_its_own(self, story, door):
        told = story(door)
        told.happens("submit", "suspicious", "reset")
        told.attempt = make_attempt(told.exam, user=told.attempt.user, status=S.submitted, external_id="locator-2")
        told.happens("passed")
        assert (told.status, told.verdict) == (S.verified, "Clean")
        assert ProctoredExamSoftwareSecureReview.objects.count() == 2

    def test_an_onboarding_attempt_that_was_replaced_stays_replaced(self, backends_registry, story):
        backends_registry["rest"].supports_onboarding = True
        told = story("rest", "onboarding")
        ProctoredExamStudentAttempt.objects.filter(pk=told.attempt.pk).update(status=S.onboarding_reset)
        told.happens("passed")
        assert told.replies == [200]
        assert (told.status, told.verdict) == (S.onboarding_reset, "Clean")


@pytest.mark.spec("backends.md", "9.1:gone")
@pytest.mark.parametrize(("door", "reply"), [("rest", 412), ("rpnow", 200)], ids=["rest", "rpnow-names-its-provider"])
def test_an_exam_that_is_no_longer_proctored(story, door, reply):
    told = story(door)
    told.happens("submit")
    told.exam.is_proctored = False
    told.exam.save()
    told.happens("passed")
    assert told.replies == [reply]
    assert (told.verdict is None) == (reply == 412)


@pytest.mark.spec("backends.md", "9.1:locked")
@pytest.mark.parametrize("door", ["rest", "rpnow"])
def test_a_review_that_breaks_half_way_leaves_nothing(story, monkeypatch, door):
    """Review, archive and comments are stored together or not at all."""
    told = story(door)
    told.happens("submit", "suspicious")
    before = list(ProctoredExamSoftwareSecureComment.objects.values_list("id", flat=True))
    manager: Any = type(ProctoredExamSoftwareSecureComment.objects)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the database is full")

    with monkeypatch.context() as broken:
        broken.setattr(manager, "bulk_create", fail, raising=False)
        with pytest.raises(RuntimeError):
            told.happens("passed")
    assert (told.status, told.verdict, told.archived) == (S.second_review_required, "Suspicious", [])
    assert list(ProctoredExamSoftwareSecureComment.objects.values_list("id", flat=True)) == before
    told.happens("passed")
    assert (told.status, told.verdict, told.archived) == (S.verified, "Clean", ["Suspicious"])
