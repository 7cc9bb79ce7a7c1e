"""Signal receivers: effects of saving and deleting rows on providers, services and attempts."""

import pytest
from django.core import serializers as django_serializers

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.factories import NOON, make_attempt, make_exam, make_policy, make_review, make_staff

pytestmark = pytest.mark.django_db


class CountingProvider:
    """Records the exams it receives; returns ``external_id`` or raises ``error``."""

    supports_onboarding = False

    def __init__(self, external_id=None, error=None):
        self.received = []
        self.external_id = external_id
        self.error = error

    def on_exam_saved(self, exam):
        self.received.append(dict(exam))
        if self.error:
            raise self.error
        return self.external_id


@pytest.mark.contract(
    "signals#synchronous",
    "provider-interface#exam-saved",
    "exams#provider-payload",
    "exams#provider-id",
    "exams#provider-failure",
)
class TestExamSaved:
    @pytest.mark.contract("provider-interface#saved-exam")
    def test_the_provider_receives_all_fields_of_the_exam(self, test_backend):
        exam = make_exam(due_date=NOON)
        assert test_backend.last_exam == {
            "id": exam.id,
            "course_id": exam.course_id,
            "content_id": exam.content_id,
            "external_id": exam.external_id,
            "exam_name": exam.exam_name,
            "time_limit_mins": 90,
            "is_proctored": True,
            "is_practice_exam": False,
            "is_active": True,
            "due_date": "2026-03-02T12:00:00Z",
            "hide_after_due": False,
            "backend": "test",
        }

    @pytest.mark.contract("provider-interface#saved-exam")
    def test_the_provider_receives_the_review_policy(self, test_backend):
        exam = make_policy(review_policy="Open book").proctored_exam
        exam.save()
        assert test_backend.last_exam["rule_summary"] == "Open book"

    def test_a_timed_exam_is_not_sent_to_the_provider(self, test_backend):
        make_exam("timed")
        assert test_backend.last_exam is None

    def test_the_id_returned_by_the_provider_is_stored(self, backends_registry):
        backends_registry["test"] = provider = CountingProvider("their-id")
        exam = make_exam(external_id=None)
        assert exam.external_id == "their-id"
        exam.refresh_from_db()
        assert exam.external_id == "their-id"
        assert exam.history.count() == 2
        assert len(provider.received) == 1

    def test_a_failing_provider_does_not_undo_the_save(self, backends_registry):
        backends_registry["test"] = CountingProvider(error=ConnectionError())
        assert ProctoredExam.objects.filter(id=make_exam().id).exists()

    def test_an_exam_with_an_unknown_provider_can_be_saved(self):
        assert ProctoredExam.objects.filter(id=make_exam(backend="gone").id).exists()


@pytest.mark.contract(
    "provider-interface#exam-saved", "exams#provider-payload", "exams#becomes-timed", "exams#deletion"
)
class TestExamBecomesInactiveAtTheProvider:
    def test_when_it_becomes_a_timed_exam(self, test_backend):
        exam = make_exam()
        exam.is_proctored = False
        exam.save()
        assert (test_backend.last_exam["id"], test_backend.last_exam["is_active"]) == (exam.id, False)

    def test_control_saving_a_timed_exam_sends_nothing(self, test_backend):
        make_exam("timed").save()
        assert test_backend.last_exam is None

    def test_when_it_is_deleted(self, test_backend):
        exam = make_exam()
        exam_id = exam.id
        exam.delete()
        assert (test_backend.last_exam["id"], test_backend.last_exam["is_active"]) == (exam_id, False)

    def test_a_failing_provider_does_not_prevent_the_deletion(self, backends_registry):
        exam = make_exam()
        backends_registry["test"] = CountingProvider(error=ConnectionError())
        exam.delete()
        assert not ProctoredExam.objects.exists()


@pytest.mark.contract("signals#synchronous", "effects#completion")
class TestAttemptCompleted:
    def test_the_instructor_service_is_called_once(self, instructor):
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        attempt.save()
        attempt.save()
        assert instructor.called("complete_student_attempt") == [
            ((attempt.user.username, attempt.proctored_exam.content_id), {})
        ]

    def test_an_attempt_created_as_completed_does_not_call_the_service(self, instructor):
        make_attempt(status=S.submitted)
        assert instructor.called("complete_student_attempt") == []

    def test_without_the_service_the_attempt_is_saved(self):
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        attempt.save()
        attempt.refresh_from_db()
        assert attempt.completed_at == NOON

    def test_a_failing_service_does_not_undo_the_save(self, instructor):
        instructor.failing.add("complete_student_attempt")
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        attempt.save()
        attempt.refresh_from_db()
        assert attempt.completed_at == NOON


