"""One allowance for many learners in many exams. Contract: contract/allowances#add, contract/allowances#bulk."""

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import constants
from edx_proctoring.api.exams import allowances, limit_changes
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import MAX_MINUTES, user_ids_by_name
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils.storable import as_id

__all__ = ["add_bulk_allowances"]

log = logging.getLogger(__name__)

# Rows per statement: databases limit the size of one.
BATCH_SIZE: Final = 500

# Upper bound against typing errors.
MAX_MULTIPLIER: Final = 1000

ADDITIONAL_TIME: Final = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]

# The action of the tracking event, by (exam id, user id).
Actions = dict[tuple[int, int], str]


def add_bulk_allowances(
    exam_ids: Iterable[Any], user_ids: Iterable[Any], allowance_type: Any, value: Any, *, all_or_nothing: bool = False
) -> tuple[list[dict[str, Any]], int, int]:
    """Give each learner the allowance in each exam.

    Args:
        exam_ids: ids, also as text. ``user_ids``: like ``user_info`` of ``add_allowance_for_user``.
            Repetitions count once.
        allowance_type: a key, or ``'time_multiplier'``: additional time as a share of each exam's
            limit.
        value: for the multiplier a number from 1; ``'1.5'`` adds half the limit.
        all_or_nothing: change nothing unless every pair can get the allowance.

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
        reason = _("Not given, because others cannot be.")
        return [pair.result("failed", pair.error or reason) for pair in pairs], 0, len(pairs)
    grants = [
        _Grant(*pair.grantee, value=str(value if multiplier is None else _extra_minutes(pair.grantee[0], multiplier)))
        for pair in pairs
        if pair.grantee is not None
    ]
    actions = _store(grants, key)
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


def _store(grants: Sequence[_Grant], key: str) -> Actions:
    """Write allowances, archive the values they replace, and emit events. A constant number of queries."""
    if not grants:
        return {}
    now = timezone.now()
    created: list[ProctoredExamStudentAllowance] = []
    updated: list[ProctoredExamStudentAllowance] = []
    with transaction.atomic():
        existing = {
            (allowance.proctored_exam_id, allowance.user_id): allowance
            for allowance in ProctoredExamStudentAllowance.objects.filter(
                key=key,
                proctored_exam_id__in={grant.exam.pk for grant in grants},
                user_id__in={grant.user_id for grant in grants},
            )
        }
        # By pair, because a learner may be named twice: by username and by e-mail address.
        for grant in {(grant.exam.pk, grant.user_id): grant for grant in grants}.values():
            allowance = existing.get((grant.exam.pk, grant.user_id))
            if allowance is None:
                created.append(
                    ProctoredExamStudentAllowance(
                        proctored_exam=grant.exam, user_id=grant.user_id, key=key, value=grant.value
                    )
                )
            else:
                allowance.value, allowance.modified = grant.value, now
                updated.append(allowance)
        # Its queryset archives the former values.
        ProctoredExamStudentAllowance.objects.bulk_update(updated, ["value", "modified"], batch_size=BATCH_SIZE)
        _create_all(created)
    exam_dicts = {grant.exam.pk: exam_dict(grant.exam) for grant in grants}
    actions: Actions = {}
    for action, rows in (("created", created), ("updated", updated)):
        for allowance in rows:
            actions[allowance.proctored_exam_id, allowance.user_id] = action
            allowances.emit_allowance_event(exam_dicts[allowance.proctored_exam_id], action, allowance)
    if key == ADDITIONAL_TIME:
        limit_changes.tell_providers(exam_dicts.values(), {grant.user_id for grant in grants})
    log.info("bulk allowance: key=%s exams=%s created=%s updated=%s", key, len(exam_dicts), len(created), len(updated))
    return actions


def _create_all(new: Sequence[ProctoredExamStudentAllowance]) -> None:
    try:
        with transaction.atomic():
            ProctoredExamStudentAllowance.objects.bulk_create(new, batch_size=BATCH_SIZE)
    except IntegrityError:
        # Another request gave one of them in between. One by one, an existing allowance is updated instead.
        for allowance in new:
            ProctoredExamStudentAllowance.add_allowance_for_user(
                allowance.proctored_exam_id, allowance.user_id, allowance.key, allowance.value
            )
