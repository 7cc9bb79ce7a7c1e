"""Give and remove allowances for many learners in many exams. Contract: contract/staff-jobs#allowances."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.api.exams import allowance_changes, allowance_values, allowances, limit_changes
from edx_proctoring.api.jobs import kinds
from edx_proctoring.api.jobs.kinds import InBatches, Order, Outcome
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, StaffJobRow
from edx_proctoring.models.allowances import remove_all
from edx_proctoring.serializers import exam_dict

__all__: list[str] = []

log = logging.getLogger(__name__)

SET: Final = "set"
REMOVE: Final = "remove"
ACTIONS: Final = (SET, REMOVE)

CREATED: Final = "created"
UPDATED: Final = "updated"
REMOVED: Final = "removed"
UNCHANGED: Final = "unchanged"

_EVENTS: Final = {CREATED: "created", UPDATED: "updated", REMOVED: "deleted"}

# Exam, learner and key of an allowance.
Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is for some rows, and what is to be written."""

    exams: Mapping[int, ProctoredExam]
    existing: Mapping[Key, ProctoredExamStudentAllowance]
    running: Mapping[tuple[int, int], int]
    created: list[ProctoredExamStudentAllowance] = field(default_factory=list)
    updated: list[ProctoredExamStudentAllowance] = field(default_factory=list)
    removed: list[ProctoredExamStudentAllowance] = field(default_factory=list)


@kinds.register
class Allowances(InBatches):
    """Give, change or remove the allowance of each row.

    A row's data: ``type``, the key that is stored; ``action``, ``set`` or ``remove``; ``value``, to be stored. The
    result has ``status``, ``before`` and ``after`` (values, None without an allowance), ``total_minutes`` and
    ``running_attempt_id``.
    """

    name = allowances.RECORD_KIND

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Compare the rows with what there is. Three queries."""
        found = _look(rows, ProctoredExamStudentAllowance.objects.all())
        return [_outcome(row, found) for row in rows]

    def carry_out(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        """Write them. Locks: the allowances, in the order of their ids."""
        found = _look(rows, ProctoredExamStudentAllowance.objects.select_for_update())
        outcomes = [_outcome(row, found) for row in rows]
        objects = ProctoredExamStudentAllowance.objects
        if found.updated:
            # Its queryset archives the former values.
            objects.bulk_update(found.updated, ["value", "modified"])
        if found.removed:
            remove_all(found.removed)
        objects.bulk_create(found.created)
        changed = [*found.created, *found.updated, *found.removed]
        timed = [allowance for allowance in changed if allowance.key == allowance_values.ADDITIONAL_TIME]
        exams = [exam_dict(found.exams[pk]) for pk in {allowance.proctored_exam_id for allowance in timed}]
        limit_changes.record(exams, {allowance.user_id for allowance in timed})
        return outcomes

    def announce(self, order: Order, rows: Sequence[StaffJobRow]) -> None:
        """Log the batch, emit an event for each change, and tell providers new limits."""
        done = [row for row in rows if row.state == StaffJobRow.STATE_DONE and row.exam_id and row.user_id]
        if not done:
            return
        exams = ProctoredExam.objects.in_bulk({row.exam_id for row in done if row.exam_id})
        dicts = {pk: exam_dict(exam) for pk, exam in exams.items()}
        counts: Counter[str] = Counter()
        for row in done:
            change = row.result_data
            counts[change["status"]] += 1
            value = change["before"] if change["status"] == REMOVED else change["after"]
            allowance = ProctoredExamStudentAllowance(
                proctored_exam_id=row.exam_id or 0, user_id=row.user_id or 0, key=change["type"], value=value
            )
            event = _EVENTS[change["status"]]
            allowances.emit_allowance_event(dicts[allowance.proctored_exam_id], event, allowance, by=order.by)
        if any(row.result_data["type"] == allowance_values.ADDITIONAL_TIME for row in done):
            limit_changes.deliver(limit_changes.recorded_for(exams, {row.user_id for row in done if row.user_id}))
        log.info(
            "allowances changed: course_id=%s created=%s updated=%s removed=%s by=%s",
            order.course_id,
            counts[CREATED],
            counts[UPDATED],
            counts[REMOVED],
            getattr(order.by, "pk", None),
        )


def _look(rows: Sequence[StaffJobRow], objects: Any) -> _Found:
    exam_ids = {row.exam_id for row in rows if row.exam_id}
    user_ids = {row.user_id for row in rows if row.user_id}
    keys = {row.result_data["type"] for row in rows}
    existing = objects.filter(proctored_exam_id__in=exam_ids, user_id__in=user_ids, key__in=keys).order_by("pk")
    return _Found(
        exams=ProctoredExam.objects.in_bulk(exam_ids),
        existing={(found.proctored_exam_id, found.user_id, found.key): found for found in existing},
        running=allowance_changes.running_attempts(exam_ids, user_ids),
    )


def _outcome(row: StaffJobRow, found: _Found) -> Outcome:
    """Return the outcome of a row, and note in ``found`` what is to be written."""
    wanted, exam = row.result_data, found.exams.get(row.exam_id or 0)
    if exam is None or row.user_id is None:
        return Outcome.failed("not_found")
    key, gives = wanted["type"], wanted["action"] == SET
    if gives and not exam.is_active:
        return Outcome.failed("exam_inactive")
    now = found.existing.get((exam.pk, row.user_id, key))
    before, after = None if now is None else now.value, wanted["value"] if gives else None
    status = UNCHANGED
    if before != after:
        status = CREATED if before is None else UPDATED if gives else REMOVED
    result = {
        "status": status,
        "before": before,
        "after": after,
        "total_minutes": None if after is None else allowance_values.total_minutes(key, after, exam.time_limit_mins),
        "running_attempt_id": found.running.get((exam.pk, row.user_id)),
    }
    if status == UNCHANGED:
        return Outcome.skipped("", result)
    if now is None:
        new = ProctoredExamStudentAllowance(
            proctored_exam_id=exam.pk, user_id=row.user_id, key=key, value=wanted["value"]
        )
        found.created.append(new)
    elif gives:
        now.value, now.modified = wanted["value"], timezone.now()
        found.updated.append(now)
    else:
        found.removed.append(now)
    return Outcome.done(result)
