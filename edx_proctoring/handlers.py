"""What has to happen when a row is saved or deleted, whoever does it.

A door: each receiver says when; the rules it calls live in the rooms of ``api``. Spec:
data-model.md 5. simple-history writes its row before any of these runs. Nothing here runs for
``QuerySet.update()`` and the ``bulk_*`` methods, nor for fixtures (``raw``): their rows are facts
already, not changes. All effects are synchronous; callers look at them right after ``save()``.
"""

import logging
from collections.abc import Collection
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from edx_proctoring.api.attempts import marking
from edx_proctoring.api.course_staff import attempt_list
from edx_proctoring.api.exams import provider_copy
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
    archive_model,
)
from edx_proctoring.utils import request_scope

log = logging.getLogger(__name__)


def goes_with_its_owner(sender: type[Model], origin: Model | QuerySet | None) -> bool:
    """Whether a row is deleted because the exam or the learner it belongs to is.

    ``origin`` is what ``delete()`` was called on. What is archived on such an occasion would
    refer to an owner that is about to disappear, and fail or disappear with it.
    """
    if origin is None:
        return False
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    return not issubclass(model, sender)


# Exams


@receiver(pre_save, sender=ProctoredExam, dispatch_uid="edx_proctoring.check_for_category_switch")
def check_for_category_switch(instance: ProctoredExam, raw: bool = False, **kwargs: Any) -> None:
    """An exam that stops being proctored: its provider is told that it is over (5.1)."""
    if raw or not instance.id or instance.is_proctored:
        return
    if ProctoredExam.objects.filter(id=instance.id, is_proctored=True).exists():
        provider_copy.deactivate_exam_at_provider(instance)


@receiver(post_save, sender=ProctoredExam, dispatch_uid="edx_proctoring.save_exam_on_backend.exam")
@receiver(post_save, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.save_exam_on_backend.policy")
def save_exam_on_backend(instance: ProctoredExam | ProctoredExamReviewPolicy, raw: bool = False, **kwargs: Any) -> None:
    """An exam or its policy was saved: the provider's copy is brought in step (5.2)."""
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
    """A policy is gone: the provider learns that the rules of the exam are empty."""
    if goes_with_its_owner(sender, origin):
        return
    provider_copy.push_exam_to_provider(instance.proctored_exam)


@receiver(post_delete, sender=ProctoredExam, dispatch_uid="edx_proctoring.exam_deleted")
def on_exam_deleted(instance: ProctoredExam, **kwargs: Any) -> None:
    """An exam is gone: its provider is told that it is over. A provider's failure never blocks the deletion."""
    if not instance.is_proctored:
        return
    try:
        provider_copy.deactivate_exam_at_provider(instance)
    except Exception:  # pylint: disable=broad-except
        log.exception("provider not told about deleted exam: exam_id=%s backend=%s", instance.id, instance.backend)


# Archives of policies, allowances and reviews


@receiver(pre_save, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.policy_changed")
@receiver(pre_delete, sender=ProctoredExamReviewPolicy, dispatch_uid="edx_proctoring.policy_removed")
def on_review_policy_changed(sender: type[Model], instance: ProctoredExamReviewPolicy, **kwargs: Any) -> None:
    """A policy changes or goes: its former text is archived (5.3)."""
    _archive(ProctoredExamReviewPolicyHistory, sender, instance, {"id": "original_id"}, **kwargs)


@receiver(pre_save, sender=ProctoredExamStudentAllowance, dispatch_uid="edx_proctoring.allowance_changed")
@receiver(pre_delete, sender=ProctoredExamStudentAllowance, dispatch_uid="edx_proctoring.allowance_removed")
def on_allowance_changed(sender: type[Model], instance: ProctoredExamStudentAllowance, **kwargs: Any) -> None:
    """An allowance changes or goes: its former state is archived (5.4)."""
    _archive(
        ProctoredExamStudentAllowanceHistory,
        sender,
        instance,
        {"id": "allowance_id", "created": "allowance_created"},
        **kwargs,
    )


@receiver(pre_save, sender=ProctoredExamSoftwareSecureReview, dispatch_uid="edx_proctoring.review_changed")
@receiver(pre_delete, sender=ProctoredExamSoftwareSecureReview, dispatch_uid="edx_proctoring.review_removed")
def on_review_changed(sender: type[Model], instance: ProctoredExamSoftwareSecureReview, **kwargs: Any) -> None:
    """A review changes or goes: its former state is archived (5.6)."""
    _archive(ProctoredExamSoftwareSecureReviewHistory, sender, instance, {"id": None}, **kwargs)


def _archive(
    archive: type[Model],
    sender: type[Model],
    instance: Model,
    mapping: dict[str, str | None],
    *,
    signal: Any,
    raw: bool = False,
    origin: Model | QuerySet | None = None,
    **kwargs: Any,
) -> None:
    """Archive the stored row before a save, the row in hand before a deletion.

    Every save archives, also one that changes nothing: the number of archive rows is contract.
    """
    if raw or instance.pk is None:
        return
    if signal is pre_delete:
        if not goes_with_its_owner(sender, origin):
            archive_model(archive, instance, **mapping)
        return
    stored = sender._base_manager.filter(pk=instance.pk).first()
    if stored is not None:
        archive_model(archive, stored, **mapping)


# Attempts


@receiver(pre_save, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_changed")
def on_attempt_changed(
    instance: ProctoredExamStudentAttempt,
    raw: bool = False,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    """An attempt gets its first ``completed_at``: the instructor service hears of it, once (5.5).

    Raises ``ProctoredExamStudentAttempt.DoesNotExist`` for an attempt that was removed: the archive
    hands out unsaved attempts, and saving one must not bring it back.
    """
    if raw or not instance.id or (update_fields is not None and "completed_at" not in update_fields):
        return
    if instance.completed_at is None and not instance._state.adding:
        # Nothing to report, and ``save`` itself notices a row that is gone: most saves end here, without a query.
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
    """An attempt is gone: its review stays, marked as the review of a removed attempt (5.5)."""
    if not instance.attempt_code:
        return
    if goes_with_its_owner(sender, origin):
        # Saving the review would archive it with references to rows that are being deleted.
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
    """An exam or an attempt is not what this request has seen of it (host-platform.md 16.3)."""
    request_scope.forget(request_scope.OUTLINES)


@receiver(post_save, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_counted")
@receiver(post_delete, sender=ProctoredExamStudentAttempt, dispatch_uid="edx_proctoring.attempt_uncounted")
def count_learners_anew(instance: ProctoredExamStudentAttempt, created: bool = True, **kwargs: Any) -> None:
    """An attempt came or went: the number of learners that the course team's list remembers is out of date."""
    if created:
        attempt_list.forget_number_of_learners(instance.proctored_exam_id)


# Reviews


@receiver(post_save, sender=ProctoredExamSoftwareSecureReview, dispatch_uid="edx_proctoring.review_saved")
def finish_review_workflow(instance: ProctoredExamSoftwareSecureReview, raw: bool = False, **kwargs: Any) -> None:
    """A review was saved: the attempt follows the verdict (5.6)."""
    if raw:
        return
    applying.apply_review(instance)
