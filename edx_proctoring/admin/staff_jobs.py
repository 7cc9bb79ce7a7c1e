"""What staff ordered, and what became of it. Contract: contract/admin#staff-jobs."""

from django.contrib import admin

from edx_proctoring.admin.common import ReadOnlyAdmin
from edx_proctoring.models import StaffJob, StaffJobRow


@admin.register(StaffJob)
class StaffJobAdmin(ReadOnlyAdmin):
    """Jobs and single actions of staff."""

    list_display = (
        "created",
        "kind",
        "course_id",
        "exam_id",
        "created_by",
        "state",
        "total",
        "done",
        "skipped",
        "failed",
        "code",
    )
    list_filter = ("kind", "state")
    search_fields = ("=code", "=course_id")
    ordering = ("-id",)


@admin.register(StaffJobRow)
class StaffJobRowAdmin(ReadOnlyAdmin):
    """The rows of jobs, found by the job's code or the learner's id."""

    list_display = ("job", "position", "exam_id", "user_id", "attempt_id", "state", "error_code", "message")
    list_filter = ("state",)
    list_select_related = ("job",)
    search_fields = ("=job__code", "=user_id", "=attempt_id")
    ordering = ("-id",)
