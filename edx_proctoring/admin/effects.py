"""Effects of status changes that were not delivered: Retry, Give up, Acknowledge. Contract: contract/admin#effects."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from edx_proctoring import api
from edx_proctoring.admin.common import ReadOnlyAdmin, prettify_course_id
from edx_proctoring.models import AttemptEffect, ProctoredExam


class EffectCourseFilter(admin.SimpleListFilter):
    """Effects of one course."""

    title = _("course")
    parameter_name = "course_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the courses that have effects."""
        course_ids = (
            ProctoredExam.objects.filter(id__in=AttemptEffect.objects.values("exam_id"))
            .values_list("course_id", flat=True)
            .order_by("course_id")
            .distinct()
        )
        return [(course_id, prettify_course_id(course_id)) for course_id in course_ids]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        """Filter by the chosen course."""
        value = self.value()
        if not value:
            return None
        return queryset.filter(exam_id__in=ProctoredExam.objects.filter(course_id=value).values("id"))


@admin.register(AttemptEffect)
class AttemptEffectAdmin(ReadOnlyAdmin):
    """Effects that have not reached their receiver, and why."""

    list_display = (
        "attempt_id",
        "exam_id",
        "kind",
        "call_name",
        "to_status",
        "state",
        "tries",
        "next_try_at",
        "last_error",
        "created",
    )
    list_filter = ("state", "kind", EffectCourseFilter)
    search_fields = ("=attempt_id", "attempt_code")
    ordering = ("-id",)
    actions = ("retry", "give_up", "acknowledge")

    @admin.action(description=_("Retry now"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[AttemptEffect]) -> None:
        """Try to deliver the selected effects now, including those that were given up."""
        report = api.retry_effects(list(queryset.values_list("id", flat=True)))
        self.message_user(
            request,
            _("%(delivered)s delivered, %(superseded)s no longer needed, %(failed)s failed again.")
            % {
                "delivered": report.delivered,
                "superseded": report.superseded,
                "failed": report.failed + report.given_up,
            },
            messages.WARNING if report.failed or report.given_up else messages.SUCCESS,
        )

    @admin.action(description=_("Give up"), permissions=["act"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[AttemptEffect]) -> None:
        """Stop trying to deliver the selected effects."""
        given_up = api.give_up_effects(list(queryset.values_list("id", flat=True)))
        self.message_user(request, _("%(count)s given up.") % {"count": given_up}, messages.SUCCESS)

    @admin.action(description=_("Acknowledge (stops the alarm)"), permissions=["act"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[AttemptEffect]) -> None:
        """Note that a person has dealt with the selected effects that were given up."""
        acknowledged = api.acknowledge_effects(list(queryset.values_list("id", flat=True)))
        self.message_user(request, _("%(count)s acknowledged.") % {"count": acknowledged}, messages.SUCCESS)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Require the change permission for actions; the view permission suffices to look."""
        allowed: bool = request.user.has_perm("edx_proctoring.change_attempteffect")
        return allowed
