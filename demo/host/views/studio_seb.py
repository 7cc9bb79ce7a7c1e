"""Studio's pages for Safe Exam Browser: what one exam demands, and the advanced settings of a course."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from opaque_keys.edx.keys import CourseKey

from demo.host import access, page_context
from demo.host.forms_seb import ExamBrowserForm, OtherCourseSettingsForm, mode_name
from demo.host.models import CourseRun, Sequence
from seb_openedx import conf, reasons
from seb_openedx.audit_models import Decision, SebAccessLog
from seb_openedx.configuration_findings import components_open_to_everybody
from seb_openedx.configuration_reading import one_request
from seb_openedx.dashboard.access import link_to
from seb_openedx.exam_models import Mode, SebExamConfiguration
from seb_openedx.exams import encryption, file_making, launch, requirements, setup, uploads
from seb_openedx.protocol import decode, lint_settings
from seb_openedx.protocol.errors import FileError
from seb_openedx.seb_keys_sources import effective_source, get_config_by_course, values_of

REFUSALS_SHOWN = 10
GRACE_MINUTES = int(setup.GRACE.total_seconds() // 60)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
@sensitive_post_parameters("quit_password", "upload_password", "encrypt_password", "kept_upload")
def exam_browser(request: HttpRequest, run_id: str, subsection: str) -> HttpResponse:
    """What one exam demands: see it, try a change, save it."""
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    draft = get_object_or_404(Sequence, section__course=found, usage_key=subsection)
    row = _row_of(found, draft)
    origin = conf.seb.lms_root_url or request.build_absolute_uri("/").rstrip("/")
    form = ExamBrowserForm(
        request.POST or None,
        request.FILES or None,
        # Validation writes into it, and the page shows what is stored.
        instance=copy.copy(row),
        initial={"force": False},
    )
    form.origin = origin
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        action = request.POST.get("action")
        if action == "preset" and not form.fill_in_preset():
            form.add_error("preset", _("Choose a preset first."))
        if form.is_valid() and action == "save" and _saved(request, form, row, origin):
            return redirect("studio_seb", run_id, subsection)
        context = {"inspection": _inspection(form, row, origin)}
        if form.is_valid() and action == "check":
            context["plan"] = _plan(form, row, origin)
        form.keep_upload()
        if form.errors and action != "preset":
            status = 409 if form.conflicts() else 400
    return render(
        request,
        "demo/studio_seb.html",
        {
            **page_context.course_context(request, found, "studio"),
            "sequence": draft,
            "form": form,
            **context,
            **_state(request, row, origin),
            "refusals": _refusals(row),
            "refusals_url": link_to("refusals", course_id=run_id, content_id=subsection),
        },
        status=status,
    )


@require_http_methods(["GET", "POST"])
@login_required
def advanced_settings(request: HttpRequest, run_id: str) -> HttpResponse:
    """The course's other settings as JSON, and which configuration of Safe Exam Browser counts."""
    found = page_context.course_or_404(run_id)
    access.require_staff(request, found)
    form = OtherCourseSettingsForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Advanced settings saved."))
        return redirect("studio_advanced", run_id)
    return render(
        request,
        "demo/studio_advanced.html",
        {
            **page_context.course_context(request, CourseRun.objects.get(pk=found.pk), "studio"),
            "form": form,
            **_effective(run_id),
        },
        status=400 if form.errors else 200,
    )


def _row_of(course: CourseRun, draft: Sequence) -> SebExamConfiguration:
    where = {"course_id": CourseKey.from_string(course.course_id), "content_id": draft.usage_key}
    return SebExamConfiguration.objects.select_related("template").filter(**where).first() or SebExamConfiguration(
        **where, mode=Mode.OFF
    )


def _saved(request: HttpRequest, form: ExamBrowserForm, row: SebExamConfiguration, origin: str) -> bool:
    """Save what was entered; False, with an error in the form, if another change came first."""
    try:
        saved = setup.save(
            copy.copy(row),
            form.change(),
            origin=origin,
            by=request.user.get_username(),
            force=form.cleaned_data["force"],
        )
    except setup.SetupError as error:
        form.report(error)
        return False
    messages.success(request, _("Saved: %(mode)s.") % {"mode": mode_name(saved)})
    return True


def _inspection(form: ExamBrowserForm, row: SebExamConfiguration, origin: str) -> uploads.Inspection | None:
    """What the chosen file is, None without one that can be read; then the form says why."""
    if form.chosen is None:
        return None
    form.chosen.seek(0)
    try:
        return uploads.inspect(
            form.chosen.read(conf.seb.file_max_bytes + 1),
            password=form.cleaned_data.get("upload_password") or None,
            policy=form.cleaned_data.get("upload_policy") or row.upload_policy,
            row=row,
            origin=origin,
        )
    except (FileError, setup.SetupError):
        return None


