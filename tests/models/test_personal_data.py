"""Retirement removes personal data from every table.

The tests write a word into each text and bytes column that may hold personal data and search all
columns for it after the retirement. The other columns are listed below with the reason why they hold
none. A new column that is in neither list fails the first test.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection, models

from edx_proctoring import api
from edx_proctoring.api.privacy.user_retirement import retire_learner
from edx_proctoring.models import (
    AttemptEffect,
    ExamMeasure,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ReviewDecision,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.factories import (
    make_allowance,
    make_attempt,
    make_comment,
    make_effect,
    make_inbox_entry,
    make_incident,
    make_job,
    make_measure,
    make_review,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.contract("privacy#retirement")]

# Columns that may hold text about a learner.
MAY_BE_PERSONAL = {
    "proctoring_proctoredexamstudentallowance": {"value"},
    "proctoring_proctoredexamstudentallowancehistory": {"value"},
    "proctoring_proctoredexamsoftwaresecurereview": {"raw_data", "encrypted_video_url"},
    "proctoring_proctoredexamsoftwaresecurereviewhistory": {"raw_data", "encrypted_video_url"},
    "proctoring_proctoredexamstudentattemptcomment": {"comment", "status"},
    "proctoring_proctoredexamstudentattempt_history": {"history_change_reason"},
    "proctoring_reviewinbox": {"body", "outcome"},
    "proctoring_effect": {"arguments", "last_error"},
    "proctoring_reviewdecision": {"comment"},
    "proctoring_staffjob": {"reason"},
    "proctoring_staffjobrow": {"message", "result"},
    "proctoring_incident": {"text", "reply", "details"},
    "proctoring_exammeasure": {"text", "reason"},
}

COURSE_TEXT = "written by the course author, not about a learner"
OPAQUE = "a keyword or an opaque id, ours or the provider's"
IMPERSONAL = {
    "proctoring_proctoredexam": dict.fromkeys(
        ("course_id", "content_id", "external_id", "exam_name", "backend"), COURSE_TEXT
    ),
    "proctoring_proctoredexamhistory": {
        **dict.fromkeys(("course_id", "content_id", "external_id", "exam_name", "backend"), COURSE_TEXT),
        "history_change_reason": "the reason of a change of the exam",
        "history_type": OPAQUE,
    },
    "proctoring_proctoredexamreviewpolicy": {"review_policy": COURSE_TEXT},
    "proctoring_proctoredexamreviewpolicyhistory": {"review_policy": COURSE_TEXT},
    "proctoring_proctoredexamstudentattempt": dict.fromkeys(("attempt_code", "external_id", "status"), OPAQUE),
    "proctoring_proctoredexamstudentattempt_history": dict.fromkeys(
        ("attempt_code", "external_id", "status", "history_type"), OPAQUE
    ),
    "proctoring_proctoredexamstudentallowance": {"key": "the kind of allowance"},
    "proctoring_proctoredexamstudentallowancehistory": {"key": "the kind of allowance"},
    "proctoring_proctoredexamsoftwaresecurereview": dict.fromkeys(("attempt_code", "review_status"), OPAQUE),
    "proctoring_proctoredexamsoftwaresecurereviewhistory": dict.fromkeys(("attempt_code", "review_status"), OPAQUE),
    "proctoring_reviewinbox": dict.fromkeys(("attempt_code", "external_id", "backend", "message_key"), OPAQUE),
    "proctoring_reviewdecision": {"review_status": OPAQUE},
    "proctoring_usednonce": {"message_key": OPAQUE},
    "proctoring_providerretirement": {"backend": OPAQUE},
    "proctoring_effect": dict.fromkeys(
        ("attempt_code", "kind", "call_name", "from_status", "to_status", "state"), OPAQUE
    ),
    "proctoring_staffjob": {
        **dict.fromkeys(("code", "kind", "state"), OPAQUE),
        "course_id": "the course",
        "parameters": "ids, numbers and words of ours",
    },
    "proctoring_staffjobrow": dict.fromkeys(("state", "error_code"), OPAQUE),
    "proctoring_incident": dict.fromkeys(
        ("attempt_code", "kind", "source", "outcome", "category", "open_slot"), OPAQUE
    ),
    "proctoring_exammeasure": dict.fromkeys(("kind", "open_slot"), OPAQUE),
}

TABLES = {model._meta.db_table: model for model in apps.get_app_config("edx_proctoring").get_models()}
TEXTS = (models.CharField, models.TextField, models.BinaryField)


def text_columns(model: type[models.Model]) -> set[str]:
    return {field.column for field in model._meta.fields if isinstance(field, TEXTS)}


def cells() -> Iterator[tuple[str, str, str]]:
    """Every text and bytes cell of the app's tables, read from the database: table, column, text."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table, model in TABLES.items():
            columns = sorted(text_columns(model))
            if columns:
                cursor.execute(f"SELECT {', '.join(map(quote, columns))} FROM {quote(table)}")
                for row in cursor.fetchall():
                    for column, value in zip(columns, row, strict=True):
                        text = value if isinstance(value, str) else bytes(value or b"").decode("utf-8", "replace")
                        yield table, column, text


