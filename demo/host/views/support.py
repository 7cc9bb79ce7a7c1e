"""Support pages: two static ones and the onboarding status view."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from rest_framework.request import Request

from demo.host.models import Enrollment
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.views import StudentOnboardingStatusView


@require_GET
def password_assistance(request: HttpRequest) -> HttpResponse:
    """In place of the platform's page for forgotten passwords."""
    return render(
        request,
        "demo/text.html",
        {
            "title": _("Password assistance"),
            "text": _("On the platform you would request an e-mail with a link here. The demo has no passwords."),
        },
    )


@require_GET
def contact_us(request: HttpRequest) -> HttpResponse:
    """In place of the platform's support form."""
    return render(
        request,
        "demo/text.html",
        {"title": _("Contact us"), "text": _("On the platform you would find a form for support requests here.")},
    )


@require_GET
@login_required
def onboarding_status(request: HttpRequest, username_or_email: str) -> JsonResponse:
    """A learner's onboarding status over all their courses, for support staff.

    Calls the package's view class directly, without ``dispatch``, as the platform does.
    """
    if not request.user.is_staff:
        raise PermissionDenied(_("This page is for support staff."))
    learner = get_object_or_404(get_user_model(), Q(username=username_or_email) | Q(email=username_or_email))
    rest_request = Request(request)
    rest_request.user = request.user
    # A mutable copy, as on the platform.
    query = request.GET.copy()
    query["username"] = learner.username
    request.GET = query  # type: ignore[assignment]
    result: dict[str, Any] = {"verified_in": None, "current_status": None}
    enrollments = (
        Enrollment.objects.filter(user=learner, is_active=True, mode__in=["verified", "professional"])
        .select_related("course")
        .order_by("-created")
    )
    for enrollment in enrollments:
        query["course_id"] = enrollment.course.course_id
        status = StudentOnboardingStatusView().get(rest_request).data
        if "onboarding_status" not in status:
            continue
        status["course_id"] = enrollment.course.course_id
        status["enrollment_date"] = enrollment.created
        status["instructor_dashboard_link"] = f"/courses/{enrollment.course.course_id}/instructor#view-special_exams"
        result["current_status"] = result["current_status"] or status
        if status["onboarding_status"] == ProctoredExamStudentAttemptStatus.verified:
            result["verified_in"] = status
            break
    return JsonResponse(result)
