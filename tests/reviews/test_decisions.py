"""A person's decision stands: later messages of the provider are kept, shown, and change nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from edx_proctoring import api, constants
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamIllegalStatusTransition,
    ReviewNotFound,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    ReviewDecision,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_review, make_staff

from .conftest import rest_review

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def services(all_services):
    """An LMS around it."""


@pytest.fixture
def attempt() -> ProctoredExamStudentAttempt:
    """A submitted attempt at an exam of a provider that passes clean reviews only."""
    return make_attempt(make_exam(backend="rest"), status=S.submitted, external_id="vendor-1")


@pytest.fixture
def deliver(attempt) -> Callable[..., Any]:
    """The provider sends a review over REST."""
    client = APIClient()
    client.force_authenticate(make_staff())
    address = f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.external_id}/reviewed"

    def deliver(verdict: str, **more: Any) -> Any:
        return client.post(address, json.dumps(rest_review(verdict, **more)), content_type="application/json")

    return deliver


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    attempt.refresh_from_db()
    return attempt.status


def verdict() -> str:
    return ProctoredExamSoftwareSecureReview.objects.get().review_status


def outcomes() -> list[str]:
    return list(ReviewInboxEntry.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.contract("reviews#decide")
class TestDeciding:
    @pytest.mark.parametrize(
        ("backend", "decision", "stored"),
        [
            ("rest", "verified", "Clean"),
            ("rest", "rejected", "Rules Violation"),
            ("rpnow", "verified", "Clean"),
            # RPNow passes rules violations.
            ("rpnow", "rejected", "Suspicious"),
        ],
    )
    def test_the_attempt_gets_the_status_that_was_decided(self, backend, decision, stored):
        attempt, staff = make_attempt(make_exam(backend=backend), status=S.submitted), make_staff()
        make_review(attempt, "Suspicious")
        decided = api.decide_review(attempt.pk, decision, by=staff, comment="Looked at the recording")
        review = ProctoredExamSoftwareSecureReview.objects.get()
        assert (status_of(attempt), review.review_status, review.reviewed_by) == (decision, stored, staff)
        assert decided == api.Decision(attempt.pk, decision, review.pk, stored)

    @pytest.mark.contract("reviews#decision-record")
    def test_decision_comment_and_actor_are_on_record(self, attempt):
        make_review(attempt, "Suspicious")
        staff = make_staff()
        api.decide_review(attempt.pk, S.rejected, by=staff, comment="A second person")
        api.decide_review(attempt.pk, S.verified, by=staff, comment="It was a poster")
        rows = ReviewDecision.objects.order_by("id").values_list("review_status", "comment", "actor_id", "stands")
        assert list(rows) == [
            ("Rules Violation", "A second person", staff.pk, False),
            ("Clean", "It was a poster", staff.pk, True),
        ]

    def test_the_former_verdict_is_archived_once(self, attempt):
        make_review(attempt, "Suspicious")
        api.decide_review(attempt.pk, S.verified, by=make_staff())
        archived = ProctoredExamSoftwareSecureReviewHistory.objects.values_list("review_status", flat=True)
        assert list(archived) == ["Suspicious"]

    def test_the_learner_gets_one_mail(self, attempt):
        make_review(attempt, "Suspicious")
        mail.outbox.clear()
        api.decide_review(attempt.pk, S.verified, by=make_staff())
        assert len(mail.outbox) == 1

    def test_the_tracking_event_of_a_saved_review_is_emitted_without_the_comment(self, attempt, events):
        make_review(attempt, "Suspicious")
        events.clear()
        api.decide_review(attempt.pk, S.verified, by=make_staff(), comment="A poster on the wall")
        (data,) = [data for name, data in events if name.endswith("review_received")]
        assert (data["review_status"], data["attempt_status"]) == ("Clean", S.second_review_required)
        assert "poster" not in str(events)

    def test_an_attempt_that_was_never_submitted_cannot_be_verified(self, events):
        attempt = make_attempt(make_exam(backend="rest"), status=S.started)
        make_review(attempt, "Suspicious")
        before, events_before = status_of(attempt), len(events)
        with pytest.raises(ProctoredExamIllegalStatusTransition):
            api.decide_review(attempt.pk, S.verified, by=make_staff())
        assert (status_of(attempt), verdict()) == (before, "Suspicious")
        assert not ReviewDecision.objects.exists()
        assert len(events) == events_before

    def test_an_attempt_without_a_review_cannot_be_decided(self, attempt):
        with pytest.raises(ReviewNotFound) as caught:
            api.decide_review(attempt.pk, S.verified, by=make_staff())
        assert caught.value.http_status == 409

    @pytest.mark.parametrize("word", ["submitted", "", "Clean", None])
    def test_another_verdict_is_refused(self, attempt, word):
        make_review(attempt, "Suspicious")
        with pytest.raises(ProctoredExamBadReviewStatus):
            api.decide_review(attempt.pk, word, by=make_staff())

    def test_an_unknown_attempt_is_refused(self):
        with pytest.raises(StudentExamAttemptDoesNotExistsException):
            api.decide_review(12345, S.verified, by=make_staff())

    def test_a_provider_that_is_not_configured_leaves_everything_as_it_was(self, attempt, providers):
        make_review(attempt, "Suspicious")
        del providers["rest"]
        with pytest.raises(ProctoredExamIllegalStatusTransition):
            api.decide_review(attempt.pk, S.verified, by=make_staff())
        assert (status_of(attempt), verdict()) == (S.second_review_required, "Suspicious")
        assert not ReviewDecision.objects.exists()


@pytest.mark.contract("reviews#decision-stands")
class TestLaterMessages:
    @pytest.fixture(params=["admin", "api"])
    def decided(self, request, attempt, deliver):
        """The provider was suspicious, and staff verified the attempt."""
        deliver("suspicious")
        if request.param == "api":
            api.decide_review(attempt.pk, S.verified, by=make_staff())
        else:
            review = ProctoredExamSoftwareSecureReview.objects.get()
            review.review_status = "Clean"
            api.save_decision(review, by=make_staff())
        assert status_of(attempt) == S.verified

    @pytest.mark.parametrize("later", ["passed", "violation", "suspicious", "not_reviewed"])
    def test_are_kept_and_change_nothing(self, attempt, deliver, decided, later, events):
        review = ProctoredExamSoftwareSecureReview.objects.values().get()
        comments = list(ProctoredExamSoftwareSecureComment.objects.values())
        mail.outbox.clear()
        events.clear()
        response = deliver(later, comments=[{"comment": "New", "status": "s"}])
        assert (response.status_code, response.json()) == (200, "OK")
        assert status_of(attempt) == S.verified
        assert ProctoredExamSoftwareSecureReview.objects.values().get() == review
        assert list(ProctoredExamSoftwareSecureComment.objects.values()) == comments
        assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1
        assert (mail.outbox, events) == ([], [])
        assert outcomes() == ["applied", "held"]
        assert json.loads(ReviewInboxEntry.objects.last().body)["status"] == later

    def test_that_make_no_sense_are_refused_as_always(self, deliver, decided):
        assert deliver("splendid").status_code == 400
        assert outcomes()[-1].startswith("refused: ")

    def test_that_name_a_reviewer_change_nothing_either(self, attempt, deliver, decided):
        deliver("violation", reviewed_by=make_staff().email)
        assert (status_of(attempt), verdict()) == (S.verified, "Clean")

    def test_are_held_also_where_updates_are_not_allowed(self, deliver, decided, monkeypatch):
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
        assert deliver("suspicious").status_code == 200
        assert outcomes()[-1] == "held"

    def test_count_once_a_person_receives_them_again(self, attempt, deliver, decided):
        deliver("violation")
        api.replay_review(ReviewInboxEntry.objects.last().pk)
        assert (status_of(attempt), verdict()) == (S.second_review_required, "Rules Violation")
        assert outcomes() == ["applied", "applied", "applied"]
        # The person took the provider's word, so the provider may correct it.
        deliver("passed")
        assert status_of(attempt) == S.verified

    def test_are_held_again_after_the_next_decision(self, attempt, deliver, decided):
        deliver("violation")
        api.replay_review(ReviewInboxEntry.objects.last().pk)
        api.decide_review(attempt.pk, S.rejected, by=make_staff())
        deliver("passed")
        assert (status_of(attempt), outcomes()[-1]) == (S.rejected, "held")

    def test_cost_no_more_queries_for_a_first_review(self, attempt, deliver):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            deliver("passed")
        assert not [query for query in captured if "proctoring_reviewdecision" in query["sql"]]


@pytest.mark.contract("reviews#decision-record")
class TestWithoutADecision:
    def test_the_provider_s_own_reviewer_is_no_decision(self, attempt, deliver):
        deliver("violation", reviewed_by=make_staff().email)
        assert status_of(attempt) == S.rejected
        deliver("passed")
        assert (status_of(attempt), outcomes()) == (S.verified, ["applied", "applied"])

    def test_nor_is_one_whose_address_was_sent_in_another_case(self, attempt, deliver):
        reviewer = make_staff(email="jan.bär@example.com")
        deliver("violation", reviewed_by="Jan.BÄR@example.com")
        ProctoredExamSoftwareSecureReview.objects.update(reviewed_by=reviewer)
        deliver("passed")
        assert status_of(attempt) == S.verified


@pytest.mark.contract("reviews#decision-record")
class TestRowsOf614:
    """There, ``reviewed_by`` is all that tells of a decision."""

    @pytest.mark.parametrize(
        ("raw_data", "email", "held"),
        [
            pytest.param('{"status": "suspicious"}', "boss@example.com", True, id="not-in-the-payload"),
            pytest.param('{"reviewed_by": "boss@example.com"}', "boss@example.com", False, id="in-the-payload"),
            pytest.param('{"reviewed_by": "b\\u00f6ss@x.org"}', "böss@x.org", False, id="in-the-payload-escaped"),
            pytest.param('{"status": "suspicious"}', "", True, id="reviewer-without-an-address"),
            pytest.param("notes of the reviewer", "boss@example.com", True, id="notes-instead-of-a-payload"),
            pytest.param("", "boss@example.com", True, id="blanked"),
        ],
    )
    def test_a_reviewer_who_is_not_in_the_payload_decided(self, attempt, deliver, raw_data, email, held):
        make_review(attempt, "Clean", raw_data=raw_data, reviewed_by=make_staff(email=email))
        deliver("violation")
        assert outcomes() == ["held" if held else "applied"]
        assert status_of(attempt) == (S.verified if held else S.second_review_required)

    def test_a_review_that_6_1_4_deleted_leaves_no_decision_behind(self, attempt, deliver):
        make_review(attempt, "Clean")
        api.decide_review(attempt.pk, S.rejected, by=make_staff())
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM proctoring_proctoredexamsoftwaresecurereview")
        deliver("passed")
        assert (status_of(attempt), outcomes()) == (S.verified, ["applied"])
