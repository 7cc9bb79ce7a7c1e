"""What decides which page a learner sees: exam, attempt, provider and host data at one moment.

Contract: contract/learner-pages#past-due. A fact that costs a query or a call is read when a rule asks for it, at
most once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.utils import timezone

from edx_proctoring import constants, utils
from edx_proctoring.api.attempts import closing_time, entry_check
from edx_proctoring.api.learner import prerequisites
from edx_proctoring.api.lifecycle import allowed_time, expiry, permitted_actions, queries, status_change
from edx_proctoring.api.lifecycle.allowed_time import StartLimit
from edx_proctoring.api.providers import declared_outages
from edx_proctoring.models import ExamMeasure, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["PageFacts", "attempts_at", "newest_attempt"]

# Hosts define this permission under this name (contract/host-services#take-permission).
_PERMISSION: Final = "edx_proctoring.can_take_proctored_exam"


@dataclass(frozen=True)
class PageFacts:
    """Everything that decides what a learner sees at an exam.

    ``exam``: exam dict with the due date of this call. ``newest``: the learner's newest attempt, after its time-out
    if its time was up, or None. ``course_id``, ``content_id``: as the host passed them. ``host``: the host's context,
    read-only. ``is_without_outage``: no outage of the provider is in force for certain.
    """

    exam: dict[str, Any]
    newest: ProctoredExamStudentAttempt | None
    provider: Any
    user_id: int | None
    course_id: Any
    content_id: Any
    host: Mapping[str, Any]
    is_without_outage: bool = False

    @cached_property
    def outage(self) -> ExamMeasure | None:
        """The outage of the provider in force. One query, unless ``is_without_outage``."""
        return None if self.is_without_outage else declared_outages.outage_of(self.exam["id"], now=timezone.now())

    @cached_property
    def is_taken_without_provider(self) -> bool:
        """Whether the attempt is taken without its provider, because staff said that it is out of order."""
        return self.attempt is not None and queries.is_taken_without_provider(self.attempt)

    @cached_property
    def attempt(self) -> ProctoredExamStudentAttempt | None:
        """The newest attempt, None for one that the provider of a proctored exam does not know: that has no set-up."""
        return None if self.exam["is_proctored"] and self.is_not_entered else self.newest

    @cached_property
    def is_not_entered(self) -> bool:
        """Whether the learner has no attempt, or one that waits for the learner to enter the exam."""
        newest = self.newest
        return newest is None or (not _is_resumable(newest) and entry_check.waits_for_entry(newest))

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
        return expiry.is_over(self.exam, utils.get_exam_due_date(self._exam_with_keys, self.user_id))

    @cached_property
    def is_closed(self) -> bool:
        """As ``is_past_due``, from a date that is read fresh: a page that refuses may not rest on an old one."""
        return self.is_past_due and expiry.is_over(
            self.exam, utils.get_exam_due_date(self._exam_with_keys, self.user_id, fresh=True), fresh=True
        )

    @property
    def is_open_past_due(self) -> bool:
        """Whether the attempt is open although the exam is over: then it is closed, unless staff have extended it."""
        if self.attempt is None or not self.is_incomplete or not self.is_closed:
            return False
        return not (self.does_time_remain and closing_time.was_extended(self.attempt.pk))

    @property
    def _exam_with_keys(self) -> dict[str, Any]:
        """The exam with the host's key objects, which the date service would otherwise parse from text at each unit."""
        return {**self.exam, "course_id": self.course_id, "content_id": self.content_id}

    @cached_property
    def start_limit(self) -> StartLimit:
        """What a start would give the learner now."""
        limit = allowed_time.limit_now(self.exam, self.user_id, self.newest)
        return limit if limit.can_start else allowed_time.limit_now(self.exam, self.user_id, self.newest, fresh=True)

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
    def does_time_remain(self) -> bool:
        """Whether the clock of the attempt is running and has not run out."""
        attempt = self.attempt
        return attempt is not None and expiry.does_time_remain(
            {
                "status": attempt.status,
                "started_at": attempt.started_at,
                "allowed_time_limit_mins": attempt.allowed_time_limit_mins,
            }
        )

    @property
    def is_resumable_now(self) -> bool:
        """Whether staff released an interrupted attempt and the learner has not resumed it yet."""
        return self.attempt is not None and _is_resumable(self.attempt)

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

    @property
    def may_look_back(self) -> bool:
        """Whether a timed exam was handed in and its content may be seen, once the grace period is over.

        Attempts with a verdict count: the exam was proctored, or staff gave it.
        """
        return self.status in permitted_actions.HANDED_IN and not self.exam["hide_after_due"] and self.is_past_due

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


def attempts_at(course_id: str, content_id: str, user_id: int | None) -> list[ProctoredExamStudentAttempt]:
    """Return the learner's attempts at the exam of a sequence, with exam and user; none for an anonymous visitor."""
    if user_id is None:
        return []
    attempts = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam__course_id=course_id, proctored_exam__content_id=content_id, user_id=user_id
    )
    return list(attempts.with_exam_and_user())


def newest_attempt(attempts: Iterable[ProctoredExamStudentAttempt]) -> ProctoredExamStudentAttempt | None:
    """Return the newest attempt that counts for the exam, or None. If its time is up, it is ended first."""
    newest = queries.newest_of(attempt for attempt in attempts if not queries.is_left_from_practice(attempt))
    return None if newest is None else status_change.end_if_time_is_up(newest)


def _is_resumable(attempt: ProctoredExamStudentAttempt) -> bool:
    return attempt.ready_to_resume and not attempt.resumed
