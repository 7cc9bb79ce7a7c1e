"""Reviews in Django admin: the course team's second review.

Saving a review here is a person's decision: the attempt becomes verified or rejected (contract/admin#review-decision).
"""

from datetime import timedelta
from typing import Any, ClassVar

import django
from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from edx_proctoring import api
from edx_proctoring.admin.common import prettify_course_id
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    ReviewDecision,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.utils import locate_attempt_by_attempt_code

# The filters offer exams that ended recently or end soon.
DUE_SINCE = timedelta(days=30)
DUE_WITHIN = timedelta(days=7)


class ProctoredExamSoftwareSecureReviewForm(forms.ModelForm):
    """The verdict and the notes."""

    REVIEW_STATUS_CHOICES = [
        (status, status)
        for status in (
            SoftwareSecureReviewStatus.clean,
            SoftwareSecureReviewStatus.violation,
            SoftwareSecureReviewStatus.suspicious,
            SoftwareSecureReviewStatus.not_reviewed,
        )
    ]

    review_status = forms.ChoiceField(choices=REVIEW_STATUS_CHOICES)
    # Optional, because the notes of a retired learner are empty and the verdict must still be changeable.
    raw_data = forms.CharField(widget=forms.Textarea, label=_("Reviewer notes"), required=False)

    class Meta:
        model = ProctoredExamSoftwareSecureReview
        fields = ("review_status", "raw_data")


class _DecisionForm(ProctoredExamSoftwareSecureReviewForm):
    """The form with which staff decide."""

    decision_comment = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Comment on your decision"),
        help_text=_("Kept with your decision. Learners and providers do not see it."),
        required=False,
    )


