"""Filters that make text from providers safe for a learner's page.

Contract: contract/page-templates#sanitised, contract/page-templates#escaped,
contract/provider-interface#page-content. Templates apply them to all such text, because a provider's plug-in may
return anything.
"""

from datetime import datetime

from django import template
from django.template import defaultfilters
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from edx_proctoring.backends import sanitizer

register = template.Library()


@register.filter
def inline_markup(value: object) -> SafeString:
    """Return a provider's HTML reduced to inline markup and links; plain text passes unchanged."""
    return mark_safe(" ".join(sanitizer.clean_instructions(str(value))))


@register.filter
def web_url(value: object) -> str:
    """Return ``value`` if it is a URL that a learner's browser may open, else an empty string."""
    return sanitizer.safe_download_url(str(value)) or "" if value else ""


@register.filter
def local_time(value: datetime | str | None) -> SafeString:
    """Return a time (aware datetime, or ISO 8601 text) as a ``time`` element for use in a sentence.

    It shows the time in the server's zone and the learner's language; the page's script converts it to the learner's
    zone. Other text is returned unchanged.
    """
    moment = value if isinstance(value, datetime) else _moment_of(value)
    if moment is None:
        return format_html("{}", value or "")
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    words = f"{defaultfilters.date(local, 'DATETIME_FORMAT')} {defaultfilters.date(local, 'T')}"
    # A direction of its own, because the browser may format it in another language than the page's.
    return format_html(
        '<time class="js-proctoring-local-time" datetime="{}" dir="auto">{}</time>', moment.isoformat(), words.strip()
    )


@register.filter
def left_to_right(value: object) -> SafeString:
    """Return text such as a telephone number so that it keeps its order in right-to-left text."""
    return format_html('<bdi dir="ltr">{}</bdi>', value)


@register.filter
def wait_deadline_time(value: datetime | str | None) -> SafeString:
    """Return the end of the grace period as ``local_time`` does, in the element that themes select."""
    return format_html('<strong id="wait_deadline">{}</strong>', local_time(value))


def _moment_of(value: str | None) -> datetime | None:
    try:
        return parse_datetime(str(value))
    except ValueError:
        return None
