"""Banning: a learner who was refused stays out until staff let them in again.

Contract: contract/safe-exam-browser#banning. ``SEB_USER_BANNING_BACKEND`` names the class that stores bans.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string

from seb_openedx import conf
from seb_openedx.models import ForbiddenCourseAccess
from seb_openedx.seb_keys_sources import get_config_by_course


class BannedUsersBackend(ABC):
    """Where bans are stored."""

    @abstractmethod
    def is_user_banned(self, username: str, course_key: Any) -> bool:
        """Return whether there is a ban in force."""

    @abstractmethod
    def ban_user(self, username: str, course_key: Any, last_modified_time: datetime, banned_by: str) -> None:
        """Store a ban."""

    @abstractmethod
    def unban_user(self, username: str, course_key: Any, last_modified_time: datetime, unbanned_by: str) -> None:
        """End a ban, if there is one."""

    @abstractmethod
    def get_all_banning_data(self) -> Iterable[Any]:
        """Return a record per learner and course, of ended bans too."""


class DatabaseBannedUsersBackend(BannedUsersBackend):
    """Bans in ``ForbiddenCourseAccess``."""

    def is_user_banned(self, username: str, course_key: Any) -> bool:
        """Return whether the row says blocked."""
        rows = ForbiddenCourseAccess.objects
        return rows.filter(username=username, course_id=course_key, access_blocked=True).exists()

    def ban_user(self, username: str, course_key: Any, last_modified_time: datetime, banned_by: str) -> None:
        """Write the row. Two at once end in one row, because Django repeats the look-up after a conflict."""
        ForbiddenCourseAccess.objects.update_or_create(
            username=username,
            course_id=course_key,
            defaults={
                "access_blocked": True,
                "last_modified_time": last_modified_time,
                "last_modified_by_username": banned_by,
            },
        )

    def unban_user(self, username: str, course_key: Any, last_modified_time: datetime, unbanned_by: str) -> None:
        """Mark the row as not blocked. Without a row nothing is written."""
        ForbiddenCourseAccess.objects.filter(username=username, course_id=course_key).update(
            access_blocked=False,
            last_modified_time=last_modified_time,
            last_modified_by_username=unbanned_by,
        )

    def get_all_banning_data(self) -> Iterable[ForbiddenCourseAccess]:
        """Return all rows."""
        return ForbiddenCourseAccess.objects.all()


class UserprofileBannedUsersBackend(BannedUsersBackend):
    """A published name without a function: every method raises ``NotImplementedError``. A system check says so."""

    def is_user_banned(self, username: str, course_key: Any) -> bool:
        raise NotImplementedError

    def ban_user(self, username: str, course_key: Any, last_modified_time: datetime, banned_by: str) -> None:
        raise NotImplementedError

    def unban_user(self, username: str, course_key: Any, last_modified_time: datetime, unbanned_by: str) -> None:
        raise NotImplementedError

    def get_all_banning_data(self) -> Iterable[Any]:
        raise NotImplementedError


def _get_back_end() -> BannedUsersBackend:
    name = conf.seb.banning_backend
    backend: BannedUsersBackend = (import_string(name) if "." in name else globals()[name])()
    return backend


def is_user_banning_enabled(course_key: Any = None) -> bool:
    """Return whether refusals ban in this course."""
    return bool(get_config_by_course(course_key).get("USER_BANNING_ENABLED", conf.seb.banning_enabled))


def is_user_banned(username: str | None, course_key: Any) -> bool:
    """Return whether the user is banned. Always False where banning is off, whatever is stored."""
    return bool(
        username and is_user_banning_enabled(course_key) and _get_back_end().is_user_banned(username, course_key)
    )


def ban_user(username: str | None, course_key: Any, banned_by: str) -> tuple[bool, bool]:
    """Ban a user where banning is on; return whether he is banned now and whether that is new."""
    if not username or not is_user_banning_enabled(course_key):
        return False, False
    backend = _get_back_end()
    if backend.is_user_banned(username, course_key):
        return True, False
    backend.ban_user(username, course_key, timezone.now(), banned_by)
    return True, True


def unban_user(username: str, course_key: Any, banned_by: str) -> None:
    """End a ban. ``banned_by``: who ends it."""
    _get_back_end().unban_user(username, course_key, timezone.now(), banned_by)


def get_all_banning_data() -> Iterable[Any]:
    """Return a record per learner and course, of ended bans too."""
    return _get_back_end().get_all_banning_data()
