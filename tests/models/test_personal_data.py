"""Retirement leaves no personal datum in any table: planted everywhere, searched everywhere.

Each text and bytes column of each table of the app is either planted with a word that must be gone
afterwards, or named below with the reason why nobody's data can be in it. A new column that is
neither fails the first test.
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
    HistoricalProctoredExamStudentAttempt,
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
    make_inbox_entry,
    make_review,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("data-model.md", "7:retirement")]

# Word planted for each column that may hold what somebody said about a learner.
MAY_BE_PERSONAL = {
    "proctoring_proctoredexamstudentallowance": {"value"},
    "proctoring_proctoredexamstudentallowancehistory": {"value"},
    "proctoring_proctoredexamsoftwaresecurereview": {"raw_data", "encrypted_video_url"},
    "proctoring_proctoredexamsoftwaresecurereviewhistory": {"raw_data", "encrypted_video_url"},
    "proctoring_proctoredexamstudentattemptcomment": {"comment", "status"},
    "proctoring_proctoredexamstudentattempt_history": {"history_change_reason"},
    "proctoring_reviewinbox": {"body", "outcome"},
    "proctoring_effect": {"arguments", "last_error"},
}

OF_THE_COURSE = "what the course author wrote, about no learner"
OF_OURS = "a word or an opaque id of ours or the provider's"
IMPERSONAL = {
    "proctoring_proctoredexam": dict.fromkeys(
        ("course_id", "content_id", "external_id", "exam_name", "backend"), OF_THE_COURSE
    ),
    "proctoring_proctoredexamhistory": {
        **dict.fromkeys(("course_id", "content_id", "external_id", "exam_name", "backend"), OF_THE_COURSE),
        "history_change_reason": "why the exam was changed",
        "history_type": OF_OURS,
    },
    "proctoring_proctoredexamreviewpolicy": {"review_policy": OF_THE_COURSE},
    "proctoring_proctoredexamreviewpolicyhistory": {"review_policy": OF_THE_COURSE},
    "proctoring_proctoredexamstudentattempt": dict.fromkeys(("attempt_code", "external_id", "status"), OF_OURS),
    "proctoring_proctoredexamstudentattempt_history": dict.fromkeys(
        ("attempt_code", "external_id", "status", "history_type"), OF_OURS
    ),
    "proctoring_proctoredexamstudentallowance": {"key": "the kind of allowance"},
    "proctoring_proctoredexamstudentallowancehistory": {"key": "the kind of allowance"},
    "proctoring_proctoredexamsoftwaresecurereview": dict.fromkeys(("attempt_code", "review_status"), OF_OURS),
    "proctoring_proctoredexamsoftwaresecurereviewhistory": dict.fromkeys(("attempt_code", "review_status"), OF_OURS),
    "proctoring_reviewinbox": dict.fromkeys(("attempt_code", "external_id", "backend"), OF_OURS),
    "proctoring_effect": dict.fromkeys(
        ("attempt_code", "kind", "call_name", "from_status", "to_status", "state"), OF_OURS
    ),
}

TABLES = {model._meta.db_table: model for model in apps.get_app_config("edx_proctoring").get_models()}
TEXTS = (models.CharField, models.TextField, models.BinaryField)


def text_columns(model: type[models.Model]) -> set[str]:
    return {field.column for field in model._meta.fields if isinstance(field, TEXTS)}


def cells() -> Iterator[tuple[str, str, str]]:
    """Every text and bytes cell of the app, as the database holds it: table, column, text."""
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
def test_of_each_text_column_it_is_known_whether_it_may_be_personal(table):
    planted, impersonal = MAY_BE_PERSONAL.get(table, set()), set(IMPERSONAL.get(table, {}))
    assert planted & impersonal == set()
    assert planted | impersonal == text_columns(TABLES[table])


def plant(user: Any, word: str) -> None:
    """Fill whatever may be personal with a word, live and archived, of live and of removed attempts."""
    live = make_attempt(user=user, status=S.submitted)
    removed = make_attempt(user=user, status=S.submitted)
    unreviewed = make_attempt(user=user, status=S.started)
    for attempt in (live, removed):
        review = make_review(attempt, R.suspicious, raw_data=word, encrypted_video_url=word.encode())
        review.save()
        make_comment(review, comment=word, status=word)
    for attempt in (live, removed, unreviewed):
        make_inbox_entry(attempt, body=word, outcome=f"refused: {word}")
        for state in (AttemptEffect.STATE_DONE, AttemptEffect.STATE_FAILED, AttemptEffect.STATE_SUPERSEDED):
            make_effect(attempt, state=state, last_error=word, arguments=f'{{"to": "{word}"}}')
        make_effect(attempt, state=AttemptEffect.STATE_DUE, last_error=word)
        make_effect(attempt, kind=AttemptEffect.KIND_MAIL, call_name="status_email", arguments=f'{{"to": "{word}"}}')
    removed.delete()
    # As rows of old releases: nothing but the code leads to the learner.
    for reviews in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
        reviews.objects.filter(attempt_code=removed.attempt_code).update(student=None, exam=None)
    for key in ("review_policy_exception", "something_of_the_host"):
        allowance = make_allowance(live.proctored_exam, user, key=key, value=word)
        allowance.save()
        make_allowance(removed.proctored_exam, user, key=key, value=word).delete()
    HistoricalProctoredExamStudentAttempt.objects.filter(user_id=user.pk).update(history_change_reason=word)


def test_no_planted_word_is_left_of_the_learner_and_all_of_the_others():
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
    # The rows themselves stay: results must remain explicable.
    assert ProctoredExamSoftwareSecureReview.objects.filter(student=learner).count() == 1
    assert ProctoredExamSoftwareSecureReviewHistory.objects.filter(raw_data="").count() == 3
    assert ProctoredExamSoftwareSecureComment.objects.filter(comment="").count() == 2
    assert ReviewInboxEntry.objects.filter(outcome="refused").count() == 3


@pytest.mark.spec("data-model.md", "7:repeatable")
def test_it_can_be_repeated():
    learner = make_user()
    plant(learner, "Zzyzx")
    retire_learner(learner.pk)
    once = sorted(cells())
    retire_learner(learner.pk)
    assert sorted(cells()) == once


@pytest.mark.spec("data-model.md", "7:silent")
def test_nobody_hears_of_it(all_services, events, test_backend):
    """Saving a review would apply it again, and an old pass that was never submitted would become an error."""
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


@pytest.mark.spec("data-model.md", "7:silent")
def test_a_mail_that_still_waits_is_not_sent_any_more():
    attempt = make_attempt(status=S.submitted)
    make_effect(attempt, kind=AttemptEffect.KIND_MAIL, call_name="status_email")
    retire_learner(attempt.user_id)
    api.deliver_due_effects()
    assert mail.outbox == []


@pytest.mark.spec("data-model.md", "7:silent")
def test_a_mail_that_still_waits_is_sent_where_nobody_was_retired():
    """The control of the test above."""
    attempt = make_attempt(status=S.submitted)
    make_effect(attempt, kind=AttemptEffect.KIND_MAIL, call_name="status_email")
    api.deliver_due_effects()
    assert len(mail.outbox) == 1


@pytest.mark.spec("data-model.md", "7:retirement")
def test_the_archive_made_on_the_way_is_blank_as_well():
    """Changing an allowance archives its former value."""
    allowance = make_allowance(value="because of an illness", key="review_policy_exception")
    retire_learner(allowance.user_id)
    assert ProctoredExamStudentAllowance.objects.get().value == ""
    assert ProctoredExamStudentAllowanceHistory.objects.get().value == ""


@pytest.mark.parametrize("attempts", [1, 10])
def test_it_takes_the_same_number_of_queries_for_any_number_of_attempts(attempts, django_assert_max_num_queries):
    learner = make_user()
    for _ in range(attempts):
        plant(learner, "Zzyzx")
    with django_assert_max_num_queries(20):
        retire_learner(learner.pk)
