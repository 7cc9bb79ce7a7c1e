"""Review policies in Django admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from edx_proctoring.models import ProctoredExamReviewPolicy


@admin.register(ProctoredExamReviewPolicy)
class ProctoredExamReviewPolicyAdmin(admin.ModelAdmin):
    """Policies; the user who saves one becomes its author."""

    readonly_fields = ("set_by_user",)
    list_display = ("course_id", "exam_name")
    # ``set_by_user`` too: the list labels each row for screen readers with ``str``.
    list_select_related = ("proctored_exam", "set_by_user")
    search_fields = ("proctored_exam__course_id", "proctored_exam__exam_name")

    def course_id(self, obj: ProctoredExamReviewPolicy) -> str:
        """Return the course of the exam."""
        return obj.proctored_exam.course_id

    def exam_name(self, obj: ProctoredExamReviewPolicy) -> str:
        """Return the name of the exam."""
        return obj.proctored_exam.exam_name

    def save_model(self, request: HttpRequest, obj: ProctoredExamReviewPolicy, form: Any, change: bool) -> None:
        """Set the author and save."""
        author: Any = request.user
        obj.set_by_user = author
        super().save_model(request, obj, form, change)
