"""What each refusal says to the learner. Contract: contract/constructor#reasons.

The codes are stable: they are in logs and in support requests. The texts are translated.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

RESTART = "restart"
RELOAD = "reload"
COURSE = "course"


@dataclass(frozen=True, slots=True)
class Reason:
    """What happened, what to do, and which button helps: ``restart``, ``reload``, ``course`` or none."""

    title: str
    text: str
    button: str = ""


def reasons() -> dict[str, Reason]:
    """Return the text of each code in the current language."""
    return {
        "not_framed": Reason(
            _("This exam opens in the proctoring system only"),
            _("You opened the exam page directly. Start the proctoring system; it opens the exam for you."),
            RESTART,
        ),
        "origin_missing": Reason(
            _("This page was not opened by the proctoring system"),
            _("Start the proctoring system again. If that does not help, give the number below to your support."),
            RESTART,
        ),
        "origin_untrusted": Reason(
            _("This page was opened from an unknown address"),
            _("Start the proctoring system again. If that does not help, give the number below to your support."),
            RESTART,
        ),
        "no_message": Reason(
            _("The proctoring system does not answer"),
            _(
                "You can keep waiting: nothing is lost, and the exam opens as soon as the system answers. Or "
                "start the system again."
            ),
            RESTART,
        ),
        "proctoring_inactive": Reason(
            _("Proctoring is not active"),
            _("Finish the checks in the proctoring window. The exam opens by itself when proctoring is active."),
        ),
        "session_mismatch": Reason(
            _("This page belongs to another exam session"),
            _("Close the proctoring window, and open the exam again from your course."),
            COURSE,
        ),
        "session_reset": Reason(
            _("This exam session is over"),
            _("It was ended or replaced by a new one. Start the proctoring system again to take the exam."),
            RESTART,
        ),
        "not_started": Reason(
            _("The checks are not finished"),
            _("Finish the checks in the proctoring window. This page tries again by itself."),
        ),
        "attempt_not_active": Reason(
            _("Your exam attempt is over"),
            _("The exam was submitted, or its time is up. Its status is shown in your course."),
            COURSE,
        ),
        "wrong_user": Reason(
            _("You are logged in as someone else"),
            _("Log out, log in with the account that registered for this exam, and start the proctoring system again."),
        ),
        "login_required": Reason(
            _("You are not logged in here"),
            _(
                "Your browser does not send your login inside the proctoring window. Allow cookies of this site in "
                "other sites (third-party cookies), then start the proctoring system again."
            ),
            RESTART,
        ),
        "cookies_blocked": Reason(
            _("Your browser blocks the cookies of this site"),
            _(
                "Allow cookies for this site in the settings of your browser, or use another browser, then start the "
                "proctoring system again."
            ),
            RESTART,
        ),
        "server_unavailable": Reason(
            _("The proctoring system cannot be reached at the moment"),
            _("Keep this page open: it tries again by itself."),
        ),
    }


def strings() -> dict[str, Any]:
    """Return the texts of the guard script: of its states, and of each reason."""
    return {
        "waiting": _("Waiting for the proctoring system"),
        "waitingText": _("The exam opens as soon as the proctoring system is ready. You can wait; nothing is lost."),
        "verifying": _("Checking the proctoring session"),
        "lost": _("Proctoring was interrupted"),
        "open": _("The exam is open."),
        "clock": _("Your answers are kept, and the exam clock keeps running."),
        "countdown": _("The proctoring system starts in {seconds} seconds."),
        "reasons": {code: asdict(reason) for code, reason in reasons().items()},
    }