def found(word: str) -> set[tuple[str, str]]:
    """The columns in which a word occurs."""
    return {(table, column) for table, column, text in cells() if word in text}


@pytest.mark.parametrize("table", TABLES)
def test_each_text_column_is_listed_as_personal_or_impersonal(table):
    planted, impersonal = MAY_BE_PERSONAL.get(table, set()), set(IMPERSONAL.get(table, {}))
    assert planted & impersonal == set()
    assert planted | impersonal == text_columns(TABLES[table])


def plant(user: Any, word: str) -> None:
    """Write a word into each column that may be personal, live and archived, for existing and removed attempts."""
    live = make_attempt(user=user, status=S.submitted)
    removed = make_attempt(user=user, status=S.submitted)
    unreviewed = make_attempt(user=user, status=S.started)
    for attempt in (live, removed):
        review = make_review(attempt, R.suspicious, raw_data=word, encrypted_video_url=word.encode())
        review.save()
        make_comment(review, comment=word, status=word)
        ReviewDecision.objects.record(review, actor_id=None, comment=word)
    for attempt in (live, removed, unreviewed):
        make_inbox_entry(attempt, body=word, outcome=f"refused: {word}")
        for state in (AttemptEffect.STATE_DONE, AttemptEffect.STATE_FAILED, AttemptEffect.STATE_SUPERSEDED):
            make_effect(attempt, state=state, last_error=word, arguments=f'{{"to": "{word}"}}')
        make_effect(attempt, state=AttemptEffect.STATE_DUE, last_error=word)
        make_effect(attempt, kind=AttemptEffect.KIND_MAIL, call_name="status_email", arguments=f'{{"to": "{word}"}}')
        make_job(attempt, reason=word, row={"message": word, "result": f'{{"before": "{word}"}}'})
    removed.delete()
    # Like rows of old releases, where only the attempt code leads to the learner.
    for reviews in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
        reviews.objects.filter(attempt_code=removed.attempt_code).update(student=None, exam=None)
    for key in ("review_policy_exception", "something_of_the_host"):
        allowance = make_allowance(live.proctored_exam, user, key=key, value=word)
        allowance.save()
        make_allowance(removed.proctored_exam, user, key=key, value=word).delete()
    HistoricalProctoredExamStudentAttempt.objects.filter(user_id=user.pk).update(history_change_reason=word)
    make_incident(live, text=word, reply=word, details=f'{{"said": "{word}"}}')
    make_measure(live.proctored_exam, kind=ExamMeasure.KIND_ANNOUNCEMENT, user_id=user.pk, text=word, reason=word)


