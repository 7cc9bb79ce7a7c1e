"""Sessions and their events, to read; settings of single exams, to edit. Contract: contract/constructor#admin."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.http import HttpRequest

from edx_proctoring.admin.common import ReadOnlyAdmin
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorExamSettings, ConstructorSession

if TYPE_CHECKING:
    EventInlineBase = admin.TabularInline[ConstructorEvent, ConstructorSession]
    ExamSettingsAdminBase = admin.ModelAdmin[ConstructorExamSettings]
else:
    EventInlineBase = admin.TabularInline
    ExamSettingsAdminBase = admin.ModelAdmin

_PERSONAL: Final = ("registration", "draft_review")


class EventInline(EventInlineBase):
    """What happened in a session, oldest first."""

    model = ConstructorEvent
    fields = ("created", "kind", "handled_at", "payload")
    readonly_fields = ("created", "kind", "handled_at", "payload")
    ordering = ("created",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows of the audit trail cannot be added by hand."""
        return False


@admin.register(ConstructorSession)
class ConstructorSessionAdmin(ReadOnlyAdmin):
    """Sessions, newest first."""

    list_display = ("created", "session_id", "backend", "course_id", "user_id", "state", "finish_state", "conclusion")
    list_filter = ("state", "finish_state", "backend")
    search_fields = ("=session_id", "=attempt_code", "course_id")
    exclude = _PERSONAL
    inlines = (EventInline,)
    ordering = ("-created",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return all fields but those that may have the learner's name."""
        return [name for name in super().get_readonly_fields(request, obj) if name not in _PERSONAL]


@admin.register(ConstructorExamSettings)
class ConstructorExamSettingsAdmin(ExamSettingsAdminBase):
    """What single exams set otherwise than the account."""

    list_display = ("course_id", "content_id", "modified")
    search_fields = ("course_id", "content_id")
