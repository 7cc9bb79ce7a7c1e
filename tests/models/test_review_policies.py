"""Review policies and their archive."""

import pytest

from edx_proctoring.models import ProctoredExamReviewPolicy, ProctoredExamReviewPolicyHistory
from tests.factories import make_exam, make_policy, make_staff

pytestmark = pytest.mark.django_db


def archived() -> list[tuple[int, str]]:
    return list(ProctoredExamReviewPolicyHistory.objects.order_by("id").values_list("original_id", "review_policy"))


@pytest.mark.contract("tables#text-forms")
def test_the_text_of_a_policy_names_author_and_exam():
    exam = make_exam(course_id="test_course", exam_name="NAME", is_active=False)
    policy = make_policy(exam, make_staff("tester"))
    assert str(policy) == "ProctoredExamReviewPolicy: tester (test_course: NAME (inactive))"


def test_the_policy_is_found_by_exam():
    policy = make_policy()
    make_policy()
    assert ProctoredExamReviewPolicy.get_review_policy_for_exam(policy.proctored_exam_id) == policy
    assert ProctoredExamReviewPolicy.get_review_policy_for_exam(12345) is None


@pytest.mark.contract("exams#several-policies")
def test_the_newest_of_several_policies_is_used_and_logged(caplog):
    exam = make_exam()
    make_policy(exam, review_policy="old")
    newest = make_policy(exam, review_policy="new")
    caplog.clear()
    assert ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.id) == newest
    assert f"exam_id={exam.id} policy_id={newest.id}" in caplog.text


@pytest.mark.contract("signals#archives")
def test_a_change_and_the_deletion_are_archived_in_order():
    policy = make_policy(review_policy="first")
    assert archived() == []
    policy_id = policy.id
    policy.review_policy = "second"
    policy.save()
    policy.delete()
    assert archived() == [(policy_id, "first"), (policy_id, "second")]
    rows = ProctoredExamReviewPolicyHistory.objects.all()
    assert {(row.proctored_exam, row.set_by_user) for row in rows} == {(policy.proctored_exam, policy.set_by_user)}


@pytest.mark.contract("tables#policy-archive")
def test_an_archived_policy_cannot_be_deleted():
    policy = make_policy()
    policy.save()
    with pytest.raises(NotImplementedError):
        ProctoredExamReviewPolicyHistory.objects.get().delete()


@pytest.mark.contract("tables#policy-archive")
def test_deleting_the_exam_deletes_the_archive():
    policy = make_policy()
    policy.save()
    policy.proctored_exam.delete()
    assert archived() == []


@pytest.mark.contract("exams#provider-payload", "exams#deletion")
class TestUpdateOfTheProvider:
    def test_a_new_policy_is_sent(self, test_backend):
        make_policy(review_policy="Open book")
        assert test_backend.last_exam["rule_summary"] == "Open book"

    def test_a_changed_policy_is_sent(self, test_backend):
        policy = make_policy(review_policy="Open book")
        policy.review_policy = "Closed book"
        policy.save()
        assert test_backend.last_exam["rule_summary"] == "Closed book"

    def test_the_deletion_of_a_policy_is_sent(self, test_backend):
        make_policy(review_policy="Open book").delete()
        assert "rule_summary" not in test_backend.last_exam

    def test_deleting_exam_and_policy_sends_the_exam_as_inactive(self, test_backend):
        policy = make_policy()
        policy.proctored_exam.delete()
        assert test_backend.last_exam["is_active"] is False
