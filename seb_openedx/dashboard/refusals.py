"""Refusals: who was refused, and what staff can do about it.

Contract: contract/safe-exam-browser#dashboard-refusals.
"""

from typing import Any, ClassVar, Final

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from seb_openedx import log_csv, reasons
from seb_openedx.audit_models import Decision, SebAccessLog
from seb_openedx.dashboard.access import link_to
from seb_openedx.dashboard.filters import RefusalFilters, SessionFilters
from seb_openedx.dashboard.lists import list_of
from seb_openedx.dashboard.views import BanningPage, banned_among
from seb_openedx.reasons import Reason

# What Safe Exam Browser calls its keys, in every language.
_KEY_NAMES: Final = {"config_keys": "Config Key", "browser_keys": "Browser Exam Key"}


class RefusalsView(BanningPage):
    """A row per refusal, the newest first. ``?format=csv``: all matching ones as a file."""

    template_name: ClassVar[str] = "seb_openedx/dashboard/refusals.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the page, or send the file."""
        if request.GET.get("format") == "csv" and (filters := self._filters(request)).is_valid():
            return log_csv.response(_newest_first(filters))
        return super().get(request)

    def context(self, request: HttpRequest, error: str = "") -> dict[str, Any]:
        """Return the matching refusals, and filters that were not understood."""
        filters = self._filters(request)
        shown = list_of(request, filters, _newest_first(filters))
        found: list[SebAccessLog] = shown["page"].object_list
        banned = banned_among((row.username for row in found if row.username), now=timezone.now())
        return {
            **shown,
            "title": _("Refusals"),
            "caption": _("Learners who were refused, and what to do, newest first"),
            "columns": [_("Learner"), _("When"), _("Where"), _("Why"), _("Browser"), _("Action")],
            "none": _("No refusals match."),
            "rows": [
                {
                    "row": row,
                    "exam": shown["exam_name"](row),
                    "reason": reasons.name(row.reason),
                    "advice": reasons.advice(row.reason),
                    "expected": _expected(row.expected_prefixes),
                    "is_banned": (row.username, str(row.course_id)) in banned,
                    "sessions_url": _sessions_of(row),
                }
                for row in found
            ],
            "error": error,
        }

    def _filters(self, request: HttpRequest) -> RefusalFilters:
        return RefusalFilters(request.GET, only_course=self.own_course(request))


def _newest_first(filters: RefusalFilters) -> Any:
    rows = filters.chosen(SebAccessLog.objects.filter(decision=Decision.REFUSED))
    # In one course by the index on course and time, else by the primary key.
    return rows.order_by("-created", "-pk") if filters.one_course else rows.order_by("-pk")


def _expected(prefixes: Any) -> list[str]:
    """Return the beginnings of the keys that would have been accepted, in words."""
    if not isinstance(prefixes, dict):
        return []
    return [
        f"{name} {', '.join(f'{prefix}…' for prefix in prefixes[kind])}"
        for kind, name in _KEY_NAMES.items()
        if isinstance(prefixes.get(kind), list) and prefixes[kind]
    ]


def _sessions_of(row: SebAccessLog) -> str:
    """Return where a learner who has left the browser is let in again; empty for other reasons."""
    if row.reason != Reason.RELEASE_NEEDED:
        return ""
    return link_to(
        "sessions",
        course_id=str(row.course_id),
        content_id=row.content_id,
        username=row.username,
        state=SessionFilters.WAITING,
    )
