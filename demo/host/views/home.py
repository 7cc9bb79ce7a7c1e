"""Start page with courses and logins, and the health check."""

from __future__ import annotations

from django.contrib.auth import get_user_model, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from demo.host import access
from demo.host.models import CourseRun, Enrollment, UserProfile


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The user's courses, and everyone who can be logged in as."""
    modes = {}
    if request.user.is_authenticated:
        modes = {
            enrollment.course_id: enrollment.mode
            for enrollment in Enrollment.objects.filter(user=request.user, is_active=True)
        }
    courses = [
        {
            "course": course,
            "mode": modes.get(course.pk),
            "is_staff": access.has_staff_access(request.user, course.course_id),
        }
        for course in CourseRun.objects.all()
    ]
    personas = UserProfile.objects.exclude(persona="").select_related("user").order_by("id")
    return render(
        request,
        "demo/home.html",
        {"personas": personas, "courses": courses, "next": request.GET.get("next", "")},
    )


@require_GET
def log_in(request: HttpRequest, username: str) -> HttpResponse:
    """Log in without a password: everyone here is invented."""
    user = get_object_or_404(get_user_model(), username=username)
    login(request, user, backend="django.contrib.auth.backends.AllowAllUsersModelBackend")
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "home"
    return redirect(target)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out."""
    logout(request)
    return redirect("home")


@require_GET
@transaction.non_atomic_requests
def health(request: HttpRequest) -> JsonResponse:
    """Answer as soon as the database does."""
    return JsonResponse({"status": "ok", "courses": CourseRun.objects.count()})
