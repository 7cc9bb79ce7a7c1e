"""Variables of the pages' templates. Contract: contract/page-context#proctored.

Test suites replace the provider by a mock. Its attributes are passed on as they are, never compared or converted.
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
from edx_proctoring.api.learner import safe_exam_browser
from edx_proctoring.api.learner.page_facts import PageFacts
from edx_proctoring.api.lifecycle import allowed_time
from edx_proctoring.api.onboarding import onboarding_exams
from edx_proctoring.api.providers import attempt_id, contact_and_rules
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["SHOW_EXPIRY_MESSAGE_DURATION"]

log = logging.getLogger(__name__)

# For how many seconds after a submission the page says that the time was up. Published name.
SHOW_EXPIRY_MESSAGE_DURATION: Final = 60

# In these statuses the page says how the attempt ended. Later ones show the result instead.
_WAITS_FOR_RESULT: Final = frozenset({S.submitted, S.second_review_required})

# Where learners get Safe Exam Browser, and what its minimum versions call the platforms.
_SEB_DOWNLOAD_URL: Final = "https://safeexambrowser.org/download_en.html"
_PLATFORMS: Final = {"win": "Windows", "mac": "macOS", "ios": "iOS"}

# WCAG 2.2.1: above 20 hours no extra time has to be offered.
_LONG_LIMIT_MINUTES: Final = 20 * 60


def timed(facts: PageFacts) -> dict[str, Any]:
    """Return the variables of a timed exam's pages. Contract: contract/page-context#timed."""
    exam = facts.exam
    context = {
        **_common(facts),
        "exam_name": exam["exam_name"],
        "course_id": facts.course_id,
        **_time(facts),
        "hide_extra_time_footer": exam["time_limit_mins"] > _LONG_LIMIT_MINUTES,
        "will_be_revealed": exam["due_date"] is not None and not exam["hide_after_due"],
        "has_time_expired": has_time_expired(facts.attempt),
        "does_time_remain": facts.does_time_remain,
    }
    if facts.may_look_back:
        context.update(_wait_deadline(facts))
    if facts.status == S.error:
        context.update(_help_after_error(exam))
    return context


