"""How a row is locked.

One order, everywhere: exam, then attempt, then review. A lock lives to the end of the
transaction and holds nothing that is joined, so only the named row waits.
"""

from typing import TypeVar

from django.db import models, transaction

ModelT = TypeVar("ModelT", bound=models.Model)


def locked_row(queryset: models.QuerySet[ModelT], pk: int, /) -> ModelT | None:
    """Return the row with this key, held until the transaction ends; None if there is none.

    ``queryset``: joins rows only where ``can_hold_one_of_joined``; elsewhere those would be held as well.
    Raises ``TransactionManagementError`` outside a transaction, also on databases that know no
    row locks: there the mistake would otherwise pass every test.
    """
    if not transaction.get_connection(queryset.db).in_atomic_block:
        raise transaction.TransactionManagementError(
            f"{queryset.model.__name__} pk={pk}: a row can only be locked inside transaction.atomic()"
        )
    # Named where rows are joined: else exam and learner would be held as well.
    only_this = ("self",) if queryset.query.select_related and can_hold_one_of_joined(queryset.db) else ()
    return queryset.select_for_update(of=only_this).filter(pk=pk).first()


def can_hold_one_of_joined(using: str, /) -> bool:
    """Return whether the database can lock one row of those it joins; true of one that locks no rows at all."""
    features = transaction.get_connection(using).features
    return features.has_select_for_update_of or not features.has_select_for_update
