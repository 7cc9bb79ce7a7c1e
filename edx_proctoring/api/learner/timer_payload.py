"""The timer's payload: one attempt for the course page and the learning micro-frontend.

Contract: contract/attempts#timer-data, GET /v1/proctored_exam/attempt.
"""

import logging
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import backends, conf
from edx_proctoring.api.attempts import closing_time
from edx_proctoring.api.exams import exams
from edx_proctoring.api.lifecycle import allowed_time, queries, status_change
from edx_proctoring.api.lifecycle.queries import attempt_with, is_attempt_ready_to_resume
from edx_proctoring.api.providers import attempt_id, contact_and_rules
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_type, get_exam_url, humanized_time

__all__ = ["get_exam_attempt_data"]

log = logging.getLogger(__name__)

# How often a page should ask for this payload again.
POLL_INTERVAL_SECONDS = 60


def get_exam_attempt_data(exam_id: int, attempt_id: int, is_learning_mfe: bool = False) -> dict[str, Any]:
    """Return what a page needs to show an attempt and its clock.

    ``is_learning_mfe``: URLs in the micro-frontend instead of the LMS. Beyond the contract's keys there
    are ``exam_id``, ``content_id``, ``expires_at`` (datetime or None), ``server_time`` (datetime)
    and ``poll_interval_sec``, so that a page can show a deadline instead of counting ticks. If the
    exam's provider is not configured, the provider's values are missing.

    Raises ``ProctoredExamNotFoundException``, ``StudentExamAttemptDoesNotExistsException``. One
    query, unless the learner's limit has to be computed.
    """
    found = attempt_with(pk=attempt_id)
    if found is None or found.proctored_exam_id != exam_id:
        # Raises for an unknown exam, which is another error than an unknown attempt.
        exam = exams.get_exam_by_id(exam_id)
        if found is None:
            raise StudentExamAttemptDoesNotExistsException(
                f"Attempted to get attempt_id={attempt_id} of exam_id={exam_id}, but this attempt does not exist."
            )
        return data_of_attempt(found, exam, is_learning_mfe=is_learning_mfe)
    return data_of_attempt(found, is_learning_mfe=is_learning_mfe)


# For modules of this package


def data_of_attempt(
    found: ProctoredExamStudentAttempt,
    exam: dict[str, Any] | None = None,
    /,
    *,
    is_learning_mfe: bool,
    is_for_learner: bool = False,
) -> dict[str, Any]:
    """As ``get_exam_attempt_data``, for an attempt that was loaded with exam and user.

    ``exam``: exam dict to show instead of the attempt's own. ``is_for_learner``: without what learners may not see.
    """
    attempt = attempt_dict(status_change.end_if_time_is_up(found))
    exam = exam or attempt["proctored_exam"]
    provider = backends.find_backend_provider(exam)

    external_id = attempt["external_id"]
    if is_for_learner:
        external_id = attempt_id.shown_to_learner(external_id, provider)
    is_ready_to_resume = is_attempt_ready_to_resume(attempt)
    stored_minutes = attempt["allowed_time_limit_mins"]
    total_minutes = stored_minutes
    if not stored_minutes or is_ready_to_resume:
        total_minutes = allowed_time.limit_now(exam, found.user_id, found).minutes
    closes_at = closing_time.closes_at(attempt)
    seconds_left = closing_time.seconds_left(closes_at)
    data: dict[str, Any] = {
        "in_timed_exam": True,
        "taking_as_proctored": attempt["taking_as_proctored"],
        "exam_type": get_exam_type(exam, provider)["humanized_type"],
        "exam_display_name": exam["exam_name"],
        "exam_url_path": get_exam_url(exam["course_id"], exam["content_id"], is_learning_mfe),
        "time_remaining_seconds": seconds_left,
        "total_time": humanized_time(total_minutes),
        "low_threshold_sec": _share(conf.proctoring.low_threshold_pct, stored_minutes),
        "critically_low_threshold_sec": _share(conf.proctoring.critically_low_threshold_pct, stored_minutes),
        "course_id": exam["course_id"],
        "attempt_id": attempt["id"],
        "external_id": external_id,
        "accessibility_time_string": _("you have {remaining_time} remaining").format(
            remaining_time=humanized_time(int(round(seconds_left / 60.0, 0)))
        ),
        "attempt_status": attempt["status"],
        "exam_started_poll_url": reverse("edx_proctoring:proctored_exam.attempt", args=[attempt["id"]]),
        "attempt_ready_to_resume": is_ready_to_resume,
        # The React client also works with the exams service, whose payload lacks this key.
        "use_legacy_attempt_api": True,
        "desktop_application_js_url": _script_url(found, provider),
        "exam_id": exam["id"],
        "content_id": exam["content_id"],
        "expires_at": closes_at,
        "server_time": timezone.now(),
        "poll_interval_sec": POLL_INTERVAL_SECONDS,
    }
    if provider is not None:
        data["ping_interval"] = provider.ping_interval
        data["attempt_code"] = attempt["attempt_code"]
        # The provider may need a request for this, so it is asked only while the learner needs the link.
        if attempt["status"] in (Status.created, Status.download_software_clicked):
            data["software_download_url"] = _download_url(provider, attempt)
    return data


def _script_url(attempt: ProctoredExamStudentAttempt, provider: Any) -> str:
    """Return the URL of the provider's script, which watches over its software; empty where there is none to watch."""
    if provider is None or queries.is_taken_without_provider(attempt):
        return ""
    return contact_and_rules.script_url_of(provider)


def _share(percentage: float, minutes: int | None) -> int:
    return int(percentage * (minutes or 0) * 60)


def _download_url(provider: Any, attempt: dict[str, Any]) -> str | None:
    try:
        url = (provider.get_attempt(attempt) or {}).get("download_url") or provider.get_software_download_url()
    except Exception:  # pylint: disable=broad-except
        # The learner's page must work while the provider is down (architecture#no-network-in-transactions).
        log.exception("no download link from the provider: attempt_id=%s", attempt["id"])
        return None
    return url
