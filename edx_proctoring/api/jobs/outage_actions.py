"""What staff order for many attempts during an outage, and after it. Contract: contract/outage#setup."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.api.attempts import outage_attempts
from edx_proctoring.api.jobs import kinds
from edx_proctoring.api.jobs.kinds import OneByOne, Order, Outcome, Settle
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.api.providers import declared_outages
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import AttemptIncident, ProctoredExamStudentAttempt, StaffJobRow
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.utils import emit_event

__all__: list[str] = []

SETUP: Final = "outage_setup"
DECISION: Final = "outage_decision"


@kinds.register
class OutageSetup(OneByOne):
    """Let learners start who are being set up."""

    name = SETUP

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Look which attempts are still being set up. One query."""
        attempts = ProctoredExamStudentAttempt.objects.filter(pk__in=[row.attempt_id for row in rows])
        statuses = dict(attempts.values_list("pk", "status"))
        return [_planned(statuses.get(row.attempt_id or 0)) for row in rows]

    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        """Let the learner start, unless the outage is over by now."""
        measure = None if row.exam_id is None else declared_outages.outage_of(row.exam_id, now=timezone.now())
        if measure is None or measure.ends_at is None:
            return Outcome.skipped(kinds.NOTHING_TO_DO)
        try:
            is_changed = outage_attempts.let_start(
                row.attempt_id or 0,
                removal_at=measure.ends_at,
                by=order.by,
                keep_record=lambda result: settle(Outcome.done(result)),
            )
        except StudentExamAttemptDoesNotExistsException:
            return Outcome.skipped(kinds.GONE)
        return None if is_changed else Outcome.skipped(kinds.NOTHING_TO_DO)


def _planned(status: str | None) -> Outcome:
    if status is None:
        return Outcome.skipped(kinds.GONE)
    if status not in outage_attempts.IN_SET_UP:
        return Outcome.skipped(kinds.NOTHING_TO_DO)
    return Outcome.done({"status": outage_attempts.AFTER_SET_UP})


@kinds.register
class OutageDecision(OneByOne):
    """Accept, reject or reset attempts that were taken during an outage. Parameters: ``decision``."""

    name = DECISION

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Look which attempts are still to be decided. Two queries."""
        ids = [row.attempt_id for row in rows]
        statuses = dict(ProctoredExamStudentAttempt.objects.filter(pk__in=ids).values_list("pk", "status"))
        incidents = AttemptIncident.objects.outages().open().filter(attempt_id__in=ids)
        undecided = set(incidents.values_list("attempt_id", flat=True))
        return [self._planned(order, statuses.get(pk or 0), pk in undecided) for pk in ids]

    def _planned(self, order: Order, status: str | None, is_undecided: bool) -> Outcome:
        if status is None:
            return Outcome.skipped(kinds.GONE)
        if not is_undecided:
            return Outcome.skipped(kinds.NOTHING_TO_DO)
        if status not in outage_attempts.UNDECIDED:
            return Outcome.failed("illegal_transition")
        return Outcome.done({"decision": order.parameters["decision"]})

    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        """Decide about the attempt."""
        decision: str = order.parameters["decision"]
        try:
            attempt = queries.existing_attempt(row.attempt_id or 0)
            data: dict[str, Any] = attempt_dict(attempt)
            is_decided = outage_attempts.decide(
                attempt,
                decision,
                by=order.by,
                reason=order.reason,
                keep_record=lambda result: settle(Outcome.done({"decision": decision, **result})),
            )
        except StudentExamAttemptDoesNotExistsException:
            return Outcome.skipped(kinds.GONE)
        if not is_decided:
            return Outcome.skipped(kinds.NOTHING_TO_DO)
        person = None if order.by is None else order.by.pk
        emit_event(
            exam_dict(attempt.proctored_exam),
            "outage.decided",
            attempt=data,
            override_data={"decision": decision, "requesting_user_id": person},
        )
        return None
