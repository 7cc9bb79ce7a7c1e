"""Help with transactions: those of our callers, and ours when others want the same rows."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction

__all__ = ["inner_savepoint", "is_conflict", "retried", "short_transaction"]

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# How often a transaction is begun, and the pause before the second time; it doubles.
MAX_TRIES: Final = 6
FIRST_PAUSE_SECONDS: Final = 0.02

# What databases call it when two transactions want each other's rows and one has to begin again.
_CONFLICT_STATES: Final = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
_CONFLICT_CODES: Final = {
    # Deadlock; a row that changed since it was read (MariaDB with innodb_snapshot_isolation).
    "mysql": frozenset({1213, 1020}),
    # Busy, locked. Extended codes carry these in their lowest byte.
    "sqlite": frozenset({5, 6}),
}


def short_transaction(work: Callable[P, R]) -> Callable[P, R]:
    """Run the decorated function in a transaction, from the start again if others got in its way.

    So the function must do nothing but read and write this database. It looks at its rows under a
    lock, hence a second run decides anew on what the others left. Inside a caller's transaction it
    runs once: only who began a transaction can begin it again. Raises what the function raises;
    ``OperationalError`` for a conflict only after ``MAX_TRIES`` runs.
    """

    @wraps(work)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return work(*args, **kwargs)

    return retried(in_transaction)


def retried(work: Callable[P, R]) -> Callable[P, R]:
    """As ``short_transaction``, for a single statement: that is a transaction by itself."""

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
                log.info("transaction begun again: work=%s try=%s", work.__name__, number)
            # Jitter, so that two who met do not meet again.
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (number - 1) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        return work(*args, **kwargs)

    return run


def is_conflict(error: OperationalError) -> bool:
    """Return whether the database gave up a transaction for the sake of another one."""
    cause = error.__cause__
    if connection.vendor == "postgresql":
        return getattr(cause, "sqlstate", getattr(cause, "pgcode", None)) in _CONFLICT_STATES
    codes = _CONFLICT_CODES.get(connection.vendor, frozenset())
    if connection.vendor == "sqlite":
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in codes
    return bool(error.args) and error.args[0] in codes


@contextmanager
def inner_savepoint() -> Iterator[None]:
    """Inside a caller's transaction: a savepoint, so that an error we catch does not spoil it.

    Outside of one: nothing. What follows may call a provider, and no transaction of ours is held
    across that (architecture R4). The savepoint is set by the first query, so code that does not
    touch the database costs none.
    """
    if not connection.in_atomic_block:
        yield
        return
    savepoint = _SavepointAtFirstQuery()
    hooks = len(connection.run_on_commit)
    try:
        with connection.execute_wrapper(savepoint):
            yield
    except BaseException:
        savepoint.roll_back()
        # What was to follow a commit of the undone work is undone with it.
        del connection.run_on_commit[hooks:]
        raise
    savepoint.release()


# Setting a savepoint is a query too; it must not make the block inside it set its own first.
_is_setting: ContextVar[bool] = ContextVar("is_setting_savepoint", default=False)


class _SavepointAtFirstQuery:
    """An ``execute_wrapper``: sets a savepoint before it lets the first query through."""

    def __init__(self) -> None:
        self._name: str | None = None

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self._name is None and not _is_setting.get():
            token = _is_setting.set(True)
            try:
                self._name = transaction.savepoint()
            finally:
                _is_setting.reset(token)
        return execute(sql, params, many, context)

    def roll_back(self) -> None:
        if self._name is None:
            return
        # An inner block may have marked the transaction as lost; going back mends it.
        transaction.set_rollback(False)
        try:
            transaction.savepoint_rollback(self._name)
            transaction.savepoint_commit(self._name)
        except DatabaseError:
            # The database ended the whole transaction, savepoints included: its owner has to know.
            transaction.set_rollback(True)

    def release(self) -> None:
        if self._name is None:
            return
        if connection.needs_rollback:
            # Somebody kept an error to himself. His transaction is lost, the caller's is not.
            self.roll_back()
            return
        try:
            transaction.savepoint_commit(self._name)
        except DatabaseError:
            self.roll_back()
