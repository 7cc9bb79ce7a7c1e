"""Exams: look-ups, history, locking, deletion."""

from unittest import mock

import pytest
from django.db import transaction

from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.models import HistoricalProctoredExam, ProctoredExam
from tests.factories import (
    COURSE,
    make_allowance,
    make_attempt,
    make_comment,
    make_exam,
    make_policy,
    make_review,
)

pytestmark = pytest.mark.django_db


@pytest.mark.contract("tables#text-forms")
def test_the_text_of_an_exam_may_contain_any_script():
    exam = ProctoredExam(course_id="a/b/c", exam_name="अआईउऊऋऌ", is_active=True)
    assert str(exam) == "a/b/c: अआईउऊऋऌ (active)"
    exam.is_active = False
    assert str(exam) == "a/b/c: अआईउऊऋऌ (inactive)"


@pytest.mark.contract("exams#model-lookups")
class TestLookUps:
    def test_finding_an_exam_by_id_takes_one_query(self, django_assert_num_queries):
        exam = make_exam()
        with django_assert_num_queries(1):
            assert ProctoredExam.get_exam_by_id(exam.id) == exam

    def test_finding_an_exam_by_content_takes_one_query(self, django_assert_num_queries):
        exam = make_exam()
        with django_assert_num_queries(1):
            assert ProctoredExam.get_exam_by_content_id(exam.course_id, exam.content_id) == exam

    def test_an_unknown_exam_gives_none(self):
        assert ProctoredExam.get_exam_by_id(12345) is None
        assert ProctoredExam.get_exam_by_content_id("no", "such") is None

    @pytest.mark.contract("exams#model-lookups")
    def test_an_exam_is_found_although_filter_is_patched(self):
        """Test suites of hosts patch ``objects.filter`` and rely on this."""
        exam = make_exam("practice")
        nothing = ProctoredExam.objects.none()
        with mock.patch("edx_proctoring.models.ProctoredExam.objects.filter", return_value=nothing):
            assert ProctoredExam.get_exam_by_id(exam.id) == exam
            assert ProctoredExam.get_exam_by_content_id(exam.course_id, exam.content_id) == exam
            assert list(ProctoredExam.get_practice_proctored_exams_for_course(COURSE)) == []
            assert list(ProctoredExam.get_all_exams_for_course(COURSE)) == []

    @pytest.mark.parametrize(
        ("restriction", "kinds"),
        [
            pytest.param({}, {"proctored", "inactive", "timed", "practice"}, id="all"),
            pytest.param({"active_only": True}, {"proctored", "timed", "practice"}, id="active"),
            pytest.param({"proctored_exams_only": True}, {"proctored", "inactive"}, id="proctored-without-practice"),
            pytest.param({"active_only": True, "proctored_exams_only": True}, {"proctored"}, id="both"),
        ],
    )
    def test_the_exams_of_a_course_can_be_restricted(self, restriction, kinds):
        make_exam(exam_name="proctored")
        make_exam(exam_name="inactive", is_active=False)
        make_exam("timed", exam_name="timed")
        make_exam("practice", exam_name="practice")
        make_exam(exam_name="elsewhere", course_id="course-v1:Other+1+1")
        found = ProctoredExam.get_all_exams_for_course(COURSE, **restriction)
        assert {exam.exam_name for exam in found} == kinds

    def test_only_active_proctored_practice_exams_of_the_course_are_found(self):
        practice = make_exam("practice")
        make_exam("practice", is_active=False)
        make_exam("timed", is_practice_exam=True)
        make_exam()
        make_exam("practice", course_id="course-v1:Other+1+1")
        assert list(ProctoredExam.get_practice_proctored_exams_for_course(COURSE)) == [practice]


@pytest.mark.contract("tables#history")
class TestHistory:
    def test_each_save_and_the_deletion_add_a_row(self):
        exam = make_exam("timed")
        exam.exam_name = "Renamed"
        exam.save()
        exam_id = exam.id
        exam.delete()
        rows = HistoricalProctoredExam.objects.filter(id=exam_id).order_by("history_id")
        assert [(row.history_type, row.exam_name == "Renamed") for row in rows] == [
            ("+", False),
            ("~", True),
            ("-", True),
        ]

    def test_a_queryset_update_adds_no_row(self):
        exam = make_exam("timed")
        ProctoredExam.objects.filter(id=exam.id).update(exam_name="Renamed")
        assert exam.history.count() == 1

    def test_storing_the_id_from_the_provider_adds_a_second_row(self):
        exam = make_exam(external_id=None)
        assert [(row.history_type, row.external_id) for row in exam.history.order_by("history_id")] == [
            ("+", None),
            ("~", "externalid"),
        ]


class TestLocking:
    def test_locking_returns_the_exam(self):
        exam = make_exam()
        with transaction.atomic():
            assert ProctoredExam.objects.locked(exam.id) == exam

    def test_locking_an_unknown_exam_raises_an_error(self):
        with transaction.atomic(), pytest.raises(ProctoredExamNotFoundException, match="exam_id=12345"):
            ProctoredExam.objects.locked(12345)


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused_on_every_database():
    exam = make_exam("timed")
    with pytest.raises(transaction.TransactionManagementError, match=r"inside transaction\.atomic"):
        ProctoredExam.objects.locked(exam.id)


@pytest.mark.contract("signals#owner-deleted")
@pytest.mark.django_db(transaction=True)
class TestDeletion:
    """In a real transaction, so that the database checks its constraints, where 6.1.4 failed."""

    @pytest.fixture
    def busy_exam(self):
        attempt = make_attempt(status="submitted")
        exam = attempt.proctored_exam
        review = make_review(attempt)
        make_comment(review)
        make_policy(exam)
        make_allowance(exam, attempt.user).save()
        return attempt

    def test_an_exam_with_a_reviewed_attempt_can_be_deleted(self, busy_exam):
        exam = busy_exam.proctored_exam
        exam.delete()
        assert not ProctoredExam.objects.filter(id=exam.id).exists()
        assert busy_exam.history.filter(history_type="-").count() == 1

    def test_a_learner_with_a_reviewed_attempt_can_be_deleted(self, busy_exam):
        user, exam = busy_exam.user, busy_exam.proctored_exam
        user.delete()
        assert ProctoredExam.objects.filter(id=exam.id).exists()
        assert not type(user).objects.filter(id=user.id).exists()

    def test_exams_can_be_deleted_by_queryset(self, busy_exam):
        ProctoredExam.objects.filter(id=busy_exam.proctored_exam_id).delete()
        assert ProctoredExam.objects.count() == 0
