"""Make a course's exams equal to a list that another service keeps.

Spec: rest-api.md 4.2. The exams service registers all exams of a course at once and repeats itself
often, so exams that did not change are left alone: no write, no history row, no call to a provider.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from edx_proctoring.api.exams import exams
from edx_proctoring.utils.db import short_transaction

__all__ = ["register_course_exams"]

log = logging.getLogger(__name__)

# Fields of an exam that a registration sets. A missing one is left as it is, except the due date.
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


def register_course_exams(course_id: str, items: Sequence[Mapping[str, Any]]) -> list[int]:
    """Create and change exams as the list says; switch off those it does not name.

    Args:
        course_id: course of all exams; what the items say about it is not looked at.
        items: validated values, keyed like an exam dict, each ``content_id`` once. A missing
            ``due_date`` clears the due date.

    Returns the exam ids in the order of the items. All or nothing; providers and listeners hear of it
    afterwards, and one that cannot be told undoes nothing. Raises ``ProctoredExamAlreadyExists`` if
    somebody else creates one of the exams meanwhile.
    """
    with exams.holding_back_news() as news:
        exam_ids = _write(course_id, items, news)
    exams.tell(news)
    return exam_ids


@short_transaction
def _write(course_id: str, items: Sequence[Mapping[str, Any]], news: exams.News) -> list[int]:
    # Begun again, this says everything anew.
    news.clear()
    known = {exam["content_id"]: exam for exam in exams.get_all_exams_for_course(course_id)}
    exam_ids = [_register(course_id, known.get(item["content_id"]), item) for item in items]
    named = {item["content_id"] for item in items}
    for content_id, exam in known.items():
        if content_id not in named and exam["is_active"]:
            exams.update_exam(exam["id"], is_proctored=False, is_active=False)
            log.info("exam switched off by registration: course_id=%s exam_id=%s", course_id, exam["id"])
    return exam_ids


def _register(course_id: str, exam: Mapping[str, Any] | None, item: Mapping[str, Any]) -> int:
    values = {name: item[name] for name in _FIELDS if item.get(name) is not None}
    due_date = item.get("due_date")
    if exam is None:
        exam_id = exams.create_exam(course_id=course_id, content_id=item["content_id"], due_date=due_date, **values)
        log.info("exam created by registration: course_id=%s exam_id=%s", course_id, exam_id)
        return exam_id
    if exam["due_date"] != due_date or any(exam[name] != value for name, value in values.items()):
        exams.update_exam(exam["id"], due_date=due_date, **values)
        log.info("exam changed by registration: course_id=%s exam_id=%s", course_id, exam["id"])
    return exam["id"]
