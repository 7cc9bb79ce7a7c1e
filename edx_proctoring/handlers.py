"""Receivers of model signals: what happens when a row is saved or deleted.

Contract: contract/signals#fixtures, contract/signals#synchronous.

Each receiver decides when; the service layer has the rules. simple-history writes its row before any of these runs.
Receivers do not run for ``QuerySet.update()`` and the ``bulk_*`` methods, and skip fixtures (``raw``), which restore
rows instead of changing them. Their effects are synchronous, because callers read them right after ``save()``.
"""

import logging
from collections.abc import Collection
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from edx_proctoring.api.attempts import marking
from edx_proctoring.api.course_staff import attempt_count
from edx_proctoring.api.exams import provider_copy
from edx_proctoring.api.onboarding import filter_cache
from edx_proctoring.api.reviews import applying
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    RemovedAllowance,
    archive_model,
)
from edx_proctoring.models.history import ArchiveT
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import request_scope

# A published name: contract/published-names#never-submitted-log.
log = logging.getLogger(__name__)


def goes_with_its_owner(sender: type[Model], origin: Model | QuerySet | None) -> bool:
    """Return whether a row is deleted by a cascade from its exam or its learner.

    ``origin``: the object that ``delete()`` was called on. An archive row written during a cascade would refer to an
    owner that is about to be deleted, and would fail or be deleted with it.
    """
    if origin is None:
        return False
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    return not issubclass(model, sender)


# Exams


@receiver(pre_save, sender=ProctoredExam, dispatch_uid="edx_proctoring.check_for_category_switch")
def check_for_category_switch(instance: ProctoredExam, raw: bool = False, **kwargs: Any) -> None:
    """When an exam stops being proctored, mark it inactive at its provider (contract/exams#becomes-timed)."""
    if raw or not instance.id or instance.is_proctored:
        return
    if ProctoredExam.objects.filter(id=instance.id, is_proctored=True).exists():
        provider_copy.report_timed_exam(instance)


