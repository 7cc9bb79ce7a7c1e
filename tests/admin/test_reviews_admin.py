"""Reviews in Django admin, where staff decide suspicious ones."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.utils import timezone
from freezegun import freeze_time

from edx_proctoring import api
from edx_proctoring.admin import ProctoredExamCoursesListFilter, ProctoredExamListFilter
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    ReviewDecision,
)
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.admin.conftest import AdminPages
from tests.factories import NOON, make_attempt, make_exam, make_inbox_entry, make_review, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviews(pages):
    return pages(ProctoredExamSoftwareSecureReview)


@pytest.fixture
def archive(pages):
    return pages(ProctoredExamSoftwareSecureReviewHistory)


def status_of(review):
    return ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code).status


@pytest.mark.contract("admin#review-decision")
class TestDeciding:
    @pytest.mark.parametrize(
        ("verdict", "outcome"), [(R.clean, S.verified), (R.violation, S.verified), (R.suspicious, S.rejected)]
    )
    def test_the_attempt_follows_the_decision_of_the_user(self, reviews, superuser, verdict, outcome):
        review = make_review(review_status=R.suspicious)
        assert status_of(review) == S.second_review_required
        reviews.post(review, review_status=verdict)
        review.refresh_from_db()
        assert (review.review_status, review.reviewed_by) == (verdict, superuser)
        assert status_of(review) == outcome

    @pytest.mark.contract("reviews#decision-record")
    def test_the_decision_is_recorded_with_its_comment(self, reviews, superuser):
        review = make_review(review_status=R.suspicious)
        reviews.post(review, review_status=R.clean, decision_comment="It was a poster")
        decision = ReviewDecision.objects.get()
        assert (decision.review, decision.review_status, decision.comment, decision.actor_id, decision.stands) == (
            review,
            R.clean,
            "It was a poster",
            superuser.pk,
            True,
        )

    @pytest.mark.contract("reviews#decision-record", "reviews#decision-stands")
    def test_the_page_shows_decisions_and_held_reviews(self, reviews, superuser):
        review = make_review(review_status=R.suspicious)
        reviews.post(review, review_status=R.clean, decision_comment="<b>poster</b>")
        attempt = ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code)
        held = make_inbox_entry(attempt, outcome="held")
        applied = make_inbox_entry(attempt, outcome="applied")
        text = reviews.get(review).content.decode()
        assert "root · Clean · &lt;b&gt;poster&lt;/b&gt;" in text
        assert f"/reviewinboxentry/{applied.pk}/change/" not in text
        assert f"/admin/edx_proctoring/reviewinboxentry/{held.pk}/change/" in text

    @pytest.mark.contract("reviews#decision-stands")
    def test_a_later_review_of_the_provider_changes_nothing(self, reviews):
        review = make_review(review_status=R.suspicious)
        reviews.post(review, review_status=R.clean)
        attempt = ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code)
        receipt = api.receive_review(attempt_dict(attempt), {"status": "suspicious", "comments": []})
        assert receipt.is_held
        assert status_of(review) == S.verified

    def test_the_previous_verdict_is_archived(self, reviews):
        review = make_review(review_status=R.suspicious)
        reviews.post(review, review_status=R.clean)
        row = ProctoredExamSoftwareSecureReviewHistory.objects.get()
        assert (row.review_status, row.reviewed_by) == (R.suspicious, None)

    def test_the_blanked_review_of_a_retired_learner_can_be_decided(self, reviews):
        review = make_review(review_status=R.suspicious, raw_data="")
        reviews.post(review, review_status=R.clean)
        assert status_of(review) == S.verified

    def test_the_four_verdicts_are_offered(self, reviews):
        choices = reviews.get(make_review()).context["adminform"].form.fields["review_status"].choices
        assert choices == [(s, s) for s in ("Clean", "Rules Violation", "Suspicious", "Not Reviewed")]

    def test_reviews_cannot_be_added(self, reviews):
        assert reviews.add().status_code == 403


@pytest.mark.contract("admin#review-permissions")
class TestDeleting:
    def test_is_refused_without_the_permission(self):
        user = make_staff()
        user.user_permissions.add(Permission.objects.get(codename="change_proctoredexamsoftwaresecurereview"))
        client = Client()
        client.force_login(user)
        url = f"/admin/edx_proctoring/proctoredexamsoftwaresecurereview/{make_review().pk}/delete/"
        assert client.post(url, {"post": "yes"}).status_code == 403
        assert ProctoredExamSoftwareSecureReview.objects.count() == 1

    def test_archives_the_review_and_keeps_the_attempt_unchanged(self, reviews):
        review = make_review(review_status=R.suspicious)
        url = f"/admin/edx_proctoring/proctoredexamsoftwaresecurereview/{review.pk}/delete/"
        assert reviews.client.post(url, {"post": "yes"}).status_code == 302
        assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1
        assert status_of(review) == S.second_review_required


@pytest.mark.contract("admin#review-list", "admin#review-filters")
class TestList:
    def test_a_review_without_exam_and_learner_shows_those_of_its_attempt(self, reviews):
        review = make_review(exam=None, student=None)
        attempt = ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code)
        text = reviews.open_list().content.decode()
        for word in (attempt.proctored_exam.course_id, attempt.proctored_exam.exam_name, attempt.user.username):
            assert f">{word}<" in text

    def test_a_review_without_exam_shows_that_of_its_archived_attempt(self, reviews):
        review = make_review(exam=None, student=None)
        attempt = ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code)
        exam_name = attempt.proctored_exam.exam_name
        attempt.delete()
        assert f">{exam_name}<" in reviews.open_list().content.decode()

    def test_a_review_without_any_attempt_shows_placeholders(self, reviews):
        ProctoredExamSoftwareSecureReview.objects.create(attempt_code="unknown", review_status=R.clean, raw_data="{}")
        text = reviews.open_list().content.decode()
        assert text.count("(none)") == 2
        assert text.count("(None)") == 1

    @pytest.mark.parametrize("size", [2, 12])
    def test_takes_a_constant_number_of_queries(self, reviews, size, django_assert_max_num_queries):
        for _ in range(size):
            make_review()
        with django_assert_max_num_queries(8):
            reviews.open_list()

    @pytest.mark.parametrize(
        ("choice", "count"), [("all_unreviewed", 2), ("all_unreviewed_failures", 1)], ids=["all", "failures"]
    )
    def test_can_be_filtered_by_reviews_without_a_human_decision(self, reviews, choice, count):
        make_review(review_status=R.clean)
        make_review(review_status=R.suspicious)
        make_review(review_status=R.suspicious, reviewed_by=make_staff())
        assert len(reviews.rows(reviewed_by=choice)) == count
        assert len(reviews.rows()) == 3

    def test_can_be_filtered_by_exam(self, reviews):
        review = make_review()
        make_review()
        assert reviews.rows(exam__id=review.exam_id) == [review]

    def test_can_be_filtered_by_course(self, reviews):
        course_id = "course-v1:Other+1+1"
        exam = make_exam(course_id=course_id, due_date=timezone.now())
        review = make_review(make_attempt(exam, status=S.submitted))
        make_review(make_attempt(make_exam("practice", course_id=course_id), status=S.submitted))
        make_review()
        assert reviews.rows(exam__course_id=course_id) == [review]

    def test_can_be_searched_by_learner_and_code(self, reviews):
        review = make_review()
        make_review()
        assert reviews.rows(q=review.student.username) == [review]
        assert reviews.rows(q=review.attempt_code) == [review]


@pytest.mark.contract("admin#review-filters")
@freeze_time(NOON)
class TestFilterChoices:
    """The exams and courses that the filters offer."""

    def offered(self, list_filter):
        model_admin = admin.site._registry[ProctoredExamSoftwareSecureReview]
        request = RequestFactory().get("/")
        return list_filter(request, {}, ProctoredExamSoftwareSecureReview, model_admin).lookup_choices

    @pytest.mark.parametrize(
        ("facts", "as_exam", "as_course"),
        [
            pytest.param({"due_date": NOON}, True, True, id="due-now"),
            pytest.param({"due_date": NOON - timedelta(days=31)}, False, False, id="due-31-days-ago"),
            pytest.param({"due_date": NOON - timedelta(days=29)}, True, True, id="due-29-days-ago"),
            pytest.param({"due_date": NOON + timedelta(days=6)}, True, True, id="due-in-6-days"),
            pytest.param({"due_date": NOON + timedelta(days=8)}, False, False, id="due-in-8-days"),
            pytest.param({"due_date": None}, True, False, id="without-due-date"),
            pytest.param({"due_date": NOON, "is_active": False}, False, False, id="inactive"),
            pytest.param({"due_date": NOON, "is_practice_exam": True}, False, False, id="practice"),
            pytest.param({"due_date": NOON, "is_proctored": False}, False, False, id="timed"),
        ],
    )
    def test_are_active_proctored_exams_due_about_now(self, facts, as_exam, as_course):
        exam = make_exam(**facts)
        exams = [(str(exam.id), f"Demo PROC 2026: {exam.exam_name}")] if as_exam else []
        courses = [(exam.course_id, "Demo PROC 2026")] if as_course else []
        assert self.offered(ProctoredExamListFilter) == exams
        assert self.offered(ProctoredExamCoursesListFilter) == courses

    def test_a_course_is_offered_once(self):
        make_exam(due_date=NOON)
        make_exam(due_date=NOON)
        assert len(self.offered(ProctoredExamCoursesListFilter)) == 1


@pytest.mark.contract("admin#review-archive")
class TestArchive:
    @pytest.fixture
    def row(self):
        make_review(review_status=R.suspicious).save()
        return ProctoredExamSoftwareSecureReviewHistory.objects.get()

    def test_can_be_viewed(self, archive, row):
        assert archive.rows() == [row]
        assert archive.get(row).status_code == 200

    def test_cannot_be_changed(self, archive, row):
        archive.post(row, review_status=R.clean, is_attempt_active="", raw_data="forged")
        again = ProctoredExamSoftwareSecureReviewHistory.objects.get()
        assert (again.review_status, again.is_attempt_active, again.raw_data) == (R.suspicious, True, row.raw_data)
        assert again.modified == row.modified

    def test_cannot_be_added_to(self, archive):
        assert archive.add().status_code == 403


def test_learners_cannot_open_the_pages(reviews):
    client = Client()
    client.force_login(make_attempt().user)
    assert AdminPages(client, ProctoredExamSoftwareSecureReview).open_list().status_code == 302
