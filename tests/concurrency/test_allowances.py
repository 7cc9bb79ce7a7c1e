"""Two members of staff write the same allowance at once."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import pre_delete, pre_save

from edx_proctoring import api
from edx_proctoring.api.exams import allowance_changes
from edx_proctoring.exceptions import AllowanceChangeAlreadyUndone
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory, StaffJobRow
from tests.factories import make_allowance, make_staff

from .conftest import JOIN_SECONDS, at_the_same_time

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update,
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]


@pytest.fixture
def meet_before_writing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Hold each thread that has read the allowance, and is about to write it, until two have arrived; once.

    The argument of what this returns: the most seconds. Under the lock the second never arrives, and the first goes on
    alone; without it both arrive, on a busy machine after a while.
    """
    signals = (pre_save, pre_delete)
    receivers: list[Callable[..., None]] = []
    objects = ProctoredExamStudentAllowance.objects

    def install(seconds: float) -> None:
        barrier, is_over = threading.Barrier(2), threading.Event()

        def hold(**kwargs: Any) -> None:
            if not is_over.is_set():
                with contextlib.suppress(threading.BrokenBarrierError):
                    barrier.wait(timeout=seconds)
                is_over.set()

        def held_before(original: Callable[..., Any]) -> Callable[..., Any]:
            def write(rows: Sequence[Any], *args: Any, **options: Any) -> Any:
                if rows:
                    hold()
                return original(rows, *args, **options)

            return write

        for name in ("bulk_update", "bulk_create"):
            monkeypatch.setattr(objects, name, held_before(getattr(objects, name)))
        for signal in signals:
            signal.connect(hold, sender=ProctoredExamStudentAllowance, weak=False)
        receivers.append(hold)

    yield install
    for signal in signals:
        for hold in receivers:
            signal.disconnect(hold, sender=ProctoredExamStudentAllowance)


@pytest.mark.contract("rest-v2#allowances-change")
@pytest.mark.parametrize(
    ("locked", "is_chain"),
    [
        pytest.param(False, False, id="control-without-the-lock-the-race-is-real"),
        pytest.param(True, True, id="with-the-lock-each-record-follows-the-other"),
    ],
)
def test_two_values_at_once(
    seed: int, without_locks: Any, meet_before_saving: Any, locked: bool, is_chain: bool
) -> None:
    allowance, ann, ben = make_allowance(value="30"), make_staff(), make_staff()
    if not locked:
        without_locks()
    meet_before_saving(2, 1 if locked else JOIN_SECONDS, sender=ProctoredExamStudentAllowance)
    changes = at_the_same_time(
        lambda: allowance_changes.change_allowance(allowance.pk, value="10", by=ann),
        lambda: allowance_changes.change_allowance(allowance.pk, value="20", by=ben),
    )
    assert {change.after for change in changes} == {"10", "20"}, changes
    first, second = (row.result_data for row in StaffJobRow.objects.order_by("pk"))
    assert ((first["before"], second["before"]) == ("30", first["after"])) is is_chain
    allowance.refresh_from_db()
    assert not is_chain or allowance.value == second["after"]


LOCKED = pytest.mark.parametrize(
    ("locked", "refused"),
    [
        pytest.param(False, 0, id="control-without-the-lock-both-are-served"),
        pytest.param(True, 1, id="with-the-lock-one-is-refused"),
    ],
)


@pytest.fixture
def meet(without_locks: Any, meet_before_saving: Any) -> Callable[[bool], None]:
    """Let both read before one saves, which the lock prevents if it is there."""

    def prepare(locked: bool) -> None:
        if not locked:
            without_locks()
        meet_before_saving(2, 1 if locked else JOIN_SECONDS, sender=ProctoredExamStudentAllowance)

    return prepare


@LOCKED
def test_of_two_with_the_version_that_both_saw_one_wins(
    seed: int, meet: Callable[[bool], None], locked: bool, refused: int
) -> None:
    allowance, staff = make_allowance(value="30"), make_staff()
    seen = {allowance_changes.version_of(ProctoredExamStudentAllowance.objects.get())}
    meet(locked)
    outcomes = at_the_same_time(
        *[
            lambda value=value: allowance_changes.change_allowance(allowance.pk, value=value, versions=seen, by=staff)
            for value in ("10", "20")
        ]
    )
    assert sum(isinstance(outcome, allowance_changes.OtherVersion) for outcome in outcomes) == refused, outcomes


