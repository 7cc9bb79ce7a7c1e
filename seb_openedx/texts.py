"""What a refused learner reads, for the Mako pages and the plain ones alike."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

DOWNLOAD_URL: Final = "https://safeexambrowser.org/download_en.html"


def refusal(context: Mapping[str, Any], *, section: bool = False) -> dict[str, str]:
    """Return title, message and labels for a refusal. ``section``: of a part of the course, shown in a frame.

    ``context`` is that of the page: ``banned``, ``is_new_ban``, ``config_error``, and ``explanation``, a text.
    """
    required = (
        _("This section opens only in Safe Exam Browser.")
        if section
        else _("This course opens only in Safe Exam Browser.")
    )
    if context.get("config_error"):
        message = _("The exam settings of this course cannot be read at the moment. Try again in a few minutes.")
    elif context.get("is_new_ban"):
        message = (
            required
            + " "
            + _(
                "You have opened it in another browser and are therefore banned from this course. "
                "Ask the course team to let you in again."
            )
        )
    elif context.get("banned"):
        message = _("You are banned from this course. Ask the course team to let you in again.")
    else:
        message = str(context.get("explanation") or required)
    return {
        "title": _("Safe Exam Browser required"),
        "message": message,
        "open": _("Open in Safe Exam Browser"),
        "download": _("Get Safe Exam Browser"),
        "download_url": DOWNLOAD_URL,
    }
