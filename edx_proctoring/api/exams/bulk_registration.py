"""Make a course's exams equal to a list that another service keeps.

Contract: PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}. The exams service often sends the same
list again, so unchanged exams are not written, get no history row and are not sent to their provider.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from edx_proctoring.api.exams import exams, provider_copy
from edx_proctoring.models import AttemptEffect, ProctoredExam
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import emit_event, request_scope
from edx_proctoring.utils.datetimes import with_zone
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["register_course_exams"]

log = logging.getLogger(__name__)

# Fields of an exam that a registration sets. A missing field stays unchanged, except the due date.
_FIELDS: Final = (
    "exam_name",
    "time_limit_mins",
    "is_proctored",
    "is_practice_exam",
    "external_id",
    "is_active",
    "hide_after_due",
    "backend",
)


@dataclass(frozen=True, slots=True)
class _Saved:
    """An exam that this registration wrote. ``event``: ``created`` or ``updated``."""

    exam: ProctoredExam
    event: str
    was_proctored: bool = False

    @property
    def is_for_provider(self) -> bool:
        """Whether the provider is to get the exam, as it is now or as inactive."""
        return self.exam.is_proctored or self.was_proctored


def register_course_exams(course_id: str, items: Sequence[Mapping[str, Any]]) -> list[int]:
    """Create and change exams according to the list, and deactivate those that it does not name.

    Args:
        course_id: course of all exams; the items' own course ids are ignored.
        items: validated values, keyed like an exam dict, each ``content_id`` once. A missing
            ``due_date`` clears the due date.

    Returns the exam ids in the order of the items. All exams are written in one transaction, in a
    constant number of queries and without Django's save signals. Providers are called and events
    emitted after the transaction; a failure there is logged and stops nothing. The provider is called again later, also
    if the process dies in between. Raises ``ProctoredExamAlreadyExists`` if another request creates one of the exams
    meanwhile.
    """
    exam_ids, saved, sends = _write(course_id, items)
    request_scope.forget(request_scope.OUTLINES)
    failures: dict[str, list[tuple[ProctoredExam, Exception]]] = {}
    for item in saved:
        log.info("exam registered: course_id=%s exam_id=%s event=%s", course_id, item.exam.pk, item.event)
        for notify in (_notify_provider, _emit_event):
            try:
                notify(item)
            except Exception as error:  # pylint: disable=broad-except
                # Plug-ins may raise anything, and the other exams must still be announced.
                failures.setdefault(notify.__name__, []).append((item.exam, error))
    for step, failed in failures.items():
        # One line, with the traceback of the first: a provider that is down fails for each exam of the course.
        exam, cause = failed[0]
        log.error(
            "registered exams not announced: step=%s count=%s first_exam_id=%s",
            step,
            len(failed),
            exam.pk,
            exc_info=cause,
        )
    provider_copy.settle_sends(sends, failures.get(_notify_provider.__name__, []))
    return exam_ids


@short_transaction
def _write(course_id: str, items: Sequence[Mapping[str, Any]]) -> tuple[list[int], list[_Saved], list[AttemptEffect]]:
    """Write all exams, and that their providers are to get them.

    Return the ids in the order of the items; what was written, items first, in their order; the recorded effects.
    """
    stored = {
        exam.content_id: exam
        for exam in ProctoredExam.get_all_exams_for_course(course_id).select_for_update().order_by("pk")
    }
    new = [_new_exam(course_id, item) for item in items if item["content_id"] not in stored]
    created = {exam.content_id: exam for exam in _create(course_id, new)}
    saved: list[_Saved] = []
    for item in items:
        content_id = item["content_id"]
        if content_id in created:
            saved.append(_Saved(created[content_id], "created"))
        elif change := _change(stored[content_id], _values(item)):
            saved.append(change)
    named = {item["content_id"] for item in items}
    saved += [
        change
        for exam in stored.values()
        if exam.content_id not in named
        and exam.is_active
        and (change := _change(exam, {"is_proctored": False, "is_active": False}))
    ]
    changed = [item.exam for item in saved if item.event == "updated"]
    if changed:
        bulk_update_with_history(changed, ProctoredExam, [*_FIELDS, "due_date", "modified"])
    current = {**stored, **created}
    sends = provider_copy.record_sends([item.exam for item in saved if item.is_for_provider])
    return [current[item["content_id"]].pk for item in items], saved, sends


def _create(course_id: str, new: Sequence[ProctoredExam]) -> Sequence[ProctoredExam]:
    """Create exams, and return them with their ids: on MySQL these are not the objects that were passed."""
    if not new:
        return []
    try:
        with transaction.atomic():
            created: list[ProctoredExam] = bulk_create_with_history(new, ProctoredExam)
            return created
    except IntegrityError as error:
        conflicting = exams.existing_content_ids(course_id, [exam.content_id for exam in new])
        if not conflicting:
            raise
        raise exams.already_exists(course_id, min(conflicting)) from error


def _values(item: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: item[name] for name in _FIELDS if item.get(name) is not None}
    return {**given, "due_date": with_zone(item.get("due_date"))}


def _new_exam(course_id: str, item: Mapping[str, Any]) -> ProctoredExam:
    return exams.build_exam(course_id, item["content_id"], **_values(item))


def _change(exam: ProctoredExam, values: Mapping[str, Any]) -> _Saved | None:
    """Set the values on the exam. Return what is to be saved, None if nothing changed."""
    if all(getattr(exam, name) == value for name, value in values.items()):
        return None
    was_proctored = exam.is_proctored
    for name, value in values.items():
        setattr(exam, name, value)
    # save() would do this.
    exam.modified = timezone.now()
    return _Saved(exam, "updated", was_proctored)


def _notify_provider(saved: _Saved) -> None:
    if saved.exam.is_proctored:
        provider_copy.send_exam_to_provider(saved.exam)
    elif saved.was_proctored:
        provider_copy.deactivate_exam_at_provider(saved.exam)


def _emit_event(saved: _Saved) -> None:
    emit_event(exam_dict(saved.exam), saved.event)
