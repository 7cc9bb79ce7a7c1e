"""Change, remove and restore single allowances on behalf of staff, each on record and under a lock.

Contract: contract/rest-v2#allowances-change, contract/rest-v2#allowances-undo, contract/allowances#undo.

Two members of staff who change the same allowance wait for each other, so each record says what really was before.
The lock is on the allowance; where there is none yet, the unique key of the table decides.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.utils.translation import gettext as _

from edx_proctoring.api.audit.staff_record import Subject, record_action
from edx_proctoring.api.exams import allowance_values, allowances, limit_changes
from edx_proctoring.exceptions import (
    AllowanceChangeAlreadyUndone,
    AllowanceChangedSince,
    AllowanceChangeNotFound,
    ProctoredBaseException,
    ProctoredExamNotActiveException,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    StaffJobRow,
)
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["AllowanceChange", "undo_allowance_change"]

log = logging.getLogger(__name__)

# What a change that is on record did.
_RECORDED: Final = ("created", "updated", "removed")


class NoSuchAllowance(ProctoredBaseException):
    """There is no allowance with this id."""

    http_status = 404
    code = "not_found"


class OtherVersion(ProctoredBaseException):
    """The allowance was changed since the caller read it."""

    http_status = 412
    code = "precondition_failed"


class TypeTaken(ProctoredBaseException):
    """The learner has an allowance of the new type in this exam already."""

    http_status = 409
    code = "conflict"
    is_for_people = True


@dataclass(frozen=True, slots=True)
class AllowanceChange:
    """What was changed. ``before``, ``after``: the values, None without an allowance.

    ``status``: ``created``, ``updated``, ``removed`` or ``unchanged``. ``row_id``: of the record, by which the change
    can be undone; None if nothing was changed. ``allowance_id``: of the allowance there is now. ``running_attempt_id``:
    the learner is in the exam, whose clock follows no allowance.
    """

    row_id: int | None
    exam_id: int
    user_id: int
    status: str
    before: str | None
    after: str | None
    allowance_id: int | None
    running_attempt_id: int | None


@dataclass(frozen=True, slots=True)
class _Held:
    """Key and value of an allowance."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class _Written:
    """A change that is committed, and what has to be told about it. ``effect_ids``: of ``limit_changes.record``."""

    change: AllowanceChange
    exam: ProctoredExam
    tells: Collection[tuple[str, ProctoredExamStudentAllowance]]
    effect_ids: Sequence[int]


def version_of(allowance: ProctoredExamStudentAllowance) -> str:
    """Return what changes with each change of an allowance. Contract: contract/rest-v2#allowances-versions."""
    # In whole numbers: a float has not enough digits for microseconds.
    seconds, fraction = int(allowance.modified.timestamp()), allowance.modified.microsecond
    # Also what it is: the columns of old databases hold whole seconds, and there may be two changes in one.
    content = hashlib.sha256(f"{allowance.key} {allowance.value}".encode()).hexdigest()
    return f"{allowance.pk}.{seconds * 1_000_000 + fraction}.{content[:16]}"


def change_allowance(
    allowance_id: int,
    /,
    *,
    kind: str | None = None,
    value: str | None = None,
    versions: Collection[str] | None = None,
    by: Any,
) -> AllowanceChange:
    """Change the value of an allowance, or replace it by one of another type.

    Args:
        allowance_id: the allowance.
        kind: one of ``allowance_values.TYPES``; without, the type stays.
        value: as staff wrote it; without, the value stays.
        versions: the caller has seen one of these versions; None: whatever is there.
        by: the ``User`` of staff.

    Raises ``NoSuchAllowance``, ``OtherVersion``, ``TypeTaken``, ``ProctoredExamNotActiveException`` and
    ``AllowanceValueNotAllowedException``.
    """
    try:
        written = _change(allowance_id, kind, value, versions, by)
    except IntegrityError as exc:
        # Another request gave one of the new type at the same moment.
        raise TypeTaken(_type_taken_text()) from exc
    return _tell(written, by)


def remove_allowance(allowance_id: int, /, *, versions: Collection[str] | None = None, by: Any) -> AllowanceChange:
    """Remove an allowance; arguments as of ``change_allowance``. Raises ``NoSuchAllowance`` and ``OtherVersion``."""
    return _tell(_remove(allowance_id, versions, by), by)


