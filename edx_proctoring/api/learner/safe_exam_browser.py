"""Exams that demand Safe Exam Browser, as the runtime service ``safe_exam_browser`` says.

Contract: contract/learner-pages#safe-exam-browser. Without the service no exam demands it. The service keeps what is
protected while its tables cannot be read; a service that fails nevertheless is logged, and costs the learner's pages
the hint only: the start gate and the middleware of that app refuse by themselves.
"""

import logging
from typing import Any

from edx_proctoring import host, runtime

__all__: list[str] = []

log = logging.getLogger(__name__)


# For modules of this package and the views


def is_missing(request: Any, course_id: Any, content_id: Any) -> bool:
    """Return whether an exam demands the browser and the request has not proved it.

    ``request``: None if there is none, which proves nothing.
    """
    if not _is_required(course_id, content_id):
        return False
    service: host.SafeExamBrowserService = runtime.get_runtime_service(host.SAFE_EXAM_BROWSER)
    try:
        return not service.is_verified(request=request, course_id=course_id, content_id=content_id)
    except Exception:
        _log_failure("is_verified", course_id, content_id)
        return True


def launch_info(request: Any, course_id: Any, content_id: Any) -> host.SafeExamBrowserInfo | None:
    """Return what leads the learner into the browser, None for an exam that does not demand it."""
    if not _is_required(course_id, content_id):
        return None
    service: host.SafeExamBrowserService = runtime.get_runtime_service(host.SAFE_EXAM_BROWSER)
    try:
        return service.get_launch_info(request=request, course_id=course_id, content_id=content_id)
    except Exception:
        _log_failure("get_launch_info", course_id, content_id)
        return host.SafeExamBrowserInfo(
            required=True, verified=False, mode=None, launch_url=None, config_url=None, quit_url=None, min_versions={}
        )


def add_launch_info(exam: dict[str, Any], request: Any) -> dict[str, Any]:
    """Return an exam's payload, with the key ``seb`` if the exam demands the browser."""
    info = launch_info(request, exam.get("course_id"), exam.get("content_id")) if exam else None
    return exam if info is None else {**exam, "seb": info}


def _is_required(course_id: Any, content_id: Any) -> bool:
    service: host.SafeExamBrowserService | None = runtime.get_runtime_service(host.SAFE_EXAM_BROWSER)
    if service is None:
        return False
    try:
        return bool(service.is_required(course_id=course_id, content_id=content_id))
    except Exception:
        _log_failure("is_required", course_id, content_id)
        return False


def _log_failure(call: str, course_id: Any, content_id: Any) -> None:
    log.exception(
        "the service for Safe Exam Browser fails: call=%s course_id=%s content_id=%s", call, course_id, content_id
    )
