"""The course outline with a status line per exam."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from demo.host import access, dates, page_context, published_course
from demo.host.models import BlockCompletion, CourseRun
from edx_proctoring.api import does_backend_support_onboarding, get_attempt_status_summary
from edx_proctoring.exceptions import ProctoredExamNotFoundException


@require_GET
@transaction.non_atomic_requests
def outline(request: HttpRequest, course_id: str) -> HttpResponse:
    """Sections, subsections, dates, and this package's summary of each exam."""
    course = page_context.course_or_404(course_id)
    if not request.user.is_authenticated and not course.is_public:
        return redirect_to_login(request.get_full_path())
    if request.user.is_authenticated and not course.is_public:
        access.require_member(request, course)
    user_id = request.user.pk if request.user.is_authenticated else None
    done = set(
        BlockCompletion.objects.filter(user_id=user_id, completion=1.0).values_list("usage_key", flat=True)
        if user_id
        else ()
    )
    sections = [
        {
            "section": section,
            "rows": [_row(course, sequence, user_id, done) for sequence in section.sequences],
        }
        for section in published_course.sections(course)
    ]
    return render(
        request,
        "demo/outline.html",
        {
            **page_context.course_context(request, course, "outline"),
            "sections": sections,
            "shows_onboarding_panel": bool(user_id) and does_backend_support_onboarding(course.proctoring_provider),
        },
    )


def _row(course: CourseRun, sequence: published_course.Sequence, user_id: int | None, done: set[str]) -> dict[str, Any]:
    due = dates.due(course, sequence.usage_key, user_id)
    return {
        "sequence": sequence,
        "summary": _summary(course, sequence, user_id),
        "due": due,
        "is_past_due": due is not None and due < timezone.now(),
        "is_locked": sequence.prerequisite is not None and sequence.prerequisite not in done,
        "is_done": sequence.usage_key in done,
    }


def _summary(course: CourseRun, sequence: published_course.Sequence, user_id: int | None) -> dict[str, Any] | None:
    if not (sequence.is_time_limited and settings.ENABLE_SPECIAL_EXAMS) or course.exams_ida:
        return None
    try:
        # Like the platform: None for anonymous visitors, and only this exception is caught.
        summary: dict[str, Any] | None = get_attempt_status_summary(user_id, course.course_id, sequence.usage_key)
    except ProctoredExamNotFoundException:
        return None
    return summary
