"""How former states of rows are kept.

Exams and attempts have simple-history tables. Policies, allowances and reviews have older,
hand-rolled archive tables, filled by ``archive_model``.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

ArchiveT = TypeVar("ArchiveT", bound=models.Model)

# Archive rows carry the time of archiving under these names, not the times of the row they came from.
_NEVER_COPIED = frozenset({"created", "modified"})


class PinnedHistoryManager(HistoryManager):
    """The manager behind ``history``, built once: simple-history builds its class anew for each access and save."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: type[models.QuerySet], class_name: str | None = None) -> Any:
        """Return the manager class with the methods of the queryset."""
        return super().from_queryset(queryset_class, class_name)


class PinnedHistoricalRecords(HistoricalRecords):
    """simple-history, deaf to the host's ``SIMPLE_HISTORY_*`` settings that change the schema.

    Without the pins the same migrations would be complete on one host and incomplete on the next:
    ``SIMPLE_HISTORY_DATE_INDEX``, ``SIMPLE_HISTORY_HISTORY_ID_USE_UUID`` and
    ``SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD`` have no effect here, and our history
    tables equal those of every earlier release. Spec: data-model.md 1.3.

    ``indexes``: further indexes of the history table.
    """

    # A class attribute in place of simple-history's property, which reads a setting.
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
        if target is None or (field.name in _NEVER_COPIED and field.name not in mapping):
            continue
        try:
            attname = model._meta.get_field(target).attname  # type: ignore[union-attr]
        except FieldDoesNotExist:
            # Contract: a target that is no column is set as a mere attribute.
            attname = target
        # The raw column value: copying relations would load each of them from the database.
        setattr(archived, attname, getattr(instance, field.attname))
    return archived


def archive_model(model: type[ArchiveT], instance: models.Model, **mapping: str | None) -> ArchiveT:
    """Save the state of ``instance`` as a new row of ``model`` and return that row.

    ``mapping`` renames fields by name, ``None`` leaves a field out. ``created`` and ``modified``
    are copied only under another name. Callers always rename ``id``, so the archive row gets a key of its own.
    Spec: data-model.md 2.12.
    """
    archived = build_archive(model, instance, **mapping)
    archived.save()
    return archived
