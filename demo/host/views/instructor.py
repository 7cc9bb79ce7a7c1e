"""Instructor dashboard: the Special Exams tab and the results report."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from opaque_keys.edx.keys import CourseKey

from demo.host import access, page_context
from demo.host.models import CourseRun, Enrollment
from edx_proctoring.api import (
    does_backend_support_onboarding,
    get_exam_violation_report,
    is_backend_dashboard_available,
)

# A page with ten thousand has 2 MB.
LEARNERS_SHOWN = 100
REPORT_COLUMNS = [
    "course_id",
    "provider",
    "track",
    "exam_name",
    "username",
    "email",
    "attempt_code",
    "allowed_time_limit_mins",
    "is_sample_attempt",
    "started_at",
    "completed_at",
    "status",
    "review_status",
    "Suspicious Count",
    "Suspicious Comments",
    "Rules Violation Count",
    "Rules Violation Comments",
]


@require_GET
@login_required
def dashboard(request: HttpRequest, course_id: str) -> HttpResponse:
    """Tabs of the course team. The package's scripts fill the exam tables."""
    course = page_context.course_or_404(course_id)
    access.require_staff(request, course)
    enrollments = Enrollment.objects.filter(course=course).select_related("user").order_by("user__username")
    return render(
        request,
        "demo/instructor.html",
        {
            **page_context.course_context(request, course, "instructor"),
            "special_exams": _special_exams_section(course),
            "enrollments": enrollments[:LEARNERS_SHOWN],
            "enrolled": enrollments.count(),
        },
    )


@require_GET
@login_required
def results_csv(request: HttpRequest, course_id: str) -> HttpResponse:
    """The proctored-exam results report as CSV."""
    course = page_context.course_or_404(course_id)
    access.require_staff(request, course)
    rows: list[dict[str, Any]] = get_exam_violation_report(CourseKey.from_string(course_id))
    modes = dict(
        Enrollment.objects.filter(course__course_id=rows[0]["course_id"]).values_list("user_id", "mode") if rows else ()
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="proctored_exam_results.csv"'
    writer = csv.writer(response)
    writer.writerow(REPORT_COLUMNS)
    for row in rows:
        row["track"] = modes.get(row["user_id"], "")
        writer.writerow([_cell(row.get(column, "")) for column in REPORT_COLUMNS])
    return response


def _special_exams_section(course: CourseRun) -> dict[str, Any] | None:
    if not settings.ENABLE_SPECIAL_EXAMS or not (course.enable_timed_exams or course.enable_proctored_exams):
        return None
    section: dict[str, Any] = {
        "section_key": "special_exams",
        "section_display_name": _("Special Exams"),
        "course_id": course.course_id,
        "mfe_view_url": f"/exams-dashboard/{course.course_id}" if course.exams_ida else None,
    }
    options = settings.PROCTORING_BACKENDS.get(course.proctoring_provider or "", {})
    if isinstance(options, dict) and options.get("requires_escalation_email"):
        section["escalation_email"] = course.proctoring_escalation_email
    section["show_dashboard"] = is_backend_dashboard_available(course.course_id)
    section["show_onboarding"] = does_backend_support_onboarding(course.proctoring_provider)
    return section


def _cell(value: Any) -> str:
    """Text of a cell. A leading apostrophe keeps spreadsheets from running text as a formula."""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
