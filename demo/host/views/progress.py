"""A learner's progress: points, overrides, completion, credit, certificate."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from demo.host import access, page_context, published_course
from demo.host.models import (
    BlockCompletion,
    Certificate,
    CreditEligibility,
    CreditRequirement,
    CreditRequirementStatus,
    SubsectionGrade,
)
from demo.host.view_as import progress_url, viewer


@require_GET
@login_required
def progress(request: HttpRequest, course_id: str) -> HttpResponse:
    """The learner's own progress; staff may look at one learner's with ``?masquerade=user:<name>``."""
    course = page_context.course_or_404(course_id)
    access.require_member(request, course)
    who = viewer(request, course_id)
    grades = {
        grade.usage_key: grade
        for grade in SubsectionGrade.objects.filter(user_id=who.user_id, course=course).select_related("override")
    }
    completion = dict(BlockCompletion.objects.filter(user_id=who.user_id).values_list("usage_key", "completion"))
    rows = []
    for sequence in published_course.sequences(course):
        grade = grades.get(sequence.usage_key)
        rows.append(
            {
                "sequence": sequence,
                "grade": grade,
                "override": getattr(grade, "override", None) if grade else None,
                "possible": sum(len(unit.problems) for unit in sequence.units),
                "completion": completion.get(sequence.usage_key, 0.0),
            }
        )
    statuses = {
        status.requirement_id: status
        for status in CreditRequirementStatus.objects.filter(user_id=who.user_id, requirement__course=course)
    }
    requirements = [
        {"requirement": requirement, "status": statuses.get(requirement.pk)}
        for requirement in CreditRequirement.objects.filter(course=course, is_active=True)
    ]
    return render(
        request,
        "demo/progress.html",
        {
            **page_context.course_context(request, course, "progress"),
            "viewer": who,
            "rows": rows,
            "requirements": requirements,
            "is_eligible": CreditEligibility.objects.filter(user_id=who.user_id, course=course).exists(),
            "certificate": Certificate.objects.filter(user_id=who.user_id, course=course).first(),
        },
    )


@require_GET
@login_required
def progress_of(request: HttpRequest, course_id: str, student_id: str) -> HttpResponse:
    """The progress of one learner, at the platform's address for staff."""
    course = page_context.course_or_404(course_id)
    access.require_staff(request, course)
    learner = get_object_or_404(get_user_model(), pk=student_id)
    return redirect(progress_url(course_id, learner.get_username()))
