"""Put single actions of staff on record. Contract: contract/staff-jobs#record.

One action is one job with one row that is done from the start. Call ``record_action`` inside the transaction of the
change, and under its locks, so that there is neither a change without a record nor a record without a change. After
the transaction the caller writes its one INFO line with ids and emits the tracking event, both with the id of the
person; ``requested_by`` gives what the event adds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.models import RetiredLearner, StaffJob, StaffJobRow
from edx_proctoring.models.staff_jobs import as_json
from edx_proctoring.utils.texts import as_reason

__all__ = [
    "Subject",
    "filter_on_record",
    "record_action",
    "record_actions",
    "record_export",
    "record_for_exam",
    "requested_by",
]

# Rows per statement: databases limit the size of one.
BATCH_SIZE: Final = 500


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an action concerned, None for an exam as a whole. ``result``: plain data that says what was changed."""

    exam_id: int
    user_id: int | None
    attempt_id: int | None = None
    result: Mapping[str, Any] = field(default_factory=dict)


def record_action(
    kind: str,
    subject: Subject,
    *,
    course_id: str,
    by: Any,
    reason: str = "",
    parameters: Mapping[str, Any] | None = None,
    is_text: bool = False,
) -> StaffJobRow | None:
    """Record one action; return its row, None if ``by`` is None: then there is no one to put on record.

    Args:
        kind: the kind of job that does the same for many, such as ``reset``; at most 32 characters.
        subject: whom it concerned.
        course_id: the course of the exam.
        by: the ``User`` who acted.
        reason: in the words of staff; at most 500 characters are kept.
        parameters: ids, numbers and words of ours; no text about a learner.
        is_text: whether ``subject.result`` holds free text about the learner.

    About a retired learner, neither reason nor text is kept. Two queries, three with a reason or a text.
    """
    if by is None:
        return None
    result = subject.result
    if (reason or is_text) and subject.user_id is not None and RetiredLearner.objects.includes(subject.user_id):
        reason, result = "", {} if is_text else result
    job = _finished_job(kind, course_id, by, reason, parameters, exam_id=subject.exam_id, total=1)
    job.save(force_insert=True)
    row: StaffJobRow = StaffJobRow.objects.create(**_columns(job, 0, subject, result))
    return row


def record_actions(
    kind: str,
    subjects: Iterable[Subject],
    *,
    course_id: str,
    by: Any,
    reason: str = "",
    parameters: Mapping[str, Any] | None = None,
    is_text: bool = False,
) -> StaffJob | None:
    """Record one action that concerned several learners at once, as one job; arguments as of ``record_action``.

    Returns None without ``by`` and without subjects. Takes two queries, three with a reason or a text, and one more
    for each further 500 subjects.
    """
    listed = list(subjects)
    if by is None or not listed:
        return None
    user_ids = {subject.user_id for subject in listed if subject.user_id is not None}
    retired = RetiredLearner.objects.among(user_ids) if reason or is_text else set()
    exam_ids = {subject.exam_id for subject in listed}
    job = _finished_job(
        kind,
        course_id,
        by,
        "" if retired else reason,
        parameters,
        exam_id=exam_ids.pop() if len(exam_ids) == 1 else None,
        total=len(listed),
    )
    job.save(force_insert=True)
    StaffJobRow.objects.bulk_create(
        (
            StaffJobRow(
                **_columns(job, position, subject, {} if is_text and subject.user_id in retired else subject.result)
            )
            for position, subject in enumerate(listed)
        ),
        batch_size=BATCH_SIZE,
    )
    return job


def record_export(name: str, *, course_id: str, by: Any, rows: int, parameters: Mapping[str, Any]) -> StaffJob:
    """Record that ``by`` downloaded a list of a course as a file; a job without rows of its own.

    ``name``: of the list. ``rows``: how many the file has. ``parameters``: as of ``record_action``. One query.
    """
    job = _finished_job("export", course_id, by, "", {"name": name, **parameters}, exam_id=None, total=rows)
    job.save(force_insert=True)
    return job


def record_for_exam(
    kind: str, exam_id: int, *, course_id: str, by: Any, reason: str, parameters: Mapping[str, Any]
) -> StaffJob:
    """Record, in the transaction of the change, what staff did to an exam as a whole: a job without rows. One query."""
    job = _finished_job(kind, course_id, by, reason, parameters, exam_id=exam_id, total=0)
    job.save(force_insert=True)
    return job


def filter_on_record(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters of a list as parameters of a record: what was searched for may be a name, and is left out."""
    given = {name: value for name, value in asked.items() if value is not None}
    return {**given, "search": True} if "search" in given else given


def requested_by(by: Any) -> dict[str, Any]:
    """Return what the tracking event of an action of staff adds; nothing without a person."""
    return {} if by is None else {"requesting_user_id": by.pk}


def _finished_job(
    kind: str,
    course_id: str,
    by: Any,
    reason: str,
    parameters: Mapping[str, Any] | None,
    *,
    exam_id: int | None,
    total: int,
) -> StaffJob:
    return StaffJob(
        kind=kind,
        course_id=course_id,
        exam_id=exam_id,
        created_by=by.pk,
        reason=as_reason(reason),
        parameters=as_json(parameters or {}),
        state=StaffJob.STATE_DONE,
        total=total,
        done=total,
        finished_at=timezone.now(),
    )


def _columns(job: StaffJob, position: int, subject: Subject, result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "job": job,
        "position": position,
        "exam_id": subject.exam_id,
        "user_id": subject.user_id,
        "attempt_id": subject.attempt_id,
        "state": StaffJobRow.STATE_DONE,
        "result": as_json(result),
    }
