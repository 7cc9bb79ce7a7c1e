"""What several admin pages share."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest


def prettify_course_id(course_id: str) -> str:
    """Return a course id as people read it: ``edX DemoX 2026``."""
    return course_id.replace("+", " ").replace("/", " ").replace("course-v1:", "")


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table that staff may look at, and nothing else."""

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        """Return all fields."""
        return [field.name for field in self.model._meta.fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may change rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may delete rows."""
        return False
