"""An attempt whose reviews come late, twice, in the wrong order, or after its removal.

Through the endpoints that providers use: ``/reviewed`` for REST providers, the anonymous callback for RPNow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from edx_proctoring import api, constants
from edx_proctoring.api.lifecycle import status_change
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

pytestmark = [pytest.mark.django_db, pytest.mark.contract("reviews#order")]

ANONYMOUS = "/edx_proctoring/proctoring_review_callback/"
VENDOR_WORDS = {
    "passed": "Clean",
    "violation": "Rules Violation",
    "suspicious": "Suspicious",
    "not_reviewed": "Not Reviewed",
}


@pytest.fixture(autouse=True)
def services(all_services):
    """A host with all services."""


class AttemptLife:
    """One attempt and the events of its life. ``provider``: ``rest`` or ``rpnow``."""

    def __init__(self, provider: str, kind: str = "proctored") -> None:
        self.provider = provider
        self.exam = make_exam(kind, backend=provider)
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
        if self.provider == "rpnow":
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
def new_life() -> Callable[..., AttemptLife]:
    """Create an attempt and follow its life."""
    return AttemptLife


# events, status at the end, current verdict, former verdicts. RPNow's violations pass, so they are not used here.
LIVES: dict[str, tuple[list[str], str, str, list[str]]] = {
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


@pytest.mark.contract("reviews#order", "reviews#outcome")
@pytest.mark.parametrize("provider", ["rest", "rpnow"])
@pytest.mark.parametrize(("events", "status", "verdict", "former"), LIVES.values(), ids=LIVES.keys())
def test_reviews_in_any_order_leave_the_last_verdict_and_archive_the_former_ones(
    new_life, provider, events, status, verdict, former
):
    if provider == "rest" and "staff:violation" in events:
        status = S.rejected  # REST providers pass clean reviews only
    life = new_life(provider)
    life.happens(*events)
    assert (life.status, life.verdict, life.archived) == (status, verdict, former)
    assert set(life.replies) <= {200}
    # A redelivery replaces the comments, it does not add to them.
    per_review = 6 if provider == "rpnow" else 1
    assert ProctoredExamSoftwareSecureComment.objects.count() == per_review


@pytest.mark.contract("reviews#repeated")
@pytest.mark.parametrize("provider", ["rest", "rpnow"])
def test_the_learner_gets_a_mail_for_each_change_and_none_for_a_repetition(new_life, provider):
    life = new_life(provider)
    life.happens("submit")
    mail.outbox.clear()
    life.happens("passed", "passed", "passed")
    assert [message.subject.partition(":")[0] for message in mail.outbox] == ["Proctoring attempt verified"]
    life.happens("suspicious", "passed", "passed")
    assert len(mail.outbox) == 2
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 5


@pytest.mark.contract("reviews#again")
@pytest.mark.parametrize("provider", ["rest", "rpnow"])
def test_where_reviews_are_final_the_second_is_refused(new_life, monkeypatch, provider):
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
    life = new_life(provider)
    life.happens("submit", "suspicious", "passed")
    assert life.replies == [200, 400]
    assert (life.status, life.verdict, life.archived) == (S.second_review_required, "Suspicious", [])
    outcomes = ReviewInboxEntry.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["applied", "duplicate"]


@pytest.mark.contract("reviews#never-submitted")
@pytest.mark.parametrize("provider", ["rest", "rpnow"])
def test_a_passing_review_verifies_an_attempt_that_timed_out(new_life, settings, provider):
    settings.PROCTORING_SETTINGS = {"ALLOW_TIMED_OUT_STATE": True}
    life = new_life(provider)
    api.update_attempt_status(life.attempt.pk, S.timed_out)
    life.happens("suspicious", "passed")
    assert life.status == S.verified


@pytest.mark.contract("reviews#unchanged-attempts", "reviews#lookup")
class TestResetAttempts:
    """A REST provider names the attempt by an id that died with it; RPNow names a code that is archived."""

    @pytest.mark.parametrize(
        ("provider", "reply", "verdict"), [("rest", 400, None), ("rpnow", 200, "Clean")], ids=["rest", "rpnow"]
    )
    def test_a_review_after_the_reset_finds_only_what_is_archived(self, new_life, provider, reply, verdict):
        life = new_life(provider)
        life.happens("submit", "reset", "passed")
        assert life.replies == [reply]
        assert (life.status, life.verdict) == (None, verdict)

    @pytest.mark.parametrize(
        ("provider", "reply", "verdict"), [("rest", 400, "Suspicious"), ("rpnow", 200, "Clean")], ids=["rest", "rpnow"]
    )
    def test_a_second_review_after_the_reset_stays_the_review_of_a_removed_attempt(
        self, new_life, provider, reply, verdict
    ):
        life = new_life(provider)
        life.happens("submit", "suspicious", "reset", "passed")
        assert life.replies == [200, reply]
        assert (life.status, life.verdict) == (None, verdict)
        # It stays the review of an attempt that is gone.
        assert ProctoredExamSoftwareSecureReview.objects.get().is_attempt_active is False

    @pytest.mark.parametrize("provider", ["rest", "rpnow"])
    def test_a_review_of_the_removed_attempt_does_not_move_the_new_one(self, new_life, provider):
        life = new_life(provider)
        life.happens("submit", "reset")
        new = make_attempt(life.exam, user=life.attempt.user, status=S.submitted, external_id="locator-2")
        mail.outbox.clear()
        life.happens("passed")
        new.refresh_from_db()
        assert new.status == S.submitted
        assert mail.outbox == []

    @pytest.mark.parametrize("provider", ["rest", "rpnow"])
    def test_a_review_of_the_new_attempt_moves_it(self, new_life, provider):
        life = new_life(provider)
        life.happens("submit", "suspicious", "reset")
        life.attempt = make_attempt(life.exam, user=life.attempt.user, status=S.submitted, external_id="locator-2")
        life.happens("passed")
        assert (life.status, life.verdict) == (S.verified, "Clean")
        assert ProctoredExamSoftwareSecureReview.objects.count() == 2

    def test_a_replaced_onboarding_attempt_stays_reset_while_its_review_is_kept(self, backends_registry, new_life):
        backends_registry["rest"].supports_onboarding = True
        life = new_life("rest", "onboarding")
        ProctoredExamStudentAttempt.objects.filter(pk=life.attempt.pk).update(status=S.onboarding_reset)
        life.happens("passed")
        assert life.replies == [200]
        assert (life.status, life.verdict) == (S.onboarding_reset, "Clean")


@pytest.mark.contract("reviews#not-proctored")
@pytest.mark.parametrize(
    ("provider", "reply"), [("rest", 412), ("rpnow", 200)], ids=["rest", "rpnow-names-its-provider"]
)
def test_a_review_of_an_exam_that_is_no_longer_proctored_is_accepted_only_if_it_names_its_provider(
    new_life, provider, reply
):
    life = new_life(provider)
    life.happens("submit")
    life.exam.is_proctored = False
    life.exam.save()
    life.happens("passed")
    assert life.replies == [reply]
    assert (life.verdict is None) == (reply == 412)


@pytest.mark.contract("reviews#transaction")
@pytest.mark.parametrize("provider", ["rest", "rpnow"])
def test_a_review_that_fails_half_way_is_not_stored_and_can_be_delivered_again(new_life, monkeypatch, provider):
    """Review, archive and comments are stored together or not at all."""
    life = new_life(provider)
    life.happens("submit", "suspicious")
    before = list(ProctoredExamSoftwareSecureComment.objects.values_list("id", flat=True))
    manager: Any = type(ProctoredExamSoftwareSecureComment.objects)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the database is full")

    with monkeypatch.context() as broken:
        broken.setattr(manager, "bulk_create", fail, raising=False)
        with pytest.raises(RuntimeError):
            life.happens("passed")
    assert (life.status, life.verdict, life.archived) == (S.second_review_required, "Suspicious", [])
    assert list(ProctoredExamSoftwareSecureComment.objects.values_list("id", flat=True)) == before
    life.happens("passed")
    assert (life.status, life.verdict, life.archived) == (S.verified, "Clean", ["Suspicious"])


@pytest.mark.contract("reviews#again")
@pytest.mark.parametrize("provider", ["rest", "rpnow"])
def test_where_reviews_are_final_a_review_that_could_not_be_applied_is_accepted_when_it_comes_again(
    new_life, monkeypatch, provider
):
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
    life = new_life(provider)
    life.happens("submit")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the database is full")

    with monkeypatch.context() as broken:
        broken.setattr(status_change, "write_change", fail)
        with pytest.raises(RuntimeError):
            life.happens("passed")
    assert (life.status, life.verdict) == (S.submitted, None)

    life.happens("passed")

    assert life.replies == [200]
    assert (life.status, life.verdict, life.archived) == (S.verified, "Clean", [])
