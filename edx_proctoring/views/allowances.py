"""Allowances: exceptions from the rules of an exam for single learners.

Contract: GET /v1/proctored_exam/active_exams_for_user, GET /v1/proctored_exam/{course_id}/allowance,
PUT /v1/proctored_exam/allowance, DELETE /v1/proctored_exam/allowance, PUT /v1/proctored_exam/bulk_allowance,
GET /v1/proctored_exam/{course_id}/grouped/allowance.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, backends
from edx_proctoring.api.access import course_ids
from edx_proctoring.api.course_staff import allowance_list_v1
from edx_proctoring.api.providers import attempt_id
from edx_proctoring.exceptions import AllowanceValueNotAllowedException, UserNotFoundException
from edx_proctoring.views.base import ProctoredAPIView, caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.name_list import NameListField
from edx_proctoring.views.permissions import (
    foreign_exams_of_bulk,
    is_user_course_or_global_staff,
    require_course_or_global_staff,
    staff_required_text,
)
from edx_proctoring.views.problem_details import CODE_HEADER
from edx_proctoring.views.request_body import body_of
from edx_proctoring.views.request_fields import IdField, TextField, is_yes, parse_id, required_id, validated


class UserInfoField(serializers.CharField):
    """A learner: a number is a user id, text is a username or an e-mail address."""

    def to_internal_value(self, data: Any) -> Any:
        """Return a number as int and text as str: the service layer tells them apart by type."""
        return IdField().run_validation(data) if isinstance(data, int) else super().to_internal_value(data)


class AllowanceInput(serializers.Serializer):
    """Body of a PUT of one allowance."""

    exam_id = IdField()
    user_info = UserInfoField()
    key = TextField()
    value = TextField(allow_blank=True)


class AllowanceToRemove(serializers.Serializer):
    """Body of a DELETE."""

    exam_id = IdField()
    user_id = IdField(required=False, allow_null=True)
    key = TextField()


class BulkPairs(serializers.Serializer):
    """The exams and learners of a bulk PUT."""

    exam_ids = NameListField(allow_null=True, default=None)
    user_ids = NameListField(allow_null=True, default=None)


class BulkAllowance(serializers.Serializer):
    """What each pair of a bulk PUT gets."""

    allowance_type = TextField()
    value = TextField(allow_blank=True)


class ExamAllowanceView(ProctoredAPIView):
    """The allowances of a course, changed one at a time.

    Contract: GET /v1/proctored_exam/{course_id}/allowance, PUT /v1/proctored_exam/allowance,
    DELETE /v1/proctored_exam/allowance.

    GET, PUT, DELETE: course staff.
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
        """Create or change a learner's allowance."""
        values = validated(AllowanceInput(data=body_of(request)))
        # Looked up here because the insert would only report a broken foreign key.
        exam_id = api.get_exam_by_id(values["exam_id"])["id"]
        self._require_user(values["user_info"])
        api.add_allowance_for_user(
            exam_id=exam_id,
            user_info=values["user_info"],
            key=values["key"],
            value=values["value"],
            by=request.user,
        )
        return Response()

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, course_id: str | None = None) -> Response:
        """Remove a learner's allowance. It is not an error if there is none, or if no learner is named."""
        values = validated(AllowanceToRemove(data=body_of(request)))
        if values.get("user_id") is not None:
            api.remove_allowance_for_user(
                exam_id=values["exam_id"], user_id=values["user_id"], key=values["key"], by=request.user
            )
        return Response()

    def _course_of_query(self) -> str:
        query = self.request.query_params
        if query.get("course_id"):
            return query["course_id"]
        exam_id = required_id(query, "exam_id")
        if self.request.user.is_staff:
            # Global staff may learn that an exam does not exist (400).
            return api.get_exam_by_id(exam_id)["course_id"]
        course_id = course_ids.course_id_of_exam(exam_id)
        if course_id is None:
            # Refused like an exam of another course, so that ids cannot be probed.
            raise PermissionDenied(staff_required_text())
        return course_id

    @staticmethod
    def _require_user(user_info: int | str) -> None:
        """Raise UserNotFoundException for an unknown user id. The service layer looks up names itself."""
        if isinstance(user_info, int) and not get_user_model().objects.filter(pk=user_info).exists():
            raise UserNotFoundException(f"Cannot find user against {user_info}")


