"""Stand-ins for the host. Contract: contract/safe-exam-browser#test-settings."""

from types import SimpleNamespace
from typing import Any

from seb_openedx.models import SebCourseConfiguration


def _get_course(course_id: Any, depth: int = 0, **kwargs: Any) -> None:
    """Return no course."""


class _CoursewareIndex:
    """A courseware page that no request reaches."""


def get_courseware_module() -> Any:
    """Return something with ``courses.get_course``, which returns None."""
    return SimpleNamespace(courses=SimpleNamespace(get_course=_get_course))


def get_courseware_index_view() -> Any:
    """Return a view class."""
    return _CoursewareIndex


def get_seb_configuration_instance() -> SebCourseConfiguration:
    """Create the row of a course with keys of both kinds."""
    return SebCourseConfiguration.objects.create(
        course_id="course-v1:edX+DemoX+Demo_Course",
        permission_components="AlwaysAllowStaff,CheckSEBHashBrowserExamKeyOrConfigKey",
        browser_keys="browser_key1,browser_key2",
        config_keys="config_key1,config_key2",
        user_banning_enabled=False,
        allow_mfe_access=False,
        blacklist_chapters="",
        blacklist_sequences="",
        blacklist_verticals="",
        whitelist_paths="",
    )
