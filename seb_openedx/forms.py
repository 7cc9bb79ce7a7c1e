"""The form of a course's configuration. Contract: contract/safe-exam-browser#form."""

import re
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from seb_openedx.constants import LIST_FIELDS, SEB_ARRAY_FIELDS_MODEL, SEPARATOR_CHAR
from seb_openedx.models import SebCourseConfiguration

_BETWEEN_ITEMS = re.compile(rf"[\r\n{SEPARATOR_CHAR}]+")


def _one_per_line(example: str) -> Any:
    return format_lazy("{text} {example}", text=_("One per line, for example:"), example=example)


class CourseIdForm(forms.ModelForm):
    """A form with ``course_id``. A malformed one is an error of its field."""

    def clean_course_id(self) -> Any:
        """Return the course's key."""
        value = self.cleaned_data["course_id"]
        try:
            return value if isinstance(value, CourseKey) else CourseKey.from_string(str(value).strip())
        except InvalidKeyError as error:
            raise forms.ValidationError(_("This is not a course id.")) from error


class SebCourseConfigurationForm(CourseIdForm):
    """All columns; lists are entered one item per line."""

    # Published. clean() treats all lists, see LIST_FIELDS.
    array_fields = SEB_ARRAY_FIELDS_MODEL

    class Meta:
        model = SebCourseConfiguration
        fields = (
            "course_id",
            "seb_enabled",
            "permission_components",
            "browser_keys",
            "config_keys",
            "user_banning_enabled",
            "allow_mfe_access",
            "blacklist_chapters",
            "blacklist_sequences",
            "blacklist_verticals",
            "whitelist_paths",
        )
        help_texts = {
            "course_id": _("For example: course-v1:edX+DemoX+Demo_Course"),
            "seb_enabled": _("Used only on platforms where each course is enabled individually."),
            "permission_components": _one_per_line("AlwaysAllowStaff"),
            "browser_keys": _one_per_line("0123456789abcdef… (64)"),
            "config_keys": _one_per_line("0123456789abcdef… (64)"),
            "blacklist_chapters": _one_per_line("d8a6192ade314473a78242dfeedfbf5b"),
            "blacklist_sequences": _one_per_line("edx_introduction"),
            "blacklist_verticals": _one_per_line("vertical_0270f6de40fc"),
            "whitelist_paths": _one_per_line("about, course-outline, courseware, discussion, progress, wiki"),
        }

    def clean(self) -> dict[str, Any]:
        """Return the values with lists joined with ``,``. Gives the same when it is called on its own result."""
        cleaned = super().clean() or self.cleaned_data
        for name in LIST_FIELDS:
            if isinstance(cleaned.get(name), str):
                items = (item.strip() for item in _BETWEEN_ITEMS.split(cleaned[name]))
                cleaned[name] = SEPARATOR_CHAR.join(dict.fromkeys(filter(None, items)))
        return cleaned
