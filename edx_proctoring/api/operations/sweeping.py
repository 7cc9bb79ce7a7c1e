"""The sweeper: does what no request is there to do. For cron, a loop or Celery beat.

Each kind takes rows in id order, each row in a short transaction of its own, so several hosts may sweep
at the same time. contract/commands#sweep-attempts.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.db import models
from django.utils import timezone

from edx_proctoring import backends, conf
from edx_proctoring.api.effects import lanes
from edx_proctoring.api.exams import provider_copy
from edx_proctoring.api.jobs import working
from edx_proctoring.api.lifecycle import expiry, queries, status_change
from edx_proctoring.api.reviews import receiving
from edx_proctoring.backends.reply_errors import OddReply
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import ProctoredExamReviewAlreadyExists
from edx_proctoring.models import (
    AttemptEffect,
    ExamMeasure,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.models.effects import AttemptEffectQuerySet
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_due_date
from edx_proctoring.utils.texts import as_text
from edx_proctoring.utils.transactions import in_batches

__all__ = ["SWEEP_KINDS", "SweepAction", "SweepReport", "sweep"]

log = logging.getLogger(__name__)

# A learner's own request may still be on its way.
EXPIRE_AFTER: Final = timedelta(seconds=60)

# A due date may be extended a little late.
ABANDONED_AFTER: Final = timedelta(hours=24)
# How many attempts are read at once.
_BATCH: Final = 200
_NOT_BEGUN: Final = frozenset({Status.created, Status.download_software_clicked, Status.ready_to_start})

# The request that wrote an inbox entry settles it within seconds.
RECEIVED_IS_LEFT_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Task:
    """What a sweep was asked for. ``course_id``: only rows of this course, None for all."""

    now: datetime
    limit: int
    dry_run: bool
    course_id: str | None = None

    def of_exams(self, rows: models.QuerySet[Any], exams: str) -> models.QuerySet[Any]:
        """Return the rows at exams of the course. ``exams``: the path to the exam, such as ``proctored_exam__``."""
        return rows if self.course_id is None else rows.filter(**{f"{exams}course_id": self.course_id})

    def effects(self) -> AttemptEffectQuerySet:
        """Return the effects of the course."""
        effects = AttemptEffect.objects
        return effects.all() if self.course_id is None else effects.of_course(self.course_id)

    def reviews(self) -> models.QuerySet[ReviewInboxEntry]:
        """Return the received reviews of the course, also those of removed attempts."""
        reviews = ReviewInboxEntry.objects
        return reviews.all() if self.course_id is None else reviews.of_course(self.course_id)


@dataclass(frozen=True, slots=True)
class SweepAction:
    """One thing that was done. ``subject_id``: of the row, None for several; ``error``: why it was not done."""

    kind: str
    subject_id: int | None
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did. ``is_more``: a kind reached its limit, so another sweep would find more."""

    actions: tuple[SweepAction, ...]
    is_more: bool

    @property
    def failures(self) -> int:
        """How many actions failed."""
        return sum(1 for action in self.actions if action.error)


def sweep(
    *,
    now: datetime | None = None,
    course_id: Any = None,
    kinds: Collection[str] | None = None,
    limit: int = 500,
    dry_run: bool = False,
) -> SweepReport:
    """Do what is due, at most ``limit`` rows of each kind.

    ``kinds``: of ``SWEEP_KINDS``; None for all but ``abandoned``. ``course_id``: only in this course, as text or key;
    None for all. What belongs to no course, such as a review of an unknown attempt, is left then.

    - ``expire``: end attempts whose time is up.
    - ``abandoned``: expire attempts that were not started a day after the exam was due for their learner; no mail.
      Only when named: a learner who gets an extension afterwards cannot go on until staff reset the attempt.
    - ``registrations``: send exams to their provider that it has given no id.
    - ``effects``: deliver recorded effects that are due.
    - ``measures``: note that measures of the course team, such as an outage, have ended.
    - ``inbox``: receive reviews that are held or whose process died.
    - ``jobs``: go on with jobs of staff that no process works on any more; ``limit`` rows of each.
    - ``retention``: delete settled inbox entries, and effects that are superseded or failed, by age.

    Never raises because of one row. Raises ``ValueError`` for an unknown kind.
    """
    now = now or timezone.now()
    wanted = _BY_DEFAULT if kinds is None else tuple(kinds)
    if unknown := set(wanted) - set(SWEEP_KINDS):
        raise ValueError(f"unknown kinds: {', '.join(sorted(unknown))}; known are {', '.join(SWEEP_KINDS)}")
    task = Task(now, limit, dry_run, None if course_id is None else as_text(course_id))
    actions: list[SweepAction] = []
    is_more = False
    for kind in wanted:
        done = list(_KINDS[kind](task))
        is_more = is_more or len(done) >= limit
        actions += done
    return SweepReport(tuple(actions), is_more)


