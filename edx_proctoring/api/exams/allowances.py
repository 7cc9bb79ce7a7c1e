"""Allowances of single learners: extra time and exceptions from the review policy.

Contract: contract/allowances#add, contract/allowances#bulk.

Many at once: ``bulk_allowances``. An allowance does not change the limit of an attempt that has started; that is what
``attempts.extension`` is for.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from edx_proctoring.api.exams import exams, limit_changes
from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.serializers import allowance_dict, exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.listing import listed
from edx_proctoring.utils.texts import as_text

__all__ = ["add_allowance_for_user", "get_allowances_for_course", "remove_allowance_for_user"]

log = logging.getLogger(__name__)

_ADDITIONAL_TIME: Final[str] = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]


def add_allowance_for_user(exam_id: int, user_info: Any, key: Any, value: Any) -> None:
    """Give a learner an allowance, or change the value of the one with the same key.

    Args:
        exam_id: id of the exam.
        user_info: an int is a user id; anything else is a username or an e-mail address.
        key: the stored key, or the model's tuple of key and label.
        value: for additional time whole minutes, not negative, as int or text.

    Raises, in this order, ``AllowanceValueNotAllowedException``, ``UserNotFoundException``,
    ``ProctoredExamNotActiveException``.
    """
    allowance, action = ProctoredExamStudentAllowance.add_allowance_for_user(exam_id, user_info, key, value)
    exam = exams.get_exam_by_id(exam_id)
    log.info(
        "allowance given: action=%s exam_id=%s user_id=%s course_id=%s key=%s",
        action,
        exam_id,
        allowance.user_id,
        exam["course_id"],
        allowance.key,
    )
    emit_allowance_event(exam, action, allowance)
    _tell_provider(exam, allowance)


def remove_allowance_for_user(exam_id: int, user_id: int, key: Any) -> None:
    """Delete an allowance, if there is one."""
    allowance = ProctoredExamStudentAllowance.get_allowance_for_user(exam_id, user_id, stored_key(key))
    if allowance is None:
        return
    exam = exam_dict(allowance.proctored_exam)
    allowance.delete()
    log.info(
        "allowance deleted: exam_id=%s user_id=%s course_id=%s key=%s",
        exam_id,
        user_id,
        exam["course_id"],
        allowance.key,
    )
    emit_allowance_event(exam, "deleted", allowance)
    _tell_provider(exam, allowance)


def get_allowances_for_course(
    course_id: Any, ordering: str | None = None, *, offset: int | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the dicts of all allowances of a course; without ``ordering`` in no particular order. One query.

    ``ordering``, ``offset``, ``limit``: see ``utils.listing``.
    """
    allowances = listed(
        ProctoredExamStudentAllowance.get_allowances_for_course(as_text(course_id)),
        ordering,
        offset=offset,
        limit=limit,
    )
    return [allowance_dict(allowance) for allowance in allowances]


def _tell_provider(exam: Mapping[str, Any], allowance: ProctoredExamStudentAllowance) -> None:
    if allowance.key == _ADDITIONAL_TIME:
        limit_changes.tell_providers([exam], [allowance.user_id])


# For modules of this package


def stored_key(key: Any) -> str:
    """Return the key of an allowance, which may be given as the model's tuple of key and label."""
    return str(key[0] if isinstance(key, tuple) else key)


def emit_allowance_event(exam: Mapping[str, Any], action: str, allowance: ProctoredExamStudentAllowance) -> None:
    """Track that an allowance was ``created``, ``updated`` or ``deleted``. ``exam``: exam dict."""
    emit_event(
        exam,
        f"allowance.{action}",
        override_data={
            "allowance_user_id": allowance.user_id,
            "allowance_key": allowance.key,
            # Other kinds hold free text about a learner, which analysts must not get.
            "allowance_value": allowance.value if allowance.key == _ADDITIONAL_TIME else None,
        },
    )