@pytest.mark.contract("signals#attempt-removed")
class TestAttemptRemoved:
    @pytest.mark.contract("signals#attempt-removed")
    def test_its_review_becomes_inactive_is_archived_once_and_is_not_applied(self, credit):
        attempt = make_attempt(status=S.submitted)
        review = make_review(attempt, R.clean)
        credit.calls.clear()
        ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).delete_exam_attempt()
        review.refresh_from_db()
        assert review.is_attempt_active is False
        assert ProctoredExamSoftwareSecureReviewHistory.objects.filter(attempt_code=attempt.attempt_code).count() == 1
        assert credit.calls == []

    def test_reviews_of_other_attempts_are_unchanged(self):
        attempt, other = make_attempt(status=S.submitted), make_review()
        attempt.delete()
        other.refresh_from_db()
        assert other.is_attempt_active is True

    def test_a_review_that_outlives_its_exam_becomes_inactive(self):
        attempt = make_attempt(status=S.submitted)
        review = make_review(attempt, exam=None)
        attempt.proctored_exam.delete()
        review.refresh_from_db()
        assert review.is_attempt_active is False


@pytest.mark.contract("reviews#outcome", "signals#review-saved", "signals#review-of-unknown-attempt")
class TestReviewSaved:
    @pytest.mark.parametrize(
        ("review_status", "facts", "outcome"),
        [
            pytest.param(R.clean, {}, S.verified, id="clean"),
            pytest.param(R.violation, {}, S.verified, id="violation"),
            pytest.param(R.suspicious, {}, S.second_review_required, id="suspicious"),
            pytest.param(R.not_reviewed, {}, S.error, id="not-reviewed"),
        ],
    )
    def test_the_attempt_follows_the_verdict(self, review_status, facts, outcome):
        attempt = make_attempt(status=S.submitted)
        make_review(attempt, review_status, **facts)
        attempt.refresh_from_db()
        assert attempt.status == outcome

    def test_a_human_decision_is_final(self):
        attempt = make_attempt(status=S.submitted)
        make_review(attempt, R.suspicious, reviewed_by=make_staff())
        attempt.refresh_from_db()
        assert attempt.status == S.rejected

    def test_a_passing_review_of_an_attempt_never_submitted_gives_error(self):
        attempt = make_attempt(status=S.created)
        make_review(attempt, R.clean)
        attempt.refresh_from_db()
        assert attempt.status == S.error

    def test_a_reset_onboarding_attempt_keeps_its_status(self):
        attempt = make_attempt(make_exam("onboarding"), status=S.onboarding_reset)
        make_review(attempt, R.clean)
        attempt.refresh_from_db()
        assert attempt.status == S.onboarding_reset

    def test_a_review_without_attempt_is_stored(self):
        review = ProctoredExamSoftwareSecureReview.objects.create(
            attempt_code="unknown", review_status=R.clean, raw_data="{}"
        )
        assert ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).exists()


@pytest.mark.contract("signals#fixtures")
class TestFixtures:
    """Rows from ``loaddata`` are stored without effects."""

    def load(self, *objects):
        text = django_serializers.serialize("json", objects)
        for deserialized in django_serializers.deserialize("json", text):
            deserialized.save()

    def test_a_loaded_exam_is_not_sent_to_the_provider(self, test_backend):
        exam = make_exam()
        test_backend.last_exam = None
        self.load(exam)
        assert test_backend.last_exam is None

    def test_a_loaded_review_is_neither_applied_nor_archived(self):
        review = make_review(make_attempt(status=S.submitted), R.suspicious)
        review.review_status = R.clean
        self.load(review)
        attempt = ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code)
        assert attempt.status == S.second_review_required
        assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()

    def test_a_loaded_completed_attempt_does_not_call_the_service(self, instructor):
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        self.load(attempt)
        assert instructor.calls == []
