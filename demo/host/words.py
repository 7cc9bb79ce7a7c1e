"""Words of stored values, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

MODES = {
    "audit": _("audit"),
    "honor": _("honor"),
    "verified": _("verified"),
    "professional": _("professional"),
    "masters": _("master's"),
    "executive-education": _("executive education"),
}
CREDIT_STATUSES = {
    "satisfied": _("satisfied"),
    "failed": _("failed"),
    "declined": _("declined"),
    "submitted": _("submitted"),
}
CERTIFICATE_STATUSES = {
    "downloadable": _("Downloadable"),
    "unavailable": _("Unavailable"),
}


def of(value: str, words: dict[str, str]) -> str:
    """Return the word for a value; a value without one stays as it is."""
    return gettext(words[value]) if value in words else value
