"""Delete a learner's personal data, here and at the providers.

Contract: POST /v1/retire_backend_user/{user_id}/, POST /v1/retire_user/{user_id}/, contract/privacy#retirement. Rows
are kept, because exam results must remain explicable; personal data in them is blanked.
"""

import logging
from collections.abc import Collection, Iterable
from itertools import chain

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from edx_proctoring import backends
from edx_proctoring.api.reviews import inbox
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import (
    AttemptEffect,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ProviderRetirement,
    RetiredLearner,
    ReviewDecision,
    attempt_incidents,
    exam_measures,
)
from edx_proctoring.models.staff_jobs import forget_job_texts
from edx_proctoring.utils import obscured_user_ids
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["retire_learner", "retire_learner_at_providers"]

log = logging.getLogger(__name__)


@short_transaction
def retire_learner(user_id: int, /) -> None:
    """Blank the personal data of a learner in our tables, beyond the bare result. Idempotent.

    Allowances, reviews, comments, decisions, received callbacks, reasons noted in the history and in jobs of staff,
    incidents, announcements and errors of receivers; live and archived, also of attempts that were removed. All or
    nothing, in a constant number of queries. The columns are changed by query, so no review is applied again and no
    mail is sent. What arrives later is stored without personal text (``RetiredLearner``). Does nothing for a user
    without data. Locks: the learner's attempts.
    """
    attempt_ids, codes = _lock_and_list(user_id)
    # Order matters: changing an allowance archives its old value, which is blanked next.
    allowances = ProctoredExamStudentAllowance.objects.filter(user_id=user_id).exclude(value="").update(value="")
    ProctoredExamStudentAllowanceHistory.objects.filter(user_id=user_id).exclude(value="").update(value="")

    if attempt_ids:
        RetiredLearner.objects.remember(user_id)
    of_learner = Q(student_id=user_id) | Q(attempt_code__in=codes)
    review_ids = list(ProctoredExamSoftwareSecureReview.objects.filter(of_learner).values_list("pk", flat=True))
    blank = {"encrypted_video_url": b"", "raw_data": ""}
    # By query, without signals: saving a review would apply it again and archive it unblanked.
    ProctoredExamSoftwareSecureReview.objects.filter(pk__in=review_ids).update(**blank)
    ProctoredExamSoftwareSecureReviewHistory.objects.filter(of_learner).update(**blank)
    ProctoredExamSoftwareSecureComment.objects.filter(review_id__in=review_ids).update(comment="", status="")
    ReviewDecision.objects.filter(review_id__in=review_ids).exclude(comment="").update(comment="")
    HistoricalProctoredExamStudentAttempt.objects.filter(user_id=user_id).update(history_change_reason=None)
    inbox.forget_texts_of(codes)
    forget_job_texts(user_id)
    _forget_effects(attempt_ids)
    attempt_incidents.forget_incident_texts([user_id])
    exam_measures.forget_measure_texts([user_id])
    log.info("learner retired: user_id=%s allowances=%s reviews=%s", user_id, allowances, len(review_ids))


def _lock_and_list(user_id: int) -> tuple[set[int], set[str]]:
    """Lock the learner's live attempts, and return ids and codes of all, live and removed.

    A note or a review of an attempt is written under the same lock: either it is there by now, or its writer waits for
    the retirement and finds it.
    """
    columns = ("id", "attempt_code")
    live = ProctoredExamStudentAttempt.objects.filter(user_id=user_id).locked_in_order().values_list(*columns)
    past = HistoricalProctoredExamStudentAttempt.objects.filter(user_id=user_id).order_by()
    found = set(chain(live, past.values_list(*columns).distinct()))
    return {attempt_id for attempt_id, _ in found}, {code for _, code in found if code}


def _forget_effects(attempt_ids: Collection[int]) -> None:
    """Blank the error texts of effects, and drop mails that are not sent yet."""
    caused = AttemptEffect.objects.filter(attempt_id__in=attempt_ids)
    caused.exclude(last_error="").update(last_error="")
    caused.leftovers().filter(kind=AttemptEffect.KIND_MAIL).update(state=AttemptEffect.STATE_SUPERSEDED)
    # Effects that are still due keep their arguments, which are only ids and statuses.
    caused.exclude(state=AttemptEffect.STATE_DUE).update(arguments="{}")


def retire_learner_at_providers(user_id: int, /) -> dict[str, bool]:
    """Ask each provider that knows a learner to delete the learner's data.

    Returns ``{provider name: done}``, without the providers that had nothing to do. A provider that
    fails or is not configured any more counts as not done; call again later.
    """
    outcome: dict[str, bool] = {}
    for backend in backends_that_know(user_id):
        # As at registration: obscured with the name stored with the exam, even if that is None.
        outcomes = [_retire_at(backend, obscured) for obscured in obscured_user_ids(user_id, backend)]
        done = False if False in outcomes else True if True in outcomes else None
        if done is not None:
            name = backend or str(backends.default_backend_name())
            outcome[name] = outcome.get(name, True) and done
    ProviderRetirement.objects.note(user_id, outcome)
    log.info("learner retired at providers: user_id=%s outcome=%s", user_id, outcome)
    return outcome


def backends_that_know(user_id: int) -> list[str | None]:
    """Return the provider names of all exams that the learner ever took proctored, in stable order.

    The history counts as well: a provider keeps its data when an attempt is reset or declined.
    """
    criteria = {"user_id": user_id, "taking_as_proctored": True}
    live = ProctoredExamStudentAttempt.objects.filter(**criteria).order_by().values_list("proctored_exam_id")
    past = HistoricalProctoredExamStudentAttempt.objects.filter(**criteria).order_by().values_list("proctored_exam_id")
    exam_ids = {exam_id for (exam_id,) in chain(live.distinct(), past.distinct())}
    names: Iterable[str | None] = ProctoredExam.objects.filter(pk__in=exam_ids).values_list("backend", flat=True)
    return sorted(set(names), key=lambda name: name or "")


def _retire_at(backend: str | None, provider_user_id: str) -> bool | None:
    """Return whether the provider deleted the data, None if it had nothing to do."""
    try:
        result = backends.get_backend_provider(name=backend).retire_user(provider_user_id)
    except (ProctoredBaseException, NotImplementedError, ImproperlyConfigured) as exc:
        log.warning("provider did not retire a user: provider=%s error=%s", backend, type(exc).__name__)
        return False
    return None if result is None else bool(result)
