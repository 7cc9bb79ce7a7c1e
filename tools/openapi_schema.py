"""How drf-spectacular reads the operations of version 2. ``tools/openapi.py`` runs it, after Django is set up."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.urls import path, re_path
from django.utils import translation
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import _load_enum_name_overrides, build_basic_type
from drf_spectacular.settings import patched_settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from drf_spectacular.validation import validate_schema
from rest_framework import serializers
from rest_framework.views import APIView

from edx_proctoring import __version__
from edx_proctoring.views.problem_details import CATALOGUE, CONTENT_TYPE
from edx_proctoring.views.v2 import lists, urls
from edx_proctoring.views.v2.operations import Operation
from tools.openapi_v1 import objects as v1_objects
from tools.openapi_v1 import schema as v1_schema

_SETTINGS = {
    "TITLE": "edx-proctoring",
    "DESCRIPTION": (
        "Special exams: version 1 for learners, staff and providers, version 2 for the screens of the course team.\n\n"
        'A refusal of version 1 is `{"detail": …}`, unless an operation says otherwise. A client whose `Accept` names '
        "`application/problem+json` gets problem details instead, as from version 2. Course ids may hold slashes, sent "
        "as they are or as `%2F`. Each path may end in a slash or not. `x-roles` are those of the permission tests, "
        "`x-examples` requests that the tests send."
    ),
    "VERSION": __version__,
    "ENUM_NAME_OVERRIDES": v1_objects.ENUM_NAMES,
}
# Of both documents.
_COMMON_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "AGPL-3.0", "identifier": "AGPL-3.0-only"},
    "SERVERS": [{"url": "/", "description": "The platform's LMS."}],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # What staff see and the learner does not is computed.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
}
_COMMON_SECURITY_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    "jwt": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`JWT <token>`"},
}
# What files hold, if not text.
_FILES = {"application/json": OpenApiTypes.OBJECT}
# Refusals that every operation may answer with; the peculiar ones are listed with it.
_COMMON = ("bad_request", "not_authenticated", "staff_required", "not_found", "unknown_parameter", "rate_limited")
_ONLY_WITH_BODY = (
    "validation_error",
    "csrf_failed",
    "idempotency_key_reused",
    "idempotency_in_progress",
)


class ProblemErrorSerializer(serializers.Serializer):
    """What is wrong with one field; more members where an operation says so."""

    field = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)


def refusals(codes: Collection[str], catalogue: Mapping[str, Any], content_type: str) -> dict[Any, OpenApiResponse]:
    """Return what is answered to refused requests, by status, with the names of the refusals."""
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(catalogue[code].status, []).append(f"`{code}`")
    return {
        (status, content_type): OpenApiResponse(ProblemSerializer, description=", ".join(names))
        for status, names in sorted(by_status.items())
    }


def page_of(row: Any, more: Mapping[str, Any] | None = None) -> Any:
    """Return the envelope of a list. ``row``: serializer of its rows; ``more``: members beside the usual ones."""
    return inline_serializer(
        f"{row.__name__.removesuffix('Serializer')}Page",
        {
            **{name: serializers.CharField(allow_null=True) for name in ("next", "previous")},
            **{name: serializers.IntegerField() for name in ("count", "num_pages", "current_page", "start")},
            "results": row(many=True),
            **(more or {}),
        },
    )


class OperationSchema(AutoSchema):
    """Reads a view's ``operations``."""

    @property
    def operation(self) -> Operation:
        """The operation that is described."""
        found: Operation = self.view.operations[self.method]
        return found

    def get_operation_id(self) -> str:
        """Return the id."""
        return self.operation.operation_id

    def get_summary(self) -> str:
        """Return the sentence."""
        return self.operation.summary

    def get_description(self) -> str:
        """Return who may call it."""
        return f"For {self.operation.access}."

    def get_tags(self) -> list[str]:
        """Return the resource."""
        return [self.operation.operation_id.rpartition("_")[0]]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return how callers sign in."""
        return [{"session": []}, {"jwt": []}]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the query, and the headers."""
        parameters: list[Any] = [] if self.operation.query is None else [self.operation.query]
        if self.operation.has_etag:
            parameters.append(OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER))
        if self.operation.has_version and self.method != "GET":
            parameters.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER))
        if self.operation.request is not None:
            parameters.append(OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER))
        return parameters

    def get_request_serializer(self) -> Any:
        """Return what reads the body."""
        return self.operation.request

    def get_response_serializers(self) -> Any:
        """Return the replies by status."""
        operation = self.operation
        responses: dict[Any, Any] = {(operation.status, "application/json"): self._success()}
        if operation.response is None:
            files = {media: _FILES.get(media, OpenApiTypes.STR) for media in operation.media_types}
            responses = {(operation.status, media): kind for media, kind in files.items()} or {operation.status: None}
        if operation.unfinished:
            responses[202, "application/json"] = OpenApiResponse(
                operation.response, description="Not finished; the header Location says where to ask again."
            )
        if operation.has_etag:
            responses[304] = OpenApiResponse(description="Nothing has changed.")
        codes = {*_COMMON, *operation.problems, *(_ONLY_WITH_BODY if operation.request else ())}
        if operation.query is not None:
            codes.add("validation_error")
        return responses | refusals(codes, CATALOGUE, CONTENT_TYPE)

    def _success(self) -> Any:
        response = self.operation.response
        if response is None or not self.operation.is_list:
            return response
        counts = {"counts": serializers.DictField(child=serializers.IntegerField())}
        return page_of(response, counts if self.operation.has_counts else {})

    def _get_request_body(self, direction: Any = "request") -> Any:
        # The library knows no bodies of DELETE; the reason of a removal is one.
        if self.method != "DELETE" or self.operation.request is None:
            return super()._get_request_body(direction)
        schema, required = self._get_request_for_media_type(self.operation.request, direction)
        return None if schema is None else {"content": {"application/json": {"schema": schema}}, "required": required}

    def _is_list_view(self, serializer: Any = None) -> bool:
        # Operations say so themselves.
        return False


