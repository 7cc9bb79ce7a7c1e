"""Exams and review policies in Django admin."""

import pytest

from edx_proctoring.admin import prettify_course_id
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from tests.factories import NOON, make_exam, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def exams(pages):
    return pages(ProctoredExam)


@pytest.fixture
def policies(pages):
    return pages(ProctoredExamReviewPolicy)


@pytest.mark.parametrize(
    ("course_id", "pretty"), [("course-v1:edX+DemoX+2026", "edX DemoX 2026"), ("edX/DemoX/2026", "edX DemoX 2026")]
)
def test_a_course_id_is_shown_with_spaces_and_without_its_prefix(course_id, pretty):
    assert prettify_course_id(course_id) == pretty


@pytest.mark.contract("admin#exams")
class TestExams:
    def test_the_list_can_be_searched_by_course_and_name(self, exams):
        exam = make_exam(exam_name="Needle")
        make_exam(course_id="course-v1:Other+1+1")
        assert exams.rows(q="needle") == [exam]
        assert exams.rows(q="Demo+PROC") == [exam]

    def test_a_saved_exam_is_sent_to_the_provider(self, exams, test_backend):
        exam = make_exam()
        exams.post(exam, exam_name="Renamed")
        exam.refresh_from_db()
        assert exam.exam_name == "Renamed"
        assert test_backend.last_exam["exam_name"] == "Renamed"

    def test_empty_fields_are_stored_as_null(self, exams):
        exam = make_exam("timed", due_date=NOON)
        exams.post(exam, external_id="", backend="", due_date_0="", due_date_1="")
        exam.refresh_from_db()
        assert (exam.external_id, exam.backend, exam.due_date) == (None, None, None)

    def test_saving_an_unchanged_exam_changes_no_field(self, exams):
        exam = make_exam(due_date=NOON)
        exams.post(exam)
        again = ProctoredExam.objects.get(pk=exam.pk)
        assert [getattr(again, field.attname) for field in ProctoredExam._meta.fields if field.name != "modified"] == [
            getattr(exam, field.attname) for field in ProctoredExam._meta.fields if field.name != "modified"
        ]

    def test_the_configured_providers_are_offered(self, exams):
        choices = exams.get(make_exam()).context["adminform"].form.fields["backend"].choices
        assert {"", "test", "null", "mock"} <= {name for name, _ in choices}

    def test_a_provider_that_is_no_longer_configured_stays_selected(self, exams):
        exam = make_exam("timed", backend="gone")
        exams.post(exam, exam_name="Renamed")
        exam.refresh_from_db()
        assert (exam.exam_name, exam.backend) == ("Renamed", "gone")

    def test_a_failing_provider_gives_a_message_instead_of_a_server_error(self, exams, test_backend, monkeypatch):
        exam = make_exam()

        def fail(exam):
            raise ConnectionError

        monkeypatch.setattr(test_backend, "on_exam_saved", fail)
        data = exams.form(exam)
        del data["is_proctored"]
        response = exams.client.post(f"/admin/edx_proctoring/proctoredexam/{exam.pk}/change/", data)
        assert response.status_code == 302
        [message] = exams.messages(response)
        assert "ConnectionError" in message

    def test_a_new_exam_is_stored(self, exams):
        response = exams.add(
            course_id="a/b/c", content_id="content", exam_name="New", time_limit_mins=30, backend="null"
        )
        assert response.status_code == 302
        assert ProctoredExam.objects.get().backend == "null"


@pytest.mark.contract("admin#policies")
class TestPolicies:
    def test_saving_a_policy_makes_the_user_its_author(self, policies, superuser):
        policy = make_policy()
        policies.post(policy, review_policy="Open book")
        policy.refresh_from_db()
        assert (policy.review_policy, policy.set_by_user) == ("Open book", superuser)

    def test_adding_a_policy_makes_the_user_its_author(self, policies, superuser):
        assert policies.add(proctored_exam=make_exam().pk, review_policy="Open book").status_code == 302
        assert ProctoredExamReviewPolicy.objects.get().set_by_user == superuser

    @pytest.mark.parametrize("size", [2, 12])
    def test_the_list_takes_a_constant_number_of_queries(self, policies, size, django_assert_max_num_queries):
        for _ in range(size):
            make_policy()
        with django_assert_max_num_queries(6):
            response = policies.open_list()
        assert response.content.count(b"course-v1:Demo+PROC+2026") >= size