def test_retirement_removes_all_text_about_the_learner_and_only_that():
    learner, other = make_user(), make_user()
    plant(learner, "Zzyzx-of-the-learner")
    plant(other, "Qwghlm-of-another")
    everywhere = {(table, column) for table, columns in MAY_BE_PERSONAL.items() for column in columns}
    assert found("Zzyzx") == everywhere
    assert found("Qwghlm") == everywhere
    of_other = [cell for cell in cells() if "Qwghlm" in cell[2]]

    retire_learner(learner.pk)

    assert found("Zzyzx") == set()
    assert [cell for cell in cells() if "Qwghlm" in cell[2]] == of_other
    # The rows themselves stay, so that results remain explainable.
    assert ProctoredExamSoftwareSecureReview.objects.filter(student=learner).count() == 1
    assert ProctoredExamSoftwareSecureReviewHistory.objects.filter(raw_data="").count() == 3
    assert ProctoredExamSoftwareSecureComment.objects.filter(comment="").count() == 2
    assert ReviewInboxEntry.objects.filter(outcome="refused").count() == 3


@pytest.mark.contract("privacy#retirement-repeatable")
def test_a_second_retirement_changes_nothing():
    learner = make_user()
    plant(learner, "Zzyzx")
    retire_learner(learner.pk)
    once = sorted(cells())
    retire_learner(learner.pk)
    assert sorted(cells()) == once


@pytest.mark.contract("privacy#retirement-silent")
def test_retirement_causes_no_effects(all_services, events, test_backend):
    """Saving a review would apply it again; a passing review of an attempt never submitted would give an error."""
    learner = make_user()
    plant(learner, "Zzyzx")
    attempt = make_attempt(user=learner, status=S.submitted)
    make_review(attempt, R.clean)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(completed_at=None)
    statuses = list(ProctoredExamStudentAttempt.objects.order_by("id").values_list("status", "modified"))
    history = HistoricalProctoredExamStudentAttempt.objects.count()
    mail.outbox.clear()
    events.clear()
    calls = [len(service.calls) for service in all_services.values()]
    test_backend.last_exam = None

    retire_learner(learner.pk)

    assert list(ProctoredExamStudentAttempt.objects.order_by("id").values_list("status", "modified")) == statuses
    assert HistoricalProctoredExamStudentAttempt.objects.count() == history
    assert (mail.outbox, events, test_backend.last_exam) == ([], [], None)
    assert [len(service.calls) for service in all_services.values()] == calls


@pytest.mark.contract("privacy#retirement-silent")
def test_a_due_mail_to_a_retired_learner_is_not_sent():
    attempt = make_attempt(status=S.submitted)
    make_effect(attempt, kind=AttemptEffect.KIND_MAIL, call_name="status_email")
    retire_learner(attempt.user_id)
    api.deliver_due_effects()
    assert mail.outbox == []


@pytest.mark.contract("privacy#retirement-silent")
def test_control_a_due_mail_is_sent_without_retirement():
    """Shows that the mail above would have been sent."""
    attempt = make_attempt(status=S.submitted)
    make_effect(attempt, kind=AttemptEffect.KIND_MAIL, call_name="status_email")
    api.deliver_due_effects()
    assert len(mail.outbox) == 1


@pytest.mark.contract("privacy#retirement")
def test_the_archived_state_of_a_retired_allowance_is_blank():
    """Changing an allowance archives its previous value."""
    allowance = make_allowance(value="because of an illness", key="review_policy_exception")
    retire_learner(allowance.user_id)
    assert ProctoredExamStudentAllowance.objects.get().value == ""
    assert ProctoredExamStudentAllowanceHistory.objects.get().value == ""


@pytest.mark.parametrize("attempts", [1, 10])
def test_retirement_takes_a_constant_number_of_queries(attempts, django_assert_max_num_queries):
    learner = make_user()
    for _ in range(attempts):
        plant(learner, "Zzyzx")
    with django_assert_max_num_queries(30):
        retire_learner(learner.pk)
