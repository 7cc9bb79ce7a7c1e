"""What decides which page a learner sees: exam, attempt, provider and host at one moment.

Spec: learner-experience.md 2. Facts are looked up when a rule asks for them, and once per call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model

from edx_proctoring import constants, utils
from edx_proctoring.api.attempts import entry_check
from edx_proctoring.api.learner import prerequisites
from edx_proctoring.api.lifecycle import queries, start_limit, status_change, timing
from edx_proctoring.api.lifecycle.start_limit import StartLimit
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

# Called by no other name: hosts define this rule (python-api.md 5.3).
_PERMISSION: Final = "edx_proctoring.can_take_proctored_exam"


@dataclass(frozen=True)
class Situation:
    """Everything that decides what a learner sees, at one moment. Each fact is looked up once, if at all.

    ``exam``: exam dict with the due date of this call. ``attempt``: the learner's newest attempt,
    after the time-out check; None without one, and for one that the provider of a proctored exam does
    not know. ``host``: what the host passed in, not to be changed.
    """

    exam: dict[str, Any]
    attempt: Mapping[str, Any] | None
    provider: Any
    user_id: int | None
    course_id: Any
    host: Mapping[str, Any]
    # The newest attempt with exam and user, also one that the provider does not know.
    row: ProctoredExamStudentAttempt | None = None

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
        return users.objects.get(pk=self.user_id) if self.row is None else self.row.user

    @cached_property
    def may_take(self) -> bool:
        """Whether the host lets the learner take proctored exams here (enrolment track)."""
        return bool(self.user.has_perm(_PERMISSION, self.exam))

    @cached_property
    def is_past_due(self) -> bool:
        """Whether the exam is over for this learner."""
        return timing.is_exam_passed_due(self.exam, user=self.user_id)

    @cached_property
    def is_closed(self) -> bool:
        """As ``is_past_due``, from dates that are read fresh: a page that refuses may not rest on an old one."""
        return self.is_past_due and timing.is_closed(self.exam, user=self.user_id)

    @cached_property
    def start_limit(self) -> StartLimit:
        """What the learner would get if the clock started now."""
        limit = start_limit.limit_now(self.exam, self.user_id, self.row)
        return limit if limit.can_start else start_limit.limit_now(self.exam, self.user_id, self.row, fresh=True)

    @property
    def is_not_entered(self) -> bool:
        """Whether the learner stands before the exam: without an attempt, or with one that waits to be entered."""
        return self.row is None or (not self.is_resumable_now and entry_check.waits_for_entry(self.row))

    @property
    def lacks_time(self) -> bool:
        """Whether the clock has yet to start, now or after set-up, and would start with less than a minute."""
        is_before_start = self.is_not_entered or self.is_resumable_now or S.is_pre_started_status(self.status or "")
        return is_before_start and not self.start_limit.can_start

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
    row = queries.counting_attempt(exam["id"], user_id)
    if row is not None:
        row = status_change.end_if_time_is_up(row)
    # An attempt that the provider does not know has no set-up: the learner enters the exam.
    is_unknown_to_provider = row is not None and exam["is_proctored"] and entry_check.waits_for_entry(row)
    return Situation(
        exam=exam,
        attempt=None if row is None or is_unknown_to_provider else attempt_dict(row),
        provider=provider,
        user_id=user_id,
        course_id=course_id,
        host=dict(context),
        row=row,
    )
