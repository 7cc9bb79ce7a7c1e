"""Bans: a list, and a button for each. Contract: contract/safe-exam-browser#dashboard."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django import forms
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey

from seb_openedx.audit_models import SebBanState
from seb_openedx.dashboard.access import StaffPage, as_course_key, course_id_in
from seb_openedx.dashboard.lists import page_of
from seb_openedx.user_banning import ban_user, get_all_banning_data, unban_user

COLUMNS: Final = ("username", "course_id", "access_blocked", "last_modified_time", "last_modified_by_username")


class BanForm(forms.Form):
    """Whom a button is about. Null characters and text that is too long for the columns are refused by the fields."""

    username = forms.CharField(max_length=150)
    course_id = forms.CharField(max_length=255)

    def clean_course_id(self) -> CourseKey:
        """Return the key."""
        course_key = as_course_key(self.cleaned_data["course_id"])
        if course_key is None:
            raise forms.ValidationError("malformed")
        return course_key


class BanningPage(StaffPage):
    """A page with buttons that ban and unban."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ban or unban one learner."""
        form = BanForm(request.POST)
        if not form.is_valid():
            return self.refused(request, _("A username and a course id are required."))
        username, course_key = form.cleaned_data["username"], form.cleaned_data["course_id"]
        names = {"username": username, "course": course_key}
        action = request.POST.get("action")
        if action == "unban":
            unban_user(username, course_key, request.user.get_username())
            return self.done(request, _("%(username)s is no longer banned from %(course)s.") % names, course_key)
        if action == "ban":
            banned, _is_new = ban_user(username, course_key, request.user.get_username())
            if not banned:
                return self.refused(request, _("Banning is switched off for this course."))
            return self.done(request, _("%(username)s is banned from %(course)s.") % names, course_key)
        return self.refused(request, _("The action is neither “ban” nor “unban”."))


class TableView(BanningPage):
    """A row per learner and course that had a ban."""

    template_name = "seb-manage-users/table.html"

    def context(self, request: HttpRequest, error: str = "") -> dict[str, Any]:
        """Return the rows that match ``username`` and ``course_id``, sorted by ``sort``."""
        # No name holds a null character, and PostgreSQL refuses to search for one.
        username, course_id = (
            request.GET.get(name, "").replace("\0", "").strip() for name in ("username", "course_id")
        )
        course_id = course_id_in(course_id)
        sort = request.GET.get("sort", "")
        if sort.removeprefix("-") not in COLUMNS:
            sort = "-last_modified_time"
        shown = page_of(request, _matching(get_all_banning_data(), username, course_id, self.own_course(request), sort))
        found = shown["page"].object_list
        ends = _ends(found)
        return {
            **shown,
            "all_instances": found,
            "rows": [(row, ends.get((row.username, str(row.course_id)))) for row in found],
            "now": timezone.now(),
            "username": username,
            "course_id": course_id,
            "sort": sort,
            "columns": _headings(sort),
            "error": error,
        }


def banned_among(usernames: Iterable[str], *, now: datetime) -> set[tuple[str, str]]:
    """Return username and course id of the bans in force of these learners. Two queries."""
    names = set(usernames)
    rows = get_all_banning_data()
    if isinstance(rows, QuerySet):
        rows = rows.filter(username__in=names, access_blocked=True)
    found = [row for row in rows if row.username in names and row.access_blocked]
    ends = _ends(found)
    pairs = {(row.username, str(row.course_id)) for row in found}
    return {pair for pair in pairs if pair not in ends or now < ends[pair]}


def _ends(rows: Iterable[Any]) -> dict[tuple[str, str], datetime]:
    """Return when bans end by themselves. One query."""
    names = {row.username for row in rows if row.access_blocked}
    found = SebBanState.objects.filter(username__in=names, banned_until__isnull=False)
    return {(row.username, str(row.course_id)): row.banned_until for row in found if row.banned_until is not None}


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
