"""How the operations of version 1 become a part of ``docs/reference/openapi.json``."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import URLPattern, get_resolver, path
from drf_spectacular.openapi import AutoSchema
from rest_framework.views import APIView

from edx_proctoring import urls
from edx_proctoring.utils.storable import MAX_ID
from edx_proctoring.views.problem_details import CODE_HEADER, CONTENT_TYPE
from tests.views import contract
from tools.openapi_v1 import allowances, attempts, callbacks, constructor, exams, learner, onboarding, staff
from tools.openapi_v1.shapes import ACCESS, EMPTY, JSON, TEXT, AnyOf, Described, Example, ListOf, MapOf, OrEmpty, Shape

_RESOURCES: Final = (allowances, attempts, callbacks, constructor, exams, learner, onboarding, staff)
OPERATIONS: Final[Mapping[str, Described]] = {
    key: described for resource in _RESOURCES for key, described in resource.OPERATIONS.items()
}
# What each refusal means; 404 and 500 differ.
_MEANINGS: Final = {
    400: "The request makes no sense, names what does not exist, or the state does not allow it.",
    401: "The token is missing or not good.",
    403: "Not signed in, not allowed, no CSRF token, or past due.",
    404: "Not found.",
    405: "Only POST.",
    406: "The operation answers with JSON.",
    409: "The nonce was used before, or the first request with this `Idempotency-Key` is still being answered.",
    412: "The exam is no longer proctored.",
    413: "The body is too large.",
    415: "The body has a media type that is not read.",
    422: "The `Idempotency-Key` was used for another request.",
    429: "Beyond the rate; see `Retry-After`.",
    500: "The exam's provider is not configured.",
    502: "The provider refused or failed.",
    503: "The provider did not answer.",
}
_COMMON: Final = (400, 403, 406, 429)
_OF_A_BODY: Final = (413, 415)
_OF_A_KEY: Final = (409, 422)
# Not "constructor": Redoc takes that for the function of this name that every object has.
SECURITY_SCHEMES: Final = {
    "constructor_proctor": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`JWT <token>`: HS256 with the secret of the account, and `exp`",
    }
}
_PROBLEM: Final = {"schema": {"$ref": "#/components/schemas/Problem"}}
_REFUSAL_HEADERS: Final = {
    CODE_HEADER: {"schema": TEXT, "description": "Why, in one word; absent where nobody expected it."}
}


def _refused(status: int) -> dict[str, Any]:
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}, CONTENT_TYPE: _PROBLEM}
    return {"description": _MEANINGS[status], "content": content, "headers": _REFUSAL_HEADERS}


# Replies that many operations have: ``components/responses`` of the document.
RESPONSES: Final = {f"Refused{status}": _refused(status) for status in _MEANINGS if status not in (401, 404, 405, 412)}


class V1Schema(AutoSchema):
    """Writes what ``OPERATIONS`` says of a route."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> dict[str, Any]:
        """Return the operation."""
        self.registry, self.path, self.method = registry, path, method
        route: _Route = self.view.route
        described = route.operations[method]
        operation: dict[str, Any] = {
            "operationId": described.operation_id,
            "summary": described.summary,
            "description": " ".join(filter(None, (f"For {route.access(method)}.", described.description))),
            "tags": [described.operation_id.rpartition("_")[0]],
            "security": list(described.security),
            "responses": self._responses(described, route),
            "x-roles": route.roles(method),
            "x-examples": [_example(example, described) for example in described.examples],
        }
        if parameters := [*_path_parameters(route, described), *_query(described), *_headers(described)]:
            operation["parameters"] = parameters
        if described.body is not None:
            content: dict[str, Any] = {"schema": self._schema(described.body)}
            accepted = [example.body for example in described.examples if example.status in (None, 207)]
            operation["requestBody"] = {
                "content": {media: content | _body_example(media, accepted[0]) for media in described.media_types},
                "required": described.is_body_required,
            }
        return operation

    def _responses(self, described: Described, route: "_Route") -> dict[str, Any]:
        replies: dict[int, dict[str, Any]] = {}
        success = next(iter(described.replies))
        for status, shape in described.replies.items():
            meaning = "The answer." if status == success else _MEANINGS.get(status, "")
            replies[status] = {"description": meaning or "Partly done."}
            if isinstance(shape, OrEmpty):
                # OpenAPI has no word for it.
                replies[status]["x-may-be-empty"] = True
                shape = shape.item
            if shape is not EMPTY:
                replies[status]["content"] = {JSON: {"schema": self._schema(shape)}}
                if status >= 400 and not route.is_plain:
                    replies[status]["content"][CONTENT_TYPE] = _PROBLEM
        common = _refusals(described, route) - set(replies)
        if 404 in common:
            replies[404] = _refused(404)
        for status, media_types in described.texts.items():
            reply = replies.setdefault(status, {"description": _MEANINGS.get(status, "A page.")})
            reply.setdefault("content", {}).update({media: {"schema": TEXT} for media in media_types})
        if described.has_etag:
            replies[304] = {"description": "Nothing but the remaining time has changed."}
        for status, reply in replies.items():
            if status >= 400 and route.name != "webhook":
                reply["headers"] = _REFUSAL_HEADERS
        for status in common - {404}:
            replies[status] = {"$ref": f"#/components/responses/Refused{status}"}
        return {str(status): replies[status] for status in sorted(replies)}

    def _schema(self, shape: Shape) -> dict[str, Any]:
        match shape:
            case ListOf(item):
                return {"type": "array", "items": self._schema(item)}
            case MapOf(item):
                return {"type": "object", "additionalProperties": self._schema(item)}
            case AnyOf(items):
                return {"anyOf": [self._schema(item) for item in items]}
            case dict():
                properties = {name: self._schema(part) for name, part in shape.get("properties", {}).items()}
                return {**shape, "properties": properties} if properties else dict(shape)
        reference: dict[str, Any] = self.resolve_serializer(shape, "response").ref
        return reference


