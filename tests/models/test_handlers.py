"""What happens when rows are saved and deleted, seen from outside: providers, services, attempts."""

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
    """Counts what it is told about exams."""

    supports_onboarding = False

    def __init__(self, external_id=None, error=None):
        self.told = []
        self.external_id = external_id
        self.error = error

    def on_exam_saved(self, exam):
        self.told.append(dict(exam))
        if self.error:
            raise self.error
        return self.external_id


@pytest.mark.spec("backends.md", "4.5:saved")
@pytest.mark.spec("python-api.md", "11.2:exams")
@pytest.mark.spec("data-model.md", "5.2:payload", "5.2:external-id", "5.2:failure")
class TestExamSaved:
    @pytest.mark.spec("backends.md", "4.4")
    def test_the_provider_gets_the_whole_exam(self, test_backend):
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

    @pytest.mark.spec("backends.md", "4.4")
    def test_with_the_rules_for_its_reviewers(self, test_backend):
        exam = make_policy(review_policy="Open book").proctored_exam
        exam.save()
        assert test_backend.last_exam["rule_summary"] == "Open book"

    def test_a_timed_exam_reaches_nobody(self, test_backend):
        make_exam("timed")
        assert test_backend.last_exam is None

    def test_the_id_by_which_the_provider_knows_it_is_kept(self, backends_registry):
        backends_registry["test"] = provider = CountingProvider("their-id")
        exam = make_exam(external_id=None)
        assert exam.external_id == "their-id"
        exam.refresh_from_db()
        assert exam.external_id == "their-id"
        assert exam.history.count() == 2
        assert len(provider.told) == 1

    def test_a_provider_that_fails_does_not_undo_the_save(self, backends_registry):
        backends_registry["test"] = CountingProvider(error=ConnectionError())
        assert ProctoredExam.objects.filter(id=make_exam().id).exists()

    def test_an_exam_of_an_unknown_provider_can_be_saved(self):
        assert ProctoredExam.objects.filter(id=make_exam(backend="gone").id).exists()


@pytest.mark.spec("backends.md", "4.5:saved")
@pytest.mark.spec("python-api.md", "11.2:exams")
@pytest.mark.spec("data-model.md", "5.1", "5.2:deletion")
class TestExamIsOver:
    def test_switched_to_timed(self, test_backend):
        exam = make_exam()
        exam.is_proctored = False
        exam.save()
        assert (test_backend.last_exam["id"], test_backend.last_exam["is_active"]) == (exam.id, False)

    def test_a_timed_exam_that_stays_one_is_no_news(self, test_backend):
        make_exam("timed").save()
        assert test_backend.last_exam is None

    def test_deleted(self, test_backend):
        exam = make_exam()
        exam_id = exam.id
        exam.delete()
        assert (test_backend.last_exam["id"], test_backend.last_exam["is_active"]) == (exam_id, False)

    def test_a_provider_that_fails_does_not_keep_it(self, backends_registry):
        exam = make_exam()
        backends_registry["test"] = CountingProvider(error=ConnectionError())
        exam.delete()
        assert not ProctoredExam.objects.exists()


@pytest.mark.spec("python-api.md", "11.2:completion")
@pytest.mark.spec("data-model.md", "5.5:completion")
class TestAttemptCompleted:
    def test_the_instructor_service_hears_of_it_once(self, instructor):
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        attempt.save()
        attempt.save()
        assert instructor.called("complete_student_attempt") == [
            ((attempt.user.username, attempt.proctored_exam.content_id), {})
        ]

    def test_not_for_an_attempt_that_is_made_complete(self, instructor):
        make_attempt(status=S.submitted)
        assert instructor.called("complete_student_attempt") == []

    def test_without_the_service_the_attempt_is_saved(self):
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        attempt.save()
        attempt.refresh_from_db()
        assert attempt.completed_at == NOON

    def test_a_service_that_fails_does_not_undo_the_save(self, instructor):
        instructor.failing.add("complete_student_attempt")
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        attempt.save()
        attempt.refresh_from_db()
        assert attempt.completed_at == NOON


