"""Allowances: extra time and review exceptions, one by one and in bulk. Spec: python-api.md 8.3.

An allowance never changes the limit of an attempt that has started; ``deadlines`` does that.
"""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring import constants
from edx_proctoring.api.exams import exams
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.serializers import allowance_dict, exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.listing import listed
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = [
    "add_allowance_for_user",
    "add_bulk_allowances",
    "get_allowances_for_course",
    "remove_allowance_for_user",
]

log = logging.getLogger(__name__)

# Rows per statement: databases limit the size of one.
BATCH_SIZE = 500

# A learner who gets a thousand times the time has all of it; anything beyond is a slip of the pen.
MAX_MULTIPLIER = 1000

ADDITIONAL_TIME = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]


def add_allowance_for_user(exam_id: int, user_info: Any, key: Any, value: Any) -> None:
    """Give a learner an allowance, or change the one of the same key.

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
    _track(exam, action, allowance)


def remove_allowance_for_user(exam_id: int, user_id: int, key: Any) -> None:
    """Take an allowance away; one that does not exist is no error."""
    stored_key = _stored_key(key)
    allowance = ProctoredExamStudentAllowance.get_allowance_for_user(exam_id, user_id, stored_key)
    if allowance is None:
        return
    exam = exam_dict(allowance.proctored_exam)
    allowance.delete()
    log.info(
        "allowance deleted: exam_id=%s user_id=%s course_id=%s key=%s", exam_id, user_id, exam["course_id"], stored_key
    )
    _track(exam, "deleted", allowance)


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


def add_bulk_allowances(
    exam_ids: Iterable[Any], user_ids: Iterable[Any], allowance_type: Any, value: Any, *, all_or_nothing: bool = False
) -> tuple[list[dict[str, Any]], int, int]:
    """Give many learners an allowance in many exams.

    Args:
        exam_ids: ids, also as text; ``user_ids``: entries as ``user_info`` of
            ``add_allowance_for_user``. Repetitions count once.
        allowance_type: a key, or ``'time_multiplier'``: additional time as a share of each exam's
            limit.
        value: for the multiplier a number from 1; ``'1.5'`` grants half the limit again.
        all_or_nothing: give none where one cannot be given.

    Returns ``(data, successes, failures)``. ``data`` has one item per pair, whatever became of it:
    ``exam_id``, ``user_id``, ``success``, ``status`` (``created``, ``updated``, ``failed``) and
    ``error`` (text or None). A pair that fails keeps no other from being tried, unless all or
    nothing is wanted. Raises ``AllowanceValueNotAllowedException`` before anything is written.
    """
    multiplier = _validated_multiplier(allowance_type, value)
    wanted_exams = list(dict.fromkeys(exam_ids))
    wanted_users = list(dict.fromkeys(user_ids))
    known_exams = _exams_by_given_id(wanted_exams)
    known_users = _user_ids_by_entry(wanted_users)
    key = ADDITIONAL_TIME if multiplier is not None else _stored_key(allowance_type)
    data: list[dict[str, Any]] = []
    grants: dict[tuple[int, int], _Grant] = {}
    pairs: list[tuple[int, int] | None] = []
    for exam_id in wanted_exams:
        exam = known_exams.get(exam_id)
        for entry in wanted_users:
            user_id = known_users.get(entry)
            error = _why_not(exam, user_id, entry)
            pair = None
            if error is None and exam is not None and user_id is not None:
                granted = value if multiplier is None else _share_of(exam.time_limit_mins, multiplier)
                pair = (exam.pk, user_id)
                grants[pair] = _Grant(exam, user_id, str(granted))
            pairs.append(pair)
            data.append(
                {"exam_id": exam_id, "user_id": entry, "success": error is None, "status": "failed", "error": error}
            )
    _log_failures(known_exams, known_users, wanted_exams, wanted_users)
    if all_or_nothing and None in pairs:
        for item in data:
            item.update(success=False, error=item["error"] or _("Not given, because others cannot be."))
        return data, 0, len(data)
    stored = _store(list(grants.values()), key)
    for item, pair in zip(data, pairs, strict=True):
        if pair is not None:
            item["status"] = stored[pair]
    successes = sum(item["success"] for item in data)
    return data, successes, len(data) - successes


@dataclass(frozen=True, slots=True)
class _Grant:
    """One allowance to be given in bulk; all of one call have the same key."""

    exam: ProctoredExam
    user_id: int
    value: str


def _why_not(exam: ProctoredExam | None, user_id: int | None, entry: Any) -> str | None:
    """Return why a pair cannot have an allowance, or None if it can; the dashboard shows it to staff."""
    if exam is None:
        return _("The exam does not exist.")
    if user_id is None:
        return _("Cannot find user against {user}").format(user=entry)
    if not exam.is_active:
        return _("The exam is not active.")
    return None


def _log_failures(
    known_exams: Mapping[Any, ProctoredExam],
    known_users: Mapping[Any, int],
    exam_ids: Sequence[Any],
    user_ids: Sequence[Any],
) -> None:
    """Log one line per kind of failure, however many rows it concerns; entries may be names and are not logged."""
    failures = {
        "unknown_exam": len(exam_ids) - len(known_exams),
        "inactive_exam": sum(not exam.is_active for exam in known_exams.values()),
        "unknown_learner": len(user_ids) - len(known_users),
    }
    for kind, count in failures.items():
        if count:
            log.error("allowances not granted: kind=%s count=%s exams=%s", kind, count, len(exam_ids))


def _share_of(limit_minutes: int, multiplier: float) -> int:
    # Half rounds to even: contract.
    return min(round(limit_minutes * (multiplier - 1)), MAX_MINUTES)


def _store(grants: Sequence[_Grant], key: str) -> dict[tuple[int, int], str]:
    """Write allowances and archive what they replace, in a constant number of queries; then track them.

    Returns ``{(exam id, user id): "created" or "updated"}``.
    """
    if not grants:
        return {}
    allowances = ProctoredExamStudentAllowance.objects
    now = timezone.now()
    with transaction.atomic():
        existing = {
            (allowance.proctored_exam_id, allowance.user_id): allowance
            for allowance in allowances.filter(
                key=key,
                proctored_exam_id__in={grant.exam.pk for grant in grants},
                user_id__in={grant.user_id for grant in grants},
            )
        }
        created: list[ProctoredExamStudentAllowance] = []
        updated: list[ProctoredExamStudentAllowance] = []
        for grant in grants:
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
        allowances.bulk_update(updated, ["value", "modified"], batch_size=BATCH_SIZE)
        _create_all(created)
    exam_dicts = {grant.exam.pk: exam_dict(grant.exam) for grant in grants}
    became: dict[tuple[int, int], str] = {}
    for action, rows in (("created", created), ("updated", updated)):
        for allowance in rows:
            became[allowance.proctored_exam_id, allowance.user_id] = action
            _track(exam_dicts[allowance.proctored_exam_id], action, allowance)
    log.info("bulk allowance: key=%s exams=%s created=%s updated=%s", key, len(exam_dicts), len(created), len(updated))
    return became


def _create_all(new: Sequence[ProctoredExamStudentAllowance]) -> None:
    try:
        with transaction.atomic():
            ProctoredExamStudentAllowance.objects.bulk_create(new, batch_size=BATCH_SIZE)
    except IntegrityError:
        # Somebody else gave one of them in between: one by one, each knows how to update instead.
        for allowance in new:
            ProctoredExamStudentAllowance.add_allowance_for_user(
                allowance.proctored_exam_id, allowance.user_id, allowance.key, allowance.value
            )


def _stored_key(key: Any) -> str:
    return str(key[0] if isinstance(key, tuple) else key)


def _validated_multiplier(allowance_type: Any, value: Any) -> float | None:
    """Return the multiplier if that is what is given. Raises ``AllowanceValueNotAllowedException``."""
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
    if not ProctoredExamStudentAllowance.is_allowance_value_valid(_stored_key(allowance_type), value):
        raise AllowanceValueNotAllowedException(f'allowance_value "{value}" should be non-negative integer value.')
    return None


def _exams_by_given_id(exam_ids: Sequence[Any]) -> dict[Any, ProctoredExam]:
    as_numbers = {exam_id: number for exam_id in exam_ids if (number := as_id(exam_id)) is not None}
    found = ProctoredExam.objects.in_bulk(set(as_numbers.values()))
    return {given: found[number] for given, number in as_numbers.items() if number in found}


def _user_ids_by_entry(entries: Sequence[Any]) -> dict[Any, int]:
    """Resolve ids, usernames and e-mail addresses; usernames win. Constant number of queries."""
    users = get_user_model().objects
    numbers = {entry for entry in entries if isinstance(entry, int) and as_id(entry) is not None}
    texts = {str(entry) for entry in entries if not isinstance(entry, int)}
    resolved: dict[str, int] = {}
    if texts:
        resolved.update(users.filter(email__in=texts).order_by("-pk").values_list("email", "pk"))
        resolved.update(users.filter(username__in=texts).values_list("username", "pk"))
    existing = set(users.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    by_number: Mapping[Any, int] = {number: number for number in existing}
    by_text = {entry: resolved[str(entry)] for entry in entries if str(entry) in resolved and entry not in numbers}
    return {**by_number, **by_text}


def _track(exam: Mapping[str, Any], action: str, allowance: ProctoredExamStudentAllowance) -> None:
    emit_event(
        exam,
        f"allowance.{action}",
        override_data={
            "allowance_user_id": allowance.user_id,
            "allowance_key": allowance.key,
            # Other kinds hold free text about a learner, which analysts must not get.
            "allowance_value": allowance.value if allowance.key == ADDITIONAL_TIME else None,
        },
    )
