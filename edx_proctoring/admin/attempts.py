"""Attempts in Django admin."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from edx_proctoring import api
from edx_proctoring.admin.common import prettify_course_id
from edx_proctoring.api.lifecycle import expiry, queries
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import humanized_time

STATUSES = (
    Status.created,
    Status.download_software_clicked,
    Status.ready_to_start,
    Status.started,
    Status.ready_to_submit,
    Status.declined,
    Status.timed_out,
    Status.submitted,
    Status.second_review_required,
    Status.verified,
    Status.rejected,
    Status.error,
)
# Only providers set these. Developers use them to see the pages for these statuses.
STATUSES_FOR_DEVELOPERS = (
    Status.onboarding_missing,
    Status.onboarding_failed,
    Status.onboarding_pending,
    Status.onboarding_expired,
)


class ExamAttemptFilterByCourseId(admin.SimpleListFilter):
    """Attempts of one course."""

    title = _("Course Id")
    parameter_name = "proctored_exam__course_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer all courses with attempts."""
        course_ids = (
            ProctoredExam.objects.filter(proctoredexamstudentattempt__isnull=False)
            .values_list("course_id", flat=True)
            .order_by("course_id")
            .distinct()
        )
        return [(course_id, prettify_course_id(course_id)) for course_id in course_ids]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        """Filter by the chosen course."""
        return queryset.filter(proctored_exam__course_id=self.value()) if self.value() else None


class ProctoredExamAttemptForm(forms.ModelForm):
    """The status of an attempt."""

    status = forms.ChoiceField()

    class Meta:
        model = ProctoredExamStudentAttempt
        fields = ("status",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        statuses = [*STATUSES, *(STATUSES_FOR_DEVELOPERS if settings.DEBUG else ())]
        # Without the current status among the choices, the form would show and save another one.
        if self.instance.status and self.instance.status not in statuses:
            statuses.append(self.instance.status)
        self.fields["status"].choices = [(status, status) for status in statuses]  # type: ignore[attr-defined]


@admin.register(ProctoredExamStudentAttempt)
class ProctoredExamStudentAttemptAdmin(SimpleHistoryAdmin):
    """Attempts; a changed status goes through the state machine, with all its effects."""

    form = ProctoredExamAttemptForm
    readonly_fields = (
        "user",
        "proctored_exam",
        "started_at",
        "completed_at",
        "attempt_code",
        "external_id",
        "allowed_time_limit_mins",
        "taking_as_proctored",
        "is_sample_attempt",
        "review_policy_id",
        "is_status_acknowledged",
        "time_remaining_seconds",
        "error_reported_at",
        "time_left_at_error",
        # Resuming is done in the instructor dashboard, which keeps these three flags consistent.
        "is_resumable",
        "ready_to_resume",
        "resumed",
    )
    list_display = (
        "username",
        "exam_name",
        "course_id",
        "taking_as_proctored",
        "is_sample_attempt",
        "attempt_code",
        "status",
        "modified",
    )
    list_select_related = ("user", "proctored_exam")
    list_filter = ("status", "taking_as_proctored", "is_sample_attempt", ExamAttemptFilterByCourseId)
    search_fields = ("user__username", "attempt_code")
    history_list_display = ("status",)

    def username(self, obj: ProctoredExamStudentAttempt) -> str:
        """Return the learner."""
        return obj.user.username

    def exam_name(self, obj: ProctoredExamStudentAttempt) -> str:
        """Return the exam."""
        return obj.proctored_exam.exam_name

    def course_id(self, obj: ProctoredExamStudentAttempt) -> str:
        """Return the course."""
        return obj.proctored_exam.course_id

    def error_reported_at(self, obj: ProctoredExamStudentAttempt) -> Any:
        """Return when the attempt broke off, in the words of the language."""
        moment = queries.error_reported_at(obj)
        return self.get_empty_value_display() if moment is None else localize(timezone.localtime(moment))

    def time_left_at_error(self, obj: ProctoredExamStudentAttempt) -> Any:
        """Return in words how much time was left when the attempt broke off.

        The clock tells; the seconds that reports over REST keep count where there is none.
        """
        reported_at = queries.error_reported_at(obj)
        if reported_at is None:
            return self.get_empty_value_display()
        seconds = expiry.seconds_left_at(
            reported_at, obj.started_at, obj.allowed_time_limit_mins, obj.time_remaining_seconds
        )
        return self.get_empty_value_display() if seconds is None else humanized_time(seconds / 60)

    def save_model(self, request: HttpRequest, obj: ProctoredExamStudentAttempt, form: Any, change: bool) -> None:
        """Change the status through the state machine. An unchanged status has no effects: its e-mail was sent."""
        if "status" not in form.changed_data:
            return
        try:
            api.update_attempt_status(obj.id, form.cleaned_data["status"])
        except (ProctoredExamIllegalStatusTransition, StudentExamAttemptDoesNotExistsException) as error:
            self.message_user(request, str(error), messages.ERROR)
            # Suppresses the success message of Django.
            messages.set_level(request, messages.ERROR)
            return
        if AttemptEffect.objects.of_attempt(obj.id).leftovers().filter(kind=AttemptEffect.KIND_PROVIDER).exists():
            text = _("The proctoring service could not be notified of this change. It will be retried.")
            self.message_user(request, text, messages.WARNING)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Attempts are created by taking exams."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Attempts are removed in the instructor dashboard, which also informs provider and services."""
        return False
