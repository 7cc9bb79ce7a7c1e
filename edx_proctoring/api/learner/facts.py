"""What decides which page a learner sees: exam, attempt, provider and host data at one moment.

Spec: learner-experience.md 2. A fact that costs a query or a call is read when a rule asks for it, at most once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model

from edx_proctoring import constants, utils
from edx_proctoring.api.learner import prerequisites
from edx_proctoring.api.lifecycle import queries, status_change, timing
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["PageFacts", "newest_attempt"]

# Hosts define this permission under this name (python-api.md 5.3).
_PERMISSION: Final = "edx_proctoring.can_take_proctored_exam"


@dataclass(frozen=True)
class PageFacts:
    """Everything that decides what a learner sees at an exam.

    ``exam``: exam dict with the due date of this call. ``attempt``: the learner's newest attempt, after its time-out
    if its time was up, or None. ``course_id``, ``content_id``: as the host passed them. ``host``: the host's context,
    read-only.
    """

    exam: dict[str, Any]
    attempt: ProctoredExamStudentAttempt | None
    provider: Any
    user_id: int | None
    course_id: Any
    content_id: Any
    host: Mapping[str, Any]

    @property
    def status(self) -> str | None:
        """Status of the attempt, None without one."""
        return None if self.attempt is None else self.attempt.status

    @cached_property
    def user(self) -> Any:
        """The learner. Raises ``DoesNotExist`` without one: an unknown user must not see the content."""
        users = get_user_model()
        if self.user_id is None:
            raise users.DoesNotExist("anonymous visitor")
        return users.objects.get(pk=self.user_id) if self.attempt is None else self.attempt.user

    @cached_property
    def may_take(self) -> bool:
        """Whether the host lets the learner take proctored exams here (enrolment track)."""
        return bool(self.user.has_perm(_PERMISSION, self.exam))

    @cached_property
    def is_past_due(self) -> bool:
        """Whether the exam is over for this learner."""
        # With the host's key objects, which the date service would otherwise parse from text at each unit.
        exam = {**self.exam, "course_id": self.course_id, "content_id": self.content_id}
        return timing.is_over(self.exam, utils.get_exam_due_date(exam, self.user_id))

    @property
    def is_incomplete(self) -> bool:
        """Whether the attempt is open."""
        return self.status is not None and S.is_incomplete_status(self.status)

    @property
    def does_time_remain(self) -> bool:
        """Whether the clock of the attempt is running and has not run out."""
        attempt = self.attempt
        return attempt is not None and timing.does_time_remain(
            {
                "status": attempt.status,
                "started_at": attempt.started_at,
                "allowed_time_limit_mins": attempt.allowed_time_limit_mins,
            }
        )

    @property
    def is_resumable_now(self) -> bool:
        """Whether staff released an interrupted attempt and the learner has not resumed it yet."""
        return self.attempt is not None and self.attempt.ready_to_resume and not self.attempt.resumed

    @cached_property
    def is_content_blocked(self) -> bool:
        """Whether the provider shows the content in its own software only."""
        return bool(self.provider.should_block_access_to_exam_material())

    @property
    def may_review_answers(self) -> bool:
        """Whether the learner dismissed the result page and may see the content after the due date."""
        return bool(
            self.attempt is not None
            and constants.CONTENT_VIEWABLE_PAST_DUE_DATE
            and self.attempt.is_status_acknowledged
            and self.is_past_due
        )

    @cached_property
    def wait_deadline(self) -> str | None:
        """End of the grace period as ISO text, None if there is none or it is over."""
        found: dict[str, Any] = {"grace_period": self.host.get("grace_period")}
        if utils.verify_and_add_wait_deadline(found, self.exam, self.user_id):
            deadline: str = found["wait_deadline"]
            return deadline
        return None

    @cached_property
    def prerequisites(self) -> dict[str, Any]:
        """The credit requirements before this exam, by state, without links."""
        requirements = (self.host.get("credit_state") or {}).get("credit_requirement_status") or []
        result: dict[str, Any] = prerequisites._are_prerequirements_satisfied(
            # Copies, because links are added to them and these belong to the credit service.
            [dict(requirement) for requirement in requirements],
            evaluate_for_requirement_name=self.exam["content_id"],
            filter_out_namespaces=prerequisites.IGNORED_NAMESPACES,
        )
        return result


def newest_attempt(exam: ProctoredExam, user_id: int | None, *, with_user: bool) -> ProctoredExamStudentAttempt | None:
    """Return the learner's newest attempt at the exam, or None. An attempt whose time is up is ended first.

    ``with_user``: load the learner in the same query, for callers who will ask for permissions.
    """
    if user_id is None:
        return None
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam.pk, user_id=user_id)
    attempt = queries.newest_of(attempts.select_related("user") if with_user else attempts)
    if attempt is None:
        return None
    attempt.proctored_exam = exam
    return status_change.end_if_time_is_up(attempt)
