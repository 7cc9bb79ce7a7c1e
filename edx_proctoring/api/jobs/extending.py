"""More time, or less, for many learners whose clocks run. Contract: contract/staff-jobs#extend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from edx_proctoring.api.attempts import extension
from edx_proctoring.api.attempts.extension import Extended
from edx_proctoring.api.jobs import kinds
from edx_proctoring.api.jobs.kinds import InBatches, Order, Outcome
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, StaffJobRow
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils.due_dates import due_dates_of

__all__: list[str] = []


@dataclass(frozen=True, slots=True)
class _Found:
    """What an extension does to the attempts of some rows."""

    outcomes: Sequence[Outcome]
    attempts: Sequence[ProctoredExamStudentAttempt]
    extended: Mapping[int, Extended]


@kinds.register
class Extend(InBatches):
    """Change the time of running attempts at one exam.

    Parameters: ``minutes``; ``past_due``: also beyond the due date; ``trim``: give what fits before it; ``all``:
    everybody who was in the exam, so that those who have left it since are skipped.
    """

    name = "extend"

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Return the outcomes of an extension at this moment."""
        return self._look(order, rows, ProctoredExamStudentAttempt.objects.all()).outcomes

    def carry_out(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Extend them. Locks: the attempts, in the order of their ids."""
        found = self._look(order, rows, ProctoredExamStudentAttempt.objects.select_for_update())
        if found.attempts:
            extension.save_extensions(found.attempts, found.extended, by=order.by, reason=order.reason)
        return found.outcomes

    def announce(self, order: Order, rows: Sequence[StaffJobRow]) -> None:
        """Log each extension, and emit its event."""
        done = {row.attempt_id: row for row in rows if row.state == StaffJobRow.STATE_DONE}
        attempts = ProctoredExamStudentAttempt.objects.filter(pk__in=done).select_related("proctored_exam", "user")
        for attempt in attempts.order_by("pk"):
            extension.announce_extension(
                attempt,
                exam_dict(attempt.proctored_exam),
                done[attempt.pk].result_data["minutes"],
                by=order.by,
                past_due=bool(order.parameters.get("past_due")),
            )

    @staticmethod
    def _look(order: Order, rows: Sequence[StaffJobRow], attempts: Any) -> _Found:
        in_order = attempts.filter(pk__in=[row.attempt_id for row in rows]).order_by("pk")
        found: dict[int, ProctoredExamStudentAttempt] = {attempt.pk: attempt for attempt in in_order}
        # Both are read once for the batch, and not joined: only attempts are locked.
        exam = ProctoredExam.objects.get(pk=order.exam_id)
        users = get_user_model()._default_manager.in_bulk({attempt.user_id for attempt in found.values()})
        for attempt in found.values():
            attempt.proctored_exam = exam
            if attempt.user_id in users:
                attempt.user = users[attempt.user_id]
        due_dates: Mapping[int, datetime | None] = {}
        if not order.parameters.get("past_due"):
            due_dates = due_dates_of(exam_dict(exam), {attempt.user_id for attempt in found.values()})
        extended: dict[int, Extended] = {}
        outcomes = []
        for row in rows:
            attempt_or_none = found.get(row.attempt_id or 0)
            outcomes.append(_outcome(order, attempt_or_none, due_dates, extended))
        return _Found(outcomes, [found[attempt_id] for attempt_id in sorted(extended)], extended)


def _outcome(
    order: Order,
    attempt: ProctoredExamStudentAttempt | None,
    due_dates: Mapping[int, datetime | None],
    extended: dict[int, Extended],
) -> Outcome:
    """Return the outcome for one attempt, and note in ``extended`` what is to be written."""
    if attempt is None:
        return Outcome.skipped(kinds.GONE)
    minutes, due_date, now = order.parameters["minutes"], due_dates.get(attempt.user_id), timezone.now()
    extend = extension.most_that_fits if order.parameters.get("trim") else extension.extension_of
    try:
        new = extend(attempt, minutes, due_date=due_date, now=now)
    except Exception as error:  # pylint: disable=broad-except
        failure = kinds.failure_of(error, attempt_id=attempt.pk)
        if failure.code == "illegal_transition" and order.parameters.get("all"):
            return Outcome.skipped("illegal_transition")
        return failure
    if new is None:
        return Outcome.skipped("past_due", {"minutes": 0})
    extended[attempt.pk] = new
    return Outcome.done({"minutes": new.minutes, "expires_at": new.ends_at})
