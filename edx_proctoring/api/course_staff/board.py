"""The live board: who is where in one exam, now. Contract: contract/rest-v2#board.

One row per learner, by the newest attempt. The number of queries does not depend on the number of learners, and who was
heard of is read from the cache.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, OrderBy, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from edx_proctoring import conf
from edx_proctoring.api.attempts import last_contact
from edx_proctoring.api.attempts.deadline_report import extended_minutes
from edx_proctoring.api.course_staff import exam_overview, measures, newest_attempts, sort_orders
from edx_proctoring.api.course_staff.attempt_rows import END, RESUME, Learner, exam_ref, learner_of
from edx_proctoring.api.course_staff.attempt_search import NoSuchPage
from edx_proctoring.api.course_staff.exam_overview import Provider
from edx_proctoring.api.course_staff.learner_search import find_learners
from edx_proctoring.api.course_staff.measures import Measure
from edx_proctoring.api.lifecycle import expiry
from edx_proctoring.models import AttemptEffect, AttemptIncident, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.models.attempt_incidents import exists_outage
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_due_date, user_names

__all__ = ["LAST_CONTACT", "SHOWN", "Board", "BoardExam", "BoardRow", "Counts", "exam_board"]

# How often a screen that shows running exams asks again.
REFRESH_SECONDS: Final = 15
SILENT_AFTER: Final = timedelta(seconds=150)
ENDING_SOON: Final = timedelta(minutes=10)
# Of more running attempts, it is not counted who is silent.
_MOST_CONTACTS: Final = 5000

HERE: Final = "here"
SILENT: Final = "silent"
UNKNOWN: Final = "unknown"

# Which rows are shown.
SHOWN: Final = (
    "all",
    "in_exam",
    "silent",
    "ending_soon",
    "paused",
    "help",
    "waiting",
    "errors",
    "to_review",
)

# A sort order besides ``sort_orders.LIVE_BOARD``, of what is in the cache.
LAST_CONTACT: Final = "last_contact_at"

_RUNNING: Final = (Status.started, Status.ready_to_submit)
_OPEN_KINDS: Final = (AttemptIncident.KIND_PAUSE, AttemptIncident.KIND_HELP, AttemptIncident.KIND_ADMISSION)

EXTEND: Final = "extend"
RESET: Final = "reset"


@dataclass(frozen=True, slots=True)
class BoardExam:
    """The exam. ``due_date``: for everybody."""

    id: int
    name: str
    type: str
    provider: Provider | None
    due_date: datetime | None
    time_limit_minutes: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many learners. ``silent``: None if it is unknown or was not counted.

    ``overdue_reviews``: handed in longer than ``REVIEW_OVERDUE_HOURS`` ago, without a verdict.
    ``effects_due``, ``effects_failed``: effects of changes that were not delivered yet, and that were given up.
    """

    by_status: Mapping[str, int]
    in_exam: int
    paused: int
    silent: int | None
    ending_soon: int
    help: int
    waiting: int
    errors: int
    to_review: int
    overdue_reviews: int
    effects_due: int
    effects_failed: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One learner.

    ``contact``: ``here``, ``silent`` (in the exam, and not heard of for a while) or ``unknown``. ``help``, ``waiting``:
    id of the open call for help, and of the open wish to be let in. ``notes``: how many. ``outage``: taken without the
    provider. ``error``: what kept the oldest waiting effect from being delivered.
    """

    attempt_id: int
    user: Learner
    status: str
    paused: bool
    started_at: datetime | None
    expires_at: datetime | None
    time_remaining_seconds: float | None
    extended_minutes: int
    contact: str
    last_contact_at: datetime | None
    help: int | None
    waiting: int | None
    notes: int
    outage: bool
    error: str | None
    actions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Board:
    """An exam at one moment. ``page``: holds ``BoardRow``."""

    exam: BoardExam
    as_of: datetime
    refresh_seconds: int
    counts: Counts
    measures: Sequence[Measure]
    is_contact_known: bool
    page: Page


class _Running(NamedTuple):
    pk: int
    started_at: datetime | None
    allowed_time_limit_mins: int | None

    def ends_soon(self, now: datetime) -> bool:
        end = expiry.expires_at(self.started_at, self.allowed_time_limit_mins)
        return end is not None and end - now < ENDING_SOON


@dataclass(frozen=True, slots=True)
class _Open:
    """The open incidents of an exam. ``pauses``: attempt id → when it began; the others: attempt id → incident id."""

    pauses: dict[int, datetime] = field(default_factory=dict)
    calls: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
    # Also of learners without an attempt.
    waiting_learners: int = 0


@dataclass(frozen=True, slots=True)
class _Contacts:
    """Who was heard of. ``silent``: ids of running attempts, None if it is unknown or they are too many."""

    is_known: bool
    last: Mapping[int, int]
    silent: Collection[int] | None


def exam_board(
    exam_id: int,
    /,
    *,
    now: datetime,
    page: int,
    page_size: int,
    show: str = "all",
    search: str | None = None,
    ordering: Sequence[OrderBy] | None = None,
    by_contact: bool | None = None,
) -> Board:
    """Return the board of an exam.

    Args:
        exam_id: the exam.
        now: the moment.
        page, page_size: which rows, from page 1. The first page of an empty board is empty.
        show: of ``SHOWN``.
        search: part of a username, e-mail address or full name.
        ordering: terms for ``order_by`` that end with the id; without, who is in the exam comes first, by the end of
            the time.
        by_contact: in place of ``ordering``, by when they were heard of; True: the latest first.

    Raises ``ProctoredExamNotFoundException``, ``NoSuchPage``. At most eleven queries.
    """
    exam = ProctoredExam.objects.existing(exam_id)
    newest = newest_attempts.query([exam_id]).order_by()
    by_status, overdue = _statuses(newest, now)
    running = [_Running(*row) for row in newest.filter(status__in=_RUNNING).values_list(*_Running._fields)]
    incidents = _open_incidents(exam_id)
    contacts = _contacts_of(running, now)
    soon = {row.pk for row in running if row.ends_soon(now) and row.pk not in incidents.pauses}
    attempts = _shown(newest, show, incidents, contacts, soon)
    if search is not None:
        learners = find_learners(search, [exam_id], by_name=True)
        attempts = attempts.filter(user_id__in=learners.query if learners.ids is None else learners.ids)
    found = _page_of(attempts, contacts, page, page_size, ordering=ordering, by_contact=by_contact)
    found.object_list = _rows(list(found.object_list), incidents, contacts, now)
    effects = Counter(dict(_effects(exam_id)))
    return Board(
        exam=_exam_of(exam),
        as_of=now,
        refresh_seconds=REFRESH_SECONDS,
        counts=Counts(
            by_status=by_status,
            in_exam=sum(by_status.get(status, 0) for status in _RUNNING),
            paused=len(incidents.pauses),
            silent=None if contacts.silent is None else len(contacts.silent),
            ending_soon=len(soon),
            help=len(incidents.calls),
            waiting=incidents.waiting_learners,
            errors=by_status.get(Status.error, 0),
            to_review=by_status.get(Status.second_review_required, 0),
            overdue_reviews=overdue,
            effects_due=effects[AttemptEffect.STATE_DUE],
            effects_failed=effects[AttemptEffect.STATE_FAILED],
        ),
        measures=measures.measures_in_force(exam_id, now=now),
        is_contact_known=contacts.is_known,
        page=found,
    )


def _exam_of(exam: ProctoredExam) -> BoardExam:
    data = exam_dict(exam)
    return BoardExam(
        id=exam.pk,
        name=exam.exam_name,
        type=exam_ref(exam).type,
        provider=exam_overview.provider_of(exam, data),
        due_date=get_exam_due_date(data),
        time_limit_minutes=exam.time_limit_mins,
    )


def _statuses(newest: QuerySet[ProctoredExamStudentAttempt], now: datetime) -> tuple[dict[str, int], int]:
    """Return status → learners, and how many wait for their review too long."""
    long_ago = now - timedelta(hours=conf.proctoring.review_overdue_hours)
    is_overdue = Q(status=Status.submitted, taking_as_proctored=True, completed_at__lt=long_ago)
    rows = list(newest.values_list("status").annotate(n=Count("pk"), overdue=Count("pk", filter=is_overdue)))
    return {status: number for status, number, _ in rows}, sum(overdue for _, _, overdue in rows)


def _open_incidents(exam_id: int) -> _Open:
    found = _Open()
    rows = AttemptIncident.objects.open().filter(exam_id=exam_id, kind__in=_OPEN_KINDS)
    learners = 0
    for kind, pk, attempt_id, opened_at in rows.order_by("-id").values_list("kind", "pk", "attempt_id", "opened_at"):
        learners += kind == AttemptIncident.KIND_ADMISSION
        if attempt_id is None:
            continue
        if kind == AttemptIncident.KIND_PAUSE:
            found.pauses[attempt_id] = opened_at
        elif kind == AttemptIncident.KIND_HELP:
            found.calls[attempt_id] = pk
        else:
            found.waiting[attempt_id] = pk
    return _Open(found.pauses, found.calls, found.waiting, learners)


def _contacts_of(running: Sequence[_Running], now: datetime) -> _Contacts:
    if not last_contact.is_known():
        return _Contacts(False, {}, None)
    if len(running) > _MOST_CONTACTS:
        return _Contacts(True, {}, None)
    last = last_contact.last_contacts([row.pk for row in running])
    return _Contacts(True, last, [row.pk for row in running if _is_silent(last.get(row.pk), row.started_at, now)])


def _is_silent(heard: int | None, started_at: datetime | None, now: datetime) -> bool:
    """Return whether nothing was heard of a learner for a while. Who starts is heard of, before the first poll."""
    limit = now - SILENT_AFTER
    if started_at is not None and started_at >= limit:
        return False
    return heard is None or heard < limit.timestamp()


def _shown(
    newest: QuerySet[ProctoredExamStudentAttempt],
    show: str,
    incidents: _Open,
    contacts: _Contacts,
    soon: Collection[int],
) -> QuerySet[ProctoredExamStudentAttempt]:
    conditions = {
        "all": Q(),
        "in_exam": Q(status__in=_RUNNING),
        "silent": Q(pk__in=list(contacts.silent or ())),
        "ending_soon": Q(pk__in=list(soon)),
        "paused": Q(pk__in=list(incidents.pauses)),
        "help": Q(pk__in=list(incidents.calls)),
        "waiting": Q(pk__in=list(incidents.waiting)),
        "errors": Q(status=Status.error),
        "to_review": Q(status=Status.second_review_required),
    }
    return newest.filter(conditions[show])


def _page_of(
    attempts: QuerySet[ProctoredExamStudentAttempt],
    contacts: _Contacts,
    page: int,
    page_size: int,
    *,
    ordering: Sequence[OrderBy] | None,
    by_contact: bool | None,
) -> Page:
    """Return the page of ids."""
    ids: Any
    if by_contact is None:
        # Who is in the exam, whose time ends first; then the others.
        is_over = Case(When(status__in=_RUNNING, then=Value(0)), default=Value(1))
        by_default = (OrderBy(is_over), OrderBy(sort_orders.EXPIRES_AT, nulls_last=True), OrderBy(F("pk")))
        ids = attempts.order_by(*(ordering or by_default)).values_list("pk", flat=True)
    else:
        # Those who were never heard of come last, both ways.
        keys = [(contacts.last.get(pk), pk) for pk in attempts.values_list("pk", flat=True)]
        heard = sorted(((at, pk) for at, pk in keys if at is not None), reverse=by_contact)
        ids = [pk for _, pk in heard] + sorted(pk for at, pk in keys if at is None)
    found: Page = Paginator(ids, page_size).get_page(page)
    if found.number != page:
        raise NoSuchPage
    return found


def _rows(ids: Sequence[int], incidents: _Open, contacts: _Contacts, now: datetime) -> list[BoardRow]:
    """Return the rows of attempts in the order of their ids. Two queries, none without ids."""
    if not ids:
        return []
    # Without those that were retracted.
    notes = AttemptIncident.objects.open().filter(attempt_id=OuterRef("pk"), kind=AttemptIncident.KIND_NOTE)
    number = notes.order_by().values("attempt_id").annotate(number=Count("pk")).values("number")
    waiting = AttemptEffect.objects.filter(attempt_id=OuterRef("pk"), state=AttemptEffect.STATE_DUE)
    failed = waiting.exclude(last_error="").order_by("id")
    found = (
        ProctoredExamStudentAttempt.objects.filter(pk__in=ids)
        .select_related(*user_names.profile_join())
        .annotate(
            number_of_notes=Coalesce(Subquery(number, output_field=IntegerField()), 0),
            is_outage=exists_outage(OuterRef("pk")),
            waiting_error=Subquery(failed.values("last_error")[:1]),
        )
    )
    attempts = {attempt.pk: attempt for attempt in found}
    extended = extended_minutes(ids)
    last = (
        contacts.last if contacts.silent is not None else last_contact.last_contacts(ids) if contacts.is_known else {}
    )
    return [
        _row(attempts[pk], incidents, last, extended.get(pk, 0), contacts.is_known, now) for pk in ids if pk in attempts
    ]


def _row(
    attempt: Any, incidents: _Open, last: Mapping[int, int], extended: int, is_contact_known: bool, now: datetime
) -> BoardRow:
    is_running = attempt.status in _RUNNING
    paused_at = incidents.pauses.get(attempt.pk) if is_running else None
    end = expiry.expires_at(attempt.started_at, attempt.allowed_time_limit_mins)
    left = max((end - (paused_at or now)).total_seconds(), 0.0) if is_running and end is not None else None
    heard = last.get(attempt.pk)
    is_silent = _is_silent(heard, attempt.started_at, now)
    return BoardRow(
        attempt_id=attempt.pk,
        user=learner_of(attempt.user),
        status=attempt.status,
        paused=paused_at is not None,
        started_at=attempt.started_at,
        expires_at=None if paused_at else end,
        time_remaining_seconds=left,
        extended_minutes=extended,
        contact=UNKNOWN if not (is_running and is_contact_known) else SILENT if is_silent else HERE,
        last_contact_at=None if heard is None else datetime.fromtimestamp(heard, UTC),
        help=incidents.calls.get(attempt.pk),
        waiting=incidents.waiting.get(attempt.pk),
        notes=attempt.number_of_notes,
        outage=attempt.is_outage,
        error=attempt.waiting_error,
        actions=_actions(attempt, is_running=is_running),
    )


def _actions(attempt: ProctoredExamStudentAttempt, *, is_running: bool) -> list[str]:
    if is_running:
        return [EXTEND, END, RESET]
    return [RESUME, RESET] if attempt.is_resumable else [RESET]


def _effects(exam_id: int) -> list[tuple[str, int]]:
    effects = AttemptEffect.objects.filter(exam_id=exam_id).unsettled()
    return list(effects.order_by().values_list("state").annotate(Count("pk")))
