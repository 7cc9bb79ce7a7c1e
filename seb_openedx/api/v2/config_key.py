"""The Config Key of a file or of settings. Contract: contract/seb-rest#config-key."""

from typing import Any

from django.http import QueryDict
from opaque_keys.edx.keys import CourseKey
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.parsers import BoundedJSONParser
from seb_openedx.api.v2 import filters, seb_files
from seb_openedx.api.v2.base import StaffView, validated
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exams import uploads
from seb_openedx.protocol import encode
from seb_openedx.protocol.errors import FileError, UnsupportedValue
from seb_openedx.translation import translated


class ForCourseBody(serializers.Serializer[Any]):
    # Not used; by it the staff of a course may ask.
    course_id = filters.CourseIdField(required=False)


class SettingsFileBody(seb_files.FileBody, ForCourseBody):
    """A file."""


class SettingsBody(ForCourseBody):
    """Settings by the names that Safe Exam Browser has for them."""

    settings = serializers.DictField()


class ConfigKeyView(StaffView):
    """Computes a Config Key. Nothing is stored."""

    parser_classes = [BoundedJSONParser, MultiPartParser]

    def concerned_course(self, request: Request) -> CourseKey | None:
        """Return the course in the body."""
        return self.course_of_body(request)

    def post(self, request: Request) -> Response:
        """Return the key, and what is remarkable about the settings."""
        if isinstance(request.data, QueryDict):
            sent = validated(SettingsFileBody, request.data)
            return Response(_inspected(seb_files.bytes_of(sent["file"]), "file", password=sent["password"]))
        settings = validated(SettingsBody, request.data)["settings"]
        try:
            data = encode(settings)
        except UnsupportedValue as error:
            raise ProblemError("validation_error", errors={"settings": [translated(str(error))]}) from error
        found = _inspected(data, "settings")
        return Response({name: found[name] for name in ("config_key", "settings_summary", "findings")})


def _inspected(data: bytes, field: str, *, password: str = "") -> dict[str, Any]:
    try:
        return seb_files.shown(uploads.inspect(data, password=password))
    except FileError as error:
        raise seb_files.problem(error.code, translated(str(error)), field=field) from error
