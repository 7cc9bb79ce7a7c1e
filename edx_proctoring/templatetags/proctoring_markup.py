"""Filters that make text of outside parties fit for a learner's page.

Spec: learner-experience.md 4.4 (instructions), 7 (security); backends.md 14.8.
"""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import nh3
from django import template
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# What a provider may use in a sentence of its instructions. Everything else is dropped, its text stays.
_INLINE_TAGS: Final = frozenset({"a", "abbr", "b", "br", "code", "em", "i", "kbd", "span", "strong", "u"})
_LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_WEB_SCHEMES: Final = frozenset({"http", "https"})


@register.filter
def inline_markup(value: object) -> SafeString:
    """Return a provider's HTML reduced to inline markup and links; plain text passes unchanged.

    Links open a new window, which learns nothing about this page.
    """
    return mark_safe(
        nh3.clean(
            str(value),
            tags=set(_INLINE_TAGS),
            attributes={"a": {"href", "title"}},
            set_tag_attribute_values={"a": {"target": "_blank"}},
            url_schemes=set(_LINK_SCHEMES),
            link_rel="noopener noreferrer",
        )
    )


@register.filter
def web_url(value: object) -> str:
    """Return ``value`` if a learner's browser may be sent there, else an empty string.

    http and https are allowed, and the custom schemes that
    ``PROCTORING_SETTINGS['DOWNLOAD_URL_SCHEMES']`` lists (such as the one of a desktop program).
    """
    if not value:
        return ""
    url = str(value)
    allowed = _WEB_SCHEMES | set(getattr(settings, "PROCTORING_SETTINGS", {}).get("DOWNLOAD_URL_SCHEMES", ()))
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return ""
    return url if scheme in allowed else ""


@register.filter
def as_datetime(value: object) -> datetime | None:
    """Return the moment that an ISO 8601 string names; None if it names none."""
    try:
        return parse_datetime(str(value))
    except ValueError:
        return None
