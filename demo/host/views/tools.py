"""Tools for people and tests that drive the demo; only with ``DEMO_TOOLS``.

They answer JSON to clients that ask for it (``Accept: application/json`` or a JSON body) and a page to browsers.
They require no CSRF token, so that a test script can post with one line: everything here is invented.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from edx_when.api import InvalidDateError
from opaque_keys import InvalidKeyError

from demo.host import call_log, dates, instrumentation, sent_mail
from demo.host.json_body import json_object
from demo.host.middleware import CALLBACKS
from demo.host.models import CourseRun, Enrollment, ServiceFault, SupportTicket, Task, TrackingEvent, UserProfile
from edx_proctoring.models import ProctoredExamStudentAttempt

SERVICES = [
    "credit",
    "grades",
    "certificates",
    "instructor",
    "enrollments",
    "learning_sequences",
    "name_affirmation",
    CALLBACKS,
]


@csrf_exempt
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def log(request: HttpRequest) -> HttpResponse:
    """Service calls, tracking events and queued tasks, newest first. POST deletes them."""
    if request.method == "POST":
        call_log.clear()
        TrackingEvent.objects.all().delete()
        Task.objects.exclude(state=Task.WAITING).delete()
        return _done(request, "demo_log", {"cleared": True}, "The log is empty.")
    calls = list(call_log.entries())
    events = TrackingEvent.objects.order_by("-id")[:200]
    tasks = Task.objects.order_by("-id")[:100]
    if _wants_json(request):
        return JsonResponse(
            {
                "calls": calls,
                "events": [
                    {"name": event.name, "data": event.data, "context": event.context, "created": event.created}
                    for event in events
                ],
                "tasks": [
                    {"name": task.name, "arguments": task.arguments, "state": task.state, "error": task.error}
                    for task in tasks
                ],
            }
        )
    return render(request, "demo/log.html", {"calls": calls, "events": events, "tasks": tasks})


@csrf_exempt
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def outbox(request: HttpRequest) -> HttpResponse:
    """Sent e-mails, newest first. POST deletes them."""
    if request.method == "POST":
        sent_mail.delete_all()
        return _done(request, "demo_outbox", {"cleared": True}, "The outbox is empty.")
    mails = list(sent_mail.newest())
    if _wants_json(request):
        return JsonResponse(
            {
                "mails": [
                    {
                        "sent": mail.sent,
                        "from": mail.sender,
                        "to": [address.strip() for address in mail.recipients.split(",")],
                        "subject": mail.subject,
                        "body": mail.body,
                    }
                    for mail in mails
                ]
            }
        )
    return render(request, "demo/outbox.html", {"mails": mails})


@require_GET
def tickets(request: HttpRequest) -> HttpResponse:
    """Support tickets, newest first."""
    found = SupportTicket.objects.order_by("-id")
    if _wants_json(request):
        return JsonResponse({"tickets": list(found.values("course_id", "subject", "body", "created"))})
    return render(request, "demo/tickets.html", {"tickets": found})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def faults(request: HttpRequest) -> HttpResponse:
    """Switch on a fault of a service; ``clear`` switches all faults off."""
    if request.method == "POST":
        data = _data(request)
        if data.get("clear"):
            ServiceFault.objects.all().delete()
            text = "All faults are switched off."
        else:
            service, kind = str(data.get("service", "")), str(data.get("kind", ""))
            if service not in SERVICES or kind not in dict(ServiceFault.KINDS):
                return JsonResponse({"detail": "service and kind must be known", "services": SERVICES}, status=400)
            remaining = data.get("remaining")
            fault = ServiceFault.objects.create(
                service=service,
                method=str(data.get("method", "")),
                kind=kind,
                seconds=float(data.get("seconds") or 0),
                remaining=int(remaining) if remaining not in (None, "") else None,
            )
            text = f"Switched on: {fault}"
        instrumentation.apply_absences()
        return _done(request, "demo_faults", {"faults": [str(fault) for fault in ServiceFault.objects.all()]}, text)
    found = ServiceFault.objects.order_by("id")
    if _wants_json(request):
        return JsonResponse({"faults": [str(fault) for fault in found]})
    return render(request, "demo/faults.html", {"faults": found, "services": SERVICES, "kinds": ServiceFault.KINDS})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def clock(request: HttpRequest) -> HttpResponse:
    """Make an attempt older: move its start and end into the past, as if the learner had waited.

    POST ``minutes`` (may be a fraction or negative) and either ``attempt_id`` or ``username`` (the newest attempt, with
    ``content_id`` the newest one at that exam). ``due_minutes`` also sets the learner's own due date of the exam to
    that many minutes from now.
    """
    if request.method == "GET":
        attempts = ProctoredExamStudentAttempt.objects.select_related("user", "proctored_exam").order_by("-id")[:50]
        return render(request, "demo/clock.html", {"attempts": attempts})
    data = _data(request)
    attempt = _attempt(data)
    if attempt is None:
        return JsonResponse({"detail": "no such attempt"}, status=404)
    try:
        minutes = float(data.get("minutes") or 0)
        due_minutes = float(data["due_minutes"]) if data.get("due_minutes") not in (None, "") else None
    except (TypeError, ValueError):
        return JsonResponse({"detail": "minutes must be a number"}, status=400)
    # A queryset update, because the clock is not part of the attempt's history: no history row, no signal.
    if due_minutes is not None:
        course = CourseRun.objects.get(course_id=attempt.proctored_exam.course_id)
        moment = timezone.now() + timedelta(minutes=due_minutes)
        try:
            dates.shift_due(course, attempt.proctored_exam.content_id, attempt.user, moment)
        except dates.NoDueDate as error:
            return JsonResponse({"detail": str(error)}, status=400)
    back = timedelta(minutes=minutes)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(
        started_at=F("started_at") - back, completed_at=F("completed_at") - back
    )
    attempt.refresh_from_db()
    answer = {
        "attempt_id": attempt.pk,
        "status": attempt.status,
        "started_at": attempt.started_at,
        "completed_at": attempt.completed_at,
    }
    return _done(request, "demo_clock", answer, f"Attempt {attempt.pk} is {minutes:g} minutes older.")


@csrf_exempt
@require_POST
def extensions(request: HttpRequest) -> JsonResponse:
    """Grant a learner (``username``) an extension of a subsection (``usage_key``): due in ``days`` days from now."""
    data = _data(request)
    user = get_user_model().objects.filter(username=data.get("username")).first()
    course = CourseRun.objects.filter(course_id=data.get("course_id")).first()
    if user is None or course is None:
        return JsonResponse({"detail": "username and course_id must be known"}, status=400)
    try:
        due = timezone.now() + timedelta(days=float(data.get("days") or 0))
        dates.extend_due(course, str(data.get("usage_key")), user, due)
    except (TypeError, ValueError, InvalidKeyError, InvalidDateError, dates.NoDueDate) as error:
        return JsonResponse({"detail": f"not extended: {error}"}, status=400)
    return JsonResponse({"username": user.username, "due": due}, status=201)


@csrf_exempt
@require_POST
def learners(request: HttpRequest) -> JsonResponse:
    """Create a learner, enrolled as ``mode`` (default verified) in every course or in ``course_id``."""
    data = _data(request)
    username = str(data.get("username") or f"learner-{secrets.token_hex(4)}")
    mode = str(data.get("mode") or "verified")
    users = get_user_model().objects
    if users.filter(username=username).exists():
        return JsonResponse({"detail": "this username is taken"}, status=409)
    user = users.create_user(username, email=f"{username}@demo.example")
    UserProfile.objects.create(user=user, name=str(data.get("name") or username.replace("-", " ").title()))
    courses = CourseRun.objects.all()
    if data.get("course_id"):
        courses = courses.filter(course_id=data["course_id"])
    Enrollment.objects.bulk_create(Enrollment(user=user, course=course, mode=mode) for course in courses)
    return JsonResponse(
        {"username": username, "user_id": user.pk, "login": reverse("login", args=[username])}, status=201
    )


@csrf_exempt
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def provider(request: HttpRequest) -> HttpResponse:
    """Links to the mock provider. POST passes a JSON scenario on to it."""
    if request.method == "POST":
        try:
            answer = requests.post(f"{settings.PROVIDER_URL}/_control/scenario", json=json_object(request), timeout=5)
        except (requests.RequestException, ValueError) as error:
            return JsonResponse({"detail": f"{type(error).__name__}: {error}"}, status=502)
        return HttpResponse(answer.content, status=answer.status_code, content_type="application/json")
    return render(request, "demo/provider.html")


def _attempt(data: dict[str, Any]) -> ProctoredExamStudentAttempt | None:
    found = ProctoredExamStudentAttempt.objects.select_related("proctored_exam", "user").order_by("-id")
    if data.get("attempt_id"):
        return found.filter(pk=data["attempt_id"]).first()
    if not data.get("username"):
        return None
    found = found.filter(user__username=data["username"])
    if data.get("content_id"):
        found = found.filter(proctored_exam__content_id=data["content_id"])
    return found.first()


def _data(request: HttpRequest) -> dict[str, Any]:
    if request.content_type == "application/json":
        return json_object(request)
    return request.POST.dict()


def _wants_json(request: HttpRequest) -> bool:
    return (
        request.content_type == "application/json"
        or request.GET.get("format") == "json"
        or request.headers.get("Accept", "").startswith("application/json")
    )


def _done(request: HttpRequest, page: str, answer: dict[str, Any], text: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse(answer)
    messages.success(request, text)
    return redirect(page)
