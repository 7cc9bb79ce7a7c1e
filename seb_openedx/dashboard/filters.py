"""What lists are filtered by. Contract: contract/safe-exam-browser#dashboard."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from opaque_keys.edx.keys import CourseKey

from seb_openedx import reasons
from seb_openedx.dashboard.access import as_course_key
from seb_openedx.edxapp_wrapper.exam_names import exam_names
from seb_openedx.exam_models import SebExamConfiguration

_LOCAL_TIME: Final = "%Y-%m-%dT%H:%M"


class Filters(forms.Form):
    """Filters of every list. An empty one counts as absent."""

    course_id = forms.CharField(label=_("Course"), max_length=255, required=False)
    content_id = forms.CharField(label=_("Exam"), max_length=255, required=False)
    username = forms.CharField(label=_("Learner"), max_length=150, required=False)

    def __init__(self, data: Any, *, only_course: CourseKey | None) -> None:
        """``data``: the query. ``only_course``: the one that the caller may see."""
        super().__init__(data, auto_id="%s")
        self.only_course = only_course
        if only_course is not None:
            self.fields["course_id"].widget = forms.HiddenInput()
        course_key = only_course or as_course_key(self.data.get("course_id"))
        if course_key is not None:
            self.fields["content_id"].widget = forms.Select(choices=self._exams(course_key))

    def _exams(self, course_key: CourseKey) -> list[tuple[str, Any]]:
        ids = list(SebExamConfiguration.objects.filter(course_id=course_key).values_list("content_id", flat=True))
        chosen = self.data.get("content_id", "")
        # Refusals outlive the requirement of their exam. PostgreSQL may refuse to look for anything but an id.
        ids += [chosen] if chosen and chosen.isprintable() and chosen not in ids else []
        names = exam_names(ids)
        exams = sorted((names.get(content_id, content_id), content_id) for content_id in ids)
        return [("", _("All exams")), *((content_id, name) for name, content_id in exams)]

    def clean_course_id(self) -> CourseKey | None:
        """Return the key of the course."""
        if self.only_course is not None:
            return self.only_course
        text = self.cleaned_data["course_id"]
        course_key = as_course_key(text)
        if text and course_key is None:
            raise forms.ValidationError(_("This is not the id of a course."))
        return course_key

    @property
    def one_course(self) -> CourseKey | None:
        """The course that the list is narrowed to, None for a list of several."""
        course_key: CourseKey | None = self.cleaned_data["course_id"] if self.is_valid() else None
        return course_key

    def mark_errors(self) -> None:
        """Tie each error to its field, for those who do not see where it stands."""
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}_error"}

    def chosen(self, rows: Any) -> Any:
        """Return the matching rows; none if a filter cannot be understood."""
        if not self.is_valid():
            self.mark_errors()
            return rows.none()
        given = self.cleaned_data
        for name in ("course_id", "content_id"):
            if given[name]:
                rows = rows.filter(**{name: given[name]})
        return rows.filter(username__icontains=given["username"]) if given["username"] else rows


def _reasons() -> list[tuple[str, Any]]:
    """Return the reasons, in the order of their words in the caller's language."""
    named = sorted((reasons.name(reason), str(reason)) for reason in reasons.Reason)
    return [("", _("All reasons")), *((word, name) for name, word in named)]


class RefusalFilters(Filters):
    """Filters of refusals."""

    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=_reasons)
    since = forms.DateTimeField(
        label=_("Since"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL_TIME),
    )

    def chosen(self, rows: Any) -> Any:
        """Return the matching rows."""
        rows = super().chosen(rows)
        if not self.is_valid():
            return rows
        if self.cleaned_data["reason"]:
            rows = rows.filter(reason=self.cleaned_data["reason"])
        since = self.cleaned_data["since"]
        return rows.filter(last_seen__gte=since) if since else rows


class SessionFilters(Filters):
    """Filters of sessions."""

    ALL, OPEN, WAITING, OVER = "", "open", "waiting", "over"

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            (ALL, _("All sessions")),
            (OPEN, _("Open")),
            (WAITING, _("Waiting for staff")),
            (OVER, _("Over")),
        ],
    )
