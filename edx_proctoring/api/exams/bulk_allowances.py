"""One allowance for many learners in many exams. Contract: contract/allowances#add, contract/allowances#bulk."""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import constants
from edx_proctoring.api.audit.staff_record import Subject, record_actions
from edx_proctoring.api.exams import allowances, limit_changes
from edx_proctoring.api.exams.allowance_values import ADDITIONAL_TIME, MAX_MULTIPLIER
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import MAX_MINUTES, StoredAllowance, user_ids_by_name
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["add_bulk_allowances"]

log = logging.getLogger(__name__)

# Rows per statement: databases limit the size of one.
BATCH_SIZE: Final = 500

# The action of the tracking event, by (exam id, user id).
Actions = dict[tuple[int, int], str]


def add_bulk_allowances(
    exam_ids: Iterable[Any],
    user_ids: Iterable[Any],
    allowance_type: Any,
    value: Any,
    *,
    all_or_nothing: bool = False,
    by: Any = None,
    reason: str = "",
) -> tuple[list[dict[str, Any]], int, int]:
    """Give each learner the allowance in each exam.

    Args:
        exam_ids: ids, also as text. ``user_ids``: like ``user_info`` of ``add_allowance_for_user``.
            Repetitions count once.
        allowance_type: a key, or ``'time_multiplier'``: additional time as a share of each exam's
            limit.
        value: for the multiplier a number from 1; ``'1.5'`` adds half the limit.
        all_or_nothing: change nothing unless every pair can get the allowance.
        by: the ``User`` of staff who gives them; those given go on record with ``reason``.

    Returns ``(data, successes, failures)``. ``data`` has one item per pair of exam and learner:
    ``exam_id``, ``user_id``, ``success``, ``status`` (``created``, ``updated``, ``failed``) and
    ``error`` (text or None). A failed pair does not stop the others, unless ``all_or_nothing``.
    Raises ``AllowanceValueNotAllowedException`` before anything is written.
    """
    multiplier = _validated_multiplier(allowance_type, value)
    key = allowances.stored_key(allowance_type) if multiplier is None else ADDITIONAL_TIME
    pairs = _pairs(list(dict.fromkeys(exam_ids)), list(dict.fromkeys(user_ids)))
    failed = [pair for pair in pairs if pair.grantee is None]
    _log_failures(pairs)
    if failed and all_or_nothing:
        reason = _("Not given, because other allowances of the request cannot be given.")
        return [pair.result("failed", pair.error or reason) for pair in pairs], 0, len(pairs)
    grants = [
        _Grant(*pair.grantee, value=str(value if multiplier is None else _extra_minutes(pair.grantee[0], multiplier)))
        for pair in pairs
        if pair.grantee is not None
    ]
    actions = _store(grants, key, by=by, reason=reason)
    data = [pair.result(pair.action_in(actions), pair.error) for pair in pairs]
    return data, len(pairs) - len(failed), len(failed)


@dataclass(frozen=True, slots=True)
class _Pair:
    """An exam and a learner as the caller named them.

    ``grantee``: exam and user id, None if the allowance cannot be given; ``error`` then says why, for staff.
    """

    exam_id: Any
    user_info: Any
    exam: ProctoredExam | None
    known_user_id: int | None
    grantee: tuple[ProctoredExam, int] | None
    error: str | None

    def action_in(self, actions: Actions) -> str:
        """Return what happened to the allowance of this pair."""
        return "failed" if self.grantee is None else actions[self.grantee[0].pk, self.grantee[1]]

    def result(self, status: str, error: str | None) -> dict[str, Any]:
        """Return the pair's item of the answer."""
        return {
            "exam_id": self.exam_id,
            "user_id": self.user_info,
            "success": error is None,
            "status": status,
            "error": error,
        }


@dataclass(frozen=True, slots=True)
class _Grant:
    """An allowance to be stored."""

    exam: ProctoredExam
    user_id: int
    value: str