def _expire(task: Task) -> Iterator[SweepAction]:
    for attempt_id in islice(_overdue_attempts(task), task.limit):
        failure = ""
        try:
            if not task.dry_run:
                status_change.end_if_time_is_up(queries.attempt_by_id(attempt_id))
        except Exception as error:
            log.exception("sweep: action failed: kind=expire subject_id=%s", attempt_id)
            failure = type(error).__name__
        yield SweepAction("expire", attempt_id, "attempt ended, its time is up", failure)


def _overdue_attempts(task: Task) -> Iterator[int]:
    """Yield the ids of the open attempts whose time has been up for a while, in batches: many may be running."""
    moment = task.now - EXPIRE_AFTER
    running = ProctoredExamStudentAttempt.objects.all().running()
    running = task.of_exams(running, "proctored_exam__")
    rows = running.values_list("id", "started_at", "allowed_time_limit_mins", named=True)
    for row in in_batches(rows, _BATCH):
        end = expiry.expires_at(row.started_at, row.allowed_time_limit_mins)
        if end is not None and end < moment:
            yield row.id


def _abandoned(task: Task) -> Iterator[SweepAction]:
    moment = task.now - ABANDONED_AFTER
    done = 0
    for attempt in _never_started(task, moment):
        if done >= task.limit:
            return
        if not _is_abandoned(attempt, moment, is_certain=False):
            continue
        failure = ""
        try:
            # Asked again past the cache of the date service, because an attempt that expired is not reopened.
            if not _is_abandoned(attempt, moment, is_certain=True):
                continue
            if not task.dry_run:
                status_change.change_status(attempt.pk, Status.expired, condition=_has_not_begun, sends_mail=False)
        except Exception as error:
            log.exception("sweep: action failed: kind=abandoned subject_id=%s", attempt.pk)
            failure = type(error).__name__
        done += 1
        yield SweepAction("abandoned", attempt.pk, "attempt expired, it was never started", failure)


