"""Exams of a course: read, create, change, register.

Contract: GET /v1/proctored_exam/exam, POST /v1/proctored_exam/exam, PUT /v1/proctored_exam/exam,
PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, conf
from edx_proctoring.api.exams import bulk_registration
from edx_proctoring.api.learner import safe_exam_browser
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.serializers import (
    MAX_MINUTES,
    ProctoredExamRegistrationSerializer,
    ProctoredExamSerializer,
)
from edx_proctoring.utils.storable import ID_RULES
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import require_staff
from edx_proctoring.views.problem_details import CODE_HEADER
from edx_proctoring.views.request_body import body_of
from edx_proctoring.views.request_fields import parse_id

# The provider's id of the exam and the provider's name: learners do not need them.
_PROVIDER_FIELDS = ("external_id", "backend")


class NewExam(ProctoredExamSerializer):
    """Input of POST."""

    def validate_course_id(self, course_id: str) -> str:
        """Refuse an id that does not fit into a URL: the exam's pages would be server errors for its learners."""
        if not re.fullmatch(settings.COURSE_ID_PATTERN, course_id):
            raise serializers.ValidationError(_("This is not the id of a course."))
        return course_id


class ExamChanges(serializers.Serializer):
    """Input of PUT: any of the fields. Null and absent mean "unchanged"."""

    exam_name = serializers.CharField(allow_null=True)
    time_limit_mins = serializers.IntegerField(allow_null=True, min_value=0, max_value=MAX_MINUTES)
    is_proctored = serializers.BooleanField(allow_null=True)
    is_practice_exam = serializers.BooleanField(allow_null=True)
    external_id = serializers.CharField(allow_null=True, **ID_RULES)
    is_active = serializers.BooleanField(allow_null=True)
    hide_after_due = serializers.BooleanField(allow_null=True)


class ProctoredExamView(ProctoredAPIView):
    """Exams. Contract: GET /v1/proctored_exam/exam, POST /v1/proctored_exam/exam, PUT /v1/proctored_exam/exam.

    GET: any user; one exam by id or by content, or the active exams of a course.
    POST, PUT: global staff; create and change an exam.
    """

    def get(
        self,
        request: Request,
        exam_id: int | None = None,
        course_id: str | None = None,
        content_id: str | None = None,
    ) -> Response:
        """Return one exam, or the list of a course; unknown exams answer 400."""
        query = request.query_params
        if exam_id is None and course_id is None:
            # The bare URL has no arguments; the query may name the same things.
            exam_id = parse_id(query["exam_id"], "exam_id") if query.get("exam_id") else None
            course_id, content_id = query.get("course_id"), query.get("content_id")
        if exam_id is not None:
            return Response(self._one(api.get_exam_by_id(exam_id)))
        if not course_id:
            raise ParseError("Name an exam_id, or a course_id with or without a content_id.")
        if content_id:
            return Response(self._one(api.get_exam_by_content_id(course_id, content_id)))
        exams = api.get_all_exams_for_course(course_id=course_id, active_only=True)
        # Clients rely on the order of creation, which the service layer does not guarantee.
        return Response([self._visible(exam) for exam in sorted(exams, key=lambda exam: exam["id"])])

    @method_decorator(require_staff)
    def post(self, request: Request) -> Response:
        """Create an exam; 400 with an error per field for invalid values."""
        serializer = NewExam(data=body_of(request))
        if not serializer.is_valid():
            return _invalid(serializer.errors)
        # Clients may send back an id from a GET; the database assigns its own.
        values = {key: value for key, value in serializer.validated_data.items() if key != "id"}
        return Response({"exam_id": api.create_exam(**values)})

    @method_decorator(require_staff)
    def put(self, request: Request) -> Response:
        """Change an exam, here and at its provider."""
        body = body_of(request)
        exam_id = body.get("exam_id")
        # partial: a box that a form leaves out is unchanged, not unticked.
        serializer = ExamChanges(data=body, partial=True)
        if not serializer.is_valid():
            return _invalid(serializer.errors)
        if exam_id is None:
            raise ProctoredExamNotFoundException("Attempted to update exam_id=None, but this exam does not exist.")
        changed_id = api.update_exam(parse_id(exam_id, "exam_id"), **serializer.validated_data)
        return Response({"exam_id": changed_id})

    def _visible(self, exam: dict[str, Any]) -> dict[str, Any]:
        """Return the exam, without the provider's fields if the operator hides them from this user.

        Raises ProctoredExamNotFoundException (400) for an inactive exam if the operator hides those.
        """
        if not exam["is_active"] and conf.proctoring.hide_inactive_exams and not self.request.user.is_staff:
            raise ProctoredExamNotFoundException("Attempted to get an exam that does not exist.")
        if conf.proctoring.hide_provider_fields and not self.request.user.is_staff:
            exam = {key: value for key, value in exam.items() if key not in _PROVIDER_FIELDS}
        return exam

    def _one(self, exam: dict[str, Any]) -> dict[str, Any]:
        """Return one exam, with what leads into the browser that it demands. Lists would ask for each exam."""
        return safe_exam_browser.add_launch_info(self._visible(exam), self.request)


class RegisterProctoredExamsView(ProctoredAPIView):
    """The whole set of exams of a course, from the exams service.

    Contract: PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}.

    PATCH: global staff. Nothing is written unless the whole list is valid (else 422).
    """

    @method_decorator(require_staff)
    def patch(self, request: Request, course_id: str) -> Response:
        """Create, change and deactivate exams so that the course has exactly the exams of the list."""
        if not isinstance(request.data, list):
            # DRF reads an empty list from any form, and an empty list deactivates all exams of the course.
            return _invalid_list(_("The request body must be a list of exams, as JSON."))
        serializer = ProctoredExamRegistrationSerializer(data=request.data, many=True)
        if not serializer.is_valid():
            return Response(status=status.HTTP_422_UNPROCESSABLE_ENTITY, data=serializer.errors)
        problem = _problem_of_list(serializer.validated_data, course_id)
        if problem is not None:
            return _invalid_list(problem)
        exam_ids = bulk_registration.register_course_exams(course_id, serializer.validated_data)
        return Response([{"exam_id": exam_id} for exam_id in exam_ids])


def _invalid(errors: Any) -> Response:
    """Return the 400 with an error per field."""
    return Response(status=status.HTTP_400_BAD_REQUEST, data=errors, headers={CODE_HEADER: "validation_error"})


def _invalid_list(problem: str) -> Response:
    """Return the 422 for a list that is invalid as a whole, in the shape of DRF's own."""
    return Response(status=status.HTTP_422_UNPROCESSABLE_ENTITY, data={"non_field_errors": [problem]})


def _problem_of_list(items: list[Mapping[str, Any]], course_id: str) -> str | None:
    """Return what is wrong with the list as a whole; None if it is valid."""
    content_ids = [item["content_id"] for item in items]
    if len(set(content_ids)) != len(content_ids):
        return _("The list names the same content_id twice.")
    if any(item["course_id"] != course_id for item in items):
        return _("All exams of the list must belong to the course in the address.")
    return None