@LOCKED
def test_two_clicks_undo_once(seed: int, meet: Callable[[bool], None], locked: bool, refused: int) -> None:
    allowance, staff = make_allowance(value="30"), make_staff()
    row_id: Any = allowance_changes.change_allowance(allowance.pk, value="10", by=staff).row_id
    meet(locked)
    outcomes = at_the_same_time(*[lambda: allowance_changes.undo_allowance_change(row_id, by=staff)] * 2)
    assert sum(isinstance(outcome, AllowanceChangeAlreadyUndone) for outcome in outcomes) == refused, outcomes
    allowance.refresh_from_db()
    assert allowance.value == "30"


@LOCKED
def test_two_undo_a_removal_once(seed: int, meet: Callable[[bool], None], locked: bool, refused: int) -> None:
    allowance, staff = make_allowance(value="30"), make_staff()
    row_id: Any = allowance_changes.remove_allowance(allowance.pk, by=staff).row_id
    meet(locked)
    outcomes = at_the_same_time(*[lambda: allowance_changes.undo_allowance_change(row_id, by=staff)] * 2)
    assert sum(isinstance(outcome, AllowanceChangeAlreadyUndone) for outcome in outcomes) == refused, outcomes
    assert ProctoredExamStudentAllowance.objects.get().value == "30"


def give_one(allowance: ProctoredExamStudentAllowance, value: str) -> Callable[[], Any]:
    exam_id, user_id, key = allowance.proctored_exam_id, allowance.user_id, allowance.key
    return lambda: api.add_allowance_for_user(exam_id, user_id, key, value, by=make_staff())


def give_many(allowance: ProctoredExamStudentAllowance, value: str) -> Callable[[], Any]:
    exam_ids, user_ids, key = [allowance.proctored_exam_id], [allowance.user_id], allowance.key
    return lambda: api.add_bulk_allowances(exam_ids, user_ids, key, value, by=make_staff())


def remove_one(allowance: ProctoredExamStudentAllowance, value: str) -> Callable[[], Any]:
    exam_id, user_id, key = allowance.proctored_exam_id, allowance.user_id, allowance.key
    return lambda: api.remove_allowance_for_user(exam_id, user_id, key, by=make_staff())


@pytest.mark.contract("allowances#undo")
@pytest.mark.parametrize(
    ("locked", "is_chain"),
    [
        pytest.param(False, False, id="control-without-the-lock-the-race-is-real"),
        pytest.param(True, True, id="with-the-lock-each-record-follows-the-other"),
    ],
)
@pytest.mark.parametrize(
    "pair",
    [
        pytest.param((give_many, give_many), id="bulk-and-bulk"),
        pytest.param((give_many, give_one), id="bulk-and-single"),
        pytest.param((remove_one, give_one), id="removal-and-single"),
        pytest.param((remove_one, remove_one), id="removal-and-removal"),
    ],
)
def test_changes_of_the_older_interfaces(
    seed: int, without_locks: Any, meet_before_writing: Any, pair: Any, locked: bool, is_chain: bool
) -> None:
    allowance = make_allowance(value="30")
    if not locked:
        without_locks()
    meet_before_writing(1 if locked else JOIN_SECONDS)
    outcomes = at_the_same_time(*[change(allowance, value) for change, value in zip(pair, ("10", "20"), strict=True)])
    assert not locked or not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    changes = [row.result_data for row in StaffJobRow.objects.order_by("pk")]
    values = ["30", *(change["after"] for change in changes)]
    archived = ProctoredExamStudentAllowanceHistory.objects.order_by("pk").values_list("value", flat=True)
    follows = [change["before"] for change in changes] == values[:-1]
    assert (follows and list(archived) == [value for value in values[:-1] if value is not None]) is is_chain, changes
    held = ProctoredExamStudentAllowance.objects.values_list("value", flat=True).first()
    assert not is_chain or held == values[-1]


@pytest.mark.contract("allowances#undo")
def test_two_bulks_that_give_the_same_at_once(seed: int, meet_before_writing: Any) -> None:
    allowance = make_allowance()
    allowance.delete()
    # There is no row to lock, so both arrive.
    meet_before_writing(JOIN_SECONDS)
    outcomes = at_the_same_time(give_many(allowance, "10"), give_many(allowance, "20"))
    assert sorted(data[0]["status"] for data, _given, _failed in outcomes) == ["created", "updated"]
    first, second = (row.result_data for row in StaffJobRow.objects.order_by("pk"))
    assert (first["before"], second["before"]) == (None, first["after"])
