"""What a status change causes: credit, grade, certificate, e-mail, provider, event, signal.

Spec: python-api.md 7.5, beyond.md 1, cross-cutting.md C2-C4. An effect is planned as data
(``Effect``), written as a row in the transaction of the change (``record``) and delivered after it
(``deliver``). A delivered row is deleted; so each row left tells of something that somebody has
not heard yet.

- A failing effect is logged and kept, never raised: the status stands. It is tried again with
  growing pauses (10 s to 1 h), by ``deliver_due`` and by the next change of the same attempt, and
  given up after a day.
- Deliveries are idempotent: they say what is now, not what changed. An effect that is no longer
  true is not delivered but marked superseded.
- Of two effects that contradict each other (``lane``) the newer has the last word, also if a slow
  process still delivers the older one: then the newer is delivered once more after it.
- A row that somebody is delivering is on loan (``LEASE``): nobody else touches it meanwhile. A
  process that dies with it may cause a second delivery, never none; of a mail only if it dies
  between the mail server's yes and the next statement (docs/decisions/0005-when-effects-are-forgotten.rst).
- With ``ASYNC_PROVIDER_CALLS``, provider calls and mails are left to a Celery task, sent by name
  after commit. Without Celery they are delivered like leftovers.

Who receives an effect is registered with ``receives``: see ``receivers``, and rooms above.
"""

import json
import logging
import random
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import groupby
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from edx_proctoring import backends, conf
from edx_proctoring.api.lifecycle.queries import attempt_dict
from edx_proctoring.backends import call_options
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.utils.db import inner_savepoint, retried, short_transaction

__all__ = [
    "DeliveryReport",
    "deliver_due_effects",
    "give_up_effects",
    "retry_effects",
]

log = logging.getLogger(__name__)

# A kind of our own beside those of the model: what a change causes inside this app.
KIND_CASCADE: Final = "cascade"

# Kinds that wait for a worker when ASYNC_PROVIDER_CALLS is on: those that talk to the outside.
OUTSIDE_KINDS: Final = frozenset({AttemptEffect.KIND_PROVIDER, AttemptEffect.KIND_MAIL})

LEASE: Final = timedelta(seconds=60)
# In a batch, what was read longer ago than this is read once more before it is delivered.
LOOK_AGAIN_AFTER: Final = timedelta(seconds=10)
FIRST_PAUSE_SECONDS: Final = 10
LONGEST_PAUSE_SECONDS: Final = 60 * 60
GIVE_UP_AFTER: Final = timedelta(hours=24)

# Celery tasks are sent by name (cross-cutting C27): this layer does not import the door.
TASK_DELIVER: Final = "edx_proctoring.tasks.deliver_effects"


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence, as plain data. ``arguments``: ids and status words only, no names."""

    kind: str
    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many effects were delivered, superseded, failed (to be tried again) and given up."""

    delivered: int = 0
    superseded: int = 0
    failed: int = 0
    given_up: int = 0

    def __add__(self, other: "DeliveryReport") -> "DeliveryReport":
        return DeliveryReport(
            self.delivered + other.delivered,
            self.superseded + other.superseded,
            self.failed + other.failed,
            self.given_up + other.given_up,
        )


