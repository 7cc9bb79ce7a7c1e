"""Django admin with labels in the user's language. Contract: contract/safe-exam-browser#admin-languages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_field
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html

from seb_openedx.labels import LABELS


class LabelledAdmin(admin.ModelAdmin):
    """Lists, filters and forms show ``LABELS`` in place of the names of columns."""

    def __init__(self, model: Any, admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self._labels = {field.name: LABELS[field.name] for field in model._meta.fields if field.name in LABELS}
        # Made once: Django tells the columns of a list that can be sorted by identity.
        self._columns = {name: self._column(name) for name in self._labels}

    def _column(self, name: str) -> Callable[[Any], Any]:
        """Return a column of lists that shows a field as Django does, under its label."""
        field = self.model._meta.get_field(name)

        @admin.display(description=self._labels[name], ordering=name)
        def show(row: Any) -> Any:
            text = display_for_field(getattr(row, name), field, self.get_empty_value_display())
            # As Django does in columns of its own: a time is one line.
            is_time = isinstance(field, models.DateField | models.TimeField)
            return format_html('<span class="nowrap">{}</span>', text) if is_time else text

        show.__name__ = name
        return show

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns of the list."""
        return [self._columns.get(str(name), name) for name in super().get_list_display(request)]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, also of what is only shown."""
        return super().get_form(request, obj, change=change, **{"labels": self._labels, **kwargs})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list with its filters."""
        changelist = super().get_changelist_instance(request)
        for chosen in changelist.filter_specs:
            chosen.title = str(self._labels.get(getattr(chosen, "field_path", ""), chosen.title))
        return changelist