class ExamBulkAllowanceView(ProctoredAPIView):
    """The same allowance for many learners in many exams. Contract: PUT /v1/proctored_exam/bulk_allowance.

    PUT: course staff.
    """

    @idempotent
    def put(self, request: Request, course_id: str | None = None) -> Response:
        """Give it to all pairs; 207 with a row per pair if only some succeeded, 400 if none did.

        ``atomic`` in the body: change nothing unless every pair can get the allowance.
        """
        body = body_of(request)
        pairs = validated(BulkPairs(data=body))
        exam_ids, users = pairs["exam_ids"] or [], pairs["user_ids"] or []
        foreign = foreign_exams_of_bulk(request, exam_ids, course_id)
        all_or_nothing = is_yes(body.get("atomic", "false"))
        if foreign and all_or_nothing:
            raise PermissionDenied(staff_required_text())
        allowance = BulkAllowance(data=body)
        if not allowance.is_valid() and list(allowance.errors) == ["value"]:
            return self._value_refused()
        values = validated(allowance)
        try:
            rows, done, failed = api.add_bulk_allowances(
                exam_ids=[exam_id for exam_id in exam_ids if exam_id not in foreign],
                user_ids=users,
                allowance_type=values["allowance_type"],
                value=values["value"],
                all_or_nothing=all_or_nothing,
                by=request.user,
            )
        except AllowanceValueNotAllowedException:
            return self._value_refused()
        refused = [
            {"exam_id": exam_id, "user_id": user} for exam_id in exam_ids if exam_id in foreign for user in users
        ]
        if done == 0:
            return self._refusal(_("Enter a valid username or email"), "user_info", "user_not_found")
        if failed or refused:
            failures = [
                {**row, "success": False, "status": "failed", "error": staff_required_text()} for row in refused
            ]
            return Response(status=status.HTTP_207_MULTI_STATUS, data=[*rows, *failures])
        return Response()

    def _value_refused(self) -> Response:
        return self._refusal(_("Enter a valid positive value number"), "allowance_value", "invalid_allowance")

    @staticmethod
    def _refusal(detail: str, field: str, code: str) -> Response:
        # ``field`` names an element of the dashboard's form, so it is not translated.
        return Response(
            status=status.HTTP_400_BAD_REQUEST,
            data={"detail": detail, "field": field},
            headers={CODE_HEADER: code},
        )


class GroupedExamAllowancesByStudent(ProctoredAPIView):
    """The allowances of a course by learner. Contract: GET /v1/proctored_exam/{course_id}/grouped/allowance.

    GET: course staff.
    """

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        """Return an object that maps usernames to lists of allowances."""
        return Response(allowance_list_v1.allowances_by_username(course_id))


class ActiveExamsForUserView(ProctoredAPIView):
    """A learner's running exams with their allowances. Contract: GET /v1/proctored_exam/active_exams_for_user.

    GET: any user for themselves; for another user global staff, or staff of query ``course_id``.
    """

    def get(self, request: Request) -> Response:
        """Return exam, attempt and allowances of each running attempt. The body is not read."""
        query = request.query_params
        course_id = query.get("course_id") or None
        user_id = parse_id(query["user_id"], "user_id") if query.get("user_id") else caller(request).id
        if user_id != caller(request).id:
            allowed = request.user.is_staff or (
                course_id is not None and is_user_course_or_global_staff(request.user, course_id)
            )
            if not allowed:
                raise PermissionDenied(staff_required_text())
        found = api.get_active_exams_for_user(user_id=user_id, course_id=course_id)
        if user_id == caller(request).id and not request.user.is_staff:
            for item in found:
                provider = backends.find_backend_provider(item["exam"])
                attempt = item["attempt"]
                attempt["external_id"] = attempt_id.shown_to_learner(attempt["external_id"], provider)
        return Response(found)
