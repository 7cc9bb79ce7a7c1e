"""The two published tables, and those of ``exams``. Contract: contract/safe-exam-browser#tables.

The app label is written out, because Studio imports the middleware, and with it this module, without installing the
app. The defaults are named functions, so that a migration states their names and not the values that one site's
settings happen to have.
"""

from typing import Any

from django.conf import settings
from django.db import models
from opaque_keys.edx.django.models import CourseKeyField

# Django looks for models here.
from seb_openedx.audit_models import SebAccessLog as SebAccessLog
from seb_openedx.audit_models import SebBanPolicy as SebBanPolicy
from seb_openedx.audit_models import SebBanState as SebBanState
from seb_openedx.constants import COLUMN_OF_KEY, LIST_KEYS, SEPARATOR_CHAR
from seb_openedx.exam_models import SebChallenge as SebChallenge
from seb_openedx.exam_models import SebExamConfiguration as SebExamConfiguration
from seb_openedx.exam_models import SebSession as SebSession
from seb_openedx.exam_models import SebStartToken as SebStartToken


def get_default_array_value(value: Any) -> str:
    """Return a list joined with ``,`` as the columns hold it; ``""`` for an empty or unusable one."""
    if not value or not isinstance(value, list | tuple | set | frozenset):
        return ""
    return SEPARATOR_CHAR.join(str(item) for item in value)


def _first_setting(*names: str) -> Any:
    """Return the first of these settings that exists, else None."""
    return next((getattr(settings, name) for name in names if hasattr(settings, name)), None)


def default_permission_components() -> str:
    """``SEB_PERMISSION_COMPONENTS`` at the time the row is created."""
    return get_default_array_value(_first_setting("SEB_PERMISSION_COMPONENTS"))


def default_user_banning_enabled() -> bool:
    """``SEB_USER_BANNING_ENABLED`` at the time the row is created."""
    return bool(_first_setting("SEB_USER_BANNING_ENABLED"))


def default_allow_mfe_access() -> bool:
    """``SEB_ALLOW_MFE_ACCESS`` at the time the row is created."""
    return bool(_first_setting("SEB_ALLOW_MFE_ACCESS"))


def default_blacklist_chapters() -> str:
    """``SEB_BLACKLIST_CHAPTERS`` at the time the row is created."""
    return get_default_array_value(_first_setting("SEB_BLACKLIST_CHAPTERS"))


def default_blacklist_sequences() -> str:
    """``SEB_BLACKLIST_SEQUENCES``, or the older name without prefix, at the time the row is created."""
    return get_default_array_value(_first_setting("SEB_BLACKLIST_SEQUENCES", "BLACKLIST_SEQUENCES"))


def default_blacklist_verticals() -> str:
    """``SEB_BLACKLIST_VERTICALS``, or the older name without prefix, at the time the row is created."""
    return get_default_array_value(_first_setting("SEB_BLACKLIST_VERTICALS", "BLACKLIST_VERTICALS"))


def default_whitelist_paths() -> str:
    """``SEB_WHITELIST_PATHS`` at the time the row is created."""
    return get_default_array_value(_first_setting("SEB_WHITELIST_PATHS"))


class ForbiddenCourseAccess(models.Model):
    """A learner who was banned from a course, whether or not the ban still stands.

    Written when a learner is banned (``access_blocked``) and when staff let them in again (no longer). The row stays,
    so that staff see who has been banned before. ``last_modified_time`` and ``last_modified_by_username`` belong to the
    latest of these changes.

    .. pii: names the learner and the person who banned or unbanned them
    .. pii_types: username
    .. pii_retirement: local_api
    """

    username = models.CharField(max_length=150)
    course_id = CourseKeyField(max_length=255)
    access_blocked = models.BooleanField(default=True)
    last_modified_time = models.DateTimeField(auto_now_add=True)
    last_modified_by_username = models.CharField(max_length=150)

    class Meta:
        app_label = "seb_openedx"
        # Two refused requests at once must not ban twice.
        unique_together = (("username", "course_id"),)
        # "Is this learner banned from this course?", asked by each request of a protected course.
        indexes = [models.Index(fields=["username", "course_id"], name="seb_openedx_usernam_41089f_idx")]

    def __str__(self) -> str:
        return f"{self.username} {self.course_id}"


class SebCourseConfiguration(models.Model):
    """How one course is protected, in columns. Lists are joined with ``,``.

    One of the four places where a course can be configured; see ``seb_keys_sources``.

    .. no_pii:
    """

    course_id = CourseKeyField(max_length=255, unique=True)
    permission_components = models.TextField(blank=True, default=default_permission_components)
    browser_keys = models.TextField(blank=True, default="")
    config_keys = models.TextField(blank=True, default="")
    user_banning_enabled = models.BooleanField(default=default_user_banning_enabled)
    allow_mfe_access = models.BooleanField(default=default_allow_mfe_access)
    seb_enabled = models.BooleanField(default=False)
    blacklist_chapters = models.TextField(blank=True, default=default_blacklist_chapters)
    blacklist_sequences = models.TextField(blank=True, default=default_blacklist_sequences)
    blacklist_verticals = models.TextField(blank=True, default=default_blacklist_verticals)
    whitelist_paths = models.TextField(blank=True, default=default_whitelist_paths)

    class Meta:
        app_label = "seb_openedx"

    def __str__(self) -> str:
        return str(self.course_id)

    @classmethod
    def get_as_dict_by_course_id(cls, course_id: Any) -> dict[str, Any]:
        """Return the configuration of a course in the detailed form. Raises ``DoesNotExist``."""
        row = cls.objects.get(course_id=course_id)
        values = {key: getattr(row, column) for key, column in COLUMN_OF_KEY.items()}
        for key in LIST_KEYS:
            values[key] = [item for text in values[key].split(SEPARATOR_CHAR) if (item := text.strip())]
        return values