def proctored(facts: PageFacts) -> dict[str, Any]:
    """Return the variables of a proctored, practice or onboarding exam's pages.

    Contract: contract/page-context#proctored, contract/page-context#set-up, contract/page-context#refusals.
    """
    exam, attempt, provider = facts.exam, facts.attempt, facts.provider
    context = {
        **_common(facts),
        "platform_name": settings.PLATFORM_NAME,
        **_time(facts),
        "exam_display_name": exam["exam_name"],
        "is_sample_attempt": exam["is_practice_exam"],
        "has_due_date": exam["due_date"] is not None,
        "has_due_date_passed": facts.is_past_due,
        "able_to_reenter_exam": facts.does_time_remain and not facts.is_content_blocked,
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
        context["exam_code"] = attempt.attempt_code
        context["attempt_external_id"] = attempt_id.shown_to_learner(attempt.external_id, provider)
    elif not exam["is_practice_exam"]:
        context["prerequisite_status"] = facts.prerequisites
    if facts.status in (S.created, S.download_software_clicked):
        context.update(_set_up(facts))
    if facts.is_taken_without_provider:
        # No software of the provider is started, and none is waited for.
        context["backend_js_bundle"] = ""
    elif facts.status in (S.ready_to_start, S.started):
        context["reentry_url"] = _reentry_url(facts)
    waits_for_entry = not exam["is_practice_exam"] and (facts.is_not_entered or facts.is_resumable_now)
    if waits_for_entry and facts.outage is not None:
        context["outage_text"] = facts.outage.text
    if facts.status == S.verified and not exam["is_practice_exam"]:
        context.update(_wait_deadline(facts))
    if facts.status in S.onboarding_errors:
        context.update(_onboarding_error(facts))
    return context


def other_browser(facts: PageFacts, request: Any) -> dict[str, Any]:
    """Return the variables of the page in front of an exam that demands Safe Exam Browser."""
    info = safe_exam_browser.launch_info(request, facts.course_id, facts.content_id)
    versions = info["min_versions"] if info else {}
    return {
        **_common(facts),
        "exam_name": facts.exam["exam_name"],
        "seb": info,
        "seb_versions": ", ".join(
            f"{_PLATFORMS.get(name, name)} {lowest}" for name, lowest in sorted(versions.items())
        ),
        "seb_download_url": _SEB_DOWNLOAD_URL,
    }


def has_time_expired(attempt: ProctoredExamStudentAttempt | None) -> bool:
    """Return whether an attempt was submitted because its time was up, less than a minute ago."""
    if attempt is None or attempt.completed_at is None or not was_ended_by_clock(attempt):
        return False
    return (timezone.now() - attempt.completed_at).total_seconds() < SHOW_EXPIRY_MESSAGE_DURATION


def was_ended_by_clock(attempt: ProctoredExamStudentAttempt | None) -> bool:
    """Return whether an attempt was submitted because its time was up, however long ago.

    False for an attempt without start or end.
    """
    if attempt is None or attempt.status not in _WAITS_FOR_RESULT:
        return False
    if attempt.started_at is None or attempt.completed_at is None or attempt.allowed_time_limit_mins is None:
        return False
    used = (attempt.completed_at - attempt.started_at).total_seconds()
    return used >= attempt.allowed_time_limit_mins * 60


def _common(facts: PageFacts) -> dict[str, Any]:
    attempt = facts.attempt
    return {
        "exam_id": facts.exam["id"],
        "attempt_id": None if attempt is None else attempt.pk,
        "attempt_status": facts.status,
        "enter_exam_endpoint": reverse("edx_proctoring:proctored_exam.attempt.collection"),
        "change_state_url": _attempt_url("proctored_exam.attempt", attempt),
        "progress_page_url": _host_page("progress", facts.course_id),
        "no_time_cause": _no_time_cause(facts),
        # Beyond the contract: when the attempt ended and what ended it. The heading says so for a minute only.
        "completed_at": None if attempt is None else attempt.completed_at,
        "was_ended_by_clock": was_ended_by_clock(attempt),
        # For a page without the course page's scripts: a link back to the exam.
        "exam_page_url": _host_page("jump_to", facts.course_id, facts.exam["content_id"]),
    }


def _time(facts: PageFacts) -> dict[str, Any]:
    """Return in words how long the learner has, or will have if the clock starts now.

    Before the clock starts there are also ``extra_time``, the granted part of it, and ``due_date_moment``,
    None if the due date does not matter to this learner. If the due date shortens the limit,
    ``is_time_cut_by_due_date`` is True and ``full_time`` is the limit without it.
    """
    exam, attempt = facts.exam, facts.attempt
    if attempt is not None and attempt.allowed_time_limit_mins and not facts.is_resumable_now:
        return {"total_time": utils.humanized_time(attempt.allowed_time_limit_mins), "due_date_moment": None}
    limit = facts.start_limit
    is_cut = limit.minutes < limit.full_minutes
    # Of a resumed attempt's limit, only what was granted since the interruption is extra time; it is not named.
    extra = limit.extra_minutes if limit.carried_seconds is None else None
    return {
        "total_time": utils.humanized_time(limit.minutes),
        # A practice exam can be continued after its due date.
        "due_date_moment": limit.due if is_cut or not exam["is_practice_exam"] else None,
        "is_time_cut_by_due_date": is_cut,
        "full_time": utils.humanized_time(limit.full_minutes),
        "extra_time": utils.humanized_time(extra) if extra and not is_cut else "",
    }


def _no_time_cause(facts: PageFacts) -> str | None:
    """Return why the clock cannot start, for the page that says so; None if there is time or the clock has started."""
    if not facts.lacks_time:
        return None
    limit = facts.start_limit
    if allowed_time.can_start(limit.full_minutes):
        return "due_date"
    return "limit" if limit.carried_seconds is None else "interrupted"


def _wait_deadline(facts: PageFacts) -> dict[str, str]:
    return {} if facts.wait_deadline is None else {"wait_deadline": facts.wait_deadline}


def _set_up(facts: PageFacts) -> dict[str, Any]:
    """Return the provider's instructions and download link. The only function here that may use the network.

    If the provider fails, the page is shown without them, says so and offers to try again.
    """
    provider, attempt = facts.provider, facts.attempt
    try:
        answer = provider.get_attempt(None if attempt is None else attempt_dict(attempt))
        return {
            "backend_instructions": answer.get("instructions"),
            "software_download_url": answer.get("download_url") or provider.get_software_download_url(),
            "provider_unavailable": False,
        }
    except Exception as exc:  # plug-ins may raise anything
        log.warning(
            "provider does not say how to set up: exam_id=%s attempt_id=%s backend=%s error=%s",
            facts.exam["id"],
            attempt and attempt.pk,
            facts.exam["backend"],
            type(exc).__name__,
        )
        return {"backend_instructions": None, "software_download_url": None, "provider_unavailable": True}


def _reentry_url(facts: PageFacts) -> str | None:
    """Return the link back into the provider's window, outside of which this exam shows nothing; None without one."""
    find = getattr(facts.provider, "get_reentry_url", None)
    if find is None or not facts.is_content_blocked:
        return None
    try:
        url = find(None if facts.attempt is None else attempt_dict(facts.attempt))
    except Exception as exc:  # plug-ins may raise anything
        log.warning(
            "provider has no way back: exam_id=%s backend=%s error=%s",
            facts.exam["id"],
            facts.exam["backend"],
            type(exc).__name__,
        )
        return None
    return url if isinstance(url, str) else None


def _help_after_error(exam: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "platform_name": settings.PLATFORM_NAME,
        "link_urls": conf.proctoring.link_urls,
        "proctoring_escalation_email": emails._get_proctoring_escalation_email(exam["course_id"]),
    }


def _onboarding_error(facts: PageFacts) -> dict[str, Any]:
    course_id = facts.exam["course_id"]
    return {
        "onboarding_status": facts.status,
        "onboarding_link": _onboarding_link(facts),
        "support_email_subject": _("Onboarding Exam {exam_name} in Course {course_id} for user").format(
            exam_name=facts.exam["exam_name"], course_id=course_id
        ),
    }


def _onboarding_link(facts: PageFacts) -> str:
    """Return the URL of the onboarding exam that the learner can reach, else of the course's first; "" without one."""
    course_id = facts.exam["course_id"]
    link = onboarding_exams.get_onboarding_exam_link(course_id, facts.user, is_learning_mfe=False)
    if link:
        return link
    exam = ProctoredExam.get_practice_proctored_exams_for_course(course_id).order_by("id").first()
    return "" if exam is None else reverse("jump_to", args=[facts.course_id, exam.content_id])


def _attempt_url(name: str, attempt: ProctoredExamStudentAttempt | None) -> str:
    return "" if attempt is None else reverse(f"edx_proctoring:{name}", args=[attempt.pk])


def _host_page(name: str, *args: Any) -> str:
    """Return the URL of one of the host's pages, "" if this host has no such page."""
    try:
        return reverse(name, args=list(args))
    except NoReverseMatch:
        log.exception("host page not found: name=%s", name)
        return ""


def _password_reset_link(backend: str | None) -> str:
    path = _host_page("password_assistance")
    site = backends.provider_setting(backend, "SITE_NAME")
    return f"{conf.proctoring.url_scheme}://{site}{path}" if path else ""
