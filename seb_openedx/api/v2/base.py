"""What all resources of version 2 share. Contract: contract/seb-rest#access."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final
from uuid import uuid4

from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from seb_openedx.api.authentication import authentication_classes
from seb_openedx.api.parsers import BoundedJSONParser
from seb_openedx.api.v2 import etags, problem_details
from seb_openedx.api.v2.negotiation import ByAccept
from seb_openedx.api.v2.paging import Paging
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.edxapp_wrapper import course_staff

REQUEST_ID: Final = "X-Request-Id"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
# The columns hold no longer ones.
_MOST_COURSE_ID: Final = 255
_PAGE: Final = ("page", "page_size")


class StaffOfCourse(BasePermission):
    """Global staff, and the staff of the course that a request concerns."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the caller is one of them."""
        user: Any = request.user
        if not user.is_authenticated:
            return False
        if user.is_staff:
            return True
        course_key = view.concerned_course(request)
        return course_key is not None and course_staff.is_course_staff(user, course_key)


class GlobalStaff(BasePermission):
    """Global staff only."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the caller is."""
        user: Any = request.user
        return bool(user.is_authenticated and user.is_staff)


class StaffView(APIView):
    """A resource for staff. JSON in, JSON out; refusals are problem details.

    ``parameters``: the query parameters that the resource takes. Others are refused, because a misspelt filter must not
    show everything. ``is_list``: it also takes those of pages. ``has_etag`` False: each answer is another one.
    """

    authentication_classes = authentication_classes()
    permission_classes: list[Any] = [StaffOfCourse]
    renderer_classes = [JSONRenderer]
    content_negotiation_class: type[BaseContentNegotiation] = ByAccept
    parser_classes: list[Any] = [BoundedJSONParser]
    parameters: ClassVar[tuple[str, ...]] = ()
    is_list: ClassVar[bool] = False
    has_etag: ClassVar[bool] = True

    def concerned_course(self, request: Request) -> CourseKey | None:
        """Return the course whose staff may ask: that of the path, else that of the query; None for global staff."""
        return as_course_key(self.kwargs.get("course_id") or request.query_params.get("course_id"))

    def course_of_body(self, request: Request) -> CourseKey | None:
        """Return the course that a body names, None without one."""
        return as_course_key(request.data.get("course_id")) if isinstance(request.data, Mapping) else None

    def course_of_path(self) -> CourseKey:
        """Return the course in the address. Raises ``not_found`` for a malformed id."""
        course_key = as_course_key(self.kwargs["course_id"])
        if course_key is None:
            raise ProblemError("not_found")
        return course_key

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Give the request the id by which it is found in the log."""
        sent = request.headers.get(REQUEST_ID, "")
        request.request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid4().hex
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller, then the names of the query parameters."""
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, (*self.parameters, *_PAGE) if self.is_list else self.parameters)

    def get_exception_handler(self) -> Any:
        """Return what makes problem details."""
        return problem_details.handle

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers that every answer has."""
        is_read = request.method in ("GET", "HEAD") and response.status_code == 200
        # An answer with a tag of its own names a version; see ``exam_versions``.
        if is_read and self.has_etag and isinstance(response, Response) and not response.has_header("ETag"):
            response = etags.unless_known(request, response)
        response = super().finalize_response(request, response, *args, **kwargs)
        response[REQUEST_ID] = request.request_id
        response.setdefault("Cache-Control", "no-store")
        return response

    def page_of(self, rows: Any, serialize: Any) -> Response:
        """Return one page of a queryset, each row as ``serialize`` gives it."""
        paging = Paging()
        page: Any = paging.paginate_queryset(rows, self.request, view=self)
        return paging.get_paginated_response([serialize(row) for row in page])


def as_course_key(value: Any) -> CourseKey | None:
    """Return the key of a course from text, None if it is none. A plus sign in a query may arrive as a space."""
    text = str(value or "").replace(" ", "+")
    if len(text) > _MOST_COURSE_ID:
        return None
    try:
        return CourseKey.from_string(text)
    except InvalidKeyError:
        return None


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``unknown_parameter`` naming what is not known."""
    unknown = sorted(set(map(str, given)) - set(known))
    if unknown:
        text = str(problem_details.CATALOGUE["unknown_parameter"].sentence)
        raise ProblemError("unknown_parameter", errors={name: [text] for name in unknown})


def validated(serializer: type[Serializer[Any]], data: Any, **options: Any) -> dict[str, Any]:
    """Return a body as a serializer reads it. Raises ``ProblemError`` and ``ValidationError``."""
    if not isinstance(data, Mapping):
        raise ParseError
    reader = serializer(data=data, **options)
    refuse_unknown(data, reader.fields)
    reader.is_valid(raise_exception=True)
    read: dict[str, Any] = dict(reader.validated_data)
    return read