class ReviewListFilter(admin.SimpleListFilter):
    """Reviews that no person has confirmed yet."""

    title = _("internally reviewed")
    parameter_name = "reviewed_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer all unreviewed ones, or only the failures."""
        return [
            ("all_unreviewed", _("All unreviewed")),
            ("all_unreviewed_failures", _("All unreviewed failures")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        """Filter by the chosen option."""
        if self.value() == "all_unreviewed":
            return queryset.filter(reviewed_by__isnull=True)
        if self.value() == "all_unreviewed_failures":
            return queryset.filter(reviewed_by__isnull=True, review_status=SoftwareSecureReviewStatus.suspicious)
        return None


def _recent_exams(*, without_due_date: bool) -> QuerySet[ProctoredExam]:
    now = timezone.now()
    due = Q(due_date__gte=now - DUE_SINCE, due_date__lte=now + DUE_WITHIN)
    if without_due_date:
        due |= Q(due_date__isnull=True)
    return ProctoredExam.objects.filter(due, is_proctored=True, is_active=True, is_practice_exam=False)


class ProctoredExamListFilter(admin.SimpleListFilter):
    """Reviews of one exam."""

    title = _("active proctored exams")
    parameter_name = "exam__id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer exams that ended recently, end soon or never end."""
        exams = _recent_exams(without_due_date=True).order_by("course_id", "exam_name")
        return [(str(exam.id), f"{prettify_course_id(exam.course_id)}: {exam.exam_name}") for exam in exams]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        """Filter by the chosen exam."""
        return queryset.filter(exam__id=self.value()) if self.value() else None


class ProctoredExamCoursesListFilter(admin.SimpleListFilter):
    """Reviews of the proctored exams of one course."""

    title = _("course")
    parameter_name = "exam__course_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer courses with exams that ended recently or end soon."""
        course_ids = _recent_exams(without_due_date=False).values_list("course_id", flat=True)
        return [(course_id, prettify_course_id(course_id)) for course_id in course_ids.order_by("course_id").distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        """Filter by the chosen course."""
        if not self.value():
            return None
        return queryset.filter(
            exam__course_id=self.value(),
            exam__is_proctored=True,
            exam__is_active=True,
            exam__is_practice_exam=False,
        )


@admin.register(ProctoredExamSoftwareSecureReview)
class ProctoredExamSoftwareSecureReviewAdmin(admin.ModelAdmin):
    """Current reviews. Saving one is a decision: the attempt follows, and later reviews of the provider are held."""

    form: type[ProctoredExamSoftwareSecureReviewForm] = _DecisionForm
    readonly_fields: ClassVar[tuple[str, ...]] = (
        "attempt_code",
        "is_attempt_active",
        "exam",
        "student",
        "reviewed_by",
        "modified",
        "decisions",
        "held_reviews",
    )
    list_display = (
        "course_id_for_review",
        "exam_name_for_review",
        "student_username_for_review",
        "attempt_code",
        "is_attempt_active",
        "modified",
        "reviewed_by",
        "review_status",
    )
    # Named, because ``True`` would skip nullable relations, and all of these are nullable.
    list_select_related = ("exam", "student", "reviewed_by")
    list_filter = (ReviewListFilter, ProctoredExamListFilter, ProctoredExamCoursesListFilter, "review_status")
    search_fields = ("student__username", "attempt_code")
    ordering = ("-modified",)

    @admin.display(description=_("course id"))
    def course_id_for_review(self, obj: ProctoredExamSoftwareSecureReview) -> str:
        """Return the course; that of the attempt if the review has no exam."""
        exam = obj.exam or _exam_of(_attempt_of(obj))
        return exam.course_id if exam is not None else "(none)"

    @admin.display(description=_("exam name"))
    def exam_name_for_review(self, obj: ProctoredExamSoftwareSecureReview) -> str:
        """Return the exam; that of the attempt if the review has none."""
        exam = obj.exam or _exam_of(_attempt_of(obj))
        return exam.exam_name if exam is not None else "(none)"

    @admin.display(description=_("student username"))
    def student_username_for_review(self, obj: ProctoredExamSoftwareSecureReview) -> str:
        """Return the learner; that of the attempt if the review has none."""
        student = obj.student or _user_of(_attempt_of(obj))
        return student.username if student is not None else "(None)"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Reviews come from providers."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Also allow the filter by course."""
        if lookup == "exam__course_id":
            return True
        # Django 5.0 added the request to the arguments.
        more_arguments = () if django.VERSION < (5, 0) else (request,)
        return super().lookup_allowed(lookup, value, *more_arguments)

    @admin.display(description=_("decisions"))
    def decisions(self, obj: ProctoredExamSoftwareSecureReview) -> str:
        """Return who decided what and when, newest first."""
        made = list(ReviewDecision.objects.filter(review_id=obj.pk).order_by("-id"))
        names: dict[int | None, str] = dict(
            get_user_model()
            .objects.filter(pk__in={decision.actor_id for decision in made})
            .values_list("pk", "username")
        )
        return format_html_join(
            mark_safe("<br>"),
            "{} · {} · {}{}",
            (
                (
                    date_format(timezone.localtime(decision.created), "DATETIME_FORMAT"),
                    names.get(decision.actor_id, decision.actor_id),
                    decision.review_status,
                    f" · {decision.comment}" if decision.comment else "",
                )
                for decision in made
            ),
        )

    @admin.display(description=_("later reviews, held because staff have decided"))
    def held_reviews(self, obj: ProctoredExamSoftwareSecureReview) -> str:
        """Return links to the messages that changed nothing; "Receive again" accepts one."""
        held = ReviewInboxEntry.objects.of_attempt(obj.attempt_code).held()
        return format_html_join(
            mark_safe("<br>"),
            '<a href="{}">{}</a>',
            (
                (
                    reverse("admin:edx_proctoring_reviewinboxentry_change", args=[entry.pk]),
                    date_format(timezone.localtime(entry.created), "DATETIME_FORMAT"),
                )
                for entry in held.defer("body")
            ),
        )

    def save_model(self, request: HttpRequest, obj: ProctoredExamSoftwareSecureReview, form: Any, change: bool) -> None:
        """Save and record the decision: the attempt follows."""
        api.save_decision(obj, by=request.user, comment=form.cleaned_data["decision_comment"])


@admin.register(ProctoredExamSoftwareSecureReviewHistory)
class ProctoredExamSoftwareSecureReviewHistoryAdmin(ProctoredExamSoftwareSecureReviewAdmin):
    """Former states of reviews, read-only."""

    form = ProctoredExamSoftwareSecureReviewForm
    readonly_fields = (
        "review_status",
        "raw_data",
        "attempt_code",
        "is_attempt_active",
        "exam",
        "student",
        "reviewed_by",
        "modified",
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Do nothing: archived reviews cannot be changed."""


def _attempt_of(review: ProctoredExamSoftwareSecureReview) -> ProctoredExamStudentAttempt | None:
    """Return the live or archived attempt of a review, cached on the row for the three columns that use it."""
    if not hasattr(review, "_attempt_for_admin"):
        attempt, _is_archived = locate_attempt_by_attempt_code(review.attempt_code)
        review._attempt_for_admin = attempt  # type: ignore[attr-defined]
    return review._attempt_for_admin  # type: ignore[attr-defined]


def _exam_of(attempt: ProctoredExamStudentAttempt | None) -> ProctoredExam | None:
    try:
        return attempt.proctored_exam if attempt is not None else None
    except ObjectDoesNotExist:
        # An archived attempt outlives its exam.
        return None


def _user_of(attempt: ProctoredExamStudentAttempt | None) -> Any:
    try:
        return attempt.user if attempt is not None else None
    except ObjectDoesNotExist:
        # An archived attempt outlives its learner.
        return None