@dataclass(frozen=True, slots=True)
class _Route:
    """A path. ``arguments``: their names, with whether it is a number. ``is_plain``: the view is not one of DRF."""

    name: str
    path: str
    arguments: Mapping[str, bool]
    operations: Mapping[str, Described]
    is_plain: bool

    def _rows(self, method: str) -> list[contract.Row]:
        return [
            row
            for row in contract.TABLE
            if (row.name, row.method.upper(), set(row.kwargs)) == (self.name, method, set(self.arguments))
        ]

    def access(self, method: str) -> str:
        """Return who may call it, in words."""
        if self.operations[method].access:
            return self.operations[method].access
        words = [f"{ACCESS[row.allowed]}{', ' + row.note if row.note else ''}" for row in self._rows(method)]
        return "; ".join(words)

    def roles(self, method: str) -> list[str]:
        """Return the roles of the permission tests that may call it."""
        return sorted({role for row in self._rows(method) for role in row.allowed})


def _refusals(described: Described, route: _Route) -> set[int]:
    if route.is_plain:
        return set()
    body = _OF_A_BODY if described.body is not None else ()
    key = _OF_A_KEY if described.is_idempotent else ()
    return {*_COMMON, *described.refusals, *body, *key}


def _example(example: Example, described: Described) -> dict[str, Any]:
    sent = {"role": example.role, "status": example.status or next(iter(described.replies))}
    for name in ("summary", "path", "query", "body"):
        value = getattr(example, name)
        if value or (name == "body" and value is not None):
            sent[name] = value
    return sent


def _body_example(media: str, body: Any) -> dict[str, Any]:
    return {"example": body} if media == JSON and body is not None else {}


def _path_parameters(route: _Route, described: Described) -> Iterator[dict[str, Any]]:
    for name, is_number in route.arguments.items():
        schema: dict[str, Any] = (
            {"type": "integer", "minimum": 0, "maximum": MAX_ID} if is_number else {"type": "string"}
        )
        if name == "kind":
            schema["enum"] = ["review", "schedule", "agreement", "warning"]
        example = described.examples[0].path[name]
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _query(described: Described) -> Iterator[dict[str, Any]]:
    for name, rules in described.query.items():
        schema = {key: value for key, value in rules.items() if key not in ("description", "required")}
        parameter = {"name": name, "in": "query", "schema": schema}
        yield parameter | {key: rules[key] for key in ("description", "required") if key in rules}


def _headers(described: Described) -> Iterator[dict[str, Any]]:
    if described.has_etag:
        yield {"name": "If-None-Match", "in": "header", "schema": TEXT}
    if described.is_idempotent:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }


def patterns() -> list[Any]:
    """Return the routes, each with a view that ``V1Schema`` describes. Raises LookupError for a table that differs."""
    found = list(_routes())
    known = {f"{method} {_short(route)}" for route in found for method in route.operations}
    if unknown := set(OPERATIONS) - known:
        raise LookupError(f"no route: {', '.join(sorted(unknown))}")
    return [path(re.sub(r"\{(\w+)\}", r"<str:\1>", f"api/{route.path}"), _view_of(route).as_view()) for route in found]


def _view_of(route: _Route) -> type[APIView]:
    def handler(self: Any, request: Any) -> None:
        raise NotImplementedError

    methods = {method.lower(): handler for method in route.operations}
    return type("View", (APIView,), {**methods, "schema": V1Schema(), "route": route})


def _short(route: _Route) -> str:
    prefix = "edx_proctoring/v1/"
    return route.path.removeprefix(prefix) if route.path.startswith(prefix) else f"/{route.path}"


_CONSTRUCTOR: Final = ("exam_settings", "webhook")


def _routes() -> Iterator[_Route]:
    for pattern in urls.urlpatterns:
        if isinstance(pattern, URLPattern):
            yield _route(pattern, "edx_proctoring.urls", "")
    module = "edx_proctoring.constructor.urls"
    for pattern in get_resolver(module).url_patterns:
        if pattern.name in _CONSTRUCTOR:
            yield _route(pattern, module, "edx_proctoring/constructor/v1/")


def _route(pattern: Any, urlconf: str, prefix: str) -> _Route:
    converters = pattern.pattern.converters
    names = list(converters or pattern.pattern.regex.groupindex)
    numbers = {name: name in ("exam_id", "attempt_id", "user_id") for name in names}
    template = f"{prefix}{_template(pattern.name, names, urlconf)}"
    view = getattr(pattern.callback, "cls", None)
    route = _Route(pattern.name, template, numbers, {}, view is None)
    allowed = getattr(pattern.callback, "initkwargs", {}).get(
        "http_method_names", ("get", "post", "put", "patch", "delete")
    )
    methods = [name.upper() for name in allowed if name in _METHODS and hasattr(view, name)]
    if view is None:
        methods = ["GET", "POST"] if "launch" in pattern.name else ["POST"]
    operations = {method: OPERATIONS[f"{method} {_short(route)}"] for method in methods}
    return _Route(pattern.name, template, numbers, operations, view is None)


_METHODS: Final = ("get", "post", "put", "patch", "delete")


def _template(name: str, arguments: Collection[str], urlconf: str) -> str:
    for possibility, _pattern, _defaults, _converters in get_resolver(urlconf).reverse_dict.getlist(name):
        for template, names in possibility:
            if {one for one in names if not one.startswith("_")} == set(arguments):
                return re.sub(r"%\((\w+)\)s", r"{\1}", template)
    raise LookupError(f"no route is called {name} and takes {', '.join(arguments) or 'nothing'}")
