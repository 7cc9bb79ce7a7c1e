"""The base of all views of version 2. Contract: contract/rest-v2.

A view lists its operations by method. For each request the base finds the operation, checks who asks, refuses names
that the operation does not have, and answers refusals as problem details.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from edx_proctoring import conf
from edx_proctoring.api.access import course_ids
from edx_proctoring.api.access.course_staff import is_user_course_or_global_staff
from edx_proctoring.views import problem_details
from edx_proctoring.views.base import ProctoredAPIView, caller
from edx_proctoring.views.callbacks import MAY_REVIEW
from edx_proctoring.views.etags import unless_known
from edx_proctoring.views.idempotency import has_reply
from edx_proctoring.views.permissions import MAY_RETIRE
from edx_proctoring.views.problem_details import Problem
from edx_proctoring.views.request_body import body_of
from edx_proctoring.views.v2.lists import envelope_of, paged
from edx_proctoring.views.v2.negotiation import JSONNegotiation
from edx_proctoring.views.v2.operations import Access, Operation

__all__ = ["NoBody", "StaffView"]

_MOST_COURSE_ID: Final = 255
# Argument of an address → how to find the course of what it names.
_COURSE_OF: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "exam_id": course_ids.course_id_of_exam,
    "attempt_id": course_ids.course_id_of_attempt,
    "allowance_id": course_ids.course_id_of_allowance,
    "row_id": course_ids.course_id_of_job_row,
    "effect_id": course_ids.course_id_of_effect,
    "note_id": course_ids.course_id_of_note,
    "inbox_id": course_ids.course_id_of_inbox_entry,
    "attempt_code": course_ids.course_id_of_attempt_code,
    "code": course_ids.course_id_of_job,
}


class NoBody(Serializer):
    """For operations that take no body: an empty one, or ``{}``."""


class StaffView(ProctoredAPIView):
    """A resource. JSON in, JSON out.

    ``operations``: by HTTP method. HEAD is answered as GET.
    """

    renderer_classes = [JSONRenderer]
    content_negotiation_class = JSONNegotiation
    operations: ClassVar[Mapping[str, Operation]] = {}

    # What ``initial`` has read for the method.
    operation: Operation
    query: Mapping[str, Any]
    # Whether the caller sees all of an object, or only what concerns the learner.
    is_for_staff: bool = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check login and rate limits, then who may ask, then the parameters."""
        super().initial(request, *args, **kwargs)
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method == "OPTIONS":
            return
        if method not in self.operations:
            raise MethodNotAllowed(method)
        self.operation = self.operations[method]
        self._check_access()
        self.query = read(self.operation.query or Serializer, _once(request.query_params))

    def course_concerned(self) -> str | None:
        """Return the course whose staff may ask, None if the object in the address does not exist."""
        if "course_id" in self.kwargs:
            return as_course_id(self.kwargs["course_id"])
        name, course_of = next((name, course_of) for name, course_of in _COURSE_OF.items() if name in self.kwargs)
        return course_of(self.kwargs[name])

    def is_owner(self) -> bool:
        """Return whether the caller is the learner whom the object in the address is about."""
        return False

    def reviewed(self) -> Mapping[str, Any]:
        """Return what the caller would decide, as the permission to review takes it."""
        raise NotImplementedError

    def require_global_staff(self, text: str | Promise) -> None:
        """Raise ``not_allowed`` with this text for other callers."""
        if not caller(self.request).is_staff:
            raise Problem("not_allowed", text)

    def body(self) -> Mapping[str, Any]:
        """Return the body as the operation's serializer reads it."""
        if self.operation.request is None:
            return {}
        return read(self.operation.request, body_of(self.request))

    def reply(self, value: Any) -> Response:
        """Return a reply with one object; 304 if the client has it already."""
        operation = self.operation
        if operation.response is None:
            return Response(status=operation.status)
        response = self._unless_known(operation.response(value, context=self.get_renderer_context()).data)
        if operation.has_version:
            response["ETag"] = f'"{value.version}"'
            response["Cache-Control"] = "private, no-cache"
        return response

    def reply_rows(self, found: Any, shaped: Callable[[Any], Sequence[Any]], **more: Any) -> Response:
        """Return the requested page of a list.

        Args:
            found: queryset or list.
            shaped: makes objects of the operation's kind of the rows of a page.
            more: further members of the envelope.
        """
        page = paged(found, self.request)
        page.object_list = shaped(page.object_list)
        return self.reply_page({**envelope_of(page, self.request), **more})

    def reply_page(self, envelope: Mapping[str, Any]) -> Response:
        """Return a reply with an envelope whose ``results`` are objects of the operation's kind."""
        if self.operation.response is None:
            raise TypeError(f"{self.operation.operation_id} has no reply")
        rows = self.operation.response(envelope["results"], many=True, context=self.get_renderer_context()).data
        return self._unless_known({**envelope, "results": rows})

    def _unless_known(self, data: Any) -> Response:
        if not self.operation.has_etag:
            return Response(data, status=self.operation.status)
        response = unless_known(self.request, Response(data, status=self.operation.status), self.operation.volatile)
        response["Cache-Control"] = "private, no-cache"
        return response

    def _check_access(self) -> None:
        """Raise ``staff_required`` or, where the address names an object by its id, ``not_found``."""
        user, access = caller(self.request), self.operation.access
        if access is Access.RETIRE:
            if not user.has_perm(MAY_RETIRE):
                raise Problem("not_allowed")
            return
        course_id = self.course_concerned()
        if course_id is None:
            if has_reply(self.request):
                # The caller removed the object, and asks again for the reply.
                return
            raise Problem("not_found")
        is_staff = is_user_course_or_global_staff(user, course_id)
        if access is Access.STAFF and is_staff:
            if not user.is_staff:
                raise Problem("staff_required")
            return
        if access is Access.REVIEW:
            if not self._may_decide(course_id, is_staff=is_staff):
                raise Problem("not_allowed" if is_staff else "not_found")
            return
        if is_staff:
            return
        if access is Access.COURSE_OR_OWNER and self.is_owner():
            self.is_for_staff = False
            return
        # Do not reveal whether an object exists. Which courses exist is public.
        raise Problem("staff_required" if "course_id" in self.kwargs else "not_found")

    def _may_decide(self, course_id: str, *, is_staff: bool) -> bool:
        """Return whether the caller is a reviewer of the provider, or staff where staff decide."""
        if is_staff and conf.proctoring.course_staff_decide_reviews(course_id):
            return True
        return bool(caller(self.request).has_perm(MAY_REVIEW, self.reviewed()))

    def handle_exception(self, exc: Exception) -> Response:
        """Answer every exception as problem details."""
        response = problem_details.answer_to(exc, self.request, self.kwargs)
        response.exception = True
        return response

    @property
    def allowed_methods(self) -> list[str]:
        """The methods that have an operation."""
        return [*self.operations, *(["HEAD"] if "GET" in self.operations else []), "OPTIONS"]

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer which methods there are, without the names of our classes."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


