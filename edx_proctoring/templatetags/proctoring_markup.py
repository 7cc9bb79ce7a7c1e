"""Filters that make text of outside parties fit for a learner's page.

Spec: learner-experience.md 4.4 (instructions), 7 (security); backends.md 14.8. Applied where the text
meets the page, whatever the provider's class has done before: plug-ins may hand out anything.
"""

from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe

from edx_proctoring.backends import content

register = template.Library()


@register.filter
def inline_markup(value: object) -> SafeString:
    """Return a provider's HTML reduced to inline markup and links; plain text passes unchanged."""
    return mark_safe(" ".join(content.clean_instructions(str(value))))


@register.filter
def web_url(value: object) -> str:
    """Return ``value`` if a learner's browser may be sent there, else an empty string."""
    return content.safe_download_url(str(value)) or "" if value else ""


@register.filter
def as_datetime(value: object) -> datetime | None:
    """Return the moment that an ISO 8601 string names; None if it names none."""
    try:
        return parse_datetime(str(value))
    except ValueError:
        return None