@pytest.mark.spec("data-model.md", "5.5:review-stays")
class TestAttemptRemoved:
    @pytest.mark.spec("python-api.md", "11.2:removal")
    def test_its_review_is_marked_archived_once_and_moves_nothing(self, credit):
        attempt = make_attempt(status=S.submitted)
        review = make_review(attempt, R.clean)
        credit.calls.clear()
        ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).delete_exam_attempt()
        review.refresh_from_db()
        assert review.is_attempt_active is False
        assert ProctoredExamSoftwareSecureReviewHistory.objects.filter(attempt_code=attempt.attempt_code).count() == 1
        assert credit.calls == []

    def test_other_reviews_stay_as_they_are(self):
        attempt, other = make_attempt(status=S.submitted), make_review()
        attempt.delete()
        other.refresh_from_db()
        assert other.is_attempt_active is True

    def test_with_its_exam_gone_the_review_that_survives_is_marked_too(self):
        attempt = make_attempt(status=S.submitted)
        review = make_review(attempt, exam=None)
        attempt.proctored_exam.delete()
        review.refresh_from_db()
        assert review.is_attempt_active is False


@pytest.mark.spec("data-model.md", "5.6:verdicts", "5.6:stranger")
class TestReviewSaved:
    @pytest.mark.parametrize(
        ("review_status", "facts", "outcome"),
        [
            pytest.param(R.clean, {}, S.verified, id="clean"),
            pytest.param(R.violation, {}, S.verified, id="violation-passes-with-this-provider"),
            pytest.param(R.suspicious, {}, S.second_review_required, id="suspicious"),
            pytest.param(R.not_reviewed, {}, S.error, id="not-reviewed"),
        ],
    )
    def test_the_attempt_follows_the_verdict(self, review_status, facts, outcome):
        attempt = make_attempt(status=S.submitted)
        make_review(attempt, review_status, **facts)
        attempt.refresh_from_db()
        assert attempt.status == outcome

    def test_a_person_decides_at_once(self):
        attempt = make_attempt(status=S.submitted)
        make_review(attempt, R.suspicious, reviewed_by=make_staff())
        attempt.refresh_from_db()
        assert attempt.status == S.rejected

    def test_a_pass_for_what_was_never_submitted_is_an_error(self):
        attempt = make_attempt(status=S.created)
        make_review(attempt, R.clean)
        attempt.refresh_from_db()
        assert attempt.status == S.error

    def test_a_replaced_onboarding_attempt_stays_replaced(self):
        attempt = make_attempt(make_exam("onboarding"), status=S.onboarding_reset)
        make_review(attempt, R.clean)
        attempt.refresh_from_db()
        assert attempt.status == S.onboarding_reset

    def test_a_review_of_nobody_is_kept(self):
        review = ProctoredExamSoftwareSecureReview.objects.create(
            attempt_code="nobody", review_status=R.clean, raw_data="{}"
        )
        assert ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).exists()


@pytest.mark.spec("data-model.md", "5:raw")
class TestFixtures:
    """``loaddata`` brings facts, not changes."""

    def load(self, *objects):
        text = django_serializers.serialize("json", objects)
        for deserialized in django_serializers.deserialize("json", text):
            deserialized.save()

    def test_an_exam_reaches_no_provider(self, test_backend):
        exam = make_exam()
        test_backend.last_exam = None
        self.load(exam)
        assert test_backend.last_exam is None

    def test_a_review_moves_no_attempt_and_is_not_archived(self):
        review = make_review(make_attempt(status=S.submitted), R.suspicious)
        review.review_status = R.clean
        self.load(review)
        attempt = ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code)
        assert attempt.status == S.second_review_required
        assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()

    def test_a_completed_attempt_is_no_news(self, instructor):
        attempt = make_attempt(status=S.started)
        attempt.completed_at = NOON
        self.load(attempt)
        assert instructor.calls == []
