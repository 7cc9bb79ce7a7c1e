"""Makes texts and addresses of a provider safe to show in our pages.

Contract: contract/provider-interface#page-content.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import nh3

from edx_proctoring import conf

_INLINE_TAGS: Final = frozenset({"a", "abbr", "b", "br", "code", "em", "i", "kbd", "span", "strong", "u"})
_LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_WEB_SCHEMES: Final = frozenset({"http", "https"})


def clean_instructions(value: Any) -> list[str]:
    """Return a provider's instructions as a list of sentences with only inline markup and links.

    Text without markup is returned unchanged. Items that are not texts are left out.
    """
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return []
    return [_inline(item) for item in value if isinstance(item, str)]


def safe_download_url(value: Any) -> str | None:
    """Return a URL if a learner's browser may be sent to it, else None.

    Allowed are http, https and the schemes in ``PROCTORING_SETTINGS['DOWNLOAD_URL_SCHEMES']``, such as
    the scheme of a desktop program.
    """
    if not isinstance(value, str):
        return None
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return None
    return value if scheme in _WEB_SCHEMES | conf.proctoring.download_url_schemes else None


def _inline(text: str) -> str:
    if "<" not in text:
        return text
    return nh3.clean(
        text,
        tags=set(_INLINE_TAGS),
        attributes={"a": {"href", "title"}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes=set(_LINK_SCHEMES),
        link_rel="noopener noreferrer",
    )
