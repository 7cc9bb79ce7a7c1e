"""What the interstitial pages are told. Spec: learner-experience.md 3.

Suites replace the provider by an object that answers anything with anything: attributes of the
provider are passed on as they are, never compared or converted here.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import backends, conf, constants, utils
from edx_proctoring.api.effects import emails
from edx_proctoring.api.exams import review_policies
from edx_proctoring.api.learner.facts import Situation
from edx_proctoring.api.lifecycle import queries, timing
from edx_proctoring.api.onboarding import eligibility
from edx_proctoring.api.providers import contact_and_rules
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["SHOW_EXPIRY_MESSAGE_DURATION"]

log = logging.getLogger(__name__)

# For how many seconds after a submission the page says that the time was up. Contract name.
SHOW_EXPIRY_MESSAGE_DURATION: Final = 60

# In these, the learner is told how the attempt ended; afterwards the result counts.
_WAITS_FOR_RESULT: Final = frozenset({S.submitted, S.second_review_required})

# Above this limit (20 hours) nobody needs to be offered extra time (WCAG 2.2.1).
_LONG_LIMIT_MINUTES: Final = 20 * 60


def timed(situation: Situation) -> dict[str, Any]:
    """Return the variables of a timed exam's pages. Spec: learner-experience.md 3.1."""
    exam, attempt = situation.exam, situation.attempt
    context = {
        **_common(situation),
        "exam_name": exam["exam_name"],
        "course_id": situation.course_id,
        **_time(situation),
        "hide_extra_time_footer": exam["time_limit_mins"] > _LONG_LIMIT_MINUTES,
        "will_be_revealed": exam["due_date"] is not None and not exam["hide_after_due"],
        "has_time_expired": has_time_expired(attempt),
        "does_time_remain": timing.does_time_remain(attempt),
    }
    if situation.status == S.submitted and not exam["hide_after_due"] and situation.is_past_due:
        context.update(_wait_deadline(situation))
    return context


def proctored(situation: Situation) -> dict[str, Any]:
    """Return the variables of a proctored, practice or onboarding exam's pages. Spec: 3.2 to 3.4."""
    exam, attempt, provider = situation.exam, situation.attempt, situation.provider
    context = {
        **_common(situation),
        "platform_name": settings.PLATFORM_NAME,
        **_time(situation),
        "exam_display_name": exam["exam_name"],
        "is_sample_attempt": exam["is_practice_exam"],
        "has_due_date": exam["due_date"] is not None,
        "has_due_date_passed": situation.is_past_due,
        "able_to_reenter_exam": timing.does_time_remain(attempt) and not situation.is_content_blocked,
        "exam_started_poll_url": _attempt_url("proctored_exam.attempt", attempt),
        "update_is_status_acknowledge_url": _attempt_url("proctored_exam.attempt.review_status", attempt),
        "link_urls": backends.provider_setting(exam["backend"], "LINK_URLS"),
        "tech_support_email": settings.TECH_SUPPORT_EMAIL,
        "proctoring_escalation_email": emails._get_proctoring_escalation_email(exam["course_id"]),
        "exam_review_policy": review_policies._get_review_policy_by_exam_id(exam["id"]),
        "backend_js_bundle": contact_and_rules.script_url_of(provider),
        "provider_name": provider.verbose_name,
        "provider_tech_support_email": provider.tech_support_email,
        "provider_tech_support_phone": provider.tech_support_phone,
        "learner_notification_from_email": provider.learner_notification_from_email,
        "integration_specific_email": contact_and_rules.get_integration_specific_email(provider),
        "ping_interval": provider.ping_interval,
        "reset_link": _password_reset_link(exam["backend"]),
        "can_view_content_past_due": constants.CONTENT_VIEWABLE_PAST_DUE_DATE,
    }
    if attempt is not None:
        context["exam_code"] = attempt["attempt_code"]
        context["attempt_external_id"] = attempt["external_id"]
    elif not exam["is_practice_exam"]:
        context["prerequisite_status"] = situation.prerequisites
    if situation.status in (S.created, S.download_software_clicked):
        context.update(_set_up(situation))
    if situation.status == S.verified and not exam["is_practice_exam"]:
        context.update(_wait_deadline(situation))
    if situation.status in S.onboarding_errors:
        context.update(_onboarding_error(situation))
    return context


def has_time_expired(attempt: Mapping[str, Any] | None) -> bool:
    """Return whether an attempt was submitted because its time was up, and that just now."""
    if attempt is None or not was_ended_by_clock(attempt):
        return False
    since: float = (timezone.now() - attempt["completed_at"]).total_seconds()
    return since < SHOW_EXPIRY_MESSAGE_DURATION


def was_ended_by_clock(attempt: Mapping[str, Any] | None) -> bool:
    """Return whether an attempt was submitted because its time was up, however long ago that was.

    An attempt without both moments was not ended by the clock.
    """
    if attempt is None or attempt["status"] not in _WAITS_FOR_RESULT:
        return False
    started_at, completed_at = attempt["started_at"], attempt["completed_at"]
    if started_at is None or completed_at is None or attempt["allowed_time_limit_mins"] is None:
        return False
    used: float = (completed_at - started_at).total_seconds()
    return used >= attempt["allowed_time_limit_mins"] * 60


