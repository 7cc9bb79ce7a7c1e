"""Banning: a learner who was refused stays out until staff let them in again.

Contract: contract/safe-exam-browser#banning, contract/seb-audit#ban-policy. ``SEB_USER_BANNING_BACKEND`` names the
class that stores bans.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from seb_openedx import access_log, ban_policy, conf
from seb_openedx.audit_models import Decision
from seb_openedx.models import ForbiddenCourseAccess
from seb_openedx.seb_keys_sources import get_config_by_course


class BannedUsersBackend(ABC):
    """Where bans are stored."""

    @abstractmethod
    def is_user_banned(self, username: str, course_key: Any) -> bool:
        """Return whether there is a ban in force."""

    @abstractmethod
    def ban_user(self, username: str, course_key: Any, last_modified_time: datetime, banned_by: str) -> bool | None:
        """Store a ban. False: there was one already."""

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

    def ban_user(self, username: str, course_key: Any, last_modified_time: datetime, banned_by: str) -> bool:
        """Write the row. Of two at once one writes it, and the other one learns that it was late."""
        changes = {
            "access_blocked": True,
            "last_modified_time": last_modified_time,
            "last_modified_by_username": banned_by,
        }
        rows = ForbiddenCourseAccess.objects
        row, is_new = rows.get_or_create(username=username, course_id=course_key, defaults=changes)
        if is_new:
            # The column takes the time of the insertion by itself.
            rows.filter(pk=row.pk).update(last_modified_time=last_modified_time)
            return True
        with transaction.atomic():
            row = rows.select_for_update().get(pk=row.pk)
            if row.access_blocked:
                return False
            for name, value in changes.items():
                setattr(row, name, value)
            row.save()
        return True

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
    """Return whether the user is banned. Always False where banning is off, whatever is stored.

    A ban that has come to its end is ended here.
    """
    if not username or not is_user_banning_enabled(course_key):
        return False
    if not _get_back_end().is_user_banned(username, course_key):
        return False
    if not ban_policy.is_over(username, course_key, now=timezone.now()):
        return True
    unban_user(username, course_key, "")
    return False


def ban_user(username: str | None, course_key: Any, banned_by: str) -> tuple[bool, bool]:
    """Ban a user where banning is on; return whether he is banned now and whether that is new."""
    if not username or not is_user_banning_enabled(course_key):
        return False, False
    backend = _get_back_end()
    if backend.is_user_banned(username, course_key):
        return True, False
    # An operator's backend may say nothing.
    if backend.ban_user(username, course_key, timezone.now(), banned_by) is False:
        return True, False
    _record(Decision.BANNED, username, course_key, banned_by)
    return True, True


def unban_user(username: str, course_key: Any, banned_by: str) -> None:
    """End a ban. ``banned_by``: who ends it, empty if nobody does. Earlier refusals no longer count."""
    backend = _get_back_end()
    was_banned = backend.is_user_banned(username, course_key)
    backend.unban_user(username, course_key, timezone.now(), banned_by)
    ban_policy.forget(username, course_key)
    if was_banned:
        _record(Decision.UNBANNED, username, course_key, banned_by)


def refuse(
    username: str,
    course_key: Any,
    banned_by: str,
    *,
    reason: str,
    ban: Callable[[str, Any, str], tuple[bool, bool]] | None = None,
) -> tuple[bool, bool]:
    """Count a refusal by the policy of the course, and ban if it is enough; return as ``ban_user`` does.

    ``ban``: what bans, for a caller whose own name for ``ban_user`` may be replaced.
    """
    ban = ban or ban_user
    policy = ban_policy.of_course(course_key) if username and is_user_banning_enabled(course_key) else None
    if policy is None or policy.is_immediate:
        return ban(username, course_key, banned_by)
    ban_policy.prepare(username, course_key)
    with transaction.atomic():
        if not ban_policy.strike(username, course_key, policy, reason=reason):
            return False, False
        return ban(username, course_key, banned_by)


def _record(decision: Decision, username: str, course_key: Any, actor: str) -> None:
    access_log.write(access_log.Entry(decision, course_key, username=username, actor_username=actor))


def get_all_banning_data() -> Iterable[Any]:
    """Return a record per learner and course, of ended bans too."""
    return _get_back_end().get_all_banning_data()
