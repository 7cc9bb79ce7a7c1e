"""Delivering what is due, each party in a lane of its own, so that a slow one does not hold up the others.

A lane is the mails, one provider, or everything that stays in this platform. Lanes run in threads, each with
its own database connection; a provider to which much is due has several, because a call mostly waits. Inside a
transaction, and on SQLite in memory, there is only one connection: there the lanes run one after the other.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, connections
from django.db.models import Count
from django.utils import timezone

from edx_proctoring.api.effects import delivery
from edx_proctoring.api.effects.delivery import DeliveryReport
from edx_proctoring.models import AttemptEffect, ProctoredExam

__all__ = ["Deliverer", "deliver_in_lanes"]

_MOST_THREADS: Final = 64

# Calls to one provider that one deliverer makes at the same time, and how many effects are worth one more thread.
_MOST_CALLS: Final = 4
_EFFECTS_PER_CALL: Final = 10

# How often, and after which pause, a lane looks again for what is due and locked.
_MOST_LOOKS: Final = 20
_LOOK_AGAIN_SECONDS: Final = 0.01

_MAILS: Final = "mails"
_PLATFORM: Final = "platform"


@dataclass(frozen=True, slots=True)
class Lane:
    """Effects of one party. ``kinds``: of the effects; ``exam_ids``: of their exams, None for all.

    ``threads``: how many deliver them at the same time.
    """

    name: str
    kinds: frozenset[str]
    exam_ids: frozenset[int] | None = None
    threads: int = 1

    def has_due(self) -> bool:
        """Return whether something is due in the lane."""
        due = AttemptEffect.objects.due(timezone.now()).filter(kind__in=self.kinds)
        return (due if self.exam_ids is None else due.filter(exam_id__in=self.exam_ids)).exists()


class Deliverer:
    """Delivers in lanes until stopped; a lane that is still busy gets no more threads than it may have.

    ``on_report``: called after each batch, from the lane's thread. ``limit``: effects taken at once. ``is_loop``: the
    caller comes back for what becomes due meanwhile, so it must not wait for a lane, not even for the only one.
    ``course_id``: only effects of this course, None for all.
    """

    def __init__(
        self,
        *,
        limit: int,
        on_report: Callable[[DeliveryReport], None],
        is_loop: bool = False,
        course_id: str | None = None,
    ) -> None:
        self._limit = limit
        self._course_id = course_id
        self._is_loop = is_loop
        self._on_report = on_report
        self._executor: ThreadPoolExecutor | None = None
        self._busy: dict[tuple[str, int], Future[None]] = {}

    def start_due(self) -> None:
        """Start a lane for each party to which something is due. Raises what a lane that has ended raised."""
        self._collect()
        lanes = due_lanes(self._course_id)
        free = [
            (lane, number) for lane in lanes for number in range(lane.threads) if (lane.name, number) not in self._busy
        ]
        is_only_one = len(free) == 1 and not self._busy and not self._is_loop
        if not _may_use_threads() or is_only_one:
            for lane in lanes:
                self._drain(lane)
            return
        self._executor = self._executor or ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="effects")
        for lane, number in free:
            self._busy[lane.name, number] = self._executor.submit(self._drain_in_thread, lane)

    def wait(self) -> None:
        """Wait for all lanes. Raises what one of them raised."""
        wait(self._busy.values())
        self._collect()

    def _collect(self) -> None:
        for place, future in list(self._busy.items()):
            if future.done():
                del self._busy[place]
                future.result()

    def _drain_in_thread(self, lane: Lane) -> None:
        try:
            self._drain(lane)
        finally:
            connections.close_all()

    def _drain(self, lane: Lane) -> None:
        """Deliver until nothing is due in the lane. What fails waits for its next try, so this ends."""
        # Small batches where threads share a lane, so that one does not claim the work of all.
        limit = self._limit if lane.threads == 1 else min(self._limit, _EFFECTS_PER_CALL)
        looks = 0
        while looks < _MOST_LOOKS:
            report = delivery.deliver_due_effects(limit=limit, kinds=lane.kinds, exam_ids=lane.exam_ids)
            if report != DeliveryReport():
                self._on_report(report)
                looks = 0
            elif lane.has_due():
                # MySQL locks the rows that another lane looks through, for the moment that this takes; they were
                # skipped here.
                looks += 1
                time.sleep(_LOOK_AGAIN_SECONDS * looks)
            else:
                return


def deliver_in_lanes(*, limit: int = 200, course_id: str | None = None) -> DeliveryReport:
    """Deliver what is due now, in lanes, and return what was done.

    ``limit``: effects taken at once. ``course_id``: only of this course, None for all.
    """
    total = DeliveryReport()
    lock = threading.Lock()

    def add(report: DeliveryReport) -> None:
        nonlocal total
        with lock:
            total += report

    deliverer = Deliverer(limit=limit, on_report=add, course_id=course_id)
    deliverer.start_due()
    deliverer.wait()
    return total


def due_lanes(course_id: str | None = None) -> list[Lane]:
    """Return the lanes in which something is due. ``course_id``: in this course, None for all."""
    due = AttemptEffect.objects.due(timezone.now()).order_by()
    of_course = None
    if course_id is not None:
        of_course = frozenset(ProctoredExam.objects.filter(course_id=course_id).values_list("pk", flat=True))
        due = due.filter(exam_id__in=of_course)
    kinds = set(due.values_list("kind", flat=True).distinct())
    lanes = []
    local = frozenset(kinds - {AttemptEffect.KIND_MAIL, AttemptEffect.KIND_PROVIDER})
    if local:
        lanes.append(Lane(_PLATFORM, local, of_course))
    if AttemptEffect.KIND_MAIL in kinds:
        lanes.append(Lane(_MAILS, frozenset({AttemptEffect.KIND_MAIL}), of_course))
    if AttemptEffect.KIND_PROVIDER in kinds:
        counts = due.filter(kind=AttemptEffect.KIND_PROVIDER).values_list("exam_id").annotate(Count("pk"))
        lanes += _lanes_of_providers(dict(counts))
    return lanes


def _lanes_of_providers(counts: Mapping[int, int]) -> list[Lane]:
    """``counts``: exam id -> how many effects are due to its provider."""
    backends: dict[int, Any] = dict(ProctoredExam.objects.filter(pk__in=counts).values_list("pk", "backend"))
    exams: dict[Any, set[int]] = defaultdict(set)
    for exam_id in counts:
        exams[backends.get(exam_id)].add(exam_id)
    kinds = frozenset({AttemptEffect.KIND_PROVIDER})
    return [
        Lane(f"provider {backend}", kinds, frozenset(ids), _threads_for(sum(counts[exam_id] for exam_id in ids)))
        for backend, ids in exams.items()
    ]


def _threads_for(effects: int) -> int:
    if not connection.features.has_select_for_update_skip_locked:
        # Threads would wait for each other's locks.
        return 1
    return min(_MOST_CALLS, -(-effects // _EFFECTS_PER_CALL))


def _may_use_threads() -> bool:
    is_in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
    return not connection.in_atomic_block and not is_in_memory