def _never_started(task: Task, moment: datetime) -> Iterator[ProctoredExamStudentAttempt]:
    """Return the attempts before their start at active exams that were due for everybody before ``moment``.

    In batches: those whose learners have an extension stay, so the table may hold many.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(
        status__in=_NOT_BEGUN, proctored_exam__is_active=True, proctored_exam__due_date__lt=moment
    )
    attempts = task.of_exams(attempts, "proctored_exam__").select_related("proctored_exam")
    return in_batches(attempts, _BATCH)


def _is_abandoned(attempt: ProctoredExamStudentAttempt, moment: datetime, *, is_certain: bool) -> bool:
    """Return whether the exam was due for this learner, who may have an extension, before ``moment``."""
    due_date = get_exam_due_date(exam_dict(attempt.proctored_exam), attempt.user_id, fresh=is_certain)
    return due_date is not None and due_date < moment


def _has_not_begun(attempt: ProctoredExamStudentAttempt) -> bool:
    return attempt.status in _NOT_BEGUN


def _registrations(task: Task) -> Iterator[SweepAction]:
    failed: set[str | None] = set()
    for exam in task.of_exams(_exams_without_id(), "")[: task.limit]:
        provider = backends.find_backend_provider(exam_dict(exam))
        # Other classes give no ids. A provider that fails costs one call, not one for each of its exams.
        if not isinstance(provider, BaseRestProctoringProvider) or exam.backend in failed:
            continue
        failure = ""
        if not task.dry_run:
            try:
                provider_copy.send_exam_to_provider(exam)
                if not exam.external_id:
                    raise OddReply("the reply has no id")
            except Exception as error:
                log.warning("sweep: action failed: kind=registrations subject_id=%s", exam.pk)
                failed.add(exam.backend)
                # With a row it is repeated with pauses, and ends as failed where that does not help.
                provider_copy.keep_unsent([(exam, error)])
                failure = type(error).__name__
        yield SweepAction("registrations", exam.pk, "exam sent to its provider, which had given no id", failure)


def _exams_without_id() -> models.QuerySet[ProctoredExam]:
    """Return the active proctored exams that their provider does not know, and about which no effect waits."""
    exams = ProctoredExam.objects.filter(is_proctored=True, is_active=True)
    waiting = AttemptEffect.objects.leftovers().filter(
        attempt_id=0, exam_id=models.OuterRef("pk"), call_name=provider_copy.SAVE_AT_PROVIDER
    )
    return (
        exams.filter(models.Q(external_id=None) | models.Q(external_id=""))
        .exclude(models.Exists(waiting))
        .order_by("id")
    )


def _effects(task: Task) -> Iterator[SweepAction]:
    if task.dry_run:
        for effect_id in task.effects().due(task.now).values_list("id", flat=True)[: task.limit]:
            yield SweepAction("effects", effect_id, "effect is due")
        return
    report = lanes.deliver_in_lanes(limit=task.limit, course_id=task.course_id)
    for count, text, error in (
        (report.delivered, "delivered", ""),
        (report.superseded, "superseded", ""),
        (report.failed, "not delivered", "will be tried again"),
        (report.given_up, "not delivered", "given up"),
    ):
        if count:
            yield SweepAction("effects", None, f"{text}: {count}", error)


def _inbox(task: Task) -> Iterator[SweepAction]:
    left = models.Q(outcome=ReviewInboxEntry.OUTCOME_RECEIVED, modified__lt=task.now - RECEIVED_IS_LEFT_AFTER)
    held = models.Q(outcome=ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER)
    for entry in task.reviews().filter(left | held).order_by("id")[: task.limit]:
        if task.dry_run:
            yield SweepAction("inbox", entry.pk, f"review is {entry.outcome}")
        elif (action := _receive(entry)) is not None:
            yield action


def _receive(entry: ReviewInboxEntry) -> SweepAction | None:
    """Receive a waiting review; None if it goes on waiting, or another process has it."""
    claimed = ReviewInboxEntry.objects.filter(pk=entry.pk, outcome=entry.outcome, modified=entry.modified)
    if not claimed.update(modified=timezone.now()):
        return None
    try:
        receipt = receiving.receive_waiting_review(entry)
    except ProctoredExamReviewAlreadyExists:
        # The provider repeats a review that was not answered, so this is nothing to act upon.
        return SweepAction("inbox", entry.pk, "review is a duplicate")
    except Exception as error:
        # Refused, and settled with the reason; or a fault, which the next sweep meets again.
        log.warning("waiting review not received: inbox_id=%s error=%s", entry.pk, type(error).__name__)
        return SweepAction("inbox", entry.pk, "review not received", type(error).__name__)
    return None if receipt is None or receipt.is_held else SweepAction("inbox", entry.pk, "review received")


def _jobs(task: Task) -> Iterator[SweepAction]:
    for job_id, code in list(working.left_jobs(task.now, task.course_id)[: task.limit]):
        failure = ""
        text = "job went on"
        try:
            if not task.dry_run:
                job = working.work_on(code, most_rows=task.limit)
                text = f"job went on: state={job.state} done={job.done} skipped={job.skipped} failed={job.failed}"
        except Exception as error:
            log.exception("sweep: action failed: kind=jobs subject_id=%s", job_id)
            failure = type(error).__name__
        yield SweepAction("jobs", job_id, text, failure)


def _measures(task: Task) -> Iterator[SweepAction]:
    """Note that measures have ended by their time; they are not in force since then in any case."""
    ended = ExamMeasure.objects.filter(ends_at__lte=task.now).exclude(open_slot=None).order_by("id")
    if task.course_id is not None:
        ended = ended.filter(exam_id__in=ProctoredExam.objects.filter(course_id=task.course_id).values("id"))
    for measure_id in ended.values_list("id", flat=True)[: task.limit]:
        if not task.dry_run:
            # Not one that was prolonged meanwhile.
            ExamMeasure.objects.filter(pk=measure_id, ends_at__lte=task.now).update(open_slot=None)
        yield SweepAction("measures", measure_id, "measure has ended")


def _retention(task: Task) -> Iterator[SweepAction]:
    old_reviews = task.reviews().filter(created__lt=task.now - timedelta(days=conf.proctoring.inbox_days))
    settled = (AttemptEffect.STATE_SUPERSEDED, *AttemptEffect.GIVEN_UP_STATES, AttemptEffect.STATE_DONE)
    old_effects = task.effects().filter(
        state__in=settled, modified__lt=task.now - timedelta(days=conf.proctoring.effect_days)
    )
    tables: tuple[tuple[str, models.QuerySet[Any]], ...] = (
        ("inbox entries", old_reviews.exclude(outcome__in=ReviewInboxEntry.OPEN_OUTCOMES)),
        ("effects", old_effects),
    )
    for name, rows in tables:
        # In batches, so that no statement locks a large part of the table.
        while keys := list(rows.order_by("id").values_list("id", flat=True)[: task.limit]):
            if not task.dry_run:
                rows.model._default_manager.filter(pk__in=keys).delete()
            yield SweepAction("retention", None, f"{name} too old: {len(keys)}")
            if task.dry_run:
                break


_KINDS: Final[Mapping[str, Callable[[Task], Iterator[SweepAction]]]] = {
    "expire": _expire,
    "abandoned": _abandoned,
    "registrations": _registrations,
    "effects": _effects,
    "inbox": _inbox,
    "measures": _measures,
    "jobs": _jobs,
    "retention": _retention,
}
SWEEP_KINDS: Final = tuple(_KINDS)
_BY_DEFAULT: Final = tuple(kind for kind in SWEEP_KINDS if kind != "abandoned")
