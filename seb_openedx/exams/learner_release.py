"""Learners who left the browser during an exam. Contract: contract/seb-exams#release.

In an exam that demands it, a session that ended otherwise than by submission, by staff or by its age while the attempt
was running keeps its learner out, until staff release it. The clock goes on, and the exam can be submitted from any
browser.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from seb_openedx import access_log, conf
from seb_openedx.audit_models import Decision
from seb_openedx.edxapp_wrapper.attempts import running_since
from seb_openedx.exam_models import SebSession
from seb_openedx.exams import requirements, sessions
from seb_openedx.exams.requirements import Requirement

# Why a proof is refused.
CODE = "release_needed"
_MOST_REASON = 255


def is_locked_out(user_id: int | None, requirement: Requirement) -> bool:
    """Return whether a learner has left the browser during the exam and waits for staff.

    Costs two queries for an exam that demands a release, none for others.
    """
    if not requirement.needs_release or user_id is None:
        return False
    since = running_since(user_id, requirement.course_id, requirement.content_id)
    return since is not None and _rows(user_id, requirement).left().filter(ended__gte=since).exists()


def may_enter(request: Any, user_id: int, requirement: Requirement, *, now: datetime) -> bool:
    """Return whether a learner who has just proved the browser may go into the exam with it.

    A running exam that is open elsewhere was left there: programs that are ended by force, and computers that are
    switched off, tell nobody. Those sessions are ended here.
    """
    if not requirement.needs_release or not conf.seb.sessions_enabled:
        return True
    since = running_since(user_id, requirement.course_id, requirement.content_id)
    if since is None:
        return True
    rows = _rows(user_id, requirement)
    if sessions.current(request, requirement, now=now) is None:
        rows.filter(expires__gt=now).end("left", now=now)
    return not rows.left().filter(ended__gte=since).exists()


def release_learner(
    course_id: Any, content_id: str, user_id: int, *, by: str, reason: str = "", now: datetime | None = None
) -> int:
    """Let a learner in again who has left the browser during an exam; return how many sessions that concerned.

    ``by``: username of the member of staff. ``reason``: in words, at most 255 characters. The learner proves the
    browser again, as at the beginning. 0: nobody was kept out.
    """
    course_key = requirements.as_course_key(course_id)
    if course_key is None:
        return 0
    rows = SebSession.objects.filter(user_id=user_id, course_id=course_key, content_id=content_id).left()
    username = rows.values_list("username", flat=True).first() or ""
    released: int = rows.update(
        released=now or timezone.now(), released_by_username=by, release_reason=reason[:_MOST_REASON]
    )
    if released:
        access_log.write(
            access_log.Entry(
                Decision.RELEASED,
                course_key,
                user_id=user_id,
                username=username,
                actor_username=by,
                content_id=content_id,
            )
        )
    return released


def _rows(user_id: int, requirement: Requirement) -> Any:
    return SebSession.objects.filter(
        user_id=user_id,
        course_id=requirements.as_course_key(requirement.course_id),
        content_id=requirement.content_id,
    )
