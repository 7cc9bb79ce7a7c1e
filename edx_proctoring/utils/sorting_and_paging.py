"""Order and page of a list, in the database, for callers who show a part of it."""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from django.db.models import F, Model, QuerySet

from edx_proctoring.exceptions import UnknownOrdering

__all__ = ["listed"]

ModelT = TypeVar("ModelT", bound=Model)

# Never to be compared: the order of hashes is information about them.
_SECRET: Final = frozenset({"password"})


def listed(
    rows: QuerySet[ModelT], ordering: str | None = None, *, offset: int | None = None, limit: int | None = None
) -> QuerySet[ModelT]:
    """Return rows in an order, or a page of them; unchanged if nothing is asked for.

    ``ordering``: one or more names by comma, ``-`` for descending: fields of the model, and of the learner or exam as
    ``user__…`` and ``proctored_exam__…``. Missing values come last both ways; the id breaks ties. Raises
    ``UnknownOrdering``, and ``ValueError`` for a negative offset or limit.
    """
    if ordering is not None:
        rows = rows.order_by(*_terms(rows.model, ordering), "pk")
    elif (offset is not None or limit is not None) and not rows.query.order_by:
        # The pages of a list without an order would overlap.
        rows = rows.order_by("pk")
    if offset is None and limit is None:
        return rows
    start = offset or 0
    return rows[start : None if limit is None else start + limit]


def _terms(model: type[Model], ordering: str) -> Iterator[Any]:
    known = set(_names(model))
    for term in ordering.split(","):
        name = term.strip().removeprefix("-")
        if name not in known:
            raise UnknownOrdering(f"{name!r} is not one of {', '.join(sorted(known))}.")
        field = F(name)
        yield field.desc(nulls_last=True) if term.strip().startswith("-") else field.asc(nulls_last=True)


def _names(model: type[Model], prefix: str = "") -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if field.name in _SECRET:
            continue
        if field.related_model is None:
            yield prefix + field.name
            continue
        yield prefix + field.attname
        if not prefix and field.name in ("user", "proctored_exam"):
            yield from _names(field.related_model, f"{field.name}__")
