"""Why access was refused: the words of the audit log, and what staff can do about each.

Contract: contract/seb-audit#reasons.
"""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Reason(StrEnum):
    """A reason, as stored."""

    NO_HEADER = "no_header"
    CONFIG_KEY_MISMATCH = "config_key_mismatch"
    BROWSER_KEY_MISMATCH = "browser_key_mismatch"
    NOT_SEB = "not_seb"
    SESSION_MISSING = "session_missing"
    SESSION_EXPIRED = "session_expired"
    SESSION_USER_MISMATCH = "session_user_mismatch"
    CHALLENGE_EXPIRED = "challenge_expired"
    CHALLENGE_REPLAYED = "challenge_replayed"
    URL_MISMATCH = "url_mismatch"
    VERSION_TOO_OLD = "version_too_old"
    BANNED = "banned"
    BLACKLISTED = "blacklisted"
    CONFIG_ERROR = "config_error"
    DENIED_BY_COMPONENT = "denied_by_component"
    RELEASE_NEEDED = "release_needed"


_NAMES: dict[str, Promise] = {
    Reason.NO_HEADER: gettext_lazy("No key sent"),
    Reason.CONFIG_KEY_MISMATCH: gettext_lazy("Other settings"),
    Reason.BROWSER_KEY_MISMATCH: gettext_lazy("Other version"),
    Reason.NOT_SEB: gettext_lazy("Other browser"),
    Reason.SESSION_MISSING: gettext_lazy("Not checked"),
    Reason.SESSION_EXPIRED: gettext_lazy("Check too old"),
    Reason.SESSION_USER_MISMATCH: gettext_lazy("Check of another login"),
    Reason.CHALLENGE_EXPIRED: gettext_lazy("Check took too long"),
    Reason.CHALLENGE_REPLAYED: gettext_lazy("Check used twice"),
    Reason.URL_MISMATCH: gettext_lazy("Other address"),
    Reason.VERSION_TOO_OLD: gettext_lazy("Version too old"),
    Reason.BANNED: gettext_lazy("Banned"),
    Reason.BLACKLISTED: gettext_lazy("Closed part of the course"),
    Reason.CONFIG_ERROR: gettext_lazy("Unusable settings"),
    Reason.DENIED_BY_COMPONENT: gettext_lazy("No component grants access"),
    Reason.RELEASE_NEEDED: gettext_lazy("Has left the browser"),
}

_ADVICE: dict[str, Promise] = {
    Reason.NO_HEADER: gettext_lazy(
        "The browser sent no key. Either it was not Safe Exam Browser, or its settings do not let it send keys."
    ),
    Reason.CONFIG_KEY_MISMATCH: gettext_lazy(
        "Safe Exam Browser had other settings, perhaps an old file. Ask the learner to open the exam from "
        "the course again."
    ),
    Reason.BROWSER_KEY_MISMATCH: gettext_lazy(
        "This version of Safe Exam Browser is not on the list. Add its Browser Exam Key, or ask the learner "
        "to install a listed version."
    ),
    Reason.NOT_SEB: gettext_lazy(
        "Another browser was used. Ask the learner to start from the launch link in the course."
    ),
    Reason.SESSION_MISSING: gettext_lazy(
        "Safe Exam Browser was not checked before this request. Ask the learner to load the page again."
    ),
    Reason.SESSION_EXPIRED: gettext_lazy(
        "The last check of the browser was too long ago. Ask the learner to load the page again."
    ),
    Reason.SESSION_USER_MISMATCH: gettext_lazy(
        "The check belonged to another learner or login. Ask the learner to log in again inside Safe Exam Browser."
    ),
    Reason.CHALLENGE_EXPIRED: gettext_lazy(
        "The check of the browser took too long. Ask the learner to open the exam again."
    ),
    Reason.CHALLENGE_REPLAYED: gettext_lazy(
        "The check had already been used. Ask the learner to open the exam again from the course."
    ),
    Reason.URL_MISMATCH: gettext_lazy(
        "The browser saw this server at another address. Operators compare it with SEB_PUBLIC_BASE_URLS."
    ),
    Reason.VERSION_TOO_OLD: gettext_lazy(
        "This version of Safe Exam Browser is too old. Ask the learner to install the version that the exam needs."
    ),
    Reason.BANNED: gettext_lazy("The learner is banned. You can let them in again."),
    Reason.BLACKLISTED: gettext_lazy(
        "This chapter, section or unit is on the list of closed parts, so it opens only in Safe Exam Browser."
    ),
    Reason.CONFIG_ERROR: gettext_lazy(
        "The settings cannot be read or used. Save them again; the server's log says what is wrong."
    ),
    Reason.DENIED_BY_COMPONENT: gettext_lazy(
        "No permission component lets the learner in. Check the components of the course."
    ),
    Reason.RELEASE_NEEDED: gettext_lazy(
        "The learner left Safe Exam Browser during the exam. Staff can let the learner in again."
    ),
}


def name(reason: str) -> str:
    """Return a reason in a few words."""
    return str(_NAMES.get(reason, reason))


def advice(reason: str) -> str:
    """Return what happened and what staff can do, in the caller's language."""
    return str(_ADVICE.get(reason) or _("There is no explanation for this reason."))
