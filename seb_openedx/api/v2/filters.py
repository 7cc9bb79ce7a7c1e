"""What lists are filtered by. Contract: contract/seb-rest#filters."""

from typing import Any

from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey
from rest_framework import serializers
from rest_framework.request import Request

from seb_openedx.api.v2.base import as_course_key


class CourseIdField(serializers.CharField):
    """The id of a course, read as its key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=255, **options)

    def to_internal_value(self, data: Any) -> CourseKey:  # type: ignore[override]
        """Return the key."""
        course_key = as_course_key(super().to_internal_value(data))
        if course_key is None:
            raise serializers.ValidationError(_("This is not the id of a course."))
        return course_key


class LearnerFilters(serializers.Serializer[Any]):
    """Filters of every list: values that must be equal. An empty one counts as absent."""

    course_id = CourseIdField(required=False)
    username = serializers.CharField(max_length=150, required=False)


class RowFilters(LearnerFilters):
    """Filters of lists about exams."""

    content_id = serializers.CharField(max_length=255, required=False)


def names(serializer: type[serializers.Serializer[Any]]) -> tuple[str, ...]:
    """Return the query parameters of a list with these filters."""
    return tuple(serializer().fields)


def read(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the filters in a query. Raises ``ValidationError`` for a value that cannot be one."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    reader = serializer(data=given)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)
