"""Django admin: configurations of courses, bans, and the audit log. Contract: contract/safe-exam-browser#admin."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from seb_openedx import configuration_findings, reasons
from seb_openedx.audit_models import SebAccessLog
from seb_openedx.constants import SEPARATOR_CHAR

# Django looks for admin pages here.
from seb_openedx.exams import admin as exams_admin  # noqa: F401
from seb_openedx.exams import template_admin  # noqa: F401
from seb_openedx.forms import SebCourseConfigurationForm
from seb_openedx.labelled_admin import LabelledAdmin
from seb_openedx.labels import LABELS
from seb_openedx.list_filters import ReasonFilter
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration
from seb_openedx.user_banning import ban_user, unban_user
from seb_openedx.widgets import ListWidget

MAX_CHAR_KEYS: Final = 7
MAX_KEYS: Final = 3
LIST_SEPARATOR: Final = "..."


def _shortened(text: str) -> str:
    """Return the first items of a list, cut: keys are secrets that a list page need not show."""
    return LIST_SEPARATOR.join(item[:MAX_CHAR_KEYS] for item in text.split(SEPARATOR_CHAR)[:MAX_KEYS])


@admin.register(SebCourseConfiguration)
class SebCourseConfigurationAdmin(LabelledAdmin):
    """One row per course."""

    form = SebCourseConfigurationForm
    formfield_overrides = {models.TextField: {"widget": ListWidget}}
    list_display = (
        "course_id",
        "user_banning_enabled",
        "seb_permission_components",
        "seb_browser_keys",
        "seb_config_keys",
        "seb_whitelist_paths",
        "seb_blacklist_chapters",
    )
    search_fields = ("course_id",)

    @admin.display(description=LABELS["permission_components"])
    def seb_permission_components(self, row: SebCourseConfiguration) -> str:
        """The first components."""
        return _shortened(row.permission_components)

    @admin.display(description=LABELS["browser_keys"])
    def seb_browser_keys(self, row: SebCourseConfiguration) -> str:
        """The first Browser Exam Keys."""
        return _shortened(row.browser_keys)

    @admin.display(description=LABELS["config_keys"])
    def seb_config_keys(self, row: SebCourseConfiguration) -> str:
        """The first Config Keys."""
        return _shortened(row.config_keys)

    @admin.display(description=LABELS["whitelist_paths"])
    def seb_whitelist_paths(self, row: SebCourseConfiguration) -> str:
        """The first open paths."""
        return _shortened(row.whitelist_paths)

    @admin.display(description=LABELS["blacklist_chapters"])
    def seb_blacklist_chapters(self, row: SebCourseConfiguration) -> str:
        """The first closed chapters."""
        return _shortened(row.blacklist_chapters)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SebCourseConfiguration], search_term: str
    ) -> tuple[QuerySet[SebCourseConfiguration], bool]:
        """Find courses by id, and by the beginning of their first key."""
        term = search_term.strip()
        if not term:
            return queryset, False
        with_text = queryset.annotate(course_text=models.functions.Cast("course_id", models.CharField(max_length=255)))
        matching = Q(course_text__icontains=term) | Q(browser_keys__startswith=term) | Q(config_keys__startswith=term)
        return with_text.filter(matching), False

    def save_model(self, request: HttpRequest, obj: SebCourseConfiguration, form: Any, change: bool) -> None:
        """Save, and tell what looks wrong: nothing is refused, because other versions may know more components."""
        super().save_model(request, obj, form, change)
        config = SebCourseConfiguration.get_as_dict_by_course_id(obj.course_id)
        for name in configuration_findings.unknown_components(config["PERMISSION_COMPONENTS"]):
            messages.warning(request, _("There is no permission component %(name)s.") % {"name": name})
        for key in configuration_findings.unlikely_keys(config):
            messages.warning(request, _("The key %(key)s is not 64 hexadecimal digits.") % {"key": key})
        for name in configuration_findings.open_components(config):
            text = _("%(name)s lets every browser in, because the course has no key for it to check.")
            messages.warning(request, text % {"name": name})


@admin.register(ForbiddenCourseAccess)
class ForbiddenCourseAccessAdmin(LabelledAdmin):
    """Bans, with actions to end and to renew them."""

    list_display = ("username", "course_id", "access_blocked", "last_modified_time", "last_modified_by_username")
    list_filter = ("access_blocked",)
    search_fields = ("username",)
    actions = ("block", "unblock")

    @admin.action(description=gettext_lazy("Ban"), permissions=["change"])
    def block(self, request: HttpRequest, queryset: QuerySet[ForbiddenCourseAccess]) -> None:
        """Ban again, in courses where banning is on."""
        for row in queryset:
            banned, _is_new = ban_user(row.username, row.course_id, request.user.get_username())
            if not banned:
                text = _("Banning is switched off for %(course)s.") % {"course": row.course_id}
                messages.warning(request, text)

    @admin.action(description=gettext_lazy("Let in again"), permissions=["change"])
    def unblock(self, request: HttpRequest, queryset: QuerySet[ForbiddenCourseAccess]) -> None:
        """End the bans."""
        for row in queryset:
            unban_user(row.username, row.course_id, request.user.get_username())


@admin.register(SebAccessLog)
class SebAccessLogAdmin(LabelledAdmin):
    """What was decided about learners, and why. To be read only."""

    list_display = ("created", "username", "course_id", "content_id", "decision", "why", "count", "seb_version")
    list_filter = ("decision", ("reason", ReasonFilter))
    search_fields = ("username__exact", "course_id")
    search_help_text = gettext_lazy("A username, or a part of a course id")
    ordering = ("-id",)
    # Counting a large log costs more than showing a page of it.
    show_full_result_count = False
    readonly_fields = (*(field.name for field in SebAccessLog._meta.fields), "what_to_do")

    @admin.display(description=gettext_lazy("Reason"), ordering="reason")
    def why(self, row: SebAccessLog) -> str:
        """The reason in a few words."""
        return reasons.name(row.reason) if row.reason else "-"

    @admin.display(description=gettext_lazy("What staff can do"))
    def what_to_do(self, row: SebAccessLog) -> str:
        """What happened and what helps."""
        return reasons.advice(row.reason) if row.reason else "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are written by decisions."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what has happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only ``seb_purge`` and retirements delete."""
        return False
