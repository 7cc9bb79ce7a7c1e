"""Subsections, units and answers.

The pages run in autocommit, like the platform's sequence and unit pages: asking for the exam page may time an attempt
out, in a transaction of its own.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET, require_POST

from demo.host import access, exam_access, grading, page_context, published_course
from demo.host.models import CourseRun, LearnerState
from demo.host.view_as import Viewer, viewer


@require_GET
@login_required
def jump_to(request: HttpRequest, course_id: str, location: str) -> HttpResponse:
    """Redirect from any block to the page of its subsection."""
    course = page_context.course_or_404(course_id)
    sequence_ = published_course.sequence_of(course, location)
    if sequence_ is None:
        raise Http404(f"{location} is not in {course_id}")
    return redirect("sequence", course_id=course_id, usage_key=sequence_.usage_key)


@require_GET
@login_required
@transaction.non_atomic_requests
def sequence(request: HttpRequest, course_id: str, usage_key: str) -> HttpResponse:
    """A subsection: a locked or hidden notice, the exam page of this package alone, or its units."""
    course = page_context.course_or_404(course_id)
    access.require_member(request, course)
    found = published_course.find_sequence(course, usage_key)
    if found is None:
        raise Http404(f"{usage_key} is not in {course_id}")
    who = viewer(request, course_id)
    return render(
        request,
        "demo/sequence.html",
        {**page_context.course_context(request, course, "outline"), **_sequence_context(request, course, found, who)},
    )


@require_GET
@login_required
@xframe_options_exempt
@transaction.non_atomic_requests
def render_xblock(request: HttpRequest, usage_key: str) -> HttpResponse:
    """The bare page of one block, without timer and exam scripts, for frames of this host and of front ends.

    A unit that is not open redirects to the bare page of its subsection.
    """
    course, found = _locate(usage_key)
    access.require_member(request, course)
    who = viewer(request, course.course_id)
    if found.usage_key == usage_key:
        return render(
            request, "demo/xblock_sequence.html", {"course": course, **_sequence_context(request, course, found, who)}
        )
    unit = next((unit for unit in found.units if unit.usage_key == usage_key), None)
    if unit is None:
        raise Http404(usage_key)
    if not _is_open(course, found, who):
        return redirect(_with_masquerade(reverse("xblock", args=[found.usage_key]), request))
    states = LearnerState.objects.filter(
        user_id=who.user_id, usage_key__in=[problem.usage_key for problem in unit.problems]
    )
    answers = {state.usage_key: state.state.get("answer", "") for state in states}
    problems = [{"problem": problem, "answer": answers.get(problem.usage_key, "")} for problem in unit.problems]
    return render(request, "demo/unit.html", {"course": course, "unit": unit, "problems": problems})


@require_POST
@login_required
@transaction.non_atomic_requests
def handle_xblock_callback(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Save an answer; 403 unless the learner may see the question now."""
    course, found = _locate(usage_key)
    access.require_member(request, course)
    problem = next(
        (problem for unit in found.units for problem in unit.problems if problem.usage_key == usage_key), None
    )
    if problem is None:
        raise Http404(usage_key)
    if not _is_open(course, found, viewer(request, course.course_id)):
        return JsonResponse({"detail": _("This exam is closed. Your answer was not saved.")}, status=403)
    text = request.POST.get("answer", "").strip()
    if not text:
        return JsonResponse({"detail": _("Choose or type an answer first.")}, status=400)
    with transaction.atomic():
        grading.save_answer(request.user, course, found, problem, text)
    return JsonResponse({"detail": _("Answer saved.")})


def _is_open(course: CourseRun, found: published_course.Sequence, who: Viewer) -> bool:
    if who.role == "staff" or who.is_specific:
        return True
    return not (
        exam_access.is_locked(found, who)
        or exam_access.exam_view(course, found, who)
        or exam_access.is_hidden(course, found, who)
    )


def _sequence_context(
    request: HttpRequest, course: CourseRun, found: published_course.Sequence, who: Viewer
) -> dict[str, Any]:
    context: dict[str, Any] = {"sequence": found, "viewer": who, "due": exam_access.due(course, found, who)}
    if exam_access.is_locked(found, who):
        return {**context, "state": "locked"}
    if exam_access.is_hidden(course, found, who):
        return {**context, "state": "hidden"}
    html = exam_access.exam_view(course, found, who)
    if html and not who.is_specific:
        return {**context, "state": "exam", "exam_html": html}
    units = [
        {"unit": unit, "address": _with_masquerade(reverse("xblock", args=[unit.usage_key]), request)}
        for unit in found.units
    ]
    return {**context, "state": "units", "units": units, "is_hidden_from_learner": bool(html)}


def _with_masquerade(address: str, request: HttpRequest) -> str:
    requested = request.GET.get("masquerade")
    return f"{address}?{urlencode({'masquerade': requested})}" if requested else address


def _locate(usage_key: str) -> tuple[CourseRun, published_course.Sequence]:
    course = published_course.course_of(usage_key)
    found = published_course.sequence_of(course, usage_key)
    if course is None or found is None:
        raise Http404(usage_key)
    return course, found
