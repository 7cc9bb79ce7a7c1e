"""Start page: personas and courses, one click to be someone."""

from __future__ import annotations

from django.contrib.auth import get_user_model, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from demo.host import roles
from demo.host.models import CourseRun, Enrollment, UserProfile


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Who can you be, and what can you open then?"""
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
            "is_staff": roles.has_staff_access(request.user, course.course_id),
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
    """Become a persona with one click. There is nothing to protect: everyone here is invented."""
    user = get_object_or_404(get_user_model(), username=username)
    login(request, user, backend="django.contrib.auth.backends.AllowAllUsersModelBackend")
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "home"
    return redirect(target)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Be nobody again."""
    logout(request)
    return redirect("home")


@require_GET
@transaction.non_atomic_requests
def health(request: HttpRequest) -> JsonResponse:
    """Answers once the database does."""
    return JsonResponse({"status": "ok", "courses": CourseRun.objects.count()})
