"""What learners read on the way into an exam and out of it."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from seb_openedx.texts import DOWNLOAD_URL

# Platform of a key or a minimum version, as Safe Exam Browser names them → its name.
PLATFORM_NAMES: Final = {"win": "Windows", "mac": "macOS", "ios": "iOS"}


def reason(code: str) -> str:
    """Return what to do about a reason for which a browser was not accepted."""
    return particular_reason(code) or _("This exam opens only in Safe Exam Browser.")


def particular_reason(code: str) -> str:
    """Return the same; empty where there is nothing to say but that the exam demands the browser."""
    if code in ("config_key_mismatch", "browser_key_mismatch"):
        return _(
            "This Safe Exam Browser does not have the settings of this exam. Quit it, and open the exam "
            "again from the course page."
        )
    if code == "version_too_old":
        return _("This version of Safe Exam Browser is too old for this exam. Install a newer one.")
    if code == "release_needed":
        return _(
            "You have left Safe Exam Browser during this exam. Ask the course team to let you in again. Your "
            "time keeps running, and you can still submit the exam."
        )
    if code == "config_error":
        return _("The settings of this exam cannot be used at the moment. Ask the course team.")
    if code in ("challenge_expired", "challenge_replayed", "session_user_mismatch", "url_mismatch"):
        return _("This check of your browser has expired. Go back to the course and open the exam again.")
    return ""


def page(code: str, min_versions: Mapping[str, str]) -> dict[str, str]:
    """Return title, message and labels of a page that leads into the browser."""
    versions = ", ".join(
        f"{PLATFORM_NAMES.get(name, name)} {version}" for name, version in sorted(min_versions.items())
    )
    return {
        "title": _("Safe Exam Browser required"),
        "message": reason(code),
        "open": _("Open in Safe Exam Browser"),
        "file": _("Get the file for this exam"),
        "download": _("Get Safe Exam Browser"),
        "download_url": DOWNLOAD_URL,
        "versions": versions and _("Required versions: %(versions)s") % {"versions": versions},
    }
