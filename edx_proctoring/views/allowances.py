"""Allowances: what single learners get beyond the rules of an exam. Spec: rest-api.md 4.10, 5.1-5.3."""

from typing import Any

from django.contrib.auth import get_user_model
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.api.access import course_of
from edx_proctoring.api.onboarding import course_roster
from edx_proctoring.exceptions import AllowanceValueNotAllowedException, UserNotFoundException
from edx_proctoring.views.base import ProctoredAPIView, caller, storable_body_of
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.parsing import is_yes, parse_id, parse_names, required, required_id
from edx_proctoring.views.permissions import (
    foreign_exams_of_bulk,
    is_user_course_or_global_staff,
    require_course_or_global_staff,
    staff_required_text,
)

# The width of the column.
_MAX_VALUE_LENGTH = 255


def _text_value(body: Any) -> str:
    """Return the body's ``value`` as text; clients send numbers too. Raises ParseError."""
    value = required(body, "value")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ParseError("value must be text or a number.")
    if len(str(value)) > _MAX_VALUE_LENGTH:
        raise ParseError(f"value must not be longer than {_MAX_VALUE_LENGTH} characters.")
    return str(value)


class ExamAllowanceView(ProctoredAPIView):
    """Allowances of a course, one at a time. Spec: rest-api.md 5.1. All: course staff.

    GET: list. PUT: give or change. DELETE: take away.
    """

    def get(self, request: Request, course_id: str | None = None) -> Response:
        """Return all allowances of the URL's course, or of the query's ``course_id`` or ``exam_id``."""
        if course_id is None:
            course_id = self._course_of_query()
        if not is_user_course_or_global_staff(request.user, course_id):
            raise PermissionDenied(staff_required_text())
        return Response(api.get_allowances_for_course(course_id=course_id))

    @method_decorator(require_course_or_global_staff)
    def put(self, request: Request, course_id: str | None = None) -> Response:
        """Give an allowance to a learner, named by id (number), username or e-mail address (text)."""
        body = storable_body_of(request)
        api.add_allowance_for_user(
            exam_id=self._existing_exam(body),
            user_info=self._existing_user(body),
            key=self._key(body),
            value=_text_value(body),
        )
        return Response()

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, course_id: str | None = None) -> Response:
        """Take an allowance away; there being none is no error."""
        body = storable_body_of(request)
        exam_id, key = required_id(body, "exam_id"), self._key(body)
        if body.get("user_id") not in (None, ""):
            api.remove_allowance_for_user(exam_id=exam_id, user_id=parse_id(body["user_id"], "user_id"), key=key)
        return Response()

    def _course_of_query(self) -> str:
        query = self.request.query_params
        if query.get("course_id"):
            return query["course_id"]
        exam_id = required_id(query, "exam_id")
        if self.request.user.is_staff:
            # Told what is wrong: 400 for an exam that does not exist.
            return api.get_exam_by_id(exam_id)["course_id"]
        course_id = course_of.course_of_exam(exam_id)
        if course_id is None:
            # Like a foreign exam, so that ids cannot be probed.
            raise PermissionDenied(staff_required_text())
        return course_id

    @staticmethod
    def _existing_exam(body: Any) -> int:
        # Asked here because the table would notice a missing exam as a broken constraint only.
        return api.get_exam_by_id(required_id(body, "exam_id"))["id"]

    @staticmethod
    def _existing_user(body: Any) -> int | str:
        # A number is an id and taken as it is by the table; names are looked up by the room.
        user_info = required(body, "user_info")
        if isinstance(user_info, str):
            return user_info
        user_id = parse_id(user_info, "user_info")
        if not get_user_model().objects.filter(pk=user_id).exists():
            raise UserNotFoundException(f"Cannot find user against {user_id}")
        return user_id

    @staticmethod
    def _key(body: Any) -> str:
        key = required(body, "key")
        if not isinstance(key, str) or not 0 < len(key) <= _MAX_VALUE_LENGTH:
            raise ParseError("key must be text.")
        return key


class ExamBulkAllowanceView(ProctoredAPIView):
    """The same allowance for many learners in many exams. Spec: rest-api.md 5.2.

    PUT: course staff.
    """

    @idempotent
    def put(self, request: Request, course_id: str | None = None) -> Response:
        """Give it to all pairs; 207 with a row per pair if only some worked, 400 if none did.

        ``atomic`` in the body: give none where one cannot be given.
        """
        body = storable_body_of(request)
        exam_ids = parse_names(body.get("exam_ids"), "exam_ids")
        users = parse_names(body.get("user_ids"), "user_ids")
        foreign = foreign_exams_of_bulk(request, exam_ids, course_id)
        all_or_nothing = is_yes(body.get("atomic", "false"))
        if foreign and all_or_nothing:
            raise PermissionDenied(staff_required_text())
        try:
            rows, done, failed = api.add_bulk_allowances(
                exam_ids=[exam_id for exam_id in exam_ids if exam_id not in foreign],
                user_ids=users,
                allowance_type=self._allowance_type(body),
                value=self._value(body),
                all_or_nothing=all_or_nothing,
            )
        except AllowanceValueNotAllowedException:
            return self._refusal(_("Enter a valid positive value number"), "allowance_value")
        refused = [
            {"exam_id": exam_id, "user_id": user} for exam_id in exam_ids if exam_id in foreign for user in users
        ]
        if done == 0:
            return self._refusal(_("Enter a valid username or email"), "user_info")
        if failed or refused:
            failures = [
                {**row, "success": False, "status": "failed", "error": staff_required_text()} for row in refused
            ]
            return Response(status=status.HTTP_207_MULTI_STATUS, data=[*rows, *failures])
        return Response()

    @staticmethod
    def _allowance_type(body: Any) -> str:
        allowance_type = required(body, "allowance_type")
        if not isinstance(allowance_type, str) or not 0 < len(allowance_type) <= _MAX_VALUE_LENGTH:
            raise ParseError("allowance_type must be text.")
        return allowance_type

    @staticmethod
    def _value(body: Any) -> str:
        try:
            return _text_value(body)
        except ParseError as exc:
            raise AllowanceValueNotAllowedException(str(exc.detail)) from exc

    @staticmethod
    def _refusal(detail: str, field: str) -> Response:
        # ``field`` is the key of an element of the dashboard's form: never translated.
        return Response(status=status.HTTP_400_BAD_REQUEST, data={"detail": detail, "field": field})


class GroupedExamAllowancesByStudent(ProctoredAPIView):
    """The allowances of a course by learner. Spec: rest-api.md 5.3.

    GET: course staff.
    """

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        """Return an object of username to list of allowances."""
        return Response(course_roster.allowances_by_username(course_id))


class ActiveExamsForUserView(ProctoredAPIView):
    """Running exams with the learner's allowances. Spec: rest-api.md 4.10.

    GET: any user, for themselves; another user: global staff, or staff of query ``course_id``.
    """

    def get(self, request: Request) -> Response:
        """Return exam, attempt and allowances of each running attempt. A body is not looked at."""
        query = request.query_params
        course_id = query.get("course_id") or None
        user_id = parse_id(query["user_id"], "user_id") if query.get("user_id") else caller(request).id
        if user_id != caller(request).id:
            allowed = request.user.is_staff or (
                course_id is not None and is_user_course_or_global_staff(request.user, course_id)
            )
            if not allowed:
                raise PermissionDenied(staff_required_text())
        return Response(api.get_active_exams_for_user(user_id=user_id, course_id=course_id))
