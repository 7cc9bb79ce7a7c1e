"""The onboarding panel: one learner's onboarding status in a course.

Contract: GET /v1/user_onboarding/status, contract/onboarding#past-due.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from opaque_keys import InvalidKeyError
from opaque_keys.edx.locator import BlockUsageLocator

from edx_proctoring import constants, host
from edx_proctoring.api.onboarding import learner_status, onboarding_exams
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException, ProctoredBaseException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import VerificientOnboardingProfileStatus
from edx_proctoring.utils import (
    categorize_inaccessible_exams_by_date,
    get_exam_url,
    get_user_course_outline_details,
    obscured_user_ids,
)

__all__ = ["NoOnboardingProfileException", "OnboardingExamNotAccessibleException", "get_onboarding_panel"]

log = logging.getLogger(__name__)


class OnboardingExamNotAccessibleException(ProctoredBaseException):
    """The course has onboarding exams, but this learner cannot see any of them."""

    http_status = 404
    code = "not_found"
    is_for_people = True


class NoOnboardingProfileException(ProctoredBaseException):
    """The provider should report the learner's status, but keeps no profiles."""

    http_status = 404
    code = "not_found"
    is_for_people = True


AVAILABLE: Final = "available"
FUTURE: Final = "future"
PAST_DUE: Final = "past_due"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The onboarding exam that the panel is about.

    ``phase``: AVAILABLE, FUTURE or PAST_DUE. ``release_date``: when it opens, None if unknown.
    """

    exam: ProctoredExam
    phase: str
    release_date: datetime | None


def get_onboarding_panel(course_id: str, user: Any, /, *, is_learning_mfe: bool) -> dict[str, Any]:
    """Return status, link and dates of a learner's onboarding (keys: GET /v1/user_onboarding/status).

    Raises ``NoOnboardingExamException``, ``OnboardingExamNotAccessibleException`` and, only where
    profiles are read from the provider, ``NoOnboardingProfileException``.
    """
    newest, provider = onboarding_exams.newest_onboarding_exam(course_id)
    chosen = _choose(course_id, user)
    if chosen.exam.backend != newest.backend:
        # The panel shows the provider of the exam that it links to.
        provider = onboarding_exams.provider_with_onboarding(chosen.exam.backend) or provider
    # None for the default provider. Its exams are stored with None, and verifications are found by the stored value.
    backend: Any = chosen.exam.backend
    panel: dict[str, Any] = learner_status.get_onboarding_attempt_data_for_learner(course_id, user, backend)
    panel["onboarding_link"] = (
        get_exam_url(course_id, chosen.exam.content_id, is_learning_mfe) if chosen.phase == AVAILABLE else None
    )
    panel["onboarding_past_due"] = chosen.phase == PAST_DUE
    panel["onboarding_release_date"] = chosen.release_date.isoformat() if chosen.release_date else None
    panel["review_requirements_url"] = provider.help_center_article_url
    if constants.ONBOARDING_PROFILE_API:
        _prefer_profile(panel, course_id, user, chosen.exam, provider)
    return panel


def _choose(course_id: str, user: Any) -> _Chosen:
    """Return the newest exam that is open for the learner, else the newest future one, else the newest past due."""
    exams = [exam for exam in onboarding_exams.onboarding_exams(course_id) if _usage_key(exam) is not None]
    details = get_user_course_outline_details(user, course_id)
    if details is None:
        # A host without this service cannot hide exams.
        if exams:
            return _Chosen(exams[0], AVAILABLE, None)
        raise OnboardingExamNotAccessibleException(_("There is no onboarding exam accessible to this user."))
    hidden, future, past_due = categorize_inaccessible_exams_by_date(exams, details)
    closed = {exam.pk for exam in (*hidden, *future, *past_due)}
    available = [exam for exam in exams if exam.pk not in closed]
    for phase, candidates in ((AVAILABLE, available), (FUTURE, future), (PAST_DUE, past_due)):
        if candidates:
            return _Chosen(candidates[0], phase, _release_date(candidates[0], details))
    raise OnboardingExamNotAccessibleException(_("There is no onboarding exam accessible to this user."))


def _usage_key(exam: ProctoredExam) -> BlockUsageLocator | None:
    """Return the key of the exam's block, None for a content id that is not a key and so in no outline."""
    try:
        return BlockUsageLocator.from_string(exam.content_id)
    except InvalidKeyError:
        return None


def _release_date(exam: ProctoredExam, details: host.UserOutlineDetails) -> datetime | None:
    usage_key = _usage_key(exam)
    item = None if usage_key is None else details.schedule.sequences.get(usage_key)
    return None if item is None else item.effective_start


def _profile_of(course_id: str, user: Any, exam: ProctoredExam, provider: Any) -> Mapping[str, Any] | None:
    """Return the learner's profile, None from a provider that keeps none; former ids are asked for if there is none."""
    current, *former = obscured_user_ids(user.id, exam.backend)
    profile: Mapping[str, Any] | None = provider.get_onboarding_profile_info(course_id, user_id=current)
    for user_id in former:
        if profile is None or profile.get("status") != VerificientOnboardingProfileStatus.no_profile:
            break
        older = provider.get_onboarding_profile_info(course_id, user_id=user_id)
        profile = profile if older is None else older
    return profile


def _prefer_profile(panel: dict[str, Any], course_id: str, user: Any, exam: ProctoredExam, provider: Any) -> None:
    """Replace status and expiry by those of the provider, which include sessions outside this platform."""
    try:
        profile = _profile_of(course_id, user, exam, provider)
    except BackendProviderOnboardingProfilesException as exc:
        log.warning(
            "onboarding profile not available, showing our own attempts: course_id=%s user_id=%s provider=%s status=%s",
            course_id,
            user.id,
            exam.backend,
            exc.http_status,
        )
        return
    except Exception:  # pylint: disable=broad-except
        # Plug-ins may raise anything, and the host's support view calls this for each course of a learner in turn.
        log.exception("onboarding profile not available: course_id=%s user_id=%s", course_id, user.id)
        return
    if profile is None:
        raise NoOnboardingProfileException(
            _("No onboarding status API for {proctor_service}").format(proctor_service=provider.verbose_name)
        )
    status = VerificientOnboardingProfileStatus.get_edx_status_from_profile_status(profile.get("status"))
    if status != panel["onboarding_status"]:
        log.error(
            "onboarding status differs: course_id=%s user_id=%s provider=%s ours=%s theirs=%s",
            course_id,
            user.id,
            exam.backend,
            panel["onboarding_status"],
            status,
        )
    panel["onboarding_status"] = status
    panel["expiration_date"] = profile.get("expiration_date")
