"""Bans. Contract: contract/seb-rest#bans."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx import user_banning
from seb_openedx.api.v2 import filters
from seb_openedx.api.v2.base import StaffView, validated
from seb_openedx.api.v2.idempotency import idempotent
from seb_openedx.api.v2.paging import Paging
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.audit_models import SebBanState


class BanFilters(filters.LearnerFilters):
    """Filters of bans. Without ``banned``: also those that have ended."""

    banned = serializers.BooleanField(required=False)


class NewBan(serializers.Serializer[Any]):
    """Whom to ban from what."""

    course_id = filters.CourseIdField()
    username = serializers.CharField(max_length=150)

    def validate_username(self, value: str) -> str:
        """Return the name of a user."""
        if not get_user_model()._default_manager.filter(username=value).exists():
            raise serializers.ValidationError(_("There is no user with this name."))
        return value


class BansView(StaffView):
    """All bans of a course, or of all courses for global staff."""

    is_list = True
    parameters: ClassVar[tuple[str, ...]] = filters.names(BanFilters)

    def concerned_course(self, request: Request) -> CourseKey | None:
        """Return the course of the filter, or of the ban that is sent."""
        return self.course_of_body(request) if request.method == "POST" else super().concerned_course(request)

    def get(self, request: Request) -> Response:
        """Return a page, the latest change first."""
        paging = Paging()
        page: Any = paging.paginate_queryset(_matching(**filters.read(BanFilters, request)), request, view=self)
        ends = _ends(page or [])
        return paging.get_paginated_response([_shown(row, ends) for row in page or []])

    @idempotent
    def post(self, request: Request) -> Response:
        """Ban a learner: 201, or 200 for one who is banned already."""
        sent = validated(NewBan, request.data)
        username, course_key = sent["username"], sent["course_id"]
        banned, is_new = user_banning.ban_user(username, course_key, request.user.get_username())
        if not banned:
            raise ProblemError("conflict", _("Banning is switched off for this course."))
        return Response({"username": username, "course_id": str(course_key)}, status=201 if is_new else 200)


class BanView(StaffView):
    """One learner's ban from one course."""

    @idempotent
    def delete(self, request: Request, username: str, **kwargs: Any) -> Response:
        """Let the learner in again."""
        course_key = self.course_of_path()
        if "\0" in username or not _matching(course_key, username, banned=True):
            raise ProblemError("not_found")
        user_banning.unban_user(username, course_key, request.user.get_username())
        return Response(status=204)


def _matching(course_id: CourseKey | None = None, username: str = "", banned: bool | None = None) -> Any:
    """Return the matching rows, from the database or of another backend's iterable."""
    rows = user_banning.get_all_banning_data()
    wanted: dict[str, Any] = {"course_id": course_id, "username": username or None, "access_blocked": banned}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if isinstance(rows, QuerySet):
        return rows.filter(**wanted).order_by("-last_modified_time", "-pk")
    found = [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]
    return sorted(found, key=lambda row: row.last_modified_time, reverse=True)


def _ends(page: list[Any]) -> dict[tuple[str, str], Any]:
    """Return when the bans of a page end by themselves, in one query."""
    names = {row.username for row in page}
    rows = SebBanState.objects.filter(username__in=names, banned_until__isnull=False)
    return {(row.username, str(row.course_id)): row.banned_until for row in rows}


def _shown(row: Any, ends: dict[tuple[str, str], Any]) -> dict[str, Any]:
    return {
        "username": row.username,
        "course_id": str(row.course_id),
        "banned": row.access_blocked,
        "banned_until": ends.get((row.username, str(row.course_id))) if row.access_blocked else None,
        "changed": row.last_modified_time,
        "changed_by": row.last_modified_by_username,
    }
