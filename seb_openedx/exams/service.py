"""The runtime service ``safe_exam_browser``. Contract: contract/seb-exams#service.

Called with keyword arguments. An invalid exam id demands nothing.
"""

from typing import Any

from django.utils import timezone

from seb_openedx.exam_models import SebSession
from seb_openedx.exams import access, launch, requirements


class SafeExamBrowserService:
    """What other apps may ask about Safe Exam Browser."""

    def is_required(self, course_id: Any, content_id: str) -> bool:
        """Return whether an exam demands the browser. Costs one query a minute while no exam does."""
        return requirements.exist() and requirements.of_exam(course_id, content_id) is not None

    def is_verified(self, request: Any, course_id: Any, content_id: str) -> bool:
        """Return whether a request has proved the browser for an exam, or needs no proof."""
        requirement = requirements.of_exam(course_id, content_id)
        return requirement is None or (request is not None and access.is_verified(request, requirement))

    def get_launch_info(self, request: Any, course_id: Any, content_id: str) -> dict[str, Any] | None:
        """Return what a page needs to lead a learner into the browser; None if the exam does not demand it.

        ``required``, ``verified``, ``mode``, ``launch_url``, ``config_url``, ``quit_url``, ``min_versions``.
        ``verified`` turns False before the session ends: the page of a front end is not served here, so it has to lead
        the learner through a check again.
        """
        requirement = requirements.of_exam(course_id, content_id)
        if requirement is None:
            return None
        verified = request is not None and access.is_verified(request, requirement, lately=True)
        return launch.info(request, requirement, verified=verified)

    def end_session(self, user_id: int, course_id: Any, content_id: str, reason: str) -> int:
        """End the learner's sessions for an exam; return how many. ``reason``: a word of at most 32 letters."""
        course_key = requirements.as_course_key(course_id)
        if course_key is None:
            return 0
        rows = SebSession.objects.filter(user_id=user_id, course_id=course_key, content_id=content_id)
        ended: int = rows.end(reason[:32], now=timezone.now())
        return ended
