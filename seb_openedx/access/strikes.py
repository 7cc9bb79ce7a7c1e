"""Which refusals count towards a ban. Contract: contract/seb-audit#what-counts."""

from typing import Any, Final

from seb_openedx.edxapp_wrapper import course_staff
from seb_openedx.header_hash import meta_of
from seb_openedx.reasons import Reason
from seb_openedx.user_banning import is_user_banning_enabled

# What a browser shows as a page, alone or in a frame. Everything else it fetches by itself, without the learner.
_PAGES: Final = frozenset({"document", "iframe", "frame"})
# Not the learner's doing, or a genuine browser that could not show it in time.
_NOT_COUNTED: Final = frozenset(
    {
        Reason.BANNED,
        Reason.CONFIG_ERROR,
        Reason.SESSION_MISSING,
        Reason.SESSION_EXPIRED,
        Reason.SESSION_USER_MISMATCH,
        Reason.CHALLENGE_EXPIRED,
        Reason.CHALLENGE_REPLAYED,
        Reason.VERSION_TOO_OLD,
        Reason.RELEASE_NEEDED,
    }
)


def counts(request: Any, course_key: Any, reason: str) -> bool:
    """Return whether a refusal counts."""
    if reason in _NOT_COUNTED:
        return False
    destination = meta_of(request).get("HTTP_SEC_FETCH_DEST")
    if isinstance(destination, str) and destination and destination not in _PAGES:
        return False
    # Staff are refused like learners, unless a component lets them in, but they are never banned.
    return not (is_user_banning_enabled(course_key) and _is_staff(request, course_key))


def _is_staff(request: Any, course_key: Any) -> bool:
    user = getattr(request, "user", None)
    return getattr(user, "is_staff", False) is True or course_staff.is_course_staff(user, course_key)
