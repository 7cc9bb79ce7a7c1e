"""Deleting an exam or a learner deletes all rows that belong to them.

6.1.4 fails here: it saves and archives reviews during the deletion, with references to deleted rows.
"""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from edx_proctoring.models import (
    AttemptEffect,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.factories import (
    make_allowance,
    make_attempt,
    make_comment,
    make_effect,
    make_exam,
    make_inbox_entry,
    make_policy,
    make_review,
    make_staff,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.contract("signals#owner-deleted")]

User = get_user_model()
# What belongs to the exam and to the learner.
OWNED = (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
)


class Scenario:
    """A learner with a long history in one exam, and another learner in another exam."""

    def __init__(self) -> None:
        self.exam, self.learner, self.reviewer = make_exam(), make_user(), make_staff()
        policy = make_policy(self.exam, self.reviewer)
        policy.review_policy = "Open book"
        policy.save()
        self.policy = policy
        self.codes = [self.attempt_with_everything(self.exam, self.learner) for _ in range(2)]
        # One of the attempts was reset; its review stayed.
        ProctoredExamStudentAttempt.objects.get(attempt_code=self.codes[1]).delete()
        self.other_code = self.attempt_with_everything(make_exam(), make_user())

    def attempt_with_everything(self, exam: ProctoredExam, user: object) -> str:
        attempt = make_attempt(exam, user, status=S.submitted)
        review = make_review(attempt, R.suspicious)
        make_comment(review)
        review.reviewed_by = self.reviewer
        review.save()
        make_allowance(exam, user, key=f"key of {attempt.pk}").save()
        make_effect(attempt)
        make_inbox_entry(attempt)
        return attempt.attempt_code


@pytest.fixture
def scenario() -> Scenario:
    return Scenario()


DELETIONS = {
    "the-exam": lambda scenario: scenario.exam.delete(),
    "exams-by-query": lambda scenario: ProctoredExam.objects.filter(pk=scenario.exam.pk).delete(),
    "the-learner": lambda scenario: scenario.learner.delete(),
    "learners-by-query": lambda scenario: User.objects.filter(pk=scenario.learner.pk).delete(),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_all_rows_of_the_deleted_exam_or_learner_are_deleted_and_no_others(scenario, delete):
    delete(scenario)
    connection.check_constraints()
    for model in OWNED:
        [*rows] = model.objects.all()
        assert rows, f"the other learner lost their {model.__name__}"
        text = " ".join(map(str, (row.__dict__ for row in rows)))
        assert not any(f"'{code}'" in text for code in scenario.codes), model.__name__
    assert [attempt.attempt_code for attempt in ProctoredExamStudentAttempt.objects.all()] == [scenario.other_code]
    assert [review.attempt_code for review in ProctoredExamSoftwareSecureReview.objects.all()] == [scenario.other_code]


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_archived_attempts_inbox_entries_and_effects_stay(scenario, delete):
    """They hold ids, not foreign keys: results stay explainable, and due effects are still delivered."""
    delete(scenario)
    removed = HistoricalProctoredExamStudentAttempt.objects.filter(attempt_code__in=scenario.codes, history_type="-")
    assert {row.attempt_code for row in removed} == set(scenario.codes)
    assert ReviewInboxEntry.objects.filter(attempt_code__in=scenario.codes).count() == 2
    assert AttemptEffect.objects.filter(attempt_code__in=scenario.codes).exists()


def test_deleting_an_exam_deletes_its_policies(scenario):
    scenario.exam.delete()
    connection.check_constraints()
    assert not ProctoredExamReviewPolicy.objects.exists()
    assert not ProctoredExamReviewPolicyHistory.objects.exists()


@pytest.mark.parametrize("delete", [DELETIONS["the-exam"], DELETIONS["the-learner"]], ids=["exam", "learner"])
def test_a_deletion_sends_no_mail_and_applies_no_verdict(scenario, delete, mailoutbox, credit, events):
    for records in (events, mailoutbox, credit.calls):
        records.clear()
    delete(scenario)
    assert mailoutbox == []
    assert credit.calls == []
    assert [name for name, _ in events if name.endswith("review_received")] == []


@pytest.mark.contract("tables#reviewer-leaves")
def test_deleting_a_reviewer_keeps_the_reviews(scenario):
    """The reviews belong to the learners, not to the staff who decided them."""
    before = ProctoredExamSoftwareSecureReviewHistory.objects.count()
    ProctoredExamReviewPolicy.objects.all().delete()
    scenario.reviewer.delete()
    connection.check_constraints()
    reviews = ProctoredExamSoftwareSecureReview.objects.all()
    assert {review.attempt_code: review.reviewed_by for review in reviews} == dict.fromkeys(
        [*scenario.codes, scenario.other_code]
    )
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == before


@pytest.mark.contract("tables#policy-archive")
def test_deleting_the_author_deletes_the_policies(scenario):
    scenario.reviewer.delete()
    connection.check_constraints()
    assert not ProctoredExamReviewPolicy.objects.exists()
    assert not ProctoredExamReviewPolicyHistory.objects.exists()
