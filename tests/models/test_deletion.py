"""An exam or a learner is deleted with everything that was ever remembered of them.

6.1.4 fails here: it saves and archives reviews on the way, with references to rows that are going.
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

pytestmark = [pytest.mark.django_db, pytest.mark.spec("data-model.md", "5.5:deletion")]

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


class Story:
    """A learner with a long history in one exam, and a bystander in another."""

    def __init__(self) -> None:
        self.exam, self.learner, self.reviewer = make_exam(), make_user(), make_staff()
        policy = make_policy(self.exam, self.reviewer)
        policy.review_policy = "Open book"
        policy.save()
        self.policy = policy
        self.codes = [self.attempt_with_everything(self.exam, self.learner) for _ in range(2)]
        # One of the attempts was reset; its review stayed.
        ProctoredExamStudentAttempt.objects.get(attempt_code=self.codes[1]).delete()
        self.bystander = self.attempt_with_everything(make_exam(), make_user())

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
def story() -> Story:
    return Story()


DELETIONS = {
    "the-exam": lambda story: story.exam.delete(),
    "exams-by-query": lambda story: ProctoredExam.objects.filter(pk=story.exam.pk).delete(),
    "the-learner": lambda story: story.learner.delete(),
    "learners-by-query": lambda story: User.objects.filter(pk=story.learner.pk).delete(),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_all_that_belongs_to_them_goes_and_nothing_else(story, delete):
    delete(story)
    connection.check_constraints()
    for model in OWNED:
        [*rows] = model.objects.all()
        assert rows, f"the bystander lost their {model.__name__}"
        text = " ".join(map(str, (row.__dict__ for row in rows)))
        assert not any(f"'{code}'" in text for code in story.codes), model.__name__
    assert [attempt.attempt_code for attempt in ProctoredExamStudentAttempt.objects.all()] == [story.bystander]
    assert [review.attempt_code for review in ProctoredExamSoftwareSecureReview.objects.all()] == [story.bystander]


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_the_archive_of_attempts_and_what_was_promised_about_them_stay(story, delete):
    """By id, without keys: results must remain explicable, and effects be told to whoever waits for them."""
    delete(story)
    removed = HistoricalProctoredExamStudentAttempt.objects.filter(attempt_code__in=story.codes, history_type="-")
    assert {row.attempt_code for row in removed} == set(story.codes)
    assert ReviewInboxEntry.objects.filter(attempt_code__in=story.codes).count() == 2
    assert AttemptEffect.objects.filter(attempt_code__in=story.codes).exists()


def test_the_policy_goes_with_its_exam(story):
    story.exam.delete()
    connection.check_constraints()
    assert not ProctoredExamReviewPolicy.objects.exists()
    assert not ProctoredExamReviewPolicyHistory.objects.exists()


@pytest.mark.parametrize("delete", [DELETIONS["the-exam"], DELETIONS["the-learner"]], ids=["exam", "learner"])
def test_nobody_is_mailed_and_no_verdict_is_applied_on_the_way(story, delete, mailoutbox, credit, events):
    for heard in (events, mailoutbox, credit.calls):
        heard.clear()
    delete(story)
    assert mailoutbox == []
    assert credit.calls == []
    assert [name for name, _ in events if name.endswith("review_received")] == []


@pytest.mark.spec("data-model.md", "2.9:reviewer-leaves")
def test_a_reviewer_can_leave_and_the_reviews_stay(story):
    """The account of course staff: what they decided about others is not theirs."""
    before = ProctoredExamSoftwareSecureReviewHistory.objects.count()
    ProctoredExamReviewPolicy.objects.all().delete()
    story.reviewer.delete()
    connection.check_constraints()
    reviews = ProctoredExamSoftwareSecureReview.objects.all()
    assert {review.attempt_code: review.reviewed_by for review in reviews} == dict.fromkeys(
        [*story.codes, story.bystander]
    )
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == before


@pytest.mark.spec("data-model.md", "2.4:append-only")
def test_the_author_of_a_policy_takes_it_along(story):
    story.reviewer.delete()
    connection.check_constraints()
    assert not ProctoredExamReviewPolicy.objects.exists()
    assert not ProctoredExamReviewPolicyHistory.objects.exists()