@receiver(post_save, sender=ProctoredExam, dispatch_uid="edx_proctoring.save_exam_on_backend.exam")
@receiver(post_save, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.save_exam_on_backend.policy")
def save_exam_on_backend(instance: ProctoredExam | ProctoredExamReviewPolicy, raw: bool = False, **kwargs: Any) -> None:
    """When an exam or its policy is saved, update the provider's copy (contract/exams#provider-payload)."""
    if raw:
        return
    if isinstance(instance, ProctoredExam):
        provider_copy.push_exam_to_provider(instance)
    else:
        provider_copy.push_exam_to_provider(instance.proctored_exam, instance)


@receiver(post_delete, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.policy_deleted")
def on_review_policy_deleted(
    sender: type[Model],
    instance: ProctoredExamReviewPolicy,
    origin: Model | QuerySet | None = None,
    **kwargs: Any,
) -> None:
    """When a policy is deleted, update the provider's copy of the exam, which then has no rules."""
    if goes_with_its_owner(sender, origin):
        return
    provider_copy.push_exam_to_provider(instance.proctored_exam)


@receiver(post_delete, sender=ProctoredExam, dispatch_uid="edx_proctoring.exam_deleted")
def on_exam_deleted(instance: ProctoredExam, **kwargs: Any) -> None:
    """When an exam is deleted, mark it inactive at its provider. A provider's failure does not stop the deletion."""
    provider_copy.report_deleted_exam(instance)


# Archives of policies, allowances and reviews


@receiver(pre_save, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.policy_changed")
@receiver(pre_delete, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.policy_removed")
def on_review_policy_changed(sender: type[Model], instance: ProctoredExamReviewPolicy, **kwargs: Any) -> None:
    """When a policy is changed or deleted, archive its former text (contract/signals#archives)."""
    _archive(ProctoredExamReviewPolicyHistory, sender, instance, {"id": "original_id"}, **kwargs)


@receiver(pre_save, sender=ProctoredExamStudentAllowance, dispatch_uid="edx_proctoring.allowance_changed")
@receiver(pre_delete, sender=ProctoredExamStudentAllowance, dispatch_uid="edx_proctoring.allowance_removed")
def on_allowance_changed(sender: type[Model], instance: ProctoredExamStudentAllowance, **kwargs: Any) -> None:
    """When an allowance is changed or deleted, archive its former state (contract/signals#archives)."""
    archived = _archive(ProctoredExamStudentAllowanceHistory, sender, instance, {"id": "allowance_id"}, **kwargs)
    if archived is not None and kwargs["signal"] is pre_delete:
        RemovedAllowance.objects.create(last_state=archived, given=instance.created)


@receiver(pre_save, sender=ProctoredExamSoftwareSecureReview, dispatch_uid="edx_proctoring.review_changed")
@receiver(pre_delete, sender=ProctoredExamSoftwareSecureReview, dispatch_uid="edx_proctoring.review_removed")
def on_review_changed(sender: type[Model], instance: ProctoredExamSoftwareSecureReview, **kwargs: Any) -> None:
    """When a review is changed or deleted, archive its former state (contract/signals#review-saved)."""
    _archive(ProctoredExamSoftwareSecureReviewHistory, sender, instance, {"id": None}, **kwargs)


def _archive(
    archive: type[ArchiveT],
    sender: type[Model],
    instance: Model,
    mapping: dict[str, str | None],
    *,
    signal: Any,
    raw: bool = False,
    origin: Model | QuerySet | None = None,
    **kwargs: Any,
) -> ArchiveT | None:
    """Archive the stored row before a save, the given instance before a deletion; return the new row, if any.

    Every save archives, even if nothing changed: the number of archive rows is contract.
    """
    if raw or instance.pk is None:
        return None
    if signal is pre_delete:
        return None if goes_with_its_owner(sender, origin) else archive_model(archive, instance, **mapping)
    stored = sender._base_manager.filter(pk=instance.pk).first()
    return None if stored is None else archive_model(archive, stored, **mapping)


# Attempts


@receiver(pre_save, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_changed")
def on_attempt_changed(
    instance: ProctoredExamStudentAttempt,
    raw: bool = False,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    """When an attempt gets its first ``completed_at``, report the completion to the instructor service.

    Contract: contract/signals#attempt-removed.

    Raises ``ProctoredExamStudentAttempt.DoesNotExist`` for a removed attempt: the archive returns unsaved attempts, and
    saving one must not bring it back.
    """
    if raw or not instance.id or (update_fields is not None and "completed_at" not in update_fields):
        return
    if instance.completed_at is None and not instance._state.adding:
        # Most saves end here, without a query. ``save`` itself fails for a removed row.
        return
    stored = ProctoredExamStudentAttempt.objects.values_list("completed_at", flat=True).get(id=instance.id)
    if stored is None and instance.completed_at is not None:
        marking.report_completion(instance)


@receiver(post_delete, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_deleted")
def finish_attempt_flow(
    sender: type[Model],
    instance: ProctoredExamStudentAttempt,
    origin: Model | QuerySet | None = None,
    **kwargs: Any,
) -> None:
    """When an attempt is deleted, keep its review and mark it as that of a removed attempt.

    Contract: contract/signals#attempt-removed.
    """
    if not instance.attempt_code:
        return
    if goes_with_its_owner(sender, origin):
        # ``save`` would archive the review with references to rows that are being deleted.
        ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=instance.attempt_code).update(
            is_attempt_active=False
        )
    else:
        applying.deactivate_review_of(instance.attempt_code)


# Outlines


@receiver(post_save, sender=ProctoredExam, dispatch_uid="edx_proctoring.outline_changed.exam_saved")
@receiver(post_delete, sender=ProctoredExam, dispatch_uid="edx_proctoring.outline_changed.exam_deleted")
@receiver(post_save, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.outline_changed.attempt_saved")
@receiver(post_delete, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.outline_changed.attempt_gone")
def on_outline_changed(**kwargs: Any) -> None:
    """When an exam or an attempt changes, drop the outlines cached for this request.

    Contract: contract/outline-status#within-a-request.
    """
    request_scope.forget(request_scope.OUTLINES)


@receiver(post_save, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_counted")
@receiver(post_delete, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_uncounted")
def on_number_of_attempts_changed(instance: ProctoredExamStudentAttempt, created: bool = True, **kwargs: Any) -> None:
    """When an attempt is created or deleted, drop the cached number of learners of the course team's list."""
    if created:
        attempt_count.forget_learner_count(instance.proctored_exam_id)


@receiver(post_save, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.onboarding_changed")
@receiver(post_delete, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.onboarding_removed")
def on_onboarding_changed(instance: ProctoredExamStudentAttempt, signal: Any, **kwargs: Any) -> None:
    """When a learner is verified by onboarding, or a practice attempt is deleted, drop what filters found."""
    if instance.is_sample_attempt and (signal is post_delete or instance.status == Status.verified):
        filter_cache.onboarding_changed()


# Reviews


@receiver(post_save, sender=ProctoredExamSoftwareSecureReview, dispatch_uid="edx_proctoring.review_saved")
def finish_review_workflow(instance: ProctoredExamSoftwareSecureReview, raw: bool = False, **kwargs: Any) -> None:
    """When a review is saved, apply its verdict to the attempt (contract/signals#review-saved)."""
    if raw:
        return
    applying.apply_review(instance)