def _comma_separated(items: Mapping[str, Any]) -> dict[str, Any]:
    # ``explode`` cannot be said of a field; the description is for people.
    return {"type": "string", "description": "Several by comma.", "x-items": dict(items)}


class WordsExtension(OpenApiSerializerFieldExtension):
    """Words by comma."""

    target_class = lists.WordsField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the field."""
        return _comma_separated({"type": "string", "enum": list(self.target.words)})


class IdsExtension(OpenApiSerializerFieldExtension):
    """Ids by comma."""

    target_class = lists.IdsField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the field."""
        return _comma_separated({"type": "integer"})


class OrderingExtension(OpenApiSerializerFieldExtension):
    """Names of an ordering by comma."""

    target_class = lists.OrderingField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the field."""
        names = [f"{sign}{name}" for name in self.target.columns for sign in ("", "-")]
        return _comma_separated({"type": "string", "enum": names})


class FlagExtension(OpenApiSerializerFieldExtension):
    """True or false."""

    target_class = lists.FlagField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return build_basic_type(OpenApiTypes.BOOL)


class InstantExtension(OpenApiSerializerFieldExtension):
    """A moment."""

    target_class = lists.InstantField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return build_basic_type(OpenApiTypes.DATETIME)


class PageExtension(OpenApiSerializerFieldExtension):
    """A number of a page, or of its rows."""

    target_class = lists.PageField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return {"type": "integer", "minimum": 1}


class IdExtension(OpenApiSerializerFieldExtension):
    """One id."""

    target_class = "edx_proctoring.views.request_fields.IdField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return build_basic_type(OpenApiTypes.INT)


def generate(prefix: str) -> dict[str, Any]:
    """Return the document. Raises what drf-spectacular finds wrong with it."""
    # Each once, without the slash at the end.
    of_course = rf"{prefix}/courses/(?P<course_id>[^/]+)"
    patterns: Sequence[Any] = [
        *(path(f"{prefix}/{route}", view.cls.as_view()) for route, view, _name in urls.ROUTES),
        *(re_path(rf"^{of_course}/{route}$", view.cls.as_view()) for route, view, _name in urls.COURSE_ROUTES),
        *v1_schema.patterns(),
    ]
    made = document(patterns, OperationSchema(), _SETTINGS, v1_schema.SECURITY_SCHEMES)
    made["components"]["responses"] = v1_schema.RESPONSES
    return made


def _add_unknown_address(replies: dict[str, Any]) -> None:
    """Add the page of the host for an address that no route has, such as one with an id that is not a number."""
    reply = replies.setdefault("404", {"description": "No such address."})
    reply.setdefault("content", {})["text/html"] = {"schema": {"type": "string"}}


def document(
    patterns: Sequence[Any],
    reader: AutoSchema,
    settings: Mapping[str, Any],
    security_schemes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the document of these routes. Raises what drf-spectacular finds wrong with it.

    ``reader``: how a view is read. ``settings`` of drf-spectacular and ``security_schemes`` beside the common ones.
    """
    APIView.schema = reader
    _load_enum_name_overrides.cache_clear()  # it holds those of another document
    with patched_settings({**_COMMON_SETTINGS, **settings}), translation.override("en"):
        schema: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(public=True)
    for address, item in schema["paths"].items():
        for operation in item.values():
            if "{" in address:
                _add_unknown_address(operation["responses"])
    schema["components"]["securitySchemes"] = {**_COMMON_SECURITY_SCHEMES, **(security_schemes or {})}
    validate_schema(schema)
    return schema


class LearnerExtension(OpenApiSerializerFieldExtension):
    """A user id, or a username or an e-mail address."""

    target_class = "edx_proctoring.views.allowances.UserInfoField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return {"type": ["integer", "string"], "description": "A user id as a number, else a username or an address."}


class TextOrNumberExtension(OpenApiSerializerFieldExtension):
    """Text; a number becomes text."""

    target_class = "edx_proctoring.views.request_fields.TextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return {"type": ["string", "number"], "maxLength": self.target.max_length}


class NameListExtension(OpenApiSerializerFieldExtension):
    """Names or ids by comma, or as a list."""

    target_class = "edx_proctoring.views.name_list.NameListField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of the field."""
        return {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "integer"]}}],
            "description": "By comma, or as a list.",
        }
