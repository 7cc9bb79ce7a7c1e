"""Received review callbacks: view and replay. Contract: contract/admin#inbox."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from edx_proctoring import api
from edx_proctoring.admin.common import ReadOnlyAdmin, ValuesFilter
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ReviewInboxEntry

_HELD_OUTCOMES: Final = {
    "yes": ReviewInboxEntry.OUTCOME_HELD,
    "provider": ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER,
}


class HeldFilter(admin.SimpleListFilter):
    """Reviews that wait, for a person or for their provider."""

    title = _("held")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the reasons."""
        return [
            ("yes", _("Held because staff have decided")),
            ("provider", _("Held because the provider is not configured")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewInboxEntry]) -> QuerySet[ReviewInboxEntry]:
        """Filter by what was chosen."""
        outcome = _HELD_OUTCOMES.get(self.value() or "")
        return queryset if outcome is None else queryset.filter(outcome=outcome)


@admin.register(ReviewInboxEntry)
class ReviewInboxEntryAdmin(ReadOnlyAdmin):
    """Review callbacks and their outcome."""

    list_display = ("created", "attempt_code", "external_id", "backend", "outcome")
    list_filter = (HeldFilter, ("backend", ValuesFilter))
    search_fields = ("attempt_code", "external_id")
    ordering = ("-id",)
    actions = ("replay",)

    @admin.action(description=_("Receive again"), permissions=["act"])
    def replay(self, request: HttpRequest, queryset: QuerySet[ReviewInboxEntry]) -> None:
        """Process the selected reviews again, oldest first."""
        for inbox_id in queryset.order_by("id").values_list("id", flat=True):
            try:
                api.replay_review(inbox_id)
            except ProctoredBaseException as error:
                self.message_user(request, f"{inbox_id}: {error}", messages.ERROR)
            except NotImplementedError:
                text = _("%(inbox_id)s: not received, its provider is not configured.")
                self.message_user(request, text % {"inbox_id": inbox_id}, messages.ERROR)
            else:
                text = _("%(inbox_id)s: received.")
                self.message_user(request, text % {"inbox_id": inbox_id}, messages.SUCCESS)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Require the change permission to replay; the view permission suffices to look."""
        allowed: bool = request.user.has_perm("edx_proctoring.change_reviewinboxentry")
        return allowed
