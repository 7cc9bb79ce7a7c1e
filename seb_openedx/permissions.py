"""Permission components: each can grant access to a protected page, and one that grants is enough.

Contract: contract/safe-exam-browser#components. Operators name them in ``SEB_PERMISSION_COMPONENTS`` and in a course's
configuration, and may subclass them.
"""

import logging
from abc import ABC, abstractmethod
from typing import Any

from django.utils.module_loading import import_string

from seb_openedx import conf, header_hash
from seb_openedx.configuration_reading import has_failed, once, was_protected
from seb_openedx.edxapp_wrapper import course_staff
from seb_openedx.log_once import first_time
from seb_openedx.seb_keys_sources import get_config_by_course, values_of

log = logging.getLogger(__name__)


class Permission(ABC):
    """A component."""

    @abstractmethod
    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return whether this component grants access. ``masquerade``: as whom a staff member sees the course."""


def _is_learner_view(masquerade: Any) -> bool:
    return bool(masquerade) and getattr(masquerade, "role", None) != "staff"


class AlwaysAllowStaff(Permission):
    """Grants access to global staff, unless they look at the course as a learner."""

    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return whether the user is global staff."""
        if _is_learner_view(masquerade):
            return False
        user = getattr(request, "user", None)
        if user and user.is_authenticated and user.is_staff:
            log.info("access of staff: user_id=%s course_id=%s", getattr(user, "pk", None), course_key)
            return True
        return False


class AlwaysAllowCourseStaff(Permission):
    """Grants access to the staff of the course, unless they look at it as a learner."""

    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return whether the host counts the user to the staff of this course."""
        user = getattr(request, "user", None)
        return not _is_learner_view(masquerade) and course_staff.is_course_staff(user, course_key)


class AlwaysDenyAccess(Permission):
    """Grants nothing."""

    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return False."""
        return False


class AlwaysGrantAccess(Permission):
    """Grants everything."""

    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return True."""
        return True


class CheckSEBHash:
    """Grants access to requests with the hash of one of the course's keys.

    ``http_header``: the header's name in ``request.META``. ``detailed_config_key``: where the keys are in a detailed
    configuration.
    """

    http_header: str
    detailed_config_key: str

    def get_seb_keys(self, course_key: Any) -> list[str]:
        """Return the course's keys of this kind, of all sources or of the first that has any."""
        kind = self.detailed_config_key
        return list(once(("keys", kind, str(course_key)), lambda: _keys(course_key, kind)))

    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return whether the header is right. True without any key: there is nothing to check.

        But not while a source fails and the course had keys within the last day.
        """
        keys = self.get_seb_keys(course_key)
        if not keys:
            return not (has_failed(course_key) and was_protected(course_key, what="keys"))
        return header_hash.matches(request, self.http_header, keys)


def _keys(course_key: Any, kind: str) -> list[str]:
    found: list[str] = []
    for _source, value in values_of(course_key):
        found += (value.get(kind) if isinstance(value, dict) else value) or []
        if found and not conf.seb.use_all_sources:
            break
    return list(dict.fromkeys(found))


class CheckSEBHashBrowserExamKey(CheckSEBHash, Permission):
    """Grants access to requests with the hash of a Browser Exam Key."""

    http_header = header_hash.BROWSER_KEY
    detailed_config_key = "BROWSER_KEYS"


class CheckSEBHashConfigKey(CheckSEBHash, Permission):
    """Grants access to requests with the hash of a Config Key."""

    http_header = header_hash.CONFIG_KEY
    detailed_config_key = "CONFIG_KEYS"


class CheckSEBHashBrowserExamKeyOrConfigKey(Permission):
    """Grants access to requests with the hash of a key of either kind.

    A kind without keys abstains while the other has some. In 3.2.0 it granted, which opened courses with keys of one
    kind to every browser; ``SEB_LEGACY_MISSING_KEYS_GRANT`` restores that.
    """

    def check(self, request: Any, course_key: Any, masquerade: Any = None) -> bool:
        """Return whether one of the headers is right."""
        kinds: list[CheckSEBHash] = [CheckSEBHashBrowserExamKey(), CheckSEBHashConfigKey()]
        with_keys = [kind for kind in kinds if kind.get_seb_keys(course_key)]
        if with_keys and not conf.seb.missing_keys_grant:
            kinds = with_keys
        return any(kind.check(request, course_key, masquerade) for kind in kinds)


def compares_keys(course_key: Any) -> bool:
    """Return whether one of a course's components compares a hash with keys."""
    kinds = (CheckSEBHash, CheckSEBHashBrowserExamKeyOrConfigKey)
    return any(issubclass(component, kinds) for component in get_enabled_permission_classes(course_key))


# They grant everybody access to a course that has no keys; see their ``check``.
_OPEN_WITHOUT_KEYS = frozenset(
    {
        CheckSEBHashBrowserExamKey,
        CheckSEBHashConfigKey,
        CheckSEBHashBrowserExamKeyOrConfigKey,
        AlwaysGrantAccess,
    }
)


def opens_without_keys() -> bool:
    """Return whether one of the settings' components is known to grant access to a course that has no keys.

    False if only components of an operator's own might: those have to be asked.
    """
    return not _OPEN_WITHOUT_KEYS.isdisjoint(get_enabled_permission_classes())


def get_component(name: str) -> type[Any]:
    """Return the component of a name in this module, or of a dotted path. Raises ``LookupError``."""
    try:
        found = import_string(name) if "." in name else globals()[name]
    except (ImportError, KeyError) as error:
        raise LookupError(name) from error
    # Named modules hold more than components.
    if not isinstance(found, type) or not callable(getattr(found, "check", None)):
        raise LookupError(name)
    return found


def get_enabled_permission_classes(course_key: Any = None) -> list[type[Any]]:
    """Return the components of a course: its own, else those of the setting, else ``AlwaysAllowStaff``."""
    if course_key:
        try:
            names = get_config_by_course(course_key).get("PERMISSION_COMPONENTS")
            if names:
                return [get_component(name) for name in names]
        except Exception as error:
            # With an unknown name the list is not what its author meant, so none of it counts.
            if first_time("components", str(course_key), repr(error)):
                log.exception("the course's permission components are not used: course_id=%s", course_key)
    names = conf.seb.permission_components
    if names is None:
        return [AlwaysAllowStaff]
    components = []
    for name in names:
        try:
            components.append(get_component(name))
        except LookupError:
            if first_time("component", name):
                log.error("SEB_PERMISSION_COMPONENTS names %r, which does not exist and is left out", name)
    return components
