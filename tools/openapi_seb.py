"""The operations of Safe Exam Browser's REST version 2, for ``docs/reference/openapi-seb.json``.

What is read is taken from the serializers of the app. What is answered is described here and compared with real replies
by ``tests/seb/rest/test_document.py``, because the app has no serializers of replies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import re_path
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from seb_openedx import __version__
from seb_openedx.api.v2 import (
    bans,
    config_key,
    configuration,
    exam_bodies,
    exam_uploads,
    key_validation,
    sessions,
    templates,
    urls,
)
from seb_openedx.api.v2.access_log import LogFilters
from seb_openedx.api.v2.problem_details import CATALOGUE, CONTENT_TYPE
from tools.openapi_schema import OperationSchema, document, page_of, refusals

_SETTINGS = {
    "TITLE": "Safe Exam Browser for Open edX",
    "DESCRIPTION": "REST version 2 of `seb_openedx`, for staff and their programs.",
    "VERSION": __version__,
    "ENUM_NAME_OVERRIDES": {"UploadPolicyEnum": "seb_openedx.exam_models.UploadPolicy.choices"},
}
_COMMON = ("not_authenticated", "staff_required", "not_found", "unknown_parameter", "not_acceptable")
_OF_A_BODY = ("bad_request", "validation_error", "csrf_failed", "unsupported_media_type", "too_large")
_OF_A_CHANGE = ("bad_request", "idempotency_key_reused", "idempotency_in_progress", "not_saved")
_OF_A_FILE = (
    "not_seb",
    "bad_gzip",
    "bad_xml",
    "not_a_dictionary",
    "password_required",
    "wrong_password",
    "certificate_encrypted",
)
_OF_AN_EXAM = ("attempts_running", "precondition_failed")
_FORM = "multipart/form-data"
_JSON = "application/json"


def _text(**options: Any) -> serializers.CharField:
    return serializers.CharField(allow_blank=True, **options)


def _texts() -> serializers.ListField:
    return serializers.ListField(child=_text())


class WarningSerializer(serializers.Serializer[Any]):
    """By which a course or an exam may be open, or closed, by accident."""

    code = serializers.CharField()
    message = serializers.CharField()


class ConfigurationSerializer(serializers.Serializer[Any]):
    """The configuration of a course as in force."""

    course_id = serializers.CharField()
    PERMISSION_COMPONENTS = _texts()
    BROWSER_KEYS = _texts()
    CONFIG_KEYS = _texts()
    WHITELIST_PATHS = _texts()
    BLACKLIST_CHAPTERS = _texts()
    BLACKLIST_SEQUENCES = _texts()
    BLACKLIST_VERTICALS = _texts()
    USER_BANNING_ENABLED = serializers.BooleanField()
    ALLOW_MFE_ACCESS = serializers.BooleanField()
    ENABLED = serializers.BooleanField()
    BAN_THRESHOLD = serializers.IntegerField(allow_null=True)
    BAN_WINDOW_SECONDS = serializers.IntegerField(allow_null=True)
    BAN_DURATION_SECONDS = serializers.IntegerField(allow_null=True)
    source = serializers.CharField(allow_null=True)
    shadowed_by = serializers.CharField(allow_null=True)
    warnings = WarningSerializer(many=True)


class SpecialExamSerializer(serializers.Serializer[Any]):
    """The platform's exam."""

    id = serializers.IntegerField()
    exam_name = _text()
    is_proctored = serializers.BooleanField()
    is_practice_exam = serializers.BooleanField()
    is_active = serializers.BooleanField()


class BrowserKeySerializer(serializers.Serializer[Any]):
    """A Browser Exam Key."""

    key = serializers.CharField()
    label: Any = _text()
    platform = _text()
    version = _text()
    active = serializers.BooleanField()


class SebExamSerializer(serializers.Serializer[Any]):
    """What an exam demands."""

    course_id = serializers.CharField()
    content_id = serializers.CharField()
    exam = SpecialExamSerializer(allow_null=True)
    mode = serializers.CharField()
    template_id = serializers.IntegerField(allow_null=True)
    settings = serializers.DictField()
    min_versions = serializers.DictField(child=_text())
    has_quit_password = serializers.BooleanField()
    has_encrypt_password = serializers.BooleanField()
    upload_policy = serializers.CharField()
    source_name = _text()
    config_key = _text()
    previous_config_keys = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    browser_keys = BrowserKeySerializer(many=True)
    client_config_keys = _texts()
    exempt_username = _texts()
    on_leave = serializers.CharField()
    start_url = _text()
    quit_url = _text()
    warnings = WarningSerializer(many=True)
    modified = serializers.DateTimeField(allow_null=True)
    modified_by = _text()
    version = serializers.IntegerField()