def _log_failures(pairs: Sequence[_Pair]) -> None:
    """Log one line per kind of failure, with a count; entries may be names and are not logged."""
    exams = {pair.exam_id: pair.exam for pair in pairs}
    failures = {
        "unknown_exam": sum(exam is None for exam in exams.values()),
        "inactive_exam": sum(exam is not None and not exam.is_active for exam in exams.values()),
        "unknown_learner": len({pair.user_info for pair in pairs if pair.known_user_id is None}),
    }
    for kind, count in failures.items():
        if count:
            log.error("allowances not granted: kind=%s count=%s exams=%s", kind, count, len(exams))


def _pairs(exam_ids: Sequence[Any], user_infos: Sequence[Any]) -> list[_Pair]:
    """Return every exam with every learner. A constant number of queries."""
    known_exams = _exams_by_given_id(exam_ids)
    known_users = _user_ids_by_info(user_infos)
    return [
        _pair(exam_id, user_info, known_exams.get(exam_id), known_users.get(user_info))
        for exam_id in exam_ids
        for user_info in user_infos
    ]


def _pair(exam_id: Any, user_info: Any, exam: ProctoredExam | None, user_id: int | None) -> _Pair:
    error = None
    if exam is None:
        error = _("The exam does not exist.")
    elif user_id is None:
        error = _("Cannot find user against {user}").format(user=user_info)
    elif exam.is_active:
        return _Pair(exam_id, user_info, exam, user_id, (exam, user_id), None)
    else:
        error = _("The exam is not active.")
    return _Pair(exam_id, user_info, exam, user_id, None, error)


def _exams_by_given_id(exam_ids: Sequence[Any]) -> dict[Any, ProctoredExam]:
    as_numbers = {exam_id: number for exam_id in exam_ids if (number := as_id(exam_id)) is not None}
    found = ProctoredExam.objects.in_bulk(set(as_numbers.values()))
    return {given: found[number] for given, number in as_numbers.items() if number in found}


