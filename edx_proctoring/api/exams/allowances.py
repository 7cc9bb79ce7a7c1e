"""Allowances of single learners: extra time and exceptions from the review policy.

Contract: contract/allowances#add, contract/allowances#bulk.

Many at once: ``bulk_allowances``. An allowance does not change the limit of an attempt that has started; that is what
``attempts.extension`` is for.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.exams import exams, limit_changes
from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import StoredAllowance
from edx_proctoring.models.locking import locked_row
from edx_proctoring.serializers import allowance_dict, exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.sorting_and_paging import listed
from edx_proctoring.utils.texts import as_text
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["add_allowance_for_user", "get_allowances_for_course", "remove_allowance_for_user"]

log = logging.getLogger(__name__)

# The kind of job under which changes of allowances are on record.
RECORD_KIND: Final = "allowances"

_ADDITIONAL_TIME: Final[str] = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]


def add_allowance_for_user(
    exam_id: int, user_info: Any, key: Any, value: Any, *, by: Any = None, reason: str = ""
) -> None:
    """Give a learner an allowance, or change the value of the one with the same key.

    Args:
        exam_id: id of the exam.
        user_info: an int is a user id; anything else is a username or an e-mail address.
        key: the stored key, or the model's tuple of key and label.
        value: for additional time whole minutes, not negative, as int or text.
        by: the ``User`` of staff who gives it; goes on record with ``reason``, and it can be undone.

    Raises, in this order, ``AllowanceValueNotAllowedException``, ``UserNotFoundException``,
    ``ProctoredExamNotActiveException``.
    """
    stored, exam, effect_ids = _store(exam_id, user_info, key, value, by=by, reason=reason)
    allowance, action = stored.allowance, stored.action
    log.info(
        "allowance given: action=%s exam_id=%s user_id=%s course_id=%s key=%s by=%s",
        action,
        exam_id,
        allowance.user_id,
        exam["course_id"],
        allowance.key,
        getattr(by, "pk", None),
    )
    emit_allowance_event(exam, action, allowance, by=by)
    limit_changes.deliver(effect_ids)


@short_transaction
def _store(
    exam_id: int, user_info: Any, key: Any, value: Any, *, by: Any, reason: str
) -> tuple[StoredAllowance, dict[str, Any], list[int]]:
    """Write an allowance, its record, and that the provider is to get the new limit; return it, exam dict, effects."""
    stored = ProctoredExamStudentAllowance.store(exam_id, user_info, key, value)
    allowance = stored.allowance
    exam = exams.get_exam_by_id(exam_id)
    _record(
        exam, allowance, stored.action, before=stored.former_value, after=str(allowance.value), by=by, reason=reason
    )
    return stored, exam, _record_limit(exam, allowance)


def remove_allowance_for_user(exam_id: int, user_id: int, key: Any, *, by: Any = None, reason: str = "") -> None:
    """Delete an allowance, if there is one. ``by``, ``reason``: as of ``add_allowance_for_user``."""
    seen = ProctoredExamStudentAllowance.get_allowance_for_user(exam_id, user_id, stored_key(key))
    if seen is None:
        return
    exam = exam_dict(seen.proctored_exam)
    removed = _remove(exam, seen.pk, by=by, reason=reason)
    if removed is None:
        return
    allowance, effect_ids = removed
    log.info(
        "allowance deleted: exam_id=%s user_id=%s course_id=%s key=%s by=%s",
        exam_id,
        user_id,
        exam["course_id"],
        allowance.key,
        getattr(by, "pk", None),
    )
    emit_allowance_event(exam, "deleted", allowance, by=by)
    limit_changes.deliver(effect_ids)


@short_transaction
def _remove(
    exam: Mapping[str, Any], allowance_id: int, *, by: Any, reason: str
) -> tuple[ProctoredExamStudentAllowance, list[int]] | None:
    """Delete an allowance, and record that as ``_store`` does; None if there is none any more. Locks: the allowance."""
    allowance = locked_row(ProctoredExamStudentAllowance.objects.all(), allowance_id)
    if allowance is None:
        return None
    allowance.delete()
    _record(exam, allowance, "removed", before=allowance.value, after=None, by=by, reason=reason)
    return allowance, _record_limit(exam, allowance)


def get_allowances_for_course(
    course_id: Any, ordering: str | None = None, *, offset: int | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the dicts of all allowances of a course; without ``ordering`` in no particular order. One query.

    ``ordering``, ``offset``, ``limit``: see ``utils.sorting_and_paging``.
    """
    allowances = listed(
        ProctoredExamStudentAllowance.get_allowances_for_course(as_text(course_id)),
        ordering,
        offset=offset,
        limit=limit,
    )
    return [allowance_dict(allowance) for allowance in allowances]


def _record_limit(exam: Mapping[str, Any], allowance: ProctoredExamStudentAllowance) -> list[int]:
    return limit_changes.record([exam], [allowance.user_id]) if allowance.key == _ADDITIONAL_TIME else []


def _record(
    exam: Mapping[str, Any],
    allowance: ProctoredExamStudentAllowance,
    action: str,
    *,
    before: str | None,
    after: str | None,
    by: Any,
    reason: str,
) -> None:
    record_action(
        RECORD_KIND,
        Subject(exam["id"], allowance.user_id, result=change_on_record(allowance.key, action, before, after)),
        course_id=exam["course_id"],
        by=by,
        reason=reason,
        is_text=allowance.key != _ADDITIONAL_TIME,
    )


# For modules of this package


def change_on_record(key: str, action: str, before: str | None, after: str | None) -> dict[str, Any]:
    """Return what a row of a job says about the change of an allowance, which is enough to undo it.

    ``action``: ``created``, ``updated`` or ``removed``. ``before``, ``after``: the values; None without an allowance.
    """
    return {"status": action, "type": key, "before": before, "after": after}


def stored_key(key: Any) -> str:
    """Return the key of an allowance, which may be given as the model's tuple of key and label."""
    return str(key[0] if isinstance(key, tuple) else key)


def emit_allowance_event(
    exam: Mapping[str, Any], action: str, allowance: ProctoredExamStudentAllowance, *, by: Any = None
) -> None:
    """Track that an allowance was ``created``, ``updated`` or ``deleted``; ``exam``: dict, ``by``: the ``User``."""
    emit_event(
        exam,
        f"allowance.{action}",
        override_data={
            "allowance_user_id": allowance.user_id,
            "allowance_key": allowance.key,
            # Other kinds hold free text about a learner, which analysts must not get.
            "allowance_value": allowance.value if allowance.key == _ADDITIONAL_TIME else None,
            **requested_by(by),
        },
    )
