"""Reset and resume for many learners. Contract: contract/staff-jobs#reset, contract/staff-jobs#resume."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from edx_proctoring.api.attempts import removal, resuming
from edx_proctoring.api.attempts.removal import StaffRequest
from edx_proctoring.api.jobs import kinds
from edx_proctoring.api.jobs.kinds import OneByOne, Order, Outcome, Settle
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import ProctoredExamStudentAttempt, StaffJobRow

__all__: list[str] = []


@kinds.register
class Reset(OneByOne):
    """Remove all attempts of a learner in an exam, or only the one of the row.

    Parameters: ``only_this``; ``force_local``: also where the provider cannot remove the attempt.
    """

    name = "reset"

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Count the attempts that would go. One query."""
        if order.parameters.get("only_this"):
            kept = ProctoredExamStudentAttempt.objects.filter(pk__in=[row.attempt_id for row in rows])
            existing = set(kept.values_list("pk", flat=True))
            return [
                Outcome.done({"attempts": 1}) if row.attempt_id in existing else Outcome.skipped(kinds.GONE)
                for row in rows
            ]
        attempts = ProctoredExamStudentAttempt.objects.filter(
            proctored_exam_id__in={row.exam_id for row in rows}, user_id__in={row.user_id for row in rows}
        )
        counts = Counter(attempts.order_by().values_list("proctored_exam_id", "user_id"))
        numbers = [counts[row.exam_id or 0, row.user_id or 0] for row in rows]
        return [Outcome.done({"attempts": n}) if n else Outcome.skipped(kinds.GONE) for n in numbers]

    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        """Remove the attempts, at the provider first; the row is settled with the last of them."""
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=row.exam_id, user_id=row.user_id)
        if order.parameters.get("only_this"):
            attempts = attempts.filter(pk=row.attempt_id)
        attempt_ids = list(attempts.order_by("pk").values_list("pk", flat=True))
        removed = _Removed(len(attempt_ids), settle)
        for attempt_id in attempt_ids:
            try:
                removal.remove_for_staff(
                    attempt_id,
                    StaffRequest(
                        order.by,
                        order.reason,
                        is_forced=bool(order.parameters.get("force_local")),
                        keep_record=partial(removed.note, is_last=attempt_id == attempt_ids[-1]),
                    ),
                )
            except StudentExamAttemptDoesNotExistsException:
                # Removed by another request meanwhile.
                continue
        if removed.is_settled:
            return None
        return Outcome.done(removed.result()) if removed.codes else Outcome.skipped(kinds.GONE)


class _Removed:
    """What was removed for one row."""

    def __init__(self, total: int, settle: Settle) -> None:
        self.total = total
        self.codes: list[str] = []
        self.is_settled = False
        self._is_waiting = self._is_forced = False
        self._settle = settle

    def note(self, record: dict[str, Any], *, is_last: bool) -> None:
        """Note one removal, in its transaction; it may be repeated after a deadlock."""
        if record["attempt_code"] not in self.codes:
            self.codes.append(record["attempt_code"])
        self._is_waiting = self._is_waiting or record["waits_for_provider"]
        self._is_forced = self._is_forced or record["forced"]
        if is_last:
            self._settle(Outcome.done(self.result()))
            self.is_settled = True

    def result(self) -> dict[str, Any]:
        """Return what the client is told."""
        return {
            "attempts": len(self.codes),
            "attempt_codes": self.codes,
            "waits_for_provider": self._is_waiting,
            "forced": self._is_forced,
        }


@kinds.register
class Resume(OneByOne):
    """Let learners resume attempts that broke off."""

    name = "resume"

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Look which attempts can be resumed. One query."""
        attempts = ProctoredExamStudentAttempt.objects.filter(pk__in=[row.attempt_id for row in rows])
        resumable = dict(attempts.values_list("pk", "is_resumable"))
        return [_planned_resume(resumable.get(row.attempt_id or 0)) for row in rows]

    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        """Release the attempt."""
        try:
            attempt = queries.existing_attempt(row.attempt_id or 0)
        except StudentExamAttemptDoesNotExistsException:
            return Outcome.skipped(kinds.GONE)
        resuming.release_for_resumption(
            attempt.pk, seen=attempt, by=order.by, keep_record=lambda result: settle(Outcome.done(result))
        )
        return None


def _planned_resume(is_resumable: bool | None) -> Outcome:
    if is_resumable is None:
        return Outcome.skipped(kinds.GONE)
    return Outcome.done() if is_resumable else Outcome.failed("not_resumable")