def _user_ids_by_info(user_infos: Sequence[Any]) -> dict[Any, int]:
    """Resolve ids, usernames and e-mail addresses, as for a single allowance. Constant number of queries."""
    users = get_user_model().objects
    numbers = {info for info in user_infos if isinstance(info, int) and as_id(info) is not None}
    texts = {str(info) for info in user_infos if not isinstance(info, int)}
    resolved = user_ids_by_name(texts) if texts else {}
    existing = set(users.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    by_number: dict[Any, int] = {number: number for number in existing}
    by_text = {info: resolved[str(info)] for info in user_infos if str(info) in resolved and info not in numbers}
    return {**by_number, **by_text}


def _validated_multiplier(allowance_type: Any, value: Any) -> float | None:
    """Return the multiplier, None for another allowance type. Raises ``AllowanceValueNotAllowedException``."""
    if allowance_type == constants.TIME_MULTIPLIER:
        try:
            multiplier = float(value)
        except (TypeError, ValueError):
            multiplier = math.nan
        if not 1 <= multiplier <= MAX_MULTIPLIER:
            raise AllowanceValueNotAllowedException(
                f'allowance_value "{value}" should be a number from 1 to {MAX_MULTIPLIER}.'
            )
        return multiplier
    if not ProctoredExamStudentAllowance.is_allowance_value_valid(allowances.stored_key(allowance_type), value):
        raise AllowanceValueNotAllowedException(f'allowance_value "{value}" should be non-negative integer value.')
    return None


def _extra_minutes(exam: ProctoredExam, multiplier: float) -> int:
    # Contract: a half rounds to even. A factor above 1 never grants nothing.
    least = 1 if multiplier > 1 and exam.time_limit_mins > 0 else 0
    return max(min(round(exam.time_limit_mins * (multiplier - 1)), MAX_MINUTES), least)


def _store(grants: Sequence[_Grant], key: str, *, by: Any, reason: str) -> Actions:
    """Write allowances, archive the values they replace, and emit events. A constant number of queries."""
    if not grants:
        return {}
    # By pair, because a learner may be named twice: by username and by e-mail address.
    wanted = {(grant.exam.pk, grant.user_id): grant for grant in grants}
    exam_dicts = {grant.exam.pk: exam_dict(grant.exam) for grant in wanted.values()}
    stored, effect_ids = _write(wanted, key, exam_dicts, by=by, reason=reason)
    actions: Actions = {}
    for one in stored:
        allowance = one.allowance
        actions[allowance.proctored_exam_id, allowance.user_id] = one.action
        allowances.emit_allowance_event(exam_dicts[allowance.proctored_exam_id], one.action, allowance, by=by)
    limit_changes.deliver(effect_ids)
    counts = Counter(actions.values())
    log.info(
        "bulk allowance: key=%s exams=%s created=%s updated=%s by=%s",
        key,
        len(exam_dicts),
        counts["created"],
        counts["updated"],
        getattr(by, "pk", None),
    )
    return actions


@short_transaction
def _write(
    wanted: Mapping[tuple[int, int], _Grant],
    key: str,
    exam_dicts: Mapping[int, dict[str, Any]],
    *,
    by: Any,
    reason: str,
) -> tuple[list[StoredAllowance], list[int]]:
    """Write and record allowances, by exam and learner; return them, and the effects that tell providers of new limits.

    Locks: those that exist, in the order of their ids, so that each record says what really was before.
    """
    user_ids = {grant.user_id for grant in wanted.values()}
    existing = ProctoredExamStudentAllowance.objects.filter(
        key=key, proctored_exam_id__in=exam_dicts, user_id__in=user_ids
    )
    held = {
        (allowance.proctored_exam_id, allowance.user_id): allowance
        for allowance in existing.order_by("pk").select_for_update()
    }
    new = [
        ProctoredExamStudentAllowance(proctored_exam=grant.exam, user_id=grant.user_id, key=key, value=grant.value)
        for pair, grant in wanted.items()
        if pair not in held
    ]
    updated = []
    now = timezone.now()
    for pair, allowance in held.items():
        if pair in wanted:
            updated.append(StoredAllowance(allowance, "updated", allowance.value))
            allowance.value, allowance.modified = wanted[pair].value, now
    # Its queryset archives the former values.
    ProctoredExamStudentAllowance.objects.bulk_update(
        [one.allowance for one in updated], ["value", "modified"], batch_size=BATCH_SIZE
    )
    stored = [*_create_all(new), *updated]
    _record(stored, key, {pk: exam["course_id"] for pk, exam in exam_dicts.items()}, by, reason)
    return stored, limit_changes.record(exam_dicts.values(), user_ids) if key == ADDITIONAL_TIME else []


def _record(stored: Iterable[StoredAllowance], key: str, course_ids: Mapping[int, str], by: Any, reason: str) -> None:
    """Record who gave these allowances, by course. ``course_ids``: by exam id."""
    if by is None:
        return
    by_course: dict[str, list[Subject]] = {}
    for one in stored:
        exam_id, user_id = one.allowance.proctored_exam_id, one.allowance.user_id
        result = allowances.change_on_record(key, one.action, one.former_value, str(one.allowance.value))
        by_course.setdefault(course_ids[exam_id], []).append(Subject(exam_id, user_id, result=result))
    for course_id, subjects in by_course.items():
        record_actions(
            allowances.RECORD_KIND,
            subjects,
            course_id=course_id,
            by=by,
            reason=reason,
            is_text=key != ADDITIONAL_TIME,
        )


def _create_all(new: Sequence[ProctoredExamStudentAllowance]) -> list[StoredAllowance]:
    try:
        with transaction.atomic():
            ProctoredExamStudentAllowance.objects.bulk_create(new, batch_size=BATCH_SIZE)
    except IntegrityError:
        # Another request gave one of them in between. One by one, an existing allowance is updated instead.
        return [
            ProctoredExamStudentAllowance.store(one.proctored_exam_id, one.user_id, one.key, one.value) for one in new
        ]
    return [StoredAllowance(allowance, "created", None) for allowance in new]
