"""What decides which page a learner sees: exam, attempt, provider and host at one moment.

Spec: learner-experience.md 2. Facts are looked up when a rule asks for them, and once per call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model

from edx_proctoring import constants, utils
from edx_proctoring.api.attempts import lookup
from edx_proctoring.api.learner import prerequisites
from edx_proctoring.api.lifecycle import queries, timing
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

# Called by no other name: hosts define this rule (python-api.md 5.3).
_PERMISSION: Final = "edx_proctoring.can_take_proctored_exam"


@dataclass(frozen=True)
class Situation:
    """Everything that decides what a learner sees, at one moment. Each fact is looked up once, if at all.

    ``exam``: exam dict with the due date of this call. ``attempt``: the learner's newest attempt,
    after the time-out check, or None. ``host``: what the host passed in, not to be changed.
    """

    exam: dict[str, Any]
    attempt: Mapping[str, Any] | None
    provider: Any
    user_id: int | None
    course_id: Any
    host: Mapping[str, Any]
    # Loaded together with the attempt; None without one.
    attempt_user: Any = None

    @property
    def status(self) -> str | None:
        """Status of the attempt, None without one."""
        return None if self.attempt is None else self.attempt["status"]

    @cached_property
    def user(self) -> Any:
        """The learner. Raises ``DoesNotExist``: content is not opened for somebody whom nobody knows."""
        users = get_user_model()
        if self.user_id is None:
            raise users.DoesNotExist("nobody has signed in")
        return self.attempt_user or users.objects.get(pk=self.user_id)

    @cached_property
    def may_take(self) -> bool:
        """Whether the host lets the learner take proctored exams here (enrolment track)."""
        return bool(self.user.has_perm(_PERMISSION, self.exam))

    @cached_property
    def is_past_due(self) -> bool:
        """Whether the exam is over for this learner."""
        return timing.is_exam_passed_due(self.exam, user=self.user_id)

    @property
    def is_incomplete(self) -> bool:
        """Whether the attempt is open."""
        return self.status is not None and S.is_incomplete_status(self.status)

    @property
    def is_resumable_now(self) -> bool:
        """Whether staff let the learner take up an interrupted attempt, and the learner has not done so."""
        return self.attempt is not None and queries.is_attempt_ready_to_resume(self.attempt)

    @cached_property
    def is_content_blocked(self) -> bool:
        """Whether the provider wants the content to be seen in its own software only."""
        return bool(self.provider.should_block_access_to_exam_material())

    @property
    def may_look_back(self) -> bool:
        """Whether the learner put the result away and may look at the content after the due date."""
        return bool(
            self.attempt is not None
            and constants.CONTENT_VIEWABLE_PAST_DUE_DATE
            and self.attempt["is_status_acknowledged"]
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
        """The credit requirements before this exam, by state. Links are resolved where the page lists them."""
        requirements = (self.host.get("credit_state") or {}).get("credit_requirement_status") or []
        result: dict[str, Any] = prerequisites._are_prerequirements_satisfied(
            # Copies: links are added to them, and these are the credit service's own.
            [dict(requirement) for requirement in requirements],
            evaluate_for_requirement_name=self.exam["content_id"],
            filter_out_namespaces=prerequisites.IGNORED_NAMESPACES,
        )
        return result


def look_at(
    exam: dict[str, Any], provider: Any, user_id: int | None, course_id: Any, context: Mapping[str, Any]
) -> Situation:
    """Return the situation of a learner at an exam; ``context`` is what the host passed in.

    One query finds the newest attempt and the learner. An attempt whose time is up is ended.
    """
    row = queries.attempt_with(proctored_exam_id=exam["id"], user_id=user_id)
    attempt = None if row is None else lookup._check_for_attempt_timeout(attempt_dict(row))
    return Situation(
        exam=exam,
        attempt=attempt,
        provider=provider,
        user_id=user_id,
        course_id=course_id,
        host=dict(context),
        attempt_user=None if row is None else row.user,
    )