def undo_allowance_change(job_row_id: int, /, *, by: Any) -> AllowanceChange:
    """Restore what an allowance was before a change that is on record.

    Args:
        job_row_id: the record of the change, which may itself have undone one.
        by: the ``User`` of staff.

    Raises ``AllowanceChangeNotFound``, ``AllowanceChangeAlreadyUndone``, and ``AllowanceChangedSince`` if the
    allowance is no longer what that change made it. A running attempt keeps its limit.
    """
    try:
        written = _undo(job_row_id, by)
    except IntegrityError as exc:
        raise AllowanceChangedSince(f"job_row_id={job_row_id}: an allowance was given meanwhile.") from exc
    return _tell(written, by)


@short_transaction
def _change(
    allowance_id: int, kind: str | None, value: str | None, versions: Collection[str] | None, by: Any
) -> _Written:
    allowance = _locked(allowance_id, versions)
    exam = ProctoredExam.objects.get(pk=allowance.proctored_exam_id)
    if not exam.is_active:
        raise ProctoredExamNotActiveException(f"exam_id={exam.pk} is not active")
    key, text = allowance_values.as_stored(
        kind or allowance.key, allowance.value if value is None else value, exam.time_limit_mins
    )
    if key != allowance.key and ProctoredExamStudentAllowance.get_allowance_for_user(exam.pk, allowance.user_id, key):
        raise TypeTaken(_type_taken_text())
    return _write(exam, allowance.user_id, allowance, _Held(key, text), by)


@short_transaction
def _remove(allowance_id: int, versions: Collection[str] | None, by: Any) -> _Written:
    allowance = _locked(allowance_id, versions)
    exam = ProctoredExam.objects.get(pk=allowance.proctored_exam_id)
    return _write(exam, allowance.user_id, allowance, None, by)


def _type_taken_text() -> str:
    return _("The learner already has an allowance of this type in this exam.")


def _locked(allowance_id: int, versions: Collection[str] | None) -> ProctoredExamStudentAllowance:
    allowance = ProctoredExamStudentAllowance.objects.select_for_update().filter(pk=allowance_id).first()
    if allowance is None:
        raise NoSuchAllowance(f"allowance_id={allowance_id}")
    if versions is not None and version_of(allowance) not in versions:
        raise OtherVersion(f"allowance_id={allowance_id}")
    return allowance


@short_transaction
def _undo(job_row_id: int, by: Any) -> _Written:
    # Locked, so that two clicks do not undo it twice.
    row = StaffJobRow.objects.select_for_update().filter(pk=job_row_id).first()
    change = {} if row is None or row.job.kind != allowances.RECORD_KIND else row.result_data
    if row is None or change.get("status") not in _RECORDED or not row.exam_id or not row.user_id:
        raise AllowanceChangeNotFound(f"job_row_id={job_row_id} is no change of an allowance.")
    exam_id, user_id, key = row.exam_id, row.user_id, change["type"]
    former_key = change.get("type_before", key)
    mine = ProctoredExamStudentAllowance.objects.filter(proctored_exam_id=exam_id, user_id=user_id)
    live = {allowance.key: allowance for allowance in mine.filter(key__in=(key, former_key)).select_for_update()}
    changes = StaffJobRow.objects.about(exam_id, user_id).filter(
        job__kind=allowances.RECORD_KIND, state=StaffJobRow.STATE_DONE
    )
    # By time, because a job that was ordered before another change may have been worked on after it.
    later = [entry.result_data for entry in changes if (entry.modified, entry.pk) > (row.modified, row.pk)]
    if any(entry.get("undoes") == job_row_id for entry in later):
        raise AllowanceChangeAlreadyUndone(f"job_row_id={job_row_id} was undone before.")
    now = live.get(key)
    is_other = (None if now is None else now.value) != change["after"] or (key != former_key and former_key in live)
    touched = {entry.get("type") for entry in later} | {entry.get("type_before") for entry in later}
    exam = ProctoredExam.objects.filter(pk=exam_id).first()
    if is_other or touched & {key, former_key} or exam is None or not _is_user(user_id):
        raise AllowanceChangedSince(f"job_row_id={job_row_id}: the allowance was changed since.")
    former = None if change["before"] is None else _Held(former_key, change["before"])
    return _write(exam, user_id, now, former, by, undoes=job_row_id)


