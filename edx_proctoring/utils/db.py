"""Help with transactions that are not ours."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction

__all__ = ["inner_savepoint"]


def inner_savepoint() -> AbstractContextManager[Any]:
    """Inside a caller's transaction: a savepoint, so that an error we catch does not spoil it.

    Outside of one: nothing. What follows may call a provider, and no transaction of ours is held
    across that (architecture R4).
    """
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
