"""Sessions of Safe Exam Browser: who has proved it, and who waits for staff. Contract: contract/seb-rest#sessions."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.v2 import filters
from seb_openedx.api.v2.base import StaffView, validated
from seb_openedx.api.v2.idempotency import idempotent
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exam_models import EXPIRED, SebSession
from seb_openedx.exams.learner_release import release_learner


class SessionFilters(filters.RowFilters):
    """Filters of sessions. Without ``open``: also those that have ended."""

    open = serializers.BooleanField(required=False)


class Release(serializers.Serializer[Any]):
    """Whom to let in again, and why."""

    user_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=255, allow_blank=True, default="")


class SessionsView(StaffView):
    """Sessions of a course, or of all courses for global staff."""

    is_list = True
    parameters: ClassVar[tuple[str, ...]] = filters.names(SessionFilters)

    def get(self, request: Request) -> Response:
        """Return a page, the newest first."""
        given = filters.read(SessionFilters, request)
        is_open = given.pop("open", None)
        rows = SebSession.objects.filter(**given)
        if is_open is not None:
            now = timezone.now()
            rows = rows.open().filter(expires__gt=now) if is_open else rows.over(now=now)
        return self.page_of(rows.order_by("-created", "-pk"), _shown)


class SessionView(StaffView):
    """One session."""

    def concerned_course(self, request: Request) -> CourseKey | None:
        """Return the course of the session as it is stored, whatever the request says."""
        rows = SebSession.objects.filter(pk=_as_uuid(self.kwargs["session_id"]))
        course_key: CourseKey | None = rows.values_list("course_id", flat=True).first()
        return course_key

    @idempotent
    def delete(self, request: Request, session_id: str) -> Response:
        """End it: 204, and the learner proves the browser again. One that was over before: 200, and how it ended."""
        now, rows = timezone.now(), SebSession.objects.filter(pk=_as_uuid(session_id))
        if rows.filter(expires__gt=now).end("staff", now=now):
            return Response(status=204)
        rows.end(EXPIRED, now=now)
        row = rows.first()
        if row is None:
            raise ProblemError("not_found")
        return Response(_shown(row))


class ReleaseView(StaffView):
    """Lets learners in again who have left the browser during an exam."""

    @idempotent
    def post(self, request: Request, content_id: str, **kwargs: Any) -> Response:
        """Let one learner in; ``released`` says how many ended sessions kept the learner out."""
        course_key = self.course_of_path()
        sent = validated(Release, request.data)
        by = request.user.get_username()
        if "\0" in content_id:
            raise ProblemError("not_found")
        released = release_learner(course_key, content_id, sent["user_id"], by=by, reason=sent["reason"])
        return Response({"released": released})


def _as_uuid(text: str) -> UUID:
    """Return the id in an address; the zero id, which no session has, if it is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _shown(row: SebSession) -> dict[str, Any]:
    is_over = row.ended is not None or row.expires <= timezone.now()
    return {
        "id": str(row.pk),
        "user_id": row.user_id,
        "username": row.username,
        "course_id": str(row.course_id),
        "content_id": row.content_id,
        "proof": row.proof,
        # A weaker proof: its address could be known beforehand.
        "is_replayable": row.is_replayable,
        "key_prefix": row.key_prefix,
        "seb_version": row.seb_version,
        "created": row.created,
        "last_proof": row.last_proof,
        "expires": row.expires,
        "open": not is_over,
        "ended": row.ended,
        "end_reason": row.end_reason,
        "released": row.released,
        "released_by": row.released_by_username,
    }
