"""Subsections, units and answers (Spec: host-platform.md 13.5, 13.6).

The pages run in autocommit, like the platform's sequence and unit pages: the exam gate may time an attempt out and
must open its own transactions.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from demo.host import content, gate, grading, page
from demo.host.masquerade import Viewer, viewer
from demo.host.models import CourseRun, LearnerState


@require_GET
@login_required
def jump_to(request: HttpRequest, course_id: str, location: str) -> HttpResponse:
    """From any block to the page of its subsection."""
    course = page.course_or_404(course_id)
    sequence_ = content.sequence_of(course, location)
    if sequence_ is None:
        raise Http404(f"{location} is not in {course_id}")
    return redirect("sequence", course_id=course_id, usage_key=sequence_.usage_key)


@require_GET
@login_required
@transaction.non_atomic_requests
def sequence(request: HttpRequest, course_id: str, usage_key: str) -> HttpResponse:
    """A subsection: locked, hidden, this package's page alone, or its units."""
    course = page.course_or_404(course_id)
    page.require_member(request, course)
    found = content.find_sequence(course, usage_key)
    if found is None:
        raise Http404(f"{usage_key} is not in {course_id}")
    who = viewer(request, course_id)
    return render(
        request,
        "demo/sequence.html",
        {**page.course_context(request, course, "outline"), **_sequence_context(request, course, found, who)},
    )


@require_GET
@login_required
@xframe_options_sameorigin
@transaction.non_atomic_requests
def xblock(request: HttpRequest, usage_key: str) -> HttpResponse:
    """The bare page of one block: no timer, no exam bundle.

    A unit behind a gate redirects to the bare page of its subsection, decided by truthiness alone.
    """
    course, found = _locate(usage_key)
    page.require_member(request, course)
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
def answer(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Save an answer, if the learner may see the question at this moment: 403 otherwise."""
    course, found = _locate(usage_key)
    page.require_member(request, course)
    problem = next(
        (problem for unit in found.units for problem in unit.problems if problem.usage_key == usage_key), None
    )
    if problem is None:
        raise Http404(usage_key)
    if not _is_open(course, found, viewer(request, course.course_id)):
        return JsonResponse({"detail": "This exam is closed. Your answer was not saved."}, status=403)
    text = request.POST.get("answer", "").strip()
    if not text:
        return JsonResponse({"detail": "Choose or type an answer first."}, status=400)
    with transaction.atomic():
        grading.save_answer(request.user, course, found, problem, text)
    return JsonResponse({"detail": "Answer saved."})


def _is_open(course: CourseRun, found: content.Sequence, who: Viewer) -> bool:
    if who.role == "staff" or who.is_specific:
        return True
    return not (
        gate.is_locked(course, found, who) or gate.exam_view(course, found, who) or gate.is_hidden(course, found, who)
    )


def _sequence_context(request: HttpRequest, course: CourseRun, found: content.Sequence, who: Viewer) -> dict[str, Any]:
    context: dict[str, Any] = {"sequence": found, "viewer": who, "due": gate.due(course, found, who)}
    if gate.is_locked(course, found, who):
        return {**context, "state": "locked"}
    if gate.is_hidden(course, found, who):
        return {**context, "state": "hidden"}
    html = gate.exam_view(course, found, who)
    if html and not who.is_specific:
        return {**context, "state": "exam", "exam_html": html}
    units = [
        {"unit": unit, "address": _with_masquerade(reverse("xblock", args=[unit.usage_key]), request)}
        for unit in found.units
    ]
    return {**context, "state": "units", "units": units, "is_hidden_from_learner": bool(html)}


def _with_masquerade(address: str, request: HttpRequest) -> str:
    wanted = request.GET.get("masquerade")
    return f"{address}?{urlencode({'masquerade': wanted})}" if wanted else address


def _locate(usage_key: str) -> tuple[CourseRun, content.Sequence]:
    course = content.course_of(usage_key)
    found = content.sequence_of(course, usage_key)
    if course is None or found is None:
        raise Http404(usage_key)
    return course, found
