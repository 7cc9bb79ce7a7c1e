"""Words for what the tables store about sessions."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from seb_openedx.exam_models import Proof

_ENDS: Final[dict[str, Promise]] = {
    "submitted": gettext_lazy("The exam was submitted."),
    "staff": gettext_lazy("Ended by staff."),
    "expired": gettext_lazy("The session was too old."),
    "configuration_changed": gettext_lazy("The settings of the exam were changed."),
    "mismatch": gettext_lazy("Wrong keys were sent three times."),
    "quit": gettext_lazy("The learner quit Safe Exam Browser."),
    "logged_out": gettext_lazy("The learner logged out."),
    "banned": gettext_lazy("The learner was banned."),
    "left": gettext_lazy("The exam was opened in another browser."),
}


def proof(word: str) -> str:
    """Return how the browser was proved."""
    return str(Proof(word).label) if word in Proof else word


def end(word: str) -> str:
    """Return why a session ended."""
    return str(_ENDS.get(word, word))