class LaunchSerializer(serializers.Serializer[Any]):
    """Links into the browser."""

    mode = serializers.CharField()
    launch_url = _text(allow_null=True)
    config_url = _text(allow_null=True)
    start_url = _text(allow_null=True)
    quit_url = _text(allow_null=True)
    min_versions = serializers.DictField(child=_text())


class FindingSerializer(serializers.Serializer[Any]):
    """What is remarkable about settings."""

    level = serializers.CharField()
    code = serializers.CharField()
    key = _text()
    message = serializers.CharField()


class ConfigKeySerializer(serializers.Serializer[Any]):
    """The Config Key of settings."""

    config_key = _text()
    settings_summary = serializers.DictField()
    findings = FindingSerializer(many=True)


class FileDescriptionSerializer(ConfigKeySerializer):
    """A file."""

    # Absent where settings were sent.
    format = serializers.CharField(required=False)
    encrypted = serializers.BooleanField(required=False)
    served_encrypted = serializers.BooleanField(required=False)
    originator = _text(required=False)


class TemplateRowSerializer(serializers.Serializer[Any]):
    """A template in the list."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = _text()
    enabled = serializers.BooleanField()
    kind = serializers.CharField()
    settings = serializers.DictField()
    exams = serializers.IntegerField()
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()
    modified_by = _text()
    version = serializers.IntegerField()


class TemplateSerializer(TemplateRowSerializer):
    """A template. ``remade``: how many exams got another file by the change."""

    settings_summary = serializers.DictField(allow_null=True)
    remade = serializers.IntegerField(required=False)


class ValidatedKeysSerializer(serializers.Serializer[Any]):
    """Whether hashes are right."""

    configkey = serializers.BooleanField()
    browserexamkey = serializers.BooleanField()


class LogEntrySerializer(serializers.Serializer[Any]):
    """A decision. Further members are those of the columns of the CSV file."""

    id = serializers.IntegerField()
    created = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    count = serializers.IntegerField()
    decision = serializers.CharField()
    reason = _text()
    reason_name = _text()
    advice = _text()
    user_id = serializers.IntegerField(allow_null=True)
    username = _text()
    course_id = serializers.CharField()
    content_id = _text()
    expected_prefixes = serializers.DictField(child=_texts())


class SebSessionSerializer(serializers.Serializer[Any]):
    """A session of the browser."""

    id = serializers.CharField()
    user_id = serializers.IntegerField()
    username = _text()
    course_id = serializers.CharField()
    content_id = _text()
    proof = serializers.CharField()
    is_replayable = serializers.BooleanField()
    key_prefix = _text()
    seb_version = _text()
    created = serializers.DateTimeField()
    last_proof = serializers.DateTimeField()
    expires = serializers.DateTimeField()
    open = serializers.BooleanField()
    ended = serializers.DateTimeField(allow_null=True)
    end_reason = _text()
    released = serializers.DateTimeField(allow_null=True)
    released_by = _text()


class ReleasedSerializer(serializers.Serializer[Any]):
    """How many ended sessions kept the learner out."""

    released = serializers.IntegerField()


class BanSerializer(serializers.Serializer[Any]):
    """A ban."""

    username = serializers.CharField()
    course_id = serializers.CharField()
    banned = serializers.BooleanField()
    banned_until = serializers.DateTimeField(allow_null=True)
    changed = serializers.DateTimeField()
    changed_by = _text()


class BannedSerializer(serializers.Serializer[Any]):
    """Who was banned from what."""

    username = serializers.CharField()
    course_id = serializers.CharField()


@dataclass(frozen=True, slots=True)
class Described:
    """One operation.

    ``statuses``: of success, all with the reply ``response``; None for an empty one, or a file of type ``media_type``.
    ``request``: media type → serializer. ``is_version``: ``ETag`` and ``If-Match`` name a version.
    """

    operation_id: str
    summary: str
    response: type[serializers.Serializer[Any]] | None = None
    statuses: tuple[int, ...] = (200,)
    request: Mapping[str, type[serializers.Serializer[Any]]] | None = None
    query: type[serializers.Serializer[Any]] | None = None
    problems: tuple[str, ...] = ()
    access: str = "course staff"
    media_type: str = ""
    is_list: bool = False
    is_version: bool = False
    is_change: bool = True


_EXAM_CHANGE: dict[str, Any] = {"is_version": True, "problems": _OF_AN_EXAM}
_GLOBAL = "global staff"

# Name of the route → method → operation.
OPERATIONS: dict[str, dict[str, Described]] = {
    "course-configuration": {
        "GET": Described("configuration_read", "Read a course's configuration as in force.", ConfigurationSerializer),
        "PUT": Described(
            "configuration_replace",
            "Replace a course's configuration.",
            ConfigurationSerializer,
            request={_JSON: configuration.CourseConfigurationSerializer},
        ),
        "PATCH": Described(
            "configuration_update",
            "Change keys of a course's configuration.",
            ConfigurationSerializer,
            request={_JSON: configuration.CourseConfigurationSerializer},
        ),
        "DELETE": Described("configuration_delete", "Remove a course's configuration everywhere.", statuses=(204,)),
    },
    "exams": {
        "GET": Described("exams_list", "List the exams of a course.", SebExamSerializer, is_list=True),
    },
    "exam": {
        "GET": Described("exams_read", "Read what an exam demands.", SebExamSerializer, is_version=True),
        "PUT": Described(
            "exams_replace",
            "Set what an exam demands.",
            SebExamSerializer,
            (200, 201),
            {_JSON: exam_bodies.ExamBody},
            **_EXAM_CHANGE,
        ),
        "PATCH": Described(
            "exams_update",
            "Change what an exam demands.",
            SebExamSerializer,
            (200, 201),
            {_JSON: exam_bodies.ExamBody},
            **_EXAM_CHANGE,
        ),
        "DELETE": Described(
            "exams_delete",
            "Demand nothing any more.",
            None,
            (204,),
            {_JSON: exam_bodies.ForceBody},
            **_EXAM_CHANGE,
        ),
    },
    "exam-upload": {
        "POST": Described(
            "files_upload",
            "Store the file of an exam, or only inspect it.",
            FileDescriptionSerializer,
            request={_FORM: exam_uploads.UploadBody},
            query=exam_uploads.UploadQuery,
            is_version=True,
            problems=(*_OF_AN_EXAM, *_OF_A_FILE),
        ),
    },
    "exam-file": {
        "GET": Described(
            "files_read",
            "Read the file of an exam as learners get it.",
            media_type="application/seb",
            problems=("password_unreadable",),
        ),
    },
    "exam-launch": {"GET": Described("links_read", "Read the caller's links into an exam.", LaunchSerializer)},
    "config-key": {
        "POST": Described(
            "config_key_compute",
            "Compute the Config Key of a file or of settings.",
            FileDescriptionSerializer,
            request={_JSON: config_key.SettingsBody, _FORM: config_key.SettingsFileBody},
            problems=_OF_A_FILE,
            is_change=False,
        ),
    },
    "validate-keys": {
        "POST": Described(
            "keys_validate",
            "Compare hashes with the keys of an exam or a course.",
            ValidatedKeysSerializer,
            request={_JSON: key_validation.HashesSerializer},
            is_change=False,
        ),
    },
    "templates": {
        "GET": Described("templates_list", "List templates.", TemplateRowSerializer, is_list=True, access=_GLOBAL),
        "POST": Described(
            "templates_create",
            "Make a template.",
            TemplateSerializer,
            (201,),
            {_JSON: templates.TemplateBody, _FORM: templates.TemplateFileBody},
            access=_GLOBAL,
            problems=_OF_A_FILE,
        ),
    },
    "template": {
        "GET": Described("templates_read", "Read a template.", TemplateSerializer, access=_GLOBAL, is_version=True),
        "PUT": Described(
            "templates_replace",
            "Replace a template, and make the files of its exams again.",
            TemplateSerializer,
            request={_JSON: templates.TemplateBody, _FORM: templates.TemplateFileBody},
            access=_GLOBAL,
            is_version=True,
            problems=(*_OF_AN_EXAM, *_OF_A_FILE),
        ),
        "DELETE": Described(
            "templates_delete",
            "Delete a template that no exam uses.",
            statuses=(204,),
            access=_GLOBAL,
            is_version=True,
            problems=("in_use", "precondition_failed"),
        ),
    },
    "access-log": {
        "GET": Described("decisions_list", "List decisions.", LogEntrySerializer, query=LogFilters, is_list=True),
    },
    "access-log-csv": {
        "GET": Described("decisions_export", "Read decisions as a file.", query=LogFilters, media_type="text/csv"),
    },
    "sessions": {
        "GET": Described(
            "sessions_list", "List sessions.", SebSessionSerializer, query=sessions.SessionFilters, is_list=True
        ),
    },
    "session": {
        "DELETE": Described(
            "sessions_end", "End a session: 204; 200 for one that was over before.", SebSessionSerializer, (204, 200)
        ),
    },
    "release": {
        "POST": Described(
            "learners_release",
            "Let a learner in again who has left the browser.",
            ReleasedSerializer,
            request={_JSON: sessions.Release},
        ),
    },
    "bans": {
        "GET": Described("bans_list", "List bans.", BanSerializer, query=bans.BanFilters, is_list=True),
        "POST": Described(
            "bans_create",
            "Ban a learner: 201; 200 for one who is banned.",
            BannedSerializer,
            (200, 201),
            {_JSON: bans.NewBan},
            problems=("conflict",),
        ),
    },
    "ban": {"DELETE": Described("bans_delete", "Let a learner in again.", statuses=(204,))},
}
_ROUTES = {pattern.callback.cls: str(pattern.name) for pattern in urls.urlpatterns}  # type: ignore[attr-defined]


class SebOperationSchema(OperationSchema):
    """Reads ``OPERATIONS``."""

    @property
    def operation(self) -> Any:
        """The operation that is described."""
        return OPERATIONS[_ROUTES[type(self.view)]][self.method]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return how callers sign in."""
        return [{"session": []}, {"oauth2": []}, {"jwt": []}]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the query, and the headers."""
        operation = self.operation
        parameters: list[Any] = [] if operation.query is None else [operation.query]
        if operation.is_list:
            parameters += [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]
        if self._has_etag():
            parameters.append(OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER))
        if self.method != "GET" and operation.is_version:
            parameters.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER))
        if self.method != "GET" and operation.is_change:
            parameters.append(OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER))
        return parameters

    def _get_request_body(self, direction: Any = "request") -> Any:
        """Return the body, also of DELETE, for which drf-spectacular knows none."""
        if self.method != "DELETE" or self.operation.request is None:
            return super()._get_request_body(direction)
        content = {
            media_type: {"schema": self.resolve_serializer(serializer, direction).ref}
            for media_type, serializer in self.operation.request.items()
        }
        return {"content": content}

    def _has_etag(self) -> bool:
        operation = self.operation
        is_read: bool = self.method == "GET" and operation.response is not None and not operation.is_version
        return is_read and type(self.view).has_etag

    def get_response_serializers(self) -> Any:
        """Return the replies by status."""
        operation, responses = self.operation, dict[Any, Any]()
        for status in operation.statuses:
            if operation.media_type:
                responses[status, operation.media_type] = OpenApiTypes.BINARY
            elif operation.response is None or status == 204:
                responses[status] = None
            else:
                responses[status, _JSON] = self._success()
        if self._has_etag():
            responses[304] = OpenApiResponse(description="Nothing has changed.")
        codes = {*_COMMON, *operation.problems}
        if operation.request is not None:
            codes |= {*_OF_A_BODY}
        if operation.query is not None:
            codes.add("validation_error")
        if self.method != "GET" and operation.is_change:
            codes |= {*_OF_A_CHANGE}
        return responses | refusals(codes, CATALOGUE, CONTENT_TYPE)

    def _success(self) -> Any:
        response = self.operation.response
        return page_of(response) if self.operation.is_list else response


class BrowserKeyExtension(OpenApiSerializerFieldExtension):
    """A key alone, or what is known about it."""

    target_class = exam_bodies.BrowserKeyField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the field."""
        entry = auto_schema.resolve_serializer(exam_bodies.BrowserKeyBody, direction)
        return {"oneOf": [{"type": "string"}, entry.ref]}


def generate(prefix: str) -> dict[str, Any]:
    """Return the document. Raises what drf-spectacular finds wrong with it."""
    simple = {r"[^/]+(?:/[^/]+/[^/]+)?": "[^/]+", r".*[^/]": "[^/]+"}
    patterns = []
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern).removeprefix("^").removesuffix(r"\Z").replace(r"\.", ".")
        for odd, plain in simple.items():
            route = route.replace(odd, plain)
        patterns.append(re_path(rf"^{prefix}/{route}$", pattern.callback))  # type: ignore[attr-defined]
    return document(patterns, SebOperationSchema(), _SETTINGS, {"oauth2": {"type": "http", "scheme": "bearer"}})
