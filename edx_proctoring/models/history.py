"""Archives of former states of rows.

Exams and attempts have simple-history tables. Policies, allowances and reviews have older archive tables of their own,
filled by ``archive_model``.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

ArchiveT = TypeVar("ArchiveT", bound=models.Model)

# Archive rows have the time of archiving under these names, not the times of the archived row.
_NEVER_COPIED = frozenset({"created", "modified"})


class PinnedHistoryManager(HistoryManager):
    """The manager of ``history``, with a cached class: simple-history would build a class at each access and save."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: type[models.QuerySet], class_name: str | None = None) -> Any:
        """Return the manager class with the methods of the queryset."""
        return super().from_queryset(queryset_class, class_name)


class PinnedHistoricalRecords(HistoricalRecords):
    """simple-history with a fixed schema, independent of the host's ``SIMPLE_HISTORY_*`` settings.

    ``SIMPLE_HISTORY_DATE_INDEX``, ``SIMPLE_HISTORY_HISTORY_ID_USE_UUID`` and
    ``SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD`` have no effect here. Otherwise the same migrations would be
    complete on one host and incomplete on another, and our tables would differ from those of earlier releases.
    Contract: contract/tables#host-settings.

    ``indexes``: further indexes of the history table.
    """

    # Replaces a property of simple-history that reads a setting.
    _date_indexing: Literal[False] = False

    def __init__(self, *args: Any, indexes: Sequence[models.Index] = (), **kwargs: Any) -> None:
        super().__init__(*args, history_manager=PinnedHistoryManager, **kwargs)
        self.indexes = tuple(indexes)

    def _get_history_id_field(self) -> models.AutoField:
        return models.AutoField(primary_key=True)

    def _get_history_change_reason_field(self) -> models.CharField:
        return models.CharField(max_length=100, null=True)

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """Return the options of the history model."""
        options: dict[str, Any] = super().get_meta_options(model)
        if self.indexes:
            options["indexes"] = self.indexes
        return options


def build_archive(model: type[ArchiveT], instance: models.Model, **mapping: str | None) -> ArchiveT:
    """Return an unsaved archive row of ``instance``; arguments as of ``archive_model``."""
    archived = model()
    for field in instance._meta.concrete_fields:
        target = mapping.get(field.name, field.name)
        if target is None or field.name in _NEVER_COPIED:
            continue
        try:
            attname = model._meta.get_field(target).attname  # type: ignore[union-attr]
        except FieldDoesNotExist:
            # Contract: a target that is not a column is set as an attribute.
            attname = target
        # The raw column value, because reading a relation would query the database.
        setattr(archived, attname, getattr(instance, field.attname))
    return archived


def archive_model(model: type[ArchiveT], instance: models.Model, **mapping: str | None) -> ArchiveT:
    """Save the state of ``instance`` as a new row of ``model`` and return that row.

    ``mapping`` renames fields; ``None`` omits a field. ``created`` and ``modified`` are copied under another name
    only. Callers always rename ``id``, so that the archive row gets a key of its own. Contract:
    contract/tables#archive-model.
    """
    archived = build_archive(model, instance, **mapping)
    archived.save()
    return archived
