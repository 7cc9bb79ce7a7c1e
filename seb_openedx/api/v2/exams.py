"""Exams, and what each of them demands. Contract: contract/seb-rest#exams, contract/seb-rest#exam."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx import conf
from seb_openedx.api.v2.base import validated
from seb_openedx.api.v2.exam_bodies import ExamBody, ForceBody, change_of, problem_of
from seb_openedx.api.v2.exam_lookup import CourseView, find, find_for_change, new_row, rows
from seb_openedx.api.v2.exam_versions import check_preconditions, etag
from seb_openedx.api.v2.idempotency import idempotent
from seb_openedx.api.v2.paging import Paging
from seb_openedx.api.v2.problem_details import CATALOGUE, ProblemError
from seb_openedx.edxapp_wrapper import special_exams
from seb_openedx.edxapp_wrapper.special_exams import Exam
from seb_openedx.exam_models import Mode, SebExamConfiguration
from seb_openedx.exams import encryption, file_making, removal, requirements, setup
from seb_openedx.exams.addresses import origin_of
from seb_openedx.middleware import SecureExamBrowserMiddleware
from seb_openedx.protocol import exam_quit_url


class _ExamsOfCourse:
    """A course's exams by name, then the sections that demand the browser and are no exam. Cut in the database."""

    def __init__(self, course_key: CourseKey) -> None:
        self._exams = special_exams.of_course(str(course_key))
        found = rows(course_key).order_by("content_id")
        self._others = found if self._exams is None else found.exclude(content_id__in=self._exams.values("content_id"))
        self._number_of_exams: int | None = None

    def _count_exams(self) -> int:
        if self._number_of_exams is None:
            self._number_of_exams = 0 if self._exams is None else self._exams.count()
        return self._number_of_exams

    def count(self) -> int:
        """Return how many there are."""
        return self._count_exams() + self._others.count()

    def __getitem__(self, cut: slice) -> list[tuple[str, Exam | None, SebExamConfiguration | None]]:
        """Return a part: content id, exam, and the row of what is no exam."""
        first, last, known = cut.start, cut.stop, self._count_exams()
        exams: list[Exam] = [] if self._exams is None else list(self._exams[first:last])
        others = self._others[max(first - known, 0) : last - known] if last > known else ()
        return [*((exam["content_id"], exam, None) for exam in exams), *((row.content_id, None, row) for row in others)]


class ExamsView(CourseView):
    """The exams of a course."""

    is_list = True

    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return a page, each exam with what it demands."""
        course_key, paging = self.course(), Paging()
        page: Any = paging.paginate_queryset(_ExamsOfCourse(course_key), request, view=self)  # type: ignore[arg-type]
        wanted = [content_id for content_id, _exam, row in page if row is None]
        stored = {row.content_id: row for row in rows(course_key).filter(content_id__in=wanted)}
        found = [_shown(course_key, name, exam, row or stored.get(name)) for name, exam, row in page]
        return paging.get_paginated_response(found)


class ExamView(CourseView):
    """What one exam demands."""

    def get(self, request: Request, content_id: str, **kwargs: Any) -> Response:
        """Return it. An exam that demands nothing has mode ``off`` and version 0."""
        course_key = self.course()
        exam, row = find(course_key, content_id)
        if exam is None and row is None:
            raise ProblemError("not_found")
        return _answer(course_key, content_id, exam, row)

    @idempotent
    def put(self, request: Request, content_id: str, **kwargs: Any) -> Response:
        """Replace it: what is left out gets its default, except passwords and the template."""
        return self._save(request, content_id, partial=False)

    @idempotent
    def patch(self, request: Request, content_id: str, **kwargs: Any) -> Response:
        """Change the members that are sent."""
        return self._save(request, content_id, partial=True)

    @idempotent
    def delete(self, request: Request, content_id: str, **kwargs: Any) -> Response:
        """Demand nothing any more."""
        _exam, row = find(self.course(), content_id)
        if row is None:
            raise ProblemError("not_found")
        sent = validated(ForceBody, request.data)
        check_preconditions(request, row)
        try:
            removal.remove(row, origin=origin_of(request), by=request.user.get_username(), force=sent["force"])
        except setup.SetupError as error:
            raise problem_of(error) from error
        return Response(status=204)

    def _save(self, request: Request, content_id: str, *, partial: bool) -> Response:
        course_key = self.course()
        exam, stored = find_for_change(course_key, content_id)
        sent = validated(ExamBody, request.data, partial=partial)
        check_preconditions(request, stored)
        row = stored or new_row(course_key, content_id)
        try:
            saved = setup.save(
                row,
                change_of(sent, row),
                origin=origin_of(request),
                by=request.user.get_username(),
                force=sent.get("force", False),
            )
        except setup.SetupError as error:
            raise problem_of(error) from error
        return _answer(course_key, content_id, exam, saved, status=201 if stored is None else 200)


def _answer(
    course_key: CourseKey, content_id: str, exam: Exam | None, row: SebExamConfiguration | None, *, status: int = 200
) -> Response:
    return Response(_shown(course_key, content_id, exam, row), status=status, headers={"ETag": etag(row)})


def _shown(
    course_key: CourseKey, content_id: str, exam: Exam | None, stored: SebExamConfiguration | None
) -> dict[str, Any]:
    row = stored or new_row(course_key, content_id)
    has_addresses = stored is not None and bool(row.origin)
    return {
        "course_id": str(course_key),
        "content_id": content_id,
        "exam": None if exam is None else {name: value for name, value in exam.items() if name != "content_id"},
        "mode": row.mode,
        "template_id": row.template_id,
        "settings": row.settings,
        "min_versions": row.min_versions,
        "has_quit_password": bool(row.quit_password_hash),
        "has_encrypt_password": bool(row.encrypt_password_cipher),
        "upload_policy": row.upload_policy,
        "source_name": row.source_name,
        "config_key": row.config_key,
        "previous_config_keys": row.previous_config_keys,
        "browser_keys": row.browser_keys,
        "client_config_keys": row.client_config_keys,
        "exempt_username": row.exempt_usernames,
        "on_leave": row.on_leave,
        "start_url": file_making.start_address(row) if has_addresses else "",
        "quit_url": exam_quit_url(row.origin, row.quit_nonce) if has_addresses else "",
        "warnings": [{"code": code, "message": text} for code, text in _warnings(row)],
        "modified": row.modified,
        "modified_by": row.modified_by_username,
        "version": row.version,
    }


def _warnings(row: SebExamConfiguration) -> Iterator[tuple[str, str]]:
    """Yield code and sentence of everything by which the exam may be open, or closed, by accident."""
    if row.mode == Mode.OFF:
        return
    if not SecureExamBrowserMiddleware.is_installed():
        yield "not_enforced", _("Nothing is enforced: the middleware is not installed on this server.")
    requirement = requirements.from_row(row)
    if not requirement.is_usable:
        yield "unusable", _("No browser can open the exam. Save it again.")
    if requirement.has_file and not encryption.is_readable(row.encrypt_password_cipher):
        yield "password_unreadable", str(CATALOGUE["password_unreadable"].sentence)
    if requirement.accepts_name_only:
        yield "no_keys_weak", _("Without a key every browser that calls itself SEB is accepted.")
    if file_making.has_addresses(row) and conf.seb.lms_root_url not in ("", row.origin):
        text = _("The addresses in the file are those of %(origin)s. Save the exam with renew_origin.")
        yield "other_origin", text % {"origin": row.origin}
