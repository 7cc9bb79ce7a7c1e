"""Shared by several admin pages."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest


def prettify_course_id(course_id: str) -> str:
    """Return a course id as people read it: ``edX DemoX 2026``."""
    return course_id.replace("+", " ").replace("/", " ").replace("course-v1:", "")


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
