"""The platform's API of the Instructor Dashboard front end, as far as special exams are concerned.

As on the platform it knows exams only through ``edx_proctoring.api``. Unlike there, order and pages are cut in the
database, by the ``ordering``, ``offset`` and ``limit`` of those functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from edx_rest_framework_extensions.auth.jwt.authentication import JwtAuthentication
from edx_rest_framework_extensions.paginators import DefaultPagination
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demo.host import access, view_as
from demo.host.models import CourseRun, Enrollment, UserProfile
from edx_proctoring.api import (
    add_allowance_for_user,
    count_exam_attempts,
    does_backend_support_onboarding,
    get_all_exam_attempts,
    get_all_exams_for_course,
    get_allowances_for_course,
    get_exam_by_id,
    get_filtered_exam_attempts,
    get_user_attempts_by_exam_id,
    is_backend_dashboard_available,
    remove_allowance_for_user,
    remove_exam_attempt,
)
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExamStudentAllowance

EXAM_KEYS: Final = (
    *("id", "course_id", "content_id", "exam_name", "time_limit_mins", "due_date", "is_proctored"),
    *("is_practice_exam", "is_active", "hide_after_due", "backend"),
)
# What the client sends -> a field of the package's models. Other names are ignored, as on the platform.
_PEOPLE_AND_EXAMS: Final[Mapping[str, str]] = {
    "username": "user__username",
    "user.username": "user__username",
    "email": "user__email",
    "user.email": "user__email",
    "exam_name": "proctored_exam__exam_name",
    "proctored_exam.exam_name": "proctored_exam__exam_name",
}
ATTEMPT_ORDERINGS: Final[Mapping[str, str]] = {
    **_PEOPLE_AND_EXAMS,
    "time_limit": "proctored_exam__time_limit_mins",
    "proctored_exam.time_limit_mins": "proctored_exam__time_limit_mins",
    "type": "proctored_exam__is_practice_exam,proctored_exam__is_proctored",
    "started_at": "started_at",
    "start_time": "started_at",
    "completed_at": "completed_at",
    "end_time": "completed_at",
    "status": "status",
}
ALLOWANCE_ORDERINGS: Final[Mapping[str, str]] = {
    **_PEOPLE_AND_EXAMS,
    "allowance_type": "key",
    "key": "key",
    "value": "value",
}


class Pages(DefaultPagination):
    """Pages of a list that a function cuts in the database."""

    max_page_size = 100

    def paginate(self, request: Request, count: int, read: Callable[[int, int], list[Any]]) -> Response:
        """Return the requested page. ``read``: takes offset and limit. Raises NotFound for a page that is not there."""
        self.paginate_queryset(_Cut(count, read), request)  # type: ignore[arg-type]
        return self.get_paginated_response(list(self.page.object_list))


class _Cut:
    """Looks like a list to Django's paginator, and reads only the part it is asked for."""

    ordered = True

    def __init__(self, length: int, read: Callable[[int, int], list[Any]]) -> None:
        self._length, self._read = length, read

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> list[Any]:
        return self._read(part.start, part.stop - part.start) if part.stop > part.start else []