class Scene:
    """The attempt as it is now, in the forms that receivers ask for; made once for all of them."""

    def __init__(self, attempt: ProctoredExamStudentAttempt, actor: Any = None) -> None:
        self.attempt = attempt
        self.actor = actor

    @cached_property
    def attempt_dict(self) -> dict[str, Any]:
        """The attempt as the contract's dict."""
        return attempt_dict(self.attempt)

    @property
    def exam_dict(self) -> dict[str, Any]:
        """Its exam as the contract's dict."""
        exam: dict[str, Any] = self.attempt_dict["proctored_exam"]
        return exam

    @property
    def provider(self) -> Any:
        """The provider of its exam, None for a timed exam."""
        return backends.get_backend_provider(self.exam_dict)

    def actor_of(self, arguments: Mapping[str, Any]) -> Any:
        """The ``User`` who caused the change, or None; looked up if the change is long over."""
        actor_id = arguments.get("actor_id")
        if self.actor is None and actor_id is not None:
            self.actor = get_user_model().objects.filter(pk=actor_id).first()
        return self.actor


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a receiver gets to see: the effect, and the scene."""

    call: str
    to_status: str
    arguments: Mapping[str, Any]
    scene: Scene

    @property
    def attempt(self) -> ProctoredExamStudentAttempt:
        """The attempt as it is now, with exam and user."""
        return self.scene.attempt


# Receivers


@dataclass(frozen=True, slots=True)
class Route:
    """How one call is delivered.

    ``lane``: of the effects of one attempt in the same lane, only the newest is still true.
    ``only_while``: statuses of the attempt in which it is still true; None for always.
    ``status_must_hold``: it is true as long as the attempt is in the status that caused it.
    ``keeps_parts``: what it did before it failed stands, also in a caller's transaction.
    ``reaches_a_person``: a second delivery is no news to a service, but it is to people. So the row
    goes at once and not with the others: a process that dies meanwhile must not mail again.
    """

    receiver: Callable[[Delivery], None]
    lane: str | None = None
    only_while: Collection[str] | None = None
    status_must_hold: bool = False
    keeps_parts: bool = False
    reaches_a_person: bool = False

    def is_superseded(self, to_status: str, status_now: str) -> bool:
        """Return whether an effect of ``to_status`` is no longer true of an attempt in ``status_now``."""
        if self.status_must_hold and status_now != to_status:
            return True
        return self.only_while is not None and status_now not in self.only_while

    def is_overtaken(self, to_status: str, status_now: str, lanes: Collection[str | None]) -> bool:
        """Return whether a change to ``status_now``, with effects in these lanes, leaves an older effect untrue."""
        return self.lane in lanes or self.is_superseded(to_status, status_now)


_ROUTES: dict[tuple[str, str], Route] = {}


def receives(
    kind: str,
    call: str,
    *,
    lane: str | None = None,
    only_while: Collection[str] | None = None,
    status_must_hold: bool = False,
    keeps_parts: bool = False,
    reaches_a_person: bool = False,
) -> Callable[[Callable[[Delivery], None]], Callable[[Delivery], None]]:
    """Register the decorated function as receiver of an effect; arguments as of ``Route``.

    The receiver returns if the effect is delivered and raises if it is to be tried again.
    """

    def register(receiver: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
        _ROUTES[kind, call] = Route(receiver, lane, only_while, status_must_hold, keeps_parts, reaches_a_person)
        return receiver

    return register


class AlreadyLogged(Exception):
    """Raised by a receiver from an error that it logged itself, in the words of the contract."""


# Recording


def record(
    attempt: ProctoredExamStudentAttempt,
    effects: Sequence[Effect],
    *,
    from_status: str,
    to_status: str,
    now: datetime,
    others_wait: bool = True,
) -> list[AttemptEffect]:
    """Write effects beside the change that causes them; return what is to be delivered now, in order.

    To be called in the transaction of the change, with the attempt locked. What an earlier change
    left behind is superseded or, if its pause is over, returned first; these rows are locked too.
    ``others_wait``: False where the caller has seen, under the lock, that nothing was left behind; that
    saves a query.
    """
    written = [
        AttemptEffect(
            attempt_id=attempt.pk,
            attempt_code=attempt.attempt_code or "",
            exam_id=attempt.proctored_exam_id,
            kind=effect.kind,
            call_name=effect.call,
            arguments=json.dumps(dict(effect.arguments)),
            from_status=from_status,
            to_status=to_status,
            next_try_at=now + LEASE,
        )
        for effect in effects
    ]
    AttemptEffect.objects.bulk_create(written)
    if not others_wait and all(row.pk for row in written):
        return written
    # One query for both: what was left behind, and the keys of our own rows, which MySQL does not tell.
    waiting = list(AttemptEffect.objects.of_attempt(attempt.pk).filter(state=AttemptEffect.STATE_DUE))
    leftovers, rows = _told_apart(waiting, written)
    lanes = {_route(effect.kind, effect.call).lane for effect in effects} - {None}

    def is_overtaken(row: AttemptEffect) -> bool:
        return _route_of(row).is_overtaken(row.to_status, to_status, lanes)

    concerned = _held(row for row in leftovers if is_overtaken(row) or row.next_try_at <= now)
    superseded = [row for row in concerned if is_overtaken(row)]
    if superseded:
        _settle_superseded(superseded)
        _heed_those_on_loan(superseded, rows, now)
    ripe = [row for row in concerned if row not in superseded and row.next_try_at <= now]
    if ripe:
        _lend(ripe, now)
    return ripe + rows


def _held(rows: Iterable[AttemptEffect]) -> list[AttemptEffect]:
    """Return the rows as they are now, locked, without those that are settled: other hosts deliver meanwhile."""
    keys = [row.pk for row in rows]
    if not keys:
        return []
    waiting = AttemptEffect.objects.filter(pk__in=keys, state=AttemptEffect.STATE_DUE)
    return list(waiting.order_by("id").select_for_update())


def _told_apart(
    waiting: Sequence[AttemptEffect], written: Sequence[AttemptEffect]
) -> tuple[list[AttemptEffect], list[AttemptEffect]]:
    """Return (older rows, those just written), of all that wait in the order of their keys."""
    if not written:
        return list(waiting), []
    keys: set[int | None] = {row.pk for row in written}
    if None in keys:
        # The attempt is locked, so its newest rows are ours.
        return list(waiting[: -len(written)]), list(waiting[-len(written) :])
    return [row for row in waiting if row.pk not in keys], [row for row in waiting if row.pk in keys]


def _heed_those_on_loan(superseded: Sequence[AttemptEffect], rows: Sequence[AttemptEffect], now: datetime) -> None:
    """Make sure that of two effects in one lane the newer has the last word, also while the older is being delivered.

    If this very thread delivers it, further up the stack, it is told to leave it. If another process does, it cannot be
    stopped: then the newer one is delivered now, and once more when that loan is over.
    """
    overtaken = _overtaken.get()
    if overtaken is not None:
        overtaken.update(row.pk for row in superseded)
    on_loan_elsewhere = {
        _route_of(row).lane: row.next_try_at
        for row in superseded
        if _is_on_loan(row, now) and row.attempt_id not in _delivering.get()
    }
    on_loan_elsewhere.pop(None, None)
    for row in rows:
        row.__dict__["repeat_at"] = on_loan_elsewhere.get(_route_of(row).lane)


def _is_on_loan(row: AttemptEffect, now: datetime) -> bool:
    """Return whether somebody may be delivering a row: at its first try, or lent since. Else it waits for its pause."""
    return row.next_try_at > now and (row.tries == 0 or row.next_try_at - row.modified == LEASE)


def keep_failed(attempt: ProctoredExamStudentAttempt, effect: Effect, error: Exception) -> None:
    """Keep an effect that somebody tried to deliver without a row and failed: it is tried again."""
    now = timezone.now()
    row = AttemptEffect(
        attempt_id=attempt.pk,
        attempt_code=attempt.attempt_code or "",
        exam_id=attempt.proctored_exam_id,
        kind=effect.kind,
        call_name=effect.call,
        arguments=json.dumps(dict(effect.arguments)),
        from_status=attempt.status,
        to_status=attempt.status,
        next_try_at=now,
    )
    row.save()
    _keep_for_later(row, error)


# Delivering


def deliver(
    rows: Sequence[AttemptEffect], attempt: ProctoredExamStudentAttempt, *, actor: Any = None
) -> DeliveryReport:
    """Deliver what ``record`` returned, after the transaction of the change.

    ``attempt``: as it is now, with exam and user. ``actor``: the ``User`` behind the change, or
    None. Providers get the time of a page only; what they miss is told them later, with more
    patience. Never raises for a receiver's sake. Constant number of queries, apart from those of the
    receivers and one per failure.
    """
    if conf.proctoring.async_provider_calls:
        for_workers = [row.pk for row in rows if row.kind in OUTSIDE_KINDS]
        rows = [row for row in rows if row.kind not in OUTSIDE_KINDS]
        if for_workers:
            transaction.on_commit(partial(_send_to_workers, for_workers))
    with call_options.use(is_page_waiting=True):
        return _deliver_rows(rows, attempt, actor=actor)


def deliver_due_effects(
    *,
    effect_ids: Collection[int] | None = None,
    now: datetime | None = None,
    limit: int = 200,
    ignore_pause: bool = False,
) -> DeliveryReport:
    """Deliver leftovers whose time has come; for cron, Celery and staff.

    ``effect_ids``: only these. ``ignore_pause``: also before their next try; what somebody else is
    delivering at this moment may then be delivered twice. ``limit``: at most so many at once. Safe to
    run on several hosts at the same time. Spec: beyond.md 1.
    """
    began = timezone.now()
    now = now or began
    rows = _claim(effect_ids, now=now, limit=limit, ignore_pause=ignore_pause)
    attempts = _attempts_of(rows)
    report = DeliveryReport()
    in_order = sorted(rows, key=lambda row: (row.attempt_id, row.pk))
    for attempt_id, group in groupby(in_order, key=lambda row: row.attempt_id):
        mine, attempt = list(group), attempts.get(attempt_id)
        if timezone.now() - began > LOOK_AGAIN_AFTER:
            # Those before took long: the loan ends soon, or has ended, and the attempt may have moved on.
            mine = _renew(mine, lent_until=now + LEASE)
            attempt = _attempts_of(mine).get(attempt_id)
        if attempt is None:
            # The attempt was removed: there is nothing left to be true.
            _settle_superseded(mine)
            report += DeliveryReport(superseded=len(mine))
        else:
            report += _deliver_rows(mine, attempt)
    if rows:
        log.info(
            "effects delivered: delivered=%s superseded=%s failed=%s given_up=%s",
            report.delivered,
            report.superseded,
            report.failed,
            report.given_up,
        )
    return report


def retry_effects(effect_ids: Collection[int]) -> DeliveryReport:
    """Try effects again at once, also those that were given up: a member of staff asked for it."""
    AttemptEffect.objects.filter(pk__in=effect_ids, state=AttemptEffect.STATE_FAILED).update(
        state=AttemptEffect.STATE_DUE
    )
    return deliver_due_effects(effect_ids=effect_ids, limit=len(effect_ids), ignore_pause=True)


def give_up_effects(effect_ids: Collection[int]) -> int:
    """Stop trying to deliver effects; return how many. A member of staff decided so."""
    return AttemptEffect.objects.filter(pk__in=effect_ids, state=AttemptEffect.STATE_DUE).update(
        state=AttemptEffect.STATE_FAILED
    )


def _deliver_rows(
    rows: Iterable[AttemptEffect], attempt: ProctoredExamStudentAttempt, *, actor: Any = None
) -> DeliveryReport:
    with _delivering_effects_of(attempt.pk) as overtaken:
        return _deliver_one_by_one(rows, Scene(attempt, actor), overtaken)


def _deliver_one_by_one(rows: Iterable[AttemptEffect], scene: Scene, overtaken: Collection[int]) -> DeliveryReport:
    to_be_forgotten: list[AttemptEffect] = []
    superseded: list[AttemptEffect] = []
    report = DeliveryReport()
    for row in rows:
        route = _route_of(row)
        if row.pk in overtaken or route.is_superseded(row.to_status, scene.attempt.status):
            superseded.append(row)
            continue
        try:
            with nullcontext() if route.keeps_parts else inner_savepoint():
                route.receiver(Delivery(row.call_name, row.to_status, json.loads(row.arguments), scene))
        except Exception as error:  # pylint: disable=broad-except
            # Providers and services raise what they like, and the status stands (C3).
            report += _keep_for_later(row, error)
        else:
            report += DeliveryReport(delivered=1)
            repeat_at = row.__dict__.get("repeat_at")
            if repeat_at is not None:
                _repeat_at(row, repeat_at)
                continue
            to_be_forgotten.append(row)
            if route.reaches_a_person:
                _forget(to_be_forgotten)
                to_be_forgotten = []
    if superseded:
        _settle_superseded(superseded)
    if to_be_forgotten:
        _forget(to_be_forgotten)
    return report + DeliveryReport(superseded=len(superseded))


# What this thread is delivering, for changes that receivers make: attempts, and rows of theirs that became untrue.
_delivering: ContextVar[frozenset[int]] = ContextVar("effects_being_delivered", default=frozenset())
_overtaken: ContextVar[set[int] | None] = ContextVar("effects_overtaken", default=None)


@contextmanager
def _delivering_effects_of(attempt_id: int) -> Iterator[Collection[int]]:
    """Inside: this thread delivers effects of the attempt. Yields the rows that are overtaken meanwhile."""
    overtaken = _overtaken.get()
    if overtaken is None:
        overtaken = set()
    tokens = _delivering.set(_delivering.get() | {attempt_id}), _overtaken.set(overtaken)
    try:
        yield overtaken
    finally:
        _delivering.reset(tokens[0])
        _overtaken.reset(tokens[1])


@short_transaction
def _claim(effect_ids: Collection[int] | None, *, now: datetime, limit: int, ignore_pause: bool) -> list[AttemptEffect]:
    """Take due rows on loan: for the length of the lease nobody else delivers them."""
    due = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).order_by("id")
    if not ignore_pause:
        due = due.filter(next_try_at__lte=now)
    if effect_ids is not None:
        due = due.filter(pk__in=effect_ids)
    rows = list(due.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:limit])
    if rows:
        _lend(rows, now)
    return rows


@retried
def _forget(rows: Collection[AttemptEffect]) -> None:
    AttemptEffect.objects.filter(pk__in=[row.pk for row in rows]).delete()


@short_transaction
def _renew(rows: Collection[AttemptEffect], *, lent_until: datetime) -> list[AttemptEffect]:
    """Lend rows for another lease; return those of them that nobody else has taken or settled meanwhile, in order."""
    ours = list(
        AttemptEffect.objects.filter(
            pk__in=[row.pk for row in rows], state=AttemptEffect.STATE_DUE, next_try_at=lent_until
        )
        .order_by("id")
        .select_for_update()
    )
    if ours:
        _lend(ours, timezone.now())
    return ours


def _attempts_of(rows: Collection[AttemptEffect]) -> dict[int, ProctoredExamStudentAttempt]:
    """Return the attempts of effects as they are now, by id, with exam and user; removed ones are left out."""
    attempts = ProctoredExamStudentAttempt.objects.filter(pk__in={row.attempt_id for row in rows})
    return {attempt.pk: attempt for attempt in attempts.with_exam_and_user()}


def _lend(rows: Collection[AttemptEffect], now: datetime) -> None:
    # ``modified`` says since when, so that a loan is not taken for a pause.
    AttemptEffect.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + LEASE, modified=now)


@retried
def _repeat_at(row: AttemptEffect, moment: datetime) -> None:
    AttemptEffect.objects.filter(pk=row.pk).update(next_try_at=moment)


@retried
def _settle_superseded(rows: Collection[AttemptEffect]) -> None:
    AttemptEffect.objects.filter(pk__in=[row.pk for row in rows]).update(state=AttemptEffect.STATE_SUPERSEDED)
    for row in rows:
        log.info(
            "effect superseded: effect_id=%s attempt_id=%s exam_id=%s call=%s",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.call_name,
        )


def _keep_for_later(row: AttemptEffect, error: Exception) -> DeliveryReport:
    """Note a failed delivery, unless somebody else has settled the effect meanwhile; return what became of it."""
    now = timezone.now()
    row.tries += 1
    row.next_try_at = now + pause_after(row.tries)
    row.last_error = describe_error(error)
    try_again = now - row.created < GIVE_UP_AFTER
    row.state = AttemptEffect.STATE_DUE if try_again else AttemptEffect.STATE_FAILED
    # Overtaken, given up by staff or delivered by another process, it is not to come back.
    if not _note_failure(row, now):
        log.warning(
            "effect not delivered, settled meanwhile: effect_id=%s attempt_id=%s exam_id=%s kind=%s call=%s error=%s",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.kind,
            row.call_name,
            row.last_error,
        )
        return DeliveryReport(superseded=1)
    if not isinstance(error, AlreadyLogged) or not try_again:
        (log.warning if try_again else log.error)(
            "effect not delivered, %s: effect_id=%s attempt_id=%s exam_id=%s kind=%s call=%s try=%s error=%s",
            "will be tried again" if try_again else "given up",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.kind,
            row.call_name,
            row.tries,
            row.last_error,
            exc_info=not isinstance(error, AlreadyLogged),
        )
    return DeliveryReport(failed=1) if try_again else DeliveryReport(given_up=1)


@retried
def _note_failure(row: AttemptEffect, now: datetime) -> bool:
    """Save the failure that the row tells of; return whether the effect was still due."""
    still_due = AttemptEffect.objects.filter(pk=row.pk, state=AttemptEffect.STATE_DUE)
    return bool(
        still_due.update(
            tries=row.tries, next_try_at=row.next_try_at, last_error=row.last_error, state=row.state, modified=now
        )
    )


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries: doubling, from 10 s to 1 h, with jitter against stampedes."""
    # The jitter adds up to half, so the base stops where base and jitter together reach the longest pause.
    base = min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), LONGEST_PAUSE_SECONDS / 1.5)
    return timedelta(seconds=base * random.uniform(1, 1.5))  # noqa: S311 - no secret


