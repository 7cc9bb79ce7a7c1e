"""Bans: a list, and a button for each. Contract: contract/safe-exam-browser#dashboard."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _
from django.views import View
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from seb_openedx.edxapp_wrapper.course_staff import is_course_staff
from seb_openedx.user_banning import ban_user, get_all_banning_data, unban_user

ROWS_PER_PAGE: Final = 50
COLUMNS: Final = ("username", "course_id", "access_blocked", "last_modified_time", "last_modified_by_username")


def staff_or_course_staff(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let in global staff, and the staff of the course that the request names; others have to log in."""
    for_staff = staff_member_required(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = request.user
        if user.is_authenticated and not user.is_staff:
            course_key = _course_key(request.POST.get("course_id") or request.GET.get("course_id"))
            if course_key is not None and is_course_staff(user, course_key):
                return view(request, *args, **kwargs)
        try:
            return for_staff(request, *args, **kwargs)
        except NoReverseMatch:  # no admin site to log in to
            return redirect_to_login(request.get_full_path())

    return checked


def _course_id(value: str | None) -> str:
    """Return a course id. A plus sign that was pasted into an address arrives as a space; no course id has spaces."""
    return (value or "").strip().replace(" ", "+")


def _course_key(value: str | None) -> CourseKey | None:
    try:
        return CourseKey.from_string(_course_id(value))
    except InvalidKeyError:
        return None


class TableView(View):
    """A row per learner and course that had a ban."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the rows that match ``username`` and ``course_id``, sorted by ``sort``."""
        username, course_id = request.GET.get("username", "").strip(), _course_id(request.GET.get("course_id"))
        # Course staff see one course, which staff_or_course_staff has checked.
        only_course = None if _is_global_staff(request.user) else _course_key(course_id)
        sort = request.GET.get("sort", "")
        if sort.removeprefix("-") not in COLUMNS:
            sort = "-last_modified_time"
        rows = _matching(get_all_banning_data(), username, course_id, only_course, sort)
        page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "all_instances": page.object_list,
            "page": page,
            "username": username,
            "course_id": course_id,
            "sort": sort,
            "columns": _headings(sort),
        }
        return render(request, "seb-manage-users/table.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ban or unban one learner."""
        username = request.POST.get("username", "").strip()
        course_key = _course_key(request.POST.get("course_id"))
        if course_key is None or not username:
            return HttpResponseBadRequest(_("A user name and a course id are needed."))
        action = request.POST.get("action")
        if action == "unban":
            unban_user(username, course_key, request.user.get_username())
        elif action == "ban":
            banned, _is_new = ban_user(username, course_key, request.user.get_username())
            if not banned:
                return HttpResponseBadRequest(_("Banning is switched off for this course."))
        else:
            return HttpResponseBadRequest(_("The action is neither “ban” nor “unban”."))
        target = request.path
        if not _is_global_staff(request.user):
            target += f"?{urlencode({'course_id': str(course_key)})}"
        return HttpResponseRedirect(target)


def _is_global_staff(user: Any) -> bool:
    return bool(user.is_staff)


def _matching(rows: Any, username: str, course_id: str, only_course: CourseKey | None, sort: str) -> Any:
    """Return the matching rows in order, from the database or of another backend's iterable."""
    column = sort.removeprefix("-")
    if isinstance(rows, QuerySet):
        if only_course is not None:
            rows = rows.filter(course_id=only_course)
        elif course_id:
            # The field of course keys compares whole keys only.
            rows = rows.annotate(course_text=Cast("course_id", CharField(max_length=255)))
            rows = rows.filter(course_text__icontains=course_id)
        if username:
            rows = rows.filter(username__icontains=username)
        return rows.order_by(sort, "pk")
    found = [
        row
        for row in rows
        if username.lower() in str(row.username).lower()
        and (
            row.course_id == only_course if only_course is not None else course_id.lower() in str(row.course_id).lower()
        )
    ]
    # Course keys of different kinds do not compare; times and flags order as text too.
    return sorted(found, key=lambda row: str(getattr(row, column)).lower(), reverse=sort.startswith("-"))


def _headings(sort: str) -> list[dict[str, Any]]:
    """Return heading, order to ask for by its link, and present order of each column."""
    texts = (_("Learner"), _("Course"), _("Banned"), _("Changed"), _("Changed by"))
    return [
        {
            "text": text,
            "sort": f"-{column}" if sort == column else column,
            "aria_sort": {column: "ascending", f"-{column}": "descending"}.get(sort, "none"),
        }
        for column, text in zip(COLUMNS, texts, strict=True)
    ]
