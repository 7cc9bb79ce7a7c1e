"""Allowances, reviewers' comments, and former states of allowances and policies, read-only.

Allowances are changed in the instructor dashboard and over REST, which validate and archive each one.
"""

from django.contrib import admin

from edx_proctoring.admin.common import ReadOnlyAdmin, ValuesFilter
from edx_proctoring.models import (
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
)


@admin.register(ProctoredExamStudentAllowance)
class ProctoredExamStudentAllowanceAdmin(ReadOnlyAdmin):
    """Current allowances."""

    list_display = ("user", "proctored_exam", "key", "value", "modified")
    list_select_related = ("user", "proctored_exam")
    list_filter = ("key",)
    search_fields = ("user__username", "proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-modified",)


@admin.register(ProctoredExamStudentAllowanceHistory)
class ProctoredExamStudentAllowanceHistoryAdmin(ReadOnlyAdmin):
    """Former allowances."""

    list_display = ("allowance_id", "user", "proctored_exam", "key", "value", "created")
    list_select_related = ("user", "proctored_exam")
    list_filter = ("key",)
    search_fields = ("user__username", "proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-created",)


@admin.register(ProctoredExamSoftwareSecureComment)
class ProctoredExamSoftwareSecureCommentAdmin(ReadOnlyAdmin):
    """Comments of reviewers, which providers send with a review."""

    list_display = ("attempt_code", "status", "comment", "start_time", "stop_time", "duration", "created")
    list_select_related = ("review",)
    list_filter = (("status", ValuesFilter),)
    search_fields = ("=review__attempt_code", "review__student__username")
    ordering = ("-id",)

    def attempt_code(self, obj: ProctoredExamSoftwareSecureComment) -> str:
        """Return the code of the attempt that was reviewed."""
        return obj.review.attempt_code


@admin.register(ProctoredExamReviewPolicyHistory)
class ProctoredExamReviewPolicyHistoryAdmin(ReadOnlyAdmin):
    """Former rules for reviewers."""

    list_display = ("original_id", "proctored_exam", "set_by_user", "created")
    list_select_related = ("proctored_exam", "set_by_user")
    search_fields = ("proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-created",)
