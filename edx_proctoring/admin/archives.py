"""Allowances, and former states of allowances and policies: to look at.

Allowances are given in the instructor dashboard and over REST, where each is checked and recorded.
"""

from django.contrib import admin

from edx_proctoring.admin.common import ReadOnlyAdmin
from edx_proctoring.models import (
    ProctoredExamReviewPolicyHistory,
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


@admin.register(ProctoredExamReviewPolicyHistory)
class ProctoredExamReviewPolicyHistoryAdmin(ReadOnlyAdmin):
    """What the rules for reviewers were before."""

    list_display = ("original_id", "proctored_exam", "set_by_user", "created")
    list_select_related = ("proctored_exam", "set_by_user")
    search_fields = ("proctored_exam__course_id", "proctored_exam__exam_name")
    ordering = ("-created",)
