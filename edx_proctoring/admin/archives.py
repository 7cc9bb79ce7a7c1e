"""Allowances, remarks of reviewers, and former states of allowances and policies: to look at.

Allowances are given in the instructor dashboard and over REST, where each is checked and recorded.
"""

from django.contrib import admin

from edx_proctoring.admin.common import ReadOnlyAdmin
from edx_proctoring.models import (
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
)


@admin.register(ProctoredExamStudentAllowance)
class ProctoredExamStudentAllowanceAdmin(ReadOnlyAdmin):
    """Who gets what beyond the rules."""

    list_display = ("user", "proctored_exam", "key", "value", "modified")
    list_select_related = ("user", "proctored_exam")
    list_filter = ("key",)
    search_fields = ("user__username", "proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-modified",)


@admin.register(ProctoredExamStudentAllowanceHistory)
class ProctoredExamStudentAllowanceHistoryAdmin(ReadOnlyAdmin):
    """What they got before."""

    list_display = ("allowance_id", "user", "proctored_exam", "key", "value", "created")
    list_select_related = ("user", "proctored_exam")
    list_filter = ("key",)
    search_fields = ("user__username", "proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-created",)


@admin.register(ProctoredExamSoftwareSecureComment)
class ProctoredExamSoftwareSecureCommentAdmin(ReadOnlyAdmin):
    """What reviewers remarked; they are written by providers, with the review."""

    list_display = ("attempt_code", "status", "comment", "start_time", "stop_time", "duration", "created")
    list_select_related = ("review",)
    list_filter = ("status",)
    search_fields = ("=review__attempt_code", "review__student__username")
    ordering = ("-id",)

    def attempt_code(self, obj: ProctoredExamSoftwareSecureComment) -> str:
        """Return the code of the attempt that was reviewed."""
        return obj.review.attempt_code


@admin.register(ProctoredExamReviewPolicyHistory)
class ProctoredExamReviewPolicyHistoryAdmin(ReadOnlyAdmin):
    """What the rules for reviewers were before."""

    list_display = ("original_id", "proctored_exam", "set_by_user", "created")
    list_select_related = ("proctored_exam", "set_by_user")
    search_fields = ("proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-created",)
