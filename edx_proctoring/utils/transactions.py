"""Transactions: savepoints inside those of a caller, retries of ours after a deadlock."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from itertools import islice
from typing import Any, Final, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

__all__ = [
    "after_commit",
    "in_batches",
    "in_parts",
    "inner_savepoint",
    "is_conflict",
    "is_transaction_broken",
    "retried",
    "short_transaction",
]

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# How often a transaction is tried, and the pause before the second try; it doubles.
MAX_TRIES: Final = 6
FIRST_PAUSE_SECONDS: Final = 0.02

# How databases report that a transaction lost a conflict over rows and has to be repeated.
_CONFLICT_STATES: Final = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
_CONFLICT_CODES: Final = {
    # Deadlock; a row that changed since it was read (MariaDB with innodb_snapshot_isolation).
    "mysql": frozenset({1213, 1020}),
    # Busy, locked. Extended codes carry these in their lowest byte.
    "sqlite": frozenset({5, 6}),
}


def short_transaction(work: Callable[P, R]) -> Callable[P, R]:
    """Run the decorated function in a transaction; repeat it after a deadlock.

    So the function must be repeatable: it reads its rows under a lock, and decides on what other
    transactions left. Inside a caller's transaction it runs once, because only the outermost block
    can be repeated. Raises what the function raises; ``OperationalError`` for a conflict only after
    ``MAX_TRIES`` runs.
    """

    @wraps(work)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return work(*args, **kwargs)

    return retried(in_transaction)


def retried(work: Callable[P, R]) -> Callable[P, R]:
    """As ``short_transaction``, for a function with a single statement, which is a transaction by itself."""

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return work(*args, **kwargs)
        for number in range(1, MAX_TRIES):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if not is_conflict(error):
                    raise
                log.info("transaction repeated after a conflict: work=%s try=%s", work.__name__, number)
            # Jitter, so that the two transactions do not meet again.
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (number - 1) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        return work(*args, **kwargs)

    return run


def is_conflict(error: OperationalError) -> bool:
    """Return whether the database gave up a transaction because of another one."""
    cause = error.__cause__
    if connection.vendor == "postgresql":
        return getattr(cause, "sqlstate", getattr(cause, "pgcode", None)) in _CONFLICT_STATES
    codes = _CONFLICT_CODES.get(connection.vendor, frozenset())
    if connection.vendor == "sqlite":
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in codes
    return bool(error.args) and error.args[0] in codes


def is_transaction_broken() -> bool:
    """Return whether a caller's transaction will be rolled back, so that no query is possible in it any more."""
    return connection.in_atomic_block and connection.needs_rollback


def after_commit(work: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call ``work`` when the transaction is committed, at once without one; an error is logged and does not raise.

    For what is kept in the cache: dropped earlier, another process could keep the old value again before the commit.
    """

    # A function, because Django logs the name of one that fails; a partial has none.
    def after_it() -> None:
        work(*args, **kwargs)

    transaction.on_commit(after_it, robust=True)


def in_batches(rows: QuerySet[Any], size: int) -> Iterator[Any]:
    """Yield rows by ascending ``id``, of which at most ``size`` are in memory.

    Each row must have the attribute ``id``. Rows may change meanwhile; those added below the latest id are left out.
    """
    rows = rows.order_by("id")
    batch = list(rows[:size])
    while batch:
        yield from batch
        batch = list(rows.filter(id__gt=batch[-1].id)[:size])


def in_parts(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most ``size`` values, reading no further than the list: databases limit one statement."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def inner_savepoint() -> AbstractContextManager[Any]:
    """Inside a caller's transaction: a savepoint, so that an error we catch does not spoil it.

    Outside of one: nothing. What is inside may call a provider, and no transaction of ours is held
    across that (architecture#no-network-in-transactions).
    """
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
