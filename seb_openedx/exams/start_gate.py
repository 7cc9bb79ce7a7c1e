"""Refuses to start an attempt without Safe Exam Browser. Contract: contract/seb-exams#gate.

Registered with ``edx_proctoring`` where that is installed. A gate is asked before a start only: submitting, stopping,
errors, declining and pings are never refused.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from seb_openedx.exams import access, launch, learner_release, learner_texts, requirements

NAME = "seb"


def gate(user: Any, exam: Mapping[str, Any], attempt: Mapping[str, Any] | None, request: Any) -> Any:
    """Return a refusal if the exam demands the browser and the request does not prove it, else None."""
    course_key = requirements.as_course_key(exam.get("course_id"))
    if course_key is None or not requirements.exist():
        return None
    requirement = requirements.of_exam(course_key, str(exam.get("content_id")))
    if requirement is None or access.is_verified(request, requirement):
        return None
    refusal = import_module("edx_proctoring.api").StartRefusal
    if learner_release.is_locked_out(user.pk, requirement):
        return refusal(learner_release.CODE, learner_texts.reason(learner_release.CODE))
    return refusal("seb_required", _("Open this exam in Safe Exam Browser."), launch.launch_url(request, requirement))


def register() -> None:
    """Register the gate and the runtime service, if the app for special exams is there."""
    if not apps.is_installed("edx_proctoring"):
        return
    import_module("edx_proctoring.api").register_start_gate(NAME, gate)
    service = import_module("seb_openedx.exams.service").SafeExamBrowserService()
    import_module("edx_proctoring.runtime").set_runtime_service("safe_exam_browser", service)
