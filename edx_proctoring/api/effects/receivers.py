"""Who is told what a status change causes: instructor, credit, grades, certificates, learner, provider.

Contract: contract/host-services#credit-state, contract/effects#by-status. One receiver per effect. How they are
called, and what happens when one fails, is the business of ``effects``; argument passing to services is contract. A
service that the host does not supply has nothing to be told.
"""

import logging
import smtplib
from contextlib import nullcontext
from typing import Final

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from edx_proctoring import backends, host, runtime, signals
from edx_proctoring.api.effects import emails, outbox, retrying
from edx_proctoring.api.effects.routes import AlreadyLogged, Delivery, NoLongerTrue, receives
from edx_proctoring.backends import call_options
from edx_proctoring.backends.attempt_removal import remove_or_raise
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import inner_savepoint

__all__ = ["REJECTED_GRADE_OVERRIDE_EARNED"]

log = logging.getLogger(__name__)

REJECTED_GRADE_OVERRIDE_EARNED: Final = 0.0

SIGNAL_SENDER: Final = "edx_proctoring"


class MailRefused(Exception):
    """The mail server refused a mail; its answer without addresses."""


@receives(AttemptEffect.KIND_INSTRUCTOR, "complete_student_attempt")
def _report_completion(delivery: Delivery) -> None:
    instructor: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if instructor is not None:
        instructor.complete_student_attempt(delivery.attempt.user.username, delivery.attempt.proctored_exam.content_id)


@receives(AttemptEffect.KIND_CREDIT, "get_credit_state")
def _drop_obsolete(delivery: Delivery) -> None:
    """Settle a call that development states recorded. It only read, so nothing is owed."""
    raise NoLongerTrue


@receives(AttemptEffect.KIND_CREDIT, "set_credit_requirement_status", lane="credit")
def _set_credit_requirement(delivery: Delivery) -> None:
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    if credit is not None:
        exam = delivery.attempt.proctored_exam
        credit.set_credit_requirement_status(
            user_id=delivery.attempt.user_id,
            course_key_or_id=exam.course_id,
            req_namespace="proctored_exam",
            req_name=exam.content_id,
            status=delivery.arguments["status"],
        )


@receives(AttemptEffect.KIND_GRADE, "override_subsection_grade", lane="grade", status_must_hold=True)
def _override_grade(delivery: Delivery) -> None:
    exam = delivery.attempt.proctored_exam
    grades: host.GradesService | None = runtime.get_runtime_service(host.GRADES)
    if grades is None or not grades.should_override_grade_on_rejected_exam(exam.course_id):
        return
    provider = delivery.scene.configured_provider
    grades.override_subsection_grade(
        user_id=delivery.attempt.user_id,
        course_key_or_id=exam.course_id,
        usage_key_or_id=exam.content_id,
        earned_all=REJECTED_GRADE_OVERRIDE_EARNED,
        earned_graded=REJECTED_GRADE_OVERRIDE_EARNED,
        overrider=delivery.scene.actor_of(delivery.arguments),
        comment="Failed exam review" if provider is None else f"Failed {provider.verbose_name} proctoring",
    )


@receives(AttemptEffect.KIND_CERTIFICATE, "invalidate_certificate", status_must_hold=True)
def _invalidate_certificate(delivery: Delivery) -> None:
    exam = delivery.attempt.proctored_exam
    grades: host.GradesService | None = runtime.get_runtime_service(host.GRADES)
    certificates: host.CertificatesService | None = runtime.get_runtime_service(host.CERTIFICATES)
    # A certificate goes with the grade: where a rejection does not touch the grade, it stays.
    if certificates is None or grades is None or not grades.should_override_grade_on_rejected_exam(exam.course_id):
        return
    certificates.invalidate_certificate(user_id=delivery.attempt.user_id, course_key_or_id=exam.course_id)


@receives(AttemptEffect.KIND_GRADE, "undo_override_subsection_grade", lane="grade", status_must_hold=True)
def _undo_grade_override(delivery: Delivery) -> None:
    exam = delivery.attempt.proctored_exam
    grades: host.GradesService | None = runtime.get_runtime_service(host.GRADES)
    if grades is None or not grades.should_override_grade_on_rejected_exam(exam.course_id):
        return
    grades.undo_override_subsection_grade(
        user_id=delivery.attempt.user_id,
        course_key_or_id=exam.course_id,
        usage_key_or_id=exam.content_id,
    )


