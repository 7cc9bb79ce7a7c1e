"""Events that end sessions, and changes that drop cached requirements. Contract: contract/seb-exams#session-end."""

import logging
from importlib import import_module
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from seb_openedx.exam_models import SebExamConfiguration, SebSession
from seb_openedx.exams import requirements, sessions
from seb_openedx.models import ForbiddenCourseAccess

log = logging.getLogger(__name__)

# Statuses of an attempt in which the learner is still in the exam, or about to enter it.
_INSIDE: Final = frozenset(
    {"created", "download_software_clicked", "ready_to_start", "started", "ready_to_submit", "ready_to_resume"}
)


@receiver([post_save, post_delete], sender=SebExamConfiguration, dispatch_uid="seb_openedx.exam_changed")
def exam_changed(instance: SebExamConfiguration, **kwargs: Any) -> None:
    """A requirement was saved or deleted."""
    requirements.forget(instance.course_id)
    # Another request may have read the old row until the change is committed.
    transaction.on_commit(lambda: requirements.forget(instance.course_id))


@receiver(post_delete, sender=SebExamConfiguration, dispatch_uid="seb_openedx.exam_deleted")
def exam_deleted(instance: SebExamConfiguration, **kwargs: Any) -> None:
    """A requirement was deleted. What was proved for it counts for none that may follow."""
    _end(
        SebSession.objects.filter(course_id=instance.course_id, content_id=instance.content_id), "configuration_changed"
    )


@receiver(user_logged_out, dispatch_uid="seb_openedx.logged_out")
def logged_out(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    """A learner has logged out: their sessions belonged to this login."""
    login = sessions.login_hash(request) if request is not None else ""
    if user is not None and login:
        _end(SebSession.objects.filter(user_id=user.pk, session_hash=login), "logged_out")


@receiver(post_save, sender=ForbiddenCourseAccess, dispatch_uid="seb_openedx.banned")
def banned(instance: ForbiddenCourseAccess, **kwargs: Any) -> None:
    """A learner was banned from a course."""
    if instance.access_blocked:
        rows = SebSession.objects.filter(username=instance.username, course_id=instance.course_id)
        # Afterwards: the ban counts, whatever becomes of the sessions.
        transaction.on_commit(lambda: _end(rows, "banned"), robust=True)


def attempt_changed(sender: Any, attempt_id: int, user_id: int, status: str, **kwargs: Any) -> None:
    """An attempt has another status; one that is over ends the sessions for its exam."""
    if status in _INSIDE or not requirements.exist():
        return
    rows = SebSession.objects.open().filter(user_id=user_id)
    exams = {(str(row.course_id), row.content_id) for row in rows.only("course_id", "content_id")}
    if not exams:
        return
    attempt = import_module("edx_proctoring.api").get_exam_attempt_by_id(attempt_id)
    exam = (attempt or {}).get("proctored_exam") or {}
    if (exam.get("course_id"), exam.get("content_id")) in exams:
        _end(rows.filter(course_id=exam["course_id"], content_id=exam["content_id"]), "submitted")


def _end(rows: Any, reason: str) -> None:
    rows.end(reason, now=timezone.now())


def connect() -> None:
    """Listen to attempts, if the app for special exams is there."""
    if apps.is_installed("edx_proctoring"):
        signal = import_module("edx_proctoring.signals").exam_attempt_status_signal
        signal.connect(attempt_changed, dispatch_uid="seb_openedx.attempt_changed")


connect()