def _plan(form: ExamBrowserForm, row: SebExamConfiguration, origin: str) -> dict[str, Any]:
    """What saving would do. The form is valid, so it can be saved now."""
    planned = setup.prepare(copy.copy(row), form.change(), origin=origin, force=True)
    return {
        "mode": mode_name(planned),
        # The addresses of a new exam, which are in the key, are made when it is saved.
        "config_key": planned.config_key if row.pk else "",
        "is_other_key": bool(row.config_key) and planned.config_key != row.config_key,
    }


def _state(request: HttpRequest, row: SebExamConfiguration, origin: str) -> dict[str, Any]:
    """What is stored: who gets in with what, and where learners find it."""
    is_on = row.pk is not None and row.mode != Mode.OFF
    requirement = requirements.from_row(row) if is_on else None
    warnings = []
    if requirement is not None:
        if not requirement.is_usable:
            warnings.append(_("Nobody gets in: no key is accepted. Save the settings again."))
        if requirement.accepts_name_only:
            warnings.append(_("Weak: without a key, every browser that calls itself SEB is accepted."))
        if not encryption.is_readable(row.encrypt_password_cipher):
            warnings.append(_("Learners get no file: its password was stored with another SECRET_KEY. Enter it again."))
        if file_making.has_addresses(row) and row.origin != origin:
            warnings.append(
                _("The file leads to %(old)s, not to %(new)s. Tick “Renew origin” to change that.")
                % {"old": row.origin, "new": origin}
            )
        if row.mode == Mode.UPLOAD and row.config_xml:
            found = lint_settings(decode(row.config_xml.encode()).settings)
            warnings += [f"{finding.key}: {finding.message}" for finding in found]
    return {
        "row": row,
        "mode_name": mode_name(row),
        "requirement": requirement,
        "warnings": warnings,
        "has_file_password": bool(row.encrypt_password_cipher),
        "keys": _keys(row, now=timezone.now()) if is_on else [],
        "start_address": file_making.start_address(row) if is_on and row.origin else "",
        "launch_url": launch.launch_url(request, requirement) if requirement else None,
        "download_url": launch.download_url(request, requirement) if requirement else None,
        "grace_minutes": GRACE_MINUTES,
    }


def _keys(row: SebExamConfiguration, *, now: datetime) -> list[dict[str, Any]]:
    """Every stored key with its state, those that count first."""
    found: list[dict[str, Any]] = []
    if row.config_key:
        found.append({"kind": "Config Key", "key": row.config_key, "state": _("valid"), "is_valid": True})
    if row.mode == Mode.CLIENT:
        found += [
            {"kind": "Config Key", "key": key, "state": _("valid"), "is_valid": True} for key in row.client_config_keys
        ]
    for entry in row.browser_keys:
        about = " ".join(filter(None, (entry.get("label"), entry.get("platform"), entry.get("version"))))
        is_valid = entry.get("active") is not False
        found.append(
            {
                "kind": "Browser Exam Key",
                "key": entry.get("key", ""),
                "about": about,
                "state": _("valid") if is_valid else _("switched off"),
                "is_valid": is_valid,
            }
        )
    for entry in reversed(row.previous_config_keys):
        until = parse_datetime(str(entry.get("valid_until", "")))
        found.append({"kind": "Config Key", "key": entry.get("key", ""), "state": _retired(until, now=now)})
    return found


def _retired(until: datetime | None, *, now: datetime) -> str:
    """What is said of a Config Key that a newer one has replaced."""
    if until is None:
        return _("retired")
    text = _("retired, valid until %(moment)s UTC") if now < until else _("retired, was valid until %(moment)s UTC")
    return text % {"moment": f"{until:%Y-%m-%d %H:%M}"}


def _refusals(row: SebExamConfiguration) -> list[dict[str, Any]]:
    rows = SebAccessLog.objects.filter(
        course_id=row.course_id, content_id=row.content_id, decision=Decision.REFUSED
    ).order_by("-created", "-pk")
    return [
        {"row": entry, "reason": reasons.name(entry.reason), "advice": reasons.advice(entry.reason)}
        for entry in rows[:REFUSALS_SHOWN]
    ]


def _effective(course_id: str) -> dict[str, Any]:
    """Which of the places that may hold a configuration says what, and which one counts."""
    course_key = CourseKey.from_string(course_id)
    with one_request():
        source, _config = effective_source(course_key)
        names = get_config_by_course(course_key).get("PERMISSION_COMPONENTS") or conf.seb.permission_components
        return {
            "places": [
                {
                    "name": function.__name__,
                    "config": config,
                    "is_simple": isinstance(config, list),
                    "counts": function.__name__ == source,
                }
                for function, config in values_of(course_key)
            ],
            "components": names,
            "open_components": components_open_to_everybody(course_key),
        }