class InstructorView(APIView):
    """A resource of a course, for its team."""

    authentication_classes = (JwtAuthentication, SessionAuthentication)
    course: CourseRun

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the course; refuse all but its team."""
        super().initial(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        course = CourseRun.objects.filter(course_id=kwargs["course_id"]).first()
        if course is None:
            raise NotFound
        if not access.has_staff_access(request.user, course.course_id):
            raise PermissionDenied
        self.course = course

    def handle_exception(self, exc: Exception) -> Response:
        """Return errors as the platform does: ``{"error": text}``; field errors as they are."""
        if isinstance(exc, ProctoredBaseException):
            missing = isinstance(exc, ProctoredExamNotFoundException)
            return Response({"error": str(exc)}, status=404 if missing else exc.http_status)
        response = super().handle_exception(exc)
        if isinstance(exc, APIException) and not isinstance(exc, serializers.ValidationError):
            response.data = {"error": str(exc.detail)}
        return response

    def exam(self, exam_id: str | int) -> dict[str, Any]:
        """Return an exam of this course. Raises NotFound, ProctoredExamNotFoundException."""
        exam: dict[str, Any] = get_exam_by_id(int(exam_id))
        if exam["course_id"] != self.course.course_id:
            raise NotFound
        return exam

    def ordering(self, request: Request, names: Mapping[str, str]) -> str | None:
        """Return the requested order for the package, None for one that is not known."""
        asked = request.query_params.get("ordering", "")
        fields = names.get(asked.removeprefix("-"))
        if fields is None or not asked.startswith("-"):
            return fields
        return ",".join(f"-{field}" for field in fields.split(","))


class Exams(InstructorView):
    """GET: the exams of the course, all or of one type; not paged."""

    def get(self, request: Request, course_id: str) -> Response:
        """Return an array of exams."""
        wanted = request.query_params.get("exam_type")
        exams = get_all_exams_for_course(course_id)
        return Response([special_exam(exam) for exam in exams if _is_of_type(exam, wanted)])


class Exam(InstructorView):
    """GET: one exam."""

    def get(self, request: Request, course_id: str, exam_id: str) -> Response:
        """Return the exam; 404 for an unknown one and one of another course."""
        return Response(special_exam(self.exam(exam_id)))


class Attempts(InstructorView):
    """GET: the attempts of the course or of one exam, by pages."""

    def get(self, request: Request, course_id: str, exam_id: str | None = None) -> Response:
        """Return a page of attempts."""
        only = None if exam_id is None else self.exam(exam_id)["id"]
        search = request.query_params.get("search") or None
        ordering = self.ordering(request, ATTEMPT_ORDERINGS)

        def read(offset: int, limit: int) -> list[Any]:
            part = {"ordering": ordering, "exam_id": only, "offset": offset, "limit": limit}
            if search:
                found = get_filtered_exam_attempts(course_id, search, **part)
            else:
                found = get_all_exam_attempts(course_id, **part)
            return [host_attempt(attempt) for attempt in found]

        count = count_exam_attempts(course_id, exam_id=only, search=search)
        return Pages().paginate(request, count, read)


class Reset(InstructorView):
    """POST: remove a learner's attempts at an exam."""

    def post(self, request: Request, course_id: str, exam_id: str, username: str) -> Response:
        """Remove them; 404 without user, exam or attempts."""
        exam = self.exam(exam_id)
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            return Response({"error": "User not found"}, status=404)
        attempts = get_user_attempts_by_exam_id(user.pk, exam["id"])
        if not attempts:
            return Response({"error": "No attempts found for this user and exam"}, status=404)
        for attempt in attempts:
            remove_exam_attempt(attempt["id"], requesting_user=request.user)
        return Response({"success": True, "message": f"Reset attempts of {username} at {exam['exam_name']}"})


class AllowanceBody(serializers.Serializer):
    """Learners by username or e-mail address, and what they get."""

    user_ids = serializers.ListField(child=serializers.CharField(), allow_empty=False)
    allowance_type = serializers.CharField()
    value = serializers.CharField()


class BulkAllowanceBody(AllowanceBody):
    """The same for several exams."""

    exam_ids = serializers.ListField(child=serializers.IntegerField(), allow_empty=False)


class RemovedAllowanceBody(serializers.Serializer):
    """Whose allowance is removed."""

    user_ids = serializers.ListField(child=serializers.CharField(), allow_empty=False)
    allowance_type = serializers.CharField()