def describe_error(error: BaseException) -> str:
    """Return class and text of an error, short, without anything that looks like an e-mail address."""
    if isinstance(error, AlreadyLogged) and error.__cause__ is not None:
        error = error.__cause__
    text = re.sub(r"\S+@\S+", "[address]", str(error))
    return f"{type(error).__name__}: {text}"[:255]


def _route(kind: str, call: str) -> Route:
    try:
        return _ROUTES[kind, call]
    except KeyError:
        # A row of a newer release, met after a downgrade: kept, visible, and tried again.
        return _UNKNOWN_ROUTE


def _route_of(row: AttemptEffect) -> Route:
    return _route(row.kind, row.call_name)


def _refuse_unknown(delivery: Delivery) -> None:
    raise LookupError(f"this release knows no receiver of {delivery.call}")


_UNKNOWN_ROUTE: Final = Route(_refuse_unknown)


def _send_to_workers(effect_ids: list[int]) -> None:
    try:
        # Inside, because Celery is an extra: without workers this line is never reached.
        from celery import current_app

        current_app.send_task(TASK_DELIVER, kwargs={"effect_ids": effect_ids})
    except Exception:  # pylint: disable=broad-except
        # The change is committed and the rows are there: ``deliver_effects`` picks them up.
        log.warning("no worker could be told about effects: count=%s", len(effect_ids), exc_info=True)


# Completion: the receiver of the save is told by the change itself, not by the save (python-api.md 11.2)

_completion_planned: ContextVar[frozenset[int]] = ContextVar("completion_planned", default=frozenset())


@contextmanager
def completion_planned_for(attempt_id: int) -> Iterator[None]:
    """Inside: this attempt's completion is an effect of the change, so saving it reports nothing."""
    token = _completion_planned.set(_completion_planned.get() | {attempt_id})
    try:
        yield
    finally:
        _completion_planned.reset(token)


def is_completion_planned(attempt_id: int) -> bool:
    """Return whether the completion of this attempt will be reported by the change that is being saved."""
    return attempt_id in _completion_planned.get()
