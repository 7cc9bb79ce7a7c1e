"""A small Studio: outline, subsection settings, proctoring settings, publishing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import access, onboarding, page_context, published_course, publishing, task_queue
from demo.host.forms import KINDS, ProctoringSettingsForm, SequenceForm, apply_kind, kind_of
from demo.host.forms_seb import mode_name
from demo.host.json_body import json_object
from demo.host.models import CourseRun, Sequence, Task
from edx_proctoring.api import (
    get_exam_by_content_id,
    get_exam_configuration_dashboard_url,
)
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from seb_openedx.dashboard.access import link_to
from seb_openedx.exam_models import Mode, SebExamConfiguration

PUBLISH_WAIT_SECONDS = 20


@require_GET
@login_required
@transaction.non_atomic_requests
def course(request: HttpRequest, run_id: str) -> HttpResponse:
    """The draft, with the exam data of each subsection."""
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    seb_rows = SebExamConfiguration.objects.filter(course_id=CourseKey.from_string(run_id)).exclude(mode=Mode.OFF)
    seb_modes = {row.content_id: mode_name(row) for row in seb_rows.only("content_id", "mode")}
    sections = [
        {
            "section": section,
            "rows": [
                {
                    "sequence": sequence,
                    "kind": KINDS[kind_of(sequence)],
                    "seb_mode": seb_modes.get(sequence.usage_key, ""),
                    "data": outline_data(found, sequence),
                    "warning": onboarding.missing_onboarding_warning(found) if sequence.is_onboarding_exam else "",
                }
                for sequence in section.sequences.all()
            ],
        }
        for section in found.sections.prefetch_related("sequences")
    ]
    return render(
        request,
        "demo/studio_course.html",
        {
            **page_context.course_context(request, found, "studio"),
            "sections": sections,
            "seb_dashboard_url": link_to("refusals", course_id=run_id),
            "has_changes": published_course.snapshot(found) != found.published,
            "last_publish": Task.objects.filter(name="publish_course", arguments__course_id=run_id).last(),
        },
    )


@require_http_methods(["GET", "POST"])
@login_required
def sequence(request: HttpRequest, run_id: str, subsection: str) -> HttpResponse:
    """Edit one subsection of the draft."""
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    draft = get_object_or_404(Sequence, section__course=found, usage_key=subsection)
    form = SequenceForm(request.POST or None, instance=draft, initial={"kind": kind_of(draft)})
    if request.method == "POST" and form.is_valid():
        edited = form.save(commit=False)
        # Like the platform: an exam that becomes proctored is hidden after its due date by default.
        becomes_proctored = form.cleaned_data["kind"] == "proctored" and not draft.is_proctored_enabled
        apply_kind(edited, form.cleaned_data["kind"])
        edited.hide_after_due = edited.hide_after_due or becomes_proctored
        edited.edited_by = request.user.pk
        edited.save()
        name = edited.display_name or _("Untitled subsection")
        messages.success(request, _("“%(name)s” saved. Publish to show it to learners.") % {"name": name})
        if edited.is_onboarding_exam and (warning := onboarding.missing_onboarding_warning(found)):
            messages.warning(request, f"“{name}”: {warning}")
        return redirect("studio_course", run_id)
    return render(
        request,
        "demo/studio_sequence.html",
        {**page_context.course_context(request, found, "studio"), "sequence": draft, "form": form},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@login_required
def proctoring_settings(request: HttpRequest, run_id: str) -> HttpResponse:
    """The course's proctoring settings as a page."""
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    form = ProctoringSettingsForm(request.POST or None, instance=found, editor=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Proctoring settings saved. Publish to register the exams again."))
        return redirect("studio_course", run_id)
    return render(
        request,
        "demo/studio_proctoring.html",
        {**page_context.course_context(request, found, "studio"), "form": form},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@login_required
def proctoring_settings_api(request: HttpRequest, run_id: str) -> JsonResponse:
    """The course's proctoring settings as JSON. POST changes them."""
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    if request.method == "POST":
        changes = json_object(request).get("proctored_exam_settings")
        if not isinstance(changes, dict):
            return JsonResponse({"detail": [{"proctored_exam_settings": "This field is required."}]}, status=400)
        values = {**_settings_of(found), **{key: value for key, value in changes.items() if key in _settings_of(found)}}
        form = ProctoringSettingsForm(values, instance=found, editor=request.user)
        if not form.is_valid():
            detail = [{field: " ".join(map(str, errors))} for field, errors in form.errors.items()]
            return JsonResponse({"detail": detail}, status=400)
        form.save()
        found.refresh_from_db()
    return JsonResponse(
        {
            "proctored_exam_settings": _settings_of(found),
            "available_proctoring_providers": ProctoringSettingsForm.providers(),
            "requires_escalation_email_providers": [
                name for name in ProctoringSettingsForm.providers() if ProctoringSettingsForm.needs_escalation(name)
            ],
            "course_start_date": found.starts_at,
        }
    )


@require_POST
@login_required
@transaction.non_atomic_requests
def publish(request: HttpRequest, run_id: str) -> HttpResponse:
    """Publish the draft, and wait a moment for the queue to register the exams.

    ``?queue=0`` publishes in a process of its own without any request, like a Celery worker.
    """
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    if request.GET.get("queue") == "0":
        command = [sys.executable, "-m", "demo.manage", "publish_course", run_id]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            messages.error(request, _("Publishing failed: %(error)s") % {"error": done.stderr.strip().splitlines()[-1]})
        else:
            messages.success(request, _("Published by a worker process."))
        return redirect("studio_course", run_id)
    task = task_queue.wait_for(publishing.publish(found), PUBLISH_WAIT_SECONDS)
    if task.state == Task.DONE:
        messages.success(request, _("Published. The exams are registered."))
    elif task.state == Task.FAILED:
        messages.error(
            request, _("Published, but the exams could not be registered: %(error)s") % {"error": task.error}
        )
    else:
        messages.info(request, _("Published. The exams are still being registered."))
    return redirect("studio_course", run_id)


def outline_data(found: CourseRun, sequence_: Sequence) -> dict[str, Any]:
    """The exam part of the platform's Studio outline for one subsection."""
    provider = found.proctoring_provider
    is_external = provider == onboarding.EXTERNAL_PROVIDER
    course_key = CourseKey.from_string(found.course_id)
    data: dict[str, Any] = {
        "is_proctored_exam": sequence_.is_proctored_enabled,
        "is_practice_exam": sequence_.is_practice_exam,
        "is_onboarding_exam": sequence_.is_onboarding_exam,
        "is_time_limited": sequence_.is_time_limited,
        "default_time_limit_minutes": sequence_.default_time_limit_minutes,
        "exam_review_rules": sequence_.exam_review_rules,
        "hide_after_due": sequence_.hide_after_due,
        "supports_onboarding": onboarding.is_supported_by(provider),
        "online_proctoring_rules": settings.PROCTORING_SETTINGS.get("LINK_URLS", {}).get("online_proctoring_rules", ""),
        "show_review_rules": _option(provider, "show_review_rules", default=True),
        "was_exam_ever_linked_with_external": False,
        "proctoring_exam_configuration_link": None,
    }
    if not sequence_.is_time_limited:
        return data
    try:
        exam = get_exam_by_content_id(course_key, UsageKey.from_string(sequence_.usage_key))
    except ProctoredExamNotFoundException:
        exam = {"external_id": None}
    data["was_exam_ever_linked_with_external"] = bool(exam["external_id"])
    if sequence_.is_proctored_enabled and not is_external:
        data["proctoring_exam_configuration_link"] = get_exam_configuration_dashboard_url(
            course_key, sequence_.usage_key
        )
    return data


def _option(provider: str | None, name: str, *, default: bool) -> bool:
    options = settings.PROCTORING_BACKENDS.get(provider or "", {})
    return bool(options.get(name, default)) if isinstance(options, dict) else default


def _settings_of(found: CourseRun) -> dict[str, Any]:
    return {
        "enable_proctored_exams": found.enable_proctored_exams,
        "allow_proctoring_opt_out": found.allow_proctoring_opt_out,
        "proctoring_provider": found.proctoring_provider,
        "proctoring_escalation_email": found.proctoring_escalation_email,
        "create_zendesk_tickets": found.create_zendesk_tickets,
    }
