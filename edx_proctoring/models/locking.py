"""How a row is locked.

One order, everywhere: exam, then attempt, then review. A lock is held to the end of the
transaction; the statement joins nothing, so only the named row waits.
"""

from typing import TypeVar

from django.db import models, transaction

ModelT = TypeVar("ModelT", bound=models.Model)


def locked_row(queryset: models.QuerySet[ModelT], pk: int, /) -> ModelT | None:
    """Return the row with this key, held until the transaction ends; None if there is none.

    Raises ``TransactionManagementError`` outside a transaction, also on databases without row locks:
    there the mistake would otherwise pass every test.
    """
    if not transaction.get_connection(queryset.db).in_atomic_block:
        raise transaction.TransactionManagementError(
            f"{queryset.model.__name__} pk={pk}: a row can only be locked inside transaction.atomic()"
        )
    # Not first(): ordering costs more than the look-up.
    return next(iter(queryset.select_for_update().filter(pk=pk)[:1]), None)