class Allowances(InstructorView):
    """GET: the allowances of the course, by pages. POST: give one to several learners in several exams."""

    def get(self, request: Request, course_id: str) -> Response:
        """Return a page of allowances."""
        search = request.query_params.get("search", "").lower()
        ordering = self.ordering(request, ALLOWANCE_ORDERINGS)
        if search:
            # The package has no search of allowances, which are few.
            found = [
                allowance
                for allowance in get_allowances_for_course(course_id, ordering)
                if search in allowance["user"]["username"].lower() or search in allowance["user"]["email"].lower()
            ]
            count = len(found)
        else:
            count = ProctoredExamStudentAllowance.get_allowances_for_course(course_id).count()

        def rows(offset: int, limit: int) -> list[dict[str, Any]]:
            cut = {"offset": offset, "limit": limit}
            page = found[offset : offset + limit] if search else get_allowances_for_course(course_id, ordering, **cut)
            return [host_allowance(one) for one in page]

        return Pages().paginate(request, count, rows)

    def post(self, request: Request, course_id: str) -> Response:
        """Give the allowance. Failures are in the results, and the status is 200."""
        body = _valid(BulkAllowanceBody, request)
        results = []
        for exam_id in body["exam_ids"]:
            for identifier in body["user_ids"]:
                outcome = _outcome(lambda n=exam_id, who=identifier: self._give(n, who, body))
                results.append({"identifier": identifier, "exam_id": exam_id, **outcome})
        return Response({"allowance_type": body["allowance_type"], "value": body["value"], "results": results})

    def _give(self, exam_id: int, identifier: str, body: Mapping[str, Any]) -> None:
        self.exam(exam_id)
        give(exam_id, identifier, body["allowance_type"], body["value"])


class ExamAllowance(InstructorView):
    """POST: give learners an allowance in one exam. DELETE: remove it."""

    def post(self, request: Request, course_id: str, exam_id: str) -> Response:
        """Give the allowance."""
        body = _valid(AllowanceBody, request)
        number = self.exam(exam_id)["id"]
        results = [
            {
                "identifier": identifier,
                **_outcome(lambda who=identifier: give(number, who, body["allowance_type"], body["value"])),
            }
            for identifier in body["user_ids"]
        ]
        return Response({"allowance_type": body["allowance_type"], "results": results})

    def delete(self, request: Request, course_id: str, exam_id: str) -> Response:
        """Remove the allowance. The client sends ids, which are looked up as names, as on the platform."""
        body = _valid(RemovedAllowanceBody, request)
        number = self.exam(exam_id)["id"]

        def remove(identifier: str) -> None:
            user = find_user(identifier, by_id=os.environ.get("DEMO_DELETE_BY_ID") == "1")
            remove_allowance_for_user(number, user.pk, body["allowance_type"])

        results = [
            {"identifier": identifier, **_outcome(lambda who=identifier: remove(who))}
            for identifier in body["user_ids"]
        ]
        return Response({"allowance_type": body["allowance_type"], "results": results})


class SettingsBody(serializers.Serializer):
    """What the course team may change."""

    proctoring_escalation_email = serializers.EmailField(required=False, allow_blank=True, allow_null=True)
    create_zendesk_tickets = serializers.BooleanField(required=False)
    enable_proctored_exams = serializers.BooleanField(required=False)


class ProctoringSettings(InstructorView):
    """GET, PATCH: how the course is proctored."""

    def get(self, request: Request, course_id: str) -> Response:
        """Return the settings."""
        course = self.course
        return Response(
            {
                "proctoring_provider": course.proctoring_provider,
                "proctoring_escalation_email": course.proctoring_escalation_email,
                "create_zendesk_tickets": course.create_zendesk_tickets,
                "enable_proctored_exams": course.enable_proctored_exams,
                "supports_onboarding": does_backend_support_onboarding(course.proctoring_provider),
                "review_dashboard_available": is_backend_dashboard_available(course_id),
            }
        )

    def patch(self, request: Request, course_id: str) -> Response:
        """Change some of them."""
        changes = _valid(SettingsBody, request)
        for name, value in changes.items():
            setattr(self.course, name, value)
        self.course.save(update_fields=list(changes))
        return self.get(request, course_id)


