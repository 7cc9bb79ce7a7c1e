"""Template tags of the host's pages."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from demo.host import words

register = template.Library()


@register.simple_tag
def pipeline_scripts(group: str) -> SafeString:
    """Script tags of a django-pipeline group, one per source file, as django-pipeline writes them under DEBUG.

    Like there, an unknown group is an error and a missing source file is skipped. Without ``PIPELINE`` (a host that
    bundles in another way) it writes nothing.
    """
    pipeline = getattr(settings, "PIPELINE", None)
    if pipeline is None:
        return SafeString("")
    names = pipeline["JAVASCRIPT"][group]["source_filenames"]
    return format_html_join(
        "\n", '<script src="{}"></script>', ((static(name),) for name in names if finders.find(name))
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative Font Awesome icon; ``name`` may hold several classes, as summaries do."""
    return format_html('<i class="fa {}" aria-hidden="true"></i>', name) if name else SafeString("")


@register.filter
def mode_word(mode: str) -> str:
    """Return an enrolment mode in the language of the page."""
    return words.of(mode, words.MODES)


@register.filter
def credit_word(status: str) -> str:
    """Return the status of a credit requirement in the language of the page."""
    return words.of(status, words.CREDIT_STATUSES)


@register.filter
def certificate_word(status: str) -> str:
    """Return the status of a certificate in the language of the page."""
    return words.of(status, words.CERTIFICATE_STATUSES)