def as_course_id(text: str) -> str | None:
    """Return the course id if it is one, else None."""
    if len(text) > _MOST_COURSE_ID:
        return None
    try:
        return str(CourseKey.from_string(text))
    except InvalidKeyError:
        return None


def _once(parameters: QueryDict) -> dict[str, str]:
    """Return the parameters of a query. Raises ``validation_error`` for one that is given twice.

    All but the last value would be ignored: several words of one filter are separated by commas.
    """
    repeated = sorted(name for name, values in parameters.lists() if len(values) > 1)
    if repeated:
        message = _("Given more than once. Separate several values with commas.")
        raise Problem("validation_error", errors=[{"field": name, "message": message} for name in repeated])
    return {name: str(value) for name, value in parameters.items()}


def read(serializer: Callable[..., Serializer], data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a serializer reads. Raises ``unknown_parameter`` and ``validation_error``."""
    reader = serializer(data=dict(data))
    refuse_unknown(data, reader.fields)
    reader.is_valid(raise_exception=True)
    validated: Mapping[str, Any] = reader.validated_data
    return validated


def refuse_unknown(given: Iterable[str], known: Iterable[str], *, within: str = "") -> None:
    """Raise ``unknown_parameter`` naming what is not known: a misspelt filter must not show everything.

    ``within``: the member of the body that has these names.
    """
    unknown = sorted(set(map(str, given)) - set(known))
    if unknown:
        sentence = str(problem_details.CATALOGUE["unknown_parameter"].sentence)
        raise Problem(
            "unknown_parameter",
            errors=[{"field": ".".join(filter(None, (within, name))), "message": sentence} for name in unknown],
        )