def _is_user(user_id: int) -> bool:
    return get_user_model().objects.filter(pk=user_id).exists()


def _write(
    exam: ProctoredExam,
    user_id: int,
    now: ProctoredExamStudentAllowance | None,
    wanted: _Held | None,
    by: Any,
    **on_record: Any,
) -> _Written:
    """Make the allowance ``now``, which is locked, what is ``wanted``, and record that."""
    before = None if now is None else _Held(now.key, now.value)
    allowance_id = None if now is None else now.pk
    tells: list[tuple[str, ProctoredExamStudentAllowance]] = []
    if before == wanted:
        status = "unchanged"
    elif now is not None and wanted is not None and now.key == wanted.key:
        status, now.value = "updated", wanted.value
        now.save()
        tells.append(("updated", now))
    else:
        status = "updated" if now and wanted else "removed" if now else "created"
        allowance_id = None
        if now is not None:
            now.delete()
            tells.append(("deleted", now))
        if wanted is not None:
            given = ProctoredExamStudentAllowance.objects.create(
                proctored_exam_id=exam.pk, user_id=user_id, key=wanted.key, value=wanted.value
            )
            allowance_id = given.pk
            tells.append(("created", given))
    row = None
    if tells:
        row = _record(exam, user_id, status, before, wanted, by, on_record)
    change = AllowanceChange(
        row_id=None if row is None else row.pk,
        exam_id=exam.pk,
        user_id=user_id,
        status=status,
        before=None if before is None else before.value,
        after=None if wanted is None else wanted.value,
        allowance_id=allowance_id,
        running_attempt_id=running_attempts([exam.pk], [user_id]).get((exam.pk, user_id)),
    )
    effect_ids: list[int] = []
    if any(allowance.key == allowance_values.ADDITIONAL_TIME for _action, allowance in tells):
        effect_ids = limit_changes.record([exam_dict(exam)], [user_id])
    return _Written(change, exam, tells, effect_ids)


def _record(
    exam: ProctoredExam,
    user_id: int,
    status: str,
    before: _Held | None,
    after: _Held | None,
    by: Any,
    more: Mapping[str, Any],
) -> StaffJobRow | None:
    keys = [held.key for held in (after, before) if held is not None]
    values = [None if held is None else held.value for held in (before, after)]
    result = allowances.change_on_record(keys[0], status, *values)
    if keys[0] != keys[-1]:
        result["type_before"] = keys[-1]
    return record_action(
        allowances.RECORD_KIND,
        Subject(exam.pk, user_id, result={**result, **more}),
        course_id=exam.course_id,
        by=by,
        is_text=any(key != allowance_values.ADDITIONAL_TIME for key in keys),
    )


def _tell(written: _Written, by: Any) -> AllowanceChange:
    """Log and track a change that is committed, and tell the provider a new limit."""
    change, exam = written.change, exam_dict(written.exam)
    for action, allowance in written.tells:
        allowances.emit_allowance_event(exam, action, allowance, by=by)
    if written.tells:
        log.info(
            "allowance changed: status=%s exam_id=%s user_id=%s course_id=%s allowance_id=%s job_row_id=%s by=%s",
            change.status,
            change.exam_id,
            change.user_id,
            exam["course_id"],
            change.allowance_id,
            change.row_id,
            getattr(by, "pk", None),
        )
    limit_changes.deliver(written.effect_ids)
    return change


# For modules above


def running_attempts(exam_ids: Collection[int], user_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return ``{(exam id, user id): attempt id}`` of learners who are in an exam. One query, none without learners."""
    if not exam_ids or not user_ids:
        return {}
    running = ProctoredExamStudentAttempt.objects.running().filter(proctored_exam_id__in=exam_ids, user_id__in=user_ids)
    rows = running.order_by("pk").values_list("proctored_exam_id", "user_id", "pk")
    return {(exam_id, user_id): pk for exam_id, user_id, pk in rows}
