"""Shared by several admin pages."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _


def prettify_course_id(course_id: str) -> str:
    """Return a course id as people read it: ``edX DemoX 2026``."""
    return course_id.replace("+", " ").replace("/", " ").replace("course-v1:", "")


class ValuesFilter(admin.AllValuesFieldListFilter):
    """All values of a text that may be empty. Django makes a link without text of an empty one."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the links."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or _("(empty)")}


class ReadOnlyAdmin(admin.ModelAdmin):
    """A read-only table."""

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        """Return all fields."""
        return [field.name for field in self.model._meta.fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows cannot be added."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows cannot be changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows cannot be deleted."""
        return False
