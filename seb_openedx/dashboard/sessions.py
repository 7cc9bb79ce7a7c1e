"""Sessions: who has proved the browser and how, their end, and the release of learners who left it.

Contract: contract/safe-exam-browser#dashboard-sessions.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey

from seb_openedx import session_texts
from seb_openedx.dashboard.access import StaffPage
from seb_openedx.dashboard.filters import SessionFilters
from seb_openedx.dashboard.lists import list_of
from seb_openedx.exam_models import Mode, OnLeave, Proof, SebExamConfiguration, SebSession
from seb_openedx.exams.learner_release import release_learner


class ReleaseForm(forms.Form):
    """Why a learner is let in again."""

    reason = forms.CharField(max_length=255, required=False)


class SessionsView(StaffPage):
    """A row per session, the newest first."""

    template_name: ClassVar[str] = "seb_openedx/dashboard/sessions.html"

    def concerned_course(self, request: HttpRequest) -> CourseKey | None:
        """Return the course of the session that is acted on; the form does not decide it."""
        row = _named(request) if request.method == "POST" else None
        return super().concerned_course(request) if row is None else row.course_id

    def context(self, request: HttpRequest, error: str = "") -> dict[str, Any]:
        """Return the matching sessions, and filters that were not understood."""
        now = timezone.now()
        filters = SessionFilters(request.GET, only_course=self.own_course(request))
        shown = list_of(request, filters, _in_state(filters, now=now).order_by("-created", "-pk"))
        found: list[SebSession] = shown["page"].object_list
        left = set(SebSession.objects.filter(pk__in=[row.pk for row in found]).left().values_list("pk", flat=True))
        releasing = _releasing({row.content_id for row in found if row.pk in left})
        return {
            **shown,
            "title": _("Sessions"),
            "caption": _("Learners whose Safe Exam Browser was verified, and how, newest first"),
            "columns": [_("Learner"), _("Where"), _("Proof"), _("Started"), _("State"), _("Action")],
            "none": _("No sessions match."),
            "rows": [
                {
                    "row": row,
                    "exam": shown["exam_name"](row),
                    "proof": session_texts.proof(row.proof),
                    "weakness": _weakness(row),
                    "is_open": row.ended is None and now < row.expires,
                    "end": session_texts.end(row.end_reason) if row.ended else session_texts.end("expired"),
                    "is_waiting": row.pk in left and (str(row.course_id), row.content_id) in releasing,
                }
                for row in found
            ],
            "error": error,
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        """End a session, or let its learner in again."""
        row = _named(request)
        if row is None:
            return self.refused(request, _("This session no longer exists."))
        action = request.POST.get("action")
        names = {"username": row.username}
        if action == "end":
            SebSession.objects.filter(pk=row.pk).end("staff", now=timezone.now())
            text = _("The session of %(username)s has ended. The learner's browser will be checked again.") % names
            return self.done(request, text, row.course_id)
        if action != "release":
            return self.refused(request, _("The action is neither “end” nor “release”."))
        form = ReleaseForm(request.POST)
        if not form.is_valid():
            return self.refused(request, _("The reason is too long, or has characters that cannot be stored."))
        is_left = SebSession.objects.filter(pk=row.pk).left().exists()
        if not is_left or (str(row.course_id), row.content_id) not in _releasing([row.content_id]):
            return self.refused(request, _("%(username)s is not waiting for staff.") % names)
        by = request.user.get_username()
        release_learner(row.course_id, row.content_id, row.user_id, by=by, reason=form.cleaned_data["reason"])
        return self.done(request, _("%(username)s can open the exam again.") % names, row.course_id)


def _named(request: HttpRequest) -> SebSession | None:
    """Return the session that a button names."""
    try:
        session_id = UUID(request.POST.get("session", ""))
    except ValueError:
        return None
    row: SebSession | None = SebSession.objects.filter(pk=session_id).first()
    return row


def _in_state(filters: SessionFilters, *, now: datetime) -> Any:
    rows = filters.chosen(SebSession.objects.all())
    state = filters.cleaned_data.get("state") if filters.is_valid() else filters.ALL
    if state == filters.OPEN:
        return rows.open().filter(expires__gt=now)
    if state == filters.WAITING:
        return rows.left().filter(
            Exists(_demanding_release().filter(course_id=OuterRef("course_id"), content_id=OuterRef("content_id")))
        )
    return rows.over(now=now) if state == filters.OVER else rows


def _demanding_release() -> Any:
    return SebExamConfiguration.objects.filter(on_leave=OnLeave.RELEASE).exclude(mode=Mode.OFF)


def _releasing(content_ids: Collection[str]) -> set[tuple[str, str]]:
    """Return course and content id of the exams among these that keep out who leaves. One query, none for no ids."""
    if not content_ids:
        return set()
    found = _demanding_release().filter(content_id__in=content_ids).values_list("course_id", "content_id")
    return {(str(course_id), content_id) for course_id, content_id in found}


def _weakness(row: SebSession) -> str:
    """Return why a proof is a weaker one; empty for one that is not."""
    if row.proof == Proof.USER_AGENT:
        return _("Weak: any browser can call itself Safe Exam Browser.")
    if row.is_replayable:
        return _("Weaker: the hash was for an address that was known in advance.")
    return ""