@receives(AttemptEffect.KIND_MAIL, "status_email", status_must_hold=True, reaches_a_person=True)
def _send_status_email(delivery: Delivery) -> None:
    attempt = delivery.attempt
    course_id = attempt.proctored_exam.course_id
    try:
        course_name = _course_name(attempt.user_id, course_id)
        message = emails.create_proctoring_attempt_status_email(attempt, course_name, course_id)
        if message is not None:
            _send(message)
    except Exception as error:
        # Contract (contract/emails#failure): text and arguments are matched exactly.
        # With a traceback the first time, later in one line.
        (log.exception if delivery.is_first_try else log.error)(
            "Exception occurred while trying to send proctoring attempt status email for user_id=%(user_id)s "
            "in course_id=%(course_id)s -- %(err)s",
            {"user_id": attempt.user_id, "course_id": course_id, "err": error},
        )
        raise AlreadyLogged from error


def _send(message: EmailMessage) -> None:
    """Send a mail. Raises ``MailRefused`` in place of errors whose text, and so the log, has the learner's address."""
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        raise MailRefused(retrying.describe_error(error)) from None


@receives(AttemptEffect.KIND_PROVIDER, "clear_onboarding_errors")
def _clear_onboarding_errors(delivery: Delivery) -> None:
    # Looked up again, because the provider may have been missing when the attempt was completed.
    provider = delivery.scene.provider
    if provider is None or not provider.supports_onboarding:
        return
    # Providers are asked first, best-effort; then the learner can enter the proctored exams again.
    ProctoredExamStudentAttempt.objects.clear_onboarding_errors(
        delivery.attempt.user_id, backend=delivery.arguments["backend"]
    )


@receives(
    AttemptEffect.KIND_PROVIDER,
    "start_exam_attempt",
    lane="session",
    only_while=(Status.started, Status.ready_to_submit),
)
@receives(AttemptEffect.KIND_PROVIDER, "stop_exam_attempt", lane="session")
@receives(AttemptEffect.KIND_PROVIDER, "mark_erroneous_exam_attempt", lane="session")
def _notify_provider(delivery: Delivery) -> None:
    provider = delivery.scene.provider
    if provider is not None:
        notify = getattr(provider, delivery.call)
        # A provider that answers with an error of its own is told again.
        with call_options.use(raises_on_error=True):
            notify(delivery.scene.exam_dict["external_id"], delivery.scene.attempt_dict["external_id"])


@receives(AttemptEffect.KIND_PROVIDER, outbox.REMOVE_AT_PROVIDER, outlives_attempt=True)
def _remove_at_provider(delivery: Delivery) -> None:
    # The attempt is gone here, so the effect carries the ids.
    ids = delivery.arguments
    provider = backends.get_backend_provider(name=ids["backend"])
    if provider is None:
        return
    remove_or_raise(provider, ids["exam_external_id"], ids["external_id"])


@receives(AttemptEffect.KIND_SIGNAL, "tracking_event")
def _track(delivery: Delivery) -> None:
    emit_event(delivery.scene.exam_dict, delivery.to_status, attempt=delivery.scene.attempt_dict)


@receives(AttemptEffect.KIND_SIGNAL, "exam_attempt_status_signal", own_transactions=True)
def _send_signal(delivery: Delivery) -> None:
    attempt, exam = delivery.attempt, delivery.scene.exam_dict
    provider = delivery.scene.configured_provider
    send_status_signal(
        attempt_id=delivery.arguments["attempt_id"],
        user_id=attempt.user_id,
        status=delivery.to_status,
        full_name=None,
        profile_name=None,
        is_practice_exam=exam["is_practice_exam"],
        is_proctored=attempt.taking_as_proctored,
        backend_supports_onboarding=provider.supports_onboarding if provider else False,
    )


def send_status_signal(
    *,
    attempt_id: int,
    user_id: int,
    status: str,
    full_name: str | None,
    profile_name: str | None,
    is_practice_exam: bool,
    is_proctored: bool,
    backend_supports_onboarding: bool | None,
) -> None:
    """Send ``exam_attempt_status_signal``; receivers rely on all eight keywords (contract/signals#status).

    Raises what a receiver raises.
    """
    signal = signals.exam_attempt_status_signal
    # Sent in any case, because hosts replace the signal; the savepoint is for receivers.
    with inner_savepoint() if signal.has_listeners(SIGNAL_SENDER) else nullcontext():
        signal.send(
            sender=SIGNAL_SENDER,
            attempt_id=attempt_id,
            user_id=user_id,
            status=status,
            full_name=full_name,
            profile_name=profile_name,
            is_practice_exam=is_practice_exam,
            is_proctored=is_proctored,
            backend_supports_onboarding=backend_supports_onboarding,
        )


def _course_name(user_id: int, course_id: str) -> str:
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    state = credit.get_credit_state(user_id, course_id, return_course_info=True) if credit is not None else None
    return (state or {}).get("course_name") or _("your course")