class Learner(InstructorView):
    """GET: a learner by username or e-mail address."""

    def get(self, request: Request, course_id: str, email_or_username: str) -> Response:
        """Return who it is; 404 for an unknown one."""
        user = find_user(email_or_username)
        return Response(
            {
                "username": user.username,
                "email": user.email,
                "full_name": UserProfile.objects.filter(user=user).values_list("name", flat=True).first() or "",
                "progress_url": view_as.progress_url(course_id, user.username),
                "is_enrolled": Enrollment.objects.filter(user=user, course=self.course, is_active=True).exists(),
            }
        )


def special_exam(exam: Mapping[str, Any]) -> dict[str, Any]:
    """Return an exam as the client reads it."""
    return {**{key: exam[key] for key in EXAM_KEYS}, "exam_type": exam_type(exam)}


def host_attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """Return an attempt as the client reads it."""
    exam = attempt["proctored_exam"]
    return {
        "id": attempt["id"],
        "user": {key: attempt["user"][key] for key in ("id", "username", "email")},
        "exam_id": exam["id"],
        "exam_name": exam["exam_name"],
        "exam_type": exam_type(exam),
        "status": attempt["status"],
        "start_time": attempt["started_at"],
        "end_time": attempt["completed_at"],
        "allowed_time_limit_mins": attempt["allowed_time_limit_mins"],
        "ready_to_resume": attempt["ready_to_resume"],
    }


def host_allowance(allowance: Mapping[str, Any]) -> dict[str, Any]:
    """Return an allowance as the client reads it."""
    return {
        **{key: allowance[key] for key in ("id", "created", "modified", "key", "value")},
        "user": {key: allowance["user"][key] for key in ("id", "username", "email")},
        "proctored_exam": special_exam(allowance["proctored_exam"]),
    }


def exam_type(exam: Mapping[str, Any]) -> str:
    """Return ``practice``, ``proctored`` or ``timed``; this client has no word for onboarding."""
    if exam["is_practice_exam"]:
        return "practice"
    return "proctored" if exam["is_proctored"] else "timed"


def _is_of_type(exam: Mapping[str, Any], wanted: str | None) -> bool:
    if wanted == "timed":
        return not exam["is_proctored"]
    return wanted not in ("proctored", "practice") or exam_type(exam) == wanted


def give(exam_id: int, identifier: str, key: str, value: str) -> None:
    """Give a learner the only allowance in an exam. Raises NotFound, ProctoredBaseException."""
    user = find_user(identifier)
    with transaction.atomic():
        for former in ProctoredExamStudentAllowance.get_allowances_for_user(exam_id, user.pk):
            if former.key != key:
                remove_allowance_for_user(exam_id, user.pk, former.key)
        add_allowance_for_user(exam_id, user.username, key, value)


def find_user(identifier: str, *, by_id: bool = False) -> Any:
    """Return a user. ``by_id``: a number is an id. Raises NotFound."""
    is_match = Q(username=identifier) | Q(email=identifier)
    if by_id and identifier.isascii() and identifier.isdigit():
        is_match = Q(pk=int(identifier))
    user = get_user_model().objects.filter(is_match).first()
    if user is None:
        raise NotFound("User not found")
    return user


def _outcome(act: Callable[[], Any]) -> dict[str, Any]:
    try:
        act()
    except NotFound as exc:
        return {"success": False, "error": str(exc.detail)}
    except ProctoredBaseException as exc:
        return {"success": False, "error": str(exc)}
    return {"success": True}


def _valid(kind: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    found: dict[str, Any] = dict(body.validated_data)
    return found


_EXAM: Final = r"special_exams/(?P<exam_id>\d{1,18})"
PATTERNS: Final[tuple[tuple[str, type[InstructorView]], ...]] = (
    (r"special_exams$", Exams),
    (r"special_exams/attempts$", Attempts),
    (r"special_exams/allowances$", Allowances),
    (rf"{_EXAM}$", Exam),
    (rf"{_EXAM}/attempts$", Attempts),
    (rf"{_EXAM}/reset/(?P<username>[^/]+)$", Reset),
    (rf"{_EXAM}/allowance$", ExamAllowance),
    (r"proctoring_settings$", ProctoringSettings),
    (r"learners/(?P<email_or_username>[^/]+)$", Learner),
)