def _common(situation: Situation) -> dict[str, Any]:
    attempt = situation.attempt
    return {
        "exam_id": situation.exam["id"],
        "attempt_id": None if attempt is None else attempt["id"],
        "attempt_status": situation.status,
        "enter_exam_endpoint": reverse("edx_proctoring:proctored_exam.attempt.collection"),
        "change_state_url": _attempt_url("proctored_exam.attempt", attempt),
        "progress_page_url": _host_page("progress", situation.course_id),
        "no_time_cause": _no_time_cause(situation),
        # Beyond the contract: when it ended, and by whom; the heading says so for a minute only.
        "completed_at": None if attempt is None else attempt["completed_at"],
        "was_ended_by_clock": was_ended_by_clock(attempt),
        # Where a page that stands alone, without the course page's scripts, sends the learner.
        "exam_page_url": _host_page("jump_to", situation.course_id, situation.exam["content_id"]),
    }


def _time(situation: Situation) -> dict[str, Any]:
    """Return in words how long the learner has, or will have when the clock starts now.

    Before the clock starts also the ``extra_time`` in it that the learner was granted, and until when
    there is time: ``due_date_moment``, and if that cuts the limit, ``is_time_cut_by_due_date`` and the
    ``full_time`` in words. No moment means that the due date takes nothing from this learner.
    """
    exam, attempt = situation.exam, situation.attempt
    is_fixed = (
        attempt is not None
        and bool(attempt["allowed_time_limit_mins"])
        and not queries.is_attempt_ready_to_resume(attempt)
    )
    if attempt is not None and is_fixed:
        minutes = attempt["allowed_time_limit_mins"]
        return {"total_time": utils.humanized_time(minutes), "due_date_moment": None}
    limit = situation.start_limit
    is_cut = limit.minutes < limit.full_minutes
    # Of a resumed attempt only the part counts that was given since the interruption, and the page names the sum.
    extra = limit.extra_minutes if limit.carried_seconds is None else None
    return {
        "total_time": utils.humanized_time(limit.minutes),
        # Practice goes on after its due date.
        "due_date_moment": limit.due if is_cut or not exam["is_practice_exam"] else None,
        "is_time_cut_by_due_date": is_cut,
        "full_time": utils.humanized_time(limit.full_minutes),
        "extra_time": utils.humanized_time(extra) if extra and not is_cut else "",
    }


def _no_time_cause(situation: Situation) -> str | None:
    """Return why the clock cannot start, as a word for the page that says so; None if that is not the reason."""
    if not situation.lacks_time:
        return None
    limit = situation.start_limit
    if timing.can_start(limit.full_minutes):
        return "due_date"
    return "limit" if limit.carried_seconds is None else "interrupted"


def _wait_deadline(situation: Situation) -> dict[str, str]:
    return {} if situation.wait_deadline is None else {"wait_deadline": situation.wait_deadline}


def _set_up(situation: Situation) -> dict[str, Any]:
    """Return what the provider says about setting up. The only place that may ask it over the network.

    A provider that fails costs its download link, not the page: the page then says so and offers to
    try again.
    """
    provider = situation.provider
    try:
        answer = provider.get_attempt(situation.attempt)
        return {
            "backend_instructions": answer.get("instructions"),
            "software_download_url": answer.get("download_url") or provider.get_software_download_url(),
            "provider_unavailable": False,
        }
    except Exception as exc:  # a plug-in may raise anything
        log.warning(
            "provider does not say how to set up: exam_id=%s attempt_id=%s backend=%s error=%s",
            situation.exam["id"],
            situation.attempt and situation.attempt["id"],
            situation.exam["backend"],
            type(exc).__name__,
        )
        return {"backend_instructions": None, "software_download_url": None, "provider_unavailable": True}


def _onboarding_error(situation: Situation) -> dict[str, Any]:
    course_id = situation.exam["course_id"]
    return {
        "onboarding_status": situation.status,
        "onboarding_link": _onboarding_link(situation),
        "support_email_subject": _("Onboarding Exam {exam_name} in Course {course_id} for user").format(
            exam_name=situation.exam["exam_name"], course_id=course_id
        ),
    }


def _onboarding_link(situation: Situation) -> str:
    """Return the address of the onboarding exam, empty if the course has none.

    The one that the learner can reach; where nobody knows which that is, the first.
    """
    course_id = situation.exam["course_id"]
    link = eligibility.get_onboarding_exam_link(course_id, situation.user, is_learning_mfe=False)
    if link:
        return link
    exam = ProctoredExam.get_practice_proctored_exams_for_course(course_id).order_by("id").first()
    return "" if exam is None else reverse("jump_to", args=[situation.course_id, exam.content_id])


def _attempt_url(name: str, attempt: Mapping[str, Any] | None) -> str:
    return "" if attempt is None else reverse(f"edx_proctoring:{name}", args=[attempt["id"]])


def _host_page(name: str, *args: Any) -> str:
    """Return the address of one of the host's pages, empty if this host has no such page."""
    try:
        return reverse(name, args=list(args))
    except NoReverseMatch:
        log.exception("host page not found: name=%s", name)
        return ""


def _password_reset_link(backend: str | None) -> str:
    path = _host_page("password_assistance")
    site = backends.provider_setting(backend, "SITE_NAME")
    return f"{conf.proctoring.url_scheme}://{site}{path}" if path else ""
