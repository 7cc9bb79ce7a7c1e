"""Who may call what. Contract: contract/rest-rules#course-staff, contract/rest-rules#course-scope.

``require_staff`` and ``require_course_or_global_staff`` wrap a function ``func(request, *args, **kwargs)`` and answer
403 instead of calling it. On methods of a view, apply them with ``method_decorator``.

The host's ``instructor`` service says who is staff of a course. The course of the objects that a request touches
counts, not a course that the caller names.
"""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, Final

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.access import course_ids
from edx_proctoring.api.access.course_staff import is_course_staff, is_user_course_or_global_staff
from edx_proctoring.utils.storable import as_id
from edx_proctoring.views.problem_details import CODE_HEADER
from edx_proctoring.views.request_body import body_of
from edx_proctoring.views.request_fields import parse_id

Handler = Callable[..., HttpResponseBase]

# Defined by the host (contract/host-services#retire-permission).
MAY_RETIRE: Final = "accounts.can_retire_user"

__all__ = [
    "MAY_RETIRE",
    "foreign_exams_of_bulk",
    "is_user_course_or_global_staff",
    "require_course_or_global_staff",
    "require_staff",
    "staff_required_text",
]

# The body of these methods is never read: what a link does must be visible in the link.
_BODYLESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def staff_required_text() -> str:
    """Return the text for callers who are not staff. Clients compare it, including the capitals."""
    return _("Must be a Staff User to Perform this request.")


def course_unknown_text() -> str:
    """Return the text for a request that does not name a known course."""
    return _("The course this request is about could not be determined.")


def refusal(text: str, code: str = "staff_required") -> Response:
    """Return a 403 with this text; ``code``: of ``problems.CATALOGUE``."""
    return Response(status=status.HTTP_403_FORBIDDEN, data={"detail": text}, headers={CODE_HEADER: code})


def require_staff(func: Handler) -> Handler:
    """Allow only global staff."""

    @wraps(func)
    def wrapped(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            return refusal(staff_required_text())
        return func(request, *args, **kwargs)

    return wrapped


def require_course_or_global_staff(func: Handler) -> Handler:
    """Allow global staff, and users who are staff of every course that the request touches.

    These are the courses of the URL's course, exam and attempt and of the body's ``exam_id``. The body's ``course_id``
    counts only if nothing else names a course. An object that does not exist is refused like one of another course, so
    that ids cannot be probed.
    """

    @wraps(func)
    def wrapped(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_staff:
            return func(request, *args, **kwargs)
        try:
            courses = _touched_courses(kwargs, _readable_body(request))
        except ParseError as exc:
            return Response(status=exc.status_code, data={"detail": str(exc.detail)})
        if not courses:
            return refusal(course_unknown_text(), "course_unknown")
        if None in courses or not all(is_course_staff(request.user, str(course_id)) for course_id in courses):
            return refusal(staff_required_text())
        return func(request, *args, **kwargs)

    return wrapped


def _readable_body(request: Request) -> Mapping[str, Any]:
    # A stand-in for a request in a test may have no method. Its body is read.
    if getattr(request, "method", None) in _BODYLESS_METHODS:
        return {}
    return body_of(request)


def _touched_courses(kwargs: Mapping[str, Any], body: Mapping[str, Any]) -> set[str | None]:
    """Return the courses that a request touches, with None for an object that does not exist."""
    courses: set[str | None] = set()
    if kwargs.get("course_id") is not None:
        courses.add(kwargs["course_id"])
    for source in (kwargs, body):
        exam_id = source.get("exam_id")
        if exam_id is not None:
            courses.add(course_ids.course_id_of_exam(parse_id(exam_id, "exam_id")))
    if kwargs.get("attempt_id") is not None:
        courses.add(course_ids.course_id_of_attempt(parse_id(kwargs["attempt_id"], "attempt_id")))
    if not courses and body.get("course_id"):
        courses.add(str(body["course_id"]))
    return courses


def foreign_exams_of_bulk(request: Request, exam_ids: Collection[str], course_id: str | None) -> frozenset[str]:
    """Return those of ``exam_ids`` that belong to courses of other teams (contract/rest-rules#course-scope).

    Args:
        request: a request that changes many exams at once.
        exam_ids: as sent. The service layer reports entries that are not ids of exams.
        course_id: from the URL.

    Raises PermissionDenied (403) if the caller administers none of the courses concerned: those of the exams and of the
    URL or, if neither names one, the body's.
    """
    if request.user.is_staff:
        return frozenset()
    numbers = {exam_id: number for exam_id in exam_ids if (number := as_id(exam_id)) is not None}
    courses = course_ids.course_ids_of_exams(set(numbers.values()))
    named = course_id if course_id is not None else body_of(request).get("course_id")
    concerned = set(courses.values())
    if course_id is not None or (not concerned and named):
        concerned.add(str(named))
    if not concerned:
        raise PermissionDenied(course_unknown_text(), "course_unknown")
    administered = {course for course in concerned if is_course_staff(request.user, course)}
    if not administered or (course_id is not None and course_id not in administered):
        raise PermissionDenied(staff_required_text())
    if courses and not administered.intersection(courses.values()):
        raise PermissionDenied(staff_required_text())
    foreign = {pk for pk, course in courses.items() if course not in administered}
    return frozenset(exam_id for exam_id, number in numbers.items() if number in foreign)
